#include "events/text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <openssl/evp.h>
#include <sodium.h>
#include <utf8proc.h>
#include <utility>

#include "events/bytes.hpp"

namespace muster {
namespace {

const utf8proc_uint8_t* utf8_data(std::string_view text) { return as_bytes(text).data(); }

// Unicode's White_Space.
bool is_white(utf8proc_int32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

// Letters, marks, digits, punctuation and symbols.
bool is_shown(utf8proc_int32_t c) {
    const auto category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

// How many bytes of white space the text begins with: one character of it, or none.
std::size_t leading_white(std::string_view text) {
    utf8proc_int32_t c{};
    const auto size =
        utf8proc_iterate(utf8_data(text), static_cast<utf8proc_ssize_t>(text.size()), &c);
    return size > 0 && is_white(c) ? static_cast<std::size_t>(size) : 0;
}

std::size_t trailing_white(std::string_view text) {
    for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size()); ++size) {
        if (leading_white(text.substr(text.size() - size)) == size) return size;
    }
    return 0;
}

std::string with_single_spaces(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        if (const auto white = leading_white(text); white > 0) {
            if (!result.ends_with(' ')) result.push_back(' ');
            text.remove_prefix(white);
        } else {
            result.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return result;
}

std::optional<std::string> unbase64(std::string_view text, int variant) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    const int failed =
        sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                          text.size(), nullptr, &size, nullptr, variant);
    if (failed != 0) return std::nullopt;
    bytes.resize(size);
    return bytes;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto ascii = std::ranges::find_if(text, [](char c) { return (c & 0x80) != 0; });
        text.remove_prefix(static_cast<std::size_t>(ascii - text.begin()));
        if (text.empty()) break;
        utf8proc_int32_t c{};
        const auto size =
            utf8proc_iterate(utf8_data(text), static_cast<utf8proc_ssize_t>(text.size()), &c);
        if (size <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::string_view trimmed(std::string_view text) {
    while (const auto size = leading_white(text))
        text.remove_prefix(size);
    while (const auto size = trailing_white(text))
        text.remove_suffix(size);
    return text;
}

std::string one_line(std::string_view text, std::size_t most) {
    std::string line;
    bool space = false;
    for (std::size_t count = 0; !text.empty() && count < most;) {
        utf8proc_int32_t c{};
        const auto read =
            utf8proc_iterate(utf8_data(text), static_cast<utf8proc_ssize_t>(text.size()), &c);
        const auto size = read > 0 ? static_cast<std::size_t>(read) : 1;
        if (read > 0 && is_white(c)) {
            space = !line.empty();
        } else if (read > 0 && is_shown(c)) {
            if (std::exchange(space, false)) line.push_back(' ');
            line.append(text.substr(0, size));
            ++count;
        }
        text.remove_prefix(size);
    }
    return line;
}

std::string folded(std::string_view text) {
    utf8proc_uint8_t* mapped = nullptr;
    const auto size = utf8proc_map(
        utf8_data(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                       UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE));
    if (size < 0) return std::string{text};  // No UTF-8: nothing to fold.
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{mapped, &std::free};
    return with_single_spaces(as_text({mapped, static_cast<std::size_t>(size)}));
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

void append_base64(std::string& out, std::string_view bytes) {
    const auto before = out.size();
    out.resize(before + 4 * ((bytes.size() + 2) / 3) + 1);
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + before), as_bytes(bytes).data(),
                    static_cast<int>(bytes.size()));
    out.pop_back();  // The NUL.
}

// In a time that does not depend on the bytes, for tokens are made of them.
std::string to_base64url(std::string_view bytes) {
    constexpr auto variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), as_bytes(bytes).data(), bytes.size(), variant);
    text.pop_back();  // The NUL.
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    return unbase64(text, sodium_base64_VARIANT_ORIGINAL);
}

std::optional<std::string> from_base64url(std::string_view text) {
    return unbase64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : as_bytes(bytes)) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const auto c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
            out.push_back(digits[static_cast<unsigned char>(c) & 15]);
        }
    }
    return out;
}

}  // namespace muster
