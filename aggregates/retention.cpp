#include "aggregates/retention.hpp"

#include <algorithm>
#include <chrono>

namespace muster {

Time months_before(Time moment, std::uint32_t months) {
    using namespace std::chrono;
    const sys_time<milliseconds> at{milliseconds{moment.ms}};
    const auto day = floor<days>(at);
    auto date = year_month_day{day} - std::chrono::months{months};
    if (!date.ok()) date = date.year() / date.month() / last;
    return {(sys_days{date} + (at - day)).time_since_epoch().count()};
}

Retirement retirement_of(const Account& account, const LastUse& use, const Retention& retention,
                         Time now) {
    if (!account.exists()) return Retirement::none;
    const auto ordered = std::max(use.opened_at, account.last_order_at.value_or(use.opened_at));
    if (account.status != AccountStatus::active) {  // Rule X12.
        const auto& months = retention.prune_after_months;
        return months && ordered < months_before(now, *months) ? Retirement::pruning
                                                               : Retirement::none;
    }
    const auto used = std::max(ordered, use.last_sign_in_at.value_or(ordered));  // Rule X15.
    const auto& months = retention.deactivate_after_months;
    return months && used < months_before(now, *months) ? Retirement::deactivation
                                                        : Retirement::none;
}

Decision when(const StartRetentionRun& command) {
    const auto& asked = command.retention;
    if (!asked.prune_after_months && !asked.deactivate_after_months) return already_so;
    return Events{RetentionRunStarted{
        {}, asked.prune_after_months, asked.delete_users, asked.deactivate_after_months}};
}

Decision when(const EndRetentionRun& command) {
    return Events{RetentionRunEnded{{},
                                    command.run.number,
                                    command.accounts_deleted,
                                    command.users_deleted,
                                    command.accounts_deactivated}};
}

}  // namespace muster
