// What the parts of the service have to do with one another: answers and files after a commit, what
// retention and forgetting look for, what is measured.
#include <algorithm>
#include <iterator>

#include "http/credential.hpp"
#include "http/service.hpp"
#include "projections/invitations.hpp"
#include "projections/retention.hpp"

namespace muster::http {

// By the views, once they have passed the position.
std::expected<std::vector<Forgetter::Sent>, Fault> Service::find_sent(const EmailKey& address,
                                                                      Time until,
                                                                      Position position) const {
    if (runner_.visible() < position)
        return std::unexpected(Fault{Fault::Kind::unavailable, "the views are behind"});
    const auto reading = store_.now();
    std::vector<Forgetter::Sent> sent;
    for (const auto& row : views::invitations_to(reading, address, until))
        sent.push_back({row.account, row.id});
    if (reading.fault()) return std::unexpected(*reading.fault());
    return sent;
}

// A view that is being built, or has stopped, has rows of its own: while it has not passed the
// position once is enough, and once more when it has.
std::expected<bool, Fault> Service::purge(Position position, const std::stop_token& stop) {
    if (runner_.visible() < position)
        return std::unexpected(Fault{Fault::Kind::unavailable, "the views are behind"});
    const bool behind = std::ranges::any_of(
        store_.marks(), [&](const views::Mark& mark) { return mark.position < position.number; });
    if (behind && purged_ >= position) return false;
    if (auto done = options_.forgetting->purge_log(stop); !done)
        return std::unexpected(done.error());
    const auto all = store_.purge(stop);
    if (!all) return std::unexpected(all.error());
    purged_ = position;
    return *all && !behind;
}

// Called for each durable batch. Its answers leave together, once the views have passed it.
void Service::finish(std::vector<Committer::Completion> completions, Position head) {
    runner_.wake(head);
    feed_.wake();
    if (auto* forgetter = forgets_.load()) {
        const bool erased = std::ranges::any_of(completions, [](const auto& each) {
            return each.result && std::ranges::any_of(each.result->events, [](const Event& event) {
                       return erased_by(event).has_value();
                   });
        });
        forgetter->moved(head, Forgetter::Erased{erased});
    }
    if (auto* mailer = wakes_.load()) mailer->wake();
    auto batch = std::make_shared<std::vector<Committer::Completion>>(std::move(completions));
    std::vector<views::Runner::Waiter> waiters;
    waiters.push_back({head, views::Runner::Clock::now() + options_.longest_wait, [batch](bool) {
                           const Batch together;
                           for (auto& each : *batch)
                               each.done(std::move(each.result));
                       }});
    runner_.when_visible(std::move(waiters));
}

// Beside the request, which does not wait for it.
void Service::record_use(const Call& call) {
    const auto session = call.caller.session;
    {
        const std::lock_guard lock{mutex_};
        if (!recording_use_.insert(session).second) return;
    }
    muster::Request request;
    request.credential = call.credential;
    request.ip = call.ip;
    request.trace = call.trace;
    request.rule = {.anonymous = AccessRule::Anonymous::yes};
    request.use_case = [](Work& work) { return use_session(work); };
    request.done = [this, session](const Result&) {
        const std::lock_guard lock{mutex_};
        recording_use_.erase(session);
    };
    committer_.submit(std::move(request));
}

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
