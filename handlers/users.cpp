#include "handlers/users.hpp"

#include "aggregates/attempts.hpp"
#include "aggregates/settings.hpp"
#include "events/text.hpp"
#include "handlers/passwords.hpp"

namespace muster {
namespace {

constexpr Error registration_disabled =
    forbidden("registration.disabled", "Registration is switched off; ask for an invitation.");
constexpr Error verification_disabled =
    forbidden("email_verification.disabled", "Addresses are not verified here.");

// Rules V2, V7: a new address is verified anew.
void verify_changed_address(Work& work, const User& user, Events& events) {
    if (work.settings().email_verification == Switch::off) return;
    for (const auto& event : events) {
        const auto* changed = std::get_if<EmailChanged>(&event);
        if (changed == nullptr || changed->released == changed->taken) continue;
        const auto link = user.verification.number + 1;
        events.emplace_back(verification_of(user.id, changed->taken, link, work.now()));
        return;
    }
}

}  // namespace

RegisterUser registration(Work& work, const NewUser& user) {
    const auto id = work.next<UserId>();
    if (user.password_hash) keep_password(work, id, 1, *user.password_hash);
    return {id, work.keys().email_key(user.email.normalised()),
            Person{user.first_name, user.last_name, user.email.text()}, user.language,
            user.password_hash ? 1U : 0U};
}

void keep_password(Work& work, UserId user, std::uint32_t number, const std::string& hash) {
    work.keep_secret(SecretKind::user_password, user.number, to_secret({number, hash}));
}

void replace_legacy_hash(Work& work, UserId user, std::uint32_t password, const std::string& hash,
                         Events& events) {
    const auto decision = when(work.read(user), RehashPassword{password});
    if (!decision || decision->empty()) return;
    keep_password(work, user, password, hash);
    events.push_back(decision->front());
}

void verify_new_address(Work& work, Events& events, const RegisterUser& user) {
    if (work.settings().email_verification == Switch::off) return;
    events.emplace_back(verification_of(user.user, user.address, 1, work.now()));
}

SignIn sign_in_with(Work& work, std::uint32_t password, std::optional<AccountId> chosen,
                    const std::string& user_agent, const GivenCode& code) {
    return {work.next<SessionId>(), password, chosen, user_agent, work.now(), code};
}

Decision register_visitor(Work& work, const NewUser& user, const Profile& profile,
                          const std::string& user_agent) {
    const auto& settings = work.settings();
    if (settings.client_registration == Switch::off) return registration_disabled;
    if (const auto error = refuse_missing(settings, profile, ProfileAt::account)) return *error;
    const auto command = registration(work, user);
    auto decision = when(work.read(command.address), command);
    if (!decision) return decision;
    work.acts_as({ActorKind::user, command.user.number, {}});
    const auto account = work.next<AccountId>();
    decision->emplace_back(AccountOpened{account, command.user, {profile}});
    verify_new_address(work, *decision, command);
    decision->emplace_back(
        signed_in(command.user, sign_in_with(work, command.password, account, user_agent)));
    return decision;
}

Decision update_user(Work& work, UserId user, const UserChanges& changes, const Proof& proof) {
    UpdateUser command{
        changes.first_name, changes.last_name, changes.language, std::nullopt, {}, proof};
    EmailHolder holder;
    if (changes.email) {
        command.email = changes.email->text();
        command.address = work.keys().email_key(changes.email->normalised());
        holder = work.read(command.address);
    }
    const auto& state = work.read(user);
    auto decision = when(state, holder, command);
    if (!decision) return decision;
    if (proof.kind != Proof::Kind::staff) {
        if (const auto error = refuse_locked(work.settings(), *decision)) return *error;
    }
    verify_changed_address(work, state, *decision);
    return decision;
}

Decision change_password(Work& work, UserId user, const std::string& hash, const Proof& proof) {
    const auto& state = work.read(user);
    const auto keep =
        work.caller().user == user ? std::optional{work.caller().session} : std::nullopt;
    auto decision = when(state, ChangePassword{proof, keep});
    if (decision) keep_password(work, user, state.password + 1, hash);
    return decision;
}

Decision delete_user(Work& work, UserId user) { return when(work.read(user), DeleteUser{}); }

Decision set_identity_verification(Work& work, UserId user, IdentityStatus status) {
    return when(work.read(user), SetIdentityVerification{status});
}

// --- One-time links

Decision ask_for_password_reset(Work& work, const EmailAddress& email, const ResetCounts& counts) {
    if (work.limits() == RateLimits::on) {
        const auto& of_network = work.read(counts.of_network).resets;
        if (const auto error = refuse(work.read(counts.of_address).resets, work.now()))
            return *error;
        if (const auto error = refuse(of_network, work.now(), free_resets_of_network))
            return *error;
    }
    work.acts_as({});  // Nobody has shown who asks.
    const auto holder = work.read(work.keys().email_key(email.normalised())).user;
    if (!holder) return when(AskForReset{counts.of_address, counts.of_network, work.now()});
    return when(work.read(holder),
                RequestPasswordReset{
                    Requester::holder, work.now(), {counts.of_address, counts.of_network}});
}

Decision send_password_reset(Work& work, UserId user) {
    return when(work.read(user), RequestPasswordReset{Requester::staff, work.now()});
}

Decision reset_password(Work& work, UserId user, const ResetPassword& command,
                        const std::string& hash) {
    const auto& state = work.read(user);
    auto decision = when(state, command);
    if (!decision) return decision;
    work.acts_as({ActorKind::user, user.number, {}});
    keep_password(work, user, state.password + 1, hash);
    return decision;
}

Decision send_verification(Work& work) {
    if (work.settings().email_verification == Switch::off) return verification_disabled;
    const auto& user = work.read(work.caller().user);
    auto decision = when(user, RequestEmailVerification{work.now()});
    if (decision && !decision->empty() && work.limits() == RateLimits::on) {
        // The address may be somebody else's, who has not asked for mail.
        if (const auto error = refuse(user.verifications, work.now())) return *error;
    }
    return decision;
}

Decision verify_email(Work& work, UserId user, std::uint32_t link) {
    if (user != work.caller().user) return no_such_link;
    return when(work.read(user), VerifyEmail{link, work.now()});
}

// --- Second factor and security question

Decision start_second_factor(Work& work, UserId user, const FactorSecret& secret,
                             const Proof& proof) {
    const auto& state = work.read(user);
    auto decision = when(state, StartSecondFactor{proof});
    if (decision) {
        keep_factor(work, factor_place(user), state.second_factor.factor + 1, secret);
        work.erase_secret(SecretKind::user_recovery_codes, user.number);
    }
    return decision;
}

Decision confirm_second_factor(Work& work, UserId user, const GivenCode& code,
                               const std::vector<std::string>& recovery_codes) {
    const auto& state = work.read(user);
    auto decision = when(state, ConfirmSecondFactor{code});
    if (decision) {
        keep_recovery_codes(work, factor_place(user), state.second_factor.factor, recovery_codes);
    }
    return decision;
}

Decision disable_second_factor(Work& work, UserId user, const Proof& proof) {
    auto decision = when(work.read(user), DisableSecondFactor{proof});
    if (decision && !decision->empty()) erase_factor(work, factor_place(user));
    return decision;
}

std::string canonical_answer(std::string_view answer) { return folded(trimmed(answer)); }

Decision set_security_question(Work& work, UserId user, const std::string& question,
                               const std::string& answer_hash, const Proof& proof) {
    const auto& state = work.read(user);
    auto decision = when(state, SetSecurityQuestion{question, proof});
    if (decision) {
        work.keep_secret(SecretKind::user_security_answer, user.number,
                         to_secret({state.security_answer + 1, answer_hash}));
    }
    return decision;
}

Decision clear_security_question(Work& work, UserId user, const Proof& proof) {
    auto decision = when(work.read(user), ClearSecurityQuestion{proof});
    if (decision && !decision->empty())
        work.erase_secret(SecretKind::user_security_answer, user.number);
    return decision;
}

}  // namespace muster
