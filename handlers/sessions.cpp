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
    return when(user, sign_in_with(work, who.password, only_open_account(work, user), user_agent));
}

Decision sign_in_admin(Work& work, const Verified& who, const std::string& user_agent) {
    work.acts_as({ActorKind::admin, who.id, {}});
    return when(work.staff(), SignInAdmin{work.next<SessionId>(), AdminId{who.id}, who.password,
                                          user_agent, work.now()});
}

Decision sign_out(Work& work) { return when(work.read(work.caller().session), SignOut{}); }

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

}  // namespace muster
