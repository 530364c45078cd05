// An account: the billable party, with its users, its invitations, its contacts and its one owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregates/contact.hpp"
#include "aggregates/email.hpp"
#include "aggregates/error.hpp"
#include "aggregates/order.hpp"
#include "aggregates/user.hpp"
#include "events/event.hpp"

namespace muster {

enum class AccountStatus : std::uint8_t { none, active, inactive, closed, deleted };
constexpr bool valid(AccountStatus value) { return value <= AccountStatus::deleted; }

// How long a link to an invitation is valid. Rule I4.
constexpr std::chrono::hours invitation_lifetime{7 * 24};

struct Invitation {
    enum class Status : std::uint8_t { pending, accepted, cancelled };
    friend constexpr bool valid(Status value) { return value <= Status::cancelled; }

    Status status{};
    EmailKey address;
    Permissions permissions;
    std::uint32_t link = 1;  // The number of the valid link.
    Time expires_at;
    UserId accepted_by{};

    // Rules I4, I16, I17, I18.
    bool may_be_accepted(std::uint32_t by_link, Time at) const {
        return status == Status::pending && by_link == link && at < expires_at;
    }
    static constexpr auto fields(auto& self, auto&& field) {
        return field("status", self.status)("address", self.address)(
            "permissions", self.permissions)("link", self.link)("expires_at", self.expires_at)(
            "accepted_by", self.accepted_by);
    }
};

struct Account {
    static constexpr auto kind = StreamKind::account;
    using Key = AccountId;

    AccountId id;
    AccountStatus status{};
    UserId owner;
    Personal<AccountId, Profile> profile;
    std::map<UserId, Permissions>
        users;                // The owner among them, with all permissions. Rules E5, E17.
    std::set<UserId> former;  // Who had access once and has none now.
    std::map<InvitationId, Invitation> invitations;
    std::map<EmailKey, InvitationId> pending;  // At most one for an address. Rule I21.
    Time inviting_since;      // The hour in which invitations are counted began then,
    std::uint32_t invited{};  // and so many were sent in it. Rule I30.
    std::map<ContactId, Contact> contacts;
    std::set<ContactId> former_contacts;
    std::optional<Time> last_order_at;  // Absent: nothing was ordered yet. Rule X12.
    std::set<TicketId> tickets;
    // When a legacy system had opened it; absent where that is not known, or it was opened here.
    std::optional<Time> created_at;

    bool exists() const {
        return status != AccountStatus::none && status != AccountStatus::deleted;
    }
    bool open() const {
        return status == AccountStatus::active || status == AccountStatus::inactive;
    }

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("status", self.status)("owner", self.owner)(
            "profile", self.profile)("users", self.users)("former", self.former)(
            "invitations", self.invitations)("pending", self.pending)(
            "inviting_since", self.inviting_since)("invited", self.invited)(
            "contacts", self.contacts)("former_contacts", self.former_contacts)(
            "last_order_at", self.last_order_at)("tickets", self.tickets)("created_at",
                                                                          self.created_at);
    }
};

inline constexpr Error no_such_account =
    not_found("account.not_found", "There is no such account.");
inline constexpr Error not_associated =
    not_found("account.not_associated", "This user has no access to the account.");
inline constexpr Error account_closed = conflict("account.closed", "The account is closed.");

struct OpenAccount {
    AccountId account;
    Profile profile;
};
struct UpdateAccount {
    ProfileChange profile;
    std::optional<AccountStatus> status;  // Active, inactive or closed.
};
struct DeleteAccount {
    enum class Users : std::uint8_t { stay, go };  // Those who have no other account. Rules X6, X7.
    Users users{};
};

struct InviteUser {
    InvitationId invitation;
    EmailKey address;
    std::string email;
    Permissions permissions;
    Time at;
    std::optional<std::uint32_t> hourly_limit{};
};
struct ResendInvitation {
    InvitationId invitation;
    Time at;
    std::optional<std::uint32_t> hourly_limit{};
};
struct CancelInvitation {
    InvitationId invitation;
};
struct ForgetInvitations {
    std::set<InvitationId> invitations;  // That the account has sent.
    std::set<InvitationId> readable;     // Those of them that have their key still.
};
struct AcceptInvitation {
    InvitationId invitation;
    std::uint32_t link{};
    Time at;
};

struct AssociateUser {
    Permissions permissions;
};
struct SetPermissions {
    UserId user;
    Permissions permissions;
};
struct RemoveUser {
    UserId user;
};
struct LeaveAccount {
    UserId user;
};
struct TransferOwnership {
    UserId to;
};

Decision when(const User& owner, const OpenAccount& command);
Decision when(const Account& account, const UpdateAccount& command);
// `users` are the account's users; needed only where they may go.
Decision when(const Account& account, const std::vector<const User*>& users,
              const DeleteAccount& command);

// `holder` has the address that is invited, if anybody has.
Decision when(const Account& account, const EmailHolder& holder, const InviteUser& command);
Decision when(const Account& account, const ResendInvitation& command);
Decision when(const Account& account, const CancelInvitation& command);
Decision when(const Account& account, const ForgetInvitations& command);
Decision when(const Account& account, UserId user, const AcceptInvitation& command);

Decision when(const Account& account, const User& user, const AssociateUser& command);
// A user who is made for it, without a password. Rule I8.
Decision when(const Account& account, const EmailHolder& holder, const RegisterUser& user,
              const AssociateUser& command);
Decision when(const Account& account, const SetPermissions& command);
Decision when(const Account& account, const RemoveUser& command);
Decision when(const Account& account, const LeaveAccount& command);
Decision when(const Account& account, const TransferOwnership& command);

void apply(Account& account, const AccountOpened& event);
void apply(Account& account, const ProfileChanged& event);
void apply(Account& account, const AccountActivated& event);
void apply(Account& account, const AccountDeactivated& event);
void apply(Account& account, const AccountClosed& event);
void apply(Account& account, const AccountDeleted& event);
void apply(Account& account, const UserInvited& event);
void apply(Account& account, const InvitationResent& event);
void apply(Account& account, const InvitationCancelled& event);
void apply(Account& account, const InvitationForgotten& event);
void apply(Account& account, const AssociationGranted& event);
void apply(Account& account, const PermissionsSet& event);
void apply(Account& account, const AssociationEnded& event);
void apply(Account& account, const OwnershipTransferred& event);
void apply(Account& account, const TicketOpened& event);
void apply(Account& account, const TicketDeleted& event);
void apply(Account& account, const LegacyClientImported& event);
void apply(Account& account, const LegacyContactImported& event);

}  // namespace muster
