// Staff: the admins and the API keys. They are few, so they are one aggregate.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregates/error.hpp"
#include "aggregates/second_factor.hpp"
#include "aggregates/user.hpp"
#include "events/event.hpp"

namespace muster {

struct Staff {
    static constexpr auto kind = StreamKind::staff;
    struct Key {};

    struct Admin {
        EmailKey address;
        Role role{};
        std::uint32_t password{};
        Personal<AdminId, StaffMember> member;
        SecondFactor second_factor;
        SessionId ends_below;  // Sessions with lower numbers have ended, but for the one kept.
        SessionId kept;

        bool counts(SessionId session) const { return session >= ends_below || session == kept; }
        static constexpr auto fields(auto& self, auto&& field) {
            return field("address", self.address)("role", self.role)("password", self.password)(
                "member", self.member)("second_factor", self.second_factor)(
                "ends_below", self.ends_below)("kept", self.kept);
        }
    };
    struct ApiKey {
        Role role{};
        std::vector<std::string> allowed_ips;
        bool revoked{};

        static constexpr auto fields(auto& self, auto&& field) {
            return field("role", self.role)("allowed_ips", self.allowed_ips)("revoked",
                                                                             self.revoked);
        }
    };
    std::map<AdminId, Admin> admins;
    std::map<ApiKeyId, ApiKey> api_keys;
    std::set<AdminId> deleted;

    // Zero: nobody.
    AdminId holder_of(const EmailKey& address) const;
    // Null: there is none.
    const Admin* find(AdminId admin) const;
    bool is_last_administrator(AdminId admin) const;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("admins", self.admins)("api_keys", self.api_keys)("deleted", self.deleted);
    }
};

struct CreateAdmin {
    AdminId admin;
    EmailKey address;
    StaffMember member;
    Role role{};
    std::uint32_t password{};  // 1, or 0 for none yet.
};
// The first admin, an administrator; whoever holds the one-time token makes it.
struct SetUp {
    CreateAdmin admin;
};
// Absent is unchanged.
struct UpdateAdmin {
    AdminId admin;
    std::optional<std::string> name, email;
    EmailKey address{};  // Of the e-mail address.
    std::optional<Role> role;
    bool new_password{};
    SessionId next_session{};         // With a new password: sessions below it end,
    std::optional<SessionId> keep{};  // but for this one.
};
struct DeleteAdmin {
    AdminId admin;
};
struct StartAdminSecondFactor {
    AdminId admin;
    Proof proof;
};
struct ConfirmAdminSecondFactor {
    AdminId admin;
    GivenCode code;
};
struct DisableAdminSecondFactor {
    AdminId admin;
    Proof proof;
};
struct CreateApiKey {
    ApiKeyId api_key;
    std::string name;
    Role role{};
    std::vector<std::string> allowed_ips;
};
struct RevokeApiKey {
    ApiKeyId api_key;
};

Decision when(const Staff& staff, const SetUp& command);
Decision when(const Staff& staff, const CreateAdmin& command);
Decision when(const Staff& staff, const UpdateAdmin& command);
Decision when(const Staff& staff, const DeleteAdmin& command);
Decision when(const Staff& staff, const StartAdminSecondFactor& command);
Decision when(const Staff& staff, const ConfirmAdminSecondFactor& command);
Decision when(const Staff& staff, const DisableAdminSecondFactor& command);
Decision when(const Staff& staff, const CreateApiKey& command);
Decision when(const Staff& staff, const RevokeApiKey& command);

void apply(Staff& staff, const AdminCreated& event);
void apply(Staff& staff, const AdminRenamed& event);
void apply(Staff& staff, const AdminEmailChanged& event);
void apply(Staff& staff, const RoleAssigned& event);
void apply(Staff& staff, const AdminPasswordChanged& event);
void apply(Staff& staff, const SecondFactorStarted<AdminId>& event);
void apply(Staff& staff, const SecondFactorEnabled<AdminId>& event);
void apply(Staff& staff, const SecondFactorDisabled<AdminId>& event);
void apply(Staff& staff, const SecondFactorUsed<AdminId>& event);
void apply(Staff& staff, const RecoveryCodeUsed<AdminId>& event);
void apply(Staff& staff, const AdminDeleted& event);
void apply(Staff& staff, const ApiKeyCreated& event);
void apply(Staff& staff, const ApiKeyRevoked& event);

}  // namespace muster
