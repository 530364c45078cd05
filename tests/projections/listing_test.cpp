// Lists against a plain reference: search, filters, sort, pages.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "events/text.hpp"
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

const std::vector<std::string> first_names{"Ada", "Élodie", "bob", "Zoë", "", "Ann Mary"};
const std::vector<std::string> last_names{"Lovelace", "Ångström", "stone", "", "Mac Adam"};
const std::vector<std::string> queries{"",    "a", "AD",      "el", "ada l",
                                       "lov", "m", "person1", "12", "mary"};

int rounds() { return std::getenv("MUSTER_LONG_TESTS") != nullptr ? 50 : 2; }

// People with odd names, some signed in, some with accounts.
void crowd(World& world, std::mt19937& random, std::uint64_t size) {
    const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
    for (std::uint64_t n = 1; n <= size; ++n) {
        const UserId user{n};
        const auto time = noon + std::chrono::seconds(n);
        const auto email = random() % 9 == 0 ? "" : "person" + std::to_string(n) + "@example.com";
        Events events{registered(user, pick(first_names), pick(last_names), email)};
        for (std::uint64_t a = random() % 3; a > 0; --a)
            events.push_back(opened(AccountId{3 * n + a}, user, random() % 2 ? "Firm" : ""));
        if (random() % 2 == 0) events.push_back(started(SessionId{n}, user, std::nullopt, time));
        world.append(by(user), time, events);
    }
}

std::vector<UserRow> everybody(const Reading& reading) {
    std::vector<UserRow> all;
    for (std::uint64_t n = 1; n < 200; ++n) {
        if (auto user = find_user(reading, UserId{n})) all.push_back(*user);
    }
    return all;
}

std::string plain(std::string_view text) { return std::string{trimmed(folded(text))}; }

bool matches(const UserRow& user, const UserFilter& filter) {
    const auto query = plain(filter.search);
    const auto starts = [&](const std::string& text) { return plain(text).starts_with(query); };
    return (starts(user.first_name) || starts(user.last_name) || starts(user.email) ||
            starts(user.first_name + " " + user.last_name) ||
            std::to_string(user.id.number) == query) &&
           user.account_count == filter.account_count.value_or(user.account_count) &&
           !filter.verified.value_or(false);
}

// Sorts as the list must: no value last either way, the id decides between equals.
std::pair<bool, std::string> sort_value(const UserRow& user, UserSort sort) {
    std::string text = "x";
    if (sort == UserSort::name) text = plain(user.first_name + " " + user.last_name);
    if (sort == UserSort::email) text = plain(user.email);
    if (sort == UserSort::last_sign_in_at)
        text = user.last_sign_in_at ? to_text(*user.last_sign_in_at) : "";
    return {text.empty(), text};
}
std::vector<UserRow> reference(std::vector<UserRow> all, const UserFilter& filter) {
    std::erase_if(all, [&](const UserRow& user) { return !matches(user, filter); });
    std::ranges::sort(all, [&](const UserRow& one, const UserRow& other) {
        const auto [none, text] = sort_value(one, filter.sort);
        const auto [other_none, other_text] = sort_value(other, filter.sort);
        if (none != other_none) return other_none;
        const auto key = std::pair{text, one.id}, other_key = std::pair{other_text, other.id};
        return filter.order == Order::ascending ? key < other_key : key > other_key;
    });
    return all;
}

std::vector<UserRow> all_pages(const Reading& reading, const UserFilter& filter,
                               std::size_t limit) {
    std::vector<UserRow> rows;
    PageRequest request{.limit = limit};
    while (true) {
        const auto page = list_users(reading, filter, request).value();
        rows.insert(rows.end(), page.items.begin(), page.items.end());
        if (!page.next) return rows;
        EXPECT_EQ(page.items.size(), limit);
        request.cursor = *page.next;
    }
}

TEST(UserList, IsWhatAPlainFilterAndSortGive) {
    for (int round = 0; round < rounds(); ++round) {
        SCOPED_TRACE(round);
        std::mt19937 random{static_cast<unsigned>(round)};
        World world;
        crowd(world, random, 60);
        ASSERT_TRUE(catch_up(world.log, world.keyring, *world.store));
        const auto reading = world.now();
        const auto all = everybody(reading);
        for (const auto& query : queries) {
            for (int sort = 0; sort < 8; ++sort) {
                UserFilter filter{.search = query,
                                  .sort = static_cast<UserSort>(sort / 2),
                                  .order = static_cast<Order>(sort % 2)};
                if (random() % 4 == 0) filter.account_count = random() % 3;
                const auto expected = reference(all, filter);
                EXPECT_EQ(all_pages(reading, filter, 1 + random() % 9), expected)
                    << query << " by " << sort;
                EXPECT_EQ(list_users(reading, filter, {.total = true})->total, expected.size());
            }
        }
    }
}

TEST(UserList, WalksTheIndexWhereASearchFindsMany) {
    World world;
    constexpr std::uint64_t many = 2'100;
    Events events;
    for (std::uint64_t n = 1; n <= many; ++n)
        events.push_back(registered(UserId{n}, "Ada", std::to_string(9'999 - n), ""));
    world.happens(by_system(), noon, events);
    const auto page =
        list_users(world.now(), {.search = "ada", .sort = UserSort::name}, {.total = true});
    EXPECT_EQ(page->total, many);
    EXPECT_EQ(page->items.front().id, UserId{many});
}

TEST(UserList, CursorsSurviveInserts) {
    World world;
    story(world);
    const UserFilter filter{.sort = UserSort::name};
    const auto first = list_users(world.now(), filter, {.limit = 1}).value();
    EXPECT_EQ(first.items[0].id, ada);
    world.happens(by_system(), noon + 5min, {registered(eve, "Aaron", "First", "a@example.com")});
    const auto second =
        list_users(world.now(), filter, {.limit = 1, .cursor = *first.next}).value();
    EXPECT_EQ(second.items[0].id, bob);
    EXPECT_FALSE(second.next);
}

TEST(UserList, RefusesCursorsOfOtherLists) {
    World world;
    story(world);
    const auto next = list_users(world.now(), {}, {.limit = 1})->next.value();
    const UserFilter other{.sort = UserSort::name};
    EXPECT_FALSE(list_users(world.now(), other, {.cursor = next}));
    for (const auto* bad : {"x", "!!!", "YQ=="})
        EXPECT_FALSE(list_users(world.now(), {}, {.cursor = bad}));
}

TEST(UserList, NobodyHasTwoFactorOrAVerifiedAddressYet) {
    World world;
    story(world);
    EXPECT_TRUE(list_users(world.now(), {.two_factor = true}, {})->items.empty());
    EXPECT_EQ(list_users(world.now(), {.two_factor = false}, {})->items.size(), 2U);
    EXPECT_TRUE(list_users(world.now(), {.verified = true}, {})->items.empty());
}

TEST(AccountList, SearchesFiltersAndSorts) {
    World world;
    story(world);
    Profile person;
    person.first_name = "Grace";
    person.last_name = "Hopper";
    person.email = "navy@example.com";
    world.happens(by(root), noon + 5min,
                  {AccountOpened{AccountId{9}, bob, {person}}, AccountClosed{acme}});
    const auto ids = [&](const AccountFilter& filter) {
        std::vector<std::uint64_t> list;
        const auto page = list_accounts(world.now(), filter, {}).value();
        for (const auto& account : page.items)
            list.push_back(account.id.number);
        return list;
    };
    using Ids = std::vector<std::uint64_t>;
    EXPECT_EQ(ids({}), (Ids{7, 8, 9}));
    EXPECT_EQ(ids({.sort = AccountSort::name, .order = Order::descending}), (Ids{8, 9, 7}));
    EXPECT_EQ(ids({.sort = AccountSort::created_at}), (Ids{7, 8, 9}));
    EXPECT_EQ(ids({.status = AccountStatus::closed}), (Ids{7}));
    for (const auto* query : {"grace", "hopper", "grace h", "NAVY", "9"})
        EXPECT_EQ(ids({.search = query}), (Ids{9})) << query;
    EXPECT_EQ(ids({.search = "acm", .status = AccountStatus::active}), Ids{});
}

}  // namespace
}  // namespace muster::views::test
