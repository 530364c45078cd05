#include "projections/retention.hpp"

#include <algorithm>

#include "projections/accounts.hpp"
#include "projections/associations.hpp"
#include "projections/orders.hpp"

namespace muster::views {
namespace {

constexpr std::size_t accounts_a_step = 200;

std::optional<UnusedAccount> unused(const Reading& reading, const AccountRow& row,
                                    const UnusedSince& since) {
    const bool active = row.status == AccountStatus::active;
    const auto& before = active ? since.active : since.closed_or_inactive;
    if (!before || row.created_at >= *before) return std::nullopt;
    const auto newest = list_orders(reading, row.id, {.limit = 1});
    if (newest && !newest->items.empty() && newest->items.front().placed_at >= *before)
        return std::nullopt;
    const auto last_sign_in = last_sign_in_of(reading, row.id);
    if (active && last_sign_in >= *before) return std::nullopt;
    return UnusedAccount{row.id, row.created_at, last_sign_in};
}

}  // namespace

UnusedAccounts unused_accounts(const Reading& reading, const UnusedSince& since,
                               const std::string& after) {
    UnusedAccounts found;
    const auto newest = std::max(since.closed_or_inactive, since.active);
    if (!newest) return found;
    AccountFilter oldest_first;
    oldest_first.sort = AccountSort::created_at;
    const auto page =
        list_accounts(reading, oldest_first, {.limit = accounts_a_step, .cursor = after});
    if (!page) return found;
    found.next = page->next.value_or("");
    for (const auto& row : page->items) {
        if (row.created_at >= *newest) {
            found.next.clear();
            break;
        }
        if (auto account = unused(reading, row, since)) found.accounts.push_back(*account);
    }
    return found;
}

}  // namespace muster::views
