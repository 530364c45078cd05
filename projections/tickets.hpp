// Tickets with what was written in them: GET /v1/tickets, GET /v1/accounts/{id}/tickets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/sealing.hpp"
#include "projections/accounts.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// Open until somebody replies; then answered where staff replied last, else customer_reply; closed
// until somebody replies again. The numbers are stored: append, never renumber.
enum class TicketStatus : std::uint8_t { open, answered, customer_reply, closed };
constexpr bool valid(TicketStatus status) { return status <= TicketStatus::closed; }
constexpr std::string_view to_text(TicketStatus status) {
    constexpr std::string_view names[]{"open", "answered", "customer_reply", "closed"};
    return names[static_cast<std::size_t>(status)];
}
std::optional<TicketStatus> parse_ticket_status(std::string_view text);

struct TicketRow {
    TicketId id;
    std::optional<AccountId> account;
    std::string subject;
    TicketStatus status{};
    Time opened_at, last_reply_at;
    std::uint64_t replies{};  // The opening message among them.
    std::uint64_t version{};  // Of the ticket's stream (ETag).

    bool operator==(const TicketRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("account", self.account)("subject", self.subject)(
            "status", self.status)("opened_at", self.opened_at)(
            "last_reply_at", self.last_reply_at)("replies", self.replies)("version", self.version);
    }
};

struct ReplyRow {
    ReplyId id;
    Time at;
    std::string message;
    Badge badge{};                // As it was.
    std::uint32_t writer_kind{};  // An ActorKind; looked at where there is no address.
    std::uint64_t writer_number{};
    std::optional<EmailKey> address;        // Of a sender who was no user,
    std::string sender_name, sender_email;  // as the mail had it.

    Actor writer() const {
        return {static_cast<ActorKind>(writer_kind), writer_number, std::nullopt};
    }
    bool operator==(const ReplyRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("at", self.at)("message", self.message)("badge", self.badge)(
            "writer_kind", self.writer_kind)("writer_number", self.writer_number)(
            "address", self.address)("sender_name", self.sender_name)("sender_email",
                                                                      self.sender_email);
    }
};

struct Tickets {
    static constexpr std::string_view name = "tickets";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 12;

    static void on(const TicketOpened& event, const At& at, Rows& rows);
    static void on(const TicketReplied& event, const At& at, Rows& rows);
    static void on(const TicketClosed& event, const At& at, Rows& rows);
    static void on(const TicketDeleted& event, const At& at, Rows& rows);
    static void on(const UserRegistered& event, const At& at, Rows& rows);
    static void on(const EmailChanged& event, const At& at, Rows& rows);
    static void on(const UserDeleted& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<TicketRow> find_ticket(const Reading& reading, TicketId ticket);
std::optional<ReplyRow> find_reply(const Reading& reading, TicketId ticket, ReplyId reply);
// In their order, the opening message first.
std::vector<ReplyRow> replies_of(const Reading& reading, TicketId ticket);

struct TicketFilter {
    std::optional<AccountId> account{};  // Absent: every ticket, also those of no account.
    std::optional<TicketStatus> status{};
};
// Newest first.
Paged<TicketRow> list_tickets(const Reading& reading, const TicketFilter& filter,
                              const PageRequest& page);

// What the writer is to the account today. Rule T9.
Badge badge_now(const Reading& reading, const Keys& keys, const std::optional<AccountId>& account,
                const ReplyRow& reply);

// {id, account_id, subject, status, opened_at, last_reply_at, reply_count}: a row of a list.
void write_ticket(JsonWriter& out, const TicketRow& ticket);
// The same with `replies`.
void write_ticket_with_replies(JsonWriter& out, const Reading& reading, const Keys& keys,
                               const TicketRow& ticket, Audience audience);
// {id, at, message, badge, badge_now, from: {kind, id?, name?, email?}}. A user's address is shown
// to the client area only while the user is one of the account.
void write_reply(JsonWriter& out, const Reading& reading, const Keys& keys, const TicketRow& ticket,
                 const ReplyRow& reply, Audience audience);

}  // namespace muster::views
