// Orders as the committing thread handles them: whose they are, and how they are sealed.
#include "tests/handlers/desk.hpp"

namespace muster::orders_test {

using namespace desk;

const NewOrder web_space{{{"Web space for Canary", *Amount::parse("9.90")}}, "EUR"};
auto ordering(AccountId account) {
    return [=](Work& work) { return place_order(work, account, web_space); };
}

struct Orders : testing::Test {
    Desk desk;
    SignedIn ada = desk.register_with_account("ada");
    AccountId acme = ada.account;
    SignedIn bob = desk.join(acme, "bob", {Permission::orders});
    AccessRule rule = permitted(Permission::orders);
};

TEST_F(Orders, AreOfWhoSignedInPlacedThem) {  // Rule T1.
    const auto result = desk.as(bob.session).may(rule, acme).ask(ordering(acme));
    const auto order = the<OrderPlaced>(result);
    EXPECT_EQ(order.order, OrderId{1});
    EXPECT_EQ(order.user.key, bob.user);
    EXPECT_EQ(order.placed_at, monday);
    EXPECT_FALSE(order.admin || order.api_key);
    const auto zoe = desk.join(acme, "zoe", see_tickets);
    EXPECT_EQ(code_of(desk.as(zoe.session).may(rule, acme).ask(ordering(acme))), "access.denied");
}

TEST_F(Orders, ByStaffAreTheOwnersAndNameTheStaff) {  // Rules T1, T2.
    const auto otto = desk.make_admin("otto", Role::operator_);
    const auto by_otto = the<OrderPlaced>(desk.as(otto).may(rule, acme).ask(ordering(acme)));
    EXPECT_EQ(by_otto.user.key, ada.user);
    EXPECT_EQ(by_otto.admin, Mention<AdminId>{{1}});
    const auto key = the<ApiKeyCreated>(desk.as_system().ask([](Work& work) {
                         return create_api_key(work, "shop", Role::operator_, {});
                     })).api_key;
    const auto by_key = the<OrderPlaced>(desk.as(key).may(rule, acme).ask(ordering(acme)));
    EXPECT_EQ(by_key.user.key, ada.user);
    EXPECT_EQ(by_key.api_key, Mention<ApiKeyId>{key});
    EXPECT_FALSE(by_key.admin);
    ASSERT_TRUE(
        desk.as_system().ask([&](Work& work) { return transfer_ownership(work, acme, bob.user); }));
    EXPECT_EQ(the<OrderPlaced>(desk.as(otto).may(rule, acme).ask(ordering(acme))).user.key,
              bob.user);
}

TEST_F(Orders, AreSealedUnderTheAccount) {
    ASSERT_TRUE(desk.as(bob.session).may(rule, acme).ask(ordering(acme)));
    const auto stored = [&] {
        std::string all;
        (void)desk.log.read({}, SIZE_MAX, [&](const Stored& record) {
            all += record.bytes;
            return true;
        });
        return all;
    };
    EXPECT_EQ(stored().find("Canary"), std::string::npos);
    const auto lines = [&] {
        const auto world = desk.fold();
        for (const auto& record : world.records) {
            if (const auto* e = std::get_if<OrderPlaced>(&record.event)) return e->lines.value;
        }
        return std::optional<OrderLines>{};
    };
    EXPECT_EQ(lines()->items, web_space.items);
    ASSERT_TRUE(desk.as_system().ask(
        [&](Work& work) { return delete_account(work, acme, DeleteAccount::Users::stay); }));
    EXPECT_FALSE(lines());
}

TEST_F(Orders, AreCountedByTheAccountsClock) {
    desk.wait(48h);
    ASSERT_TRUE(desk.as(bob.session).may(rule, acme).ask(ordering(acme)));
    EXPECT_EQ(desk.fold().accounts.at(acme).last_order_at, monday + 48h);
    const auto state = desk.fold().accounts.at(acme);
    const auto kept = to_snapshot(state, desk.keyring).value();
    EXPECT_EQ(from_snapshot<Account>(kept, desk.keyring)->last_order_at, monday + 48h);
}

}  // namespace muster::orders_test
