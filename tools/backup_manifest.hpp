// What a backup is: a folder whose manifest says which files belong to it.
//
//   DIR/lock       locked by whoever makes or reads the backup
//   DIR/manifest   see below; it is replaced when a new backup is whole, and that makes it the one
//   DIR/<id>/      the files, laid out as in a data folder
//
//   manifest := "muster backup 1\n" "id " id "\n" "time " time "\n" "position " number "\n"
//               "root " hash "\n" file* "end " hash "\n"
//   file     := "file " hash " " size " " modified " " path "\n"
//   id       := 16 hexadecimal digits
//   time     := RFC 3339
//   hash     := SHA-256 in hexadecimal: the root of the log's tree, a file's content; behind "end"
//               that of all that stands before the line
//   modified := when the file was written, in nanoseconds since 1970
//   path     := relative to DIR/<id>
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "events/fault.hpp"
#include "events/head_file.hpp"
#include "events/time.hpp"

namespace muster::tools {

struct BackupFile {
    std::string path;
    std::uint64_t size{};
    std::int64_t modified_ns{};
    Hash hash{};
    bool operator==(const BackupFile&) const = default;
};

struct Manifest {
    std::string id;
    Time time;
    LogHead head;  // Where the log in it ends.
    std::vector<BackupFile> files;

    std::uint64_t bytes() const;
    const BackupFile* find(std::string_view path) const;
    bool operator==(const Manifest&) const = default;
};

inline constexpr std::string_view manifest_name = "manifest";

// Whether a name is one that a backup's files may lie under.
bool is_backup_id(std::string_view name);

std::string to_text(const Manifest& manifest);

// The manifest of a backup. Faults: unavailable (no such folder, no backup), damaged,
// newer_version.
std::expected<Manifest, Fault> read_manifest(const std::filesystem::path& backup);

}  // namespace muster::tools
