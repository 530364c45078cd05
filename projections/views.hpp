// All views, for those who treat them alike.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "events/record.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// A view as the projecting thread sees it.
struct View {
    std::string_view name;
    int version{};
    std::uint8_t number{};  // Stored in every key: never given to another view.
    bool keeps_lists{};     // All its tables are lists of positions.
    void (*apply)(const Event& event, const At& at, Rows& rows){};
};

// From a view's struct: `every` where it has one, then the `on` of the event.
template <class V>
View view_of() {
    constexpr bool lists = requires { V::keeps_lists; };
    return {V::name, V::version, V::number, lists,
            [](const Event& event, const At& at, Rows& rows) {
                if constexpr (requires { V::every(at, rows); }) V::every(at, rows);
                std::visit([&](const auto& e) { V::on(e, at, rows); }, event);
            }};
}

std::span<const View> all_views();

}  // namespace muster::views
