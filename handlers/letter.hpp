// What a mail says: a subject, a text and the same as HTML, in the reader's language. What people
// named themselves comes out as plain words, whatever they wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/mail.hpp"
#include "events/sealing.hpp"
#include "events/time.hpp"

namespace muster {

enum class Language : std::uint8_t { english, german };
// Of a BCP 47 tag: "de", "de-AT" are German; whatever we do not write is English.
Language language_of(std::string_view tag);
std::string_view tag_of(Language language);

struct LetterFacts {
    MailKind kind{};
    Language language{};
    std::string account;  // Of an invitation: its account's name.
    // Who invites. Empty where no user does: staff is not named to customers.
    std::string sender;
    std::string site;  // "accounts.example.com"
    std::string link;  // The whole address.
    Time expires_at;
};

struct Letter {
    std::string subject;  // One line.
    std::string text;     // Lines end with LF; the link has a line of its own.
    std::string html;

    bool operator==(const Letter&) const = default;
};

Letter write_letter(const LetterFacts& facts);

// <public-url>/invitations/<token> and the like.
std::string link_of(const MailOrder& order, std::string_view public_url, const Keys& keys);
// The public URL without its scheme.
std::string site_of(std::string_view public_url);

}  // namespace muster
