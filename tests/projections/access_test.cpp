// Who had access when: held against a plain fold of the same events.
#include "projections/access.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <random>

#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

// What every position came to, by the plainest means.
struct History {
    std::map<std::uint64_t, std::pair<bool, Permissions>> users;
    std::vector<std::map<std::uint64_t, std::pair<bool, Permissions>>> at{{}};
};

class AccessHistory : public testing::Test {
protected:
    AccessHistory() {
        Events people;
        for (std::uint64_t n = 1; n <= 20; ++n)
            people.emplace_back(registered(UserId{n}, "U", "N", fmt::format("u{}@example.com", n)));
        world_.append(by_system(), noon, people);
        remember(people.size());
        world_.append(by(ada), noon, {opened(acme, UserId{1}, "Acme")});
        history_.users[1] = {true, Permissions::all()};
        remember(1);
    }
    void tell(int steps) {
        for (int n = 1; n <= steps; ++n)
            step(noon + 1min * n);
        ASSERT_TRUE(catch_up(world_.log, world_.keyring, *world_.store));
    }
    std::uint64_t head() const { return world_.log.head().number; }

    World world_;
    History history_;
    std::mt19937 random_{7};

private:
    void remember(std::size_t events) {
        history_.at.resize(history_.at.size() + events, history_.users);
    }
    void step(Time time) {
        const UserId user{random_() % 20 + 1};
        const auto permissions = Permissions::from_bits(random_() % 7 + 1).value();
        auto& users = history_.users;
        const auto found = users.find(user.number);
        const auto owner =
            std::ranges::find_if(users, [](auto& each) { return each.second.first; });
        if (found == users.end()) {
            world_.append(by(ada), time, {AssociationGranted{acme, user, permissions, {}}});
            users[user.number] = {false, permissions};
        } else if (found == owner) {
            return;
        } else if (random_() % 8 == 0) {
            world_.append(by(ada), time,
                          {OwnershipTransferred{acme, UserId{owner->first}, user, permissions}});
            owner->second = {false, permissions};
            found->second = {true, Permissions::all()};
        } else if (random_() % 3 == 0) {
            world_.append(by(ada), time, {AssociationEnded{acme, user}});
            users.erase(found);
        } else {
            world_.append(by(ada), time, {PermissionsSet{acme, user, permissions}});
            found->second.second = permissions;
        }
        remember(1);
    }
};

TEST_F(AccessHistory, IsThatOfAPlainFoldAtEveryPosition) {
    tell(400);
    const auto reading = world_.now();
    const auto changes = access_changes(reading, acme, Position{head()});
    for (std::uint64_t position = 1; position <= head(); ++position) {
        std::map<std::uint64_t, std::pair<bool, Permissions>> users;
        for (const auto& each : access_at(changes, Position{position}))
            users[each.user.number] = {each.is_owner, each.permissions};
        ASSERT_EQ(users, history_.at[position]) << position;
    }
    EXPECT_TRUE(world_.differences().empty());
}

TEST_F(AccessHistory, IsTheSameFromBothSides) {
    tell(400);
    const auto reading = world_.now();
    for (std::uint64_t position = 1; position <= head(); position += 7) {
        const auto all =
            access_at(access_changes(reading, acme, Position{position}), Position{position});
        std::size_t found = 0;
        for (std::uint64_t user = 1; user <= 20; ++user) {
            for (const auto& each :
                 access_at(access_changes(reading, UserId{user}, Position{position}),
                           Position{position})) {
                const auto same = std::ranges::find(all, each.user, &AccessThen::user);
                ASSERT_NE(same, all.end());
                EXPECT_EQ(same->permissions, each.permissions);
                EXPECT_EQ(same->granted, each.granted);
                ++found;
            }
        }
        EXPECT_EQ(found, all.size());
    }
}

// The promise is 50 ms for the whole of it in an optimised build: held in the long form.
TEST(AccessOfManyUsers, IsFoldedInOnePass) {
    const bool is_long = std::getenv("MUSTER_LONG_TESTS") != nullptr;
    const std::uint64_t users = is_long ? 10'000 : 500, changes = is_long ? 90'000 : 5'000;
    World world;
    Events people, granted;
    for (std::uint64_t n = 1; n <= users; ++n)
        people.emplace_back(registered(UserId{n}, "U", "N", fmt::format("u{}@example.com", n)));
    world.append(by_system(), noon, people);
    world.append(by(ada), noon, {opened(acme, UserId{1}, "Acme")});
    for (std::uint64_t n = 2; n <= users; ++n)
        granted.emplace_back(AssociationGranted{acme, UserId{n}, {Permission::tickets}, {}});
    world.append(by(ada), noon, granted);
    Events set;
    for (std::uint64_t n = 0; n < changes; ++n)
        set.emplace_back(PermissionsSet{acme, UserId{n % (users - 1) + 2},
                                        Permissions::from_bits(n % 7 + 1).value()});
    world.append(by(ada), noon + 1min, set);
    ASSERT_TRUE(catch_up(world.log, world.keyring, *world.store));
    const auto reading = world.now();
    const auto position = world.log.head().number - changes / 2;
    std::chrono::duration<double, std::milli> best{1e9};
    for (int n = 0; n < 5; ++n) {
        const auto start = std::chrono::steady_clock::now();
        const auto there =
            access_at(access_changes(reading, acme, Position{position}), Position{position});
        std::string json;
        JsonWriter out{json};
        out.begin_array();
        for (const auto& each : there)
            write_access(out, each, AccessOf::account);
        out.end_array();
        best = std::min<decltype(best)>(best, std::chrono::steady_clock::now() - start);
        ASSERT_EQ(there.size(), users);
    }
    fmt::print("{} users, {} changes: {:.1f} ms\n", users, users + changes, best.count());
#ifdef __OPTIMIZE__
    if (is_long) {
        EXPECT_LT(best.count(), 50);
    }
#endif
}

}  // namespace
}  // namespace muster::views::test
