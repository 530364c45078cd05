// Admins and API keys: GET /v1/admins, GET /v1/api-keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct AdminRow {
    AdminId id;
    std::string name, email;
    Role role{};
    Time created_at;
    SessionId ends_below, kept;  // Sessions with lower numbers have ended, but for the one kept.

    bool counts(SessionId session) const { return session >= ends_below || session == kept; }
    bool operator==(const AdminRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("name", self.name)("email", self.email)("role", self.role)(
            "created_at", self.created_at)("ends_below", self.ends_below)("kept", self.kept);
    }
};

// Revoked ones are kept for what they did.
struct ApiKeyRow {
    ApiKeyId id;
    std::string name;
    Role role{};
    std::vector<std::string> allowed_ips;
    Time created_at;
    bool revoked{};

    bool operator==(const ApiKeyRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("name", self.name)("role", self.role)(
            "allowed_ips", self.allowed_ips)("created_at", self.created_at)("revoked",
                                                                            self.revoked);
    }
};

struct Staff {
    static constexpr std::string_view name = "staff";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 8;

    static void on(const AdminCreated& event, const At& at, Rows& rows);
    static void on(const AdminRenamed& event, const At& at, Rows& rows);
    static void on(const AdminEmailChanged& event, const At& at, Rows& rows);
    static void on(const RoleAssigned& event, const At& at, Rows& rows);
    static void on(const AdminPasswordChanged& event, const At& at, Rows& rows);
    static void on(const AdminDeleted& event, const At& at, Rows& rows);
    static void on(const ApiKeyCreated& event, const At& at, Rows& rows);
    static void on(const ApiKeyRevoked& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<AdminRow> find_admin(const Reading& reading, AdminId admin);
std::optional<ApiKeyRow> find_api_key(const Reading& reading, ApiKeyId api_key);

// In the order of their ids; API keys without the revoked ones.
Paged<AdminRow> list_admins(const Reading& reading, const PageRequest& page);
Paged<ApiKeyRow> list_api_keys(const Reading& reading, const PageRequest& page);

// {id, name, email, role}; {id, name, role, allowed_ips, created_at}.
void write_admin(JsonWriter& out, const AdminRow& admin);
// {id, name}; the name of who was deleted is "deleted admin #7".
void write_admin_name(JsonWriter& out, const Reading& reading, AdminId admin);
void write_api_key(JsonWriter& out, const ApiKeyRow& api_key);

}  // namespace muster::views
