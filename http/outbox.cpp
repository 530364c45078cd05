// Mail: what was asked for, what became of it, and what it says where nothing sends it.
#include "projections/outbox.hpp"

#include "handlers/mail.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/invitations.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

// The same as the mailer gathers from the states.
LetterFacts facts_of(const views::Reading& reading, const Services& services,
                     const views::OutboxRow& row) {
    const auto& order = row.entry.order;
    LetterFacts facts{.kind = order.kind,
                      .language = {},
                      .account = {},
                      .sender = {},
                      .site = site_of(services.public_url),
                      .link = link_of(order, services.public_url, services.keys),
                      .expires_at = order.expires_at};
    const auto account = views::find_account(reading, order.account);
    if (account) facts.account = views::shown_name(reading, *account);
    const auto invitation = views::find_invitation(reading, order.invitation);
    const bool by_user =
        invitation && invitation->sender_kind == static_cast<std::uint32_t>(ActorKind::user);
    const auto sender =
        by_user ? views::find_user(reading, UserId{invitation->sender_number}) : std::nullopt;
    if (sender) facts.sender = views::name_of(*sender);
    const auto to = EmailAddress::parse(row.to);
    const auto reader = to ? views::find_user(reading, *to) : std::nullopt;
    if (reader || sender)
        facts.language = language_of(reader ? reader->language : sender->language);
    return facts;
}

// A link lets whoever has it in, so an auditor, who changes nothing, sees none (Rule A8), and
// nobody once a mail server brings it to whom it is for.
Links links_for(const Caller& caller, const Services& services) {
    return caller.role != Role::auditor && !services.sends_mail ? Links::shown : Links::hidden;
}

struct OutboxAsked {
    std::optional<views::MailState> state;
    views::PageRequest page;
};

OutboxAsked outbox_in(Parameters& query) {
    const auto state = query.choice("state", {"pending", "sent", "failed", "dead", "dropped"});
    return {state ? views::parse_mail_state(*state) : std::nullopt, query.page()};
}

Answer outbox(Call& call, const OutboxAsked& asked) {
    return page_answer(call, views::list_outbox(*call.reading, asked.state, call.now, asked.page),
                       [&](JsonWriter& out, const views::OutboxRow& row) {
                           write_mail(out, *call.reading, call.services, row,
                                      links_for(call.caller, call.services));
                       });
}

Asked mail_retry(Call& call) {
    const MailId mail{parse_id(call.parameter("mail"))};
    auto order = find_mail_order(call.services.log, mail);
    if (!order) return std::unexpected(Problem{500, "server.fault", order.error().message});
    return Change{
        .use_case = [order = *order](Work& work,
                                     const Secrets&) { return muster::retry_mail(work, order); },
        .answer =
            [mail](const Accepted& accepted, const Answering& with) {
                const auto row = views::find_outbox_row(with.reading, mail, with.now);
                if (!row) return no_content();
                return json_answer(200, [&](JsonWriter& out) {
                    write_mail(out, with.reading, with.services, *row,
                               links_for(accepted.caller, with.services));
                });
            }};
}

}  // namespace

void write_mail(JsonWriter& out, const views::Reading& reading, const Services& services,
                const views::OutboxRow& row, Links links) {
    const auto letter = write_letter(facts_of(reading, services, row));
    views::write_outbox(out, row, letter.subject,
                        links == Links::shown ? std::optional{letter.text} : std::nullopt);
}

const Query list_outbox = asking<outbox, outbox_in>;
const Command retry_mail = doing<mail_retry>;

}  // namespace muster::http
