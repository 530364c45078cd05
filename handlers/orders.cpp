#include "handlers/orders.hpp"

namespace muster {

Decision place_order(Work& work, AccountId account, const NewOrder& order) {
    const auto& caller = work.caller();
    PlaceOrder command{.order = work.next<OrderId>(),
                       .user = std::nullopt,
                       .admin = std::nullopt,
                       .api_key = std::nullopt,
                       .items = order.items,
                       .currency = order.currency,
                       .at = work.now()};
    if (caller.kind == Caller::Kind::user) command.user = caller.user;
    if (caller.kind == Caller::Kind::admin) command.admin = caller.admin;
    if (caller.kind == Caller::Kind::api_key) command.api_key = caller.api_key;
    return when(work.read(account), command);
}

}  // namespace muster
