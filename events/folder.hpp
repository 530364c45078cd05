// The data folder: what lies in it, who may open it, and its root key.
//
//   DIR/format   text "muster <n>\nkey <16 hexadecimal digits>\n": the version of the folder's
//                layout, 1 today, and the check value of its key
//   DIR/lock     locked (flock) by the one process that uses the folder
//   DIR/key      the root key, 32 bytes in hexadecimal and a line end, mode 0600
//   DIR/log/     the log (RocksDB)
//   DIR/head     the newest position and root that were durable (head_file.hpp)
//   DIR/views/   the views (RocksDB); may be deleted at any time while no process has the folder
//   DIR/epoch    text "<n>\n": which life of the folder this is. Each restoring from a backup
//   begins
//                the next one; 1 where there is no such file
//   DIR/forgotten  whose keys were erased, and when (forgotten.hpp); none where nobody's were
//   DIR/control  the socket by which a running server is spoken to (tools/control.hpp)
//   DIR/frozen/  a copy of head, log and views that a running server has made for a backup
#pragma once

#include <expected>
#include <filesystem>
#include <memory>

#include "events/descriptor.hpp"
#include "events/fault.hpp"
#include "events/sealing.hpp"

namespace muster {

// Whoever has a folder: one process that changes it, or several that read it.
class FolderLock {
public:
    enum class For : std::uint8_t { changing, reading };
    // Locks the file `lock` in the folder. Fault in_use where others have it. A folder that is
    // read and has no such file is nobody's.
    static std::expected<FolderLock, Fault> take(const std::filesystem::path& folder, For what);

private:
    explicit FolderLock(Descriptor file) : file_(std::move(file)) {}

    Descriptor file_;
};

class DataFolder {
public:
    // What must hold when a folder is opened.
    enum class Open : std::uint8_t {
        create,    // Made if it is not there, or empty.
        existing,  // A folder that was made before.
        reading,   // The same, and nothing in it is changed, the lock file's contents neither.
    };
    // Faults: in_use, newer_version, damaged (a key that is missing or another one, a format that
    // cannot be read), unavailable (not a folder, not writable, not there, not empty and not ours).
    static std::expected<DataFolder, Fault> open(const std::filesystem::path& path, Open how);

    const Keys& keys() const { return *keys_; }
    std::uint64_t epoch() const { return epoch_; }
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path log() const { return path_ / "log"; }
    std::filesystem::path head() const { return path_ / "head"; }
    std::filesystem::path views() const { return path_ / "views"; }
    std::filesystem::path forgotten() const { return path_ / "forgotten"; }
    std::filesystem::path control() const { return path_ / "control"; }
    std::filesystem::path frozen() const { return path_ / "frozen"; }

private:
    DataFolder(std::filesystem::path path, FolderLock lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::filesystem::path path_;
    FolderLock lock_;
    std::unique_ptr<Keys> keys_;
    std::uint64_t epoch_ = 1;
};

// Replaces a file so that after a power cut either the old or the new content is there: a new file
// beside it, synced, renamed over it, the folder synced.
std::expected<void, Fault> replace_file(const std::filesystem::path& path,
                                        std::string_view content);

// What was made, renamed and removed in a folder is durable on return.
std::expected<void, Fault> sync_folder(const std::filesystem::path& path);

}  // namespace muster
