#include "projections/invitations.hpp"

#include "projections/accounts.hpp"
#include "projections/activity.hpp"
#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'i' account invitation -> InvitationRow      'a' invitation -> InvitationAccount
//   'e' address invitation
struct InvitationAccount {
    AccountId account;

    bool operator==(const InvitationAccount&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account);
    }
};
using InvitationTable =
    Table<Invitations, 'i', Counted::yes, Walked::yes, InvitationRow, AccountId, InvitationId>;
using InvitationAccounts =
    Table<Invitations, 'a', Counted::no, Walked::no, InvitationAccount, InvitationId>;
using InvitationsByAddress =
    Table<Invitations, 'e', Counted::no, Walked::no, Nothing, EmailKey, InvitationId>;

void set_status(AccountId account, InvitationId invitation, InvitationStatus status, Rows& rows) {
    rows.change<InvitationTable>([&](InvitationRow& row) { row.status = status; }, account,
                                 invitation);
}

void write_invitation_members(JsonWriter& out, const InvitationRow& invitation, Time now) {
    out.key("id").number(invitation.id.number);
    out.key("email").text(invitation.email);
    out.key("permissions").permissions(invitation.permissions);
    out.key("sent_at").time(invitation.sent_at);
    out.key("expires_at").time(invitation.expires_at);
    out.key("status").text(to_text(status_at(invitation, now)));
}

}  // namespace

void Invitations::on(const UserInvited& event, const At& at, Rows& rows) {
    const InvitationRow row{.id = event.invitation,
                            .account = event.account,
                            .email = event.invitee.value.value_or(Address{}).email,
                            .permissions = event.permissions,
                            .sender_kind = static_cast<std::uint32_t>(at.actor.kind),
                            .sender_number = at.actor.number,
                            .sent_at = at.time,
                            .expires_at = event.expires_at,
                            .link = 1,
                            .status = InvitationStatus::pending,
                            .address = event.address.key};
    rows.insert<InvitationTable>(row, row.account, row.id);
    rows.insert<InvitationAccounts>({row.account}, row.id);
    rows.insert<InvitationsByAddress>({}, row.address, row.id);
}

void Invitations::on(const InvitationResent& event, const At& at, Rows& rows) {
    rows.change<InvitationTable>(
        [&](InvitationRow& row) {
            row.link = event.link;
            row.sent_at = at.time;
            row.expires_at = event.expires_at;
        },
        event.account, event.invitation);
}

void Invitations::on(const InvitationCancelled& event, const At&, Rows& rows) {
    set_status(event.account, event.invitation, InvitationStatus::cancelled, rows);
}

void Invitations::on(const InvitationForgotten& event, const At&, Rows& rows) {
    const auto row = rows.find<InvitationTable>(event.account, event.invitation);
    if (!row) return;  // It went with its account.
    rows.erase<InvitationsByAddress>(row->address, event.invitation);
    rows.erase<InvitationTable>(event.account, event.invitation);
    rows.erase<InvitationAccounts>(event.invitation);
}

void Invitations::on(const AssociationGranted& event, const At&, Rows& rows) {
    if (event.invitation)
        set_status(event.account, *event.invitation, InvitationStatus::accepted, rows);
}

// Rule I26.
void Invitations::on(const AccountClosed& event, const At&, Rows& rows) {
    for (const auto id : rows.seconds<InvitationTable, InvitationId>(event.account)) {
        const auto row = rows.find<InvitationTable>(event.account, id);
        if (row && row->status == InvitationStatus::pending)
            set_status(event.account, id, InvitationStatus::cancelled, rows);
    }
}

void Invitations::on(const AccountDeleted& event, const At&, Rows& rows) {
    for (const auto id : rows.seconds<InvitationTable, InvitationId>(event.account)) {
        if (const auto row = rows.find<InvitationTable>(event.account, id))
            rows.erase<InvitationsByAddress>(row->address, id);
        rows.erase<InvitationTable>(event.account, id);
        rows.erase<InvitationAccounts>(id);
    }
}

InvitationStatus status_at(const InvitationRow& invitation, Time now) {
    const bool over =
        invitation.status == InvitationStatus::pending && invitation.expires_at <= now;
    return over ? InvitationStatus::expired : invitation.status;
}

std::optional<InvitationRow> find_invitation(const Reading& reading, InvitationId invitation) {
    const auto at = find<InvitationAccounts>(reading, invitation);
    if (!at) return std::nullopt;
    return find<InvitationTable>(reading, at->account, invitation);
}

Paged<InvitationRow> list_invitations(const Reading& reading, AccountId account,
                                      InvitationSelection selection, const PageRequest& page) {
    Listing<InvitationRow> list{.reading = reading,
                                .cursor = selection == InvitationSelection::open ? 'I' : 'J',
                                .index = index_of<InvitationTable>(reading, account),
                                .order = Order::descending,
                                .row_of = [&reading](std::string_view, std::string_view value) {
                                    return decoded<InvitationTable>(reading, value);
                                }};
    if (selection == InvitationSelection::open) {
        list.test = [](const InvitationRow& row) {
            return row.status == InvitationStatus::pending;
        };
    }
    return answer(std::move(list), page);
}

Paged<InvitationRow> list_invitations_to(const Reading& reading, const EmailKey& address, Time now,
                                         const PageRequest& page) {
    Listing<InvitationRow> list{.reading = reading,
                                .cursor = 'E',
                                .index = index_of<InvitationsByAddress>(reading, address),
                                .order = Order::descending,
                                .row_of =
                                    [&reading](std::string_view rest, std::string_view) {
                                        return find_invitation(reading,
                                                               InvitationId{last_number(rest)});
                                    },
                                .test =
                                    [now](const InvitationRow& row) {
                                        return status_at(row, now) == InvitationStatus::pending;
                                    }};
    return answer(std::move(list), page);
}

std::vector<InvitationRow> invitations_to(const Reading& reading, const EmailKey& address,
                                          Time until) {
    std::vector<InvitationRow> found;
    auto keys = walk<InvitationsByAddress>(reading, address);
    for (bool more = keys.first(); more; more = keys.next()) {
        auto row = find_invitation(reading, InvitationId{last_number(keys.rest())});
        if (row && row->sent_at <= until) found.push_back(std::move(*row));
    }
    return found;
}

std::string sender_name(const Reading& reading, const InvitationRow& invitation) {
    const Actor sender{static_cast<ActorKind>(invitation.sender_kind), invitation.sender_number,
                       std::nullopt};
    return actor_name(reading, sender);
}

void write_invitation(JsonWriter& out, const InvitationRow& invitation, Time now) {
    out.begin_object();
    write_invitation_members(out, invitation, now);
    out.end_object();
}

void write_invitation_with_account(JsonWriter& out, const InvitationRow& invitation, Time now) {
    out.begin_object();
    out.key("account_id").number(invitation.account.number);
    write_invitation_members(out, invitation, now);
    out.end_object();
}

void write_own_invitation(JsonWriter& out, const Reading& reading,
                          const InvitationRow& invitation) {
    const auto account = find_account(reading, invitation.account);
    out.begin_object();
    out.key("id").number(invitation.id.number);
    out.key("account_name").text(account ? shown_name(reading, *account) : "");
    out.key("sender_name").text(sender_name(reading, invitation));
    out.key("permissions").permissions(invitation.permissions);
    out.key("sent_at").time(invitation.sent_at);
    out.key("expires_at").time(invitation.expires_at);
    out.end_object();
}

}  // namespace muster::views
