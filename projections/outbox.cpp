#include "projections/outbox.hpp"

#include <fmt/format.h>

#include "projections/accounts.hpp"
#include "projections/invitations.hpp"
#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'o' position -> OutboxEntry
using OutboxTable = Table<Outbox, 'o', Counted::yes, Walked::no, OutboxEntry, Position>;

OutboxRow outbox_row(const Reading& reading, Position id, const OutboxEntry& entry) {
    const auto invitation = find_invitation(reading, entry.invitation);
    const auto account = find_account(reading, entry.account);
    return {.id = id,
            .kind = "invitation",
            .to = invitation ? invitation->email : "",
            .subject = account ? fmt::format("Invitation to {}", shown_name(reading, *account))
                               : fmt::format("Invitation to account #{}", entry.account.number),
            .account = entry.account,
            .invitation = entry.invitation,
            .link = entry.link,
            .created_at = entry.created_at,
            .state = "pending"};
}

}  // namespace

void Outbox::on(const UserInvited& event, const At& at, Rows& rows) {
    rows.insert<OutboxTable>({event.account, event.invitation, 1, at.time}, at.position);
}

void Outbox::on(const InvitationResent& event, const At& at, Rows& rows) {
    rows.insert<OutboxTable>({event.account, event.invitation, event.link, at.time}, at.position);
}

Paged<OutboxRow> list_outbox(const Reading& reading, const PageRequest& page) {
    const auto* mark = reading.serving(Outbox::number);
    Listing<OutboxRow> list{
        .reading = reading,
        .cursor = 'O',
        .index = index_of<OutboxTable>(reading),
        .order = Order::descending,
        .row_of = [&](std::string_view rest, std::string_view value) {
            const auto entry = decoded<OutboxTable>(reading, value);
            return entry ? std::optional{outbox_row(reading, Position{last_number(rest)}, *entry)}
                         : std::nullopt;
        }};
    if (mark != nullptr) list.known_total = mark->rows;
    return answer(std::move(list), page);
}

void write_outbox(JsonWriter& out, const OutboxRow& row, const std::optional<std::string>& text) {
    out.begin_object();
    out.key("id").number(row.id.number);
    out.key("kind").text(row.kind);
    out.key("to").text(row.to);
    out.key("subject").text(row.subject);
    out.key("state").text(row.state);
    out.key("tries").number(std::uint64_t{row.tries});
    out.key("last_error").null();
    out.key("created_at").time(row.created_at);
    if (text) out.key("text").text(*text);
    out.end_object();
}

}  // namespace muster::views
