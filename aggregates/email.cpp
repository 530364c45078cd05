#include "aggregates/email.hpp"

namespace muster {

void apply(EmailHolder& holder, const UserRegistered& event) { holder.user = event.user; }
void apply(EmailHolder& holder, const EmailChanged& event) {
    holder.user = holder.id == event.taken ? event.user : UserId{};
}
void apply(EmailHolder& holder, const UserDeleted&) { holder.user = {}; }

}  // namespace muster
