// Use cases about tickets, and mail that comes in.
#pragma once

#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "events/email_address.hpp"
#include "handlers/work.hpp"

namespace muster {

struct NewTicket {
    std::string subject, message;
};

// By staff, or by a user for the account that is chosen.
Decision open_ticket(Work& work, AccountId account, const NewTicket& ticket);
Decision reply_to_ticket(Work& work, TicketId ticket, const std::string& message);
Decision close_ticket(Work& work, TicketId ticket);
// With all that was written in it.
Decision delete_ticket(Work& work, TicketId ticket);

struct InboundMail {
    EmailAddress from;
    std::string from_name{};
    std::optional<AccountId> account{};
    std::optional<TicketId> ticket{};
    std::string subject{};  // Not looked at where it answers a ticket.
    std::string message{};
};

// By an API key: a reply to the ticket, else a new ticket, of no account where none is named. A
// ticket that is not the named account's is not found.
Decision receive_mail(Work& work, const InboundMail& mail);

}  // namespace muster
