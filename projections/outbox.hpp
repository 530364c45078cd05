// Mail to be sent: one entry for each invitation that was sent or sent again. The text, with its
// link, is made when it is read, so that no token is ever stored. GET /v1/outbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct OutboxRow {
    Position id;  // Of the event that it answers to.
    std::string kind, to, subject;
    AccountId account;
    InvitationId invitation;
    std::uint32_t link{};
    Time created_at;
    std::string state;
    std::uint32_t tries{};
};

// Stored without the address, which is looked up: it goes with the invitation.
struct OutboxEntry {
    AccountId account;
    InvitationId invitation;
    std::uint32_t link{};
    Time created_at;

    bool operator==(const OutboxEntry&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("invitation", self.invitation)("link", self.link)(
            "created_at", self.created_at);
    }
};

struct Outbox {
    static constexpr std::string_view name = "outbox";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 7;

    static void on(const UserInvited& event, const At& at, Rows& rows);
    static void on(const InvitationResent& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

// Newest first.
Paged<OutboxRow> list_outbox(const Reading& reading, const PageRequest& page);

// {id, kind, to, subject, state, tries, last_error, created_at} and, where it is given, text.
void write_outbox(JsonWriter& out, const OutboxRow& row, const std::optional<std::string>& text);

}  // namespace muster::views
