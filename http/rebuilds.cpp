// Views that are built anew while they go on answering: starting, looking, cancelling, swapping.
#include <algorithm>

#include "http/answers.hpp"
#include "http/operations.hpp"

namespace muster::http {
namespace {

using views::OrderAnswer;
using views::RebuildOptions;
using views::RebuildOrder;

constexpr std::uint32_t most_events_per_second = 1'000'000'000;

constexpr Error no_such_projection = not_found("projection.not_found", "There is no such view.");
constexpr Error rebuild_running = conflict("rebuild.running", "This view is being built already.");
constexpr Error rebuild_not_running =
    not_found("rebuild.not_running", "This view is not being built.");
constexpr Error rebuild_not_built =
    conflict("rebuild.not_built", "There is nothing to swap before it is built and compared.");
constexpr Error rebuild_needed = conflict(
    "rebuild.needed", "What answers is of an older version, and only this brings it up to date.");

std::optional<Error> refusal_of(OrderAnswer answer) {
    switch (answer) {
        case OrderAnswer::taken:
            break;
        case OrderAnswer::no_such_view:
            return no_such_projection;
        case OrderAnswer::running:
            return rebuild_running;
        case OrderAnswer::not_running:
            return rebuild_not_running;
        case OrderAnswer::not_built:
            return rebuild_not_built;
        case OrderAnswer::needed:
            return rebuild_needed;
    }
    return std::nullopt;
}

std::optional<views::ViewStatus> find_view(const views::Runner& runner, std::string_view name) {
    auto all = runner.status();
    const auto found = std::ranges::find(all, name, &views::ViewStatus::name);
    return found == all.end() ? std::nullopt : std::optional{std::move(*found)};
}

Response rebuild_answer(int status, const views::RebuildStatus& rebuild) {
    return json_answer(status, [&](JsonWriter& out) { views::write_rebuild(out, rebuild); });
}

// Nothing of it is an event: views are no facts. So it is done where it is answered, once the one
// who asks was found to be who may.
Change rebuilding(const Call& call, RebuildOrder order, const RebuildOptions& options = {}) {
    auto& runner = call.services.runner;
    const std::string view{call.parameter("name")};
    return {
        .use_case = [&runner, view, order](Work&, const Secrets&) -> Decision {
            if (const auto error = refusal_of(runner.judge(order, view))) return *error;
            return already_so;
        },
        .answer =
            [&runner, view, order, options, trace = call.trace](const Accepted&, const Answering&) {
                if (const auto error = refusal_of(runner.order(order, view, options)))
                    return to_response(problem_of(*error), trace);
                const auto now = find_view(runner, view);
                const bool shown = order == RebuildOrder::start && now && now->rebuild;
                return shown ? rebuild_answer(202, *now->rebuild) : no_content();
            }};
}

std::uint32_t limit_in(Fields& body) {
    return body.number_or_off("events_per_second", most_events_per_second)
        .value_or(std::nullopt)
        .value_or(0);
}

RebuildOptions::Then then_in(Parameters& parameters) {
    using enum RebuildOptions::Then;
    return parameters.boolean("diff").value_or(false) ? compare : swap;
}

Asked begin_rebuild(Call& call, std::uint32_t limit) {
    return rebuilding(call, RebuildOrder::start, {limit, then_in(call.query())});
}

Asked drop_rebuild(Call& call) { return rebuilding(call, RebuildOrder::cancel); }

Asked swap_rebuilt(Call& call) { return rebuilding(call, RebuildOrder::swap); }

Answer look_at_rebuild(Call& call) {
    const auto view = find_view(call.services.runner, call.parameter("name"));
    if (!view) return std::unexpected(problem_of(no_such_projection));
    if (!view->rebuild) return std::unexpected(problem_of(rebuild_not_running));
    return rebuild_answer(200, *view->rebuild);
}

}  // namespace

const Command start_rebuild = changing_by<begin_rebuild, limit_in, then_in>;
const Query get_rebuild = asking<look_at_rebuild>;
const Command cancel_rebuild = doing<drop_rebuild>;
const Command swap_rebuild = doing<swap_rebuilt>;

}  // namespace muster::http
