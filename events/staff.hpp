// What happens to staff: the admins and the API keys, which share one stream, so that "the last
// administrator" and "one address, one admin" are decisions over one aggregate.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/personal.hpp"
#include "events/second_factor.hpp"
#include "events/user.hpp"

namespace muster {

// The order is stored: append, never insert.
enum class Role : std::uint8_t { administrator, operator_, auditor };
constexpr std::string_view to_text(Role role) {
    constexpr std::string_view names[]{"administrator", "operator", "auditor"};
    return names[static_cast<std::size_t>(role)];
}
constexpr bool valid(Role role) { return role <= Role::auditor; }

struct StaffMember {
    std::string name, email;

    bool operator==(const StaffMember&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("name", self.name)("email", self.email);
    }
};

struct AdminCreated {
    static constexpr EventType type{"staff.admin_created", 1};

    AdminId admin;
    Mention<EmailKey> address;  // Unique among admins; a user may have the same.
    Personal<AdminId, StaffMember> member;
    Role role;
    std::uint32_t password;  // Number of the password in the vault; 0 is none yet.

    bool operator==(const AdminCreated&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("admin", self.admin)("address", self.address)("member", self.member)(
            "role", self.role)("password", self.password);
    }
};

struct StaffName {
    std::string name;

    bool operator==(const StaffName&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("name", self.name); }
};

struct AdminRenamed {
    static constexpr EventType type{"staff.admin_renamed", 1};

    AdminId admin;
    Personal<AdminId, StaffName> name;

    bool operator==(const AdminRenamed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("admin", self.admin)("name", self.name);
    }
};

struct AdminEmailChanged {
    static constexpr EventType type{"staff.admin_email_changed", 1};

    AdminId admin;
    Mention<EmailKey> taken;
    Personal<AdminId, Address> address;

    bool operator==(const AdminEmailChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("admin", self.admin)("taken", self.taken)("address", self.address);
    }
};

struct RoleAssigned {
    static constexpr EventType type{"staff.role_assigned", 1};

    AdminId admin;
    Role role;

    bool operator==(const RoleAssigned&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("admin", self.admin)("role", self.role);
    }
};

// Ends the admin's sessions with lower numbers than `ends_below`, but for the one that is kept.
struct AdminPasswordChanged {
    static constexpr EventType type{"staff.admin_password_changed", 1};

    AdminId admin;
    std::uint32_t password;  // Number of the new one; the old one is overwritten.
    Mention<SessionId> ends_below;
    std::optional<Mention<SessionId>> keeps;

    bool operator==(const AdminPasswordChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("admin", self.admin)("password", self.password)("ends_below", self.ends_below)(
            "keeps", self.keeps);
    }
};

// Ends every session of the admin's.
struct AdminDeleted {
    static constexpr EventType type{"staff.admin_deleted", 1};

    AdminId admin;

    bool operator==(const AdminDeleted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("admin", self.admin); }
};

struct ApiKeyCreated {
    static constexpr EventType type{"staff.api_key_created", 1};

    ApiKeyId api_key;
    std::string name;
    Role role;
    std::vector<std::string>
        allowed_ips;  // Addresses or CIDR networks (RFC 4632, RFC 4291); empty is any.

    bool operator==(const ApiKeyCreated&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("api_key", self.api_key)("name", self.name)("role", self.role)(
            "allowed_ips", self.allowed_ips);
    }
};

struct ApiKeyRevoked {
    static constexpr EventType type{"staff.api_key_revoked", 1};

    ApiKeyId api_key;

    bool operator==(const ApiKeyRevoked&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("api_key", self.api_key);
    }
};

using StaffEvent =
    std::variant<AdminCreated, AdminRenamed, AdminEmailChanged, RoleAssigned, AdminPasswordChanged,
                 SecondFactorStarted<AdminId>, SecondFactorEnabled<AdminId>,
                 SecondFactorDisabled<AdminId>, SecondFactorUsed<AdminId>,
                 RecoveryCodeUsed<AdminId>, AdminDeleted, ApiKeyCreated, ApiKeyRevoked>;

}  // namespace muster
