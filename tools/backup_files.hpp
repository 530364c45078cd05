// The files of a backup: which of a data folder's they are, and how they get from one place to
// another.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <vector>

#include "events/fault.hpp"
#include "tools/backup_manifest.hpp"

namespace muster::tools {

// Called with the number of bytes that were dealt with since the last time.
using TellBytes = std::function<void(std::uint64_t)>;

// A file as it lies: its hash is not known yet.
struct FoundFile {
    std::filesystem::path from;
    BackupFile file;
};
// `settings` is a data folder, for its format, key and epoch; `state` is it, too, or what a server
// has frozen: head, log and views.
std::expected<std::vector<FoundFile>, Fault> find_files(const std::filesystem::path& settings,
                                                        const std::filesystem::path& state);

// Whether a file is never written to again: it may be had twice by one link.
bool is_immutable(const BackupFile& file);

// Links, if that can be done here. The folder that it is to lie in is there.
bool link_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Copies, with the time of writing, synced; what was copied.
std::expected<BackupFile, Fault> copy_file(const std::filesystem::path& from,
                                           const std::filesystem::path& to, const TellBytes& tell);
// Reads all of a file; what it has. Both leave `path` empty.
std::expected<BackupFile, Fault> read_file(const std::filesystem::path& path,
                                           const TellBytes& tell);

// A folder of a backup or of a restored folder, with those in it that files lie in.
std::expected<void, Fault> make_folders(const std::filesystem::path& path);
std::expected<void, Fault> sync_folders(const std::filesystem::path& path);

}  // namespace muster::tools
