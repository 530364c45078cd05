// The event: one of everything that can happen. A struct's place in one of the lists is its
// registration.
#pragma once

#include <variant>
#include <vector>

#include "events/account.hpp"
#include "events/attempts.hpp"
#include "events/contact.hpp"
#include "events/legacy.hpp"
#include "events/mail.hpp"
#include "events/order.hpp"
#include "events/session.hpp"
#include "events/settings.hpp"
#include "events/staff.hpp"
#include "events/stream.hpp"
#include "events/ticket.hpp"
#include "events/user.hpp"

namespace muster {

template <class... List>
struct Joined;
template <class... One>
struct Joined<std::variant<One...>> {
    using type = std::variant<One...>;
};
template <class... One, class... Two, class... Rest>
struct Joined<std::variant<One...>, std::variant<Two...>, Rest...> {
    using type = typename Joined<std::variant<One..., Two...>, Rest...>::type;
};

using Event =
    Joined<UserEvent, AccountEvent, SessionEvent, StaffEvent, SettingsEvent, AttemptsEvent,
           MailEvent, ContactEvent, OrderEvent, TicketEvent, LegacyEvent>::type;
using Events = std::vector<Event>;

EventType type_of(const Event& event);
std::vector<StreamId> streams_of(const Event& event);

}  // namespace muster
