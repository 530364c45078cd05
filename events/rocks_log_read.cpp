// Reading: records, streams by the index, what lies beside them, and the tree.
#include <bit>
#include <fmt/format.h>

#include "events/rocks_log_class.hpp"

namespace muster::rocks {
namespace {

constexpr std::size_t scan_from = 4096;  // Reads of more records leave the block cache alone.

}  // namespace

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
        if ((*entry)->at.version != version) {
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
        if ((*entry)->position <= last) return (*entry)->at.version;
    }
}

std::expected<void, Fault> RocksLog::visit_streams(const VisitStreams& visit) const {
    const auto last = head();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const auto index = store_->iterate(options, Family::index);
    for (index->SeekToFirst(); index->Valid(); index->Next()) {
        const auto entry = parse_index_entry(*index);
        if (!entry) return std::unexpected(entry.error());
        if (entry->position <= last && !visit(entry->at, entry->position)) break;
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

std::expected<void, Fault> RocksLog::visit_nodes(const VisitNodes& visit) const {
    static_assert(lowest_kept_level == lowest_visited_level);
    const auto size = head().number;
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const auto rows = store_->iterate(options, Family::tree);
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
        Reader key{rows->key().ToStringView()};
        const auto block = key.fixed64();
        const auto nodes = rows->value().ToStringView();
        if (!key.done() || nodes.empty() || nodes.size() % leaf_size != 0)
            return damaged_log("a row of the proof's tree is damaged");
        if (block >= size / block_leaves) break;
        for (std::size_t n = 0; n < nodes.size() / leaf_size; ++n) {
            const auto hash = to_hash(nodes.substr(n * leaf_size, leaf_size));
            const auto index = ((block + 1) >> n) - 1;
            if (!visit(lowest_kept_level + static_cast<unsigned>(n), index, hash)) return {};
        }
    }
    if (!rows->status().ok()) return std::unexpected(fault_of(rows->status(), "the proof's tree"));
    return {};
}

}  // namespace muster::rocks
