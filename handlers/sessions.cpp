#include "handlers/sessions.hpp"

#include "handlers/users.hpp"

namespace muster {

std::optional<AccountId> only_open_account(Work& work, const User& user) {
    std::optional<AccountId> only;
    for (const auto& [account, tie] : user.accounts) {
        if (!work.read(account).open()) continue;
        if (only) return std::nullopt;
        only = account;
    }
    return only;
}

Decision sign_in(Work& work, const Verified& who, const std::string& user_agent) {
    const auto& user = work.read(UserId{who.id});
    work.acts_as({ActorKind::user, who.id, {}});
    return when(user, sign_in_with(work, who.password, only_open_account(work, user), user_agent,
                                   who.code));
}

Decision sign_in_admin(Work& work, const Verified& who, const std::string& user_agent) {
    work.acts_as({ActorKind::admin, who.id, {}});
    return when(work.staff(), SignInAdmin{work.next<SessionId>(), AdminId{who.id}, who.password,
                                          user_agent, work.now(), who.code});
}

Decision sign_out(Work& work) { return when(work.read(work.caller().session), SignOut{}); }

Decision use_session(Work& work) {
    return when(work.read(work.caller().session), UseSession{work.now()});
}

Decision end_own_session(Work& work, SessionId session) {
    return when(work.read(session), EndSession{work.caller().user});
}

Decision end_other_sessions(Work& work) {
    return when(work.read(work.caller().user), EndSessions{work.caller().session});
}

Decision end_sessions_of(Work& work, UserId user) { return when(work.read(user), EndSessions{}); }

Decision choose_account(Work& work, AccountId account) {
    return when(work.read(work.caller().session), work.read(account), ChooseAccount{});
}

// A key is nobody who could be shown as the one who acts.
Decision impersonate(Work& work, AccountId account, UserId user, const std::string& user_agent) {
    if (work.caller().kind != Caller::Kind::admin) return wrong_role;
    return when(work.read(account), Impersonate{work.next<SessionId>(), work.caller().admin, user,
                                                user_agent, work.now()});
}

}  // namespace muster
