// Rows that were read lately, in memory: a look-up in it costs a fiftieth of one in the store.
// Groups (the few rows that begin with the same prefix, view_store.hpp) are kept like rows.
//
// Readings see the store as it was at their moment, so each entry knows since when it holds, and
// the writer takes out what it is about to change: an entry holds for every moment from its own to
// the newest. Bounded by bytes; what was not asked for since the last round goes first (CLOCK).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::views {

class RowCache {
public:
    using Moment = std::uint64_t;  // Numbered from 1 on, one for each write.

    explicit RowCache(std::size_t capacity_bytes);
    ~RowCache();
    RowCache(const RowCache&) = delete;
    RowCache& operator=(const RowCache&) = delete;

    // A row that is known to be absent has no value.
    struct Known {
        std::optional<std::string> value;
    };
    // Absent where nothing is known that holds at this moment.
    std::optional<Known> find(std::string_view key, Moment moment);
    // What a reading of this moment found. Dropped where a newer moment has begun, or when large.
    void keep(std::string_view key, std::optional<std::string_view> value, Moment moment);

    // The writer, before it writes: from here on no older reading adds anything. Then what it
    // changes is to be erased.
    void begin(Moment moment);
    void erase(std::string_view key);
    void clear();

private:
    struct Entry;
    struct Shard {
        std::mutex mutex;
        std::vector<Entry*> slots;  // Open addressing, a power of two, at most half full.
        std::size_t count = 0, bytes = 0, hand = 0;

        std::size_t slot_of(std::string_view key, std::uint64_t hash) const;
        void grow();
        void drop(std::size_t at);
        void make_room(std::size_t capacity);
    };

    Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 60]; }

    const std::size_t shard_capacity_;
    std::atomic<Moment> newest_ = 0;
    std::array<Shard, 16> shards_;
};

}  // namespace muster::views
