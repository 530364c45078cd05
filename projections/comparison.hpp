// Two generations of a view's rows at one position, held against each other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/view_store.hpp"
#include "projections/views.hpp"

namespace muster::views {

struct RowDifference {
    enum class What : std::uint8_t { only_old, only_new, differs };
    std::string key;  // From its table on: without view and generation.
    What what{};
};
constexpr std::string_view to_text(RowDifference::What what) {
    constexpr std::string_view names[]{"only_old", "only_new", "differs"};
    return names[static_cast<std::size_t>(what)];
}

struct Comparison {
    Position position;                // Of the new one.
    std::uint64_t total{};            // Of rows that differ.
    std::vector<RowDifference> rows;  // The first of them, in the order of their keys.
};

// A generation, and what it is read from.
struct Generation {
    const Reading& reading;
    Mark mark;
};

// Lists are compared position by position. Broken off where goes_on() says so; to be trusted only
// where no reading has a fault.
Comparison compare_rows(const View& view, const Generation& old, const Generation& fresh,
                        std::size_t limit, const std::function<bool()>& goes_on);

}  // namespace muster::views
