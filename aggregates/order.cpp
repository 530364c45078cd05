#include "aggregates/order.hpp"

#include "aggregates/account.hpp"

namespace muster {
namespace {

template <class Id>
std::optional<Mention<Id>> mention(const std::optional<Id>& id) {
    return id.transform([](Id each) { return Mention<Id>{each}; });
}

}  // namespace

Decision when(const Account& account, const PlaceOrder& command) {
    if (!account.exists()) return no_such_account;
    if (!account.open()) return account_closed;  // Rule T4.
    return Events{OrderPlaced{.account = account.id,
                              .order = command.order,
                              .user = {command.user.value_or(account.owner)},  // Rule T1.
                              .admin = mention(command.admin),                 // Rule T2.
                              .api_key = mention(command.api_key),
                              .lines = {OrderLines{command.items}},
                              .currency = command.currency,
                              .placed_at = command.at}};
}

void apply(Account& account, const OrderPlaced& event) { account.last_order_at = event.placed_at; }

}  // namespace muster
