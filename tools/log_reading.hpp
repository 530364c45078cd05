// A data folder and its log, opened to be read only: for audit, log and rebuild.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>

#include "events/folder.hpp"
#include "events/rocks_log.hpp"

namespace muster::tools {

// For a keyring: whoever reads a whole log meets everybody again and again. At most 150 MiB, of a
// log with so many people.
inline constexpr std::size_t keys_remembered = 1 << 21;

struct LogReading {
    DataFolder folder;
    std::unique_ptr<Log> log;  // Closed before the folder is given back.
};

// `how` is for the folder; nothing in the log is changed either way. For reading it may be a
// backup, too. `verify` as in RocksLogOptions.
std::expected<LogReading, Fault> open_for_reading(const std::filesystem::path& data,
                                                  DataFolder::Open how,
                                                  std::size_t verify = RocksLogOptions{}.verify);

}  // namespace muster::tools
