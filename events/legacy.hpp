// What was taken over from a legacy system, in which a client was an account and its one user at
// once. Each event stands behind those that made the thing, in the same commit: whoever reads an
// account or a user finds where it comes from and since when it is there. Rules M1 to M9.
#pragma once

#include <optional>
#include <variant>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/time.hpp"

namespace muster {

// An account and the user who owns it.
struct LegacyClientImported {
    static constexpr EventType type{"legacy.client_imported", 1};

    LegacyClientId legacy;
    AccountId account;
    UserId user;
    std::optional<Time> created_at, last_sign_in_at;  // There. Absent: not known.

    bool operator==(const LegacyClientImported&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("legacy", self.legacy)("account", self.account)("user", self.user)(
            "created_at", self.created_at)("last_sign_in_at", self.last_sign_in_at);
    }
};

// A sub-account, which is a user and perhaps a contact, too; or a contact that was nothing else.
struct LegacyContactImported {
    static constexpr EventType type{"legacy.contact_imported", 1};

    LegacyContactId legacy;
    AccountId account;
    std::optional<UserId> user;
    std::optional<ContactId> contact;
    std::optional<Time> created_at;

    bool operator==(const LegacyContactImported&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("legacy", self.legacy)("account", self.account)("user", self.user)(
            "contact", self.contact)("created_at", self.created_at);
    }
};

using LegacyEvent = std::variant<LegacyClientImported, LegacyContactImported>;

}  // namespace muster
