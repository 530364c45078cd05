// Staff: the admins and the API keys. They are few, so they are one aggregate.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

struct Staff {
    static constexpr auto kind = StreamKind::staff;
    struct Key {};

    struct Admin {
        EmailKey address;
        Role role{};
        std::uint32_t password{};

        static constexpr auto fields(auto& self, auto&& field) {
            return field("address", self.address)("role", self.role)("password", self.password);
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

    // Zero: nobody.
    AdminId holder_of(const EmailKey& address) const;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("admins", self.admins)("api_keys", self.api_keys);
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
Decision when(const Staff& staff, const CreateApiKey& command);
Decision when(const Staff& staff, const RevokeApiKey& command);

void apply(Staff& staff, const AdminCreated& event);
void apply(Staff& staff, const ApiKeyCreated& event);
void apply(Staff& staff, const ApiKeyRevoked& event);

}  // namespace muster
