// Pages of lists: what was asked for, what is answered, and the cursor between two of them.
//
//   cursor := base64url( list(1) key )     key: of the last row in the index that the list walks
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/json.hpp"

namespace muster::views {

enum class Order : std::uint8_t { ascending, descending };

struct PageRequest {
    std::size_t limit = 25;  // 1 to 200.
    std::string cursor{};    // Empty: from the start.
    bool total = false;      // Count them all, too.
};

template <class Row>
struct Page {
    std::vector<Row> items;
    std::optional<std::string> next;
    std::optional<std::uint64_t> total;
};

// The cursor is none that this list gave out.
struct BadCursor {};

template <class Row>
using Paged = std::expected<Page<Row>, BadCursor>;

std::string make_cursor(char list, std::string_view key);
// The key; absent if it is no cursor of that list.
std::optional<std::string> read_cursor(char list, std::string_view cursor);

// Null where there is none.
void write_optional_time(JsonWriter& out, std::optional<Time> time);

// {"items","next"} and "total" where it was asked for; write_item(JsonWriter&, const Row&).
template <class Row>
void write_page(JsonWriter& out, const Page<Row>& page, auto&& write_item) {
    out.begin_object().key("items").begin_array();
    for (const auto& item : page.items)
        write_item(out, item);
    out.end_array().key("next");
    if (page.next) {
        out.text(*page.next);
    } else {
        out.null();
    }
    if (page.total) out.key("total").number(*page.total);
    out.end_object();
}

}  // namespace muster::views
