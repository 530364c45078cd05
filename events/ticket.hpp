// What happens to tickets. What people wrote in one is sealed under the ticket's own key, so that
// it outlives whoever wrote it and goes with the ticket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/personal.hpp"

namespace muster {

// What a writer was to the account when writing. Rules T6 to T9. The numbers are stored: append,
// never renumber.
enum class Badge : std::uint8_t {
    operator_,        // Staff; never for mail that came in.
    owner,            // Of the account.
    authorized_user,  // Somebody else with access to it.
    sub_account,      // A contact of it.
    external_user,    // Another user.
    guest
};
constexpr bool valid(Badge badge) { return badge <= Badge::guest; }
constexpr std::string_view to_text(Badge badge) {
    constexpr std::string_view names[]{"operator",    "owner",         "authorized_user",
                                       "sub_account", "external_user", "guest"};
    return names[static_cast<std::size_t>(badge)];
}

// What was written. Where mail came from an address that no user had, the sender as the mail names
// it: of users nothing is kept here, so that it goes with them.
struct Message {
    std::string text, sender_name, sender_email;

    bool operator==(const Message&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("text", self.text)("sender_name", self.sender_name)("sender_email",
                                                                         self.sender_email);
    }
};

struct Heading {
    std::string subject;

    bool operator==(const Heading&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("subject", self.subject);
    }
};

// The message is reply number 1. Its writer is the user or whoever has the address; where there is
// neither, the staff who opened the ticket.
struct TicketOpened {
    static constexpr EventType type{"ticket.opened", 1};

    TicketId ticket;
    std::optional<AccountId> account;  // Absent: mail that belongs to none, for staff alone.
    std::optional<Mention<UserId>> user;
    std::optional<Mention<EmailKey>> address;  // Of mail, where no user had it.
    Badge badge;
    Personal<TicketId, Heading> heading;
    Personal<TicketId, Message> message;

    bool operator==(const TicketOpened&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("ticket", self.ticket)("account", self.account)("user", self.user)(
            "address", self.address)("badge", self.badge)("heading", self.heading)("message",
                                                                                   self.message);
    }
};

// The writer is told as above. A closed ticket is open again.
struct TicketReplied {
    static constexpr EventType type{"ticket.replied", 1};

    TicketId ticket;
    std::optional<Mention<AccountId>> account;  // The ticket's: its history is not moved by it.
    ReplyId reply;
    std::optional<Mention<UserId>> user;
    std::optional<Mention<EmailKey>> address;
    Badge badge;
    Personal<TicketId, Message> message;

    bool operator==(const TicketReplied&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("ticket", self.ticket)("account", self.account)("reply", self.reply)(
            "user", self.user)("address", self.address)("badge", self.badge)("message",
                                                                             self.message);
    }
};

struct TicketClosed {
    static constexpr EventType type{"ticket.closed", 1};

    TicketId ticket;
    std::optional<Mention<AccountId>> account;

    bool operator==(const TicketClosed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("ticket", self.ticket)("account", self.account);
    }
};

// With its account, or by an administrator.
struct TicketDeleted {
    static constexpr EventType type{"ticket.deleted", 2};

    TicketId ticket;
    std::optional<AccountId> account;  // Absent: as of `TicketOpened`.

    bool operator==(const TicketDeleted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("ticket", self.ticket)("account", self.account);
    }
};

using TicketEvent = std::variant<TicketOpened, TicketReplied, TicketClosed, TicketDeleted>;

}  // namespace muster
