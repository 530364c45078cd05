// The stored form of the log. Numbers in keys are big-endian, so that keys sort as numbers do.
//
//   meta       'f'                                  -> varint          format of all this, 1 today
//              's' sequence(1)                      -> varint          the last number spoken for
//   records    position(8)                          -> record leaf-hash(32)       see record.cpp
//   index      stream(17) version(8)                -> varint          position
//   tree       block(8)                             -> hash(32)...     see below
//   commands   command-id(16)                       -> time first more digest(16)
//   vault      key                                  -> value           see sealing.hpp
//   snapshots  stream(17)                           -> varint(version) state
//              'r' reactor                          -> varint(position) state
//
//   stream  := kind(1) high(8) low(8)
//   time    := varint, milliseconds since 1970; first more := varint varint: a commit has the
//              positions first..first + more
//
// Leaves are kept with their records. Of the tree's inner nodes those of level 3 and above are
// kept: block b has the nodes that the last leaf of the b-th eight completes, from level 3 up. So
// there is one write for eight records, and a lower node is made of eight leaves at most.
//
// There is no table of the streams' newest versions: the last key of a stream in the index says it.
// That is one write less an event, and nothing that could disagree.
#include "events/rocks_log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <rocksdb/write_batch.h>
#include <thread>
#include <unordered_map>

#include "events/bytes.hpp"
#include "events/head_file.hpp"
#include "events/rocks_store.hpp"
#include "events/tree.hpp"
#include "events/version_cache.hpp"

namespace muster {
namespace {

constexpr std::uint64_t log_format = 1;
constexpr unsigned lowest_kept_level = 3;
constexpr std::uint64_t block_leaves = 1 << lowest_kept_level;
constexpr std::size_t leaf_size = sizeof(Hash);
constexpr std::size_t cached_versions = 1 << 16;
constexpr std::chrono::milliseconds head_delay{900};
// The head file is up to a second behind, and nobody knows how far the log went after a backup.
constexpr std::uint64_t numbers_skipped = 1'000'000;
constexpr std::size_t scan_from = 4096;  // Reads of more records leave the block cache alone.

// Keys of a fixed size, made without allocating: one append makes many.
template <std::size_t size>
class FixedKey {
public:
    FixedKey& byte(std::uint8_t value) {
        bytes_[used_++] = static_cast<char>(value);
        return *this;
    }
    FixedKey& fixed64(std::uint64_t value) {
        for (int shift = 56; shift >= 0; shift -= 8)
            byte(static_cast<std::uint8_t>(value >> shift));
        return *this;
    }
    std::string_view view() const { return {bytes_.data(), used_}; }
    operator rocksdb::Slice() const { return view(); }
    operator std::string_view() const { return view(); }

private:
    std::array<char, size> bytes_;
    std::size_t used_ = 0;
};

FixedKey<8> number_key(std::uint64_t number) { return FixedKey<8>{}.fixed64(number); }

FixedKey<17> stream_key(const StreamId& stream) {
    FixedKey<17> key;
    return key.byte(static_cast<std::uint8_t>(stream.kind))
        .fixed64(stream.high)
        .fixed64(stream.low);
}

FixedKey<25> index_key(const StreamId& stream, std::uint64_t version) {
    FixedKey<25> key;
    return key.byte(static_cast<std::uint8_t>(stream.kind))
        .fixed64(stream.high)
        .fixed64(stream.low)
        .fixed64(version);
}

// Behind every stream's key, for kinds of streams are small numbers.
std::string reactor_key(std::string_view reactor) { return "r" + std::string(reactor); }

std::string sequence_key(Sequence sequence) {
    return {'s', static_cast<char>(static_cast<std::uint8_t>(sequence))};
}

std::string varint_value(std::uint64_t number) {
    std::string value;
    Writer{value}.varint(number);
    return value;
}

std::string command_value(const Duplicate& command) {
    std::string value;
    Writer out{value};
    out.varint(static_cast<std::uint64_t>(command.time.ms));
    out.varint(command.first.number);
    out.varint(command.last.number - command.first.number);
    out.raw(command.digest);
    return value;
}

std::optional<Duplicate> parse_command(std::string_view value) {
    Reader in{value};
    Duplicate command;
    command.time.ms = static_cast<std::int64_t>(in.varint());
    command.first.number = in.varint();
    command.last.number = command.first.number + in.varint();
    const auto digest = in.raw(command.digest.size());
    if (!in.done()) return std::nullopt;
    std::ranges::copy(as_bytes(digest), command.digest.begin());
    return command;
}

std::unexpected<Fault> damaged_log(std::string message) {
    return std::unexpected(Fault{Fault::Kind::damaged, std::move(message)});
}

std::unexpected<Fault> damaged_at(std::uint64_t position, std::string_view what) {
    return damaged_log(fmt::format("position {}: {}", position, what));
}

Hash to_hash(std::string_view bytes) {
    Hash hash;
    std::ranges::copy(as_bytes(bytes), hash.begin());
    return hash;
}

// A record and its leaf hash from their stored value; absent where it is too short.
std::optional<Stored> parse_stored(Position position, const rocksdb::Slice& value) {
    if (value.size() < leaf_size) return std::nullopt;
    const auto bytes = value.ToStringView();
    const auto size = bytes.size() - leaf_size;
    return Stored{position, bytes.substr(0, size), to_hash(bytes.substr(size))};
}

struct CommandIdHash {
    std::size_t operator()(const CommandId& id) const {
        return std::hash<std::string_view>{}(as_text(id));
    }
};

// What a batch is going to change: commits are decided on it while it grows.
struct Staging {
    rocksdb::WriteBatch batch;
    std::vector<std::pair<FixedKey<25>, Position>> index;
    std::unordered_map<StreamId, std::uint64_t> versions;
    std::unordered_map<CommandId, Duplicate, CommandIdHash> commands;
    std::array<std::uint64_t, 256> marks{};  // By sequence; zero where a mark stays as it is.
    Frontier frontier;
    Time time;

    Position last() const { return {frontier.size()}; }
};

class RocksLog final : public FolderLog {
public:
    RocksLog(std::unique_ptr<RocksStore> store, HeadFile head_file)
        : store_(std::move(store)), head_file_(std::move(head_file)) {}
    RocksLog(const RocksLog&) = delete;
    RocksLog& operator=(const RocksLog&) = delete;
    ~RocksLog() override;

    // Before anything else: checks what is there and takes up from it.
    std::expected<void, Fault> recover(const RocksLogOptions& options);

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override;
    Position head() const override { return {head_.load(std::memory_order_acquire)}; }
    std::expected<std::size_t, Fault> read(Position after, std::size_t limit,
                                           const Visit& visit) const override;
    std::expected<std::size_t, Fault> read_stream(const StreamId& stream, std::uint64_t after,
                                                  std::size_t limit,
                                                  const Visit& visit) const override;
    std::expected<std::size_t, Fault> read_stream_backwards(const StreamId& stream,
                                                            std::uint64_t before, std::size_t limit,
                                                            const Visit& visit) const override;
    std::expected<std::uint64_t, Fault> version(const StreamId& stream) const override;
    std::expected<void, Fault> visit_streams(const VisitStreams& visit) const override;
    std::expected<std::optional<Duplicate>, Fault> find_command(const CommandId& id,
                                                                Time now) const override;
    std::expected<std::optional<std::string>, Fault> vault(std::string_view key) const override;
    std::expected<void, Fault> visit_vault(std::string_view from,
                                           const VisitVault& visit) const override;
    std::expected<std::uint64_t, Fault> draw(Sequence sequence, std::uint64_t count) override;
    std::expected<std::optional<Snapshot>, Fault> snapshot(const StreamId& stream) const override;
    std::expected<void, Fault> keep_snapshot(const StreamId& stream,
                                             const Snapshot& snapshot) override;
    std::expected<std::optional<Checkpoint>, Fault> checkpoint(
        std::string_view reactor) const override;
    std::expected<void, Fault> keep_checkpoint(std::string_view reactor,
                                               const Checkpoint& checkpoint) override;
    std::expected<Hash, Fault> root(std::uint64_t size) const override;
    std::expected<Hash, Fault> node(unsigned level, std::uint64_t index) const override;
    std::expected<void, Fault> freeze(const std::filesystem::path& folder,
                                      const std::filesystem::path& head_file) const override;
    std::expected<void, Fault> purge() override { return store_->purge(Family::vault); }

private:
    // Appending; the appending thread's.
    std::expected<std::vector<Outcome>, Fault> stage(std::span<const Commit> commits,
                                                     Staging& staging);
    std::expected<Outcome, Fault> stage_one(const Commit& commit, Staging& staging);
    std::expected<std::uint64_t*, Fault> staged_version(const StreamId& stream, Staging& staging);
    std::expected<void, Fault> stage_event(const Draft& draft, Staging& staging);
    void stage_rest(const Commit& commit, const Duplicate& outcome, Staging& staging);
    void stage_index(Staging& staging);
    void stage_marks(Staging& staging);
    void publish(Staging& staging);

    // Opening.
    std::expected<void, Fault> check_format();
    std::expected<Position, Fault> last_position() const;
    std::expected<void, Fault> check_length(Position last) const;
    std::expected<Frontier, Fault> stored_frontier(std::uint64_t size) const;
    std::expected<void, Fault> verify_from(std::uint64_t first, Position last);
    std::expected<void, Fault> verify_record(const Stored& stored);
    std::expected<void, Fault> check_root(std::uint64_t size, const Hash& root) const;
    std::expected<void, Fault> load_sequences();
    bool is_loss(const std::vector<LogHead>& known) const;
    std::expected<void, Fault> skip_lost_numbers(std::uint64_t lost_events);
    std::expected<void, Fault> settle_head(const RocksLogOptions& options);

    // Reading.
    std::expected<bool, Fault> visit_position(Position position, const Visit& visit) const;
    std::expected<std::uint64_t, Fault> stored_version(const StreamId& stream, Position last) const;
    std::expected<Hash, Fault> stored_node(unsigned level, std::uint64_t index) const;
    std::expected<Hash, Fault> low_node(unsigned level, std::uint64_t index) const;

    LogHead durable_head() const;
    void keep_heads(const std::stop_token& stop);

    std::unique_ptr<RocksStore> store_;
    rocksdb::WriteBatch batch_;  // Kept for its memory.

    std::atomic<std::uint64_t> head_ = 0;
    mutable std::mutex mutex_;  // Of all up to the next empty line.
    Frontier frontier_;         // Durable, as all here.
    Time time_;
    mutable VersionCache versions_{cached_versions};  // At the head.
    std::optional<Fault> failed_;                     // For good.
    bool head_moved_ = false;

    std::mutex draw_mutex_;
    std::array<std::uint64_t, 256> drawn_{};  // In memory: above the marks that are stored.
    std::array<std::uint64_t, 256> marks_{};  // Stored; the appending thread's.

    HeadFile head_file_;  // The thread's, while it runs.
    std::condition_variable_any moved_;
    std::jthread head_keeper_;
};

// --- Appending

std::expected<std::vector<Outcome>, Fault> RocksLog::append(std::span<const Commit> commits) {
    if (!store_->writable()) {
        return std::unexpected(Fault{Fault::Kind::unavailable, "the log is open for reading"});
    }
    Staging staging;
    {
        const std::lock_guard lock{mutex_};
        if (failed_) return std::unexpected(*failed_);
        staging.frontier = frontier_;
        staging.time = time_;
    }
    std::swap(staging.batch, batch_);
    auto outcomes = stage(commits, staging);
    if (outcomes && staging.last() > head()) {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        RocksStore::count_nothing();
        const auto status = store_->db().Write(synced, &staging.batch);
        if (!status.ok()) outcomes = std::unexpected(fault_of(status, "append"));
    }
    if (outcomes) {
        publish(staging);
    } else {
        const std::lock_guard lock{mutex_};
        failed_ = outcomes.error();
    }
    staging.batch.Clear();
    std::swap(staging.batch, batch_);
    return outcomes;
}

std::expected<std::vector<Outcome>, Fault> RocksLog::stage(std::span<const Commit> commits,
                                                           Staging& staging) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(commits.size());
    for (const auto& commit : commits) {
        auto outcome = stage_one(commit, staging);
        if (!outcome) return std::unexpected(outcome.error());
        outcomes.push_back(*outcome);
    }
    stage_index(staging);
    stage_marks(staging);
    return outcomes;
}

std::expected<Outcome, Fault> RocksLog::stage_one(const Commit& commit, Staging& staging) {
    const auto time = std::max(commit.time, staging.time);
    if (const auto& command = commit.command) {
        const auto staged = staging.commands.find(command->id);
        if (staged != staging.commands.end()) return staged->second;
        const auto earlier = find_command(command->id, time);
        if (!earlier) return std::unexpected(earlier.error());
        if (*earlier) return **earlier;
    }
    for (const auto& [stream, seen] : commit.read) {
        const auto actual = staged_version(stream, staging);
        if (!actual) return std::unexpected(actual.error());
        if (**actual != seen) return Conflict{{stream, **actual}};
    }

    staging.time = time;
    const auto first = staging.last().next();
    for (const auto& draft : commit.events) {
        if (const auto done = stage_event(draft, staging); !done) {
            return std::unexpected(done.error());
        }
    }
    const Recorded recorded{first, staging.last()};
    stage_rest(commit, {recorded.first, recorded.last, {}, time}, staging);
    return recorded;
}

std::expected<std::uint64_t*, Fault> RocksLog::staged_version(const StreamId& stream,
                                                              Staging& staging) {
    const auto [place, fresh] = staging.versions.try_emplace(stream);
    if (fresh) {
        const auto durable = version(stream);
        if (!durable) return std::unexpected(durable.error());
        place->second = *durable;
    }
    return &place->second;
}

std::expected<void, Fault> RocksLog::stage_event(const Draft& draft, Staging& staging) {
    const auto position = staging.last().next();
    std::vector<StreamVersion> streams;
    streams.reserve(draft.streams.size());
    for (const auto& stream : draft.streams) {
        const auto version = staged_version(stream, staging);
        if (!version) return std::unexpected(version.error());
        streams.push_back({stream, ++**version});
        staging.index.emplace_back(index_key(stream, **version), position);
    }

    auto value = encode(draft, position, staging.time, streams);
    const auto leaf = leaf_hash(value);
    value.append(as_text(leaf));
    staging.batch.Put(store_->family(Family::records), number_key(position.number), value);

    std::string nodes;
    staging.frontier.append(leaf, [&](unsigned level, std::uint64_t, const Hash& hash) {
        if (level >= lowest_kept_level) nodes.append(as_text(hash));
    });
    if (!nodes.empty()) {
        staging.batch.Put(store_->family(Family::tree),
                          number_key(position.number / block_leaves - 1), nodes);
    }
    return {};
}

void RocksLog::stage_rest(const Commit& commit, const Duplicate& outcome, Staging& staging) {
    for (const auto& write : commit.vault) {
        if (write.value) {
            staging.batch.Put(store_->family(Family::vault), write.key, *write.value);
        } else {
            staging.batch.Delete(store_->family(Family::vault), write.key);
        }
    }
    for (const auto& [sequence, last] : commit.drawn) {
        auto& mark = staging.marks[static_cast<std::uint8_t>(sequence)];
        mark = std::max(mark, last);
    }
    if (const auto& command = commit.command) {
        auto duplicate = outcome;
        duplicate.digest = command->digest;
        staging.commands.emplace(command->id, duplicate);
        staging.batch.Put(store_->family(Family::commands), as_text(command->id),
                          command_value(duplicate));
    }
}

// In the order of the keys, in which the database takes them in fastest.
void RocksLog::stage_index(Staging& staging) {
    std::ranges::sort(staging.index, {}, [](const auto& entry) { return entry.first.view(); });
    for (const auto& [key, position] : staging.index)
        staging.batch.Put(store_->family(Family::index), key, varint_value(position.number));
}

// Once a batch, for a busy sequence moves with every commit.
void RocksLog::stage_marks(Staging& staging) {
    for (std::size_t n = 0; n < staging.marks.size(); ++n) {
        const auto mark = staging.marks[n];
        if (mark <= marks_[n]) continue;
        marks_[n] = mark;
        staging.batch.Put(store_->family(Family::meta), sequence_key(static_cast<Sequence>(n)),
                          varint_value(mark));
        const std::lock_guard lock{draw_mutex_};
        drawn_[n] = std::max(drawn_[n], mark);
    }
}

void RocksLog::publish(Staging& staging) {
    // Commands are forgotten an hour late, for whoever asks with a clock that is behind.
    constexpr auto memory = command_memory + std::chrono::hours{1};
    store_->forget_commands_before((staging.time - memory).ms);
    const std::lock_guard lock{mutex_};
    for (const auto& [stream, version] : staging.versions)
        versions_.put(stream, version);
    frontier_ = std::move(staging.frontier);
    time_ = staging.time;
    if (frontier_.size() == head_.load(std::memory_order_relaxed)) return;
    head_.store(frontier_.size(), std::memory_order_release);
    if (!std::exchange(head_moved_, true)) moved_.notify_one();
}

// --- Reading

std::expected<std::size_t, Fault> RocksLog::read(Position after, std::size_t limit,
                                                 const Visit& visit) const {
    const auto last = head();
    if (after >= last || limit == 0) return 0;
    const auto behind = number_key(last.number + 1);
    const rocksdb::Slice bound = behind;
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    options.fill_cache = limit < scan_from;
    const auto records = store_->iterate(options, Family::records);

    std::size_t visited = 0;
    auto position = after.next();
    for (records->Seek(number_key(position.number)); position <= last && visited < limit;
         position = position.next(), records->Next()) {
        if (!records->Valid() && !records->status().ok()) {
            return std::unexpected(
                fault_of(records->status(), fmt::format("position {}", position.number)));
        }
        if (!records->Valid() || records->key() != rocksdb::Slice{number_key(position.number)}) {
            return damaged_at(position.number, "there is no record");
        }
        const auto stored = parse_stored(position, records->value());
        if (!stored) return damaged_at(position.number, "the record is truncated");
        ++visited;
        if (!visit(*stored)) break;
    }
    return visited;
}

std::expected<bool, Fault> RocksLog::visit_position(Position position, const Visit& visit) const {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::records, number_key(position.number), value);
    if (!found) {
        auto fault = found.error();
        fault.message.insert(0, fmt::format("position {}: ", position.number));
        return std::unexpected(std::move(fault));
    }
    if (!*found) return damaged_at(position.number, "there is no record");
    const auto stored = parse_stored(position, value);
    if (!stored) return damaged_at(position.number, "the record is truncated");
    return visit(*stored);
}

// One key of the index, if it is of the stream.
struct IndexEntry {
    std::uint64_t version{};
    Position position;
};

std::expected<std::optional<IndexEntry>, Fault> parse_index_entry(const rocksdb::Iterator& at,
                                                                  const StreamId& stream) {
    if (!at.Valid()) {
        if (!at.status().ok()) return std::unexpected(fault_of(at.status(), to_text(stream)));
        return std::nullopt;
    }
    const auto prefix = stream_key(stream);
    if (!at.key().starts_with(prefix)) return std::nullopt;
    Reader key{at.key().ToStringView().substr(prefix.view().size())};
    Reader value{at.value().ToStringView()};
    const IndexEntry entry{key.fixed64(), {value.varint()}};
    if (!key.done() || !value.done()) {
        return damaged_log(fmt::format("the index of {} is damaged", to_text(stream)));
    }
    return entry;
}

std::expected<std::size_t, Fault> RocksLog::read_stream(const StreamId& stream, std::uint64_t after,
                                                        std::size_t limit,
                                                        const Visit& visit) const {
    const auto last = head();
    const auto index = store_->iterate({}, Family::index);
    std::size_t visited = 0;
    auto version = after + 1;
    for (index->Seek(index_key(stream, version)); visited < limit; index->Next(), ++version) {
        const auto entry = parse_index_entry(*index, stream);
        if (!entry) return std::unexpected(entry.error());
        if (!*entry || (*entry)->position > last) break;
        if ((*entry)->version != version) {
            return damaged_log(fmt::format("{} lacks version {}", to_text(stream), version));
        }
        const auto goes_on = visit_position((*entry)->position, visit);
        if (!goes_on) return std::unexpected(goes_on.error());
        ++visited;
        if (!*goes_on) break;
    }
    return visited;
}

std::expected<std::size_t, Fault> RocksLog::read_stream_backwards(const StreamId& stream,
                                                                  std::uint64_t before,
                                                                  std::size_t limit,
                                                                  const Visit& visit) const {
    const auto last = head();
    const auto index = store_->iterate({}, Family::index);
    std::size_t visited = 0;
    // With `before` zero this is the highest version that there can be.
    for (index->SeekForPrev(index_key(stream, before - 1)); visited < limit; index->Prev()) {
        const auto entry = parse_index_entry(*index, stream);
        if (!entry) return std::unexpected(entry.error());
        if (!*entry) break;
        if ((*entry)->position > last) continue;
        const auto goes_on = visit_position((*entry)->position, visit);
        if (!goes_on) return std::unexpected(goes_on.error());
        ++visited;
        if (!*goes_on) break;
    }
    return visited;
}

std::expected<std::uint64_t, Fault> RocksLog::version(const StreamId& stream) const {
    Position last;
    std::uint64_t moves = 0;
    {
        const std::lock_guard lock{mutex_};
        if (const auto known = versions_.find(stream)) return *known;
        last = head();
        moves = versions_.moves();
    }
    const auto stored = stored_version(stream, last);
    if (!stored) return stored;
    const std::lock_guard lock{mutex_};
    versions_.learn(stream, *stored, moves);
    return stored;
}

std::expected<std::uint64_t, Fault> RocksLog::stored_version(const StreamId& stream,
                                                             Position last) const {
    // Most streams that nobody knows the version of are new, and that costs less to ask so.
    rocksdb::PinnableSlice first;
    const auto exists = store_->get(Family::index, index_key(stream, 1), first);
    if (!exists) return std::unexpected(exists.error());
    if (!*exists) return 0;

    const auto index = store_->iterate({}, Family::index);
    for (index->SeekForPrev(index_key(stream, UINT64_MAX));; index->Prev()) {
        const auto entry = parse_index_entry(*index, stream);
        if (!entry) return std::unexpected(entry.error());
        if (!*entry) return 0;
        if ((*entry)->position <= last) return (*entry)->version;
    }
}

std::expected<void, Fault> RocksLog::visit_streams(const VisitStreams& visit) const {
    const auto last = head();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const auto index = store_->iterate(options, Family::index);
    for (index->SeekToFirst(); index->Valid(); index->Next()) {
        Reader key{index->key().ToStringView()};
        Reader value{index->value().ToStringView()};
        const StreamId stream{static_cast<StreamKind>(key.byte()), key.fixed64(), key.fixed64()};
        const StreamVersion at{stream, key.fixed64()};
        const Position position{value.varint()};
        if (!key.done() || !value.done() || !valid(stream.kind))
            return damaged_log(fmt::format("the index of {} is damaged", to_text(stream)));
        if (position <= last && !visit(at, position)) break;
    }
    if (!index->status().ok()) return std::unexpected(fault_of(index->status(), "the index"));
    return {};
}

std::expected<std::optional<Duplicate>, Fault> RocksLog::find_command(const CommandId& id,
                                                                      Time now) const {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::commands, as_text(id), value);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    const auto command = parse_command(value.ToStringView());
    if (!command) return damaged_log("a command id's entry is damaged");
    if (command->time + command_memory < now || command->last > head()) return std::nullopt;
    return command;
}

std::expected<std::optional<std::string>, Fault> RocksLog::vault(std::string_view key) const {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::vault, key, value);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return value.ToString();
}

std::expected<void, Fault> RocksLog::visit_vault(std::string_view from,
                                                 const VisitVault& visit) const {
    const auto all = store_->iterate({}, Family::vault);
    for (all->Seek(from); all->Valid(); all->Next()) {
        if (!visit(all->key().ToStringView(), all->value().ToStringView())) break;
    }
    if (!all->status().ok()) return std::unexpected(fault_of(all->status(), "vault"));
    return {};
}

std::expected<std::uint64_t, Fault> RocksLog::draw(Sequence sequence, std::uint64_t count) {
    const std::lock_guard lock{draw_mutex_};
    auto& last = drawn_[static_cast<std::uint8_t>(sequence)];
    last += count;
    return last - count + 1;
}

std::expected<std::optional<Snapshot>, Fault> RocksLog::snapshot(const StreamId& stream) const {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::snapshots, stream_key(stream), value);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    Reader in{value.ToStringView()};
    Snapshot snapshot;
    snapshot.version = in.varint();
    if (!in.ok()) return damaged_log(fmt::format("the snapshot of {}", to_text(stream)));
    const auto durable = version(stream);
    if (!durable) return std::unexpected(durable.error());
    if (snapshot.version > *durable) return std::nullopt;
    snapshot.state = in.raw(in.left());
    return snapshot;
}

std::expected<void, Fault> RocksLog::keep_snapshot(const StreamId& stream,
                                                   const Snapshot& snapshot) {
    auto value = varint_value(snapshot.version);
    value.append(snapshot.state);
    const auto status = store_->db().Put(rocksdb::WriteOptions{}, store_->family(Family::snapshots),
                                         stream_key(stream), value);
    if (!status.ok()) return std::unexpected(fault_of(status, "snapshot"));
    return {};
}

std::expected<std::optional<Checkpoint>, Fault> RocksLog::checkpoint(
    std::string_view reactor) const {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::snapshots, reactor_key(reactor), value);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    Reader in{value.ToStringView()};
    Checkpoint checkpoint{{in.varint()}, {}};
    if (!in.ok()) return damaged_log(fmt::format("the checkpoint of {}", reactor));
    if (checkpoint.position > head()) return std::nullopt;
    checkpoint.state = in.raw(in.left());
    return checkpoint;
}

std::expected<void, Fault> RocksLog::keep_checkpoint(std::string_view reactor,
                                                     const Checkpoint& checkpoint) {
    auto value = varint_value(checkpoint.position.number);
    value.append(checkpoint.state);
    const auto status = store_->db().Put(rocksdb::WriteOptions{}, store_->family(Family::snapshots),
                                         reactor_key(reactor), value);
    if (!status.ok()) return std::unexpected(fault_of(status, "checkpoint"));
    return {};
}

// --- The tree

std::expected<Hash, Fault> RocksLog::root(std::uint64_t size) const {
    {
        const std::lock_guard lock{mutex_};
        if (size == frontier_.size()) return frontier_.root();
    }
    std::optional<Hash> hash;
    for (auto rest = size; rest != 0; rest &= rest - 1) {
        const auto level = static_cast<unsigned>(std::countr_zero(rest));
        const auto left = node(level, (rest >> level) - 1);
        if (!left) return left;
        hash = hash ? node_hash(*left, *hash) : *left;
    }
    return hash.value_or(empty_root());
}

std::expected<Hash, Fault> RocksLog::node(unsigned level, std::uint64_t index) const {
    if (level >= 64 || index >= head().number >> level) {
        return std::unexpected(Fault{Fault::Kind::unavailable,
                                     fmt::format("the tree has no node {}/{} yet", level, index)});
    }
    return level < lowest_kept_level ? low_node(level, index) : stored_node(level, index);
}

std::expected<Hash, Fault> RocksLog::low_node(unsigned level, std::uint64_t index) const {
    Hash hash{};
    if (level == 0) {
        const auto visited = visit_position({index + 1}, [&](const Stored& stored) {
            hash = stored.leaf;
            return true;
        });
        if (!visited) return std::unexpected(visited.error());
        return hash;
    }
    const auto left = low_node(level - 1, 2 * index);
    if (!left) return left;
    const auto right = low_node(level - 1, 2 * index + 1);
    if (!right) return right;
    return node_hash(*left, *right);
}

std::expected<Hash, Fault> RocksLog::stored_node(unsigned level, std::uint64_t index) const {
    const auto block = ((index + 1) << (level - lowest_kept_level)) - 1;
    rocksdb::PinnableSlice nodes;
    const auto found = store_->get(Family::tree, number_key(block), nodes);
    if (!found) return std::unexpected(found.error());
    const auto at = (level - lowest_kept_level) * leaf_size;
    if (!*found || nodes.size() < at + leaf_size) {
        return damaged_at((block + 1) * block_leaves, "a node of the proof's tree is missing");
    }
    return to_hash(nodes.ToStringView().substr(at, leaf_size));
}

// --- Freezing

std::expected<void, Fault> RocksLog::freeze(const std::filesystem::path& folder,
                                            const std::filesystem::path& head_file) const {
    // First, so that the log cannot be shorter.
    if (auto kept = HeadFile{head_file}.keep(durable_head()); !kept) return kept;
    return store_->freeze(folder);
}

// --- Opening and closing

std::expected<void, Fault> RocksLog::recover(const RocksLogOptions& options) {
    if (auto fits = check_format(); !fits) return fits;
    const auto last = last_position();
    if (!last) return std::unexpected(last.error());
    if (auto done = load_sequences(); !done) return done;
    const auto known = head_file_.heads();
    if (options.accept_loss) head_file_.forget();
    if (!options.accept_loss) {
        if (auto fits = check_length(*last); !fits) return fits;
    }

    // The last record is always read, for its time.
    const auto verified = std::min<std::uint64_t>(last->number, std::max(options.verify, 1UL));
    const auto first = (last->number - verified) / block_leaves * block_leaves;
    head_ = last->number;
    auto frontier = stored_frontier(first);
    if (!frontier) return std::unexpected(frontier.error());
    frontier_ = std::move(*frontier);
    for (const auto& head : head_file_.heads()) {
        if (head.position.number > first) continue;
        const auto stored = root(head.position.number);
        if (!stored) return std::unexpected(stored.error());
        if (auto fits = check_root(head.position.number, *stored); !fits) return fits;
    }
    if (auto done = verify_from(first, *last); !done) return done;
    if (options.accept_loss && store_->writable() && is_loss(known)) {
        const auto known_to = known.empty() ? Position{} : known.front().position;
        const auto lost = std::max(known_to, *last).number - last->number;
        if (auto done = skip_lost_numbers(lost); !done) return done;
    }
    if (options.restored && store_->writable()) {
        if (auto done = skip_lost_numbers(last->number); !done) return done;
    }
    return settle_head(options);
}

std::expected<void, Fault> RocksLog::check_format() {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::meta, "f", value);
    if (!found) return std::unexpected(found.error());
    if (*found) {
        Reader in{value.ToStringView()};
        const auto format = in.varint();
        if (!in.done() || format == 0) return damaged_log("the log's format cannot be read");
        if (format > log_format) {
            return std::unexpected(
                Fault{Fault::Kind::newer_version, "the log is of a newer version"});
        }
        return {};
    }
    const auto last = last_position();
    if (!last) return std::unexpected(last.error());
    if (last->number != 0) return damaged_log("the log's format is missing");
    if (!store_->writable()) return {};
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = store_->db().Put(synced, "f", varint_value(log_format));
    if (!status.ok()) return std::unexpected(fault_of(status, "format"));
    return {};
}

std::expected<Position, Fault> RocksLog::last_position() const {
    const auto records = store_->iterate({}, Family::records);
    records->SeekToLast();
    if (!records->Valid()) {
        if (!records->status().ok()) {
            return std::unexpected(fault_of(records->status(), "the newest record"));
        }
        return Position{};
    }
    Reader key{records->key().ToStringView()};
    const Position last{key.fixed64()};
    if (!key.done() || last.number == 0) return damaged_log("the newest record's key");
    return last;
}

std::expected<void, Fault> RocksLog::check_length(Position last) const {
    const auto& heads = head_file_.heads();
    if (heads.empty() && last.number != 0) {
        return damaged_log("the head file is missing beside a log that has records");
    }
    if (!heads.empty() && heads.front().position > last) {
        return damaged_log(fmt::format("the log ends at position {}, but the head file has {}",
                                       last.number, heads.front().position.number));
    }
    return {};
}

// The right edge of the tree when it had `size` leaves, a multiple of eight.
std::expected<Frontier, Fault> RocksLog::stored_frontier(std::uint64_t size) const {
    std::vector<Hash> subtrees;
    for (unsigned level = 64; level-- > lowest_kept_level;) {
        if ((size >> level & 1) == 0) continue;
        const auto hash = stored_node(level, (size >> level) - 1);
        if (!hash) return std::unexpected(hash.error());
        subtrees.push_back(*hash);
    }
    return Frontier{size, std::move(subtrees)};
}

std::expected<void, Fault> RocksLog::verify_from(std::uint64_t first, Position last) {
    std::expected<void, Fault> verified;
    const auto visit = [&](const Stored& stored) {
        verified = verify_record(stored);
        return verified.has_value();
    };
    const auto visited = read({first}, last.number - first, visit);
    if (!visited) return std::unexpected(visited.error());
    return verified;
}

std::expected<void, Fault> RocksLog::verify_record(const Stored& stored) {
    const auto position = stored.position.number;
    const auto envelope = parse_envelope(stored.bytes);
    if (!envelope) {
        // The position that it was read at is the one that counts, not the one that it may claim.
        const auto kind = envelope.error().kind;
        return std::unexpected(
            Fault{kind, fmt::format("position {}: the record cannot be read", position)});
    }
    if (envelope->position != stored.position) {
        return damaged_at(position, "the record is another position's");
    }
    if (envelope->time < time_) return damaged_at(position, "the record's time goes back");
    if (leaf_hash(stored.bytes) != stored.leaf) {
        return damaged_at(position, "the record is not the one that was hashed");
    }
    time_ = envelope->time;

    std::string nodes;
    frontier_.append(stored.leaf, [&](unsigned level, std::uint64_t, const Hash& hash) {
        if (level >= lowest_kept_level) nodes.append(as_text(hash));
    });
    if (!nodes.empty()) {
        rocksdb::PinnableSlice kept;
        const auto found = store_->get(Family::tree, number_key(position / block_leaves - 1), kept);
        if (!found) return std::unexpected(found.error());
        if (!*found || kept.ToStringView() != nodes) {
            return damaged_at(position, "the proof's tree is not that of the records up to here");
        }
    }
    const auto is_here = [&](const LogHead& head) { return head.position == stored.position; };
    if (std::ranges::any_of(head_file_.heads(), is_here)) {
        return check_root(position, frontier_.root());
    }
    return {};
}

std::expected<void, Fault> RocksLog::check_root(std::uint64_t size, const Hash& root) const {
    for (const auto& head : head_file_.heads()) {
        if (head.position.number == size && head.root != root) {
            return damaged_at(size, "the records up to here are not those of the head file");
        }
    }
    return {};
}

std::expected<void, Fault> RocksLog::load_sequences() {
    const auto all = store_->iterate({}, Family::meta);
    for (all->Seek("s"); all->Valid() && all->key().starts_with("s"); all->Next()) {
        Reader in{all->value().ToStringView()};
        const auto last = in.varint();
        if (!in.done() || all->key().size() != 2) return damaged_log("a sequence's mark");
        const auto sequence = static_cast<std::uint8_t>(all->key()[1]);
        drawn_[sequence] = marks_[sequence] = last;
    }
    if (!all->status().ok()) return std::unexpected(fault_of(all->status(), "sequences"));
    return {};
}

// Whether these heads are not of this log's history.
bool RocksLog::is_loss(const std::vector<LogHead>& known) const {
    if (known.empty()) return head().number != 0;
    return std::ranges::any_of(known, [&](const LogHead& each) {
        if (each.position > head()) return true;
        const auto stored = root(each.position.number);
        return !stored || *stored != each.root;
    });
}

// What was lost may have handed out numbers, and tokens are made of numbers: whoever holds one must
// not find it to be somebody else's.
std::expected<void, Fault> RocksLog::skip_lost_numbers(std::uint64_t lost_events) {
    rocksdb::WriteBatch batch;
    for (const auto sequence : all_sequences) {
        const auto n = static_cast<std::uint8_t>(sequence);
        drawn_[n] = marks_[n] += lost_events + numbers_skipped;
        batch.Put(store_->family(Family::meta), sequence_key(sequence), varint_value(marks_[n]));
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = store_->db().Write(synced, &batch);
    if (!status.ok()) return std::unexpected(fault_of(status, "sequences"));
    return {};
}

// An empty log gets its head file before its first record, and a log with an accepted loss a new
// one; from then on the keeper follows.
std::expected<void, Fault> RocksLog::settle_head(const RocksLogOptions& options) {
    if (!store_->writable()) return {};
    const auto head = durable_head();
    if (options.accept_loss) {
        // A snapshot or a checkpoint may be of a state that is lost.
        const auto status = store_->db().DeleteRange(
            rocksdb::WriteOptions{}, store_->family(Family::snapshots), std::string{},
            std::string(stream_key({}).view().size(), '\xff'));
        if (!status.ok()) return std::unexpected(fault_of(status, "snapshots"));
    }
    if (options.accept_loss || head_file_.heads().empty()) {
        if (auto kept = head_file_.keep(head); !kept) return kept;
    }
    head_moved_ = head_file_.heads().front() != head;
    head_keeper_ = std::jthread{[this](const std::stop_token& stop) { keep_heads(stop); }};
    return {};
}

LogHead RocksLog::durable_head() const {
    const std::lock_guard lock{mutex_};
    return {{frontier_.size()}, frontier_.root()};
}

void RocksLog::keep_heads(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock{mutex_};
            if (!moved_.wait(lock, stop, [&] { return head_moved_; })) return;
            moved_.wait_for(lock, stop, head_delay, [] { return false; });
            head_moved_ = false;
        }
        if (const auto kept = head_file_.keep(durable_head()); !kept) {
            const std::lock_guard lock{mutex_};
            failed_ = kept.error();
            return;
        }
    }
}

RocksLog::~RocksLog() {
    if (!head_keeper_.joinable()) return;
    head_keeper_.request_stop();
    head_keeper_.join();
    if (!failed_) static_cast<void>(head_file_.keep(durable_head()));
}

}  // namespace

std::expected<std::unique_ptr<FolderLog>, Fault> open_rocks_log(
    const std::filesystem::path& folder, const std::filesystem::path& head_file,
    const RocksLogOptions& options) {
    auto heads = HeadFile::open(head_file);
    if (!heads && !options.accept_loss) return std::unexpected(heads.error());
    if (!heads) heads = HeadFile{head_file};

    std::error_code error;
    const bool exists = std::filesystem::exists(folder / "CURRENT", error);
    const bool had_records = !heads->heads().empty() && heads->heads().front().position.number != 0;
    if (!exists && had_records) {
        return damaged_log(fmt::format("{} is missing", folder.native()));
    }
    if (!exists && options.mode == RocksLogOptions::Mode::read) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable, fmt::format("there is no log in {}", folder.native())});
    }

    auto store = RocksStore::open(folder, options);
    if (!store) return std::unexpected(store.error());
    auto log = std::make_unique<RocksLog>(std::move(*store), std::move(*heads));
    if (const auto recovered = log->recover(options); !recovered) {
        return std::unexpected(recovered.error());
    }
    return log;
}

}  // namespace muster
