// The settings as they are: GET /v1/settings.
#pragma once

#include <cstdint>
#include <string_view>

#include "events/event.hpp"
#include "events/json.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// What holds before anybody changed anything.
struct SettingsRow {
    Switch client_registration = Switch::on;          // Rule R1.
    Switch client_area_user_management = Switch::on;  // Rule I28.
    std::uint64_t version{};                          // Of the settings' stream.

    bool operator==(const SettingsRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("client_registration", self.client_registration)(
            "client_area_user_management", self.client_area_user_management)("version",
                                                                             self.version);
    }
};

struct Settings {
    static constexpr std::string_view name = "settings";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 9;

    static void on(const RegistrationSwitched& event, const At& at, Rows& rows);
    static void on(const UserManagementSwitched& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

SettingsRow settings(const Reading& reading);
void write_settings(JsonWriter& out, const SettingsRow& settings);

}  // namespace muster::views
