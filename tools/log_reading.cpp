#include "tools/log_reading.hpp"

namespace muster::tools {

std::expected<LogReading, Fault> open_for_reading(const std::filesystem::path& data,
                                                  DataFolder::Open how, std::size_t verify) {
    auto folder = DataFolder::open(data, how);
    if (!folder) return std::unexpected(folder.error());
    RocksLogOptions options;
    options.mode = RocksLogOptions::Mode::read;
    options.verify = verify;
    auto log = open_rocks_log(folder->log(), folder->head(), options);
    if (!log) return std::unexpected(log.error());
    return LogReading{std::move(*folder), std::move(*log)};
}

}  // namespace muster::tools
