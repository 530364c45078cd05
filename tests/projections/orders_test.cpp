// What the views say of an account's orders.
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

OrderPlaced placed(OrderId order, AccountId account, UserId user, Time at) {
    return {.account = account,
            .order = order,
            .user = {user},
            .admin = std::nullopt,
            .api_key = std::nullopt,
            .lines = {OrderLines{
                {{"Web space", *Amount::parse("9.90")}, {"Domain", *Amount::parse("12.1")}}}},
            .currency = "EUR",
            .placed_at = at};
}
std::string shown(const OrderRow& order) {
    std::string text;
    JsonWriter out{text};
    write_order(out, order);
    return text;
}

TEST(OrdersView, ShowsAnOrderWithItsTotal) {  // Rule T1.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {placed(OrderId{42}, acme, bob, noon + 5min)});
    EXPECT_EQ(shown(find_order(world.now(), acme, OrderId{42}).value()),
              R"({"id":42,"number":"2023-000042","account_id":7,"user_id":2,"items":[)"
              R"({"description":"Web space","amount":"9.90"},)"
              R"({"description":"Domain","amount":"12.1"}],"currency":"EUR","total":"22.00",)"
              R"("placed_at":"2023-11-14T22:18:20.000Z"})");
}

TEST(OrdersView, NamesTheStaffWhoPlacedIt) {  // Rule T2.
    World world;
    story(world);
    auto by_root = placed(OrderId{1}, acme, ada, noon + 5min);
    by_root.admin = Mention<AdminId>{root};
    auto by_key = placed(OrderId{2}, acme, ada, noon + 5min);
    by_key.api_key = Mention<ApiKeyId>{{9}};
    world.happens(by(root), noon + 5min, {by_root, by_key});
    EXPECT_TRUE(shown(find_order(world.now(), acme, OrderId{1}).value())
                    .contains(R"("user_id":1,"admin_id":1,"items")"));
    EXPECT_TRUE(shown(find_order(world.now(), acme, OrderId{2}).value())
                    .contains(R"("user_id":1,"api_key_id":9,"items")"));
}

TEST(OrdersView, NothingRewritesAnOrder) {  // Rules T3, X9.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {placed(OrderId{1}, acme, bob, noon + 5min)});
    const auto before = find_order(world.now(), acme, OrderId{1});
    world.happens(by(root), noon + 6min,
                  {OwnershipTransferred{acme, ada, bob, Permissions::all()},
                   OwnershipTransferred{acme, bob, ada, Permissions::all()},
                   AssociationEnded{acme, bob}, UserDeleted{bob, std::nullopt}});
    EXPECT_EQ(find_order(world.now(), acme, OrderId{1}), before);
    EXPECT_TRUE(world.differences().empty());
}

TEST(OrdersView, ListsTheNewestFirstByPagesAndForgetsADeletedAccounts) {
    World world;
    story(world);
    Events events;
    for (std::uint64_t n = 1; n <= 5; ++n)
        events.push_back(placed(OrderId{n}, acme, ada, noon + 5min));
    events.push_back(placed(OrderId{6}, initech, ada, noon + 5min));
    world.happens(by(ada), noon + 5min, events);
    PageRequest page{.limit = 2, .total = true};
    std::vector<std::uint64_t> seen;
    for (bool more = true; more;) {
        const auto got = list_orders(world.now(), acme, page).value();
        EXPECT_EQ(got.total, 5U);
        for (const auto& order : got.items)
            seen.push_back(order.id.number);
        more = got.next.has_value();
        page.cursor = got.next.value_or("");
    }
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{5, 4, 3, 2, 1}));

    world.happens(by(root), noon + 6min, {AccountDeleted{acme, {ada, bob}}});
    EXPECT_TRUE(list_orders(world.now(), acme, {})->items.empty());
    EXPECT_EQ(list_orders(world.now(), initech, {})->items.size(), 1U);  // Rule E3.
    EXPECT_TRUE(world.differences().empty());
}

TEST(OrdersView, EveryOrderHasItsLineWithoutWhatWasOrdered) {  // Rules A2, A3, A4, A6.
    World world;
    story(world);
    auto by_root = placed(OrderId{2}, acme, ada, noon + 6min);
    by_root.admin = Mention<AdminId>{root};
    world.happens(by(bob), noon + 5min, {placed(OrderId{1}, acme, bob, noon + 5min)});
    world.happens(by(root), noon + 6min, {by_root});
    const auto lines = [&](const ActivityFilter& filter) {
        return list_activity(world.now(), world.log, world.keyring, filter, {})->items;
    };
    const auto all = lines({.from = noon + 5min});
    EXPECT_EQ(all[0].text,
              "Root placed order #2 for account #7 (Acme), in the name of Ada Lovelace");
    EXPECT_EQ(all[0].user, ada);
    EXPECT_EQ(all[1].text, "Bob Stone placed order #1 for account #7 (Acme)");
    EXPECT_EQ(all[1].account, acme);
    EXPECT_EQ(lines({.user = ada, .type = "account.order_placed"}).size(), 1U);
}

}  // namespace
}  // namespace muster::views::test
