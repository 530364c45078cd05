// A ticket: what an account and staff write to one another. What was written is the views' matter;
// here is what decides whether more may be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

// A loop of machines that answer one another ends here.
constexpr std::uint64_t most_replies = 1000;

struct Ticket {
    static constexpr auto kind = StreamKind::ticket;
    using Key = TicketId;

    TicketId id;
    Existence existence{};
    std::optional<AccountId> account;  // Absent: mail that belongs to none.
    std::uint64_t replies{};           // The opening message among them.
    bool closed{};

    bool present() const { return existence == Existence::present; }

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("existence", self.existence)("account", self.account)(
            "replies", self.replies)("closed", self.closed);
    }
};

inline constexpr Error no_such_ticket = not_found("ticket.not_found", "There is no such ticket.");
// A refusal as it is told where the account was found by its ticket: whoever may not know of the
// account may not know of the ticket either.
constexpr Error told_of_ticket(const Error& error) {
    return error.code == no_such_account.code ? no_such_ticket : error;
}

// Who writes: staff, a user, or an address that no user has.
struct Author {
    enum class Kind : std::uint8_t { staff, user, address };
    Kind kind{};
    UserId user{};            // Of a user.
    EmailKey address{};       // Of a user or of mail.
    std::string name, email;  // As mail from no user names its sender.
};

struct OpenTicket {
    TicketId ticket;
    Author author;
    std::string subject, message;
};
struct Reply {
    Author author;
    std::string message;
};
struct CloseTicket {};
struct DeleteTicket {};

// The account is its owner's and users' word on what the author is. Rules T6, T7, T8.
Badge badge_of(const Account& account, const Author& author);

Decision when(const Account& account, const OpenTicket& command);
// Of mail that belongs to no account.
Decision when(const OpenTicket& command);
// `account` is the ticket's; an empty one where the ticket has none.
Decision when(const Ticket& ticket, const Account& account, const Reply& command);
Decision when(const Ticket& ticket, const CloseTicket& command);
// Also of a closed account.
Decision when(const Ticket& ticket, const DeleteTicket& command);

void apply(Ticket& ticket, const TicketOpened& event);
void apply(Ticket& ticket, const TicketReplied& event);
void apply(Ticket& ticket, const TicketClosed& event);
void apply(Ticket& ticket, const TicketDeleted& event);

}  // namespace muster
