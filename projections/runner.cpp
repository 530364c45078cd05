#include "projections/runner.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "projections/listing.hpp"
#include "projections/projector.hpp"

namespace muster::views {
namespace {

using Which = Projector::Which;

constexpr std::size_t live_batch = 512;
constexpr std::uint64_t far_behind = 20'000;  // Events, from which on catching up is a rush.
constexpr std::chrono::milliseconds deadline_tick{50};
constexpr std::chrono::milliseconds idle_tick{500};  // For who appends and does not wake.
constexpr Position everything{UINT64_MAX};

// What waits need not wait longer for: every view that answers has passed it, also one that is
// still catching up after the start, because what was acknowledged before must be seen again.
Position visible_of(const Projector& projector) {
    auto answering = everything, moving = everything;
    for (const auto& track : projector.tracks()) {
        const Position at{track.written.position};
        if (track.stopped()) continue;
        if (track.serves()) answering = std::min(answering, at);
        moving = std::min(moving, at);
    }
    return answering != everything ? answering : moving;
}

}  // namespace

struct Runner::Impl {
    Impl(const Log& from, Keyring& keyring, ViewStore& store, std::span<const View> all)
        : log(from),
          views(all),
          projector(from, keyring, store, all),
          rebuilds(projector, store, [this] { wake(); }) {
        publish();
        thread = std::thread{[this] { run(); }};
    }
    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        changed.notify_all();
        thread.join();
        for (auto& [position, waiter] : waiters)
            waiter.callback(false);
    }

    void run();
    void wait();
    void wake() {
        {
            const std::lock_guard lock{mutex};
            woken = true;
        }
        changed.notify_one();
    }
    bool advance(bool unwritten);
    bool knows(std::string_view view) const {
        return std::ranges::find(views, view, &View::name) != views.end();
    }
    void publish();
    void answer_waiters();
    bool goes_on() {
        publish();
        answer_waiters();
        const std::lock_guard lock{mutex};
        return !stopping;
    }
    ViewStatus status_of(const View& view) const;

    const Log& log;
    const std::span<const View> views;
    Projector projector;  // Of the projecting thread.
    std::string fault;    // The store takes no more.

    mutable std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false, woken = false;
    std::multimap<Position, Waiter> waiters;
    std::vector<ViewStatus> statuses;  // Without rebuilds.
    std::atomic<std::uint64_t> visible = 0;
    LiveRebuilds rebuilds;
    std::thread thread;  // Last: it uses the others.
};

void Runner::Impl::run() {
    while (true) {
        const bool taken = rebuilds.take();
        const bool moved = advance(taken);
        const bool joined = fault.empty() && rebuilds.give();
        if (!goes_on()) return;
        if (!taken && !moved && !joined) wait();
    }
}

void Runner::Impl::wait() {
    std::unique_lock lock{mutex};
    const auto tick = waiters.empty() && !rebuilds.is_paced() ? idle_tick : deadline_tick;
    changed.wait_for(lock, tick, [&] { return stopping || woken; });
    woken = false;
}

// One step of those in front, then one of those behind. Whether anything moved.
bool Runner::Impl::advance(bool unwritten) {
    if (!fault.empty()) return false;
    const auto head = projector.head();
    const auto ahead = projector.edge(Which::ahead).value_or(head);
    std::expected<void, Fault> done;
    if (ahead < head && head.number - ahead.number > far_behind) {
        done = projector.rush(Which::ahead, [&] { return goes_on(); });
    } else if (ahead < head) {
        if (auto step = projector.step(Which::ahead, live_batch); !step)
            done = std::unexpected(step.error());
    } else if (unwritten) {
        done = projector.settle();
    }
    const auto behind = projector.edge(Which::behind);
    if (done && behind && *behind < projector.edge(Which::ahead)) {
        if (auto step = projector.step(Which::behind, live_batch); !step)
            done = std::unexpected(step.error());
    } else if (done && behind == head &&
               std::ranges::any_of(projector.tracks(), [](const Track& track) {
                   return track.moves_in_step() && !track.arrived;
               })) {
        done = projector.settle();
    }
    if (!done) fault = done.error().message;
    return done && (ahead < head || behind < projector.edge(Which::ahead));
}

ViewStatus Runner::Impl::status_of(const View& view) const {
    ViewStatus status;
    status.name = view.name;
    status.version = view.version;
    status.head = log.head();
    const Track* serving = nullptr;
    const Track* building = nullptr;
    for (const auto& track : projector.tracks()) {
        if (track.view == &view) (track.serves() ? serving : building) = &track;
    }
    for (const auto& mark : projector.frozen()) {
        if (mark.view != view.number) continue;
        status.version = static_cast<int>(mark.version);
        status.position = Position{mark.position};
        status.rows = mark.rows;
    }
    if (serving != nullptr) {
        status.position = Position{serving->written.position};
        status.rows = serving->written.rows;
        status.state = serving->arrived ? ViewState::running : ViewState::catching_up;
        if (serving->stopped()) status.state = ViewState::stopped;
        status.error = serving->error;
    }
    if (building != nullptr && building->stopped()) {
        if (serving == nullptr) status.state = ViewState::stopped;
        status.error = building->error;
    }
    if (!fault.empty()) {
        status.state = ViewState::stopped;
        status.error = fault;
    }
    return status;
}

void Runner::Impl::publish() {
    std::vector<ViewStatus> fresh;
    fresh.reserve(views.size());
    for (const auto& view : views)
        fresh.push_back(status_of(view));
    rebuilds.update();
    visible = (fault.empty() ? visible_of(projector) : everything).number;
    const std::lock_guard lock{mutex};
    statuses = std::move(fresh);
}

void Runner::Impl::answer_waiters() {
    std::vector<std::pair<Callback, bool>> due;
    {
        const std::lock_guard lock{mutex};
        const auto behind = waiters.upper_bound(Position{visible});
        for (auto at = waiters.begin(); at != behind; ++at)
            due.emplace_back(std::move(at->second.callback), true);
        waiters.erase(waiters.begin(), behind);
        const auto now = waiters.empty() ? Clock::time_point::min() : Clock::now();
        std::erase_if(waiters, [&](auto& waiter) {
            if (waiter.second.deadline > now) return false;
            due.emplace_back(std::move(waiter.second.callback), false);
            return true;
        });
    }
    for (const auto& [callback, is_visible] : due)
        callback(is_visible);
}

Runner::Runner(const Log& log, Keyring& keyring, ViewStore& store, std::span<const View> views)
    : impl_(std::make_unique<Impl>(log, keyring, store, views)) {}
Runner::~Runner() = default;

void Runner::wake(Position) { impl_->wake(); }

void Runner::when_visible(std::vector<Waiter> waiters) {
    {
        const std::lock_guard lock{impl_->mutex};
        for (auto& waiter : waiters)
            impl_->waiters.emplace(waiter.position, std::move(waiter));
        impl_->woken = true;
    }
    impl_->changed.notify_one();
}

Position Runner::visible() const { return Position{impl_->visible}; }

bool Runner::ready() const {
    const auto all = status();
    return std::ranges::none_of(
        all, [](const ViewStatus& view) { return view.state == ViewState::catching_up; });
}

std::vector<ViewStatus> Runner::status() const {
    auto copy = [&] {
        const std::lock_guard lock{impl_->mutex};
        return impl_->statuses;
    }();
    for (auto& status : copy) {
        status.head = std::max(status.head, impl_->log.head());
        status.rebuild = impl_->rebuilds.status(status.name, status.head);
        if (status.rebuild) status.state = ViewState::rebuilding;
    }
    return copy;
}

OrderAnswer Runner::order(RebuildOrder order, std::string_view view,
                          const RebuildOptions& options) {
    if (!impl_->knows(view)) return OrderAnswer::no_such_view;
    return impl_->rebuilds.order(order, view, options);
}

OrderAnswer Runner::judge(RebuildOrder order, std::string_view view) const {
    if (!impl_->knows(view)) return OrderAnswer::no_such_view;
    return impl_->rebuilds.judge(order, view);
}

Paged<ViewStatus> list_views(const Reading& reading, std::vector<ViewStatus> views,
                             const PageRequest& page) {
    Listing<ViewStatus> list{.reading = reading, .cursor = 'V'};
    list.candidates.emplace();
    for (auto& view : views) {  // In the order given.
        const auto place = static_cast<char>(list.candidates->size());
        list.candidates->emplace_back(std::string{place}, std::move(view));
    }
    return answer(std::move(list), page);
}

void write_view_status(JsonWriter& out, const ViewStatus& status) {
    out.begin_object();
    out.key("name").text(status.name);
    out.key("version").number(static_cast<std::uint64_t>(status.version));
    out.key("position").number(status.position.number);
    out.key("head").number(status.head.number);
    out.key("lag").number(status.head.number - std::min(status.head, status.position).number);
    out.key("rows").number(status.rows);
    out.key("state").text(to_text(status.state));
    if (!status.error.empty()) out.key("error").text(status.error);
    if (status.rebuild) {
        out.key("rebuild").begin_object();
        write_progress(out, *status.rebuild);
        out.end_object();
    }
    out.end_object();
}

}  // namespace muster::views
