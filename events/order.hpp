// What happens to orders. They stand in their account's history, and nothing rewrites them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/amount.hpp"
#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/personal.hpp"
#include "events/time.hpp"

namespace muster {

struct OrderItem {
    std::string description;
    Amount amount;

    bool operator==(const OrderItem&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("description", self.description)("amount", self.amount);
    }
};

// What was ordered is sealed: a description may name somebody.
struct OrderLines {
    std::vector<OrderItem> items;

    bool operator==(const OrderLines&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("items", self.items); }
};

// The user is tied to the order and not moved by it. Rules T1, T2, T3.
struct OrderPlaced {
    static constexpr EventType type{"account.order_placed", 1};

    AccountId account;
    OrderId order;
    Mention<UserId> user;                      // Who ordered, or the owner at that moment.
    std::optional<Mention<AdminId>> admin;     // Where staff placed it: the admin,
    std::optional<Mention<ApiKeyId>> api_key;  // or the API key.
    Personal<AccountId, OrderLines> lines;
    std::string currency;  // ISO 4217: three capital letters.
    Time placed_at;

    bool operator==(const OrderPlaced&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("order", self.order)("user", self.user)(
            "admin", self.admin)("api_key", self.api_key)("lines", self.lines)(
            "currency", self.currency)("placed_at", self.placed_at);
    }
};

using OrderEvent = std::variant<OrderPlaced>;

}  // namespace muster
