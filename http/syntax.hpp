#pragma once
// The smallest parts of HTTP's grammar (RFC 9110 section 5), which heads, chunks and answers share.

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace muster::http {

// Why bytes are no request. The connection cannot be used any further.
struct Refused {
    int status;
    std::string_view code;
    std::string_view detail;
};

using Checked = std::expected<void, Refused>;

inline std::unexpected<Refused> malformed_request(std::string_view detail) {
    return std::unexpected{Refused{400, "request.malformed", detail}};
}

inline std::unexpected<Refused> too_large_body() {
    return std::unexpected{Refused{413, "request.too_large", "The request's body is too large."}};
}

using CharSet = std::array<bool, 256>;

constexpr bool is_letter_or_digit(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr CharSet letters_digits_and(std::string_view more) {
    CharSet set{};
    for (unsigned c = 0; c < 256; ++c)
        set[c] = is_letter_or_digit(static_cast<unsigned char>(c)) ||
                 (c != 0 && more.contains(static_cast<char>(c)));
    return set;
}

constexpr CharSet printable_and_tab() {
    CharSet set{};
    for (unsigned c = 0; c < 256; ++c)
        set[c] = c == '\t' || (c >= ' ' && c != 0x7f);
    return set;
}

inline constexpr CharSet token_chars = letters_digits_and("!#$%&'*+-.^_`|~");
inline constexpr CharSet field_chars = printable_and_tab();

inline bool consists_of(const CharSet& set, std::string_view text) {
    bool all = true;
    for (const char c : text)
        all &= set[static_cast<unsigned char>(c)];
    return all;
}

inline std::string_view strip_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A name and a value; nothing for a line that has none, or characters that neither may have. A
// folded line begins with a blank, and a blank before the colon is not of a token either.
inline std::optional<Header> parse_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return std::nullopt;
    const Header header{line.substr(0, colon), strip_blanks(line.substr(colon + 1))};
    if (!consists_of(token_chars, header.name) || !consists_of(field_chars, header.value))
        return std::nullopt;
    return header;
}

}  // namespace muster::http
