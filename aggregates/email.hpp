// An e-mail address as a sign-in name: who holds it. Its stream is what makes addresses unique
// among users.
#pragma once

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

struct EmailHolder {
    static constexpr auto kind = StreamKind::email;
    using Key = EmailKey;

    EmailKey id;
    UserId user;  // Zero: nobody.

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("user", self.user);
    }
};

void apply(EmailHolder& holder, const UserRegistered& event);
void apply(EmailHolder& holder, const EmailChanged& event);
void apply(EmailHolder& holder, const UserDeleted& event);

}  // namespace muster
