#include "projections/views.hpp"

#include <array>

#include "projections/access.hpp"
#include "projections/accounts.hpp"
#include "projections/activity.hpp"
#include "projections/associations.hpp"
#include "projections/contacts.hpp"
#include "projections/invitations.hpp"
#include "projections/orders.hpp"
#include "projections/outbox.hpp"
#include "projections/sessions.hpp"
#include "projections/settings.hpp"
#include "projections/staff.hpp"
#include "projections/tickets.hpp"
#include "projections/users.hpp"

namespace muster::views {

std::span<const View> all_views() {
    static const std::array views{
        view_of<Users>(),    view_of<Accounts>(), view_of<Associations>(), view_of<Invitations>(),
        view_of<Sessions>(), view_of<Activity>(), view_of<Outbox>(),       view_of<Staff>(),
        view_of<Settings>(), view_of<Contacts>(), view_of<Orders>(),       view_of<Tickets>(),
        view_of<Access>()};
    return views;
}

}  // namespace muster::views
