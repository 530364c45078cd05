// What a session may count on at this moment.
#pragma once

#include <optional>

#include "projections/associations.hpp"
#include "projections/sessions.hpp"

namespace muster::views {

struct Standing {
    SessionRow session;
    // The chosen account, while it is not closed (Rule L5) and the user has access (Rule P13).
    std::optional<AccountSummary> chosen;
};

// Absent where the session was ended, is not live at `now`, or never was.
std::optional<Standing> standing(const Reading& reading, SessionId session, Time now,
                                 const IdleLimits& limits);

}  // namespace muster::views
