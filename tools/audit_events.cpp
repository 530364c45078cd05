// What each event needs of the state before it. Adding an event is a compile error here, until
// somebody has thought about it.
#include <algorithm>
#include <set>

#include "events/email_address.hpp"
#include "tools/audit_domain.hpp"

namespace muster::tools {
namespace {

using Wrong = std::string_view;  // Empty: nothing.

struct Judge {
    World& world;

    // --- Users

    Wrong operator()(const UserRegistered& e) const {
        if (!world.seen_users.insert(e.user.number))
            return "the user's number was handed out before";
        if (e.address && world.holder(*e.address)) return "the address has a holder already (E13)";
        return {};
    }
    Wrong operator()(const UserRenamed& e) const { return there(e.user); }
    Wrong operator()(const LanguageChosen& e) const { return there(e.user); }
    Wrong operator()(const EmailChanged& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (user->address != e.released) return "the released address is not the user's (E10)";
        const auto holder = world.holder(e.taken);
        if (holder && holder != e.user) return "the address has a holder already (E13)";
        return {};
    }
    Wrong operator()(const PasswordChanged& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        return user->password + 1 == e.password ? Wrong{} : "the password's number is not the next";
    }
    Wrong operator()(const PasswordRehashed& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        return user->legacy_password && user->password == e.password
                   ? Wrong{}
                   : "the password was not an imported one (M8)";
    }
    Wrong operator()(const PasswordResetRequested& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (user->address != e.address.key) return "the link is not for the user's address";
        return user->reset.number + 1 == e.link ? Wrong{} : "the link's number is not the next";
    }
    Wrong operator()(const PasswordReset& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (!user->reset.open || user->reset.number != e.link) return "the link was not open";
        return user->password + 1 == e.password ? Wrong{} : "the password's number is not the next";
    }
    Wrong operator()(const EmailVerificationRequested& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (user->address != e.address.key) return "the link is not for the user's address";
        return user->verification.number + 1 == e.link ? Wrong{}
                                                       : "the link's number is not the next";
    }
    Wrong operator()(const EmailVerified& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        return user->address == e.address.key && user->verification.address == e.address.key
                   ? Wrong{}
                   : "no link was mailed to this address (V3)";
    }
    template <class Holder>
    Wrong operator()(const SecondFactorStarted<Holder>& e) const {
        const auto* factor = factor_of(e.holder);
        if (factor == nullptr) return nobody_there;
        if (factor->on()) return "two-factor is on";
        return factor->factor + 1 == e.factor ? Wrong{} : "the secret's number is not the next";
    }
    template <class Holder>
    Wrong operator()(const SecondFactorEnabled<Holder>& e) const {
        const auto* factor = factor_of(e.holder);
        if (factor == nullptr) return nobody_there;
        return factor->state == SecondFactor::State::started && factor->factor == e.factor
                   ? Wrong{}
                   : "two-factor was not started (L15)";
    }
    template <class Holder>
    Wrong operator()(const SecondFactorDisabled<Holder>& e) const {
        const auto* factor = factor_of(e.holder);
        if (factor == nullptr) return nobody_there;
        return factor->state != SecondFactor::State::off ? Wrong{} : "two-factor is off";
    }
    template <class Holder>
    Wrong operator()(const SecondFactorUsed<Holder>& e) const {
        const auto* factor = factor_of(e.holder);
        if (factor == nullptr) return nobody_there;
        return factor->on() && e.step > factor->last_step ? Wrong{} : "the code was used already";
    }
    template <class Holder>
    Wrong operator()(const RecoveryCodeUsed<Holder>& e) const {
        const auto* factor = factor_of(e.holder);
        if (factor == nullptr) return nobody_there;
        const bool one_of_them = e.code >= 1 && e.code <= recovery_code_count;
        return factor->on() && one_of_them && !factor->used_recovery_codes.contains(e.code)
                   ? Wrong{}
                   : "the recovery code was used already";
    }
    Wrong operator()(const SecurityQuestionSet& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (e.answer == 0)
            return user->imported || user->security_answer != 0 || user->has_question
                       ? "a question without an answer is none of an import (M2)"
                       : Wrong{};
        return user->security_answer + 1 == e.answer ? Wrong{}
                                                     : "the answer's number is not the next";
    }
    Wrong operator()(const SecurityQuestionCleared& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        return user->has_question ? Wrong{} : "there is no security question (L16)";
    }
    Wrong operator()(const IdentityVerificationSet& e) const { return there(e.user); }
    Wrong operator()(const UserDeleted& e) const {
        const auto* user = world.user(e.user);
        if (user == nullptr) return there(e.user);
        if (!user->accounts.empty()) return "the user has accounts (X2, X3, X5)";
        if (!user->sessions.empty()) return "the user is signed in";
        return user->address == e.released ? Wrong{} : "the released address is not the user's";
    }

    // --- Accounts

    Wrong operator()(const AccountOpened& e) const {
        if (!world.seen_accounts.insert(e.account.number))
            return "the account's number was handed out before";
        return there(e.owner);
    }
    Wrong operator()(const ProfileChanged& e) const { return there(e.account); }
    Wrong operator()(const AccountActivated& e) const { return there(e.account); }
    Wrong operator()(const AccountDeactivated& e) const { return there(e.account); }
    Wrong operator()(const AccountClosed& e) const {
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        return account->pending.empty() ? Wrong{} : "invitations are pending (I26)";
    }
    Wrong operator()(const AccountDeleted& e) const {
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        if (!account->pending.empty()) return "invitations are pending (I26)";
        if (!account->contacts.empty()) return "it has contacts (E1)";
        if (!account->tickets.empty()) return "it has tickets (E1)";
        const std::set<UserId> listed(e.users.begin(), e.users.end());
        const auto is_listed = [&](const auto& each) { return listed.contains(each.first); };
        if (e.users.empty() || e.users.front() != account->owner ||
            listed.size() != e.users.size() || listed.size() != account->users.size() ||
            !std::ranges::all_of(account->users, is_listed)) {
            return "the users are not those of the account, the owner first";
        }
        return {};
    }

    // --- Invitations

    Wrong operator()(const UserInvited& e) const {
        if (!world.seen_invitations.insert(e.invitation.number))
            return "the invitation's number was handed out before";
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        if (!account->open()) return "the account is closed";
        if (e.permissions.empty()) return "no permission is given (I22)";
        if (account->pending.contains(e.address.key))
            return "the address has a pending invitation to the account (I21)";
        const auto holder = world.holder(e.address.key);
        if (holder && account->users.contains(holder))
            return "the address's user has access already (I20)";
        return {};
    }
    Wrong operator()(const InvitationResent& e) const {
        const auto* invitation = world.invitation(e.account, e.invitation);
        if (invitation == nullptr || invitation->status != Invitation::Status::pending)
            return "the invitation is not pending";
        return invitation->link + 1 == e.link ? Wrong{} : "the link's number is not the next (I18)";
    }
    Wrong operator()(const InvitationCancelled& e) const {
        const auto* invitation = world.invitation(e.account, e.invitation);
        if (invitation == nullptr || invitation->status != Invitation::Status::pending)
            return "the invitation is not pending (I19)";
        return {};
    }

    Wrong operator()(const InvitationForgotten& e) const {
        if (!world.seen_invitations.contains(e.invitation.number)) return "it was never sent";
        const auto* invitation = world.invitation(e.account, e.invitation);
        if (invitation != nullptr && invitation->status == Invitation::Status::pending)
            return "the invitation is pending (X18)";
        if (invitation == nullptr && world.account(e.account) != nullptr)
            return "the account has no such invitation";
        const bool fresh = world.forgotten.insert(subject_of(e.invitation)).second;
        return fresh || invitation != nullptr ? Wrong{} : "it is forgotten already";
    }

    // --- Contacts

    Wrong operator()(const ContactAdded& e) const {
        if (!world.seen_contacts.insert(e.contact.number))
            return "the contact's number was handed out before";
        return there(e.account);
    }
    Wrong operator()(const ContactChanged& e) const { return there(e.account, e.contact); }
    Wrong operator()(const ContactMailChosen& e) const { return there(e.account, e.contact); }
    Wrong operator()(const ContactRemoved& e) const { return there(e.account, e.contact); }

    // --- Orders

    Wrong operator()(const OrderPlaced& e) const {
        if (!world.seen_orders.insert(e.order.number))
            return "the order's number was handed out before";
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        if (!account->open()) return "the account is closed (T4)";
        if (e.admin && !world.staff.admins.contains(e.admin->key))
            return "there is no such admin (T2)";
        if (e.api_key && !world.staff.api_keys.contains(e.api_key->key))
            return "there is no such API key (T2)";
        const bool by_staff = e.admin || e.api_key;
        if (by_staff && e.user.key != account->owner) return "it is not the owner's (T1)";
        return account->users.contains(e.user.key) ? Wrong{} : "it is nobody's of the account (T1)";
    }

    // --- Tickets

    Wrong operator()(const TicketOpened& e) const {
        if (!world.seen_tickets.insert(e.ticket.number))
            return "the ticket's number was handed out before";
        if (!e.account) return writer(e, nullptr);
        const auto* account = world.account(*e.account);
        if (account == nullptr) return there(*e.account);
        return account->open() ? writer(e, account) : "the account is closed";
    }
    Wrong operator()(const TicketReplied& e) const {
        const auto* ticket = world.ticket(e.ticket);
        if (ticket == nullptr) return there(e.ticket);
        if (!of_its_account(e)) return "the ticket is another account's (E3)";
        if (e.reply.number != ticket->replies + 1) return "the reply's number is not the next";
        return writer(e, e.account ? world.account(e.account->key) : nullptr);
    }
    Wrong operator()(const TicketClosed& e) const {
        const auto* ticket = world.ticket(e.ticket);
        if (ticket == nullptr) return there(e.ticket);
        if (!of_its_account(e)) return "the ticket is another account's (E3)";
        return ticket->closed ? "the ticket is closed already" : Wrong{};
    }
    Wrong operator()(const TicketDeleted& e) const {
        const auto* ticket = world.ticket(e.ticket);
        if (ticket == nullptr) return there(e.ticket);
        return ticket->account == e.account ? Wrong{} : "the ticket is another account's (E3)";
    }

    // --- Associations

    Wrong operator()(const AssociationGranted& e) const {
        if (const auto wrong = there(e.account); !wrong.empty()) return wrong;
        if (const auto wrong = there(e.user); !wrong.empty()) return wrong;
        if (world.associated(e.account, e.user)) return "the user has access already (I24)";
        if (e.permissions.empty()) return "no permission is given (P5)";
        if (!e.invitation) return {};
        const auto* invitation = world.invitation(e.account, *e.invitation);
        if (invitation == nullptr || invitation->status != Invitation::Status::pending)
            return "the invitation is not pending (I16, I17)";
        return invitation->permissions == e.permissions
                   ? Wrong{}
                   : "the permissions are not those of the invitation (I27)";
    }
    Wrong operator()(const PermissionsSet& e) const {
        if (const auto wrong = member(e.account, e.user); !wrong.empty()) return wrong;
        return e.permissions.empty() ? "no permission is given (P5)" : Wrong{};
    }
    Wrong operator()(const AssociationEnded& e) const { return member(e.account, e.user); }
    Wrong operator()(const OwnershipTransferred& e) const {
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        if (account->owner != e.from || e.from == e.to) return "it is not the owner's to give (O3)";
        return account->users.contains(e.to) ? Wrong{} : "the new owner had no access (O2)";
    }

    // --- Sessions

    Wrong operator()(const SessionStarted& e) const {
        if (!world.seen_sessions.insert(e.session.number))
            return "the session's number was handed out before";
        if (const auto wrong = there(e.user); !wrong.empty()) return wrong;
        return e.account ? chosen(e.account->key, e.user) : Wrong{};
    }
    Wrong operator()(const AccountChosen& e) const {
        if (const auto wrong = session_of(e.session, e.user); !wrong.empty()) return wrong;
        return chosen(e.account.key, e.user);
    }
    Wrong operator()(const SessionUsed& e) const {
        const auto* session = world.session(e.session);
        return session != nullptr && session->live(e.at) ? Wrong{} : "the session is not live";
    }
    Wrong operator()(const SessionEnded& e) const { return session_of(e.session, e.user); }
    Wrong operator()(const ImpersonationStarted& e) const {
        if (!world.seen_sessions.insert(e.session.number))
            return "the session's number was handed out before";
        if (const auto wrong = admin(e.admin.key); !wrong.empty()) return wrong;
        if (world.staff.admins.at(e.admin.key).role == Role::auditor)
            return "an auditor acts as a user (L10, A8)";
        return chosen(e.account.key, e.user);
    }
    Wrong operator()(const AdminSessionStarted& e) const {
        if (!world.seen_sessions.insert(e.session.number))
            return "the session's number was handed out before";
        return admin(e.admin.key);
    }
    Wrong operator()(const AdminSessionEnded& e) const {
        const auto* session = world.session(e.session);
        return session != nullptr && session->admin == e.admin.key ? Wrong{}
                                                                   : "there is no such session";
    }

    // --- Staff and settings

    Wrong operator()(const AdminCreated& e) const {
        if (!world.seen_admins.insert(e.admin.number))
            return "the admin's number was handed out before";
        return world.staff.holder_of(e.address.key) ? "an admin has the address already" : Wrong{};
    }
    Wrong operator()(const AdminRenamed& e) const { return admin(e.admin); }
    Wrong operator()(const AdminEmailChanged& e) const {
        const auto holder = world.staff.holder_of(e.taken.key);
        return !holder || holder == e.admin ? admin(e.admin) : "an admin has the address already";
    }
    Wrong operator()(const RoleAssigned& e) const {
        if (const auto wrong = admin(e.admin); !wrong.empty()) return wrong;
        return e.role != Role::administrator && world.staff.is_last_administrator(e.admin)
                   ? "it is the last administrator"
                   : Wrong{};
    }
    Wrong operator()(const AdminPasswordChanged& e) const {
        if (const auto wrong = admin(e.admin); !wrong.empty()) return wrong;
        return world.staff.admins.at(e.admin).password + 1 == e.password
                   ? Wrong{}
                   : "the password's number is not the next";
    }
    Wrong operator()(const AdminDeleted& e) const {
        const bool had_to_go = world.forgotten.contains(subject_of(e.admin));  // After a restore.
        return world.staff.is_last_administrator(e.admin) && !had_to_go
                   ? "it is the last administrator"
                   : admin(e.admin);
    }
    Wrong operator()(const ApiKeyCreated& e) const {
        return world.seen_api_keys.insert(e.api_key.number)
                   ? Wrong{}
                   : "the key's number was handed out before";
    }
    Wrong operator()(const ApiKeyRevoked& e) const {
        const auto found = world.staff.api_keys.find(e.api_key);
        return found != world.staff.api_keys.end() && !found->second.revoked
                   ? Wrong{}
                   : "there is no such API key";
    }
    Wrong operator()(const RegistrationSwitched&) const { return {}; }
    Wrong operator()(const UserManagementSwitched&) const { return {}; }
    Wrong operator()(const EmailVerificationSwitched&) const { return {}; }
    Wrong operator()(const ProfileFieldsLocked& e) const {
        return std::ranges::all_of(e.locked, is_lockable_field) ? Wrong{}
                                                                : "there is no such field (L13)";
    }
    Wrong operator()(const AccountFieldsRequired& e) const {
        return std::ranges::all_of(e.required, is_profile_field) ? Wrong{}
                                                                 : "there is no such field (R8)";
    }
    Wrong operator()(const InvitationsLimited& e) const {
        return e.per_account_hour != 0U ? Wrong{} : "the limit is zero (I30)";
    }
    Wrong operator()(const RetentionChanged& e) const {
        return e.prune_after_months != 0U && e.deactivate_after_months != 0U
                   ? Wrong{}
                   : "the months are zero (X11)";
    }
    Wrong operator()(const RetentionRunStarted& e) const {
        return e.prune_after_months || e.deactivate_after_months ? Wrong{}
                                                                 : "nothing is switched on (X11)";
    }
    Wrong operator()(const RetentionRunEnded&) const { return {}; }
    Wrong operator()(const SubjectForgotten& e) const {
        return world.forgotten.insert({e.kind, e.number}).second ? Wrong{}
                                                                 : "it is forgotten already";
    }
    Wrong operator()(const LogKeyRotated& e) const {
        return e.number == world.settings.log_key + 1 ? Wrong{}
                                                      : "the key's number is not the next";
    }

    // --- Import

    Wrong operator()(const LegacyClientImported& e) const {
        if (!world.seen_legacy_clients.insert(e.legacy.number))
            return "the client was imported before (M7)";
        const auto* account = world.account(e.account);
        if (account == nullptr) return there(e.account);
        if (account->owner != e.user) return "the user is not the account's owner (M1)";
        return fresh(e.user);
    }
    Wrong operator()(const LegacyContactImported& e) const {
        if (!world.seen_legacy_contacts.insert(e.legacy.number))
            return "the contact was imported before (M7)";
        if (const auto wrong = there(e.account); !wrong.empty()) return wrong;
        if (!e.user && !e.contact) return "it became nothing (M3)";
        if (e.contact && world.contact(e.account, *e.contact) == nullptr)
            return "there is no such contact (M3)";
        return e.user ? fresh(*e.user) : Wrong{};
    }

    // --- At the door

    Wrong operator()(const AttemptFailed&) const { return {}; }
    Wrong operator()(const ResetAsked&) const { return {}; }
    Wrong operator()(const AttemptsCleared&) const { return {}; }

    // --- Mail

    Wrong operator()(const MailSent& e) const { return unsent(e.mail); }
    Wrong operator()(const MailAttemptFailed& e) const { return tried(e.mail); }
    Wrong operator()(const MailGivenUp& e) const { return tried(e.mail); }
    Wrong operator()(const MailRequeued& e) const {
        const auto* mail = world.mail(e.mail);
        return mail != nullptr && mail->status != MailStatus::pending ? unsent(e.mail)
                                                                      : "the mail had not failed";
    }

private:
    static constexpr Wrong nobody_there = "there is no such holder";

    const SecondFactor* factor_of(UserId id) const {
        const auto* user = world.user(id);
        return user == nullptr ? nullptr : &user->second_factor;
    }
    const SecondFactor* factor_of(AdminId id) const {
        const auto* found = world.staff.find(id);
        return found == nullptr ? nullptr : &found->second_factor;
    }
    Wrong admin(AdminId id) const {
        return world.staff.find(id) != nullptr ? Wrong{} : "there is no such admin";
    }
    // Whoever is imported was not there before. Rule M4.
    Wrong fresh(UserId id) const {
        const auto* user = world.user(id);
        if (user == nullptr) return there(id);
        return user->imported ? "the user was imported before (M4)" : Wrong{};
    }
    Wrong there(UserId id) const {
        return world.user(id) != nullptr ? Wrong{} : "there is no such user (X5)";
    }
    Wrong there(AccountId id) const {
        return world.account(id) != nullptr ? Wrong{} : "there is no such account (X6)";
    }
    Wrong unsent(MailId id) const {
        if (!world.mails_asked_for.contains(id.number)) return "nothing asked for this mail";
        return world.mails_sent.contains(id.number) ? "the mail was sent before" : Wrong{};
    }
    Wrong tried(MailId id) const {
        const auto* mail = world.mail(id);
        if (mail != nullptr && mail->status == MailStatus::dead) return "the mail was given up";
        return unsent(id);
    }
    Wrong there(TicketId id) const {
        return world.ticket(id) != nullptr ? Wrong{} : "there is no such ticket";
    }
    bool of_its_account(const auto& e) const {
        const auto mentioned = e.account.transform([](const auto& each) { return each.key; });
        return world.ticket(e.ticket)->account == mentioned;
    }
    // The badge of what was written, and that it is kept for whom it is about.
    Wrong writer(const auto& e, const Account* account) const {
        if (e.user && world.user(e.user->key) == nullptr) return there(e.user->key);
        if (e.address && world.holder(e.address->key)) return "the sender is a user (X18)";
        if (e.message.value && !e.address && !e.message.value->sender_email.empty())
            return "a user's address is kept with the ticket (X18)";
        return e.badge == badge(e, account) ? Wrong{} : "the badge is not the writer's (T6, T8)";
    }
    Badge badge(const auto& e, const Account* account) const {
        if (!e.user && !e.address) return Badge::operator_;
        if (e.user && account != nullptr && account->users.contains(e.user->key))
            return account->owner == e.user->key ? Badge::owner : Badge::authorized_user;
        const auto address =
            e.address ? std::optional{e.address->key} : world.user(e.user->key)->address;
        const auto has_it = [&](const auto& contact) { return contact.second.address == address; };
        if (account != nullptr && std::ranges::any_of(account->contacts, has_it))
            return Badge::sub_account;
        return e.user ? Badge::external_user : Badge::guest;
    }
    Wrong there(AccountId account, ContactId id) const {
        return world.contact(account, id) != nullptr ? Wrong{} : "there is no such contact";
    }
    // Somebody with access who is not the owner.
    Wrong member(AccountId account, UserId user) const {
        if (!world.associated(account, user)) return "the user has no access";
        return world.account(account)->owner == user ? "it is about the owner (P3, P4, P12)"
                                                     : Wrong{};
    }
    Wrong session_of(SessionId id, UserId user) const {
        const auto* session = world.session(id);
        return session != nullptr && session->user == user ? Wrong{} : "there is no such session";
    }
    Wrong chosen(AccountId id, UserId user) const {
        if (!world.associated(id, user)) return "the account is not the user's to choose (L4)";
        return world.account(id)->open() ? Wrong{} : "the account is closed (L5)";
    }
};

// Erased ones say nothing.
bool fits(const Keys& keys, const auto& person, const EmailKey& key) {
    if (!person.value) return true;
    const auto email = EmailAddress::parse(person.value->email);
    return email && keys.email_key(email->normalised()) == key;
}

bool sender_fits(const Keys& keys, const auto& e) {
    if (!e.address || !e.message.value) return true;
    const Personal<TicketId, Address> sender{Address{e.message.value->sender_email}};
    return fits(keys, sender, e.address->key);
}

}  // namespace

std::string_view judge_event(const Event& event, World& world) {
    return std::visit(Judge{world}, event);
}

bool addresses_fit(const Event& event, const Keys& keys) {
    if (const auto* e = std::get_if<UserRegistered>(&event))
        return !e->address || fits(keys, e->person, *e->address);
    if (const auto* e = std::get_if<EmailChanged>(&event)) return fits(keys, e->address, e->taken);
    if (const auto* e = std::get_if<UserInvited>(&event))
        return fits(keys, e->invitee, e->address.key);
    if (const auto* e = std::get_if<AdminEmailChanged>(&event))
        return fits(keys, e->address, e->taken.key);
    if (const auto* e = std::get_if<AdminCreated>(&event))
        return fits(keys, e->member, e->address.key);
    if (const auto* e = std::get_if<TicketOpened>(&event)) return sender_fits(keys, *e);
    if (const auto* e = std::get_if<TicketReplied>(&event)) return sender_fits(keys, *e);
    if (const auto* e = std::get_if<ContactAdded>(&event))
        return fits(keys, e->profile, e->address.key);
    if (const auto* e = std::get_if<ContactChanged>(&event)) {
        if (!e->profile.value || !e->profile.value->email) return true;
        const Personal<ContactId, Address> changed{Address{*e->profile.value->email}};
        return fits(keys, changed, e->address.key);
    }
    return true;
}

}  // namespace muster::tools
