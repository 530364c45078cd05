// The settings of the whole server.
#pragma once

#include <optional>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

struct Settings {
    static constexpr auto kind = StreamKind::settings;
    using Key = SettingsKey;

    SettingsKey id;
    Switch client_registration = Switch::on;          // Rule R1.
    Switch client_area_user_management = Switch::on;  // Rule I28.

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("client_registration", self.client_registration)(
            "client_area_user_management", self.client_area_user_management);
    }
};

// Absent is unchanged.
struct ChangeSettings {
    std::optional<Switch> client_registration, client_area_user_management;
};

Decision when(const Settings& settings, const ChangeSettings& command);

void apply(Settings& settings, const RegistrationSwitched& event);
void apply(Settings& settings, const UserManagementSwitched& event);

}  // namespace muster
