// Mail: one entry for each that was asked for, and what became of it. GET /v1/outbox. The text,
// with its link, is written when it is read, so that no token is ever stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// Failed waits for its next try; dead was given up; dropped was not sent, and never will be, for
// its link is dead.
enum class MailState : std::uint8_t { pending, sent, failed, dead, dropped };
constexpr std::string_view to_text(MailState state) {
    constexpr std::string_view names[]{"pending", "sent", "failed", "dead", "dropped"};
    return names[static_cast<std::size_t>(state)];
}
std::optional<MailState> parse_mail_state(std::string_view text);
// As it is stored: whether a mail was dropped is for its account, or its user, and the time to say.
constexpr bool valid(MailState state) { return state <= MailState::dead; }

// Why the last try came to nothing.
struct MailFailure {
    MailTrouble trouble{};
    std::uint32_t reply{};  // 0: the server said none.

    bool operator==(const MailFailure&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("trouble", self.trouble)("reply", self.reply);
    }
};
// "The mail server refuses the recipient (550)."
std::string error_of(const MailFailure& failure);

// Stored without the address, which is looked up: it goes with the invitation, or the user.
struct OutboxEntry {
    MailOrder order;
    Time created_at;
    MailState state{};
    std::uint32_t tries{};
    std::optional<MailFailure> failure;

    bool operator==(const OutboxEntry&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("order", self.order)("created_at", self.created_at)("state", self.state)(
            "tries", self.tries)("failure", self.failure);
    }
};

struct Outbox {
    static constexpr std::string_view name = "outbox";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 7;

    static void on(const AsksForMail auto& event, const At& at, Rows& rows) {
        add(mail_asked_by(event), at, rows);
    }
    static void on(const MailSent& event, const At& at, Rows& rows);
    static void on(const MailAttemptFailed& event, const At& at, Rows& rows);
    static void on(const MailGivenUp& event, const At& at, Rows& rows);
    static void on(const MailRequeued& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.

private:
    static void add(const MailOrder& order, const At& at, Rows& rows);
};

struct OutboxRow {
    MailId id;
    OutboxEntry entry;
    MailState state{};  // As it is now.
    std::string to;     // Empty where the address is gone.
};

std::optional<OutboxEntry> find_mail(const Reading& reading, MailId mail);
std::optional<OutboxRow> find_outbox_row(const Reading& reading, MailId mail, Time now);

// Newest first; absent: of every state.
Paged<OutboxRow> list_outbox(const Reading& reading, std::optional<MailState> state, Time now,
                             const PageRequest& page);

// {id, kind, to, subject, state, tries, last_error, created_at} and, where it is given, text.
void write_outbox(JsonWriter& out, const OutboxRow& row, std::string_view subject,
                  const std::optional<std::string>& text);

}  // namespace muster::views
