// Events as earlier versions were stored, and what each is today: `upcast` is called while
// decoding.
#pragma once

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/ticket.hpp"

namespace muster {

// Only an account's tickets could be deleted.
struct TicketDeletedV1 {
    static constexpr EventType type{"ticket.deleted", 1};

    TicketId ticket;
    AccountId account;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("ticket", self.ticket)("account", self.account);
    }
};
constexpr TicketDeleted upcast(const TicketDeletedV1& e) { return {e.ticket, e.account}; }

}  // namespace muster
