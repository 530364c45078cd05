// What those who run the machine ask: views, health, measurements.
#include "http/answers.hpp"
#include "http/metrics.hpp"
#include "http/operations.hpp"

namespace muster::http {
namespace {

Answer projections(Call& call, const views::PageRequest& page) {
    return page_answer(call, views::list_views(*call.reading, call.services.runner.status(), page),
                       views::write_view_status);
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
const Query get_live = asking<live>;
const Query get_ready = asking<readiness>;
const Query get_metrics = asking<measurements>;
const Query get_description = asking<present_description>;

Response metrics_answer(const Metrics& metrics) {
    return {200, "text/plain; version=0.0.4; charset=utf-8", {}, metrics.text(), false};
}

}  // namespace muster::http
