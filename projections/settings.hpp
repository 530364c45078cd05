// The settings as they are: GET /v1/settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/json.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// What holds before anybody changed anything.
struct SettingsRow {
    Switch client_registration = Switch::on;          // Rule R1.
    Switch client_area_user_management = Switch::on;  // Rule I28.
    std::uint64_t version{};                          // Of the settings' stream.
    Switch email_verification = Switch::off;          // Rule V1.
    std::vector<std::string> locked_profile_fields, required_account_fields;
    std::optional<std::uint32_t> invitations_per_account_hour = 100;  // Rule I30.
    std::optional<std::uint32_t> prune_after_months;
    Switch delete_users = Switch::off;
    std::optional<std::uint32_t> deactivate_after_months;
    std::uint32_t log_key = 1;  // Not shown.

    bool operator==(const SettingsRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("client_registration", self.client_registration)(
            "client_area_user_management", self.client_area_user_management)(
            "version", self.version)("email_verification", self.email_verification)(
            "locked_profile_fields", self.locked_profile_fields)("required_account_fields",
                                                                 self.required_account_fields)(
            "invitations_per_account_hour", self.invitations_per_account_hour)(
            "prune_after_months", self.prune_after_months)("delete_users", self.delete_users)(
            "deactivate_after_months", self.deactivate_after_months)("log_key", self.log_key);
    }
};

struct Settings {
    static constexpr std::string_view name = "settings";
    static constexpr int version = 3;
    static constexpr std::uint8_t number = 9;

    static void on(const RegistrationSwitched& event, const At& at, Rows& rows);
    static void on(const UserManagementSwitched& event, const At& at, Rows& rows);
    static void on(const EmailVerificationSwitched& event, const At& at, Rows& rows);
    static void on(const ProfileFieldsLocked& event, const At& at, Rows& rows);
    static void on(const AccountFieldsRequired& event, const At& at, Rows& rows);
    static void on(const InvitationsLimited& event, const At& at, Rows& rows);
    static void on(const RetentionChanged& event, const At& at, Rows& rows);
    static void on(const LogKeyRotated& event, const At& at, Rows& rows);
    static void on(const RetentionRunStarted& event, const At& at, Rows& rows);
    static void on(const RetentionRunEnded& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

SettingsRow settings(const Reading& reading);
void write_settings(JsonWriter& out, const SettingsRow& settings);

}  // namespace muster::views
