// A letter as it goes over the wire: an Internet message (RFC 5322, RFC 6532) with a plain and an
// HTML part (RFC 2046, multipart/alternative) in quoted-printable (RFC 2045); lines end with CRLF
// and have at most 78 bytes, a long address aside.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "events/email_address.hpp"
#include "handlers/letter.hpp"

namespace muster {

// "no-reply@example.com" or "Example <no-reply@example.com>".
struct Sender {
    std::string name;  // One line; may be empty.
    EmailAddress address;
};
std::optional<Sender> parse_sender(std::string_view text);

// The local part as it was typed, the domain in its ASCII form.
std::string wire_form(const EmailAddress& address);

// What the message is known by: the mail's number and when it was asked for, so that a repetition
// has the same one, and a mail that takes the number of one that a loss took away another.
std::string message_id(MailId mail, Time asked_at, std::string_view site);

struct MessageHead {
    const Sender& from;
    const EmailAddress& to;
    std::string message_id;  // With its angle brackets.
    Time date;
    Language language{};
};

std::string to_message(const MessageHead& heading, const Letter& letter);

}  // namespace muster
