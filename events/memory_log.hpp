// A log in memory: for tests, and the shortest explanation of what log.hpp promises, but for the
// durability.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>

#include "events/log.hpp"
#include "events/tree.hpp"

namespace muster {

// Several writers may append, each from its own thread: a conflict can really happen.
class MemoryLog final : public Log {
public:
    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override;
    Position head() const override;
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
    std::expected<void, Fault> visit_nodes(const VisitNodes& visit) const override;

private:
    struct Entry {
        std::string bytes;
        Hash leaf{};
    };

    // All of these are called with the lock held.
    Outcome append_one(const Commit& commit);
    void record(const Draft& draft);
    std::uint64_t version_of(const StreamId& stream) const;
    std::optional<Duplicate> command_of(const CommandId& id, Time now) const;
    Hash root_of(std::size_t first, std::size_t size) const;
    // The entry at a position, copied, so that a visit holds no lock: entries never change.
    Entry entry(Position position) const;

    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    Time time_;  // Of the newest event.
    std::unordered_map<StreamId, std::vector<Position>> streams_;
    std::map<CommandId, Duplicate> commands_;
    std::map<std::string, std::string, std::less<>> vault_;
    std::map<Sequence, std::uint64_t> drawn_;
    std::unordered_map<StreamId, Snapshot> snapshots_;
    std::map<std::string, Checkpoint, std::less<>> checkpoints_;
};

}  // namespace muster
