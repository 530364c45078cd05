// The log in RocksDB: one process, one folder, one synced write for many commits.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "events/log.hpp"

namespace muster {

struct RocksLogOptions {
    enum class Mode : std::uint8_t { write, read };
    Mode mode = Mode::write;  // `read` changes nothing in the folder, also after a kill.
    // Open although the head file says that there was more. Where there was, every sequence skips
    // as many numbers and a million, so that none is handed out twice; those that tokens are made
    // of more, at random.
    bool accept_loss = false;
    // The log comes from a backup, and went on after that: every sequence skips a million numbers
    // and as many as the log has events, and so on.
    bool restored = false;
    std::size_t verify =
        100'000;  // How many of the newest records are read and verified at the opening.
    std::size_t cache_bytes = 24 << 20;  // Block cache.
};

// A log whose files can be copied while it is written to.
class FolderLog : public Log {
public:
    // Makes a log of this one as it is at a moment, and a head file that is not ahead of it. The
    // folder must not be there. Files that never change are linked, where the file system can. Any
    // thread, one at a time.
    virtual std::expected<void, Fault> freeze(const std::filesystem::path& folder,
                                              const std::filesystem::path& head_file) const = 0;
    // On return no file of the log has bytes of what was erased from the vault before the call. Any
    // thread. A fault where it is stopped meanwhile.
    virtual std::expected<void, Fault> purge(const std::stop_token& stop) = 0;
};

// Opens or makes the log. Faults: damaged (names the position or the file; also a log shorter than
// its head file says), newer_version, unavailable.
std::expected<std::unique_ptr<FolderLog>, Fault> open_rocks_log(
    const std::filesystem::path& folder, const std::filesystem::path& head_file,
    const RocksLogOptions& options = {});

}  // namespace muster
