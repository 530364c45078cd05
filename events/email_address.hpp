// An e-mail address that cannot be wrong: ASCII local part or UTF-8 without control and bidi
// characters (RFC 6531), a domain that has an ASCII form (IDNA 2008), at most 254 bytes in that
// form (RFC 5321).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

class EmailAddress {
public:
    // Trims first. Absent if the text is no address. Quoted local parts and address literals are
    // not taken.
    static std::optional<EmailAddress> parse(std::string_view text);

    // As it was typed, trimmed.
    const std::string& text() const { return text_; }
    // What is compared: the local part case-folded (NFC), the domain in its ASCII form in lower
    // case. Rule E14.
    const std::string& normalised() const { return normalised_; }

private:
    std::string text_, normalised_;
};

}  // namespace muster
