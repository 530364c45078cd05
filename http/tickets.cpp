// Tickets, their replies, and mail that comes in.
#include "handlers/tickets.hpp"

#include "aggregates/ticket.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "http/schema.hpp"
#include "projections/accounts.hpp"
#include "projections/tickets.hpp"

namespace muster::http {
namespace {

constexpr std::size_t longest_message = 48 << 10;

views::Audience audience_of(const Caller& caller) {
    return caller.staff() ? views::Audience::staff : views::Audience::client;
}

Response ticket_answer(int status, TicketId ticket, const Answering& with, const Caller& reader) {
    const auto row = views::find_ticket(with.reading, ticket);
    if (!row) return no_content();  // Gone again before the answer.
    auto response = json_answer(status, [&](JsonWriter& out) {
        views::write_ticket_with_replies(out, with.reading, with.services.keys, *row,
                                         audience_of(reader));
    });
    with_etag(response, row->version);
    return response;
}

Response reply_answer(const TicketReplied& event, const Answering& with, const Caller& reader) {
    const auto ticket = views::find_ticket(with.reading, event.ticket);
    const auto reply = views::find_reply(with.reading, event.ticket, event.reply);
    if (!ticket || !reply) return no_content();  // Gone again before the answer.
    return json_answer(201, [&](JsonWriter& out) {
        views::write_reply(out, with.reading, with.services.keys, *ticket, *reply,
                           audience_of(reader));
    });
}

struct TicketsAsked {
    views::TicketFilter filter;
    views::PageRequest page;
};

TicketsAsked tickets_in(Parameters& query) {
    TicketsAsked asked;
    const auto status = query.choice("status", schema::texts_of<views::TicketStatus>());
    if (status) asked.filter.status = views::parse_ticket_status(*status);
    asked.page = query.page();
    return asked;
}

Answer tickets(Call& call, const TicketsAsked& asked) {
    return page_answer(call, views::list_tickets(*call.reading, asked.filter, asked.page),
                       views::write_ticket);
}

Answer account_tickets(Call& call, TicketsAsked asked) {
    asked.filter.account = call.account();
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return tickets(call, asked);
}

Answer one_ticket(Call& call) {
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    auto response = ticket_answer(200, call.ticket(), with, call.caller);
    if (response.status != 200) return std::unexpected(problem_of(no_such_ticket));
    return response;
}

NewTicket ticket_in(Fields& body) {
    return {body.required_text("subject"), body.required_long_text("message", longest_message)};
}

Change ticket_opening(Call& call, const NewTicket& ticket) {
    return {.use_case = [account = call.account(), ticket](
                            Work& work,
                            const Secrets&) { return muster::open_ticket(work, account, ticket); },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    const auto* opened = find_event<TicketOpened>(accepted);
                    return ticket_answer(201, opened->ticket, with, accepted.caller);
                }};
}

std::string message_in(Fields& body) { return body.required_long_text("message", longest_message); }

Change replying(Call& call, const std::string& message) {
    return {.use_case =
                [ticket = call.ticket(), message](Work& work, const Secrets&) {
                    return muster::reply_to_ticket(work, ticket, message);
                },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    const auto* replied = find_event<TicketReplied>(accepted);
                    return reply_answer(*replied, with, accepted.caller);
                }};
}

Change ticket_closing(Call& call) {
    const auto ticket = call.ticket();
    return {.use_case = [ticket](Work& work,
                                 const Secrets&) { return muster::close_ticket(work, ticket); },
            .answer =
                [ticket](const Accepted& accepted, const Answering& with) {
                    return ticket_answer(200, ticket, with, accepted.caller);
                },
            .versioned = stream_of(ticket)};
}

Change ticket_deletion(Call& call) {
    return {
        .use_case = [ticket = call.ticket()](
                        Work& work, const Secrets&) { return muster::delete_ticket(work, ticket); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); },
        .versioned = stream_of(call.ticket())};
}

template <class Id>
std::optional<Id> optional_id(Fields& body, std::string_view name) {
    return body.id(name).transform([](std::uint64_t number) { return Id{number}; });
}

InboundMail mail_in(Fields& body) {
    return {.from = body.required_email("from_email"),
            .from_name = body.text("from_name").value_or(""),
            .account = optional_id<AccountId>(body, "account_id"),
            .ticket = optional_id<TicketId>(body, "ticket_id"),
            .subject = body.text("subject").value_or(""),
            .message = body.required_long_text("message", longest_message)};
}

Change receiving(Call&, const InboundMail& mail) {
    return {
        .use_case = [mail](Work& work, const Secrets&) { return muster::receive_mail(work, mail); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* opened = find_event<TicketOpened>(accepted);
                const auto* replied = find_event<TicketReplied>(accepted);
                return ticket_answer(201, opened != nullptr ? opened->ticket : replied->ticket,
                                     with, accepted.caller);
            }};
}

}  // namespace

const Query list_tickets = asking<tickets, tickets_in>;
const Query list_account_tickets = asking<account_tickets, tickets_in>;
const Query get_ticket = asking<one_ticket>;
const Command open_ticket = changing<ticket_opening, ticket_in>;
const Command reply_to_ticket = changing<replying, message_in>;
const Command close_ticket = doing<ticket_closing>;
const Command delete_ticket = doing<ticket_deletion>;
const Command receive_mail = changing<receiving, mail_in>;

}  // namespace muster::http
