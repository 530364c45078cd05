// The log's database: how RocksDB is opened and set, and what its answers mean. What lies in it is
// told in rocks_rows.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <rocksdb/db.h>
#include <stop_token>
#include <string>
#include <string_view>

#include "events/fault.hpp"
#include "events/rocks_log.hpp"

namespace muster {

// The column families: what differs in keys, life time or filters lies apart.
enum class Family : std::uint8_t { meta, records, index, tree, commands, vault, snapshots };
inline constexpr std::array<std::string_view, 7> family_names{
    "default", "records", "index", "tree", "commands", "vault", "snapshots"};

// `what` says what was read or written, e.g. "position 7" or a path.
Fault fault_of(const rocksdb::Status& status, std::string_view what);

// Drops commands that are older than they have to be remembered. It measures by the time of the
// newest event, for a log has no other clock.
class CommandFilter;

class RocksStore {
public:
    static std::expected<std::unique_ptr<RocksStore>, Fault> open(
        const std::filesystem::path& folder, const RocksLogOptions& options);
    RocksStore(const RocksStore&) = delete;
    RocksStore& operator=(const RocksStore&) = delete;
    ~RocksStore();  // Writes the memory tables out, so that the next opening has little to replay.

    // RocksDB counts every comparison of keys for this thread, which costs a tenth of a write.
    static void count_nothing();
    rocksdb::DB& db() const { return *db_; }
    rocksdb::ColumnFamilyHandle* family(Family which) const {
        return families_[static_cast<std::size_t>(which)];
    }
    bool writable() const { return writable_; }
    // Commands with a time before this one may be dropped.
    void forget_commands_before(std::int64_t ms);

    // Absent if there is no such key.
    std::expected<bool, Fault> get(Family which, std::string_view key,
                                   rocksdb::PinnableSlice& value) const;
    std::unique_ptr<rocksdb::Iterator> iterate(const rocksdb::ReadOptions& options,
                                               Family which) const;
    // On return no file has bytes of what was erased from the family before the call.
    std::expected<void, Fault> purge(Family which, const std::stop_token& stop) const;
    // A copy as it is at a moment, in a folder that is not there yet: tables are linked.
    std::expected<void, Fault> freeze(const std::filesystem::path& folder) const;

private:
    RocksStore();

    bool writable_ = false;
    std::unique_ptr<CommandFilter> command_filter_;  // Outlives the database, which points to it.
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace muster
