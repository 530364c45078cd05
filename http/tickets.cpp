// Tickets, their replies, and mail that comes in.
#include "handlers/tickets.hpp"

#include "aggregates/ticket.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/tickets.hpp"

namespace muster::http {
namespace {

constexpr std::size_t longest_message = 64 << 10;

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

Answer tickets_answer(Call& call, views::TicketFilter filter) {
    const auto status =
        call.query().choice("status", {"open", "answered", "customer_reply", "closed"});
    if (status) filter.status = views::parse_ticket_status(*status);
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    if (filter.account && !views::find_account(*call.reading, *filter.account))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_tickets(*call.reading, filter, page), views::write_ticket);
}

template <class Id>
std::optional<Id> optional_id(Fields& body, std::string_view name) {
    return body.id(name).transform([](std::uint64_t number) { return Id{number}; });
}

}  // namespace

Answer list_tickets(Call& call) { return tickets_answer(call, {}); }
Answer list_account_tickets(Call& call) {
    return tickets_answer(call, {.account = call.account()});
}

Answer get_ticket(Call& call) {
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    auto response = ticket_answer(200, call.ticket(), with, call.caller);
    if (response.status != 200) return std::unexpected(problem_of(no_such_ticket));
    return response;
}

Asked open_ticket(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    NewTicket ticket{body->required_text("subject"),
                     body->required_long_text("message", longest_message)};
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [account = call.account(), ticket = std::move(ticket)](
                        Work& work,
                        const Secrets&) { return muster::open_ticket(work, account, ticket); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* opened = find_event<TicketOpened>(accepted);
                return ticket_answer(201, opened->ticket, with, accepted.caller);
            },
        .body = std::move(canonical)};
}

Asked reply_to_ticket(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    auto message = body->required_long_text("message", longest_message);
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [ticket = call.ticket(), message = std::move(message)](
                        Work& work,
                        const Secrets&) { return muster::reply_to_ticket(work, ticket, message); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* replied = find_event<TicketReplied>(accepted);
                return reply_answer(*replied, with, accepted.caller);
            },
        .body = std::move(canonical)};
}

Asked close_ticket(Call& call) {
    const auto ticket = call.ticket();
    return Change{
        .use_case = [ticket](Work& work,
                             const Secrets&) { return muster::close_ticket(work, ticket); },
        .answer =
            [ticket](const Accepted& accepted, const Answering& with) {
                return ticket_answer(200, ticket, with, accepted.caller);
            },
        .versioned = stream_of(ticket)};
}

Asked receive_mail(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    InboundMail mail{.from = body->required_email("from_email"),
                     .from_name = body->text("from_name").value_or(""),
                     .account = optional_id<AccountId>(*body, "account_id"),
                     .ticket = optional_id<TicketId>(*body, "ticket_id"),
                     .subject = body->text("subject").value_or(""),
                     .message = body->required_long_text("message", longest_message)};
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [mail = std::move(mail)](
                        Work& work, const Secrets&) { return muster::receive_mail(work, mail); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* opened = find_event<TicketOpened>(accepted);
                const auto* replied = find_event<TicketReplied>(accepted);
                return ticket_answer(201, opened != nullptr ? opened->ticket : replied->ticket,
                                     with, accepted.caller);
            },
        .body = std::move(canonical)};
}

}  // namespace muster::http
