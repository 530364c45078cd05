// The log in RocksDB, from the inside: appending in rocks_log_append.cpp, reading in
// rocks_log_read.cpp, opening and closing in rocks_log.cpp.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/write_batch.h>
#include <thread>
#include <unordered_map>
#include <vector>

#include "events/bytes.hpp"
#include "events/head_file.hpp"
#include "events/rocks_log.hpp"
#include "events/rocks_rows.hpp"
#include "events/rocks_store.hpp"
#include "events/tree.hpp"
#include "events/version_cache.hpp"

namespace muster::rocks {

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
    std::expected<void, Fault> visit_nodes(const VisitNodes& visit) const override;
    std::expected<void, Fault> freeze(const std::filesystem::path& folder,
                                      const std::filesystem::path& head_file) const override;
    std::expected<void, Fault> purge(const std::stop_token& stop) override {
        return store_->purge(Family::vault, stop);
    }

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
    mutable VersionCache versions_{1 << 16};  // At the head.
    std::optional<Fault> failed_;             // For good.
    bool head_moved_ = false;

    std::mutex draw_mutex_;
    std::array<std::uint64_t, 256> drawn_{};  // In memory: above the marks that are stored.
    std::array<std::uint64_t, 256> marks_{};  // Stored; the appending thread's.

    HeadFile head_file_;  // The thread's, while it runs.
    std::condition_variable_any moved_;
    std::jthread head_keeper_;
};

}  // namespace muster::rocks
