// The permanent name and the version of an event. Both are stored; neither ever changes.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster {

struct EventType {
    std::string_view name;  // Dotted, lower case: "account.opened".
    std::uint32_t version;
    auto operator<=>(const EventType&) const = default;
};

}  // namespace muster
