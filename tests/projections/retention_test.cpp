// Which accounts the views find unused.
#include "projections/retention.hpp"

#include <chrono>

#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

std::vector<std::uint64_t> unused(const World& world, const UnusedSince& since) {
    std::vector<std::uint64_t> ids;
    std::string after;
    do {
        const auto found = unused_accounts(world.now(), since, after);
        for (const auto& each : found.accounts)
            ids.push_back(each.account.number);
        after = found.next;
    } while (!after.empty());
    return ids;
}

AccountOpened just_opened(AccountId account) { return {account, ada, {Profile{}}}; }

}  // namespace

TEST(UnusedAccounts, AreTheOldOnesOfTheirStatus) {  // Rules X12, X15.
    World world;
    const AccountId first{100}, second{101}, third{102}, fourth{103};
    world.happens(by_system(), noon,
                  {just_opened(first), just_opened(second), AccountDeactivated{second}});
    world.happens(by_system(), noon + 1h,
                  {just_opened(third), AccountClosed{third}, just_opened(fourth)});
    using Ids = std::vector<std::uint64_t>;
    EXPECT_EQ(unused(world, {}), Ids{});
    EXPECT_EQ(unused(world, {noon, noon}), Ids{});
    EXPECT_EQ(unused(world, {noon + 1ms, std::nullopt}), Ids{101});
    EXPECT_EQ(unused(world, {noon + 2h, std::nullopt}), (Ids{101, 102}));
    EXPECT_EQ(unused(world, {std::nullopt, noon + 2h}), (Ids{100, 103}));
    EXPECT_EQ(unused(world, {noon + 2h, noon + 1ms}), (Ids{100, 101, 102}));
}

TEST(UnusedAccounts, AreNotThoseThatSomebodyOrderedForOrChose) {  // Rules X12, X15.
    World world;
    const AccountId ordered{100}, chosen{101};
    world.happens(by_system(), noon, {just_opened(ordered), just_opened(chosen)});
    world.happens(by_system(), noon + 2h,
                  {OrderPlaced{.account = ordered,
                               .order = OrderId{1},
                               .user = {ada},
                               .admin = std::nullopt,
                               .api_key = std::nullopt,
                               .lines = {OrderLines{}},
                               .currency = "EUR",
                               .placed_at = noon + 2h},
                   AccountChosen{SessionId{1}, ada, {chosen}}});
    EXPECT_TRUE(unused(world, {std::nullopt, noon + 2h}).empty());
    EXPECT_EQ(unused(world, {std::nullopt, noon + 2h + 1ms}).size(), 2U);
    const auto found = unused_accounts(world.now(), {std::nullopt, noon + 3h}, {}).accounts;
    EXPECT_EQ(found.at(1).opened_at, noon);
    EXPECT_EQ(found.at(1).last_sign_in_at, noon + 2h);
    world.happens(by_system(), noon + 3h, {AccountClosed{chosen}});
    EXPECT_EQ(unused(world, {noon + 1h, std::nullopt}).size(), 1U);
}

TEST(UnusedAccounts, AreFoundPageByPageWhileTheyAreDeleted) {
    World world;
    Events events;
    for (std::uint64_t n = 100; n < 550; ++n)
        events.push_back(just_opened(AccountId{n}));
    world.happens(by_system(), noon, events);
    const UnusedSince since{std::nullopt, noon + 1ms};
    const auto first = unused_accounts(world.now(), since, {});
    EXPECT_EQ(first.accounts.size(), 200U);
    events.clear();
    for (const auto& each : first.accounts)
        events.push_back(AccountDeleted{each.account, {ada}});
    world.happens(by_system(), noon + 1h, events);
    const auto second = unused_accounts(world.now(), since, first.next);
    EXPECT_EQ(second.accounts.size(), 200U);
    EXPECT_EQ(second.accounts.front().account.number, 300U);
    EXPECT_EQ(unused_accounts(world.now(), since, second.next).accounts.size(), 50U);
}

}  // namespace muster::views::test
