#include "aggregates/attempts.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::attempts_test {

using namespace given;
using namespace people;

constexpr AttemptsKey door{{7}}, network{{8}};
const AttemptFailed failed{door, AttemptKind::password, Mention<UserId>{ada}, std::nullopt, monday};
const CountFailure count{AttemptKind::password, ada, {}, monday};

Attempts after_failures(int failures) {
    Attempts state{.id = door, .failures = {}, .resets = {}};
    for (int n = 0; n < failures; ++n)
        apply(state, failed);
    return state;
}

TEST(Attempts, AreCountedOneByOne) {
    Given{}.when(door, count).then({failed}, and_again_more);
    Given{}
        .when(door, CountFailure{AttemptKind::code, {}, root, monday})
        .then(
            {AttemptFailed{door, AttemptKind::code, std::nullopt, Mention<AdminId>{root}, monday}},
            and_again_more);
}

TEST(Attempts, FourAreFree) {
    for (int n = 0; n < 5; ++n)
        EXPECT_FALSE(refuse(after_failures(n).failures, monday)) << n;
}

TEST(Attempts, FromTheFifthOnTheDelayDoublesUpToAQuarterOfAnHour) {
    const std::vector<std::uint32_t> seconds{5, 10, 20, 40, 80, 160, 320, 640, 900, 900};
    for (std::size_t n = 0; n < seconds.size(); ++n) {
        const auto count_of = after_failures(static_cast<int>(n) + 5).failures;
        const auto error = refuse(count_of, monday);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->code, "rate.limited");
        EXPECT_EQ(error->retry_after_s, seconds[n]);
        EXPECT_FALSE(refuse(count_of, after(std::chrono::seconds{seconds[n]})));
    }
    EXPECT_EQ(refuse(after_failures(100'000).failures, monday)->retry_after_s, 900U);
}

TEST(Attempts, AreForgottenAfterADayAndAfterARightOne) {
    auto state = after_failures(8);
    apply(state, AttemptsCleared{door});
    EXPECT_FALSE(refuse(state.failures, monday));
    state = after_failures(8);
    auto late = failed;
    late.at = after(24h);
    apply(state, late);
    EXPECT_FALSE(refuse(state.failures, late.at));
}

TEST(Attempts, AskingForALinkIsCountedApart) {
    auto state = after_failures(0);
    for (int n = 0; n < 5; ++n)
        apply(state, ResetAsked{door, network, monday});
    EXPECT_TRUE(refuse(state.resets, monday));
    EXPECT_FALSE(refuse(state.failures, monday));
    Given{}
        .when(AskForReset{door, network, monday})
        .then({ResetAsked{door, network, monday}}, and_again_more);
}

TEST(Attempts, ANetworkMayAskForMoreLinksThanAnAddress) {
    auto state = after_failures(0);
    for (int n = 0; n < 59; ++n)
        apply(state, ResetAsked{door, network, monday});
    EXPECT_FALSE(refuse(state.resets, monday, free_resets_of_network));
    apply(state, ResetAsked{door, network, monday});
    EXPECT_EQ(refuse(state.resets, monday, free_resets_of_network)->retry_after_s, 5U);
}

}  // namespace muster::attempts_test
