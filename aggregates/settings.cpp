#include "aggregates/settings.hpp"

#include <algorithm>
#include <array>

namespace muster {
namespace {

constexpr Error profile_locked =
    forbidden("profile.locked", "This field has been locked; ask the staff to change it.");
constexpr Error field_required = invalid("request.invalid", "This field is required.", "");

// Of the account's profile, and at the end what only a user has. Each as a pointer into a body that
// has the profile in an object of its own; without the first part, into one that is the profile.
constexpr std::array<std::string_view, 13> pointers{
    "/account/company_name", "/account/first_name", "/account/last_name", "/account/email",
    "/account/phone",        "/account/address1",   "/account/address2",  "/account/city",
    "/account/state",        "/account/postcode",   "/account/country",   "/account/tax_id",
    "/account/language"};
constexpr std::size_t first_part = std::string_view{"/account"}.size();

constexpr std::string_view pointer_of(std::string_view name) {
    for (const auto pointer : pointers) {
        if (pointer.substr(first_part + 1) == name) return pointer;
    }
    return {};
}

Error about(Error error, std::string_view field, ProfileAt place = ProfileAt::top) {
    error.pointer = pointer_of(field).substr(place == ProfileAt::top ? first_part : 0);
    return error;
}

// Calls visit(name, value) for each field that an event changes.
void for_changed(const Event& event, auto&& visit) {
    const auto of = [&](const auto& change) {
        for_each_field(change, [&](std::string_view name, const auto& value) {
            if (value) visit(name, *value);
        });
    };
    if (const auto* e = std::get_if<ProfileChanged>(&event); e && e->profile.value)
        of(*e->profile.value);
    if (const auto* e = std::get_if<UserRenamed>(&event); e && e->name.value) of(*e->name.value);
    if (const auto* e = std::get_if<EmailChanged>(&event); e && e->address.value)
        visit("email", e->address.value->email);
    if (const auto* e = std::get_if<LanguageChosen>(&event)) visit("language", e->language);
}

std::vector<std::string> listed(const std::set<std::string>& names) {
    return {names.begin(), names.end()};
}

}  // namespace

bool is_profile_field(std::string_view name) {
    return is_lockable_field(name) && name != "language";
}
bool is_lockable_field(std::string_view name) { return !pointer_of(name).empty(); }

Decision when(const Settings& settings, const ChangeSettings& command) {
    Events events;
    // Records the event where what is wanted is not so already.
    const auto want = [&](const auto& wanted, const auto& present, auto&& event) {
        if (wanted && *wanted != present) events.emplace_back(event(*wanted));
    };
    want(command.client_registration, settings.client_registration,
         [](Switch on) { return RegistrationSwitched{{}, on}; });
    want(command.client_area_user_management, settings.client_area_user_management,
         [](Switch on) { return UserManagementSwitched{{}, on}; });
    want(command.email_verification, settings.email_verification,
         [](Switch on) { return EmailVerificationSwitched{{}, on}; });
    want(command.locked_profile_fields, settings.locked_profile_fields,
         [](const auto& names) { return ProfileFieldsLocked{{}, listed(names)}; });
    want(command.required_account_fields, settings.required_account_fields,
         [](const auto& names) { return AccountFieldsRequired{{}, listed(names)}; });
    want(command.invitations_per_account_hour, settings.invitations_per_account_hour,
         [](const auto& limit) { return InvitationsLimited{{}, limit}; });

    const std::optional wanted{changed(settings.retention, command)};
    want(wanted, settings.retention, [](const Retention& retention) {
        return RetentionChanged{{},
                                retention.prune_after_months,
                                retention.delete_users,
                                retention.deactivate_after_months};
    });
    return events;
}

Decision when(const Settings& settings, const RotateLogKey&) {
    return Events{LogKeyRotated{{}, settings.log_key + 1}};
}

Retention changed(const Retention& retention, const ChangeSettings& command) {
    return {command.prune_after_months.value_or(retention.prune_after_months),
            command.delete_users.value_or(retention.delete_users),
            command.deactivate_after_months.value_or(retention.deactivate_after_months)};
}

std::optional<Error> refuse_locked(const Settings& settings, const Events& events) {
    std::optional<Error> error;
    for (const auto& event : events) {
        for_changed(event, [&](std::string_view name, const std::string&) {
            if (settings.locked_profile_fields.contains(std::string{name}))
                error = about(profile_locked, name);
        });
    }
    return error;
}

std::optional<Error> refuse_missing(const Settings& settings, const Profile& profile,
                                    ProfileAt place) {
    std::optional<Error> error;
    for_each_field(profile, [&](std::string_view name, const std::string& value) {
        if (!error && value.empty() && settings.required_account_fields.contains(std::string{name}))
            error = about(field_required, name, place);
    });
    return error;
}

std::optional<Error> refuse_missing(const Settings& settings, const Events& events) {
    std::optional<Error> error;
    for (const auto& event : events) {
        if (!std::holds_alternative<ProfileChanged>(event)) continue;
        for_changed(event, [&](std::string_view name, const std::string& value) {
            if (value.empty() && settings.required_account_fields.contains(std::string{name}))
                error = about(field_required, name);
        });
    }
    return error;
}

void apply(Settings& settings, const RegistrationSwitched& event) {
    settings.client_registration = event.client_registration;
}
void apply(Settings& settings, const UserManagementSwitched& event) {
    settings.client_area_user_management = event.client_area_user_management;
}
void apply(Settings& settings, const EmailVerificationSwitched& event) {
    settings.email_verification = event.email_verification;
}
void apply(Settings& settings, const ProfileFieldsLocked& event) {
    settings.locked_profile_fields = {event.locked.begin(), event.locked.end()};
}
void apply(Settings& settings, const AccountFieldsRequired& event) {
    settings.required_account_fields = {event.required.begin(), event.required.end()};
}
void apply(Settings& settings, const InvitationsLimited& event) {
    settings.invitations_per_account_hour = event.per_account_hour;
}
void apply(Settings& settings, const RetentionChanged& event) {
    settings.retention = {event.prune_after_months, event.delete_users,
                          event.deactivate_after_months};
}
void apply(Settings& settings, const LogKeyRotated& event) { settings.log_key = event.number; }
void apply(Settings&, const SubjectForgotten&) {}  // It is the vault's.
void apply(Settings&, const RetentionRunStarted&) {}
void apply(Settings&, const RetentionRunEnded&) {}

}  // namespace muster
