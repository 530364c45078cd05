#include "events/memory_log.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace muster {

std::expected<std::vector<Outcome>, Fault> MemoryLog::append(std::span<const Commit> commits) {
    const std::lock_guard lock{mutex_};
    std::vector<Outcome> outcomes;
    for (const auto& commit : commits)
        outcomes.push_back(append_one(commit));
    return outcomes;
}

Outcome MemoryLog::append_one(const Commit& commit) {
    const auto time = std::max(commit.time, time_);
    if (commit.command) {
        if (const auto earlier = command_of(commit.command->id, time)) return *earlier;
    }
    for (const auto& [stream, seen] : commit.read) {
        if (const auto actual = version_of(stream); actual != seen) {
            return Conflict{{stream, actual}};
        }
    }

    time_ = time;
    const Position first{entries_.size() + 1};
    for (const auto& draft : commit.events)
        record(draft);
    const Position last{entries_.size()};

    for (const auto& write : commit.vault) {
        if (write.value) {
            vault_.insert_or_assign(write.key, *write.value);
        } else {
            vault_.erase(write.key);
        }
    }
    for (const auto& [sequence, number] : commit.drawn)
        drawn_[sequence] = std::max(drawn_[sequence], number);
    if (const auto& command = commit.command) {
        commands_.insert_or_assign(command->id, Duplicate{first, last, command->digest, time});
    }
    return Recorded{first, last};
}

void MemoryLog::record(const Draft& draft) {
    const Position position{entries_.size() + 1};
    std::vector<StreamVersion> streams;
    for (const auto& stream : draft.streams) {
        auto& positions = streams_[stream];
        positions.push_back(position);
        streams.push_back({stream, positions.size()});
    }
    auto bytes = encode(draft, position, time_, streams);
    const auto leaf = leaf_hash(bytes);
    entries_.push_back({std::move(bytes), leaf});
}

Position MemoryLog::head() const {
    const std::lock_guard lock{mutex_};
    return Position{entries_.size()};
}

MemoryLog::Entry MemoryLog::entry(Position position) const {
    const std::lock_guard lock{mutex_};
    return entries_[position.number - 1];
}

std::expected<std::size_t, Fault> MemoryLog::read(Position after, std::size_t limit,
                                                  const Visit& visit) const {
    const auto last = head();
    std::size_t visited = 0;
    for (auto at = after; at < last && visited < limit;) {
        at = at.next();
        const auto found = entry(at);
        ++visited;
        if (!visit({at, found.bytes, found.leaf})) break;
    }
    return visited;
}

std::expected<std::size_t, Fault> MemoryLog::read_stream(const StreamId& stream,
                                                         std::uint64_t after, std::size_t limit,
                                                         const Visit& visit) const {
    const auto last = *version(stream);
    std::size_t visited = 0;
    for (auto at = after; at < last && visited < limit; ++at) {
        const auto position = [&] {
            const std::lock_guard lock{mutex_};
            return streams_.at(stream)[at];
        }();
        const auto found = entry(position);
        ++visited;
        if (!visit({position, found.bytes, found.leaf})) break;
    }
    return visited;
}

std::expected<std::size_t, Fault> MemoryLog::read_stream_backwards(const StreamId& stream,
                                                                   std::uint64_t before,
                                                                   std::size_t limit,
                                                                   const Visit& visit) const {
    const auto last = *version(stream);
    std::size_t visited = 0;
    for (auto at = before == 0 ? last : std::min(before - 1, last); at > 0 && visited < limit;
         --at) {
        const auto position = [&] {
            const std::lock_guard lock{mutex_};
            return streams_.at(stream)[at - 1];
        }();
        const auto found = entry(position);
        ++visited;
        if (!visit({position, found.bytes, found.leaf})) break;
    }
    return visited;
}

std::uint64_t MemoryLog::version_of(const StreamId& stream) const {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? 0 : found->second.size();
}

std::expected<std::uint64_t, Fault> MemoryLog::version(const StreamId& stream) const {
    const std::lock_guard lock{mutex_};
    return version_of(stream);
}

std::expected<void, Fault> MemoryLog::visit_streams(const VisitStreams& visit) const {
    const auto copy = [&] {
        const std::lock_guard lock{mutex_};
        return std::map{streams_.begin(), streams_.end()};
    }();
    for (const auto& [stream, positions] : copy) {
        for (std::uint64_t version = 1; version <= positions.size(); ++version) {
            if (!visit({stream, version}, positions[version - 1])) return {};
        }
    }
    return {};
}

std::optional<Duplicate> MemoryLog::command_of(const CommandId& id, Time now) const {
    const auto found = commands_.find(id);
    if (found == commands_.end() || found->second.time + command_memory < now) return {};
    return found->second;
}

std::expected<std::optional<Duplicate>, Fault> MemoryLog::find_command(const CommandId& id,
                                                                       Time now) const {
    const std::lock_guard lock{mutex_};
    return command_of(id, now);
}

std::expected<std::optional<std::string>, Fault> MemoryLog::vault(std::string_view key) const {
    const std::lock_guard lock{mutex_};
    const auto found = vault_.find(key);
    if (found == vault_.end()) return std::nullopt;
    return found->second;
}

std::expected<void, Fault> MemoryLog::visit_vault(std::string_view from,
                                                  const VisitVault& visit) const {
    const auto copy = [&] {
        const std::lock_guard lock{mutex_};
        return decltype(vault_){vault_.lower_bound(from), vault_.end()};
    }();
    for (const auto& [key, value] : copy) {
        if (!visit(key, value)) break;
    }
    return {};
}

std::expected<std::uint64_t, Fault> MemoryLog::draw(Sequence sequence, std::uint64_t count) {
    const std::lock_guard lock{mutex_};
    auto& last = drawn_[sequence];
    last += count;
    return last - count + 1;
}

std::expected<std::optional<Snapshot>, Fault> MemoryLog::snapshot(const StreamId& stream) const {
    const std::lock_guard lock{mutex_};
    const auto found = snapshots_.find(stream);
    if (found == snapshots_.end() || found->second.version > version_of(stream)) {
        return std::nullopt;
    }
    return found->second;
}

std::expected<void, Fault> MemoryLog::keep_snapshot(const StreamId& stream,
                                                    const Snapshot& snapshot) {
    const std::lock_guard lock{mutex_};
    snapshots_.insert_or_assign(stream, snapshot);
    return {};
}

std::expected<std::optional<Checkpoint>, Fault> MemoryLog::checkpoint(
    std::string_view reactor) const {
    const std::lock_guard lock{mutex_};
    const auto found = checkpoints_.find(reactor);
    if (found == checkpoints_.end() || found->second.position.number > entries_.size()) {
        return std::nullopt;
    }
    return found->second;
}

std::expected<void, Fault> MemoryLog::keep_checkpoint(std::string_view reactor,
                                                      const Checkpoint& checkpoint) {
    const std::lock_guard lock{mutex_};
    checkpoints_.insert_or_assign(std::string(reactor), checkpoint);
    return {};
}

// Of `size` leaves from `first` on: RFC 9162, section 2.1.1, word for word.
Hash MemoryLog::root_of(std::size_t first, std::size_t size) const {
    if (size == 0) return empty_root();
    if (size == 1) return entries_[first].leaf;
    const auto left = std::bit_floor(size - 1);
    return node_hash(root_of(first, left), root_of(first + left, size - left));
}

std::expected<Hash, Fault> MemoryLog::root(std::uint64_t size) const {
    const std::lock_guard lock{mutex_};
    if (size > entries_.size()) {
        return std::unexpected(Fault{Fault::Kind::unavailable,
                                     fmt::format("the log has fewer than {} records", size)});
    }
    return root_of(0, size);
}

std::expected<Hash, Fault> MemoryLog::node(unsigned level, std::uint64_t index) const {
    const std::lock_guard lock{mutex_};
    if (level >= 64 || index >= entries_.size() >> level) {
        return std::unexpected(Fault{Fault::Kind::unavailable,
                                     fmt::format("the tree has no node {}/{} yet", level, index)});
    }
    return root_of(index << level, std::size_t{1} << level);
}

std::expected<void, Fault> MemoryLog::visit_nodes(const VisitNodes& visit) const {
    const auto size = head().number;
    for (std::uint64_t leaves = 1; leaves <= size; ++leaves) {
        for (unsigned level = 1; leaves % (std::uint64_t{1} << level) == 0; ++level) {
            const auto index = (leaves >> level) - 1;
            if (level < lowest_visited_level) continue;
            if (!visit(level, index, *node(level, index))) return {};
        }
    }
    return {};
}

}  // namespace muster
