// What becomes of accounts that nobody uses any more: they are pruned, or become inactive. Rules
// X11 to X17.
#pragma once

#include <cstdint>
#include <optional>

#include "aggregates/account.hpp"
#include "aggregates/error.hpp"
#include "aggregates/settings.hpp"
#include "events/log.hpp"

namespace muster {

// The same moment so many months of the calendar (in UTC) earlier; where that month has no such
// day, its last one.
Time months_before(Time moment, std::uint32_t months);

// What an account does not know of itself.
struct LastUse {
    AccountId account;
    Time opened_at;
    std::optional<Time> last_sign_in_at;  // When any of its users last chose it.
};

enum class Retirement : std::uint8_t { none, deactivation, pruning };
Retirement retirement_of(const Account& account, const LastUse& use, const Retention& retention,
                         Time now);

// An administrator has System do now what it does once a day.
struct StartRetentionRun {
    Retention retention;
};
// By System, once it is done.
struct EndRetentionRun {
    Position run;  // Of its start; zero: of the day.
    std::uint32_t accounts_deleted{}, users_deleted{}, accounts_deactivated{};
};
Decision when(const StartRetentionRun& command);
Decision when(const EndRetentionRun& command);

}  // namespace muster
