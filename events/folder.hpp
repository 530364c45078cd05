// The data folder: what lies in it, who may open it, and its root key.
//
//   DIR/format   text "muster <n>\nkey <16 hexadecimal digits>\n": the version of the folder's
//                layout, 1 today, and the check value of its key
//   DIR/lock     locked (flock) by the one process that uses the folder
//   DIR/key      the root key, 32 bytes in hexadecimal and a line end, mode 0600
//   DIR/log/     the log (RocksDB)
//   DIR/head     the newest position and root that were durable (head_file.hpp)
//   DIR/views/   the views (RocksDB); may be deleted at any time while no process has the folder
#pragma once

#include <expected>
#include <filesystem>
#include <memory>

#include "events/fault.hpp"
#include "events/sealing.hpp"

namespace muster {

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

    DataFolder(DataFolder&& other) noexcept;
    DataFolder& operator=(DataFolder&&) = delete;
    ~DataFolder();  // Gives the lock back.

    const Keys& keys() const { return *keys_; }
    std::filesystem::path log() const { return path_ / "log"; }
    std::filesystem::path head() const { return path_ / "head"; }
    std::filesystem::path views() const { return path_ / "views"; }

private:
    DataFolder(std::filesystem::path path, int lock, const Key& root);

    std::filesystem::path path_;
    int lock_;
    std::unique_ptr<Keys> keys_;
};

// Replaces a file so that after a power cut either the old or the new content is there: a new file
// beside it, synced, renamed over it, the folder synced.
std::expected<void, Fault> replace_file(const std::filesystem::path& path,
                                        std::string_view content);

}  // namespace muster
