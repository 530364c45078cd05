// How a list is answered: by walking an index in its order and testing each row or, where a search
// found few, by sorting those.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "projections/page.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

// More ids than this are not sorted by themselves: the index is walked.
inline constexpr std::size_t most_candidates = 2000;

template <class Row>
struct Listing {
    const Reading& reading;
    char cursor{};        // Tells this list's cursors from others'.
    std::string index{};  // The prefix that is walked.
    bool marked{};        // Its keys begin with a text or a time, which may be none.
    Order order = Order::ascending;
    // From an index's key, behind the prefix, and its value; absent: not in the list.
    std::function<std::optional<Row>(std::string_view rest, std::string_view value)> row_of{};
    std::function<bool(const Row&)> test{};  // None: all.
    // What the search found, by their keys in the index; absent: everything or too many.
    std::optional<std::vector<std::pair<std::string, Row>>> candidates{};
    std::optional<std::uint64_t> known_total{};
};

// The keys of an index in the order of a list: those without a value last, either way.
class IndexWalk {
public:
    IndexWalk(Walk walk, bool marked, Order order)
        : walk_(std::move(walk)), marked_(marked), order_(order) {}

    bool start();
    bool start_behind(const std::string& rest);
    bool next();
    std::string_view rest() const { return walk_.rest(); }
    std::string_view value() const { return walk_.value(); }

private:
    bool to_last_without();
    bool check(bool found);

    Walk walk_;
    bool marked_;
    Order order_;
    bool without_ = false;  // Descending only: among those without a value.
};

// Whether one key stands before the other in such a list.
bool comes_before(std::string_view one, std::string_view other, bool marked, Order order);

template <class Row>
Page<Row> page_of_candidates(Listing<Row>& list, const PageRequest& request,
                             const std::optional<std::string>& after) {
    auto& rows = *list.candidates;
    if (list.test) std::erase_if(rows, [&](const auto& row) { return !list.test(row.second); });
    const auto before = [&](std::string_view one, std::string_view other) {
        return comes_before(one, other, list.marked, list.order);
    };
    std::sort(rows.begin(), rows.end(),
              [&](const auto& one, const auto& other) { return before(one.first, other.first); });
    Page<Row> page;
    if (request.total) page.total = rows.size();
    auto from = rows.begin();
    if (after) {
        from = std::find_if(rows.begin(), rows.end(),
                            [&](const auto& row) { return before(*after, row.first); });
    }
    for (; from != rows.end() && page.items.size() < request.limit; ++from) {
        if (page.items.size() + 1 == request.limit && from + 1 != rows.end())
            page.next = make_cursor(list.cursor, from->first);
        page.items.push_back(std::move(from->second));
    }
    return page;
}

template <class Row>
std::uint64_t count_rows(const Listing<Row>& list) {
    if (list.known_total && !list.test) return *list.known_total;
    std::uint64_t count = 0;
    IndexWalk walk{list.reading.walk(list.index), list.marked, Order::ascending};
    for (bool more = walk.start(); more; more = walk.next()) {
        const auto row = list.row_of(walk.rest(), walk.value());
        if (row && (!list.test || list.test(*row))) ++count;
    }
    return count;
}

template <class Row>
Page<Row> page_of_walk(const Listing<Row>& list, const PageRequest& request,
                       const std::optional<std::string>& after) {
    Page<Row> page;
    page.items.reserve(request.limit);
    std::string last;
    IndexWalk walk{list.reading.walk(list.index), list.marked, list.order};
    for (bool more = after ? walk.start_behind(*after) : walk.start(); more; more = walk.next()) {
        auto row = list.row_of(walk.rest(), walk.value());
        if (!row || (list.test && !list.test(*row))) continue;
        if (page.items.size() == request.limit) {
            page.next = make_cursor(list.cursor, last);
            break;
        }
        page.items.push_back(std::move(*row));
        if (page.items.size() == request.limit) last = walk.rest();
    }
    if (request.total) page.total = count_rows(list);
    return page;
}

template <class Row>
Paged<Row> answer(Listing<Row> list, const PageRequest& request) {
    std::optional<std::string> after;
    if (!request.cursor.empty()) {
        after = read_cursor(list.cursor, request.cursor);
        if (!after) return std::unexpected(BadCursor{});
    }
    return list.candidates ? page_of_candidates(list, request, after)
                           : page_of_walk(list, request, after);
}

// The numbers of an id that stand at the end of the keys of these prefixes; absent: too many.
std::optional<std::set<std::uint64_t>> find_candidates(const Reading& reading,
                                                       const std::vector<std::string>& prefixes);
std::uint64_t last_number(std::string_view key);
// "42" is 42; absent for anything but a plain number.
std::optional<std::uint64_t> number_in(std::string_view text);

}  // namespace muster::views
