// Moments as positions: the log's order is the only order, and time never decreases along it.
#pragma once

#include "events/log.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

// The first position up to `end` whose time is not before (or, with `after`, is behind) a moment. A
// fault of the log is noted in the reading.
Position find_time(const Reading& reading, const Log& log, Time moment, bool after, Position end);

}  // namespace muster::views
