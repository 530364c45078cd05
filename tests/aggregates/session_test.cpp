#include "aggregates/session.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::session_test {

using namespace people;
using given::Given, given::the_staff, given::and_again_more;

const SignIn sign_in_ada{laptop, 1, std::nullopt, "Browser", monday};
const SignIn sign_in_bob{phone, 1, std::nullopt, "Phone", monday};
const SignInAdmin sign_in_root{tablet, root, 1, "Browser", monday};
const AdminSessionStarted root_signed_in{tablet, {root}, {Client{"Browser"}}, after(12h)};
const AccountChosen ada_chose_acme{laptop, ada, {acme}};
const AccountChosen ada_chose_globex{laptop, ada, {globex}};
const AccountChosen bob_chose_acme{phone, bob, {acme}};
const SessionEnded bob_signed_out{phone, bob};
const AssociationGranted ada_in_globex{globex, ada, see_tickets, std::nullopt};
const AccountClosed globex_closed{globex};
const Time after_an_hour = people::after(1h);

// --- Signing in

TEST(Session, StartsWithNoAccountChosen) {  // Rules L2, L9, E16.
    const auto after =
        Given{ada_registered}.when(ada, sign_in_ada).then({ada_signed_in}, and_again_more);
    EXPECT_TRUE(after.world().seen(laptop).live(monday));
    EXPECT_EQ(after.world().seen(laptop).account, std::nullopt);
}

TEST(Session, StartsWithTheOnlyOpenAccountChosen) {  // Rules L1, L6.
    auto command = sign_in_ada;
    command.only_open = acme;
    auto signed_in = ada_signed_in;
    signed_in.account = {acme};
    const auto after =
        Given{ada_registered, acme_opened}.when(ada, command).then({signed_in}, and_again_more);
    EXPECT_EQ(after.world().seen(laptop).account, acme);
}

TEST(Session, OfSomebodyWhoHasJustRegisteredIsTheSame) {
    EXPECT_EQ(signed_in(ada, sign_in_ada), Event{ada_signed_in});
}

TEST(Session, NeedsTheVerifiedPasswordToBeThePresentOne) {
    Given{ada_registered, PasswordChanged{ada, 2}}
        .when(ada, sign_in_ada)
        .then_refused("session.invalid_credentials");
}

TEST(Session, IsNotForUsersWithoutAPassword) {  // Rule I8.
    const UserRegistered without_password{bob, bobs_address, {bob_builder}, "de", 0};
    auto with_none = sign_in_bob;
    with_none.password = 0;
    Given{without_password}.when(bob, with_none).then_refused("session.invalid_credentials");
    Given{without_password}.when(bob, sign_in_bob).then_refused("session.invalid_credentials");
}

TEST(Session, IsNotForUsersWhoAreNotThere) {  // Rule X1.
    Given{}.when(nobody, sign_in_bob).then_refused("session.invalid_credentials");
    Given{bob_registered, UserDeleted{bob, bobs_address}}
        .when(bob, sign_in_bob)
        .then_refused("session.invalid_credentials");
}

TEST(Session, TellsUnknownUsersAndWrongPasswordsNotApart) {
    const auto unknown =
        Given{}.when(nobody, sign_in_bob).then_refused("session.invalid_credentials");
    const auto wrong = Given{bob_registered, PasswordChanged{bob, 2}}
                           .when(bob, sign_in_bob)
                           .then_refused("session.invalid_credentials");
    EXPECT_EQ(unknown.message, wrong.message);
    EXPECT_EQ(unknown.kind, wrong.kind);
}

TEST(Session, IsLiveUntilItExpires) {
    const SessionUsed used{phone, after(20 * 24h)};
    const auto session = Given{bob_registered, bob_signed_in, used}.world().seen(phone);
    EXPECT_TRUE(session.live(after(30 * 24h - 1ms)));
    EXPECT_FALSE(session.live(after(30 * 24h)));
}

TEST(Session, IsLiveUntilItHasLainUnused) {
    const auto unused = Given{bob_registered, bob_signed_in}.world().seen(phone);
    EXPECT_TRUE(unused.live(after(14 * 24h - 1ms)));
    EXPECT_FALSE(unused.live(after(14 * 24h)));
    const auto of_root = Given{root_created, root_signed_in}.world().seen(tablet);
    EXPECT_TRUE(of_root.live(after(2h - 1ms)));
    EXPECT_FALSE(of_root.live(after(2h)));
}

TEST(Session, ItsUseIsRecordedNowAndThen) {
    const Given bob_in{bob_registered, bob_signed_in};
    bob_in.when(phone, UseSession{after(14h - 1ms)}).then_already_so();
    const auto used =
        bob_in.when(phone, UseSession{after(14h)}).then({SessionUsed{phone, after(14h)}});
    EXPECT_TRUE(used.world().seen(phone).live(after(14 * 24h + 14h - 1ms)));
    bob_in.when(phone, UseSession{after(14 * 24h)}).then_refused("session.not_found");
    Given{root_created, root_signed_in}
        .when(tablet, UseSession{after(5min)})
        .then({SessionUsed{tablet, after(5min)}});
    Given{bob_registered, bob_signed_in, bob_signed_out}
        .when(phone, UseSession{after(15h)})
        .then_refused("session.not_found");
}

TEST(Session, ThatNeverWasIsNotLive) {
    EXPECT_FALSE(Given{}.world().seen(no_session).live(Time{}));
}

// --- Choosing and switching

TEST(Session, ChoosesAnOwnAccount) {  // Rules L2, L9.
    const auto after = Given{ada_registered, acme_opened, ada_signed_in}
                           .when(laptop, acme, ChooseAccount{})
                           .then({ada_chose_acme});
    EXPECT_EQ(after.world().seen(laptop).account, acme);
}

TEST(Session, ChoosesAnAccountThatTheUserIsAssociatedWith) {  // Rule L2.
    Given{ada_registered, acme_opened, bob_registered, bob_joined, bob_signed_in}
        .when(phone, acme, ChooseAccount{})
        .then({bob_chose_acme});
}

TEST(Session, SwitchesToAnotherAccount) {  // Rules L3, L4.
    const auto after = Given{ada_registered, acme_opened,   eve_registered, globex_opened,
                             ada_in_globex,  ada_signed_in, ada_chose_acme}
                           .when(laptop, globex, ChooseAccount{})
                           .then({ada_chose_globex});
    EXPECT_EQ(after.world().seen(laptop).account, globex);
}

TEST(Session, SwitchesBack) {  // Rule L3.
    Given{ada_registered, acme_opened,   eve_registered, globex_opened,
          ada_in_globex,  ada_signed_in, ada_chose_acme, ada_chose_globex}
        .when(laptop, acme, ChooseAccount{})
        .then({ada_chose_acme});
}

TEST(Session, ChoosesForItselfAlone) {  // Rule L9.
    const SessionStarted second{tablet, ada, std::nullopt, {Client{"Tablet"}}, after(30 * 24h)};
    const auto world =
        Given{ada_registered, acme_opened, ada_signed_in, second, ada_chose_acme}.world();
    EXPECT_EQ(world.seen(tablet).account, std::nullopt);
}

TEST(Session, ChoosesInactiveAccounts) {  // Rules E15, L5.
    Given{ada_registered, acme_opened, AccountDeactivated{acme}, ada_signed_in}
        .when(laptop, acme, ChooseAccount{})
        .then({ada_chose_acme});
}

TEST(Session, DoesNotChooseAClosedAccount) {  // Rule L5.
    Given{ada_registered, acme_opened, acme_closed, ada_signed_in}
        .when(laptop, acme, ChooseAccount{})
        .then_refused("account.closed");
}

TEST(Session, DoesNotKeepAClosedAccountChosenByChoosingItAgain) {  // Rule L5.
    Given{ada_registered, acme_opened, ada_signed_in, ada_chose_acme, acme_closed}
        .when(laptop, acme, ChooseAccount{})
        .then_refused("account.closed");
}

TEST(Session, ChoosesAReopenedAccount) {  // Rule L5.
    Given{ada_registered, acme_opened, acme_closed, AccountActivated{acme}, ada_signed_in}
        .when(laptop, acme, ChooseAccount{})
        .then({ada_chose_acme});
}

TEST(Session, DoesNotChooseSomebodyElsesAccount) {  // Rules L8, E3.
    Given{ada_registered, acme_opened, eve_registered, globex_opened, ada_signed_in}
        .when(laptop, globex, ChooseAccount{})
        .then_refused("account.not_found");
}

TEST(Session, TellsForeignAccountsAndUnknownOnesNotApart) {  // Rule L8.
    const Given given{ada_registered, acme_opened,   eve_registered,
                      globex_opened,  globex_closed, ada_signed_in};
    const auto foreign =
        given.when(laptop, globex, ChooseAccount{}).then_refused("account.not_found");
    const auto unknown =
        given.when(laptop, nowhere, ChooseAccount{}).then_refused("account.not_found");
    EXPECT_EQ(foreign.message, unknown.message);
}

TEST(Session, DoesNotChooseADeletedAccount) {  // Rule L8.
    Given{ada_registered, acme_opened, acme_deleted, ada_signed_in}
        .when(laptop, acme, ChooseAccount{})
        .then_refused("account.not_found");
}

TEST(Session, DoesNotChooseWhatTheUserWasRemovedFrom) {  // Rule P13.
    Given{ada_registered, acme_opened,    bob_registered, bob_joined,
          bob_signed_in,  bob_chose_acme, bob_went}
        .when(phone, acme, ChooseAccount{})
        .then_refused("account.not_found");
}

TEST(Session, OfAnAdminChoosesNothing) {  // Rule L8.
    Given{ada_registered, acme_opened, root_created, root_signed_in}
        .when(tablet, acme, ChooseAccount{})
        .then_refused("account.not_found");
}

TEST(Session, ThatNeverWasChoosesNothing) {
    Given{ada_registered, acme_opened}
        .when(no_session, acme, ChooseAccount{})
        .then_refused("account.not_found");
}

// --- Signing out

TEST(Session, Ends) {
    const auto after =
        Given{bob_registered, bob_signed_in}.when(phone, SignOut{}).then({bob_signed_out});
    EXPECT_FALSE(after.world().seen(phone).live(monday));
    EXPECT_TRUE(after.world().seen(bob).sessions.empty());
}

TEST(Session, OfAnAdminEnds) {
    const auto after = Given{root_created, root_signed_in}
                           .when(tablet, SignOut{})
                           .then({AdminSessionEnded{tablet, {root}}});
    EXPECT_FALSE(after.world().seen(tablet).live(monday));
}

TEST(Session, ThatNeverWasDoesNotEnd) {
    Given{}.when(no_session, SignOut{}).then_refused("session.not_found");
}

TEST(Session, IsEndedByItsUserFromElsewhere) {
    Given{bob_registered, bob_signed_in}.when(phone, EndSession{bob}).then({bob_signed_out});
}

TEST(Session, IsEndedByNobodyElse) {
    const auto refuses = [](const auto& given, SessionId session, UserId user) {
        given.when(session, EndSession{user}).then_refused("session.not_found");
    };
    const Given given{ada_registered, bob_registered, bob_signed_in, root_created, root_signed_in};
    refuses(given, phone, ada);
    refuses(given, tablet, bob);  // The admin's.
    refuses(given, tablet, UserId{});
    refuses(given, no_session, bob);
    refuses(given, no_session, UserId{});
}

// --- Staff

TEST(Session, OfAnAdminStarts) {
    const auto after =
        Given{root_created}.when(the_staff, sign_in_root).then({root_signed_in}, and_again_more);
    EXPECT_EQ(after.world().seen(tablet).admin, root);
    EXPECT_EQ(after.world().seen(tablet).user, UserId{});
}

TEST(Session, OfAnAdminIsShorterThanAUsers) {
    const SessionUsed used{tablet, after(11h)};
    const auto session = Given{root_created, root_signed_in, used}.world().seen(tablet);
    EXPECT_TRUE(session.live(after(12h - 1ms)));
    EXPECT_FALSE(session.live(after(12h)));
}

TEST(Session, OfAnAdminNeedsThePresentPassword) {
    auto wrong = sign_in_root;
    wrong.password = 2;
    Given{root_created}.when(the_staff, wrong).then_refused("session.invalid_credentials");
}

TEST(Session, IsNotForAdminsWithoutAPassword) {
    auto without_password = root_created;
    without_password.password = 0;
    auto with_none = sign_in_root;
    with_none.password = 0;
    Given{without_password}.when(the_staff, with_none).then_refused("session.invalid_credentials");
}

TEST(Session, IsNotForUnknownAdmins) {
    auto unknown = sign_in_root;
    unknown.admin = stranger;
    Given{root_created}.when(the_staff, unknown).then_refused("session.invalid_credentials");
}

// --- Acting as a user

const Impersonate olga_as_bob{phone, olga, bob, "Browser", monday};

TEST(Session, OfAnAdminWhoActsAsAUserHasTheAccountChosen) {  // Rules L10, L11.
    const auto after =
        Given{ada_registered, acme_opened, bob_registered, bob_joined}
            .when(acme, olga_as_bob)
            .then({ImpersonationStarted{
                      phone, bob, {acme}, {olga}, {Client{"Browser"}}, after_an_hour}},
                  and_again_more);
    const auto session = after.world().seen(phone);
    EXPECT_EQ(session.user, bob);
    EXPECT_EQ(session.acting, olga);
    EXPECT_EQ(session.account, acme);
    EXPECT_TRUE(session.live(people::after(1h - 1ms)));
    EXPECT_FALSE(session.live(after_an_hour));
}

TEST(Session, OfAnAdminIsAsAUserOfTheAccountOnly) {  // Rule L10.
    Given{ada_registered, acme_opened, bob_registered}
        .when(acme, olga_as_bob)
        .then_refused("account.not_associated");
    Given{ada_registered, acme_opened, bob_registered, bob_joined, acme_closed}
        .when(acme, olga_as_bob)
        .then_refused("account.closed");
    Given{}.when(nowhere, olga_as_bob).then_refused("account.not_found");
}

}  // namespace muster::session_test
