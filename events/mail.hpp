// Mail: what asks for one, and what becomes of it. A mail carries a one-time link, and neither its
// text nor the link is ever stored: it is written when it is sent.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <variant>

#include "events/account.hpp"
#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/time.hpp"
#include "events/user.hpp"

namespace muster {

// The numbers are stored: append, never renumber.
enum class MailKind : std::uint8_t { invitation = 1, password_reset = 2, email_verification = 3 };
constexpr bool valid(MailKind kind) {
    return kind >= MailKind::invitation && kind <= MailKind::email_verification;
}
constexpr std::string_view to_text(MailKind kind) {
    constexpr std::string_view names[]{"invitation", "password_reset", "email_verification"};
    return names[static_cast<std::size_t>(kind) - 1];
}

// What is to be mailed: link number `link` of an invitation, or of a user.
struct MailOrder {
    MailKind kind{};
    AccountId account;  // With the invitation; else zero, as `user` is with one.
    InvitationId invitation;
    UserId user;
    std::uint32_t link{};
    Time expires_at;

    bool operator==(const MailOrder&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("kind", self.kind)("account", self.account)("invitation", self.invitation)(
            "user", self.user)("link", self.link)("expires_at", self.expires_at);
    }
};

// What each event that asks for a mail asks for. A new kind of mail begins with a function here.
constexpr MailOrder mail_asked_by(const UserInvited& e) {
    return {MailKind::invitation, e.account, e.invitation, {}, 1, e.expires_at};
}
constexpr MailOrder mail_asked_by(const InvitationResent& e) {
    return {MailKind::invitation, e.account, e.invitation, {}, e.link, e.expires_at};
}
constexpr MailOrder mail_asked_by(const PasswordResetRequested& e) {
    return {MailKind::password_reset, {}, {}, e.user, e.link, e.expires_at};
}
constexpr MailOrder mail_asked_by(const EmailVerificationRequested& e) {
    return {MailKind::email_verification, {}, {}, e.user, e.link, e.expires_at};
}
template <class E>
concept AsksForMail = requires(const E& event) {
    { mail_asked_by(event) } -> std::same_as<MailOrder>;
};

// Why a mail was not taken, in our words: what a server says may quote the recipient. The numbers
// are stored.
enum class MailTrouble : std::uint8_t {
    unreachable = 1,
    timeout = 2,
    not_secure = 3,      // No TLS, or none that can be trusted.
    login_refused = 4,   // User name and password.
    server_refused = 5,  // Before any mail was spoken of.
    sender_refused = 6,
    recipient_refused = 7,
    message_refused = 8,
    connection_broken = 9,
};
constexpr bool valid(MailTrouble trouble) {
    return trouble >= MailTrouble::unreachable && trouble <= MailTrouble::connection_broken;
}
constexpr std::string_view to_text(MailTrouble trouble) {
    constexpr std::string_view names[]{"unreachable",       "timeout",         "not_secure",
                                       "login_refused",     "server_refused",  "sender_refused",
                                       "recipient_refused", "message_refused", "connection_broken"};
    return names[static_cast<std::size_t>(trouble) - 1];
}

// Taken by the mail server, which is as much as can be known.
struct MailSent {
    static constexpr EventType type{"mail.sent", 1};

    MailId mail;

    bool operator==(const MailSent&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("mail", self.mail); }
};

struct MailAttemptFailed {
    static constexpr EventType type{"mail.attempt_failed", 1};

    MailId mail;
    MailTrouble trouble;
    std::uint32_t reply;  // The server's code (RFC 5321, section 4.2); 0 where it said none.
    Time next_try_at;

    bool operator==(const MailAttemptFailed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("mail", self.mail)("trouble", self.trouble)("reply", self.reply)(
            "next_try_at", self.next_try_at);
    }
};

// Tried for the last time: refused for good, or too often.
struct MailGivenUp {
    static constexpr EventType type{"mail.given_up", 1};

    MailId mail;
    MailTrouble trouble;
    std::uint32_t reply;

    bool operator==(const MailGivenUp&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("mail", self.mail)("trouble", self.trouble)("reply", self.reply);
    }
};

// Somebody of the staff wants it tried again, and at once.
struct MailRequeued {
    static constexpr EventType type{"mail.requeued", 1};

    MailId mail;

    bool operator==(const MailRequeued&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("mail", self.mail); }
};

using MailEvent = std::variant<MailSent, MailAttemptFailed, MailGivenUp, MailRequeued>;

}  // namespace muster
