#include "handlers/tickets.hpp"

namespace muster {
namespace {

Author author_of(Work& work) {
    const auto& caller = work.caller();
    Author author;
    if (caller.kind != Caller::Kind::user) return author;  // Staff.
    author.kind = Author::Kind::user;
    author.user = caller.user;
    author.address = work.read(caller.user).address.value_or(EmailKey{});
    return author;
}

// Whoever has the address, whatever the mail says of its sender.
Author author_of(Work& work, const InboundMail& mail) {
    Author author;
    author.address = work.keys().email_key(mail.from.normalised());
    author.user = work.read(author.address).user;
    author.kind = author.user ? Author::Kind::user : Author::Kind::address;
    if (author.kind == Author::Kind::address) {
        author.name = mail.from_name;
        author.email = mail.from.text();
    }
    return author;
}

Decision reply_by(Work& work, TicketId id, const Reply& reply) {
    static const Account none{};
    const auto& ticket = work.read(id);
    return when(ticket, ticket.account ? work.read(*ticket.account) : none, reply);
}

}  // namespace

Decision open_ticket(Work& work, AccountId account, const NewTicket& ticket) {
    const OpenTicket command{work.next<TicketId>(), author_of(work), ticket.subject,
                             ticket.message};
    return when(work.read(account), command);
}

Decision reply_to_ticket(Work& work, TicketId ticket, const std::string& message) {
    return reply_by(work, ticket, {author_of(work), message});
}

Decision close_ticket(Work& work, TicketId ticket) {
    return when(work.read(ticket), CloseTicket{});
}

Decision delete_ticket(Work& work, TicketId id) {
    const auto& ticket = work.read(id);
    if (ticket.account) work.read(*ticket.account);  // Which has it in its list.
    return when(ticket, DeleteTicket{});
}

Decision receive_mail(Work& work, const InboundMail& mail) {
    if (work.caller().kind != Caller::Kind::api_key) return wrong_role;
    const auto author = author_of(work, mail);
    if (mail.ticket) {
        if (mail.account && work.read(*mail.ticket).account != mail.account) return no_such_ticket;
        return reply_by(work, *mail.ticket, {author, mail.message});
    }
    const OpenTicket command{work.next<TicketId>(), author, mail.subject, mail.message};
    return mail.account ? when(work.read(*mail.account), command) : when(command);
}

}  // namespace muster
