// What the service's parts have to do with the views and with one another: what retention looks at,
// and what is measured.
#include <algorithm>
#include <iterator>

#include "http/credential.hpp"
#include "http/service.hpp"
#include "projections/retention.hpp"

namespace muster::http {

std::expected<Retirer::Candidates, Fault> Service::find_unused(const Retention& retention, Time now,
                                                               const std::string& after) const {
    const auto before = [&](const std::optional<std::uint32_t>& months) {
        return months.transform([&](std::uint32_t count) { return months_before(now, count); });
    };
    const auto reading = store_.now();
    const auto found = views::unused_accounts(
        reading, {before(retention.prune_after_months), before(retention.deactivate_after_months)},
        after);
    if (reading.fault()) return std::unexpected(*reading.fault());
    Retirer::Candidates candidates{{}, found.next};
    for (const auto& each : found.accounts)
        candidates.accounts.push_back({each.account, each.opened_at, each.last_sign_in_at});
    return candidates;
}

// As the route of the feed asks.
bool Service::may_follow(const Feed::Follower& follower) const {
    const auto caller =
        caller_of(follower.credential, store_.now(), services_.clock(), follower.ip);
    constexpr AccessRule all_staff{.staff = AccessRule::Staff::everyone};
    return caller && !muster::refuse(all_staff, caller->caller, {}, Switch::on);
}

std::vector<Measure> Service::measure() {
    const auto number = [](auto value) { return static_cast<double>(value); };
    const auto head = log_.head();
    const auto counts = committer_.counts();
    std::vector<Measure> measures{
        counter("muster_log_events_total", "Events in the log.", number(head.number)),
        counter("muster_batches_total", "Batches made durable since the start.",
                number(counts.batches)),
        gauge("muster_commands_waiting", "Commands that wait for the committing thread.",
              number(counts.waiting)),
        counter("muster_retention_runs_total", "Runs of retention since the start.",
                number(retirer_.runs())),
        gauge("muster_passwords_waiting", "Passwords that wait to be hashed or verified.",
              number(passwords_.waiting())),
        gauge("muster_feed_readers", "Who follows the log.", number(feed_.readers())),
        gauge("muster_clock_offset_seconds", "How far the clock is shifted.",
              number(options_.clock_offset.count())),
    };
    if (auto* mailer = wakes_.load())
        measures.push_back(gauge("muster_mails_pending", "Mails that are still to be sent.",
                                 number(mailer->pending())));
    if (auto* forgetter = forgets_.load())
        measures.push_back(gauge("muster_forgotten_position",
                                 "What was erased up to there is in no file any more.",
                                 number(forgetter->done().number)));
    Measure position{
        "muster_view_position", "The last event in the view.", Measure::Kind::gauge, {}, "view"};
    Measure lag{"muster_view_lag_events",
                "Events that the view is behind.",
                Measure::Kind::gauge,
                {},
                "view"};
    Measure running{"muster_view_running",
                    "1: it follows the log; 0: it is built, or stopped.",
                    Measure::Kind::gauge,
                    {},
                    "view"};
    Measure rebuilt{"muster_rebuild_position",
                    "The last event in what is built beside the view that answers.",
                    Measure::Kind::gauge,
                    {},
                    "view"};
    for (const auto& view : runner_.status()) {
        const auto add = [&](Measure& measure, double value) {
            measure.values.push_back({std::string{view.name}, value});
        };
        add(position, number(view.position.number));
        add(lag, number(head.number - std::min(head.number, view.position.number)));
        add(running, view.state == views::ViewState::running ? 1 : 0);
        if (view.rebuild) add(rebuilt, number(view.rebuild->position.number));
    }
    for (auto* measure : {&position, &lag, &running, &rebuilt}) {
        if (!measure->values.empty()) measures.push_back(std::move(*measure));
    }
    std::ranges::move(measure_process(), std::back_inserter(measures));
    return measures;
}

}  // namespace muster::http
