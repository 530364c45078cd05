#include "projections/rebuild.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "events/text.hpp"
#include "projections/comparison.hpp"
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

std::string told(const RowDifference& row) {
    constexpr std::string_view words[]{"only stored", "only fresh", "differs"};
    return fmt::format("{}: {}", words[static_cast<std::size_t>(row.what)], to_hex(row.key));
}

void compare_view(const View& view, const Reading& stored, const Reading& fresh, std::size_t limit,
                  std::vector<Difference>& found) {
    const auto& old = *stored.serving(view.number);
    const auto& now = *fresh.serving(view.number);
    const auto compared =
        compare_rows(view, {stored, old}, {fresh, now}, limit, [] { return true; });
    for (const auto& row : compared.rows) {
        if (found.size() < limit) found.push_back({std::string{view.name}, told(row)});
    }
    if (old.rows != now.rows && found.size() < limit)
        found.push_back({std::string{view.name}, fmt::format("counts {} rows", old.rows)});
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
