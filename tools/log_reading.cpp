#include "tools/log_reading.hpp"

#include "tools/backup_manifest.hpp"

namespace muster::tools {
namespace {

// A backup can be read like the folder that it was taken of.
std::expected<std::filesystem::path, Fault> files_of(const std::filesystem::path& data) {
    std::error_code error;
    if (!std::filesystem::exists(data / manifest_name, error)) return data;
    const auto manifest = read_manifest(data);
    if (!manifest) return std::unexpected(manifest.error());
    return data / manifest->id;
}

}  // namespace

std::expected<LogReading, Fault> open_for_reading(const std::filesystem::path& data,
                                                  DataFolder::Open how, std::size_t verify) {
    const auto place = how == DataFolder::Open::reading ? files_of(data) : data;
    if (!place) return std::unexpected(place.error());
    auto folder = DataFolder::open(*place, how);
    if (!folder) return std::unexpected(folder.error());
    RocksLogOptions options;
    options.mode = RocksLogOptions::Mode::read;
    options.verify = verify;
    auto log = open_rocks_log(folder->log(), folder->head(), options);
    if (!log) return std::unexpected(log.error());
    return LogReading{std::move(*folder), std::move(*log)};
}

}  // namespace muster::tools
