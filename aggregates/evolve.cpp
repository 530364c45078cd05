#include "aggregates/evolve.hpp"

#include <variant>

#include "aggregates/account.hpp"
#include "aggregates/attempts.hpp"
#include "aggregates/email.hpp"
#include "aggregates/legacy.hpp"
#include "aggregates/mail.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/ticket.hpp"
#include "aggregates/user.hpp"

namespace muster {

namespace {

template <class Aggregate>
void apply_to(Aggregate& state, const Event& event) {
    const auto step = [&]<class E>(const E& e) {
        if constexpr (Concerns<E, Aggregate::kind>) apply(state, e);
    };
    std::visit(step, event);
}

}  // namespace

void evolve(Account& state, const Event& event) { apply_to(state, event); }
void evolve(Attempts& state, const Event& event) { apply_to(state, event); }
void evolve(EmailHolder& state, const Event& event) { apply_to(state, event); }
void evolve(LegacyRecord& state, const Event& event) { apply_to(state, event); }
void evolve(Mail& state, const Event& event) { apply_to(state, event); }
void evolve(Session& state, const Event& event) { apply_to(state, event); }
void evolve(Settings& state, const Event& event) { apply_to(state, event); }
void evolve(Staff& state, const Event& event) { apply_to(state, event); }
void evolve(Ticket& state, const Event& event) { apply_to(state, event); }
void evolve(User& state, const Event& event) { apply_to(state, event); }

}  // namespace muster
