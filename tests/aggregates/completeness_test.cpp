// Nothing is recorded that nobody looks at: every event is applied by an aggregate, and every kind
// of stream has one.
#include <gtest/gtest.h>
#include <set>
#include <variant>

#include "tests/aggregates/given.hpp"

namespace muster::completeness_test {

template <class... Aggregate>
struct Aggregates {
    template <class E>
    static constexpr bool concerned_by = (Concerns<E, Aggregate::kind> || ...);

    static std::set<StreamKind> kinds() { return {Aggregate::kind...}; }
};
using All = Aggregates<User, Account, EmailHolder, Session, Staff, Settings, Attempts, Mail, Ticket,
                       LegacyRecord>;

template <class... E>
constexpr bool all_concern(const std::variant<E...>*) {
    return (All::concerned_by<E> && ...);
}
static_assert(all_concern(static_cast<const Event*>(nullptr)));

template <class Aggregate, class E>
concept Applies = requires(Aggregate& state, const E& event) { apply(state, event); };

// An `apply` for an event that never stands in the aggregate's streams would never be called.
template <class Aggregate, class... E>
constexpr bool applies_what_concerns_it(const std::variant<E...>*) {
    return ((Applies<Aggregate, E> == Concerns<E, Aggregate::kind>) && ...);
}
static_assert(applies_what_concerns_it<User>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Account>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<EmailHolder>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Session>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Staff>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Settings>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Attempts>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Mail>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<Ticket>(static_cast<const Event*>(nullptr)));
static_assert(applies_what_concerns_it<LegacyRecord>(static_cast<const Event*>(nullptr)));

TEST(Aggregates, ThereIsOneForEachKindOfStream) {
    std::set<StreamKind> kinds;
    for (int n = 0; n <= UINT8_MAX; ++n) {
        if (const auto kind = static_cast<StreamKind>(n); valid(kind)) kinds.insert(kind);
    }
    EXPECT_EQ(All::kinds(), kinds);
}

template <std::size_t n = 0>
void each_stands_in_a_stream() {
    if constexpr (n < std::variant_size_v<Event>) {
        using E = std::variant_alternative_t<n, Event>;
        EXPECT_FALSE(streams_of(Event{E{}}).empty()) << E::type.name;
        each_stands_in_a_stream<n + 1>();
    }
}

TEST(Aggregates, EveryEventStandsInAStream) { each_stands_in_a_stream(); }

}  // namespace muster::completeness_test
