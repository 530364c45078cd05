#include "projections/search_text.hpp"

#include <algorithm>
#include <cctype>

#include "events/text.hpp"

namespace muster::views {
namespace {

// What folding only lowers: most names there are, at a tenth of the time.
bool is_simple(std::string_view text) {
    bool space = true;
    for (const char c : text) {
        if (c < 0x20 || c > 0x7e || (c == ' ' && space)) return false;
        space = c == ' ';
    }
    return text.empty() || !space;
}

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string search_text(std::string_view text) {
    if (is_simple(text)) {
        std::string result{text};
        std::ranges::transform(result, result.begin(), lowered);
        return result;
    }
    auto result = std::string{trimmed(folded(text))};
    std::erase(result, '\0');
    return result;
}

std::string search_text(std::string_view first, std::string_view second) {
    auto result = search_text(first);
    auto rest = search_text(second);
    if (!result.empty() && !rest.empty()) result.push_back(' ');
    return result += rest;
}

}  // namespace muster::views
