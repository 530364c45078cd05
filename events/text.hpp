// Text as people type it, in UTF-8.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

// Well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// Without white space at both ends.
std::string_view trimmed(std::string_view text);

// As it may stand in a line of ours, whoever wrote it: without control, formatting (which the bidi
// controls are), private and unassigned characters; runs of white space are one space; no more than
// this many characters.
std::string one_line(std::string_view text, std::size_t most);

// For comparing and searching: compatibility-decomposed, case-folded, without accents; runs of
// white space are one space.
std::string folded(std::string_view text);

// Base64 with padding (RFC 4648, section 4), and base64url without (section 5).
std::string to_base64(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);
std::string to_base64url(std::string_view bytes);
// Absent for any other spelling of the same bytes, too.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

// With everything but unreserved characters as %XX (RFC 3986, section 2.1).
std::string percent_encoded(std::string_view text);

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

// In decimal digits, in any locale.
void append_number(std::string& out, std::integral auto value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace muster
