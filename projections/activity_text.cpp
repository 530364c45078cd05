#include "projections/activity_text.hpp"

#include <fmt/format.h>

#include "projections/accounts.hpp"
#include "projections/activity.hpp"
#include "projections/contacts.hpp"
#include "projections/invitations.hpp"
#include "projections/outbox.hpp"
#include "projections/staff.hpp"
#include "projections/users.hpp"

namespace muster::views {
namespace {

// Names as they are today. Rule X9.
struct Names {
    const Reading& reading;
    const Actor& actor;

    std::string who() const { return actor_name(reading, actor); }
    bool is_actor(UserId user) const {
        return (actor.kind == ActorKind::user && actor.number == user.number) ||
               actor.on_behalf_of == user;
    }
    std::string user(UserId id) const {
        const auto row = find_user(reading, id);
        return row ? name_of(*row) : fmt::format("deleted user #{}", id.number);
    }
    std::string admin(AdminId id) const {
        const auto row = find_admin(reading, id);
        return row ? row->name : fmt::format("deleted admin #{}", id.number);
    }
    std::string account(AccountId id) const {
        const auto row = find_account(reading, id);
        return row ? fmt::format("account #{} ({})", id.number, shown_name(reading, *row))
                   : fmt::format("deleted account #{}", id.number);
    }
    std::string mail(MailId id) const {
        const auto row = find_mail(reading, id);
        return row ? fmt::format("mail #{} ({})", id.number, to_text(row->order.kind))
                   : fmt::format("mail #{}", id.number);
    }
    std::string invitee(InvitationId id) const {
        const auto row = find_invitation(reading, id);
        return row && !row->email.empty() ? row->email : fmt::format("invitation #{}", id.number);
    }
    // Whether System made it, and that by an import.
    bool imported(UserId id) const {
        const auto row = find_user(reading, id);
        return actor.kind == ActorKind::system && row && row->imported;
    }
    bool imported(AccountId id) const {
        const auto row = find_account(reading, id);
        return actor.kind == ActorKind::system && row && row->imported;
    }
    std::string contact(AccountId account, ContactId id) const {
        const auto row = find_contact(reading, account, id);
        return row ? fmt::format("contact #{} ({})", id.number, row->profile.email)
                   : fmt::format("contact #{}", id.number);
    }
};

// "none" where the list is empty.
std::string listed(const std::vector<std::string>& names) {
    return names.empty() ? std::string{"none"} : fmt::format("{}", fmt::join(names, ", "));
}

std::string say(const UserRegistered& e, const Names& names) {
    if (names.imported(e.user))
        return fmt::format("{} imported user {}", names.who(), names.user(e.user));
    if (names.is_actor(e.user) || names.actor.kind == ActorKind::system)
        return fmt::format("{} registered", names.user(e.user));
    return fmt::format("{} made user {}", names.who(), names.user(e.user));
}
std::string say(const UserRenamed& e, const Names& names) {
    if (names.is_actor(e.user)) return fmt::format("{} changed the own name", names.who());
    return fmt::format("{} changed the name of {}", names.who(), names.user(e.user));
}
std::string say(const LanguageChosen& e, const Names& names) {
    if (names.is_actor(e.user))
        return fmt::format("{} chose the language {}", names.who(), e.language);
    return fmt::format("{} set the language of {} to {}", names.who(), names.user(e.user),
                       e.language);
}
std::string say(const EmailChanged& e, const Names& names) {
    if (names.is_actor(e.user))
        return fmt::format("{} changed the own e-mail address", names.who());
    return fmt::format("{} changed the e-mail address of {}", names.who(), names.user(e.user));
}
std::string say(const PasswordChanged& e, const Names& names) {
    if (names.is_actor(e.user)) return fmt::format("{} changed the own password", names.who());
    return fmt::format("{} set a password for {}", names.who(), names.user(e.user));
}
std::string say(const PasswordRehashed& e, const Names& names) {
    return fmt::format("The imported password hash of {} was replaced", names.user(e.user));
}
std::string say(const PasswordResetRequested& e, const Names& names) {
    if (e.by == Requester::staff)
        return fmt::format("{} had a password reset link mailed to {}", names.who(),
                           names.user(e.user));
    return fmt::format("A password reset link was mailed to {}", names.user(e.user));
}
std::string say(const PasswordReset& e, const Names& names) {
    return fmt::format("{} set a new password by a mailed link", names.user(e.user));
}
std::string say(const EmailVerificationRequested& e, const Names& names) {
    return fmt::format("A verification link was mailed to {}", names.user(e.user));
}
std::string say(const EmailVerified& e, const Names& names) {
    return fmt::format("{} verified the own e-mail address", names.user(e.user));
}
std::string holder_name(UserId id, const Names& names) { return names.user(id); }
std::string holder_name(AdminId id, const Names& names) { return names.admin(id); }
template <class Holder>
std::string say(const SecondFactorStarted<Holder>& e, const Names& names) {
    return fmt::format("{} began to set up two-factor", holder_name(e.holder, names));
}
template <class Holder>
std::string say(const SecondFactorEnabled<Holder>& e, const Names& names) {
    return fmt::format("{} switched two-factor on", holder_name(e.holder, names));
}
template <class Holder>
std::string say(const SecondFactorDisabled<Holder>& e, const Names& names) {
    const auto whose = holder_name(e.holder, names);
    if (names.who() == whose) return fmt::format("{} switched two-factor off", whose);
    return fmt::format("{} switched two-factor of {} off", names.who(), whose);
}
template <class Holder>
std::string say(const SecondFactorUsed<Holder>& e, const Names& names) {
    return fmt::format("{} gave a two-factor code", holder_name(e.holder, names));
}
template <class Holder>
std::string say(const RecoveryCodeUsed<Holder>& e, const Names& names) {
    return fmt::format("{} used recovery code {}", holder_name(e.holder, names), e.code);
}
std::string say(const SecurityQuestionSet& e, const Names& names) {
    if (e.answer == 0)
        return fmt::format("{} imported the security question of {}", names.who(),
                           names.user(e.user));
    return fmt::format("{} set a security question", names.user(e.user));
}
std::string say(const SecurityQuestionCleared& e, const Names& names) {
    if (names.is_actor(e.user))
        return fmt::format("{} cleared the own security question", names.who());
    return fmt::format("{} cleared the security question of {}", names.who(), names.user(e.user));
}
std::string say(const IdentityVerificationSet& e, const Names& names) {
    return fmt::format("{} set the identity verification of {} to {}", names.who(),
                       names.user(e.user), to_text(e.status));
}
std::string say(const UserDeleted& e, const Names& names) {
    return fmt::format("{} deleted user #{}", names.who(), e.user.number);
}

std::string say(const AccountOpened& e, const Names& names) {
    if (names.imported(e.account))
        return fmt::format("{} imported {} of {}", names.who(), names.account(e.account),
                           names.user(e.owner));
    if (names.is_actor(e.owner))
        return fmt::format("{} opened {}", names.who(), names.account(e.account));
    return fmt::format("{} opened {} for {}", names.who(), names.account(e.account),
                       names.user(e.owner));
}
std::string say(const ProfileChanged& e, const Names& names) {
    return fmt::format("{} changed the profile of {}", names.who(), names.account(e.account));
}
std::string say(const AccountActivated& e, const Names& names) {
    return fmt::format("{} made {} active", names.who(), names.account(e.account));
}
std::string say(const AccountDeactivated& e, const Names& names) {
    return fmt::format("{} made {} inactive", names.who(), names.account(e.account));
}
std::string say(const AccountClosed& e, const Names& names) {
    return fmt::format("{} closed {}", names.who(), names.account(e.account));
}
std::string say(const AccountDeleted& e, const Names& names) {
    return fmt::format("{} deleted account #{}", names.who(), e.account.number);
}
std::string say(const UserInvited& e, const Names& names) {
    return fmt::format("{} invited {} to {}", names.who(),
                       e.invitee.value ? e.invitee.value->email : "somebody",
                       names.account(e.account));
}
std::string say(const InvitationResent& e, const Names& names) {
    return fmt::format("{} sent the invitation of {} to {} again", names.who(),
                       names.invitee(e.invitation), names.account(e.account));
}
std::string say(const InvitationCancelled& e, const Names& names) {
    return fmt::format("{} cancelled the invitation of {} to {}", names.who(),
                       names.invitee(e.invitation), names.account(e.account));
}
std::string say(const InvitationForgotten& e, const Names& names) {
    return fmt::format("{} forgot whom {} had invited", names.who(), names.account(e.account));
}
std::string say(const AssociationGranted& e, const Names& names) {
    if (e.invitation)
        return fmt::format("{} accepted an invitation to {}", names.user(e.user),
                           names.account(e.account));
    if (names.imported(e.user))
        return fmt::format("{} imported the access of {} to {}", names.who(), names.user(e.user),
                           names.account(e.account));
    return fmt::format("{} gave {} access to {}", names.who(), names.user(e.user),
                       names.account(e.account));
}
std::string say(const PermissionsSet& e, const Names& names) {
    return fmt::format("{} set the permissions of {} on {}", names.who(), names.user(e.user),
                       names.account(e.account));
}
std::string say(const AssociationEnded& e, const Names& names) {
    if (names.is_actor(e.user))
        return fmt::format("{} left {}", names.who(), names.account(e.account));
    return fmt::format("{} removed {} from {}", names.who(), names.user(e.user),
                       names.account(e.account));
}
std::string say(const OwnershipTransferred& e, const Names& names) {
    return fmt::format("{} transferred {} from {} to {}", names.who(), names.account(e.account),
                       names.user(e.from), names.user(e.to));
}

std::string say(const SessionStarted& e, const Names& names) {
    const auto user = names.user(e.user);
    if (!e.account) return fmt::format("{} signed in", user);
    return fmt::format("{} signed in to {}", user, names.account(e.account->key));
}
std::string say(const AccountChosen& e, const Names& names) {
    return fmt::format("{} chose {}", names.user(e.user), names.account(e.account.key));
}
std::string say(const SessionUsed&, const Names& names) {
    return fmt::format("{} used a session", names.who());
}
std::string say(const SessionEnded& e, const Names& names) {
    if (names.is_actor(e.user)) return fmt::format("{} signed out", names.user(e.user));
    return fmt::format("{} ended a session of {}", names.who(), names.user(e.user));
}
std::string say(const ImpersonationStarted& e, const Names& names) {
    return fmt::format("{} began to act as {} on {}", names.admin(e.admin.key), names.user(e.user),
                       names.account(e.account.key));
}
std::string say(const AdminSessionStarted& e, const Names& names) {
    return fmt::format("{} signed in", names.admin(e.admin.key));
}
std::string say(const AdminSessionEnded& e, const Names& names) {
    return fmt::format("{} signed out", names.admin(e.admin.key));
}

std::string say(const AdminCreated& e, const Names& names) {
    return fmt::format("{} made admin {} ({})", names.who(), names.admin(e.admin), to_text(e.role));
}
std::string say(const AdminRenamed& e, const Names& names) {
    return fmt::format("{} changed the name of admin {}", names.who(), names.admin(e.admin));
}
std::string say(const AdminEmailChanged& e, const Names& names) {
    return fmt::format("{} changed the e-mail address of admin {}", names.who(),
                       names.admin(e.admin));
}
std::string say(const RoleAssigned& e, const Names& names) {
    return fmt::format("{} made admin {} an {}", names.who(), names.admin(e.admin),
                       to_text(e.role));
}
std::string say(const AdminPasswordChanged& e, const Names& names) {
    return fmt::format("{} set the password of admin {}", names.who(), names.admin(e.admin));
}
std::string say(const AdminDeleted& e, const Names& names) {
    return fmt::format("{} deleted admin #{}", names.who(), e.admin.number);
}
std::string say(const ApiKeyCreated& e, const Names& names) {
    return fmt::format("{} made API key {} ({})", names.who(), e.name, to_text(e.role));
}
std::string say(const ApiKeyRevoked& e, const Names& names) {
    const auto key = find_api_key(names.reading, e.api_key);
    return fmt::format("{} revoked API key {}", names.who(),
                       key ? key->name : fmt::format("#{}", e.api_key.number));
}

std::string say(const ContactAdded& e, const Names& names) {
    if (names.imported(e.account))
        return fmt::format("{} imported {} of {}", names.who(), names.contact(e.account, e.contact),
                           names.account(e.account));
    return fmt::format("{} added {} to {}", names.who(), names.contact(e.account, e.contact),
                       names.account(e.account));
}
std::string say(const ContactChanged& e, const Names& names) {
    return fmt::format("{} changed {} of {}", names.who(), names.contact(e.account, e.contact),
                       names.account(e.account));
}
std::string say(const ContactMailChosen& e, const Names& names) {
    return fmt::format("{} chose what mail {} of {} gets", names.who(),
                       names.contact(e.account, e.contact), names.account(e.account));
}
std::string say(const ContactRemoved& e, const Names& names) {
    return fmt::format("{} removed contact #{} from {}", names.who(), e.contact.number,
                       names.account(e.account));
}

std::string say(const OrderPlaced& e, const Names& names) {
    if (names.is_actor(e.user.key))
        return fmt::format("{} placed order #{} for {}", names.who(), e.order.number,
                           names.account(e.account));
    return fmt::format("{} placed order #{} for {}, in the name of {}", names.who(), e.order.number,
                       names.account(e.account), names.user(e.user.key));
}

// Of what somebody wrote: who, and whether mail brought it.
std::string written(const auto& e, const Names& names, std::string_view did,
                    const std::optional<AccountId>& account) {
    const bool by_mail = e.address || (e.user && !names.is_actor(e.user->key));
    const auto sender = e.message.value.value_or(Message{}).sender_email;
    const auto writer = !by_mail         ? names.who()
                        : e.user         ? names.user(e.user->key)
                        : sender.empty() ? std::string{"Somebody"}
                                         : sender;
    return fmt::format("{} {} ticket #{}{}{}", writer, did, e.ticket.number,
                       account ? " of " + names.account(*account) : "", by_mail ? " by mail" : "");
}
std::string say(const TicketOpened& e, const Names& names) {
    return written(e, names, "opened", e.account);
}
std::string say(const TicketReplied& e, const Names& names) {
    return written(e, names, "answered",
                   e.account.transform([](const auto& mention) { return mention.key; }));
}
std::string say(const TicketClosed& e, const Names& names) {
    return fmt::format("{} closed ticket #{}{}", names.who(), e.ticket.number,
                       e.account ? " of " + names.account(e.account->key) : "");
}
std::string say(const TicketDeleted& e, const Names& names) {
    return fmt::format("{} deleted ticket #{}{}", names.who(), e.ticket.number,
                       e.account ? " of " + names.account(*e.account) : "");
}

std::string say(const RegistrationSwitched& e, const Names& names) {
    return fmt::format("{} switched client registration {}", names.who(),
                       to_text(e.client_registration));
}
std::string say(const UserManagementSwitched& e, const Names& names) {
    return fmt::format("{} switched client area user management {}", names.who(),
                       to_text(e.client_area_user_management));
}
std::string say(const EmailVerificationSwitched& e, const Names& names) {
    return fmt::format("{} switched e-mail verification {}", names.who(),
                       to_text(e.email_verification));
}
std::string say(const ProfileFieldsLocked& e, const Names& names) {
    return fmt::format("{} locked these profile fields: {}", names.who(), listed(e.locked));
}
std::string say(const AccountFieldsRequired& e, const Names& names) {
    return fmt::format("{} made these account fields required: {}", names.who(),
                       listed(e.required));
}
std::string say(const InvitationsLimited& e, const Names& names) {
    if (!e.per_account_hour)
        return fmt::format("{} took the limit of invitations away", names.who());
    return fmt::format("{} limited invitations to {} per account and hour", names.who(),
                       *e.per_account_hour);
}
template <class E>
std::string said_retention(const E& e) {
    const auto months = [](const std::optional<std::uint32_t>& value) {
        return value ? fmt::format("after {} months", *value) : std::string{"never"};
    };
    return fmt::format("deleted {}{}, made inactive {}", months(e.prune_after_months),
                       e.delete_users == Switch::on ? " with their users" : "",
                       months(e.deactivate_after_months));
}
std::string say(const RetentionChanged& e, const Names& names) {
    return fmt::format("{} set accounts to be {}", names.who(), said_retention(e));
}
std::string say(const RetentionRunStarted& e, const Names& names) {
    return fmt::format("{} started retention: unused accounts are {}", names.who(),
                       said_retention(e));
}
std::string say(const RetentionRunEnded& e, const Names&) {
    return fmt::format(
        "Retention ended: {} accounts and {} users deleted, {} accounts made inactive",
        e.accounts_deleted, e.users_deleted, e.accounts_deactivated);
}

std::string say(const SubjectForgotten& e, const Names& names) {
    return fmt::format("{} forgot {} #{} once more", names.who(), to_text(e.kind), e.number);
}
std::string say(const LogKeyRotated& e, const Names& names) {
    return fmt::format("{} had the log signed with key {} from here on", names.who(), e.number);
}

std::string say(const LegacyClientImported& e, const Names& names) {
    return fmt::format("{} imported legacy client #{} as {} with {}", names.who(), e.legacy.number,
                       names.account(e.account), names.user(e.user));
}
std::string say(const LegacyContactImported& e, const Names& names) {
    const auto what = [&] {
        const auto contact = e.contact ? names.contact(e.account, *e.contact) : std::string{};
        if (!e.user) return contact;
        return names.user(*e.user) + (contact.empty() ? "" : " and " + contact);
    }();
    return fmt::format("{} imported legacy contact #{} of {} as {}", names.who(), e.legacy.number,
                       names.account(e.account), what);
}

std::string say(const AttemptFailed& e, const Names& names) {
    const auto whose = e.user    ? names.user(e.user->key)
                       : e.admin ? names.admin(e.admin->key)
                                 : std::string{"an address that nobody has"};
    return fmt::format("A wrong {} was given for {}", to_text(e.kind), whose);
}
std::string say(const ResetAsked&, const Names&) { return "A password reset was asked for"; }
std::string say(const AttemptsCleared&, const Names&) {
    return "Failed attempts were forgotten after one that was right";
}

std::string say(const MailSent& e, const Names& names) {
    return fmt::format("{} sent {}", names.who(), names.mail(e.mail));
}
std::string say(const MailAttemptFailed& e, const Names& names) {
    return fmt::format("{} could not send {}: {}", names.who(), names.mail(e.mail),
                       error_of({e.trouble, e.reply}));
}
std::string say(const MailGivenUp& e, const Names& names) {
    return fmt::format("{} gave {} up: {}", names.who(), names.mail(e.mail),
                       error_of({e.trouble, e.reply}));
}
std::string say(const MailRequeued& e, const Names& names) {
    return fmt::format("{} had {} sent again", names.who(), names.mail(e.mail));
}

}  // namespace

std::string activity_text(const Reading& reading, const Record& record) {
    const Names names{reading, record.actor};
    return std::visit([&](const auto& event) { return say(event, names); }, record.event);
}

}  // namespace muster::views
