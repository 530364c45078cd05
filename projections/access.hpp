// Who had access to what at any moment: GET /v1/accounts/{id}/access, GET /v1/users/{id}/access.
// Every change of it is kept, beside the account and beside the user, also of those who are gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/json.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// One change, with what held from then on.
struct AccessChange {
    enum class Kind : std::uint8_t {
        opened,  // By opening the account, which the user owns.
        granted,
        permissions_set,
        ownership_taken,
        ownership_given,
        ended
    };

    Kind kind{};
    std::uint64_t position{};
    Time at;
    AccountId account;
    UserId user;
    Permissions permissions;     // Of one that ended: none.
    std::uint32_t actor_kind{};  // An ActorKind.
    std::uint64_t actor_number{};
    std::optional<UserId> on_behalf_of;
    std::optional<InvitationId> invitation;  // That was accepted.

    Actor actor() const { return {static_cast<ActorKind>(actor_kind), actor_number, on_behalf_of}; }
    bool operator==(const AccessChange&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("kind", self.kind)("position", self.position)("at", self.at)(
            "account", self.account)("user", self.user)("permissions", self.permissions)(
            "actor_kind", self.actor_kind)("actor_number", self.actor_number)(
            "on_behalf_of", self.on_behalf_of)("invitation", self.invitation);
    }
};
constexpr bool valid(AccessChange::Kind kind) { return kind <= AccessChange::Kind::ended; }
constexpr std::string_view to_text(AccessChange::Kind kind) {
    constexpr std::string_view names[]{"opened",          "granted",         "permissions_set",
                                       "ownership_taken", "ownership_given", "ended"};
    return names[static_cast<std::size_t>(kind)];
}

struct Access {
    static constexpr std::string_view name = "access";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 13;

    static void on(const AccountOpened& event, const At& at, Rows& rows);
    static void on(const AssociationGranted& event, const At& at, Rows& rows);
    static void on(const PermissionsSet& event, const At& at, Rows& rows);
    static void on(const AssociationEnded& event, const At& at, Rows& rows);
    static void on(const OwnershipTransferred& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

// What somebody could do at a moment, and since when somebody is there at all.
struct AccessThen {
    AccountId account;
    UserId user;
    bool is_owner{};
    Permissions permissions;
    AccessChange granted;
};

// The changes up to a position, the oldest first.
std::vector<AccessChange> access_changes(const Reading& reading, AccountId account, Position last);
std::vector<AccessChange> access_changes(const Reading& reading, UserId user, Position last);
// What these changes come to at a position among them, in the order of accounts and users.
std::vector<AccessThen> access_at(const std::vector<AccessChange>& changes, Position position);

// {"account_id" or "user_id", "is_owner", "permissions", "granted_at", "granted_by",
// "invitation_id"?}: as the other side of it is asked about.
enum class AccessOf : std::uint8_t { account, user };
void write_access(JsonWriter& out, const AccessThen& access, AccessOf asked);
// {"position", "at", "change", "account_id" or "user_id", "permissions", "by", "invitation_id"?}
void write_access_change(JsonWriter& out, const AccessChange& change, AccessOf asked);

}  // namespace muster::views
