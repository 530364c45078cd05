#include "projections/rebuild.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "projections/projector.hpp"

namespace muster::views {
namespace {

using Which = Projector::Which;

std::expected<void, Fault> run_to_head(Projector& projector,
                                       const std::function<void(Position, Position)>& progress) {
    const auto wrote = [&] {
        if (progress)
            progress(projector.edge(Which::behind).value_or(Position{}), projector.head());
        return true;
    };
    while (true) {
        const auto behind = projector.edge(Which::behind);
        if (!behind || *behind >= projector.head()) break;
        if (auto done = projector.rush(Which::behind, wrote); !done) return done;
    }
    if (auto settled = projector.settle(); !settled) return settled;
    for (const auto& track : projector.tracks()) {
        if (track.stopped())
            return std::unexpected(Fault{
                Fault::Kind::damaged, fmt::format("view {}: {}", track.view->name, track.error)});
    }
    return {};
}

// The rows of one generation in order, lists position by position.
class RowsInOrder {
public:
    RowsInOrder(const Reading& reading, const Mark& mark, bool lists)
        : walk_(reading.walk({static_cast<char>(mark.view), static_cast<char>(mark.generation)})),
          lists_(lists) {
        load(walk_.first());
    }
    bool valid() const { return valid_; }
    const std::string& key() const { return key_; }
    const std::string& value() const { return value_; }
    void next() {
        if (value_left_ == 0) return load(walk_.next());
        Reader gaps{walk_.value().substr(walk_.value().size() - value_left_)};
        position_ += gaps.varint();
        value_left_ = gaps.ok() ? gaps.left() : 0;
        place();
    }

private:
    void load(bool found) {
        valid_ = found;
        if (!found) return;
        key_ = walk_.rest();
        value_ = lists_ ? std::string{} : std::string{walk_.value()};
        if (!lists_ || key_.size() < 8) return;
        position_ = Reader{std::string_view{key_}.substr(key_.size() - 8)}.fixed64();
        value_left_ = walk_.value().size();
    }
    void place() {
        key_.resize(key_.size() - 8);
        Writer{key_}.fixed64(position_);
    }

    Walk walk_;
    bool lists_;
    bool valid_ = false;
    std::string key_, value_;
    std::uint64_t position_ = 0;
    std::size_t value_left_ = 0;  // Of a list's gaps.
};

void compare_view(const View& view, const Reading& stored, const Reading& fresh, std::size_t limit,
                  std::vector<Difference>& found) {
    const auto differs = [&](std::string_view what, const std::string& key) {
        found.push_back({std::string{view.name}, fmt::format("{}: {}", what, to_hex(key))});
    };
    RowsInOrder one{stored, *stored.serving(view.number), view.keeps_lists};
    RowsInOrder other{fresh, *fresh.serving(view.number), view.keeps_lists};
    while ((one.valid() || other.valid()) && found.size() < limit) {
        if (!other.valid() || (one.valid() && one.key() < other.key())) {
            differs("only stored", one.key());
            one.next();
        } else if (!one.valid() || other.key() < one.key()) {
            differs("only fresh", other.key());
            other.next();
        } else {
            if (one.value() != other.value()) differs("differs", one.key());
            one.next();
            other.next();
        }
    }
    const auto rows = stored.serving(view.number)->rows;
    if (rows != fresh.serving(view.number)->rows && found.size() < limit)
        found.push_back({std::string{view.name}, fmt::format("counts {} rows", rows)});
}

}  // namespace

std::expected<void, Fault> rebuild(const Log& log, Keyring& keyring, ViewStore& store,
                                   const std::function<void(Position, Position)>& progress,
                                   std::span<const View> views) {
    Projector projector{log, keyring, store, views};
    for (const auto& view : views)
        projector.start_over(view.name);
    return run_to_head(projector, progress);
}

std::expected<void, Fault> catch_up(const Log& log, Keyring& keyring, ViewStore& store,
                                    std::span<const View> views) {
    Projector projector{log, keyring, store, views};
    return run_to_head(projector, {});
}

std::expected<std::vector<Difference>, Fault> compare(const Log& log, Keyring& keyring,
                                                      const ViewStore& stored, ViewStore& fresh,
                                                      std::size_t limit,
                                                      std::span<const View> views) {
    const auto then = stored.now();
    std::multimap<Position, const View*> by_position;
    for (const auto& view : views) {
        const auto* mark = then.serving(view.number);
        if (mark != nullptr && mark->version == static_cast<std::uint32_t>(view.version))
            by_position.emplace(Position{mark->position}, &view);
    }
    std::vector<Difference> found;
    Projector projector{log, keyring, fresh, views};
    for (const auto& [position, view] : by_position) {
        if (position > log.head()) {
            found.push_back({std::string{view->name}, "is ahead of the log"});
            continue;
        }
        projector.hold_at(position);
        if (auto built = run_to_head(projector, {}); !built) return std::unexpected(built.error());
        const auto now = fresh.now();
        compare_view(*view, then, now, limit, found);
        for (const auto* reading : {&then, &now}) {
            if (reading->fault()) return std::unexpected(*reading->fault());
        }
    }
    return found;
}

}  // namespace muster::views
