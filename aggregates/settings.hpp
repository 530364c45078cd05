// The settings of the whole server.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

constexpr std::uint32_t most_retention_months = 1200;

// What becomes of accounts that nobody uses. Absent months are off. Rules X11 to X15.
struct Retention {
    std::optional<std::uint32_t> prune_after_months;
    Switch delete_users{};
    std::optional<std::uint32_t> deactivate_after_months;

    bool operator==(const Retention&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("prune_after_months", self.prune_after_months)(
            "delete_users", self.delete_users)("deactivate_after_months",
                                               self.deactivate_after_months);
    }
};

struct Settings {
    static constexpr auto kind = StreamKind::settings;
    using Key = SettingsKey;

    SettingsKey id;
    Switch client_registration = Switch::on;                          // Rule R1.
    Switch client_area_user_management = Switch::on;                  // Rule I28.
    Switch email_verification = Switch::off;                          // Rule V1.
    std::set<std::string> locked_profile_fields;                      // Rule L13.
    std::set<std::string> required_account_fields;                    // Rule R8.
    std::optional<std::uint32_t> invitations_per_account_hour = 100;  // Rule I30.
    Retention retention;
    std::uint32_t log_key = 1;  // The number of the one that signs the log's heads.

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("client_registration", self.client_registration)(
            "client_area_user_management", self.client_area_user_management)(
            "email_verification", self.email_verification)(
            "locked_profile_fields", self.locked_profile_fields)("required_account_fields",
                                                                 self.required_account_fields)(
            "invitations_per_account_hour", self.invitations_per_account_hour)(
            "retention", self.retention)("log_key", self.log_key);
    }
};

// Absent is unchanged; an absent number within is "off".
struct ChangeSettings {
    using Number = std::optional<std::uint32_t>;

    std::optional<Switch> client_registration{}, client_area_user_management{},
        email_verification{};
    std::optional<std::set<std::string>> locked_profile_fields{}, required_account_fields{};
    std::optional<Number> invitations_per_account_hour{};
    std::optional<Number> prune_after_months{};
    std::optional<Switch> delete_users{};
    std::optional<Number> deactivate_after_months{};
};

// Another key signs from here on; what older ones signed stays as it is.
struct RotateLogKey {};

// Of the account's profile but for the notes, which are staff's own; and the user's language, where
// a field may be locked. A user's names and address go by the same names as the account's.
bool is_profile_field(std::string_view name);
bool is_lockable_field(std::string_view name);

Decision when(const Settings& settings, const ChangeSettings& command);
Decision when(const Settings& settings, const RotateLogKey& command);
// What retention is, once this is changed.
Retention changed(const Retention& retention, const ChangeSettings& command);

// What a user wants to record, who may not change what is locked. Rule L13.
std::optional<Error> refuse_locked(const Settings& settings, const Events& events);
// A profile without what is required. Rule R8.
enum class ProfileAt : std::uint8_t { top, account };  // Where in the body it stands.
std::optional<Error> refuse_missing(const Settings& settings, const Profile& profile,
                                    ProfileAt place = ProfileAt::top);
// A change that takes away what is required.
std::optional<Error> refuse_missing(const Settings& settings, const Events& events);

void apply(Settings& settings, const RegistrationSwitched& event);
void apply(Settings& settings, const UserManagementSwitched& event);
void apply(Settings& settings, const EmailVerificationSwitched& event);
void apply(Settings& settings, const ProfileFieldsLocked& event);
void apply(Settings& settings, const AccountFieldsRequired& event);
void apply(Settings& settings, const InvitationsLimited& event);
void apply(Settings& settings, const RetentionChanged& event);
void apply(Settings& settings, const LogKeyRotated& event);
void apply(Settings& settings, const SubjectForgotten& event);
// What was asked for once, and what came of it, decides nothing afterwards.
void apply(Settings& settings, const RetentionRunStarted& event);
void apply(Settings& settings, const RetentionRunEnded& event);

}  // namespace muster
