#include "projections/projector.hpp"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <thread>

namespace muster::views {
namespace {

constexpr std::size_t rush_batch = 2048;
constexpr std::size_t rush_queue = 16;
constexpr std::size_t rush_bytes = 64 << 20;  // In all overlays, before they are written.

std::uint64_t start_of(const Hash& leaf) { return Reader{as_text(leaf)}.fixed64(); }

template <class Field>
constexpr bool is_sealed = false;
template <class Key, class Value>
constexpr bool is_sealed<Personal<Key, Value>> = true;
template <class... Field>
constexpr bool any_sealed(FieldTypes<Field...>) {
    return (is_sealed<Field> || ...);
}

// Events with something sealed that a view reads: the others cost no key.
template <class... E>
std::set<std::string_view> sealed_types(std::variant<E...>*) {
    std::set<std::string_view> types;
    ((any_sealed(FieldTypesOf<E>{}) ? void(types.insert(E::type.name)) : void()), ...);
    return types;
}

std::expected<Record, Fault> decode_for_views(std::string_view bytes, Keyring& keyring) {
    static const auto sealed = sealed_types(static_cast<Event*>(nullptr));
    const auto envelope = parse_envelope(bytes);
    const bool opens = envelope && sealed.contains(envelope->type);
    return decode(bytes, opens ? &keyring : nullptr);
}

std::string prefix_of(const Mark& mark) {
    return {static_cast<char>(mark.view), static_cast<char>(mark.generation)};
}

}  // namespace

Projector::Projector(const Log& log, Keyring& keyring, ViewStore& store,
                     std::span<const View> views)
    : log_(log), keyring_(keyring), store_(store) {
    auto stored = store.marks();
    for (const auto& view : views)
        adopt(view, stored);
    std::ranges::copy(stored, std::back_inserter(frozen_));
}

// Whether the mark was made over the log that there is now.
bool Projector::continues(const Mark& mark) const {
    if (mark.position == 0) return true;
    if (mark.position > log_.head().number) return false;
    bool same = false;
    const auto visit = [&](const Stored& stored) {
        same = start_of(stored.leaf) == mark.leaf;
        return false;
    };
    return log_.read(Position{mark.position - 1}, 1, visit).has_value() && same;
}

// Takes the view's marks out of `stored`: goes on with what can be gone on with, keeps an older
// version for answering, and drops the rest. What was half built beside a good one was somebody's
// order, who may order it again.
void Projector::adopt(const View& view, Marks& stored) {
    std::uint32_t generation = 0;
    bool served = false, moves = false;
    const auto is_current = [&](const Mark& mark) {
        return mark.version == static_cast<std::uint32_t>(view.version);
    };
    const bool is_good = std::ranges::any_of(stored, [&](const Mark& mark) {
        return mark.view == view.number && mark.serving && is_current(mark) && continues(mark);
    });
    for (const auto& mark : stored) {
        if (mark.view != view.number) continue;
        generation = std::max(generation, mark.generation);
        if (!continues(mark) || (is_good && !mark.serving)) {
            drop(mark);
        } else if (is_current(mark)) {
            tracks_.push_back({&view, mark, mark, Overlay{store_}});
            served = served || mark.serving;
            moves = true;
        } else if (mark.serving) {
            frozen_.push_back(mark);
            served = true;
        } else {
            drop(mark);
        }
    }
    std::erase_if(stored, [&](const Mark& mark) { return mark.view == view.number; });
    if (!moves) {
        begin(view, generation % 255 + 1, !served);
    } else if (!served) {
        tracks_.back().mark.serving = true;  // What it was built beside is gone.
    }
}

void Projector::begin(const View& view, std::uint32_t generation, bool serving) {
    const Mark mark{view.number, generation, serving, static_cast<std::uint32_t>(view.version),
                    0,           0,          0};
    tracks_.push_back({&view, mark, mark, Overlay{store_}});
    tracks_.back().overlay.fresh = true;
}

void Projector::drop(const Mark& mark) { dropped_.push_back(prefix_of(mark)); }

bool Projector::start_over(std::string_view view) {
    const View* found = nullptr;
    std::uint32_t generation = 0;
    for (const auto& track : tracks_) {
        if (track.view->name != view) continue;
        found = track.view;
        generation = std::max(generation, track.mark.generation);
        const bool being_built = !track.mark.serving || track.mark.position == 0;
        if (being_built && !track.stopped()) return true;
    }
    if (found == nullptr) return false;
    std::erase_if(tracks_, [&](const Track& track) {
        const bool failed = track.view == found && !track.mark.serving;
        if (failed) drop(track.mark);
        return failed;
    });
    begin(*found, generation % 255 + 1, false);
    return true;
}

Track* Projector::building(std::string_view view) {
    for (auto& track : tracks_) {
        if (track.view->name == view && !track.serves() && !track.stopped()) return &track;
    }
    return nullptr;
}

const Track* Projector::serving(std::string_view view) const {
    for (const auto& track : tracks_) {
        if (track.view->name == view && track.serves()) return &track;
    }
    return nullptr;
}

void Projector::give_up(const Track& track) {
    drop(track.written);
    std::erase_if(tracks_, [&](const Track& each) { return &each == &track; });
}

Position Projector::front() const {
    std::optional<Position> front;
    for (const auto& track : tracks_) {
        if (track.moves_in_step() && track.serves())
            front = std::max(front.value_or(Position{}), Position{track.mark.position});
    }
    return std::min(front.value_or(head()), head());
}

std::size_t Projector::way_from(Position position) const {
    const auto stop = next_stop(position);
    return static_cast<std::size_t>(stop.number - std::min(stop, position).number);
}

void Projector::move(std::span<Track* const> tracks, std::size_t limit) {
    apply(read(Position{tracks.front()->mark.position}, limit), tracks);
}

std::optional<Position> Projector::edge(Which which) const {
    std::optional<Position> edge;
    for (const auto& track : tracks_) {
        if (!track.moves_in_step()) continue;
        const Position at{track.mark.position};
        if (!edge || (which == Which::ahead ? at > *edge : at < *edge)) edge = at;
    }
    return edge;
}

std::vector<Track*> Projector::tracks_at(Position position) {
    std::vector<Track*> found;
    for (auto& track : tracks_) {
        if (track.moves_in_step() && track.mark.position == position.number)
            found.push_back(&track);
    }
    return found;
}

// Where tracks at this position meet others, so that they go on together, or are compared; else
// the head.
Position Projector::next_stop(Position position) const {
    auto stop = head();
    for (const auto& track : tracks_) {
        if (track.place != Track::Place::in_step) continue;
        const Position at{track.mark.position};
        if (at > position) stop = std::min(stop, at);
    }
    return stop;
}

Projector::Batch Projector::read(Position after, std::size_t limit) const {
    Batch batch;
    const auto visit = [&](const Stored& stored) {
        batch.push_back({decode_for_views(stored.bytes, keyring_), start_of(stored.leaf)});
        return batch.back().record.has_value();
    };
    const auto read = log_.read(after, limit, visit);
    if (!read) batch.push_back({std::unexpected(read.error())});
    return batch;
}

void Projector::apply(const Batch& batch, std::span<Track* const> tracks) {
    for (auto* track : tracks)
        apply(batch, *track);
}

void Projector::apply(const Batch& batch, Track& track) {
    for (const auto& decoded : batch) {
        if (track.failed()) break;
        apply(decoded, track);
    }
}

// Views know nothing of each other: each is applied by whichever thread is free.
void Projector::apply_at_once(const Batch& batch, std::span<Track* const> tracks) {
    std::atomic<std::size_t> next{};
    const auto run = [&] {
        for (auto at = next++; at < tracks.size(); at = next++)
            apply(batch, *tracks[at]);
    };
    const std::jthread other{run};
    run();
}

void Projector::apply(const Decoded& decoded, Track& track) {
    if (!decoded.record) return stop(track, decoded, decoded.record.error().message);
    const auto& record = *decoded.record;
    const At at{record.position, record.time, record.actor, record.caller, record.streams};
    Rows rows{track.overlay, track.mark.generation};
    try {
        track.view->apply(record.event, at, rows);
    } catch (const std::exception& error) {
        rows.fail(error.what());  // Of a library below: memory, formatting.
    }
    if (track.overlay.error) return stop(track, decoded, *track.overlay.error);
    track.mark.position = record.position.number;
    track.mark.leaf = decoded.leaf;
}

// What the event left half done goes; what came before it is applied again.
void Projector::stop(Track& track, const Decoded& at, std::string_view why) {
    const std::string type{at.record ? type_of(at.record->event).name : "unreadable"};
    auto error = fmt::format("position {}, {}: {}", track.mark.position + 1, type, why);
    const Position good{track.mark.position};
    track.overlay.clear();
    track.overlay.error.reset();
    track.mark = track.written;
    while (track.mark.position < good.number && !track.failed()) {
        const auto left = static_cast<std::size_t>(good.number - track.mark.position);
        for (const auto& decoded :
             read(Position{track.mark.position}, std::min(left, rush_batch))) {
            if (!track.failed()) apply(decoded, track);
        }
    }
    track.error = std::move(error);
}

// What was built beside an older generation and has come to where the others answer from takes its
// place: the head itself may move on all the time.
void Projector::take_places() {
    const auto end = head(), answered = front();
    for (auto& track : tracks_) {
        if (!track.moves_in_step()) continue;
        const Position at{track.mark.position};
        track.arrived = track.arrived || at >= end;
        if (track.mark.serving || track.held || at < answered) continue;
        track.mark.serving = track.arrived = true;
        std::erase_if(frozen_, [&](const Mark& mark) {
            const bool older = mark.view == track.mark.view;
            if (older) drop(mark);
            return older;
        });
        for (auto& older : tracks_) {
            if (older.view == track.view && &older != &track) older.view = nullptr;
        }
    }
    std::erase_if(tracks_, [&](const Track& track) {
        if (track.view == nullptr) drop(track.mark);
        return track.view == nullptr;
    });
}

std::expected<void, Fault> Projector::write() {
    take_places();
    StoreBatch batch;
    batch.dropped = dropped_;
    batch.marks = frozen_;
    tracks_.sort([](const Track& one, const Track& other) {  // As their rows' keys.
        return prefix_of(one.written) < prefix_of(other.written);
    });
    const auto is_away = [](const Track& track) { return track.place == Track::Place::away; };
    for (auto& track : tracks_) {
        if (is_away(track)) {
            batch.marks.push_back(track.written);
            continue;
        }
        track.overlay.collect(batch);
        track.mark.rows = static_cast<std::uint64_t>(static_cast<std::int64_t>(track.written.rows) +
                                                     track.overlay.counted);
        batch.marks.push_back(track.mark);
    }
    if (auto written = store_.write(batch); !written) return written;
    dropped_.clear();
    for (auto& track : tracks_) {
        if (is_away(track)) continue;
        track.overlay.clear();
        track.written = track.mark;
        track.overlay.fresh = track.overlay.fresh && track.mark.position == 0;
    }
    return {};
}

std::expected<std::size_t, Fault> Projector::step(Which which, std::size_t limit) {
    const auto from = edge(which);
    if (!from) return 0;
    const auto left = next_stop(*from).number - std::min(from->number, next_stop(*from).number);
    const auto batch = read(*from, std::min(limit, static_cast<std::size_t>(left)));
    apply(batch, tracks_at(*from));
    if (auto written = write(); !written) return std::unexpected(written.error());
    return batch.size();
}

// Reads and decodes ahead of who takes the batches, up to the last position or the first record
// that cannot be read.
Ahead<Projector::Batch> Projector::batches(Position after, Position last) const {
    return {rush_queue, [this, at = after, last, good = true]() mutable -> std::optional<Batch> {
                if (at >= last || !good) return std::nullopt;
                const auto left = static_cast<std::size_t>(last.number - at.number);
                auto batch = read(at, std::min(rush_batch, left));
                at.number += batch.size();
                good = !batch.empty() && batch.back().record.has_value();
                if (batch.empty()) return std::nullopt;
                return batch;
            }};
}

std::expected<void, Fault> Projector::rush(Which which, const std::function<bool()>& wrote) {
    const auto from = edge(which);
    if (!from) return {};
    store_.bulk(true);
    auto moving = tracks_at(*from);
    std::expected<void, Fault> result;
    {
        auto at = *from;
        auto ahead = batches(at, next_stop(at));
        while (const auto batch = ahead.take()) {
            apply_at_once(*batch, moving);
            at.number += batch->size();
            std::size_t held = 0;
            for (const auto* track : moving)
                held += track->overlay.bytes();
            if (held < rush_bytes) continue;
            if (result = write(); !result || !wrote()) break;
            moving = tracks_at(at);  // A write ends the tracks whose place was taken.
        }
    }
    if (result) result = write();
    store_.bulk(false);
    wrote();
    return result;
}

}  // namespace muster::views
