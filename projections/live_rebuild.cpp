#include "projections/live_rebuild.hpp"

#include <algorithm>

#include "events/text.hpp"

namespace muster::views {
namespace {

using Clock = std::chrono::steady_clock;
using Place = Track::Place;

// Events that are built before they are written, between two steps of the projecting thread.
constexpr std::size_t portion = 256;
constexpr std::size_t portions_per_second = 20;  // At least, where there is a limit.
constexpr std::size_t shown_differences = 100;

void write_comparison(JsonWriter& out, const Comparison& comparison) {
    out.begin_object().key("position").number(comparison.position.number);
    out.key("total").number(comparison.total).key("differences").begin_array();
    for (const auto& row : comparison.rows) {
        out.begin_object().key("key").text(to_hex(row.key));
        out.key("what").text(to_text(row.what)).end_object();
    }
    out.end_array().end_object();
}

}  // namespace

struct LiveRebuilds::Ongoing {
    std::uint64_t number{};  // Tells it from a later one of the same view.
    RebuildOptions options{};
    bool needed{};
    bool begun{};
    Clock::time_point since{};
    Position from{}, position{};
    RebuildState state{};
    std::shared_ptr<const Comparison> comparison{};

    std::size_t share() const {  // Events at a time.
        const std::size_t limit = options.events_per_second;
        return limit == 0 ? portion
                          : std::clamp<std::size_t>(limit / portions_per_second, 1, portion);
    }
    double seconds() const { return std::chrono::duration<double>(Clock::now() - since).count(); }
    bool is_due(Position at) const {
        const double limit = options.events_per_second;
        return limit == 0 ||
               static_cast<double>(at.number - from.number + share()) <= limit * seconds();
    }
    bool is_to_be_compared() const {
        return begun && state == RebuildState::building &&
               options.then == RebuildOptions::Then::compare;
    }
};

LiveRebuilds::LiveRebuilds(Projector& projector, const ViewStore& store, std::function<void()> wake)
    : projector_(projector), store_(store), wake_(std::move(wake)), background_(wake_) {
    for (auto& track : projector_.tracks()) {
        if (!track.serves()) begin(track, all_[std::string{track.view->name}]);
    }
}

LiveRebuilds::~LiveRebuilds() { ending_ = true; }

// --- Any thread

OrderAnswer LiveRebuilds::judged(RebuildOrder order, std::string_view view) const {
    using enum OrderAnswer;
    const auto found = all_.find(view);
    if (order == RebuildOrder::start) return found == all_.end() ? taken : running;
    if (found == all_.end()) return not_running;
    if (order == RebuildOrder::cancel) return found->second.needed ? needed : taken;
    return found->second.state == RebuildState::compared ? taken : not_built;
}

OrderAnswer LiveRebuilds::judge(RebuildOrder order, std::string_view view) const {
    const std::lock_guard lock{mutex_};
    return judged(order, view);
}

OrderAnswer LiveRebuilds::order(RebuildOrder order, std::string_view view,
                                const RebuildOptions& options) {
    {
        const std::lock_guard lock{mutex_};
        if (const auto answer = judged(order, view); answer != OrderAnswer::taken) return answer;
        if (order == RebuildOrder::start) {
            all_.emplace(view, Ongoing{.number = ++count_, .options = options});
        } else {
            all_.erase(all_.find(view));
        }
        orders_.push_back({order, std::string{view}});
    }
    wake_();
    return OrderAnswer::taken;
}

std::optional<RebuildStatus> LiveRebuilds::status(std::string_view view, Position head) const {
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(view);
    if (found == all_.end()) return std::nullopt;
    const auto& rebuild = found->second;
    const auto events = static_cast<double>(rebuild.position.number - rebuild.from.number);
    const auto rate = rebuild.begun ? events / std::max(rebuild.seconds(), 1e-3) : 0;
    return RebuildStatus{rebuild.position,  head, rate, rebuild.state, rebuild.options,
                         rebuild.comparison};
}

// --- Orders

bool LiveRebuilds::take() {
    bool taken = take_back();
    while (const auto order = next_order()) {
        follow(*order);
        taken = true;
    }
    return taken;
}

bool LiveRebuilds::take_back() {
    if (away_.empty() || background_.busy()) return false;
    for (auto* track : away_)
        track->place = Place::beside;
    away_.clear();
    return true;
}

// The first one that can be followed now: not while the view's new generation is away, and a start
// not before the one that was there has gone. The orders for a view keep their order.
std::optional<LiveRebuilds::Order> LiveRebuilds::next_order() {
    const std::lock_guard lock{mutex_};
    for (auto order = orders_.begin(); order != orders_.end(); ++order) {
        const auto same = [&](const Order& each) { return each.view == order->view; };
        const auto* track = projector_.building(order->view);
        const bool is_free =
            track == nullptr || (track->place != Place::away && order->what != RebuildOrder::start);
        if (!is_free || std::any_of(orders_.begin(), order, same)) continue;
        auto taken = std::move(*order);
        orders_.erase(order);
        return taken;
    }
    return std::nullopt;
}

void LiveRebuilds::follow(const Order& order) {
    if (order.what == RebuildOrder::start) return start(order.view);
    auto* track = projector_.building(order.view);
    if (track == nullptr) return;  // It has stopped meanwhile.
    if (order.what == RebuildOrder::cancel) return projector_.give_up(*track);
    track->held = false;
    track->place = Place::in_step;
}

void LiveRebuilds::start(std::string_view view) {
    projector_.start_over(view);
    auto* track = projector_.building(view);
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(view);
    if (found == all_.end()) return;  // Cancelled: that order follows.
    if (track == nullptr) {
        all_.erase(found);  // It is being built for the first time.
    } else {
        begin(*track, found->second);
    }
}

// What is needed goes with the steps, for until then nobody sees what happens.
void LiveRebuilds::begin(Track& track, Ongoing& rebuild) {
    rebuild.needed = projector_.serving(track.view->name) == nullptr;
    track.place = rebuild.needed ? Place::in_step : Place::beside;
    track.held = !rebuild.needed && rebuild.options.then == RebuildOptions::Then::compare;
    rebuild.begun = true;
    rebuild.since = Clock::now();
    rebuild.from = rebuild.position = Position{track.written.position};
}

void LiveRebuilds::update() {
    const std::lock_guard lock{mutex_};
    for (auto at = all_.begin(); at != all_.end();) {
        auto& [view, rebuild] = *at;
        const auto* track = projector_.building(view);
        if (track != nullptr) rebuild.position = Position{track->written.position};
        at = rebuild.begun && track == nullptr ? all_.erase(at) : std::next(at);
    }
}

// --- Building

// So near that the steps may take it along. What is to be compared with one that has stopped must
// not pass it before.
bool LiveRebuilds::joins(const Track& track, const Ongoing& rebuild) const {
    const auto* old = projector_.serving(track.view->name);
    if (rebuild.is_to_be_compared() && old != nullptr && old->stopped()) return false;
    return track.mark.position + rebuild.share() >= projector_.front().number;
}

// What is farthest behind goes next, with those that are at the same place.
bool LiveRebuilds::give() {
    paced_ = false;
    if (!away_.empty() || background_.busy()) return false;
    const auto all = [&] {
        const std::lock_guard lock{mutex_};
        return all_;
    }();
    if (all.empty() || compare_one(all)) return false;
    bool joined = false;
    std::vector<Track*> chosen;
    std::size_t limit = portion;
    for (auto& track : projector_.tracks()) {
        const auto found = all.find(track.view->name);
        if (found == all.end() || track.place != Place::beside || track.stopped()) continue;
        const auto& rebuild = found->second;
        if (joins(track, rebuild)) {
            track.place = Place::in_step;
            joined = true;
            continue;
        }
        const Position at{track.mark.position};
        if (!rebuild.is_due(at)) {
            paced_ = true;
            continue;
        }
        const auto first = chosen.empty() ? at : Position{chosen.front()->mark.position};
        if (at > first) continue;
        if (at < first) chosen.clear();
        if (chosen.empty()) limit = portion;
        chosen.push_back(&track);
        limit = std::min(limit, rebuild.share());
    }
    if (!chosen.empty()) move(std::move(chosen), limit);
    return joined;
}

void LiveRebuilds::move(std::vector<Track*> tracks, std::size_t limit) {
    limit = std::min(limit, projector_.way_from(Position{tracks.front()->mark.position}));
    for (auto* track : tracks)
        track->place = Place::away;
    away_ = tracks;
    background_.give([this, tracks = std::move(tracks), limit] { projector_.move(tracks, limit); });
}

// --- Comparing

// As soon as both are at one position: the store shows them there as it is now, whatever comes.
bool LiveRebuilds::compare_one(const All& all) {
    for (const auto& [view, rebuild] : all) {
        const auto* old = projector_.serving(view);
        const auto* fresh = projector_.building(view);
        if (!rebuild.is_to_be_compared() || old == nullptr || fresh == nullptr) continue;
        if (old->written.position != fresh->written.position) continue;
        compare(*old, *fresh, rebuild.number);
        return true;
    }
    return false;
}

void LiveRebuilds::compare(const Track& old, const Track& fresh, std::uint64_t number) {
    const auto tell = [this, number, view = fresh.view->name](
                          RebuildState state, std::shared_ptr<const Comparison> comparison) {
        const std::lock_guard lock{mutex_};
        const auto found = all_.find(view);
        if (found == all_.end() || found->second.number != number) return;
        found->second.state = state;
        found->second.comparison = std::move(comparison);
    };
    tell(RebuildState::built, nullptr);
    background_.give([this, tell, reading = store_.now(), view = fresh.view, one = old.written,
                      other = fresh.written] {
        auto compared = compare_rows(*view, {reading, one}, {reading, other}, shown_differences,
                                     [this] { return !ending_; });
        if (!reading.fault())
            tell(RebuildState::compared, std::make_shared<const Comparison>(std::move(compared)));
    });
}

// --- Shown

void write_progress(JsonWriter& out, const RebuildStatus& rebuild) {
    const auto left = rebuild.target.number - std::min(rebuild.target, rebuild.position).number;
    const auto rate = static_cast<std::uint64_t>(rebuild.events_per_second);
    out.key("position").number(rebuild.position.number);
    out.key("target").number(rebuild.target.number);
    out.key("events_per_second").number(rate);
    out.key("eta_s");
    if (rate == 0) {
        out.null();
    } else {
        out.number(left / rate);
    }
}

void write_rebuild(JsonWriter& out, const RebuildStatus& rebuild) {
    out.begin_object().key("state").text(to_text(rebuild.state));
    write_progress(out, rebuild);
    out.key("limit");
    if (const auto limit = rebuild.options.events_per_second; limit == 0) {
        out.null();
    } else {
        out.number(std::uint64_t{limit});
    }
    if (rebuild.comparison != nullptr) {
        out.key("comparison");
        write_comparison(out, *rebuild.comparison);
    }
    out.end_object();
}

}  // namespace muster::views
