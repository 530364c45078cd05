#include "aggregates/retention.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::retention_test {

using namespace people;
using given::and_again_more, given::Given;

Time day(const char* text) { return *parse_time(text); }

const Time today = day("2026-07-31T12:00:00Z");
const Retention after_a_year{12, Switch::off, std::nullopt};
const Retention idle_for_a_year{std::nullopt, Switch::off, 12};
const LastUse opened_long_ago{acme, day("2025-01-01"), std::nullopt};

Account inactive() {
    return Given{ada_registered, acme_opened, AccountDeactivated{acme}}.world().seen(acme);
}
Account ordered_at(Account account, Time at) {
    account.last_order_at = at;
    return account;
}

TEST(Retention, CountsMonthsByTheCalendar) {  // Rule X12.
    EXPECT_EQ(months_before(today, 1), day("2026-06-30T12:00:00Z"));
    EXPECT_EQ(months_before(today, 5), day("2026-02-28T12:00:00Z"));
    EXPECT_EQ(months_before(today, 12), day("2025-07-31T12:00:00Z"));
    EXPECT_EQ(months_before(day("2024-02-29T00:00:00.001Z"), 12), day("2023-02-28T00:00:00.001Z"));
    EXPECT_LT(months_before(today, most_retention_months), Time{});
}

TEST(Retention, IsOffByDefault) {  // Rule X11.
    EXPECT_EQ(retirement_of(inactive(), opened_long_ago, {}, today), Retirement::none);
    Given{}.when(StartRetentionRun{}).then_already_so();
}

TEST(Retention, PrunesWhatIsNotActive) {  // Rule X12.
    const auto active = Given{ada_registered, acme_opened}.world().seen(acme);
    EXPECT_EQ(retirement_of(active, opened_long_ago, after_a_year, today), Retirement::none);
    EXPECT_EQ(retirement_of(inactive(), opened_long_ago, after_a_year, today), Retirement::pruning);
    const auto closed = Given{ada_registered, acme_opened, acme_closed}.world().seen(acme);
    EXPECT_EQ(retirement_of(closed, opened_long_ago, after_a_year, today), Retirement::pruning);
    const auto deleted = Given{ada_registered, acme_opened, acme_deleted}.world().seen(acme);
    EXPECT_EQ(retirement_of(deleted, opened_long_ago, after_a_year, today), Retirement::none);
    EXPECT_EQ(retirement_of(Account{}, opened_long_ago, after_a_year, today), Retirement::none);
}

TEST(Retention, CountsFromTheOpeningOrTheLastOrderWhicheverIsLater) {  // Rule X12.
    const auto limit = months_before(today, 12);
    const auto opened_at = [](Time at) { return LastUse{acme, at, std::nullopt}; };
    const auto of = [](const Account& account, const LastUse& use) {
        return retirement_of(account, use, after_a_year, today);
    };
    EXPECT_EQ(of(inactive(), opened_at(limit)), Retirement::none);
    EXPECT_EQ(of(inactive(), opened_at(limit - 1ms)), Retirement::pruning);
    EXPECT_EQ(of(ordered_at(inactive(), limit), opened_long_ago), Retirement::none);
    EXPECT_EQ(of(ordered_at(inactive(), limit - 1ms), opened_long_ago), Retirement::pruning);
    EXPECT_EQ(of(ordered_at(inactive(), day("2020-01-01")), opened_at(limit)), Retirement::none);
}

TEST(Retention, PrunesWhoeverSignedIn) {  // Rule X12.
    auto use = opened_long_ago;
    use.last_sign_in_at = today;
    EXPECT_EQ(retirement_of(inactive(), use, after_a_year, today), Retirement::pruning);
}

TEST(Retention, MakesInactiveWhatNobodyUses) {  // Rule X15.
    const auto active = Given{ada_registered, acme_opened}.world().seen(acme);
    const auto limit = months_before(today, 12);
    const auto of = [](const Account& account, Time opened_at, std::optional<Time> sign_in) {
        return retirement_of(account, {acme, opened_at, sign_in}, idle_for_a_year, today);
    };
    const auto long_ago = limit - 1ms;
    EXPECT_EQ(of(active, long_ago, std::nullopt), Retirement::deactivation);
    EXPECT_EQ(of(active, long_ago, long_ago), Retirement::deactivation);
    EXPECT_EQ(of(ordered_at(active, long_ago), long_ago, long_ago), Retirement::deactivation);
    EXPECT_EQ(of(active, limit, long_ago), Retirement::none);
    EXPECT_EQ(of(active, long_ago, limit), Retirement::none);
    EXPECT_EQ(of(ordered_at(active, limit), long_ago, long_ago), Retirement::none);
    EXPECT_EQ(of(inactive(), long_ago, long_ago), Retirement::none);
}

TEST(Retention, ARunIsRecordedWithWhatIsSetAndWithWhatItDid) {  // Rule X16.
    Given{}
        .when(StartRetentionRun{{12, Switch::on, 6}})
        .then({RetentionRunStarted{{}, 12, Switch::on, 6}}, and_again_more);
    Given{}
        .when(EndRetentionRun{{7}, 1, 2, 3})
        .then({RetentionRunEnded{{}, 7, 1, 2, 3}}, and_again_more);
}

}  // namespace muster::retention_test
