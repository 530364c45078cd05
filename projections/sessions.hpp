// Who is signed in: sessions that have not been ended. GET /v1/me/sessions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// Of a user or of an admin; the other is absent.
struct SessionRow {
    SessionId id;
    std::optional<UserId> user;
    std::optional<AdminId> admin;
    std::optional<AccountId> account;  // Chosen; whether it still holds says standing.hpp.
    Time started_at, last_used_at, expires_at;
    std::string user_agent;
    std::string ip;                 // Address bytes.
    std::optional<AdminId> acting;  // The admin who acts as the user.

    bool operator==(const SessionRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("user", self.user)("admin", self.admin)(
            "account", self.account)("started_at", self.started_at)(
            "last_used_at", self.last_used_at)("expires_at", self.expires_at)(
            "user_agent", self.user_agent)("ip", self.ip)("acting", self.acting);
    }
};

struct Sessions {
    static constexpr std::string_view name = "sessions";
    static constexpr int version = 3;
    static constexpr std::uint8_t number = 5;

    static void on(const SessionStarted& event, const At& at, Rows& rows);
    static void on(const AccountChosen& event, const At& at, Rows& rows);
    static void on(const SessionUsed& event, const At& at, Rows& rows);
    static void on(const SessionEnded& event, const At& at, Rows& rows);
    static void on(const ImpersonationStarted& event, const At& at, Rows& rows);
    static void on(const AdminSessionStarted& event, const At& at, Rows& rows);
    static void on(const AdminSessionEnded& event, const At& at, Rows& rows);
    static void on(const UserDeleted& event, const At& at, Rows& rows);
    static void on(const AdminDeleted& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

// How long sessions live that lie unused; the domain says it.
struct IdleLimits {
    std::chrono::milliseconds of_users, of_admins;
};
bool is_live(const SessionRow& session, Time now, const IdleLimits& limits);

// Absent where it was ended or never was; it may have expired.
std::optional<SessionRow> find_session(const Reading& reading, SessionId session);

// The live ones, newest first.
Paged<SessionRow> list_sessions(const Reading& reading, UserId user, Time now,
                                const IdleLimits& limits, const PageRequest& page);

// {id, created_at, last_used_at, ip, user_agent, current, account_id}; of an admin who acts as the
// user also impersonated_by, and neither address nor agent.
void write_session(JsonWriter& out, const Reading& reading, const SessionRow& session,
                   SessionId current);

}  // namespace muster::views
