#include "projections/outbox.hpp"

#include <fmt/format.h>

#include "projections/invitations.hpp"
#include "projections/listing.hpp"
#include "projections/users.hpp"

namespace muster::views {
namespace {

//   'o' mail -> OutboxEntry
using OutboxTable = Table<Outbox, 'o', Counted::yes, Walked::no, OutboxEntry, MailId>;

void change(MailId mail, Rows& rows, auto&& change) { rows.change<OutboxTable>(change, mail); }

std::string_view words_of(MailTrouble trouble) {
    switch (trouble) {
        case MailTrouble::unreachable:
            return "The mail server cannot be reached";
        case MailTrouble::timeout:
            return "The mail server does not answer in time";
        case MailTrouble::not_secure:
            return "There is no secure connection to the mail server";
        case MailTrouble::login_refused:
            return "The mail server does not take our user name and password";
        case MailTrouble::server_refused:
            return "The mail server refuses to talk to us";
        case MailTrouble::sender_refused:
            return "The mail server refuses the sender";
        case MailTrouble::recipient_refused:
            return "The mail server refuses the recipient";
        case MailTrouble::message_refused:
            return "The mail server refuses the message";
        case MailTrouble::connection_broken:
            break;
    }
    return "The connection to the mail server broke";
}

// What a mail's link opens, as the views have it.
struct Target {
    std::string to;
    bool alive{};
};

Target target_of(const Reading& reading, const MailOrder& order, Time now) {
    if (order.kind != MailKind::invitation) {
        const auto user = find_user(reading, order.user);
        if (!user) return {};
        const bool newest = order.kind == MailKind::password_reset
                                ? user->reset && user->reset->number == order.link
                                : !user->email_verified && user->verification == order.link;
        return {user->email, newest && now < order.expires_at};
    }
    const auto invitation = find_invitation(reading, order.invitation);
    if (!invitation) return {};
    return {invitation->email, invitation->link == order.link &&
                                   status_at(*invitation, now) == InvitationStatus::pending};
}

bool is_open(MailState stored) {
    return stored == MailState::pending || stored == MailState::failed;
}

OutboxRow outbox_row(const Reading& reading, MailId id, const OutboxEntry& entry, Time now) {
    auto target = target_of(reading, entry.order, now);
    const bool dropped = is_open(entry.state) && (!target.alive || target.to.empty());
    return {id, entry, dropped ? MailState::dropped : entry.state, std::move(target.to)};
}

}  // namespace

std::optional<MailState> parse_mail_state(std::string_view text) {
    for (const auto state : {MailState::pending, MailState::sent, MailState::failed,
                             MailState::dead, MailState::dropped}) {
        if (to_text(state) == text) return state;
    }
    return std::nullopt;
}

std::string error_of(const MailFailure& failure) {
    const auto words = words_of(failure.trouble);
    return failure.reply == 0 ? fmt::format("{}.", words)
                              : fmt::format("{} ({}).", words, failure.reply);
}

void Outbox::add(const MailOrder& order, const At& at, Rows& rows) {
    rows.insert<OutboxTable>({order, at.time, MailState::pending, 0, std::nullopt},
                             MailId{at.position.number});
}

void Outbox::on(const MailSent& event, const At&, Rows& rows) {
    change(event.mail, rows, [](OutboxEntry& entry) {
        entry.state = MailState::sent;
        entry.failure.reset();
        ++entry.tries;
    });
}

void Outbox::on(const MailAttemptFailed& event, const At&, Rows& rows) {
    change(event.mail, rows, [&](OutboxEntry& entry) {
        entry.state = MailState::failed;
        entry.failure = {event.trouble, event.reply};
        ++entry.tries;
    });
}

void Outbox::on(const MailGivenUp& event, const At&, Rows& rows) {
    change(event.mail, rows, [&](OutboxEntry& entry) {
        entry.state = MailState::dead;
        entry.failure = {event.trouble, event.reply};
        ++entry.tries;
    });
}

void Outbox::on(const MailRequeued& event, const At&, Rows& rows) {
    change(event.mail, rows, [](OutboxEntry& entry) { entry.state = MailState::pending; });
}

std::optional<OutboxEntry> find_mail(const Reading& reading, MailId mail) {
    return find<OutboxTable>(reading, mail);
}

std::optional<OutboxRow> find_outbox_row(const Reading& reading, MailId mail, Time now) {
    const auto entry = find_mail(reading, mail);
    return entry ? std::optional{outbox_row(reading, mail, *entry, now)} : std::nullopt;
}

Paged<OutboxRow> list_outbox(const Reading& reading, std::optional<MailState> state, Time now,
                             const PageRequest& page) {
    const auto* mark = reading.serving(Outbox::number);
    Listing<OutboxRow> list{
        .reading = reading,
        .cursor = 'O',
        .index = index_of<OutboxTable>(reading),
        .order = Order::descending,
        .row_of = [&](std::string_view rest, std::string_view value) -> std::optional<OutboxRow> {
            const auto entry = decoded<OutboxTable>(reading, value);
            // Most need no further look-up to be known as others.
            if (!entry || (state && entry->state != *state && !is_open(entry->state))) return {};
            auto row = outbox_row(reading, MailId{last_number(rest)}, *entry, now);
            if (state && row.state != *state) return {};
            return row;
        }};
    if (mark != nullptr && !state) list.known_total = mark->rows;
    return answer(std::move(list), page);
}

void write_outbox(JsonWriter& out, const OutboxRow& row, std::string_view subject,
                  const std::optional<std::string>& text) {
    out.begin_object();
    out.key("id").number(row.id.number);
    out.key("kind").text(to_text(row.entry.order.kind));
    out.key("to").text(row.to);
    out.key("subject").text(subject);
    out.key("state").text(to_text(row.state));
    out.key("tries").number(std::uint64_t{row.entry.tries});
    out.key("last_error");
    if (row.entry.failure) {
        out.text(error_of(*row.entry.failure));
    } else {
        out.null();
    }
    out.key("created_at").time(row.entry.created_at);
    if (text) out.key("text").text(*text);
    out.end_object();
}

}  // namespace muster::views
