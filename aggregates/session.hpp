// A session: a user or an admin who is signed in, and the account that the user has chosen.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "aggregates/error.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/user.hpp"
#include "events/event.hpp"

namespace muster {

constexpr std::chrono::hours admin_session_lifetime{12};
// A session that lies unused that long ends by itself.
constexpr std::chrono::hours session_idle_limit{14 * 24};
constexpr std::chrono::hours admin_session_idle_limit{2};
constexpr std::chrono::milliseconds idle_limit(bool of_admin) {
    return of_admin ? admin_session_idle_limit : session_idle_limit;
}
// Uses closer to one another than this are not recorded: of a user 14 hours, of an admin 5 minutes.
constexpr std::chrono::milliseconds between_recorded_uses(bool of_admin) {
    return idle_limit(of_admin) / 24;
}
// How long an admin acts as a user at most; then it is begun anew.
constexpr std::chrono::hours impersonation_lifetime{1};

struct Session {
    static constexpr auto kind = StreamKind::session;
    using Key = SessionId;

    SessionId id;
    UserId user;  // One of the two, or neither: there is no such session.
    AdminId admin;
    AdminId acting;  // Of a user's session: the admin who acts as the user; zero: nobody.
    std::optional<AccountId>
        account;  // As chosen; whether it may still be used is the account's and the user's to say.
    Time expires_at;
    Time used_at;
    bool ended{};

    bool live(Time now) const {
        return (user || admin) && !ended && now < expires_at &&
               now - used_at < idle_limit(bool{admin});
    }

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("user", self.user)("admin", self.admin)("acting", self.acting)(
            "account", self.account)("expires_at", self.expires_at)("used_at", self.used_at)(
            "ended", self.ended);
    }
};

inline constexpr Error no_such_session =
    not_found("session.not_found", "There is no such session.");
inline constexpr Error invalid_credentials{ErrorKind::unauthenticated,
                                           "session.invalid_credentials",
                                           "The e-mail address or the password is not right."};

struct SignIn {
    SessionId session;
    std::uint32_t password{};  // The number of the one that was verified.
    // The user's one open account, if there is exactly one: it is chosen. Rules L1, L6.
    std::optional<AccountId> only_open;
    std::string user_agent;
    Time at;
    GivenCode code{};
};
struct UseSession {
    Time at;
};
struct SignOut {};
// One of the own sessions, from wherever.
struct EndSession {
    UserId user;
};
struct ChooseAccount {};
struct SignInAdmin {
    SessionId session;
    AdminId admin;
    std::uint32_t password{};
    std::string user_agent;
    Time at;
    GivenCode code{};
};
// Rule L10.
struct Impersonate {
    SessionId session;
    AdminId admin;
    UserId user;
    std::string user_agent;
    Time at;
};

Decision when(const User& user, const SignIn& command);
Decision when(const Session& session, const UseSession& command);
Decision when(const Session& session, const SignOut& command);
Decision when(const Session& session, const EndSession& command);
Decision when(const Session& session, const Account& account, const ChooseAccount& command);
Decision when(const Staff& staff, const SignInAdmin& command);
Decision when(const Account& account, const Impersonate& command);

// The event that signs in, for those who were verified another way: by registering.
Event signed_in(UserId user, const SignIn& command);

void apply(Session& session, const SessionStarted& event);
void apply(Session& session, const AccountChosen& event);
void apply(Session& session, const SessionUsed& event);
void apply(Session& session, const SessionEnded& event);
void apply(Session& session, const ImpersonationStarted& event);
void apply(Session& session, const AdminSessionStarted& event);
void apply(Session& session, const AdminSessionEnded& event);

}  // namespace muster
