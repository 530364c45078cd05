// The log in RocksDB: one process, one folder, one synced write for many commits.
#pragma once

#include <filesystem>
#include <memory>

#include "events/log.hpp"

namespace muster {

struct RocksLogOptions {
    enum class Mode : std::uint8_t { write, read };
    Mode mode = Mode::write;  // `read` changes nothing in the folder, also after a kill.
    // Open although the head file says that there was more. Where there was, every sequence skips
    // as many numbers and a million, so that none is handed out twice.
    bool accept_loss = false;
    std::size_t verify =
        100'000;  // How many of the newest records are read and verified at the opening.
    std::size_t cache_bytes = 32 << 20;  // Block cache.
};

// Opens or makes the log. Faults: damaged (names the position or the file; also a log shorter than
// its head file says), newer_version, unavailable.
std::expected<std::unique_ptr<Log>, Fault> open_rocks_log(const std::filesystem::path& folder,
                                                          const std::filesystem::path& head_file,
                                                          const RocksLogOptions& options = {});

}  // namespace muster
