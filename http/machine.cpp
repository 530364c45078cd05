// What those who run the machine ask: views, outbox, health.
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/outbox.hpp"

namespace muster::http {
namespace {

std::string text_of(const views::OutboxRow& row, const Services& services) {
    const Token token{TokenPurpose::invitation, row.invitation.number, row.link};
    return row.subject + ".\n\nTo accept, open this link within seven days:\n" +
           services.public_url + "/invitations/" + to_text(token, services.keys) + "\n";
}

}  // namespace

Answer list_projections(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_views(*call.reading, call.services.runner.status(), page),
                       views::write_view_status);
}

// A link lets whoever has it in, so an auditor, who changes nothing, sees none. Rule A8.
Answer list_outbox(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    const bool opens_links = call.caller.role != Role::auditor;
    return page_answer(
        call, views::list_outbox(*call.reading, page),
        [&](JsonWriter& out, const views::OutboxRow& row) {
            views::write_outbox(
                out, row, opens_links ? std::optional{text_of(row, call.services)} : std::nullopt);
        });
}

Answer get_live(Call&) {
    return json_answer(
        200, [](JsonWriter& out) { out.begin_object().key("status").text("live").end_object(); });
}

// Ready once every view answers; while one is built for the first time the answer says how far it
// is.
Answer get_ready(Call& call) {
    const bool ready = call.services.runner.ready();
    return json_answer(ready ? 200 : 503, [&](JsonWriter& out) {
        out.begin_object().key("status").text(ready ? "ready" : "waiting");
        out.key("waiting_for").begin_array();
        for (const auto& view : call.services.runner.status()) {
            if (view.state != views::ViewState::running) views::write_view_status(out, view);
        }
        out.end_array();
        if (call.services.clock_offset.count() != 0) {
            out.key("clock_offset").number(std::int64_t{call.services.clock_offset.count()});
        }
        out.end_object();
    });
}

}  // namespace muster::http
