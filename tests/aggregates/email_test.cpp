#include "aggregates/email.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::email_test {

using namespace people;
using given::Given, given::and_again_refused;

const EmailChanged ada_moved{ada, adas_address, new_address, {Address{new_email}}};
const EmailChanged ada_respelled{ada, adas_address, adas_address, {Address{"ada@example.com"}}};

UserId holder_of(const Given& given, EmailKey address) { return given.world().seen(address).user; }

TEST(Email, NobodyHoldsAnAddressAtFirst) { EXPECT_EQ(holder_of(Given{}, new_address), UserId{}); }

TEST(Email, WhoRegistersHoldsTheAddress) {  // Rule E13.
    const Given given{ada_registered, bob_registered};
    EXPECT_EQ(holder_of(given, adas_address), ada);
    EXPECT_EQ(holder_of(given, bobs_address), bob);
}

TEST(Email, WhoHasNoAddressHoldsNone) {
    const UserRegistered without{zoe, std::nullopt, {Person{"Zoe", "", ""}}, "en", 0};
    EXPECT_TRUE(Given{without}.world().holders.empty());
}

TEST(Email, AChangedAddressIsTheNewSignInNameAndTheOldIsFree) {  // Rule E10.
    const Given given{ada_registered, ada_moved};
    EXPECT_EQ(holder_of(given, new_address), ada);
    EXPECT_EQ(holder_of(given, adas_address), UserId{});
}

TEST(Email, AnotherSpellingKeepsTheAddress) {
    EXPECT_EQ(holder_of(Given{ada_registered, ada_respelled}, adas_address), ada);
}

TEST(Email, AFreeAddressMayBeTakenBySomebodyElse) {  // Rule E13.
    const RegisterUser register_zoe{zoe, adas_address, {"Zoe", "Zander", adas_email}, "en", 1};
    Given{ada_registered, ada_moved}
        .when(adas_address, register_zoe)
        .then({UserRegistered{zoe, adas_address, {register_zoe.person}, "en", 1}},
              and_again_refused("user.email_taken"));
}

TEST(Email, ADeletedUsersAddressIsFree) {  // Rule X10.
    EXPECT_EQ(holder_of(Given{ada_registered, UserDeleted{ada, adas_address}}, adas_address),
              UserId{});
}

TEST(Email, AnAddressThatIsInvitedIsHeldByNobody) {
    EXPECT_EQ(holder_of(Given{ada_registered, acme_opened, eve_invited}, eves_address), UserId{});
}

}  // namespace muster::email_test
