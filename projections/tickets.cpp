#include "projections/tickets.hpp"

#include "events/email_address.hpp"
#include "projections/activity.hpp"
#include "projections/associations.hpp"
#include "projections/contacts.hpp"
#include "projections/listing.hpp"
#include "projections/users.hpp"

namespace muster::views {
namespace {

// Who has an address today from which somebody wrote who was no user.
struct SenderRow {
    UserId user;  // Zero: nobody.

    bool operator==(const SenderRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("user", self.user); }
};

//   't' ticket -> TicketRow      'r' ticket reply -> ReplyRow
//   'a' account ticket           's' address -> SenderRow
using TicketTable = Table<Tickets, 't', Counted::yes, Walked::no, TicketRow, TicketId>;
using ReplyTable = Table<Tickets, 'r', Counted::no, Walked::yes, ReplyRow, TicketId, ReplyId>;
using TicketsByAccount = Table<Tickets, 'a', Counted::no, Walked::no, Nothing, AccountId, TicketId>;
using Senders = Table<Tickets, 's', Counted::no, Walked::no, SenderRow, EmailKey>;

std::uint64_t version_in(const At& at, TicketId ticket) {
    for (const auto& [stream, version] : at.streams) {
        if (stream == stream_of(ticket)) return version;
    }
    return 0;
}

// An event that says who wrote what.
template <class E>
void insert_reply(const E& event, ReplyId id, const At& at, Rows& rows) {
    const auto message = event.message.value.value_or(Message{});
    const auto writer =
        event.user ? Actor{ActorKind::user, event.user->key.number, std::nullopt} : at.actor;
    const ReplyRow row{
        .id = id,
        .at = at.time,
        .message = message.text,
        .badge = event.badge,
        .writer_kind = static_cast<std::uint32_t>(writer.kind),
        .writer_number = writer.number,
        .address = event.address.transform([](const auto& mention) { return mention.key; }),
        .sender_name = message.sender_name,
        .sender_email = message.sender_email};
    rows.insert<ReplyTable>(row, event.ticket, row.id);
    if (row.address && !rows.find<Senders>(*row.address)) rows.insert<Senders>({}, *row.address);
}

void hand_address(const std::optional<EmailKey>& address, UserId user, Rows& rows) {
    if (!address) return;
    rows.change<Senders>([&](SenderRow& row) { row.user = user; }, *address);
}

// The writer as a user of today, if that is what the writer is.
std::optional<UserRow> find_writer(const Reading& reading, const ReplyRow& reply) {
    if (reply.address) {
        const auto sender = find<Senders>(reading, *reply.address);
        return sender && sender->user ? find_user(reading, sender->user) : std::nullopt;
    }
    if (reply.writer().kind != ActorKind::user) return std::nullopt;
    return find_user(reading, UserId{reply.writer_number});
}

std::optional<EmailKey> key_of(const UserRow& user, const Keys& keys) {
    const auto email = EmailAddress::parse(user.email);
    return email ? std::optional{keys.email_key(email->normalised())} : std::nullopt;
}

void write_optional_text(JsonWriter& out, std::string_view name, const std::string& value) {
    if (!value.empty()) out.key(name).text(value);
}

bool belongs(Badge badge) {
    return badge == Badge::owner || badge == Badge::authorized_user || badge == Badge::sub_account;
}

void write_writer(JsonWriter& out, const Reading& reading, const ReplyRow& reply, Badge now,
                  Audience audience) {
    constexpr std::string_view kinds[]{"system", "admin", "user", "api_key"};
    out.begin_object();
    if (reply.address) {
        out.key("kind").text("email");
        write_optional_text(out, "name", reply.sender_name);
        write_optional_text(out, "email", reply.sender_email);
    } else {
        const auto writer = reply.writer();
        out.key("kind").text(kinds[static_cast<std::size_t>(writer.kind)]);
        if (writer.kind != ActorKind::system) out.key("id").number(writer.number);
        out.key("name").text(actor_name(reading, writer));  // Rule X9.
        const auto user = find_writer(reading, reply);
        if (user && (audience == Audience::staff || belongs(now)))
            write_optional_text(out, "email", user->email);
    }
    out.end_object();
}

void write_ticket_members(JsonWriter& out, const TicketRow& ticket) {
    out.key("id").number(ticket.id.number).key("account_id");
    if (ticket.account) {
        out.number(ticket.account->number);
    } else {
        out.null();
    }
    out.key("subject").text(ticket.subject);
    out.key("status").text(to_text(ticket.status));
    out.key("opened_at").time(ticket.opened_at);
    out.key("last_reply_at").time(ticket.last_reply_at);
    out.key("reply_count").number(ticket.replies);
}

}  // namespace

std::optional<TicketStatus> parse_ticket_status(std::string_view text) {
    for (std::uint8_t n = 0; valid(TicketStatus{n}); ++n) {
        if (to_text(TicketStatus{n}) == text) return TicketStatus{n};
    }
    return std::nullopt;
}

void Tickets::on(const TicketOpened& event, const At& at, Rows& rows) {
    const TicketRow row{.id = event.ticket,
                        .account = event.account,
                        .subject = event.heading.value.value_or(Heading{}).subject,
                        .status = TicketStatus::open,
                        .opened_at = at.time,
                        .last_reply_at = at.time,
                        .replies = 1,
                        .version = version_in(at, event.ticket)};
    rows.insert<TicketTable>(row, row.id);
    if (row.account) rows.insert<TicketsByAccount>({}, *row.account, row.id);
    insert_reply(event, ReplyId{1}, at, rows);
}

void Tickets::on(const TicketReplied& event, const At& at, Rows& rows) {
    rows.change<TicketTable>(
        [&](TicketRow& row) {
            row.status = event.badge == Badge::operator_ ? TicketStatus::answered
                                                         : TicketStatus::customer_reply;
            row.last_reply_at = at.time;
            row.replies = event.reply.number;
            row.version = version_in(at, event.ticket);
        },
        event.ticket);
    insert_reply(event, event.reply, at, rows);
}

void Tickets::on(const TicketClosed& event, const At& at, Rows& rows) {
    rows.change<TicketTable>(
        [&](TicketRow& row) {
            row.status = TicketStatus::closed;
            row.version = version_in(at, event.ticket);
        },
        event.ticket);
}

void Tickets::on(const TicketDeleted& event, const At&, Rows& rows) {
    for (const auto reply : rows.seconds<ReplyTable, ReplyId>(event.ticket))
        rows.erase<ReplyTable>(event.ticket, reply);
    if (event.account) rows.erase<TicketsByAccount>(*event.account, event.ticket);
    rows.erase<TicketTable>(event.ticket);
}

void Tickets::on(const UserRegistered& event, const At&, Rows& rows) {
    hand_address(event.address, event.user, rows);
}
void Tickets::on(const EmailChanged& event, const At&, Rows& rows) {
    hand_address(event.released, UserId{}, rows);
    hand_address(event.taken, event.user, rows);
}
void Tickets::on(const UserDeleted& event, const At&, Rows& rows) {
    hand_address(event.released, UserId{}, rows);
}

std::optional<TicketRow> find_ticket(const Reading& reading, TicketId ticket) {
    return find<TicketTable>(reading, ticket);
}

std::optional<ReplyRow> find_reply(const Reading& reading, TicketId ticket, ReplyId reply) {
    return find<ReplyTable>(reading, ticket, reply);
}

std::vector<ReplyRow> replies_of(const Reading& reading, TicketId ticket) {
    std::vector<ReplyRow> list;
    each<ReplyTable>(reading, ticket, [&](const ReplyRow& row) { list.push_back(row); });
    return list;
}

Paged<TicketRow> list_tickets(const Reading& reading, const TicketFilter& filter,
                              const PageRequest& page) {
    Listing<TicketRow> list{.reading = reading,
                            .cursor = filter.account ? 'T' : 'R',
                            .index = filter.account
                                         ? index_of<TicketsByAccount>(reading, *filter.account)
                                         : index_of<TicketTable>(reading),
                            .order = Order::descending,
                            .row_of = [&reading](std::string_view rest, std::string_view) {
                                return find_ticket(reading, TicketId{last_number(rest)});
                            }};
    if (filter.status) {
        list.test = [status = *filter.status](const TicketRow& row) {
            return row.status == status;
        };
    }
    return answer(std::move(list), page);
}

Badge badge_now(const Reading& reading, const Keys& keys, const std::optional<AccountId>& account,
                const ReplyRow& reply) {
    if (reply.badge == Badge::operator_) return Badge::operator_;
    const auto user = find_writer(reading, reply);
    if (user && account) {
        if (const auto row = find_association(reading, *account, user->id))
            return row->is_owner ? Badge::owner : Badge::authorized_user;
    }
    const auto address = reply.address ? reply.address : user ? key_of(*user, keys) : std::nullopt;
    if (account && address && has_contact(reading, *account, *address)) return Badge::sub_account;
    return user ? Badge::external_user : Badge::guest;
}

void write_ticket(JsonWriter& out, const TicketRow& ticket) {
    out.begin_object();
    write_ticket_members(out, ticket);
    out.end_object();
}

void write_ticket_with_replies(JsonWriter& out, const Reading& reading, const Keys& keys,
                               const TicketRow& ticket, Audience audience) {
    out.begin_object();
    write_ticket_members(out, ticket);
    out.key("replies").begin_array();
    for (const auto& reply : replies_of(reading, ticket.id))
        write_reply(out, reading, keys, ticket, reply, audience);
    out.end_array().end_object();
}

void write_reply(JsonWriter& out, const Reading& reading, const Keys& keys, const TicketRow& ticket,
                 const ReplyRow& reply, Audience audience) {
    const auto now = badge_now(reading, keys, ticket.account, reply);
    out.begin_object();
    out.key("id").number(reply.id.number);
    out.key("at").time(reply.at);
    out.key("message").text(reply.message);
    out.key("badge").text(to_text(reply.badge));
    out.key("badge_now").text(to_text(now));
    out.key("from");
    write_writer(out, reading, reply, now, audience);
    out.end_object();
}

}  // namespace muster::views
