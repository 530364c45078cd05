// Accounts that nobody has used for long: those that retention may be about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/id.hpp"
#include "events/time.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

struct UnusedAccount {
    AccountId account;
    Time opened_at;
    std::optional<Time> last_sign_in_at;
};
// Absent: none of these.
struct UnusedSince {
    std::optional<Time> closed_or_inactive;  // Opened and last ordered before then.
    std::optional<Time> active;              // And last signed in.
};
struct UnusedAccounts {
    std::vector<UnusedAccount> accounts;
    std::string next;  // Where to go on; empty: no more.
};

// Some of them, the oldest first, from behind `after` (a `next`; empty: from the beginning).
UnusedAccounts unused_accounts(const Reading& reading, const UnusedSince& since,
                               const std::string& after);

}  // namespace muster::views
