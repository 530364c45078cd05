#include "aggregates/ticket.hpp"

namespace muster {
namespace {

constexpr Error ticket_full =
    conflict("ticket.full", "This ticket holds as many replies as it can; open another one.");

std::optional<Mention<UserId>> user_of(const Author& author) {
    if (author.kind != Author::Kind::user) return std::nullopt;
    return Mention<UserId>{author.user};
}
std::optional<Mention<EmailKey>> address_of(const Author& author) {
    if (author.kind != Author::Kind::address) return std::nullopt;
    return Mention<EmailKey>{author.address};
}
std::optional<Mention<AccountId>> account_of(const Ticket& ticket) {
    return ticket.account.transform([](AccountId id) { return Mention<AccountId>{id}; });
}

// Of users nothing is kept: their names are looked up as long as they are there. Rule X18.
Message message_of(const Author& author, const std::string& text) {
    if (author.kind != Author::Kind::address) return {text, {}, {}};
    return {text, author.name, author.email};
}

TicketOpened opened(const OpenTicket& command, std::optional<AccountId> account, Badge badge) {
    return {.ticket = command.ticket,
            .account = account,
            .user = user_of(command.author),
            .address = address_of(command.author),
            .badge = badge,
            .heading = {Heading{command.subject}},
            .message = {message_of(command.author, command.message)}};
}

}  // namespace

Badge badge_of(const Account& account, const Author& author) {
    if (author.kind == Author::Kind::staff) return Badge::operator_;
    const bool is_user = author.kind == Author::Kind::user;
    if (is_user && account.owner == author.user) return Badge::owner;
    if (is_user && account.users.contains(author.user)) return Badge::authorized_user;
    if (has_contact(account, author.address)) return Badge::sub_account;
    return is_user ? Badge::external_user : Badge::guest;
}

Decision when(const Account& account, const OpenTicket& command) {
    if (!account.exists()) return no_such_account;
    if (!account.open()) return account_closed;
    return Events{opened(command, account.id, badge_of(account, command.author))};
}

Decision when(const OpenTicket& command) {
    return Events{opened(command, std::nullopt, badge_of(Account{}, command.author))};
}

Decision when(const Ticket& ticket, const Account& account, const Reply& command) {
    if (!ticket.present()) return no_such_ticket;
    if (ticket.replies >= most_replies) return ticket_full;
    return Events{TicketReplied{.ticket = ticket.id,
                                .account = account_of(ticket),
                                .reply = {ticket.replies + 1},
                                .user = user_of(command.author),
                                .address = address_of(command.author),
                                .badge = badge_of(account, command.author),
                                .message = {message_of(command.author, command.message)}}};
}

Decision when(const Ticket& ticket, const CloseTicket&) {
    if (!ticket.present()) return no_such_ticket;
    if (ticket.closed) return already_so;
    return Events{TicketClosed{ticket.id, account_of(ticket)}};
}

Decision when(const Ticket& ticket, const DeleteTicket&) {
    if (ticket.existence == Existence::deleted) return already_so;
    if (!ticket.present()) return no_such_ticket;
    return Events{TicketDeleted{ticket.id, ticket.account}};
}

void apply(Ticket& ticket, const TicketOpened& event) {
    ticket.existence = Existence::present;
    ticket.account = event.account;
    ticket.replies = 1;
}
void apply(Ticket& ticket, const TicketReplied& event) {
    ticket.replies = event.reply.number;
    ticket.closed = false;
}
void apply(Ticket& ticket, const TicketClosed&) { ticket.closed = true; }
void apply(Ticket& ticket, const TicketDeleted&) { ticket.existence = Existence::deleted; }

}  // namespace muster
