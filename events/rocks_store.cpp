#include "events/rocks_store.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>

#include "events/bytes.hpp"

namespace muster {

class CommandFilter final : public rocksdb::CompactionFilter {
public:
    // The value begins with the command's time; see rocks_rows.cpp.
    bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
                bool*) const override {
        Reader in{value.ToStringView()};
        const auto ms = in.varint();
        return in.ok() && std::cmp_less(ms, before_ms.load(std::memory_order_relaxed));
    }
    const char* Name() const override { return "muster.commands"; }

    std::atomic<std::int64_t> before_ms = 0;
};

namespace {

constexpr std::size_t mib = 1 << 20;
constexpr std::size_t stream_key_size = 17;
// A write-ahead log that is smaller is copied; a larger one is written out as tables first, which
// the next backup need not copy again.
constexpr std::uint64_t copied_at_ease = 4 * mib;
constexpr std::uint64_t replayed_at_ease = 1'000;  // Records that an opening replays in no time.

// For reading: RocksDB would make its own log file in the folder if it were given no logger.
class NoLogger final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions db_options(const RocksLogOptions& options) {
    rocksdb::DBOptions db;
    db.create_if_missing = true;
    db.create_missing_column_families = true;
    db.paranoid_checks = true;
    // The default mode opens cleanly with half of the acknowledged commits gone after one flipped
    // byte in the middle of the write-ahead log.
    db.wal_recovery_mode = options.accept_loss
                               ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                               : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    db.track_and_verify_wals_in_manifest = !options.accept_loss;
    db.recycle_log_file_num = 0;
    db.max_bgerror_resume_count = 0;  // After an error the process stops; nothing is retried.

    // All memory tables together, and what is replayed after a kill.
    db.db_write_buffer_size = 20 * mib;
    db.max_total_wal_size = 48 * mib;
    db.max_background_jobs = 2;
    // One that is opened again costs as much as reading its filter and index. The limit is split
    // among 64 shards, so it has to be far above the number of files.
    db.max_open_files = 4096;
    db.max_file_opening_threads = 2;
    db.bytes_per_sync = mib;
    // One thread writes, so there is nothing to gain from writing concurrently.
    db.allow_concurrent_memtable_write = false;
    db.enable_write_thread_adaptive_yield = false;

    db.stats_dump_period_sec = 0;
    db.stats_persist_period_sec = 0;
    db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    db.keep_log_file_num = 2;
    db.max_log_file_size = mib;
    if (options.mode == RocksLogOptions::Mode::read) {
        db.create_if_missing = false;
        db.create_missing_column_families = false;
        db.info_log = std::make_shared<NoLogger>();
    }
    return db;
}

rocksdb::ColumnFamilyOptions family_options(Family which,
                                            const std::shared_ptr<rocksdb::Cache>& cache,
                                            const CommandFilter* command_filter) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = which == Family::tree ? 4 << 10 : 8 << 10;
    table.format_version = 5;
    table.checksum = rocksdb::ChecksumType::kXXH3;
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;

    rocksdb::ColumnFamilyOptions family;
    family.write_buffer_size = which == Family::records ? 16 * mib : 8 * mib;
    family.arena_block_size = mib / 4;
    family.target_file_size_base = 32 * mib;
    family.max_bytes_for_level_base = 64 * mib;
    family.level_compaction_dynamic_level_bytes = true;
    family.compression = rocksdb::CompressionType::kLZ4Compression;
    family.bottommost_compression = rocksdb::CompressionType::kZSTD;

    // Keys from everywhere: merged by levels each flush would write most of the family anew.
    if (which == Family::index || which == Family::vault) {
        family.compaction_style = rocksdb::kCompactionStyleUniversal;
        family.level0_file_num_compaction_trigger = 6;
    }

    // Looked up by keys that are often not there.
    if (which == Family::index) {
        family.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(stream_key_size));
        family.memtable_prefix_bloom_size_ratio = 0.05;
        // A place for each kind of stream, from which the next key of the kind is often not far.
        family.memtable_insert_with_hint_prefix_extractor.reset(
            rocksdb::NewFixedPrefixTransform(1));
        table.whole_key_filtering = false;
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    }
    if (which == Family::commands) {
        family.compaction_filter = command_filter;
        family.periodic_compaction_seconds = 24 * 60 * 60;
        family.memtable_prefix_bloom_size_ratio = 0.05;
        family.memtable_whole_key_filtering = true;
    }
    if (which == Family::commands || which == Family::vault || which == Family::snapshots) {
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    }
    // In parts, of which a look-up reads one: the whole filter of a large table fits no shard of
    // the cache, and would be read from the file again and again.
    if (table.filter_policy) {
        table.index_type = rocksdb::BlockBasedTableOptions::IndexType::kTwoLevelIndexSearch;
        table.partition_filters = true;
    }
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return family;
}

}  // namespace

Fault fault_of(const rocksdb::Status& status, std::string_view what) {
    auto kind = Fault::Kind::unavailable;
    const auto text = status.ToString();
    if (status.IsCorruption()) kind = Fault::Kind::damaged;
    if (status.IsNotSupported()) kind = Fault::Kind::newer_version;
    if (status.IsIOError() && text.find("lock ") != std::string::npos) kind = Fault::Kind::in_use;
    return {kind, fmt::format("{}: {}", what, text)};
}

RocksStore::RocksStore() : command_filter_(std::make_unique<CommandFilter>()) {}

std::expected<std::unique_ptr<RocksStore>, Fault> RocksStore::open(
    const std::filesystem::path& folder, const RocksLogOptions& options) {
    std::unique_ptr<RocksStore> store{new RocksStore};
    store->writable_ = options.mode == RocksLogOptions::Mode::write;
    const auto cache = rocksdb::NewLRUCache(options.cache_bytes, 4);
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (std::uint8_t n = 0; n < family_names.size(); ++n) {
        descriptors.emplace_back(std::string{family_names[n]},
                                 family_options(Family{n}, cache, store->command_filter_.get()));
    }

    rocksdb::DB* db = nullptr;
    const auto status = store->writable_
                            ? rocksdb::DB::Open(db_options(options), folder.native(), descriptors,
                                                &store->families_, &db)
                            : rocksdb::DB::OpenForReadOnly(db_options(options), folder.native(),
                                                           descriptors, &store->families_, &db);
    store->db_.reset(db);
    if (status.IsInvalidArgument() && status.ToString().contains("Column family not found")) {
        return std::unexpected(Fault{
            Fault::Kind::unavailable,
            fmt::format("{}: its making was broken off; serve finishes it", folder.native())});
    }
    if (status.IsInvalidArgument()) {  // It has column families that this version does not know.
        return std::unexpected(Fault{Fault::Kind::newer_version, status.ToString()});
    }
    if (!status.ok()) return std::unexpected(fault_of(status, folder.native()));
    return store;
}

RocksStore::~RocksStore() {
    if (!db_) return;
    // What fails here is in the write-ahead log all the same, as is what is too little to matter.
    std::uint64_t fresh = 0;
    db_->GetIntProperty(family(Family::records), rocksdb::DB::Properties::kNumEntriesActiveMemTable,
                        &fresh);
    if (writable_ && fresh > replayed_at_ease) {
        db_->Flush(rocksdb::FlushOptions{}, families_).PermitUncheckedError();
    }
    rocksdb::CancelAllBackgroundWork(db_.get(), true);
    for (auto* family : families_)
        db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    db_->Close().PermitUncheckedError();
}

void RocksStore::count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

void RocksStore::forget_commands_before(std::int64_t ms) {
    command_filter_->before_ms.store(ms, std::memory_order_relaxed);
}

std::expected<bool, Fault> RocksStore::get(Family which, std::string_view key,
                                           rocksdb::PinnableSlice& value) const {
    count_nothing();
    const auto status = db_->Get(rocksdb::ReadOptions{}, family(which), key, &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) {
        return std::unexpected(fault_of(status, family_names[static_cast<std::size_t>(which)]));
    }
    return true;
}

std::unique_ptr<rocksdb::Iterator> RocksStore::iterate(const rocksdb::ReadOptions& options,
                                                       Family which) const {
    count_nothing();
    return std::unique_ptr<rocksdb::Iterator>{db_->NewIterator(options, family(which))};
}

// The write-ahead logs go when all that is in them is in tables; of those the family's are written
// anew, without what was erased.
std::expected<void, Fault> RocksStore::purge(Family which, const std::stop_token& stop) const {
    auto status = db_->Flush(rocksdb::FlushOptions{}, families_);
    rocksdb::CompactRangeOptions all;
    all.exclusive_manual_compaction = false;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    std::atomic<bool> cancelled = false;
    const std::stop_callback cancel{stop, [&] { cancelled = true; }};
    all.canceled = &cancelled;
    if (status.ok()) status = db_->CompactRange(all, family(which), nullptr, nullptr);
    if (!status.ok()) return std::unexpected(fault_of(status, "purge"));
    return {};
}

std::expected<void, Fault> RocksStore::freeze(const std::filesystem::path& folder) const {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
    if (status.ok()) status = checkpoint->CreateCheckpoint(folder.native(), copied_at_ease);
    if (!status.ok()) return std::unexpected(fault_of(status, folder.native()));
    return {};
}

}  // namespace muster
