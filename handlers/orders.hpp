// Use cases about orders.
#pragma once

#include <string>
#include <vector>

#include "aggregates/account.hpp"
#include "handlers/work.hpp"

namespace muster {

struct NewOrder {
    std::vector<OrderItem> items;
    std::string currency;
};

// By a user for the account that is chosen, or by staff for the account's owner. Rules T1, T2.
Decision place_order(Work& work, AccountId account, const NewOrder& order);

}  // namespace muster
