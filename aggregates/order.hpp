// An order: something that an account bought. Once placed it stays as it is; it lives in the
// account's history.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

struct Account;

struct PlaceOrder {
    OrderId order;
    std::optional<UserId> user;  // Absent: staff places it, for the owner. Rule T1.
    std::optional<AdminId> admin;
    std::optional<ApiKeyId> api_key;
    std::vector<OrderItem> items;
    std::string currency;
    Time at;
};

Decision when(const Account& account, const PlaceOrder& command);

void apply(Account& account, const OrderPlaced& event);

}  // namespace muster
