#include "aggregates/account.hpp"

#include <algorithm>

namespace muster {
namespace {

constexpr Error no_such_invitation =
    not_found("invitation.not_found", "This invitation is not valid.");
constexpr Error invitation_accepted =
    conflict("invitation.accepted", "The invitation has been accepted already.");
constexpr Error invitation_pending =
    conflict("invitation.pending", "This address has a pending invitation to the account.");
constexpr Error already_associated =
    conflict("account.already_associated", "This user has access to the account already.");
constexpr Error target_not_associated =
    conflict("account.not_associated", "The new owner must have access to the account already.");
constexpr Error owner_permissions =
    conflict("account.owner_permissions", "The owner holds every permission; they cannot be set.");
constexpr Error owner_cannot_be_removed =
    conflict("account.owner_cannot_be_removed", "The owner cannot be removed from the account.");
constexpr Error owner_cannot_leave =
    conflict("account.owner_cannot_leave", "The owner cannot leave the account.");
constexpr Error permissions_empty =
    invalid("permissions.empty", "At least one permission is needed.", "/permissions");

constexpr Error too_many_invitations{ErrorKind::limited, "rate.limited",
                                     "The account has sent too many invitations in an hour."};

// Rule I30.
std::optional<Error> refuse_invitation(const Account& account, std::optional<std::uint32_t> limit,
                                       Time at) {
    const bool counts = at - account.inviting_since < std::chrono::hours{1};
    if (!limit || !counts || account.invited < *limit) return std::nullopt;
    auto error = too_many_invitations;
    const auto left = account.inviting_since + std::chrono::hours{1} - at;
    error.retry_after_s =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(left).count());
    return error;
}

void count_invitation(Account& account, Time at) {
    if (at - account.inviting_since >= std::chrono::hours{1}) {
        account.inviting_since = at;
        account.invited = 0;
    }
    ++account.invited;
}

void cancel_pending(Events& events, const Account& account) {
    for (const auto& [id, invitation] : account.invitations) {
        if (invitation.status == Invitation::Status::pending) {
            events.emplace_back(InvitationCancelled{account.id, id});
        }
    }
}

void change_status(Events& events, const Account& account, AccountStatus wanted) {
    if (wanted == account.status) return;
    if (wanted == AccountStatus::active) events.emplace_back(AccountActivated{account.id});
    if (wanted == AccountStatus::inactive) events.emplace_back(AccountDeactivated{account.id});
    if (wanted == AccountStatus::closed) {
        cancel_pending(events, account);  // Rule I26.
        events.emplace_back(AccountClosed{account.id});
    }
}

void end_pending(Account& account, InvitationId id, Invitation::Status status) {
    auto& invitation = account.invitations[id];
    invitation.status = status;
    const auto found = account.pending.find(invitation.address);
    if (found != account.pending.end() && found->second == id) account.pending.erase(found);
}

}  // namespace

Decision when(const User& owner, const OpenAccount& command) {
    if (!owner.present()) return no_such_user;  // Rule R7.
    return Events{AccountOpened{command.account, owner.id, {command.profile}}};
}

Decision when(const Account& account, const UpdateAccount& command) {
    if (!account.exists()) return no_such_account;
    Events events;
    const auto change = difference(account.profile.value.value_or(Profile{}), command.profile);
    if (change != ProfileChange{}) events.emplace_back(ProfileChanged{account.id, {change}});
    if (command.status) change_status(events, account, *command.status);
    return events;
}

Decision when(const Account& account, const std::vector<const User*>& users,
              const DeleteAccount& command) {
    if (account.status == AccountStatus::deleted) return already_so;
    if (!account.exists()) return no_such_account;
    Events events;
    cancel_pending(events, account);
    for (const auto& [contact, details] : account.contacts)
        events.emplace_back(ContactRemoved{account.id, contact});
    for (const auto ticket : account.tickets)
        events.emplace_back(TicketDeleted{ticket, account.id});
    AccountDeleted deleted{account.id, {account.owner}};
    for (const auto& [user, permissions] : account.users) {
        if (user != account.owner) deleted.users.push_back(user);
    }
    events.emplace_back(std::move(deleted));
    if (command.users == DeleteAccount::Users::stay) return events;
    for (const auto* user : users) {
        if (user->accounts.size() != 1) continue;  // Rule X6, X17.
        std::ranges::move(deletion_of(*user), std::back_inserter(events));
    }
    return events;
}

Decision when(const Account& account, const EmailHolder& holder, const InviteUser& command) {
    if (!account.exists()) return no_such_account;
    if (!account.open()) return account_closed;
    if (command.permissions.empty()) return permissions_empty;  // Rule I22.
    if (const auto error = refuse_invitation(account, command.hourly_limit, command.at))
        return *error;
    if (holder.user && account.users.contains(holder.user)) return already_associated;  // Rule I20.
    Events events;
    if (const auto earlier = account.pending.find(command.address);
        earlier != account.pending.end()) {
        if (command.at < account.invitations.at(earlier->second).expires_at) {
            auto error = invitation_pending;  // Rule I21.
            error.invitation = earlier->second;
            return error;
        }
        events.emplace_back(InvitationCancelled{
            account.id, earlier->second});  // Expired: the new one takes its place.
    }
    events.emplace_back(UserInvited{account.id,
                                    command.invitation,
                                    {command.address},
                                    {Address{command.email}},
                                    command.permissions,
                                    command.at + invitation_lifetime});
    return events;
}

Decision when(const Account& account, const ResendInvitation& command) {
    if (!account.exists()) return no_such_account;
    const auto found = account.invitations.find(command.invitation);
    if (found == account.invitations.end()) return no_such_invitation;
    if (found->second.status == Invitation::Status::cancelled) return no_such_invitation;
    if (found->second.status == Invitation::Status::accepted) return invitation_accepted;
    if (const auto error = refuse_invitation(account, command.hourly_limit, command.at))
        return *error;
    return Events{InvitationResent{account.id, command.invitation, found->second.link + 1,
                                   command.at + invitation_lifetime}};
}

Decision when(const Account& account, const CancelInvitation& command) {
    if (!account.exists()) return no_such_account;
    const auto found = account.invitations.find(command.invitation);
    if (found == account.invitations.end()) return no_such_invitation;
    if (found->second.status == Invitation::Status::cancelled) return already_so;  // Rule I19.
    if (found->second.status == Invitation::Status::accepted) return invitation_accepted;
    return Events{InvitationCancelled{account.id, command.invitation}};
}

// Rule X18. A deleted account knows none of its invitations any more.
Decision when(const Account& account, const ForgetInvitations& command) {
    if (account.status == AccountStatus::none) return no_such_account;
    Events events;
    for (const auto id : command.invitations) {
        const auto found = account.invitations.find(id);
        const bool known = found != account.invitations.end();
        if (!known && (account.exists() || !command.readable.contains(id))) continue;
        if (known && found->second.status == Invitation::Status::pending)
            events.emplace_back(InvitationCancelled{account.id, id});
        events.emplace_back(InvitationForgotten{account.id, id});
    }
    return events;
}

Decision when(const Account& account, UserId user, const AcceptInvitation& command) {
    const auto found = account.invitations.find(command.invitation);
    if (found == account.invitations.end()) return no_such_invitation;
    const auto& invitation = found->second;
    const bool associated = account.users.contains(user);
    if (user && invitation.accepted_by == user && associated && command.link == invitation.link)
        return already_so;
    if (!invitation.may_be_accepted(command.link, command.at)) return no_such_invitation;
    if (associated) return already_associated;  // Rule I24.
    return Events{AssociationGranted{account.id, user, invitation.permissions, command.invitation}};
}

Decision when(const Account& account, const User& user, const AssociateUser& command) {
    if (!account.exists()) return no_such_account;
    if (!user.present()) return no_such_user;
    if (command.permissions.empty()) return permissions_empty;
    if (const auto found = account.users.find(user.id); found != account.users.end()) {
        if (found->second == command.permissions && user.id != account.owner) return already_so;
        return already_associated;
    }
    return Events{AssociationGranted{account.id, user.id, command.permissions, std::nullopt}};
}

Decision when(const Account& account, const EmailHolder& holder, const RegisterUser& user,
              const AssociateUser& command) {
    if (!account.exists()) return no_such_account;
    if (command.permissions.empty()) return permissions_empty;
    auto decision = when(holder, user);
    if (decision) {
        decision->emplace_back(
            AssociationGranted{account.id, user.user, command.permissions, std::nullopt});
    }
    return decision;
}

Decision when(const Account& account, const SetPermissions& command) {
    if (!account.exists()) return no_such_account;
    const auto found = account.users.find(command.user);
    if (found == account.users.end()) return not_associated;
    if (command.user == account.owner) return owner_permissions;  // Rules P3, P4.
    if (command.permissions.empty()) return permissions_empty;    // Rule P5.
    if (found->second == command.permissions) return already_so;
    return Events{PermissionsSet{account.id, command.user, command.permissions}};
}

Decision when(const Account& account, const RemoveUser& command) {
    if (!account.exists()) return no_such_account;
    if (command.user == account.owner) return owner_cannot_be_removed;  // Rule P12.
    if (account.former.contains(command.user)) return already_so;
    if (!account.users.contains(command.user)) return not_associated;
    return Events{AssociationEnded{account.id, command.user}};
}

Decision when(const Account& account, const LeaveAccount& command) {
    if (account.former.contains(command.user)) return already_so;
    if (!account.exists() || !account.users.contains(command.user))
        return no_such_account;                                    // Rule L8.
    if (command.user == account.owner) return owner_cannot_leave;  // Rule P14.
    return Events{AssociationEnded{account.id, command.user}};
}

Decision when(const Account& account, const TransferOwnership& command) {
    if (!account.exists()) return no_such_account;
    if (command.to == account.owner) return already_so;                     // Rule O6.
    if (!account.users.contains(command.to)) return target_not_associated;  // Rule O2.
    return Events{OwnershipTransferred{account.id, account.owner, command.to, Permissions::all()}};
}

void apply(Account& account, const AccountOpened& event) {
    account.status = AccountStatus::active;
    account.owner = event.owner;
    account.profile = event.profile;
    account.users[event.owner] = Permissions::all();
}
void apply(Account& account, const ProfileChanged& event) {
    if (account.profile.value && event.profile.value)
        merge(*account.profile.value, *event.profile.value);
}
void apply(Account& account, const AccountActivated&) { account.status = AccountStatus::active; }
void apply(Account& account, const AccountDeactivated&) {
    account.status = AccountStatus::inactive;
}
void apply(Account& account, const AccountClosed&) { account.status = AccountStatus::closed; }
void apply(Account& account, const AccountDeleted&) {
    account.status = AccountStatus::deleted;
    account.profile = {};
    account.owner = {};
    account.users.clear();
    account.former.clear();
    account.invitations.clear();
    account.pending.clear();
    account.contacts.clear();
    account.former_contacts.clear();
    account.last_order_at.reset();
    account.tickets.clear();
    account.created_at.reset();
}
void apply(Account& account, const UserInvited& event) {
    account.invitations[event.invitation] = {.address = event.address.key,
                                             .permissions = event.permissions,
                                             .expires_at = event.expires_at};
    account.pending[event.address.key] = event.invitation;
    count_invitation(account, event.expires_at - invitation_lifetime);
}
void apply(Account& account, const InvitationResent& event) {
    auto& invitation = account.invitations[event.invitation];
    invitation.link = event.link;
    invitation.expires_at = event.expires_at;
    count_invitation(account, event.expires_at - invitation_lifetime);
}
void apply(Account& account, const InvitationCancelled& event) {
    end_pending(account, event.invitation, Invitation::Status::cancelled);
}
void apply(Account& account, const InvitationForgotten& event) {
    account.invitations.erase(event.invitation);
}
void apply(Account& account, const AssociationGranted& event) {
    account.users[event.user] = event.permissions;
    account.former.erase(event.user);
    if (!event.invitation) return;
    end_pending(account, *event.invitation, Invitation::Status::accepted);
    account.invitations[*event.invitation].accepted_by = event.user;
}
void apply(Account& account, const PermissionsSet& event) {
    account.users[event.user] = event.permissions;
}
void apply(Account& account, const AssociationEnded& event) {
    account.users.erase(event.user);
    account.former.insert(event.user);
}
void apply(Account& account, const OwnershipTransferred& event) {
    account.owner = event.to;
    account.users[event.from] = event.permissions;  // Rule O4.
    account.users[event.to] = Permissions::all();
}
void apply(Account& account, const TicketOpened& event) { account.tickets.insert(event.ticket); }
void apply(Account& account, const TicketDeleted& event) { account.tickets.erase(event.ticket); }
void apply(Account& account, const LegacyClientImported& event) {
    account.created_at = event.created_at;
}
void apply(Account&, const LegacyContactImported&) {}  // What it made has events of its own.

}  // namespace muster
