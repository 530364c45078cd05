// What a view has read and changed since the last write: one entry a key, however many events
// touched it. Keys and values lie side by side in a few large blocks, which go all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/id.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

class Overlay {
public:
    struct Entry {
        std::string_view key;
        std::optional<std::string_view> value;
        bool changed = false;
    };

    explicit Overlay(const ViewStore& store) : store_(&store) {}

    const ViewStore& store() const { return *store_; }
    // Nothing of the generation is in the store: whoever is not here is nowhere.
    bool fresh = false;
    std::int64_t counted = 0;  // Rows more than at the last write.
    std::optional<std::string> error;

    // Absent where nothing is known of the key. Until the next `put`.
    const Entry* find(std::string_view key) const;
    // What a step wrote, or read.
    enum class How : std::uint8_t { changed, read };
    void put(std::string_view key, std::optional<std::string_view> value, How how);
    void append(std::string_view list, Position position);
    // The keys of a walked table that were put, by all but their last id.
    void note_walked(std::string_view key);
    const std::vector<std::uint64_t>* walked(const std::string& prefix) const;

    // Adds the changes to a batch, in the order of their keys; they live until `clear`.
    void collect(StoreBatch& batch);
    void clear();
    std::size_t bytes() const { return bytes_; }  // Roughly what it holds.

private:
    struct List {
        Position first, last;
        std::size_t count = 0;
        std::string gaps;
    };
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t entry = 0;  // Its index and one; zero is free.
    };

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const;
    };
    template <class Value>
    using ByKey = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

    std::uint32_t slot_of(std::string_view key, std::uint32_t hash) const;
    void grow();
    std::string_view keep(std::string_view bytes);
    void close(std::string_view list, List& open);

    const ViewStore* store_;
    std::vector<Entry> entries_;
    std::vector<Slot> slots_;  // A power of two, at most half full.
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* block_end_ = nullptr;
    std::size_t block_left_ = 0;  // Of the last block.
    std::size_t bytes_ = 0;
    ByKey<std::vector<std::uint64_t>> walked_;
    ByKey<List> lists_;
};

}  // namespace muster::views
