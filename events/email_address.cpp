#include "events/email_address.hpp"

#include <algorithm>
#include <cstdlib>
#include <idn2.h>
#include <memory>
#include <utf8proc.h>

#include "events/bytes.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::size_t most_local = 64, most_domain = 253, most_address = 254;

// RFC 5321's atext and the dot.
bool is_local_ascii(char c) {
    constexpr std::string_view marks = ".!#$%&'*+-/=?^_`{|}~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

// Letters, marks, digits, punctuation and symbols; no spaces, no control, formatting (which the
// bidi controls are), private or unassigned characters.
bool is_local_unicode(utf8proc_int32_t c) {
    const auto category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

bool is_local(std::string_view local) {
    if (local.empty() || local.size() > most_local) return false;
    if (local.starts_with('.') || local.ends_with('.') || local.find("..") != local.npos) {
        return false;
    }
    while (!local.empty()) {
        utf8proc_int32_t c{};
        const auto size = utf8proc_iterate(as_bytes(local).data(),
                                           static_cast<utf8proc_ssize_t>(local.size()), &c);
        if (size <= 0) return false;
        if (size == 1 ? !is_local_ascii(local.front()) : !is_local_unicode(c)) return false;
        local.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::optional<std::string> fold_local(std::string_view local) {
    utf8proc_uint8_t* mapped = nullptr;
    const auto size = utf8proc_map(
        as_bytes(local).data(), static_cast<utf8proc_ssize_t>(local.size()), &mapped,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
    if (size < 0) return std::nullopt;
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{mapped, &std::free};
    return std::string{as_text({mapped, static_cast<std::size_t>(size)})};
}

std::string ascii_lower(std::string_view text) {
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

// The ASCII form in lower case (IDNA 2008, after UTS 46's mapping); absent where there is none.
std::optional<std::string> ascii_domain(std::string_view domain) {
    if (domain.empty() || domain.find('\0') != domain.npos) return std::nullopt;
    auto lower = ascii_lower(domain);
    // Only labels of IDNA are its business: it refuses host names that exist, as r3---sn.example.
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::ranges::all_of(lower, is_ascii) && !lower.starts_with("xn--") &&
        lower.find(".xn--") == lower.npos) {
        return lower;
    }
    char* found = nullptr;
    const int status =
        idn2_to_ascii_8z(lower.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, decltype(&idn2_free)> owner{found, &idn2_free};
    if (status != IDN2_OK) return std::nullopt;
    return ascii_lower(found);
}

// Host names as RFC 1123 has them; a last label of digits alone would be an IPv4 address.
bool is_domain(std::string_view ascii) {
    if (ascii.empty() || ascii.size() > most_domain) return false;
    bool only_digits = false;
    while (true) {
        const auto dot = std::min(ascii.find('.'), ascii.size());
        const auto label = ascii.substr(0, dot);
        if (label.empty() || label.size() > 63) return false;
        if (label.starts_with('-') || label.ends_with('-')) return false;
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        const auto fits = [&](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
        if (!std::ranges::all_of(label, fits)) return false;
        only_digits = std::ranges::all_of(label, is_digit);
        if (dot == ascii.size()) return !only_digits;
        ascii.remove_prefix(dot + 1);
    }
}

}  // namespace

std::optional<EmailAddress> EmailAddress::parse(std::string_view text) {
    text = trimmed(text);
    if (text.size() > 4 * most_address || !is_utf8(text)) return std::nullopt;
    const auto sign = text.rfind('@');
    if (sign == text.npos || !is_local(text.substr(0, sign))) return std::nullopt;
    const auto domain = ascii_domain(text.substr(sign + 1));
    if (!domain || !is_domain(*domain)) return std::nullopt;
    if (sign + 1 + domain->size() > most_address) return std::nullopt;
    const auto local = fold_local(text.substr(0, sign));
    if (!local) return std::nullopt;

    EmailAddress address;
    address.text_ = text;
    address.normalised_ = *local + "@" + *domain;
    return address;
}

}  // namespace muster
