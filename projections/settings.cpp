#include "projections/settings.hpp"

namespace muster::views {
namespace {

//   's' -> SettingsRow
using SettingsTable = Table<Settings, 's', Counted::yes, Walked::no, SettingsRow>;

void change_settings(const At& at, Rows& rows, auto&& change) {
    auto row = rows.find<SettingsTable>();
    if (!row) {
        row.emplace();
        rows.insert<SettingsTable>(*row);
    }
    change(*row);
    for (const auto& [stream, version] : at.streams) {
        if (stream.kind == StreamKind::settings) row->version = version;
    }
    rows.replace<SettingsTable>(*row);
}

}  // namespace

void Settings::on(const RegistrationSwitched& event, const At& at, Rows& rows) {
    change_settings(at, rows,
                    [&](SettingsRow& row) { row.client_registration = event.client_registration; });
}

void Settings::on(const UserManagementSwitched& event, const At& at, Rows& rows) {
    change_settings(at, rows, [&](SettingsRow& row) {
        row.client_area_user_management = event.client_area_user_management;
    });
}

void Settings::on(const EmailVerificationSwitched& event, const At& at, Rows& rows) {
    change_settings(at, rows,
                    [&](SettingsRow& row) { row.email_verification = event.email_verification; });
}

void Settings::on(const ProfileFieldsLocked& event, const At& at, Rows& rows) {
    change_settings(at, rows, [&](SettingsRow& row) { row.locked_profile_fields = event.locked; });
}

void Settings::on(const AccountFieldsRequired& event, const At& at, Rows& rows) {
    change_settings(at, rows,
                    [&](SettingsRow& row) { row.required_account_fields = event.required; });
}

void Settings::on(const InvitationsLimited& event, const At& at, Rows& rows) {
    change_settings(at, rows, [&](SettingsRow& row) {
        row.invitations_per_account_hour = event.per_account_hour;
    });
}

void Settings::on(const RetentionChanged& event, const At& at, Rows& rows) {
    change_settings(at, rows, [&](SettingsRow& row) {
        row.prune_after_months = event.prune_after_months;
        row.delete_users = event.delete_users;
        row.deactivate_after_months = event.deactivate_after_months;
    });
}

void Settings::on(const LogKeyRotated& event, const At& at, Rows& rows) {
    change_settings(at, rows, [&](SettingsRow& row) { row.log_key = event.number; });
}
void Settings::on(const RetentionRunStarted&, const At& at, Rows& rows) {
    change_settings(at, rows, [](SettingsRow&) {});  // The stream's version moves.
}
void Settings::on(const RetentionRunEnded&, const At& at, Rows& rows) {
    change_settings(at, rows, [](SettingsRow&) {});
}

SettingsRow settings(const Reading& reading) {
    return find<SettingsTable>(reading).value_or(SettingsRow{});
}

void write_settings(JsonWriter& out, const SettingsRow& settings) {
    const auto on = [&](std::string_view name, Switch value) {
        out.key(name).boolean(value == Switch::on);
    };
    const auto texts = [&](std::string_view name, const std::vector<std::string>& values) {
        out.key(name).begin_array();
        for (const auto& value : values)
            out.text(value);
        out.end_array();
    };
    const auto number = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
        out.key(name);
        if (value) {
            out.number(std::uint64_t{*value});
        } else {
            out.null();
        }
    };
    out.begin_object();
    on("client_registration", settings.client_registration);
    on("client_area_user_management", settings.client_area_user_management);
    on("email_verification", settings.email_verification);
    texts("locked_profile_fields", settings.locked_profile_fields);
    texts("required_account_fields", settings.required_account_fields);
    out.key("limits").begin_object();
    number("invitations_per_account_hour", settings.invitations_per_account_hour);
    out.end_object();
    out.key("retention").begin_object();
    number("prune_after_months", settings.prune_after_months);
    on("delete_users", settings.delete_users);
    number("deactivate_after_months", settings.deactivate_after_months);
    out.end_object().end_object();
}

}  // namespace muster::views
