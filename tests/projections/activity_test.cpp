// The activity log: one line an event, attributed, filtered.
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

std::vector<ActivityRow> lines(World& world, const ActivityFilter& filter,
                               std::size_t limit = 200) {
    return list_activity(world.now(), world.log, world.keyring, filter, {.limit = limit})->items;
}
std::vector<std::string> texts(World& world, const ActivityFilter& filter) {
    std::vector<std::string> list;
    for (const auto& line : lines(world, filter))
        list.push_back(line.text);
    return list;
}
using Texts = std::vector<std::string>;

TEST(ActivityLog, HasALineForEachEvent) {  // Rules A4, A6.
    World world;
    story(world);
    EXPECT_EQ(
        texts(world, {}),
        (Texts{"Bob Stone accepted an invitation to account #7 (Acme)", "Bob Stone registered",
               "Ada Lovelace invited bob@example.com to account #7 (Acme)",
               "Ada Lovelace opened account #8 (Initech)", "Ada Lovelace opened account #7 (Acme)",
               "Ada Lovelace registered", "System made admin Root (administrator)"}));
}

TEST(ActivityLog, IsWrittenAsTheInterfaceHasIt) {  // Rules A3, A4.
    World world;
    story(world);
    std::string json;
    JsonWriter out{json};
    write_activity(out, lines(world, {}, 1).front());
    EXPECT_EQ(json, R"({"position":7,"at":"2023-11-14T22:17:20.000Z",)"
                    R"("type":"account.association_granted",)"
                    R"("actor":{"kind":"user","id":2,"name":"Bob Stone"},"account_id":7,)"
                    R"("user_id":2,"ip":"192.0.2.1",)"
                    R"x("text":"Bob Stone accepted an invitation to account #7 (Acme)"})x");
}

TEST(ActivityLog, AttributesToSystemAdminAndUser) {  // Rules A1, A2, A3.
    World world;
    story(world);
    world.happens(by(root), noon + 5min, {PermissionsSet{acme, bob, {Permission::tickets}}});
    const auto line = lines(world, {}, 1).front();
    EXPECT_EQ(line.actor_name, "Root");
    EXPECT_EQ(line.account, acme);
    EXPECT_EQ(line.user, bob);
    EXPECT_EQ(lines(world, {}).back().actor_name, "System");
}

TEST(ActivityLog, AnOwnUserRecordHasNoAccount) {  // Rule A7.
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {PasswordChanged{ada, 2}});
    EXPECT_EQ(lines(world, {}, 1).front().account, std::nullopt);
    EXPECT_EQ(lines(world, {}, 1).front().text, "Ada Lovelace changed the own password");
}

TEST(ActivityLog, FiltersByEverything) {  // Rule A5.
    World world;
    story(world);
    const auto count = [&](const ActivityFilter& filter) { return lines(world, filter).size(); };
    EXPECT_EQ(count({.actor = ActivityFilter::By{ActorKind::user, 1}}), 4U);
    EXPECT_EQ(count({.actor = ActivityFilter::By{ActorKind::system, 0}}), 1U);
    EXPECT_EQ(count({.account = acme}), 3U);
    EXPECT_EQ(count({.user = bob}), 2U);
    EXPECT_EQ(count({.account = acme, .user = bob}), 1U);
    EXPECT_EQ(count({.type = "account.opened"}), 2U);
    EXPECT_EQ(count({.type = "account"}), 0U);
    EXPECT_EQ(count({.text = "INVITED BOB"}), 1U);
    EXPECT_EQ(count({.ip = world.caller}), 7U);
    EXPECT_EQ(count({.ip = "\x7f\1\1\1"}), 0U);
    EXPECT_EQ(count({.from = noon + 2min}), 4U);
    EXPECT_EQ(count({.to = noon + 1min}), 3U);
    EXPECT_EQ(count({.from = noon + 1min, .to = noon + 2min}), 3U);
    EXPECT_EQ(count({.from = noon + 9min}), 0U);
    EXPECT_EQ(count({.to = noon - 1min}), 0U);
}

TEST(ActivityLog, GoesOnByCursor) {
    World world;
    story(world);
    for (const auto& filter : {ActivityFilter{}, ActivityFilter{.account = acme}}) {
        std::vector<std::uint64_t> seen, all;
        for (const auto& line : lines(world, filter))
            all.push_back(line.position.number);
        PageRequest page{.limit = 2};
        for (bool more = true; more;) {
            const auto got =
                list_activity(world.now(), world.log, world.keyring, filter, page).value();
            for (const auto& line : got.items)
                seen.push_back(line.position.number);
            more = got.next.has_value();
            page.cursor = got.next.value_or("");
        }
        EXPECT_EQ(seen, all);
    }
    EXPECT_FALSE(list_activity(world.now(), world.log, world.keyring, {}, {.cursor = "?"}));
}

TEST(ActivityLog, NamesTheDeletedByNumber) {  // Rule X9.
    World world;
    story(world);
    world.happens(by(root), noon + 5min,
                  {AssociationEnded{acme, bob}, UserDeleted{bob, std::nullopt}});
    EXPECT_EQ(texts(world, {.user = bob}).back(), "deleted user #2 registered");
    EXPECT_EQ(lines(world, {.user = bob}).back().actor_name, "deleted user #2");
}

TEST(ActivityLog, LongListsAreReadAcrossTheirRows) {
    World world;
    story(world);
    Events events;
    for (int n = 0; n < 700; ++n)
        events.push_back(PermissionsSet{acme, bob, {Permission::tickets}});
    world.happens(by(root), noon + 5min, events);
    world.happens(by(root), noon + 6min, events);
    const ActivityFilter filter{.account = acme};
    std::size_t seen = 0;
    PageRequest page{.limit = 200};
    for (bool more = true; more;) {
        const auto got = list_activity(world.now(), world.log, world.keyring, filter, page).value();
        seen += got.items.size();
        more = got.next.has_value();
        page.cursor = got.next.value_or("");
    }
    EXPECT_EQ(seen, 1403U);
    EXPECT_TRUE(world.differences().empty());
}

}  // namespace
}  // namespace muster::views::test
