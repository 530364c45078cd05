// What happens to a session: a user or an admin who is signed in.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/personal.hpp"
#include "events/time.hpp"

namespace muster {

struct Client {
    std::string user_agent;

    bool operator==(const Client&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user_agent", self.user_agent);
    }
};

struct SessionStarted {
    static constexpr EventType type{"session.started", 1};

    SessionId session;
    UserId user;
    std::optional<Mention<AccountId>> account;  // Chosen by the sign-in itself.
    Personal<UserId, Client> client;
    Time expires_at;

    bool operator==(const SessionStarted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("user", self.user)("account", self.account)(
            "client", self.client)("expires_at", self.expires_at);
    }
};

// An account's history is not moved by who looks at it, so the account is mentioned only.
struct AccountChosen {
    static constexpr EventType type{"session.account_chosen", 1};

    SessionId session;
    UserId user;
    Mention<AccountId> account;

    bool operator==(const AccountChosen&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("user", self.user)("account", self.account);
    }
};

struct SessionEnded {
    static constexpr EventType type{"session.ended", 1};

    SessionId session;
    UserId user;

    bool operator==(const SessionEnded&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("user", self.user);
    }
};

struct AdminSessionStarted {
    static constexpr EventType type{"session.admin_started", 1};

    SessionId session;
    Mention<AdminId> admin;
    Personal<AdminId, Client> client;
    Time expires_at;

    bool operator==(const AdminSessionStarted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("admin", self.admin)("client", self.client)(
            "expires_at", self.expires_at);
    }
};

struct AdminSessionEnded {
    static constexpr EventType type{"session.admin_ended", 1};

    SessionId session;
    Mention<AdminId> admin;

    bool operator==(const AdminSessionEnded&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("admin", self.admin);
    }
};

// An admin who acts as a user of an account: a session of the user's, marked as the admin's.
struct ImpersonationStarted {
    static constexpr EventType type{"session.impersonation_started", 1};

    SessionId session;
    UserId user;
    Mention<AccountId> account;
    Mention<AdminId> admin;
    Personal<AdminId, Client> client;
    Time expires_at;

    bool operator==(const ImpersonationStarted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("user", self.user)("account", self.account)(
            "admin", self.admin)("client", self.client)("expires_at", self.expires_at);
    }
};

// Somebody made a request with it. Not every use is recorded: one now and then, for the sake of how
// long a session may lie unused.
struct SessionUsed {
    static constexpr EventType type{"session.used", 1};

    SessionId session;
    Time at;

    bool operator==(const SessionUsed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("session", self.session)("at", self.at);
    }
};

using SessionEvent = std::variant<SessionStarted, AccountChosen, SessionEnded, AdminSessionStarted,
                                  AdminSessionEnded, ImpersonationStarted, SessionUsed>;

}  // namespace muster
