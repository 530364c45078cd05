// What a view has read and changed since the last write: one entry a key, however many events
// touched it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/id.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

struct Overlay {
    struct Entry {
        std::optional<std::string> value;
        bool changed = false;
    };
    struct List {
        Position first, last;
        std::size_t count = 0;
        std::string gaps;
    };

    explicit Overlay(const ViewStore& from) : store(&from) {}

    // Adds the changes to a batch, in the order of their keys; they live until `clear`.
    void collect(StoreBatch& batch);
    void clear();
    void put(std::string key, std::optional<std::string> value);
    void close(const std::string& prefix, List& list);

    const ViewStore* store;
    std::unordered_map<std::string, Entry> entries;
    std::unordered_map<std::string, std::vector<std::uint64_t>> walked;  // By all but the last id.
    std::unordered_map<std::string, List> lists;
    std::int64_t counted = 0;  // Rows more than at the last write.
    std::size_t bytes = 0;     // Roughly what it holds.
    std::optional<std::string> error;
};

}  // namespace muster::views
