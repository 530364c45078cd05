// The projecting thread: tails the log into every view, and says how far it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/json.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "projections/live_rebuild.hpp"
#include "projections/page.hpp"
#include "projections/view_store.hpp"
#include "projections/views.hpp"

namespace muster::views {

enum class ViewState : std::uint8_t { running, catching_up, rebuilding, stopped };
constexpr std::string_view to_text(ViewState state) {
    constexpr std::string_view names[]{"running", "catching_up", "rebuilding", "stopped"};
    return names[static_cast<std::size_t>(state)];
}

struct ViewStatus {
    std::string_view name;
    int version{};
    Position position, head;
    std::uint64_t rows{};
    ViewState state{};
    std::string error;  // Where stopped: the position, the event and what was wrong.
    std::optional<RebuildStatus> rebuild;
};

Paged<ViewStatus> list_views(const Reading& reading, std::vector<ViewStatus> views,
                             const PageRequest& page);

// {name, version, position, head, lag, rows, state} and, where they apply, error and rebuild.
void write_view_status(JsonWriter& out, const ViewStatus& status);

class Runner {
public:
    using Clock = std::chrono::steady_clock;
    // Called from the projecting thread, which it must not hold up.
    using Callback = std::function<void(bool visible)>;
    struct Waiter {
        Position position;
        Clock::time_point deadline;
        Callback callback;
    };

    // All of them must outlive the runner. Views whose version changed, or that have no mark, are
    // built from the first event beside what is there.
    Runner(const Log& log, Keyring& keyring, ViewStore& store,
           std::span<const View> views = all_views());
    ~Runner();  // Stops after the batch at hand; waiters are told false.
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // Something was appended. Any thread; cheap.
    void wake(Position head);
    // The callbacks are told true as soon as every running view has passed their position, false
    // at their deadline (50 ms late at most).
    void when_visible(std::vector<Waiter> waiters);
    // What every running view has passed.
    Position visible() const;
    // Whether every view runs or has stopped: none is being built without an older one to answer.
    bool ready() const;

    std::vector<ViewStatus> status() const;
    // Has a view built anew beside the one that answers, by a thread that gives way to all others.
    // `judge`: what `order` would say.
    OrderAnswer order(RebuildOrder order, std::string_view view,
                      const RebuildOptions& options = {});
    OrderAnswer judge(RebuildOrder order, std::string_view view) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace muster::views
