// Orders: who ordered, and that nothing rewrites it.
#include "aggregates/order.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::order_test {

using namespace people;
using given::Given, given::and_again_more, given::and_again_refused;

constexpr OrderId first_order{1};
const std::vector<OrderItem> web_space{{"Web space for Eve", *Amount::parse("9.90")},
                                       {"Domain", *Amount::parse("12")}};
const Given acme_with_bob{ada_registered, acme_opened, bob_registered, bob_joined};

PlaceOrder ordering(std::optional<UserId> user) {
    return {.order = first_order,
            .user = user,
            .admin = std::nullopt,
            .api_key = std::nullopt,
            .items = web_space,
            .currency = "EUR",
            .at = monday};
}
OrderPlaced order_of(UserId user) {
    return {.account = acme,
            .order = first_order,
            .user = {user},
            .admin = std::nullopt,
            .api_key = std::nullopt,
            .lines = {OrderLines{web_space}},
            .currency = "EUR",
            .placed_at = monday};
}

TEST(Order, IsTiedToTheUserWhoPlacedIt) {  // Rule T1.
    const auto after =
        acme_with_bob.when(acme, ordering(bob)).then({order_of(bob)}, and_again_more);
    EXPECT_EQ(after.world().seen(acme).last_order_at, monday);
}

TEST(Order, ByAnAdminIsTheOwnersOfThatMoment) {  // Rules T1, T2.
    auto command = ordering(std::nullopt);
    command.admin = root;
    auto expected = order_of(ada);
    expected.admin = Mention<AdminId>{root};
    acme_with_bob.when(acme, command).then({expected}, and_again_more);

    expected.user = {bob};
    Given{ada_registered, acme_opened, bob_registered, bob_joined,
          OwnershipTransferred{acme, ada, bob, everything}}
        .when(acme, command)
        .then({expected}, and_again_more);
}

TEST(Order, ByAnApiKeyNamesTheKey) {  // Rules T1, T2.
    auto command = ordering(std::nullopt);
    command.api_key = robot;
    auto expected = order_of(ada);
    expected.api_key = Mention<ApiKeyId>{robot};
    acme_with_bob.when(acme, command).then({expected}, and_again_more);
}

TEST(Order, IsNotTakenByAClosedAccount) {  // Rule T4.
    for (const auto user : {std::optional{ada}, std::optional<UserId>{}}) {
        Given{ada_registered, acme_opened, acme_closed}
            .when(acme, ordering(user))
            .then_refused("account.closed");
    }
    Given{ada_registered, acme_opened, acme_closed, AccountActivated{acme}}
        .when(acme, ordering(ada))
        .then({order_of(ada)}, and_again_more);
    Given{ada_registered, acme_opened, AccountDeactivated{acme}}
        .when(acme, ordering(ada))
        .then({order_of(ada)}, and_again_more);
}

TEST(Order, IsNotTakenByAnAccountThatIsNot) {
    Given{}.when(nowhere, ordering(ada)).then_refused("account.not_found");
    Given{ada_registered, acme_opened, AccountDeleted{acme, {ada}}}
        .when(acme, ordering(ada))
        .then_refused("account.not_found");
}

TEST(Order, MovesNobodysHistoryButTheAccounts) {  // Rule T3.
    EXPECT_EQ(streams_of(Event{order_of(bob)}), std::vector{stream_of(acme)});
}

TEST(Order, IsRememberedByItsTime) {
    EXPECT_EQ(acme_with_bob.world().seen(acme).last_order_at, std::nullopt);
    auto later = order_of(bob);
    later.placed_at = after(24h);
    const Given both{ada_registered, acme_opened, order_of(ada), later};
    EXPECT_EQ(both.world().seen(acme).last_order_at, after(24h));
}

}  // namespace muster::order_test
