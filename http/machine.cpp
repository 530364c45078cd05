// What those who run the machine ask: views, outbox, health.
#include "handlers/mail.hpp"
#include "http/answers.hpp"
#include "http/metrics.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/invitations.hpp"
#include "projections/outbox.hpp"
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
void write_mail(JsonWriter& out, const views::Reading& reading, const Services& services,
                const Caller& caller, const views::OutboxRow& row) {
    const auto letter = write_letter(facts_of(reading, services, row));
    const bool opens_links = caller.role != Role::auditor && !services.sends_mail;
    views::write_outbox(out, row, letter.subject,
                        opens_links ? std::optional{letter.text} : std::nullopt);
}

Answer projections(Call& call, const views::PageRequest& page) {
    return page_answer(call, views::list_views(*call.reading, call.services.runner.status(), page),
                       views::write_view_status);
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
                           write_mail(out, *call.reading, call.services, call.caller, row);
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
                    write_mail(out, with.reading, with.services, accepted.caller, *row);
                });
            }};
}

Answer live(Call&) {
    return json_answer(
        200, [](JsonWriter& out) { out.begin_object().key("status").text("live").end_object(); });
}

// Ready once every view answers; while one is built for the first time the answer says how far it
// is.
Answer readiness(Call& call) {
    const bool ready = call.services.runner.ready();
    return json_answer(ready ? 200 : 503, [&](JsonWriter& out) {
        out.begin_object().key("status").text(ready ? "ready" : "waiting");
        out.key("waiting_for").begin_array();
        for (const auto& view : call.services.runner.status()) {
            if (view.state != views::ViewState::running) views::write_view_status(out, view);
        }
        out.end_array().key("epoch").number(call.services.epoch);
        if (call.services.clock_offset.count() != 0) {
            out.key("clock_offset").number(std::int64_t{call.services.clock_offset.count()});
        }
        out.end_object();
    });
}

Answer measurements(Call& call) { return metrics_answer(call.services.metrics); }

Answer present_description(Call& call) {
    const auto& description = call.services.description.get();
    return Response{.content_type = "application/json",
                    .headers = {{"ETag", description.etag}},
                    .body = description.text};
}

}  // namespace

const Query list_projections = asking<projections, page_in>;
const Query list_outbox = asking<outbox, outbox_in>;
const Command retry_mail = doing<mail_retry>;
const Query get_live = asking<live>;
const Query get_ready = asking<readiness>;
const Query get_metrics = asking<measurements>;
const Query get_description = asking<present_description>;

Response metrics_answer(const Metrics& metrics) {
    return {200, "text/plain; version=0.0.4; charset=utf-8", {}, metrics.text(), false};
}

}  // namespace muster::http
