// A mail: what becomes of it with each attempt, and who is told no.
#include "aggregates/mail.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"

namespace muster::mail_test {

using namespace std::chrono_literals;
using given::Given, given::World;

constexpr MailId letter{42};
constexpr Time noon{1'790'000'000'000};
constexpr RetryMail retry{LinkState::alive};
constexpr RetryMail retry_dead{LinkState::dead};

const MailSent sent{letter};
const MailRequeued requeued{letter};
const MailGivenUp refused{letter, MailTrouble::recipient_refused, 550};

MailAttemptFailed unreachable(std::chrono::milliseconds after) {
    return {letter, MailTrouble::unreachable, 0, noon + after};
}
RecordFailure failing(std::uint32_t attempt, std::uint32_t jitter = 0) {
    return {.attempt = attempt,
            .trouble = MailTrouble::unreachable,
            .reply = 0,
            .finality = RecordFailure::Finality::for_now,
            .at = noon,
            .jitter = jitter};
}
const RecordFailure refusing{.attempt = 1,
                             .trouble = MailTrouble::recipient_refused,
                             .reply = 550,
                             .finality = RecordFailure::Finality::for_good,
                             .at = noon,
                             .jitter = 0};

World after_failures(int count) {
    World world;
    for (int n = 0; n < count; ++n)
        world.fold(unreachable(1min));
    return world;
}

TEST(Mail, IsSentOnce) {
    const auto after = Given{}.when(letter, RecordDelivery{}).then({sent});
    EXPECT_EQ(after.world().seen(letter).status, MailStatus::sent);
    EXPECT_EQ(after.world().seen(letter).tries, 1U);
    Given{sent}.when(letter, failing(1)).then_already_so();
}

TEST(Mail, IsTriedAgainAfterEverLongerTimes) {
    const std::chrono::milliseconds delays[]{1min,  2min,  4min,   8min,  16min,
                                             32min, 64min, 128min, 240min};
    for (int n = 0; n < 9; ++n) {
        const auto attempt = static_cast<std::uint32_t>(n) + 1;
        Given{after_failures(n)}.when(letter, failing(attempt)).then({unreachable(delays[n])});
        Given{after_failures(n)}
            .when(letter, failing(attempt, 1000))
            .then({unreachable(delays[n] * 5 / 4)});
    }
}

TEST(Mail, IsGivenUpAfterTenAttempts) {
    Given{after_failures(9)}
        .when(letter, failing(10))
        .then({MailGivenUp{letter, MailTrouble::unreachable, 0}});
}

TEST(Mail, ThatIsRefusedForGoodIsGivenUpAtOnce) {
    const auto after = Given{}.when(letter, refusing).then({refused});
    EXPECT_EQ(after.world().seen(letter).status, MailStatus::dead);
    Given{refused}.when(letter, failing(2)).then_already_so();
}

TEST(Mail, AnAttemptCountsOnce) {
    Given{after_failures(3)}.when(letter, failing(3)).then_already_so();
    Given{after_failures(3)}.when(letter, failing(1)).then_already_so();
}

TEST(Mail, ThatWasGivenUpIsRequeuedWithTenAttemptsMore) {
    auto after = Given{refused}.when(letter, retry).then({requeued});
    EXPECT_EQ(after.world().seen(letter).status, MailStatus::pending);
    EXPECT_EQ(after.world().seen(letter).next_try_at, Time{});
    after.when(letter, failing(2)).then({unreachable(1min)});
    auto world = after.world();
    for (int n = 0; n < 9; ++n)
        world.fold(unreachable(1min));
    EXPECT_EQ(world.seen(letter).tries, 10U);
    Given{world}.when(letter, failing(11)).then({MailGivenUp{letter, MailTrouble::unreachable, 0}});
}

TEST(Mail, ThatWaitsIsRequeuedAndTriedAtOnce) {
    const auto after = Given{after_failures(4)}.when(letter, retry).then({requeued});
    EXPECT_EQ(after.world().seen(letter).tries, 4U);
}

TEST(Mail, ThatIsPendingNeedsNoRetry) {
    Given{}.when(letter, retry).then_already_so();
    Given{refused, requeued}.when(letter, retry).then_already_so();
}

TEST(Mail, ThatWasSentOrLeadsNowhereIsNotSentAgain) {
    Given{sent}.when(letter, retry).then_refused("mail.sent");
    Given{sent}.when(letter, retry_dead).then_refused("mail.sent");
    Given{refused}.when(letter, retry_dead).then_refused("mail.link_dead");
    Given{}.when(letter, retry_dead).then_refused("mail.link_dead");
}

// The server took it at last, whatever was recorded meanwhile.
TEST(Mail, ADeliveryIsRecordedAlsoAfterItWasGivenUp) {
    Given{refused}.when(letter, RecordDelivery{}).then({sent});
}

}  // namespace muster::mail_test
