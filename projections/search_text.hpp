// Text as the search and sort indexes keep it.
#pragma once

#include <string>
#include <string_view>

namespace muster::views {

// Trimmed and folded (text.hpp), without NUL.
std::string search_text(std::string_view text);
// The same of both with a space between them, where both are something.
std::string search_text(std::string_view first, std::string_view second);

}  // namespace muster::views
