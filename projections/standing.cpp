#include "projections/standing.hpp"

namespace muster::views {

std::optional<Standing> standing(const Reading& reading, SessionId session, Time now,
                                 const IdleLimits& limits) {
    auto row = find_session(reading, session);
    if (!row || !is_live(*row, now, limits)) return std::nullopt;
    Standing result{std::move(*row), std::nullopt};
    if (result.session.user && result.session.account) {
        result.chosen =
            find_account_summary(reading, *result.session.account, *result.session.user);
        const bool closed = result.chosen && result.chosen->account.status == AccountStatus::closed;
        if (closed) result.chosen.reset();
    }
    return result;
}

}  // namespace muster::views
