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

SettingsRow settings(const Reading& reading) {
    return find<SettingsTable>(reading).value_or(SettingsRow{});
}

// What cannot be switched yet is written as it is.
void write_settings(JsonWriter& out, const SettingsRow& settings) {
    out.begin_object();
    out.key("client_registration").boolean(settings.client_registration == Switch::on);
    out.key("client_area_user_management")
        .boolean(settings.client_area_user_management == Switch::on);
    out.key("email_verification").boolean(false);
    out.key("locked_profile_fields").begin_array().end_array();
    out.key("required_account_fields").begin_array().end_array();
    out.key("limits").begin_object().key("invitations_per_account_hour").null().end_object();
    out.key("retention").begin_object();
    out.key("prune_after_months").null();
    out.key("delete_users").boolean(false);
    out.key("deactivate_after_months").null();
    out.end_object().end_object();
}

}  // namespace muster::views
