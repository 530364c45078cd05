#include "projections/rebuild.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <vector>

#include "tools/commands.hpp"
#include "tools/log_reading.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

// All of them, or the one with this name, or none.
std::vector<views::View> named(std::string_view name) {
    std::vector<views::View> found;
    for (const auto& view : views::all_views()) {
        if (name.empty() || view.name == name) found.push_back(view);
    }
    return found;
}

void tell_names(std::string_view unknown) {
    fmt::print(stderr, "muster: there is no view \"{}\"; there are:", unknown);
    for (const auto& view : views::all_views())
        fmt::print(stderr, " {}", view.name);
    fmt::print(stderr, "\n");
}

}  // namespace

int rebuild(const RebuildOptions& options) {
    const auto views = named(options.view);
    if (views.empty()) {
        tell_names(options.view);
        return 2;
    }
    const auto reading = open_for_reading(options.data, DataFolder::Open::existing);
    if (!reading) return report(reading.error());
    const auto store = views::ViewStore::open(reading->folder.views(), {});
    if (!store) return report(store.error());

    Keyring keyring{*reading->log, reading->folder.keys(), keys_remembered};
    Progress progress{"rebuild"};
    const auto tell = [&](Position position, Position head) {
        progress.at(position.number, head.number);
    };
    const auto built = views::rebuild(*reading->log, keyring, **store, tell, views);
    if (!built) return report(built.error());
    fmt::print("{} {} built up to position {}\n", views.size(),
               views.size() == 1 ? "view" : "views", reading->log->head().number);
    return 0;
}

}  // namespace muster::tools
