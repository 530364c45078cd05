// What happens to the settings: one event for each kind of change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/event_type.hpp"
#include "events/personal.hpp"

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

struct EmailVerificationSwitched {
    static constexpr EventType type{"settings.email_verification_switched", 1};

    SettingsKey settings;
    Switch email_verification;

    bool operator==(const EmailVerificationSwitched&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("email_verification", self.email_verification);
    }
};

// The whole list, by the fields' names: what is not in it can be edited again.
struct ProfileFieldsLocked {
    static constexpr EventType type{"settings.profile_fields_locked", 1};

    SettingsKey settings;
    std::vector<std::string> locked;

    bool operator==(const ProfileFieldsLocked&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("fields", self.locked);
    }
};

struct AccountFieldsRequired {
    static constexpr EventType type{"settings.account_fields_required", 1};

    SettingsKey settings;
    std::vector<std::string> required;

    bool operator==(const AccountFieldsRequired&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("fields", self.required);
    }
};

struct InvitationsLimited {
    static constexpr EventType type{"settings.invitations_limited", 1};

    SettingsKey settings;
    std::optional<std::uint32_t> per_account_hour;  // Absent: no limit.

    bool operator==(const InvitationsLimited&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("per_account_hour", self.per_account_hour);
    }
};

// Absent months are off.
struct RetentionChanged {
    static constexpr EventType type{"settings.retention_changed", 1};

    SettingsKey settings;
    std::optional<std::uint32_t> prune_after_months;
    Switch delete_users;
    std::optional<std::uint32_t> deactivate_after_months;

    bool operator==(const RetentionChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("prune_after_months", self.prune_after_months)(
            "delete_users", self.delete_users)("deactivate_after_months",
                                               self.deactivate_after_months);
    }
};

// Whoever did it had retention done at once, with what was set then. What System does a day without
// being asked has no such event.
struct RetentionRunStarted {
    static constexpr EventType type{"retention.run_started", 1};

    SettingsKey settings;
    std::optional<std::uint32_t> prune_after_months;
    Switch delete_users;
    std::optional<std::uint32_t> deactivate_after_months;

    bool operator==(const RetentionRunStarted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("prune_after_months", self.prune_after_months)(
            "delete_users", self.delete_users)("deactivate_after_months",
                                               self.deactivate_after_months);
    }
};

// A run that was asked for, or did something.
struct RetentionRunEnded {
    static constexpr EventType type{"retention.run_ended", 1};

    SettingsKey settings;
    std::uint64_t run;  // The position of its start; zero: of the day.
    std::uint32_t accounts_deleted, users_deleted, accounts_deactivated;

    bool operator==(const RetentionRunEnded&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("run", self.run)(
            "accounts_deleted", self.accounts_deleted)("users_deleted", self.users_deleted)(
            "accounts_deactivated", self.accounts_deactivated);
    }
};

// The heads of the log are signed with the key of this number from here on. Its key is derived; the
// first is number 1.
struct LogKeyRotated {
    static constexpr EventType type{"log.key_rotated", 1};

    SettingsKey settings;
    std::uint32_t number;

    bool operator==(const LogKeyRotated&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("number", self.number);
    }
};

// What was forgotten before a backup was restored that still had its key: it goes once more.
struct SubjectForgotten {
    static constexpr EventType type{"log.subject_forgotten", 1};

    SettingsKey settings;
    SubjectKind kind;
    std::uint64_t number;

    bool operator==(const SubjectForgotten&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("settings", self.settings)("kind", self.kind)("number", self.number);
    }
};

using SettingsEvent =
    std::variant<RegistrationSwitched, UserManagementSwitched, EmailVerificationSwitched,
                 ProfileFieldsLocked, AccountFieldsRequired, InvitationsLimited, RetentionChanged,
                 RetentionRunStarted, RetentionRunEnded, LogKeyRotated, SubjectForgotten>;

}  // namespace muster
