// Appending: commits are staged in one batch, decided on what it holds already, and written synced.
#include <algorithm>
#include <utility>

#include "events/rocks_log_class.hpp"

namespace muster::rocks {

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

}  // namespace muster::rocks
