// The orders of accounts: GET /v1/accounts/{id}/orders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct OrderRow {
    OrderId id;
    AccountId account;
    UserId user;  // Perhaps deleted since. Rules T3, X9.
    std::optional<AdminId> admin;
    std::optional<ApiKeyId> api_key;
    std::vector<OrderItem> items;
    std::string currency;
    Time placed_at;

    bool operator==(const OrderRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("account", self.account)("user", self.user)(
            "admin", self.admin)("api_key", self.api_key)("items", self.items)(
            "currency", self.currency)("placed_at", self.placed_at);
    }
};

struct Orders {
    static constexpr std::string_view name = "orders";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 11;

    static void on(const OrderPlaced& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<OrderRow> find_order(const Reading& reading, AccountId account, OrderId order);
// Newest first.
Paged<OrderRow> list_orders(const Reading& reading, AccountId account, const PageRequest& page);

// What people call it: the year (in UTC) in which it was placed and its id with at least six
// digits, "2026-000042". No two orders have the same.
std::string number_of(const OrderRow& order);
Amount total_of(const OrderRow& order);

// {id, number, account_id, user_id, admin_id?, api_key_id?, items, currency, total, placed_at}.
void write_order(JsonWriter& out, const OrderRow& order);

}  // namespace muster::views
