// Everything that is kept about a person, for whoever asks for it (GDPR, article 15).
#include <map>
#include <memory>
#include <set>

#include "handlers/traces.hpp"
#include "http/answers.hpp"
#include "http/credential.hpp"
#include "http/operations.hpp"
#include "projections/access.hpp"
#include "projections/activity.hpp"
#include "projections/associations.hpp"
#include "projections/invitations.hpp"
#include "projections/outbox.hpp"
#include "projections/sessions.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

// What lies in views: one piece.
// Invitations that went to the person, unless somebody else accepted them, and those that it
// accepted; the mails that it got.
struct Sent {
    std::map<InvitationId, views::InvitationRow> invitations;
    std::set<MailId> mails;
};

std::expected<Sent, Fault> sent_to(const Services& services, const views::Reading& reading,
                                   UserId user, Time now) {
    auto traces = traces_of(services.log, user);
    if (!traces) return std::unexpected(traces.error());
    Sent sent;
    for (const auto& [account, invitations] : traces->accepted) {
        for (const auto id : invitations) {
            if (auto row = views::find_invitation(reading, id))
                sent.invitations.emplace(id, std::move(*row));
        }
    }
    std::map<AccountId, std::map<InvitationId, views::InvitationRow>> to_its_addresses;
    for (const auto& [address, holdings] : traces->addresses) {
        for (auto& row : views::invitations_to(reading, address, now)) {
            if (row.status != views::InvitationStatus::accepted ||
                sent.invitations.contains(row.id))
                to_its_addresses[row.account].emplace(row.id, std::move(row));
        }
    }
    for (const auto& [account, invitations] : to_its_addresses) {
        const auto mails = mails_of(services.log, account);
        if (!mails) return std::unexpected(mails.error());
        for (const auto& [mail, invitation] : *mails) {
            const auto found = invitations.find(invitation);
            if (found == invitations.end() || !traces->received(found->second.address, mail))
                continue;
            sent.invitations.insert(*found);
            sent.mails.insert(mail);
        }
    }
    sent.mails.merge(traces->mails);
    return sent;
}

void write_present(JsonWriter& out, const Services& services, const views::Reading& reading,
                   const views::UserRow& user, const Sent& sent, Time now) {
    out.key("user");
    write_user_with_accounts(out, user, views::accounts_of(reading, user.id));
    out.key("sessions").begin_array();
    views::PageRequest page{.limit = 200};
    for (bool more = true; more;) {
        const auto sessions = views::list_sessions(reading, user.id, now, idle_limits, page);
        if (!sessions) break;
        for (const auto& session : sessions->items)
            write_session(out, reading, session, SessionId{});
        page.cursor = sessions->next.value_or("");
        more = sessions->next.has_value();
    }
    out.end_array().key("access").begin_array();
    for (const auto& change : views::access_changes(reading, user.id, Position{UINT64_MAX}))
        write_access_change(out, change, views::AccessOf::user);
    out.end_array().key("invitations").begin_array();
    for (const auto& [id, invitation] : sent.invitations)
        views::write_invitation_with_account(out, invitation, now);
    out.end_array().key("mails").begin_array();
    for (const auto mail : sent.mails) {
        if (const auto row = views::find_outbox_row(reading, mail, now))
            write_mail(out, reading, services, *row, Links::hidden);
    }
    out.end_array();
}

// The events that concern the person with all that they hold, then what the person did: the newest
// first, a page a piece.
struct Kept {
    const Services& services;
    views::Reading reading;
    UserId user;
    bool concerning = true;
    bool first = true;
    views::PageRequest page{.limit = 100};

    bool append(std::string& piece) {
        views::ActivityFilter filter;
        if (concerning) filter.user = user;
        if (!concerning) filter.actor = views::ActivityFilter::By{ActorKind::user, user.number};
        const auto rows =
            views::list_activity(reading, services.log, services.keyring, filter, page);
        if (!rows || reading.fault()) return false;  // Cut off, which no reader takes for all.
        for (const auto& row : rows->items) {
            if (!std::exchange(first, false)) piece.push_back(',');
            JsonWriter out{piece};
            concerning ? write_event(out, row) : views::write_activity(out, row);
        }
        page.cursor = rows->next.value_or("");
        if (rows->next) return true;
        piece += concerning ? "],\"done\":[" : "]}";
        first = true;
        return std::exchange(concerning, false);
    }
    void write_event(JsonWriter& out, const views::ActivityRow& row) {
        out.begin_object().key("line");
        views::write_activity(out, row);
        out.key("data");
        bool written = false;
        const Position before{row.position.number - 1};
        static_cast<void>(services.log.read(before, 1, [&](const Stored& stored) {
            const auto record = decode(stored.bytes, &services.keyring);
            written = record.has_value();
            if (record) write_data(out, record->event);
            return false;
        }));
        if (!written) out.null();
        out.end_object();
    }
};

Answer person_export(Call& call) {
    const auto user = views::find_user(*call.reading, call.user());
    if (!user) return std::unexpected(problem_of(no_such_user));
    const auto sent = sent_to(call.services, *call.reading, user->id, call.now);
    if (!sent) return std::unexpected(Problem{500, "server.fault", sent.error().message});
    auto response = json_answer(200, [&](JsonWriter& out) {
        out.begin_object();
        write_present(out, call.services, *call.reading, *user, *sent, call.now);
        out.key("history");
    });
    response.body += "[";
    response.headers.emplace_back(
        "Content-Disposition",
        "attachment; filename=\"user-" + std::to_string(user->id.number) + ".json\"");
    auto rest = std::make_shared<Kept>(call.services, *call.reading, user->id);
    response.more = [rest](std::string& piece) { return rest->append(piece); };
    return response;
}

}  // namespace

const Query export_user = asking<person_export>;

}  // namespace muster::http
