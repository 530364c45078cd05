#include "projections/view_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "events/codec.hpp"
#include "projections/row_cache.hpp"

namespace muster::views {
namespace {

// The value of the marks' key: layout(varint) list of Mark. Another layout is another store.
constexpr std::uint64_t store_layout = 1;
const std::string marks_key(1, '\0');

constexpr std::size_t least_bulk_rows = 10'000;
constexpr std::size_t group_prefix_bytes = 11;
constexpr std::size_t largest_group_bytes = 4 << 10;  // That is kept in memory.

// RocksDB counts every comparison of keys for a thread, unless told not to.
void count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

// RocksDB's own log file would change the folder, also when it is only read.
class NoLog final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// A store that somebody else has, or that is out of room, is whole: all else is made anew.
bool is_whole(const rocksdb::Status& status) {
    return status.IsNoSpace() || status.IsBusy() ||
           (status.IsIOError() && (status.ToString().find("LOCK") != std::string::npos ||
                                   status.ToString().find("ermission") != std::string::npos));
}

Fault store_fault(const rocksdb::Status& status) {
    const bool damaged = status.IsCorruption() || status.IsNotSupported();
    return {damaged ? Fault::Kind::damaged : Fault::Kind::unavailable,
            fmt::format("the views: {}", status.ToString())};
}

// The first key behind all that start with the prefix, which does not end in 0xff.
std::string behind(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff)
        prefix.pop_back();
    if (!prefix.empty()) ++prefix.back();
    return prefix;
}

// Tables never change, so links to them do where they can be made.
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to,
                std::error_code& error) {
    for (const auto& entry : std::filesystem::directory_iterator{from, error}) {
        const auto target = to / entry.path().filename();
        if (entry.path().extension() == ".sst") {
            std::filesystem::create_hard_link(entry.path(), target, error);
            if (!error) continue;
        }
        error.clear();
        if (entry.path().filename() != "LOCK")
            std::filesystem::copy_file(entry.path(), target, error);
        if (error) return;
    }
}

std::optional<Marks> parse_marks(std::string_view bytes) {
    Reader in{bytes};
    if (in.varint() != store_layout) return std::nullopt;
    Marks marks;
    get(in, marks);
    if (!in.done()) return std::nullopt;
    return marks;
}

rocksdb::Options store_options(const ViewStore::Options& options) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // Filters and indexes stay in memory (a byte or two a row): in so small a cache one filter
    // fills a shard, and each look-up would read it from the file again.
    table.format_version = 5;

    rocksdb::Options result;
    result.create_if_missing = options.mode == ViewStore::Options::Mode::write;
    result.info_log = std::make_shared<NoLog>();
    result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    result.compression = rocksdb::kLZ4Compression;
    result.write_buffer_size = options.write_buffer_bytes;
    result.max_write_buffer_number = 3;
    result.target_file_size_base = 16 << 20;
    // Each flush has keys from everywhere, so that merging by levels would write nearly the whole
    // store anew for every four of them. Universal: what is new is merged with its like, and with
    // all the rest when it has come to half of that.
    result.compaction_style = rocksdb::kCompactionStyleUniversal;
    result.compaction_options_universal.max_size_amplification_percent = 50;
    result.level0_file_num_compaction_trigger = 6;
    result.allow_concurrent_memtable_write = false;
    // Rows come sorted by table: each is put behind the one before it, without a search.
    result.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(3));
    result.optimize_filters_for_hits = true;
    // As the log's: far above the number of files, which the cache of open ones shards.
    result.max_open_files = 4096;
    result.max_background_jobs = 2;
    result.avoid_flush_during_shutdown = true;  // The destructor flushes.
    result.stats_dump_period_sec = 0;
    result.max_manifest_file_size = 1;  // See `purge`.
    return result;
}

}  // namespace

struct Walk::Impl {
    std::shared_ptr<const Reading::Moment> moment;
    std::shared_ptr<std::optional<Fault>> fault;
    std::string prefix, upper;
    rocksdb::Slice lower_bound, upper_bound;
    std::unique_ptr<rocksdb::Iterator> at;

    bool settle() {
        if (at == nullptr) return false;
        if (!at->status().ok() && !*fault) *fault = store_fault(at->status());
        return at->Valid();
    }
};

struct Reading::Moment {
    std::shared_ptr<rocksdb::DB> db;
    std::shared_ptr<RowCache> cache;
    const rocksdb::Snapshot* snapshot;
    RowCache::Moment number;
    Marks marks;
    std::array<const Mark*, 256> serving{};

    Moment(std::shared_ptr<rocksdb::DB> from, std::shared_ptr<RowCache> rows,
           RowCache::Moment count, Marks all)
        : db(std::move(from)),
          cache(std::move(rows)),
          snapshot(db->GetSnapshot()),
          number(count),
          marks(std::move(all)) {
        for (const auto& mark : marks) {
            if (mark.serving) serving.at(mark.view) = &mark;
        }
    }
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;
    ~Moment() { db->ReleaseSnapshot(snapshot); }
};

Walk::Walk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Walk::Walk(Walk&&) noexcept = default;
Walk& Walk::operator=(Walk&&) noexcept = default;
Walk::~Walk() = default;

bool Walk::seek(std::string_view rest) {
    impl_->at->Seek(impl_->prefix + std::string{rest});
    return impl_->settle();
}
bool Walk::seek_back(std::string_view rest) {
    impl_->at->SeekForPrev(impl_->prefix + std::string{rest});
    return impl_->settle();
}
bool Walk::first() {
    impl_->at->SeekToFirst();
    return impl_->settle();
}
bool Walk::last() {
    impl_->at->SeekToLast();
    return impl_->settle();
}
bool Walk::next() {
    impl_->at->Next();
    return impl_->settle();
}
bool Walk::previous() {
    impl_->at->Prev();
    return impl_->settle();
}
bool Walk::valid() const { return impl_->at->Valid(); }
std::string_view Walk::rest() const { return view(impl_->at->key()).substr(impl_->prefix.size()); }
std::string_view Walk::value() const { return view(impl_->at->value()); }

Reading::Reading(std::shared_ptr<const Moment> moment)
    : moment_(std::move(moment)), fault_(std::make_shared<std::optional<Fault>>()) {}

std::optional<std::string> Reading::get(std::string_view key) const {
    if (auto known = moment_->cache->find(key, moment_->number)) return std::move(known->value);
    count_nothing();
    rocksdb::ReadOptions options;
    options.snapshot = moment_->snapshot;
    std::string value;
    const auto status = moment_->db->Get(options, slice(key), &value);
    if (!status.ok() && !status.IsNotFound()) {
        fail(store_fault(status));
        return std::nullopt;
    }
    auto found = status.ok() ? std::optional{std::move(value)} : std::nullopt;
    moment_->cache->keep(key, found, moment_->number);
    return found;
}

// In the cache: ( rest(text) value(text) )*
void Reading::each(const std::string& prefix, const Visit& visit) const {
    if (const auto known = moment_->cache->find(prefix, moment_->number); known && known->value) {
        Reader in{*known->value};
        while (!in.done()) {
            const auto rest = in.text();
            visit(rest, in.text());
        }
        return;
    }
    std::string group;
    Writer out{group};
    auto rows = walk(prefix);
    for (bool more = rows.first(); more; more = rows.next()) {
        if (group.size() <= largest_group_bytes) {
            out.text(rows.rest());
            out.text(rows.value());
        }
        visit(rows.rest(), rows.value());
    }
    if (group.size() <= largest_group_bytes && !fault())
        moment_->cache->keep(prefix, group, moment_->number);
}

Walk Reading::walk(std::string prefix) const {
    auto impl = std::make_unique<Walk::Impl>();
    impl->moment = moment_;
    impl->fault = fault_;
    count_nothing();
    impl->prefix = std::move(prefix);
    impl->upper = behind(impl->prefix);
    impl->lower_bound = slice(impl->prefix);
    impl->upper_bound = slice(impl->upper);
    rocksdb::ReadOptions options;
    options.snapshot = moment_->snapshot;
    options.iterate_lower_bound = &impl->lower_bound;
    options.iterate_upper_bound = &impl->upper_bound;
    impl->at.reset(moment_->db->NewIterator(options));
    return Walk{std::move(impl)};
}

void Reading::fail(Fault fault) const {
    if (!*fault_) *fault_ = std::move(fault);
}

const Mark* Reading::serving(std::uint32_t view) const { return moment_->serving.at(view); }

Position Reading::position() const {
    Position lowest{UINT64_MAX};
    for (const auto& mark : moment_->marks) {
        if (mark.serving) lowest = std::min(lowest, Position{mark.position});
    }
    return lowest.number == UINT64_MAX ? Position{} : lowest;
}

struct ViewStore::Impl {
    std::filesystem::path folder;
    Options options;
    bool delete_at_end = false;
    bool whole = true;                  // Not to be deleted for failing to open.
    std::atomic<bool> damaged = false;  // Found while writing: deleted at the end.
    bool bulk = false;
    std::shared_ptr<rocksdb::DB> db;
    std::shared_ptr<RowCache> cache;
    std::atomic<RowCache::Moment> number = 0;  // Of the newest moment.
    mutable std::mutex mutex;
    std::shared_ptr<const Reading::Moment> moment;

    std::expected<void, Fault> open();
    rocksdb::Status write(const StoreBatch& batch, const std::string& marks) const;
    rocksdb::Status add_file(const StoreBatch& batch, const std::string& marks) const;
    // Before the rows are written: what was read of them holds no longer than the moment that is.
    void outdate(const StoreBatch& batch) {
        cache->begin(++number);
        if (!batch.dropped.empty()) cache->clear();
        for (const auto& [key, value] : batch.rows) {
            cache->erase(key);
            if (key.size() > group_prefix_bytes) cache->erase(key.substr(0, group_prefix_bytes));
        }
    }
    void publish(Marks marks) {
        auto fresh = std::make_shared<const Reading::Moment>(db, cache, number, std::move(marks));
        const std::lock_guard lock{mutex};
        moment.swap(fresh);  // The old one goes after the lock.
    }
    Fault note(const rocksdb::Status& status) {
        auto fault = store_fault(status);
        if (fault.kind == Fault::Kind::damaged) damaged = true;
        return fault;
    }
};

std::expected<void, Fault> ViewStore::Impl::open() {
    const auto settings = store_options(options);
    rocksdb::DB* opened = nullptr;
    const auto status = options.mode == Options::Mode::read
                            ? rocksdb::DB::OpenForReadOnly(settings, folder.string(), &opened)
                            : rocksdb::DB::Open(settings, folder.string(), &opened);
    whole = status.ok() || is_whole(status);
    if (!status.ok()) return std::unexpected(store_fault(status));
    db.reset(opened);
    cache = std::make_shared<RowCache>(options.row_cache_bytes);
    cache->begin(++number);

    std::string bytes;
    const auto found = db->Get({}, marks_key, &bytes);
    if (!found.ok() && !found.IsNotFound()) {
        whole = false;
        return std::unexpected(store_fault(found));
    }
    auto marks = found.ok() ? parse_marks(bytes) : Marks{};
    if (!marks) {
        whole = false;
        return std::unexpected(
            Fault{Fault::Kind::damaged, "the views: their marks cannot be read"});
    }
    publish(std::move(*marks));
    return {};
}

ViewStore::ViewStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ViewStore::~ViewStore() {
    if (impl_->options.mode == Options::Mode::write && !impl_->delete_at_end) (void)flush();
    impl_->moment.reset();
    impl_->db.reset();
    std::error_code ignored;
    if (impl_->delete_at_end || impl_->damaged) std::filesystem::remove_all(impl_->folder, ignored);
}

std::expected<std::unique_ptr<ViewStore>, Fault> ViewStore::open(
    const std::filesystem::path& folder, const Options& options) {
    auto impl = std::make_unique<Impl>();
    impl->folder = folder;
    impl->options = options;
    auto opened = impl->open();
    if (!opened && !impl->whole && options.mode == Options::Mode::write) {
        impl->moment.reset();
        impl->db.reset();
        std::error_code error;
        std::filesystem::remove_all(folder, error);  // Views are made again from the log.
        opened = impl->open();
    }
    if (!opened) return std::unexpected(opened.error());
    return std::unique_ptr<ViewStore>{new ViewStore{std::move(impl)}};
}

std::expected<std::unique_ptr<ViewStore>, Fault> ViewStore::temporary() {
    return temporary_copy({});
}

std::expected<std::unique_ptr<ViewStore>, Fault> ViewStore::temporary_copy(
    const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    auto name = (fs::temp_directory_path() / "muster-views-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable, "the views: no temporary folder can be made"});
    }
    std::error_code error;
    if (!folder.empty()) copy_store(folder, name, error);
    if (error) {
        std::error_code ignored;
        fs::remove_all(name, ignored);
        return std::unexpected(
            Fault{Fault::Kind::unavailable, fmt::format("the views: {}", error.message())});
    }
    auto store = open(name, {});
    if (store) (*store)->impl_->delete_at_end = true;
    return store;
}

Reading ViewStore::now() const {
    const std::lock_guard lock{impl_->mutex};
    return Reading{impl_->moment};
}

Marks ViewStore::marks() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->moment->marks;
}

rocksdb::Status ViewStore::Impl::write(const StoreBatch& batch, const std::string& marks) const {
    rocksdb::WriteBatch writes;
    for (const auto& prefix : batch.dropped)
        writes.DeleteRange(prefix, behind(prefix));
    for (const auto& [key, value] : batch.rows) {
        if (value) {
            writes.Put(slice(key), slice(*value));
        } else {
            writes.Delete(slice(key));
        }
    }
    writes.Put(marks_key, marks);
    rocksdb::WriteOptions without_log;
    without_log.disableWAL = true;
    return db->Write(without_log, &writes);
}

// Many rows at once as a file of their own, which the database takes over in one step: half the
// work of putting each in its place in memory.
rocksdb::Status ViewStore::Impl::add_file(const StoreBatch& batch, const std::string& marks) const {
    const auto path = (folder / "bulk.sst").string();
    rocksdb::SstFileWriter file{rocksdb::EnvOptions{}, db->GetOptions()};
    auto status = file.Open(path);
    if (status.ok()) status = file.Put(marks_key, marks);  // No row's key comes before it.
    for (auto row = batch.rows.begin(); status.ok() && row != batch.rows.end(); ++row) {
        const auto& [key, value] = *row;
        status = value ? file.Put(slice(key), slice(*value)) : file.Delete(slice(key));
    }
    if (status.ok()) status = file.Finish();
    // What is in memory only must not be lost where what comes after it is kept.
    if (status.ok()) status = db->Flush({});
    rocksdb::IngestExternalFileOptions taken;
    taken.move_files = true;
    if (status.ok()) status = db->IngestExternalFile({path}, taken);
    return status;
}

std::expected<void, Fault> ViewStore::write(const StoreBatch& batch) {
    std::string marks;
    Writer out{marks};
    out.varint(store_layout);
    put(out, batch.marks);

    impl_->outdate(batch);
    count_nothing();
    const bool many = impl_->bulk && batch.dropped.empty() && batch.rows.size() >= least_bulk_rows;
    const auto status = many ? impl_->add_file(batch, marks) : impl_->write(batch, marks);
    if (!status.ok()) return std::unexpected(impl_->note(status));
    impl_->publish(batch.marks);
    return {};
}

std::expected<std::optional<std::string>, Fault> ViewStore::get(std::string_view key) const {
    if (auto known = impl_->cache->find(key, impl_->number)) return std::move(known->value);
    count_nothing();
    std::string value;
    const auto status = impl_->db->Get({}, slice(key), &value);
    if (status.ok()) return value;
    if (status.IsNotFound()) return std::nullopt;
    return std::unexpected(impl_->note(status));
}

// Meanwhile no files are merged: each time costs as much as writing them.
void ViewStore::bulk(bool on) {
    impl_->bulk = on;
    (void)impl_->db->SetOptions({{"disable_auto_compactions", on ? "true" : "false"}});
}

std::expected<void, Fault> ViewStore::flush() {
    const auto status = impl_->db->Flush({});
    if (!status.ok()) return std::unexpected(impl_->note(status));
    return {};
}

std::expected<void, Fault> ViewStore::merge() {
    const auto status = impl_->db->CompactRange({}, nullptr, nullptr);
    if (!status.ok()) return std::unexpected(impl_->note(status));
    return {};
}

// The manifest tells between which keys each table lies. It is begun anew with each entry, so the
// last one must come after the tables that are gone. Older ones go with the next look around.
std::expected<bool, Fault> ViewStore::purge(const std::stop_token& stop) {
    auto& db = *impl_->db;
    const auto before = db.GetLatestSequenceNumber();
    auto status = db.Flush({});
    rocksdb::CompactRangeOptions all;
    all.exclusive_manual_compaction = false;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    std::atomic<bool> cancelled = false;
    const std::stop_callback cancel{stop, [&] { cancelled = true; }};
    all.canceled = &cancelled;
    std::uint64_t oldest = 0;  // That somebody reads; zero: nobody reads.
    db.GetIntProperty("rocksdb.oldest-snapshot-sequence", &oldest);
    if (status.ok()) status = db.CompactRange(all, nullptr, nullptr);
    if (status.IsIncomplete())
        return std::unexpected(Fault{Fault::Kind::unavailable, "the purging was stopped"});
    if (status.ok()) status = db.SetOptions({{"max_sequential_skip_in_iterations", "8"}});
    if (status.ok()) status = db.DisableFileDeletions();
    if (status.ok()) status = db.EnableFileDeletions(false);
    if (!status.ok()) return std::unexpected(impl_->note(status));
    return oldest == 0 || oldest >= before;
}

std::expected<void, Fault> ViewStore::freeze(const std::filesystem::path& folder) const {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(impl_->db.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
    // What is in memory is in no write-ahead log: it is always written out first.
    if (status.ok()) status = checkpoint->CreateCheckpoint(folder.native(), 0);
    if (!status.ok()) return std::unexpected(impl_->note(status));
    return {};
}

}  // namespace muster::views
