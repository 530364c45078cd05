#include "projections/staff.hpp"

#include <fmt/format.h>

#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'a' admin -> AdminRow                        'k' API key -> ApiKeyRow
using AdminTable = Table<Staff, 'a', Counted::yes, Walked::no, AdminRow, AdminId>;
using ApiKeyTable = Table<Staff, 'k', Counted::yes, Walked::no, ApiKeyRow, ApiKeyId>;

template <class T>
Listing<typename T::Row> staff_list(const Reading& reading, char cursor) {
    return {.reading = reading,
            .cursor = cursor,
            .index = index_of<T>(reading),
            .row_of = [&reading](std::string_view, std::string_view value) {
                return decoded<T>(reading, value);
            }};
}

}  // namespace

void Staff::on(const AdminCreated& event, const At& at, Rows& rows) {
    const auto member = event.member.value.value_or(StaffMember{});
    rows.insert<AdminTable>({event.admin, member.name, member.email, event.role, at.time, {}, {}},
                            event.admin);
}

void Staff::on(const AdminRenamed& event, const At&, Rows& rows) {
    rows.change<AdminTable>(
        [&](AdminRow& row) { row.name = event.name.value.value_or(StaffName{}).name; },
        event.admin);
}
void Staff::on(const AdminEmailChanged& event, const At&, Rows& rows) {
    rows.change<AdminTable>(
        [&](AdminRow& row) { row.email = event.address.value.value_or(Address{}).email; },
        event.admin);
}
void Staff::on(const RoleAssigned& event, const At&, Rows& rows) {
    rows.change<AdminTable>([&](AdminRow& row) { row.role = event.role; }, event.admin);
}
void Staff::on(const AdminPasswordChanged& event, const At&, Rows& rows) {
    rows.change<AdminTable>(
        [&](AdminRow& row) {
            row.ends_below = event.ends_below.key;
            row.kept = event.keeps ? event.keeps->key : SessionId{};
        },
        event.admin);
}
void Staff::on(const AdminDeleted& event, const At&, Rows& rows) {
    rows.erase<AdminTable>(event.admin);
}

void Staff::on(const ApiKeyCreated& event, const At& at, Rows& rows) {
    rows.insert<ApiKeyTable>(
        {event.api_key, event.name, event.role, event.allowed_ips, at.time, false}, event.api_key);
}

void Staff::on(const ApiKeyRevoked& event, const At&, Rows& rows) {
    rows.change<ApiKeyTable>([](ApiKeyRow& row) { row.revoked = true; }, event.api_key);
}

std::optional<AdminRow> find_admin(const Reading& reading, AdminId admin) {
    return find<AdminTable>(reading, admin);
}

std::optional<ApiKeyRow> find_api_key(const Reading& reading, ApiKeyId api_key) {
    return find<ApiKeyTable>(reading, api_key);
}

Paged<AdminRow> list_admins(const Reading& reading, const PageRequest& page) {
    return answer(staff_list<AdminTable>(reading, 'M'), page);
}

Paged<ApiKeyRow> list_api_keys(const Reading& reading, const PageRequest& page) {
    auto list = staff_list<ApiKeyTable>(reading, 'K');
    list.test = [](const ApiKeyRow& row) { return !row.revoked; };
    return answer(std::move(list), page);
}

void write_admin(JsonWriter& out, const AdminRow& admin) {
    out.begin_object();
    out.key("id").number(admin.id.number);
    out.key("name").text(admin.name);
    out.key("email").text(admin.email);
    out.key("role").text(to_text(admin.role));
    out.end_object();
}

void write_admin_name(JsonWriter& out, const Reading& reading, AdminId admin) {
    const auto row = find_admin(reading, admin);
    out.begin_object();
    out.key("id").number(admin.number);
    out.key("name").text(row ? row->name : fmt::format("deleted admin #{}", admin.number));
    out.end_object();
}

void write_api_key(JsonWriter& out, const ApiKeyRow& api_key) {
    out.begin_object();
    out.key("id").number(api_key.id.number);
    out.key("name").text(api_key.name);
    out.key("role").text(to_text(api_key.role));
    out.key("allowed_ips").begin_array();
    for (const auto& network : api_key.allowed_ips)
        out.text(network);
    out.end_array();
    out.key("created_at").time(api_key.created_at);
    out.end_object();
}

}  // namespace muster::views
