// Views that are built anew while they go on answering: who ordered it, how far each is, and the
// thread beside the projecting one that builds them.
//
// A new generation is moved by that thread a portion at a time, and written by the projecting one
// between two steps, so that the store keeps its one writer. When it is near enough it goes along
// with the steps, and takes its place with one of them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/json.hpp"
#include "projections/background.hpp"
#include "projections/comparison.hpp"
#include "projections/projector.hpp"

namespace muster::views {

// `built` is being compared.
enum class RebuildState : std::uint8_t { building, built, compared };
constexpr std::string_view to_text(RebuildState state) {
    constexpr std::string_view names[]{"building", "built", "compared"};
    return names[static_cast<std::size_t>(state)];
}

struct RebuildOptions {
    std::uint32_t events_per_second = 0;  // At most; 0: as fast as it goes.
    // What is compared waits for an order to take its place.
    enum class Then : std::uint8_t { swap, compare };
    Then then{};
};

enum class RebuildOrder : std::uint8_t { start, cancel, swap };
// `needed`: what answers is of an older version, which nothing keeps up to date.
enum class OrderAnswer : std::uint8_t {
    taken,
    no_such_view,
    running,
    not_running,
    not_built,
    needed
};

struct RebuildStatus {
    Position position, target;
    double events_per_second{};  // Since it began.
    RebuildState state{};
    RebuildOptions options;
    std::shared_ptr<const Comparison> comparison;  // Null until it is made.
};

// The members {position, target, events_per_second, eta_s}, without braces.
void write_progress(JsonWriter& out, const RebuildStatus& rebuild);
// {state, position, target, events_per_second, eta_s, limit} and, once there is one, comparison.
void write_rebuild(JsonWriter& out, const RebuildStatus& rebuild);

class LiveRebuilds {
public:
    // `wake` is called where there is something to take, from any thread. What the projector has to
    // build beside an older version is shown, and is the steps' own.
    LiveRebuilds(Projector& projector, const ViewStore& store, std::function<void()> wake);
    ~LiveRebuilds();
    LiveRebuilds(const LiveRebuilds&) = delete;
    LiveRebuilds& operator=(const LiveRebuilds&) = delete;

    // Any thread, for views that there are. What is taken shows in the status at once and is done
    // by the projecting thread in a moment. `judge`: what `order` would say.
    OrderAnswer order(RebuildOrder order, std::string_view view, const RebuildOptions& options);
    OrderAnswer judge(RebuildOrder order, std::string_view view) const;
    std::optional<RebuildStatus> status(std::string_view view, Position head) const;

    // The projecting thread, between its steps. Takes back what was built and follows orders;
    // whether there is something to write.
    bool take();
    // Hands out what is to be built next; whether something goes along with the steps from now on.
    bool give();
    // Forgets those that took their place, or stopped.
    void update();
    // One waits for its time, at most a twentieth of a second.
    bool is_paced() const { return paced_; }

private:
    struct Ongoing;
    using All = std::map<std::string, Ongoing, std::less<>>;
    struct Order {
        RebuildOrder what{};
        std::string view;
    };

    OrderAnswer judged(RebuildOrder order, std::string_view view) const;
    void begin(Track& track, Ongoing& rebuild);
    bool take_back();
    std::optional<Order> next_order();
    void follow(const Order& order);
    void start(std::string_view view);
    bool joins(const Track& track, const Ongoing& rebuild) const;
    bool compare_one(const All& all);
    void compare(const Track& old, const Track& fresh, std::uint64_t number);
    void move(std::vector<Track*> tracks, std::size_t limit);

    Projector& projector_;
    const ViewStore& store_;
    std::function<void()> wake_;
    std::vector<Track*> away_;
    bool paced_ = false;
    std::atomic<bool> ending_ = false;

    mutable std::mutex mutex_;
    All all_;  // By view: those that go on, or were ordered a moment ago.
    std::vector<Order> orders_;
    std::uint64_t count_ = 0;
    Background background_;  // Last: it uses the others.
};

}  // namespace muster::views
