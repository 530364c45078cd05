// An event as a sentence: "Ada Lovelace invited bob@example.com to account #7 (Acme)".
#pragma once

#include <string>

#include "events/record.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

// With the names that the reading has; what is gone is named by its number.
std::string activity_text(const Reading& reading, const Record& record);

}  // namespace muster::views
