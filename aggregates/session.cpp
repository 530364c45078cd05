#include "aggregates/session.hpp"

namespace muster {
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
    return Events{signed_in(user.id, command)};
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
    return Events{AdminSessionStarted{command.session,
                                      {command.admin},
                                      {Client{command.user_agent}},
                                      command.at + admin_session_lifetime}};
}

void apply(Session& session, const SessionStarted& event) {
    session.user = event.user;
    session.account = event.account.transform([](const auto& mention) { return mention.key; });
    session.expires_at = event.expires_at;
}
void apply(Session& session, const AccountChosen& event) { session.account = event.account.key; }
void apply(Session& session, const SessionEnded&) { session.ended = true; }
void apply(Session& session, const AdminSessionStarted& event) {
    session.admin = event.admin.key;
    session.expires_at = event.expires_at;
}
void apply(Session& session, const AdminSessionEnded&) { session.ended = true; }

}  // namespace muster
