#include "projections/sessions.hpp"

#include <algorithm>

#include "events/ip_address.hpp"
#include "projections/listing.hpp"
#include "projections/staff.hpp"

namespace muster::views {
namespace {

//   's' session -> SessionRow      'u' user session      'm' admin session
using SessionTable = Table<Sessions, 's', Counted::yes, Walked::no, SessionRow, SessionId>;
using SessionsByUser = Table<Sessions, 'u', Counted::no, Walked::yes, Nothing, UserId, SessionId>;
using SessionsByAdmin = Table<Sessions, 'm', Counted::no, Walked::yes, Nothing, AdminId, SessionId>;

void end_session(SessionId session, Rows& rows) {
    const auto row = rows.find<SessionTable>(session);
    if (!row) return;
    if (row->user) rows.erase<SessionsByUser>(*row->user, session);
    if (row->admin) rows.erase<SessionsByAdmin>(*row->admin, session);
    rows.erase<SessionTable>(session);
}

}  // namespace

void Sessions::on(const SessionStarted& event, const At& at, Rows& rows) {
    const SessionRow row{
        .id = event.session,
        .user = event.user,
        .admin = std::nullopt,
        .account = event.account ? std::optional{event.account->key} : std::nullopt,
        .started_at = at.time,
        .last_used_at = at.time,
        .expires_at = event.expires_at,
        .user_agent = event.client.value.value_or(Client{}).user_agent,
        .ip = std::string{at.caller},
        .acting = std::nullopt};
    rows.insert<SessionTable>(row, row.id);
    rows.insert<SessionsByUser>({}, event.user, row.id);
}

void Sessions::on(const ImpersonationStarted& event, const At& at, Rows& rows) {
    const SessionRow row{.id = event.session,
                         .user = event.user,
                         .admin = std::nullopt,
                         .account = event.account.key,
                         .started_at = at.time,
                         .last_used_at = at.time,
                         .expires_at = event.expires_at,
                         .user_agent = {},
                         .ip = {},
                         .acting = event.admin.key};
    rows.insert<SessionTable>(row, row.id);
    rows.insert<SessionsByUser>({}, event.user, row.id);
}

void Sessions::on(const AccountChosen& event, const At&, Rows& rows) {
    rows.change<SessionTable>([&](SessionRow& row) { row.account = event.account.key; },
                              event.session);
}

void Sessions::on(const SessionUsed& event, const At&, Rows& rows) {
    rows.change<SessionTable>([&](SessionRow& row) { row.last_used_at = event.at; }, event.session);
}

void Sessions::on(const SessionEnded& event, const At&, Rows& rows) {
    end_session(event.session, rows);
}

void Sessions::on(const AdminSessionStarted& event, const At& at, Rows& rows) {
    const SessionRow row{.id = event.session,
                         .user = std::nullopt,
                         .admin = event.admin.key,
                         .account = std::nullopt,
                         .started_at = at.time,
                         .last_used_at = at.time,
                         .expires_at = event.expires_at,
                         .user_agent = event.client.value.value_or(Client{}).user_agent,
                         .ip = std::string{at.caller},
                         .acting = std::nullopt};
    rows.insert<SessionTable>(row, row.id);
    rows.insert<SessionsByAdmin>({}, event.admin.key, row.id);
}

void Sessions::on(const AdminSessionEnded& event, const At&, Rows& rows) {
    end_session(event.session, rows);
}

void Sessions::on(const UserDeleted& event, const At&, Rows& rows) {
    for (const auto session : rows.seconds<SessionsByUser, SessionId>(event.user))
        end_session(session, rows);
}

bool is_live(const SessionRow& session, Time now, const IdleLimits& limits) {
    return now < session.expires_at &&
           now - session.last_used_at < (session.admin ? limits.of_admins : limits.of_users);
}

void Sessions::on(const AdminDeleted& event, const At&, Rows& rows) {
    for (const auto session : rows.seconds<SessionsByAdmin, SessionId>(event.admin))
        end_session(session, rows);
}

std::optional<SessionRow> find_session(const Reading& reading, SessionId session) {
    return find<SessionTable>(reading, session);
}

Paged<SessionRow> list_sessions(const Reading& reading, UserId user, Time now,
                                const IdleLimits& limits, const PageRequest& page) {
    Listing<SessionRow> list{
        .reading = reading,
        .cursor = 'S',
        .index = index_of<SessionsByUser>(reading, user),
        .order = Order::descending,
        .row_of =
            [&](std::string_view rest, std::string_view) {
                return find_session(reading, SessionId{last_number(rest)});
            },
        .test = [&](const SessionRow& row) { return is_live(row, now, limits); }};
    return answer(std::move(list), page);
}

void write_session(JsonWriter& out, const Reading& reading, const SessionRow& session,
                   SessionId current) {
    out.begin_object();
    out.key("id").number(session.id.number);
    out.key("created_at").time(session.started_at);
    out.key("last_used_at").time(session.last_used_at);
    out.key("ip");
    if (const auto ip = ip_text(session.ip); ip.empty()) {
        out.null();
    } else {
        out.text(ip);
    }
    out.key("user_agent").text(session.user_agent);
    out.key("current").boolean(session.id == current);
    out.key("account_id");
    if (session.account) {
        out.number(session.account->number);
    } else {
        out.null();
    }
    if (session.acting) {
        out.key("impersonated_by");
        write_admin_name(out, reading, *session.acting);
    }
    out.end_object();
}

}  // namespace muster::views
