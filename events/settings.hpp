// What happens to the settings: one event for each kind of change.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "events/event_type.hpp"

namespace muster {

enum class Switch : std::uint8_t { off, on };
constexpr std::string_view to_text(Switch value) { return value == Switch::on ? "on" : "off"; }
constexpr bool valid(Switch value) { return value <= Switch::on; }

// The one key of the one settings stream: a field of this type puts an event into it.
struct SettingsKey {
    auto operator<=>(const SettingsKey&) const = default;
};

struct RegistrationSwitched {
    static constexpr EventType type{"settings.registration_switched", 1};

    SettingsKey settings;
    Switch client_registration;

    bool operator==(const RegistrationSwitched&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("client_registration", self.client_registration);
    }
};

struct UserManagementSwitched {
    static constexpr EventType type{"settings.user_management_switched", 1};

    SettingsKey settings;
    Switch client_area_user_management;

    bool operator==(const UserManagementSwitched&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("client_area_user_management",
                                                self.client_area_user_management);
    }
};

using SettingsEvent = std::variant<RegistrationSwitched, UserManagementSwitched>;

}  // namespace muster
