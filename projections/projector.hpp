// Applies the log to views, step by step. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/ahead.hpp"
#include "events/log.hpp"
#include "events/record.hpp"
#include "events/sealing.hpp"
#include "projections/overlay.hpp"
#include "projections/view_store.hpp"
#include "projections/views.hpp"

namespace muster::views {

// One generation of a view on its way to the head.
struct Track {
    const View* view;
    Mark mark;     // As of the last event that was applied.
    Mark written;  // As the store has it.
    Overlay overlay;
    bool arrived = false;  // Has been at the head since the start.
    std::string error{};   // Why it stopped; empty while it moves.
    // Who moves it: the steps, or whoever builds it beside the others. What is away is another
    // thread's alone, but for `view` and `written`.
    enum class Place : std::uint8_t { in_step, beside, away };
    Place place{};
    bool held = false;  // Does not take the other one's place by itself.

    bool failed() const { return !error.empty(); }  // For whoever moves it.
    bool stopped() const { return place != Place::away && failed(); }
    bool moves_in_step() const { return place == Place::in_step && !failed(); }
    bool serves() const { return place != Place::away && mark.serving; }
};

class Projector {
public:
    Projector(const Log& log, Keyring& keyring, ViewStore& store, std::span<const View> views);

    enum class Which : std::uint8_t { ahead, behind };
    // Reads, applies and writes at most `limit` events for those tracks that are farthest ahead,
    // or behind. The number read; a fault is the store's.
    std::expected<std::size_t, Fault> step(Which which, std::size_t limit);
    // The same up to the log's head, decoding on a second thread and writing seldom. Calls wrote()
    // after each write and goes on while it says so.
    std::expected<void, Fault> rush(Which which, const std::function<bool()>& wrote);

    // Lets what has arrived at the head take its place, where no step did.
    std::expected<void, Fault> settle() { return write(); }

    // Goes no further than this, whatever the log has.
    void hold_at(Position ceiling) { ceiling_ = ceiling; }
    Position head() const { return std::min(log_.head(), ceiling_); }

    // Builds a further generation of the view from here on; false if there is no such view.
    bool start_over(std::string_view view);
    // The generation that is on its way beside the one that answers, and the one that answers; null
    // where there is none. One that has stopped is on its way no more.
    Track* building(std::string_view view);
    const Track* serving(std::string_view view) const;
    // Drops what was built of it with the next write. It is not away.
    void give_up(const Track& track);
    // Reads and applies at most `limit` events to tracks at one position, without writing. Any
    // thread, for tracks that are away.
    void move(std::span<Track* const> tracks, std::size_t limit);
    // How many events a track at this position may be moved by until it meets another one.
    std::size_t way_from(Position position) const;
    // Where the farthest of those is that answer; the head where none of them moves.
    Position front() const;

    // Where the farthest or the last track that moves is; absent where none moves.
    std::optional<Position> edge(Which which) const;
    const std::list<Track>& tracks() const { return tracks_; }
    std::list<Track>& tracks() { return tracks_; }
    // Marks of older versions, which answer until their view is built anew.
    const Marks& frozen() const { return frozen_; }

private:
    // Either an event or why there is none at this place.
    struct Decoded {
        std::expected<Record, Fault> record;
        std::uint64_t leaf{};
    };
    using Batch = std::vector<Decoded>;

    bool continues(const Mark& mark) const;
    void adopt(const View& view, Marks& stored);
    void begin(const View& view, std::uint32_t generation, bool serving);
    void drop(const Mark& mark);

    Batch read(Position after, std::size_t limit) const;
    Ahead<Batch> batches(Position after, Position last) const;
    std::vector<Track*> tracks_at(Position position);
    Position next_stop(Position position) const;
    void apply(const Batch& batch, std::span<Track* const> tracks);
    void apply_at_once(const Batch& batch, std::span<Track* const> tracks);
    void apply(const Batch& batch, Track& track);
    void apply(const Decoded& decoded, Track& track);
    void stop(Track& track, const Decoded& at, std::string_view why);
    std::expected<void, Fault> write();
    void take_places();

    const Log& log_;
    Keyring& keyring_;
    ViewStore& store_;
    Position ceiling_{UINT64_MAX};
    std::list<Track> tracks_;
    Marks frozen_;
    std::vector<std::string> dropped_;  // Prefixes that go with the next write.
};

}  // namespace muster::views
