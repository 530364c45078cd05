// Views built from the log while nobody serves, and compared with those that are stored.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "events/log.hpp"
#include "events/sealing.hpp"
#include "projections/view_store.hpp"
#include "projections/views.hpp"

namespace muster::views {

// Builds these views anew up to the log's head. progress(position, head) is called now and then.
std::expected<void, Fault> rebuild(const Log& log, Keyring& keyring, ViewStore& store,
                                   const std::function<void(Position, Position)>& progress,
                                   std::span<const View> views = all_views());

// Brings all views to the log's head, building only those that need it.
std::expected<void, Fault> catch_up(const Log& log, Keyring& keyring, ViewStore& store,
                                    std::span<const View> views = all_views());

struct Difference {
    std::string view;
    std::string what;  // "only stored", "only fresh" or "differs", with the row's key in hex.
};
// What differs between stored views and fresh ones, each view at its own stored position; at most
// `limit` of them. `fresh` is an empty store to build in.
std::expected<std::vector<Difference>, Fault> compare(const Log& log, Keyring& keyring,
                                                      const ViewStore& stored, ViewStore& fresh,
                                                      std::size_t limit = 100,
                                                      std::span<const View> views = all_views());

}  // namespace muster::views
