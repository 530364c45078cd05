#include "aggregates/user.hpp"

#include <algorithm>

namespace muster {
namespace {

constexpr Error several_accounts =
    conflict("user.several_accounts", "A user with several accounts cannot be deleted.");
constexpr Error is_owner =
    conflict("user.is_owner", "An account's owner can be deleted only together with the account.");

constexpr Error no_address =
    conflict("user.no_email", "The user has no e-mail address to send a link to.");
constexpr Error link_expired{ErrorKind::gone, "token.expired",
                             "This link has expired; ask for a new one."};
constexpr Error answer_required =
    invalid("security_answer.required", "Answer the security question, too.", "/security_answer");

bool proven(const User& user, const Proof& proof) {
    if (proof.kind == Proof::Kind::password)
        return user.password != 0 && proof.password == user.password;
    return proof.kind == Proof::Kind::staff;
}

void end_sessions(Events& events, const User& user, std::optional<SessionId> keep) {
    for (const auto& [session, expires_at] : user.sessions) {
        if (session != keep) events.emplace_back(SessionEnded{session, user.id});
    }
}

// Absent where nothing would change.
std::optional<std::string> changed(const std::optional<std::string>& wanted,
                                   const std::string& present) {
    return wanted && *wanted != present ? wanted : std::nullopt;
}

}  // namespace

bool User::owns_any() const {
    return std::ranges::any_of(accounts,
                               [](const auto& each) { return each.second == Tie::owner; });
}

Decision when(const EmailHolder& holder, const RegisterUser& command) {
    if (holder.user) return email_taken;
    return Events{UserRegistered{
        command.user, command.address, {command.person}, command.language, command.password}};
}

Decision when(const User& user, const EmailHolder& holder, const UpdateUser& command) {
    if (!user.present()) return no_such_user;
    const auto& person = user.person.value.value_or(Person{});
    Events events;
    const NameChange name{changed(command.first_name, person.first_name),
                          changed(command.last_name, person.last_name)};
    if (name != NameChange{}) events.emplace_back(UserRenamed{user.id, {name}});
    if (const auto language = changed(command.language, user.language)) {
        events.emplace_back(LanguageChosen{user.id, *language});
    }
    if (const auto email = changed(command.email, person.email)) {
        if (!proven(user, command.proof)) return wrong_password;
        if (holder.user && holder.user != user.id) return email_taken;
        events.emplace_back(
            EmailChanged{user.id, user.address, command.address, {Address{*email}}});
    }
    return events;
}

Decision when(const User& user, const ChangePassword& command) {
    if (!user.present()) return no_such_user;
    if (!proven(user, command.proof)) return wrong_password;
    Events events{PasswordChanged{user.id, user.password + 1}};
    end_sessions(events, user, command.keep);
    return events;
}

Decision when(const User& user, const RequestPasswordReset& command) {
    if (!user.present()) return no_such_user;
    if (!user.address) return no_address;
    return Events{PasswordResetRequested{user.id,
                                         user.reset.number + 1,
                                         {*user.address},
                                         command.at + mailed_link_lifetime,
                                         command.by,
                                         command.counted_in}};
}

Decision when(const User& user, const ResetPassword& command) {
    const auto& link = user.reset;
    if (!user.present() || !link.open || link.number != command.link ||
        link.address != user.address || command.at >= link.expires_at) {
        return no_such_link;
    }
    const bool asked = user.has_question && user.security_answer != 0;
    if (asked && link.by == Requester::holder) {  // Rule L17.
        if (command.answer == 0) return answer_required;
        if (command.answer != user.security_answer) return wrong_answer;
    }
    Events events{PasswordReset{user.id, link.number, user.password + 1}};
    end_sessions(events, user, std::nullopt);  // Rule L18.
    return events;
}

EmailVerificationRequested verification_of(UserId user, EmailKey address, std::uint32_t link,
                                           Time at) {
    return {user, link, {address}, at + mailed_link_lifetime};
}

Decision when(const User& user, const RequestEmailVerification& command) {
    if (!user.present()) return no_such_user;
    if (!user.address) return no_address;
    if (user.email_verified) return already_so;
    return Events{
        verification_of(user.id, *user.address, user.verification.number + 1, command.at)};
}

Decision when(const User& user, const VerifyEmail& command) {
    const auto& link = user.verification;
    if (!user.present() || link.number != command.link || link.address != user.address)
        return no_such_link;
    if (user.email_verified) return already_so;
    if (command.at >= link.expires_at) return link_expired;  // Rule V6.
    return Events{EmailVerified{user.id, {link.address}}};
}

Decision when(const User& user, const StartSecondFactor& command) {
    if (!user.present()) return no_such_user;
    if (!proven(user, command.proof)) return wrong_password;
    return start_second_factor(user.second_factor, user.id);
}

Decision when(const User& user, const ConfirmSecondFactor& command) {
    if (!user.present()) return no_such_user;
    return confirm_second_factor(user.second_factor, user.id, command.code);
}

Decision when(const User& user, const DisableSecondFactor& command) {
    if (!user.present()) return no_such_user;
    if (!proven(user, command.proof)) return wrong_password;
    if (user.second_factor.state == SecondFactor::State::off) return already_so;
    Events events{SecondFactorDisabled<UserId>{user.id}};
    if (command.proof.kind == Proof::Kind::staff) end_sessions(events, user, std::nullopt);
    return events;
}

Decision when(const User& user, const SetSecurityQuestion& command) {
    if (!user.present()) return no_such_user;
    if (!proven(user, command.proof)) return wrong_password;
    return Events{
        SecurityQuestionSet{user.id, user.security_answer + 1, {Question{command.question}}}};
}

Decision when(const User& user, const ClearSecurityQuestion& command) {
    if (!user.present()) return no_such_user;
    if (!proven(user, command.proof)) return wrong_password;
    if (!user.has_question) return already_so;
    return Events{SecurityQuestionCleared{user.id}};
}

Decision when(const User& user, const SetIdentityVerification& command) {
    if (!user.present()) return no_such_user;
    if (user.identity == command.status) return already_so;
    return Events{IdentityVerificationSet{user.id, command.status}};
}

Decision when(const User& user, const EndSessions& command) {
    if (user.existence == Existence::deleted) return already_so;
    if (!user.present()) return no_such_user;
    Events events;
    end_sessions(events, user, command.keep);
    return events;
}

Decision when(const User& user, const RehashPassword& command) {
    if (!user.present()) return no_such_user;
    if (!user.legacy_password || user.password != command.password) return already_so;
    return Events{PasswordRehashed{user.id, user.password}};
}

Decision when(const User& user, const DeleteUser&) {
    if (user.existence == Existence::deleted) return already_so;
    if (!user.present()) return no_such_user;
    if (user.accounts.size() > 1) return several_accounts;  // Rule X2.
    if (user.owns_any()) return is_owner;                   // Rule X3.
    auto events = deletion_of(user);
    for (const auto& [account, tie] : user.accounts) {  // Rule X5.
        events.insert(events.begin(), AssociationEnded{account, user.id});
    }
    return events;
}

Events deletion_of(const User& user) {
    Events events;
    end_sessions(events, user, std::nullopt);
    events.emplace_back(UserDeleted{user.id, user.address});
    return events;
}

void apply(User& user, const UserRegistered& event) {
    user.existence = Existence::present;
    user.address = event.address;
    user.person = event.person;
    user.language = event.language;
    user.password = event.password;
}
void apply(User& user, const UserRenamed& event) {
    if (!user.person.value || !event.name.value) return;  // Erased.
    if (event.name.value->first_name) user.person.value->first_name = *event.name.value->first_name;
    if (event.name.value->last_name) user.person.value->last_name = *event.name.value->last_name;
}
void apply(User& user, const LanguageChosen& event) { user.language = event.language; }
void apply(User& user, const EmailChanged& event) {
    if (event.released != event.taken) user.email_verified = false;  // Rule V7.
    user.address = event.taken;
    if (user.person.value && event.address.value)
        user.person.value->email = event.address.value->email;
}
void apply(User& user, const PasswordChanged& event) {
    user.password = event.password;
    user.legacy_password = false;
    user.reset.open = false;  // Whoever asked for a link has a password that works now.
}
void apply(User& user, const PasswordResetRequested& event) {
    user.reset = {event.link, event.address.key, event.expires_at, true, event.by};
}
void apply(User& user, const PasswordReset& event) {
    user.password = event.password;
    user.legacy_password = false;
    user.reset.open = false;
}
void apply(User& user, const EmailVerificationRequested& event) {
    user.verifications.add(event.expires_at - mailed_link_lifetime);
    user.verification = {event.link, event.address.key, event.expires_at, true, Requester::holder};
}
void apply(User& user, const EmailVerified& event) {
    user.email_verified = user.address == event.address.key;
}
void apply(User& user, const SecondFactorStarted<UserId>& event) {
    apply(user.second_factor, event);
}
void apply(User& user, const SecondFactorEnabled<UserId>& event) {
    apply(user.second_factor, event);
}
void apply(User& user, const SecondFactorDisabled<UserId>& event) {
    apply(user.second_factor, event);
}
void apply(User& user, const SecondFactorUsed<UserId>& event) { apply(user.second_factor, event); }
void apply(User& user, const RecoveryCodeUsed<UserId>& event) { apply(user.second_factor, event); }
void apply(User& user, const SecurityQuestionSet& event) {
    user.security_answer = event.answer;
    user.has_question = true;
}
void apply(User& user, const SecurityQuestionCleared&) { user.has_question = false; }
void apply(User& user, const IdentityVerificationSet& event) { user.identity = event.status; }
void apply(User& user, const UserDeleted&) {
    user.existence = Existence::deleted;
    user.address.reset();
    user.person = {};
    user.language.clear();
    user.password = 0;
    user.email_verified = user.has_question = user.legacy_password = false;
    user.reset = user.verification = {};
    user.second_factor = {};
}
void apply(User& user, const AccountOpened& event) { user.accounts[event.account] = Tie::owner; }
void apply(User& user, const AccountDeleted& event) { user.accounts.erase(event.account); }
void apply(User& user, const AssociationGranted& event) {
    user.accounts[event.account] = Tie::associated;
}
void apply(User&, const PermissionsSet&) {}  // Permissions belong to the association. Rule E7.
void apply(User& user, const AssociationEnded& event) { user.accounts.erase(event.account); }
void apply(User& user, const OwnershipTransferred& event) {
    user.accounts[event.account] = user.id == event.to ? Tie::owner : Tie::associated;
}
void apply(User& user, const SessionStarted& event) {
    const auto now = event.expires_at - session_lifetime;
    std::erase_if(user.sessions, [now](const auto& each) { return each.second <= now; });
    user.sessions[event.session] = event.expires_at;
}
void apply(User& user, const ImpersonationStarted& event) {
    user.sessions[event.session] = event.expires_at;
}
void apply(User&, const AccountChosen&) {}  // A matter of the session's.
void apply(User& user, const SessionEnded& event) { user.sessions.erase(event.session); }
void apply(User& user, const PasswordRehashed&) { user.legacy_password = false; }
void apply(User& user, const LegacyClientImported&) {
    user.imported = true;
    user.legacy_password = user.password != 0;
}
void apply(User& user, const LegacyContactImported&) {
    user.imported = true;
    user.legacy_password = user.password != 0;
}

}  // namespace muster
