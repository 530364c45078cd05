// What happens to an account: the billable party, its users, its invitations, its owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/permissions.hpp"
#include "events/personal.hpp"
#include "events/time.hpp"
#include "events/user.hpp"

namespace muster {

// Empty text is "not given".
struct Profile {
    std::string company_name, first_name, last_name, email, phone;
    std::string address1, address2, city, state, postcode, country, tax_id, notes;

    bool operator==(const Profile&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("company_name", self.company_name)("first_name", self.first_name)(
            "last_name", self.last_name)("email", self.email)("phone", self.phone)(
            "address1", self.address1)("address2", self.address2)("city", self.city)(
            "state", self.state)("postcode", self.postcode)("country", self.country)(
            "tax_id", self.tax_id)("notes", self.notes);
    }
};

// The same fields; absent is unchanged.
struct ProfileChange {
    std::optional<std::string> company_name, first_name, last_name, email, phone;
    std::optional<std::string> address1, address2, city, state, postcode, country, tax_id, notes;

    bool operator==(const ProfileChange&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return Profile::fields(self, field); }
};

// Makes the change; what of it differs from the profile.
void merge(Profile& profile, const ProfileChange& change);
ProfileChange difference(const Profile& present, ProfileChange wanted);

struct AccountOpened {
    static constexpr EventType type{"account.opened", 1};

    AccountId account;
    UserId owner;
    Personal<AccountId, Profile> profile;

    bool operator==(const AccountOpened&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("owner", self.owner)("profile", self.profile);
    }
};

struct ProfileChanged {
    static constexpr EventType type{"account.profile_changed", 1};

    AccountId account;
    Personal<AccountId, ProfileChange> profile;

    bool operator==(const ProfileChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("profile", self.profile);
    }
};

// Active from here on, whatever it was.
struct AccountActivated {
    static constexpr EventType type{"account.activated", 1};

    AccountId account;

    bool operator==(const AccountActivated&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account);
    }
};

struct AccountDeactivated {
    static constexpr EventType type{"account.deactivated", 1};

    AccountId account;

    bool operator==(const AccountDeactivated&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account);
    }
};

struct AccountClosed {
    static constexpr EventType type{"account.closed", 1};

    AccountId account;

    bool operator==(const AccountClosed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account);
    }
};

// Ends every association; `users` are those who had one, the owner first.
struct AccountDeleted {
    static constexpr EventType type{"account.deleted", 1};

    AccountId account;
    std::vector<UserId> users;

    bool operator==(const AccountDeleted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("users", self.users);
    }
};

struct UserInvited {
    static constexpr EventType type{"account.user_invited", 1};

    AccountId account;
    InvitationId invitation;
    Mention<EmailKey> address;
    Personal<InvitationId, Address> invitee;
    Permissions permissions;
    Time expires_at;

    bool operator==(const UserInvited&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("invitation", self.invitation)(
            "address", self.address)("invitee", self.invitee)("permissions", self.permissions)(
            "expires_at", self.expires_at);
    }
};

// Link number `link` is the valid one from here on; the first one was number 1.
struct InvitationResent {
    static constexpr EventType type{"account.invitation_resent", 1};

    AccountId account;
    InvitationId invitation;
    std::uint32_t link;
    Time expires_at;

    bool operator==(const InvitationResent&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("invitation", self.invitation)("link", self.link)(
            "expires_at", self.expires_at);
    }
};

struct InvitationCancelled {
    static constexpr EventType type{"account.invitation_cancelled", 1};

    AccountId account;
    InvitationId invitation;

    bool operator==(const InvitationCancelled&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("invitation", self.invitation);
    }
};

// Its key goes, so that nothing tells any more to whom it was sent. Rule X18.
struct InvitationForgotten {
    static constexpr EventType type{"account.invitation_forgotten", 1};

    AccountId account;
    InvitationId invitation;

    bool operator==(const InvitationForgotten&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("invitation", self.invitation);
    }
};

// With an invitation: it was accepted by this user, whose link is used up.
struct AssociationGranted {
    static constexpr EventType type{"account.association_granted", 1};

    AccountId account;
    UserId user;
    Permissions permissions;
    std::optional<InvitationId> invitation;  // Absent where staff associated without inviting.

    bool operator==(const AssociationGranted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("user", self.user)("permissions", self.permissions)(
            "invitation", self.invitation);
    }
};

// The whole set: what is not in it is taken away.
struct PermissionsSet {
    static constexpr EventType type{"account.permissions_set", 1};

    AccountId account;
    UserId user;
    Permissions permissions;

    bool operator==(const PermissionsSet&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("user", self.user)("permissions", self.permissions);
    }
};

// By the user: left. By anybody else: removed.
struct AssociationEnded {
    static constexpr EventType type{"account.association_ended", 1};

    AccountId account;
    UserId user;

    bool operator==(const AssociationEnded&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("user", self.user);
    }
};

// The old owner stays associated, with the permissions written out: those that there are today, not
// those of a later day.
struct OwnershipTransferred {
    static constexpr EventType type{"account.ownership_transferred", 1};

    AccountId account;
    UserId from, to;
    Permissions permissions;  // Of `from` from here on.

    bool operator==(const OwnershipTransferred&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("from", self.from)("to", self.to)("permissions",
                                                                                self.permissions);
    }
};

using AccountEvent =
    std::variant<AccountOpened, ProfileChanged, AccountActivated, AccountDeactivated, AccountClosed,
                 AccountDeleted, UserInvited, InvitationResent, InvitationCancelled,
                 InvitationForgotten, AssociationGranted, PermissionsSet, AssociationEnded,
                 OwnershipTransferred>;

}  // namespace muster
