#include "handlers/users.hpp"

#include "handlers/passwords.hpp"

namespace muster {
namespace {

constexpr Error registration_disabled =
    forbidden("registration.disabled", "Registration is switched off; ask for an invitation.");

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

SignIn sign_in_with(Work& work, std::uint32_t password, std::optional<AccountId> chosen,
                    const std::string& user_agent) {
    return {work.next<SessionId>(), password, chosen, user_agent, work.now()};
}

Decision register_visitor(Work& work, const NewUser& user, const Profile& profile,
                          const std::string& user_agent) {
    if (work.settings().client_registration == Switch::off) return registration_disabled;
    const auto command = registration(work, user);
    auto decision = when(work.read(command.address), command);
    if (!decision) return decision;
    work.acts_as({ActorKind::user, command.user.number, {}});
    const auto account = work.next<AccountId>();
    decision->emplace_back(AccountOpened{account, command.user, {profile}});
    decision->emplace_back(
        signed_in(command.user, sign_in_with(work, command.password, account, user_agent)));
    return decision;
}

Decision update_user(Work& work, UserId user, const UserChanges& changes, const Proof& proof) {
    UpdateUser command{
        changes.first_name, changes.last_name, changes.language, std::nullopt, {}, proof};
    if (!changes.email) return when(work.read(user), EmailHolder{}, command);
    command.email = changes.email->text();
    command.address = work.keys().email_key(changes.email->normalised());
    return when(work.read(user), work.read(command.address), command);
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

}  // namespace muster
