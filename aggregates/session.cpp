#include "aggregates/session.hpp"

namespace muster {
namespace {

// What a sign-in records about its code. Absent: it does not open the door.
template <class Holder>
std::expected<Events, Error> pass(const SecondFactor& factor, Holder holder,
                                  const GivenCode& code) {
    if (!factor.on()) return Events{};
    if (code.given == GivenCode::Given::no) return std::unexpected(second_factor_required);
    if (!factor.accepts(code)) return std::unexpected(invalid_credentials);
    return Events{use_code(holder, code)};
}

}  // namespace

Event signed_in(UserId user, const SignIn& command) {
    const auto account =
        command.only_open.transform([](AccountId id) { return Mention<AccountId>{id}; });
    return SessionStarted{command.session,
                          user,
                          account,
                          {Client{command.user_agent}},
                          command.at + session_lifetime};
}

Decision when(const User& user, const SignIn& command) {
    if (!user.present() || user.password == 0 || user.password != command.password)
        return invalid_credentials;
    auto events = pass(user.second_factor, user.id, command.code);
    if (!events) return events.error();
    events->push_back(signed_in(user.id, command));
    return std::move(*events);
}

Decision when(const Session& session, const UseSession& command) {
    if (!session.live(command.at)) return no_such_session;
    if (command.at - session.used_at < between_recorded_uses(bool{session.admin}))
        return already_so;
    return Events{SessionUsed{session.id, command.at}};
}

Decision when(const Session& session, const SignOut&) {
    if (!session.user && !session.admin) return no_such_session;
    if (session.ended) return already_so;
    if (session.admin) return Events{AdminSessionEnded{session.id, {session.admin}}};
    return Events{SessionEnded{session.id, session.user}};
}

Decision when(const Session& session, const EndSession& command) {
    if (!session.user || session.user != command.user) return no_such_session;
    return when(session, SignOut{});
}

Decision when(const Session& session, const Account& account, const ChooseAccount&) {
    if (!account.exists() || !account.users.contains(session.user))
        return no_such_account;                                          // Rule L8.
    if (account.status == AccountStatus::closed) return account_closed;  // Rule L5.
    if (session.account == account.id) return already_so;
    return Events{AccountChosen{session.id, session.user, {account.id}}};
}

Decision when(const Staff& staff, const SignInAdmin& command) {
    const auto found = staff.admins.find(command.admin);
    if (found == staff.admins.end() || found->second.password == 0 ||
        found->second.password != command.password) {
        return invalid_credentials;
    }
    auto events = pass(found->second.second_factor, command.admin, command.code);
    if (!events) return events.error();
    events->emplace_back(AdminSessionStarted{command.session,
                                             {command.admin},
                                             {Client{command.user_agent}},
                                             command.at + admin_session_lifetime});
    return std::move(*events);
}

Decision when(const Account& account, const Impersonate& command) {
    if (!account.exists()) return no_such_account;
    if (!account.open()) return account_closed;
    if (!account.users.contains(command.user)) return not_associated;
    return Events{ImpersonationStarted{command.session,
                                       command.user,
                                       {account.id},
                                       {command.admin},
                                       {Client{command.user_agent}},
                                       command.at + impersonation_lifetime}};
}

void apply(Session& session, const SessionStarted& event) {
    session.user = event.user;
    session.account = event.account.transform([](const auto& mention) { return mention.key; });
    session.expires_at = event.expires_at;
    session.used_at = event.expires_at - session_lifetime;
}
void apply(Session& session, const ImpersonationStarted& event) {
    session.user = event.user;
    session.acting = event.admin.key;
    session.account = event.account.key;
    session.expires_at = event.expires_at;
    session.used_at = event.expires_at - impersonation_lifetime;
}
void apply(Session& session, const AccountChosen& event) { session.account = event.account.key; }
void apply(Session& session, const SessionUsed& event) { session.used_at = event.at; }
void apply(Session& session, const SessionEnded&) { session.ended = true; }
void apply(Session& session, const AdminSessionStarted& event) {
    session.admin = event.admin.key;
    session.expires_at = event.expires_at;
    session.used_at = event.expires_at - admin_session_lifetime;
}
void apply(Session& session, const AdminSessionEnded&) { session.ended = true; }

}  // namespace muster
