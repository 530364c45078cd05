#include "aggregates/user.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::user_test {

using namespace people;
using given::Given, given::and_again_refused, given::and_again_more;

constexpr Proof staff{Proof::Kind::staff};
constexpr Proof no_proof{};
constexpr Proof first_password{Proof::Kind::password, 1};
constexpr Proof second_password{Proof::Kind::password, 2};
constexpr Proof no_password{Proof::Kind::password, 0};

const RegisterUser register_zoe{zoe, new_address, {"Zoe", "Zander", new_email}, "en", 1};
const UserRegistered zoe_registered{
    zoe, new_address, {Person{"Zoe", "Zander", new_email}}, "en", 1};
const UserRegistered bob_registered_without_password{bob, bobs_address, {bob_builder}, "de", 0};
const EmailChanged bob_moved{bob, bobs_address, new_address, {Address{new_email}}};
const PasswordChanged bobs_second_password{bob, 2};
const SessionStarted bob_signed_in_on_tablet{
    tablet, bob, std::nullopt, {Client{"Tablet"}}, after(30 * 24h)};
const SessionEnded phone_ended{phone, bob};
const SessionEnded tablet_ended{tablet, bob};
const UserDeleted bob_deleted{bob, bobs_address};
const OwnershipTransferred bob_owns_acme{acme, ada, bob, Permissions::all()};

UpdateUser first_name(std::string name) {
    UpdateUser command;
    command.first_name = std::move(name);
    return command;
}
UpdateUser language(std::string tag) {
    UpdateUser command;
    command.language = std::move(tag);
    return command;
}
UpdateUser email(std::string text, EmailKey address, Proof proof) {
    UpdateUser command;
    command.email = std::move(text);
    command.address = address;
    command.proof = proof;
    return command;
}
NameChange only_first_name(std::string name) {
    NameChange change;
    change.first_name = std::move(name);
    return change;
}

// --- Registering

TEST(User, RegistersWithAFreeAddress) {  // Rule R2.
    Given{ada_registered}
        .when(new_address, register_zoe)
        .then({zoe_registered}, and_again_refused("user.email_taken"));
}

TEST(User, DoesNotRegisterWithATakenAddress) {  // Rules E13, R6, I15.
    auto register_ada_again = register_zoe;
    register_ada_again.address = adas_address;
    Given{ada_registered}.when(adas_address, register_ada_again).then_refused("user.email_taken");
}

TEST(User, NeedsNoAccount) {  // Rule E16.
    const auto user = Given{zoe_registered}.world().seen(zoe);
    EXPECT_TRUE(user.present());
    EXPECT_TRUE(user.accounts.empty());
}

TEST(User, OwnsManyAccountsAndReachesManyOthers) {  // Rule E6.
    const AccountOpened initech_opened{initech, bob, {profile_of("Initech")}};
    const AssociationGranted bob_in_globex{globex, bob, everything, std::nullopt};
    const auto user =
        Given{bob_registered, initech_opened, bob_owns_acme, bob_in_globex}.world().seen(bob);
    const std::map<AccountId, Tie> expected{
        {acme, Tie::owner}, {globex, Tie::associated}, {initech, Tie::owner}};
    EXPECT_EQ(user.accounts, expected);
}

TEST(User, HoldsNoPermissionsOfItsOwn) {  // Rule E7.
    const PermissionsSet more{acme, bob, everything};
    const auto before = Given{ada_registered, acme_opened, bob_registered, bob_joined};
    const auto afterwards = Given{ada_registered, acme_opened, bob_registered, bob_joined, more};
    EXPECT_EQ(testing::PrintToString(before.world().seen(bob)),
              testing::PrintToString(afterwards.world().seen(bob)));
}

// --- Changing the own details

TEST(User, IsRenamed) {
    const auto after = Given{bob_registered}
                           .when(bob, EmailKey{}, first_name("Bobby"))
                           .then({UserRenamed{bob, {only_first_name("Bobby")}}});
    EXPECT_EQ(after.world().seen(bob).person.value, (Person{"Bobby", "Builder", bobs_email}));
}

TEST(User, ChoosesALanguage) {
    Given{bob_registered}.when(bob, EmailKey{}, language("en")).then({LanguageChosen{bob, "en"}});
}

TEST(User, IsNotChangedByWhatItIsAlready) {
    Given{bob_registered}.when(bob, EmailKey{}, first_name("Bob")).then_already_so();
    Given{bob_registered}.when(bob, EmailKey{}, language("de")).then_already_so();
    Given{bob_registered}
        .when(bob, bobs_address, email(bobs_email, bobs_address, no_proof))
        .then_already_so();
}

TEST(User, ChangesTheAddressWithThePresentPassword) {  // Rules E10, L12.
    const auto after = Given{bob_registered}
                           .when(bob, new_address, email(new_email, new_address, first_password))
                           .then({bob_moved});
    EXPECT_EQ(after.world().seen(bob).address, new_address);
    EXPECT_EQ(after.world().seen(bob).person.value->email, new_email);
    EXPECT_EQ(after.world().seen(new_address).user, bob);
    EXPECT_EQ(after.world().seen(bobs_address).user, UserId{});
}

TEST(User, DoesNotChangeTheAddressWithoutAProof) {  // Rule L12.
    Given{bob_registered}
        .when(bob, new_address, email(new_email, new_address, no_proof))
        .then_refused("password.wrong");
}

TEST(User, DoesNotChangeTheAddressWithAnOldPassword) {  // Rule L12.
    Given{bob_registered, bobs_second_password}
        .when(bob, new_address, email(new_email, new_address, first_password))
        .then_refused("password.wrong");
}

TEST(User, WithoutAPasswordProvesNothingByHavingNone) {  // Rule L12.
    Given{bob_registered_without_password}
        .when(bob, new_address, email(new_email, new_address, no_password))
        .then_refused("password.wrong");
    Given{bob_registered_without_password}
        .when(bob, ChangePassword{no_password, std::nullopt})
        .then_refused("password.wrong");
}

TEST(User, HasTheAddressChangedByStaffWithoutAPassword) {  // Rule L12.
    Given{bob_registered}
        .when(bob, new_address, email(new_email, new_address, staff))
        .then({bob_moved});
}

TEST(User, ChangesTheSpellingOfTheAddress) {  // Rule E13.
    Given{bob_registered}
        .when(bob, bobs_address, email("Bob@Example.com", bobs_address, first_password))
        .then({EmailChanged{bob, bobs_address, bobs_address, {Address{"Bob@Example.com"}}}});
}

TEST(User, ProvesThePasswordForAnotherSpellingToo) {  // Rule L12.
    Given{bob_registered}
        .when(bob, bobs_address, email("Bob@Example.com", bobs_address, no_proof))
        .then_refused("password.wrong");
}

TEST(User, DoesNotTakeSomebodyElsesAddress) {  // Rule E13.
    Given{ada_registered, bob_registered}
        .when(bob, adas_address, email(adas_email, adas_address, first_password))
        .then_refused("user.email_taken");
    Given{ada_registered, bob_registered}
        .when(bob, adas_address, email(adas_email, adas_address, staff))
        .then_refused("user.email_taken");
}

TEST(User, IsChangedInNothingWhereOnePartIsRefused) {  // Rule L12.
    auto both = email(new_email, new_address, no_proof);
    both.first_name = "Bobby";
    Given{bob_registered}.when(bob, new_address, both).then_refused("password.wrong");
}

TEST(User, ChangesSeveralDetailsAtOnce) {
    auto all = email(new_email, new_address, first_password);
    all.first_name = "Bobby";
    all.language = "en";
    Given{bob_registered}
        .when(bob, new_address, all)
        .then({UserRenamed{bob, {only_first_name("Bobby")}}, LanguageChosen{bob, "en"}, bob_moved});
}

TEST(User, DetailsLeaveTheAccountsAlone) {  // Rule E9.
    const Given given{ada_registered, acme_opened};
    const auto after =
        given.when(ada, new_address, email(new_email, new_address, staff))
            .then({EmailChanged{ada, adas_address, new_address, {Address{new_email}}}});
    EXPECT_EQ(after.world().seen(acme).profile.value, acmes_profile);
}

TEST(User, WhoIsNotThereIsNotChanged) {
    Given{}.when(nobody, EmailKey{}, first_name("No")).then_refused("user.not_found");
    Given{bob_registered, bob_deleted}
        .when(bob, EmailKey{}, first_name("No"))
        .then_refused("user.not_found");
}

// --- Passwords

TEST(User, ChangesThePasswordWithThePresentOne) {  // Rules E8, L12.
    Given{bob_registered}
        .when(bob, ChangePassword{first_password, std::nullopt})
        .then({bobs_second_password}, and_again_refused("password.wrong"));
}

TEST(User, DoesNotChangeThePasswordWithoutIt) {  // Rule L12.
    Given{bob_registered}
        .when(bob, ChangePassword{no_proof, std::nullopt})
        .then_refused("password.wrong");
    Given{bob_registered}
        .when(bob, ChangePassword{second_password, std::nullopt})
        .then_refused("password.wrong");
}

TEST(User, HasThePasswordSetByStaff) {  // Rule L14.
    Given{bob_registered}
        .when(bob, ChangePassword{staff, std::nullopt})
        .then({bobs_second_password}, and_again_more);
}

TEST(User, GetsAFirstPasswordFromStaff) {  // Rules I8, L14.
    Given{bob_registered_without_password}
        .when(bob, ChangePassword{staff, std::nullopt})
        .then({PasswordChanged{bob, 1}}, and_again_more);
}

TEST(User, StaysSignedInOnlyWhereThePasswordWasChanged) {  // Rule L18.
    const auto after =
        Given{bob_registered, bob_signed_in, bob_signed_in_on_tablet}
            .when(bob, ChangePassword{first_password, phone})
            .then({bobs_second_password, tablet_ended}, and_again_refused("password.wrong"));
    EXPECT_FALSE(after.world().seen(phone).ended);
    EXPECT_TRUE(after.world().seen(tablet).ended);
}

TEST(User, IsSignedOutEverywhereWhenStaffSetsThePassword) {  // Rule L18.
    Given{bob_registered, bob_signed_in, bob_signed_in_on_tablet}
        .when(bob, ChangePassword{staff, std::nullopt})
        .then({bobs_second_password, phone_ended, tablet_ended}, and_again_more);
}

TEST(User, OfAChangedPasswordEndsNobodyElsesSession) {  // Rule L18.
    const auto after = Given{ada_registered, ada_signed_in, bob_registered, bob_signed_in}
                           .when(bob, ChangePassword{staff, std::nullopt})
                           .then({bobs_second_password, phone_ended}, and_again_more);
    EXPECT_FALSE(after.world().seen(laptop).ended);
}

TEST(User, SessionsThatEndedAreNotEndedAgain) {  // Rule L18.
    Given{bob_registered, bob_signed_in, phone_ended}
        .when(bob, ChangePassword{first_password, std::nullopt})
        .then({bobs_second_password}, and_again_refused("password.wrong"));
}

TEST(User, EndsAllSessionsButOneOrAll) {
    const Given given{bob_registered, bob_signed_in, bob_signed_in_on_tablet};
    given.when(bob, EndSessions{phone}).then({tablet_ended});
    given.when(bob, EndSessions{}).then({phone_ended, tablet_ended});
    Given{}.when(nobody, EndSessions{}).then_refused("user.not_found");
    Given{bob_registered, bob_deleted}.when(bob, EndSessions{}).then({});
}

TEST(User, SessionsThatExpiredAreForgottenAtTheNextSignIn) {
    const SessionStarted next_month{tablet, bob, std::nullopt, {Client{"Tablet"}}, after(60 * 24h)};
    const auto user = Given{bob_registered, bob_signed_in, next_month}.world().seen(bob);
    EXPECT_EQ(user.sessions, (std::map<SessionId, Time>{{tablet, after(60 * 24h)}}));
}

TEST(User, ChangesThePasswordInNoAccount) {  // Rule E8.
    const auto touched = streams_of(Event{bobs_second_password});
    EXPECT_EQ(touched, std::vector{stream_of(bob)});
}

TEST(User, WhoIsNotThereHasNoPassword) {
    Given{}.when(nobody, ChangePassword{staff, std::nullopt}).then_refused("user.not_found");
}

// --- Deleting

TEST(User, WithoutAnAccountIsDeleted) {  // Rule X4.
    const auto after = Given{bob_registered}.when(bob, DeleteUser{}).then({bob_deleted});
    const auto gone = after.world().seen(bob);
    EXPECT_EQ(gone.existence, Existence::deleted);
    EXPECT_EQ(gone.person.value, std::nullopt);
    EXPECT_EQ(gone.address, std::nullopt);
}

TEST(User, WithOneForeignAccountIsDeletedWithTheAssociation) {  // Rules X4, X5.
    const auto after = Given{ada_registered, acme_opened, bob_registered, bob_joined}
                           .when(bob, DeleteUser{})
                           .then({bob_went, bob_deleted});
    EXPECT_FALSE(after.world().seen(acme).users.contains(bob));
    EXPECT_TRUE(after.world().seen(acme).users.contains(ada));
    EXPECT_TRUE(after.world().seen(bob).accounts.empty());
}

TEST(User, WithSeveralAccountsIsNotDeleted) {  // Rule X2.
    const AssociationGranted bob_in_globex{globex, bob, see_tickets, std::nullopt};
    Given{ada_registered, acme_opened, eve_registered, globex_opened,
          bob_registered, bob_joined,  bob_in_globex}
        .when(bob, DeleteUser{})
        .then_refused("user.several_accounts");
}

TEST(User, WithSeveralAccountsIsNotDeletedAlsoIfTheyAreClosed) {  // Rules X2, X8.
    const AssociationGranted bob_in_globex{globex, bob, see_tickets, std::nullopt};
    Given{ada_registered, acme_opened, eve_registered, globex_opened,
          bob_registered, bob_joined,  bob_in_globex,  acme_closed}
        .when(bob, DeleteUser{})
        .then_refused("user.several_accounts");
}

TEST(User, WhoOwnsAnAccountIsNotDeleted) {  // Rule X3.
    Given{ada_registered, acme_opened}.when(ada, DeleteUser{}).then_refused("user.is_owner");
}

TEST(User, WhoOwnsAClosedAccountIsNotDeleted) {  // Rules X3, X8.
    Given{ada_registered, acme_opened, acme_closed}
        .when(ada, DeleteUser{})
        .then_refused("user.is_owner");
}

TEST(User, WhoOwnsNoMoreIsDeleted) {  // Rules X3, X4.
    Given{ada_registered, acme_opened, bob_registered, bob_joined, bob_owns_acme}
        .when(ada, DeleteUser{})
        .then({AssociationEnded{acme, ada}, UserDeleted{ada, adas_address}});
}

TEST(User, WhoBecameTheOwnerIsNotDeleted) {  // Rule X3.
    Given{ada_registered, acme_opened, bob_registered, bob_joined, bob_owns_acme}
        .when(bob, DeleteUser{})
        .then_refused("user.is_owner");
}

TEST(User, WhoseAccountIsGoneIsDeleted) {  // Rules X4, X7.
    Given{ada_registered, acme_opened, bob_registered, bob_joined, acme_deleted}
        .when(ada, DeleteUser{})
        .then({UserDeleted{ada, adas_address}});
}

TEST(User, WhoIsDeletedIsSignedOut) {  // Rule X1.
    const auto after = Given{bob_registered, bob_signed_in, bob_signed_in_on_tablet}
                           .when(bob, DeleteUser{})
                           .then({phone_ended, tablet_ended, bob_deleted});
    EXPECT_FALSE(after.world().seen(phone).live(monday));
    EXPECT_FALSE(after.world().seen(tablet).live(monday));
}

TEST(User, WhoNeverWasIsNotDeleted) {
    Given{}.when(nobody, DeleteUser{}).then_refused("user.not_found");
}

TEST(User, WithADeletedUsersAddressIsANewUser) {  // Rule X10.
    auto register_zoe_as_bob = register_zoe;
    register_zoe_as_bob.address = bobs_address;
    auto registered = zoe_registered;
    registered.address = bobs_address;
    const auto after =
        Given{ada_registered, acme_opened, bob_registered, bob_joined, bob_went, bob_deleted}
            .when(bobs_address, register_zoe_as_bob)
            .then({registered}, and_again_refused("user.email_taken"));
    EXPECT_TRUE(after.world().seen(zoe).accounts.empty());
    EXPECT_FALSE(after.world().seen(bob).present());
}

// --- Links, second factor, security question

const Proof by_staff{Proof::Kind::staff, 0};
const Proof right_password{Proof::Kind::password, 1};
const Time in_an_hour = after(1h);
const PasswordResetRequested link_mailed{
    bob, 1, {bobs_address}, in_an_hour, Requester::holder, {AttemptsKey{}}};
const RequestPasswordReset bob_asks{Requester::holder, monday, {AttemptsKey{}}};

TEST(User, AResetIsBoundToItsLinkItsTimeAndItsAddress) {
    Given{bob_registered}.when(bob, bob_asks).then({link_mailed}, and_again_more);
    Given{bob_registered, link_mailed}
        .when(bob, ResetPassword{1, 0, after(59min)})
        .then({PasswordReset{bob, 1, 2}}, and_again_refused("token.not_found"));
    Given{bob_registered, link_mailed}
        .when(bob, ResetPassword{2, 0, monday})
        .then_refused("token.not_found");
    Given{bob_registered, link_mailed}
        .when(bob, ResetPassword{1, 0, in_an_hour})
        .then_refused("token.not_found");
    const EmailChanged moved{bob, bobs_address, new_address, {Address{new_email}}};
    Given{bob_registered, link_mailed, moved}
        .when(bob, ResetPassword{1, 0, monday})
        .then_refused("token.not_found");
    Given{bob_registered, link_mailed, PasswordChanged{bob, 2}}
        .when(bob, ResetPassword{1, 0, monday})
        .then_refused("token.not_found");
    Given{bob_registered}.when(bob, ResetPassword{0, 0, monday}).then_refused("token.not_found");
}

TEST(User, AResetEndsEverySession) {  // Rule L18.
    Given{bob_registered, bob_signed_in, bob_signed_in_on_tablet, link_mailed}
        .when(bob, ResetPassword{1, 0, monday})
        .then({PasswordReset{bob, 1, 2}, phone_ended, tablet_ended},
              and_again_refused("token.not_found"));
}

TEST(User, WithoutAnAddressNobodyIsMailed) {
    auto nowhere_to_write = bob_registered;
    nowhere_to_write.address.reset();
    Given{nowhere_to_write}.when(bob, bob_asks).then_refused("user.no_email");
    Given{nowhere_to_write}
        .when(bob, RequestEmailVerification{monday})
        .then_refused("user.no_email");
}

TEST(User, ASecurityQuestionIsAnsweredInASelfServiceReset) {  // Rule L17.
    const SecurityQuestionSet asked{bob, 1, {Question{"Pet?"}}};
    Given{bob_registered, asked, link_mailed}
        .when(bob, ResetPassword{1, 0, monday})
        .then_refused("security_answer.required");
    Given{bob_registered, asked, SecurityQuestionSet{bob, 2, {Question{"Pet?"}}}, link_mailed}
        .when(bob, ResetPassword{1, 1, monday})
        .then_refused("security_answer.wrong");  // Verified against the one before.
    Given{bob_registered, asked, link_mailed}
        .when(bob, ResetPassword{1, 1, monday})
        .then({PasswordReset{bob, 1, 2}}, and_again_refused("token.not_found"));
    auto by_support = link_mailed;
    by_support.by = Requester::staff;
    Given{bob_registered, asked, by_support}
        .when(bob, ResetPassword{1, 0, monday})
        .then({PasswordReset{bob, 1, 2}}, and_again_refused("token.not_found"));
}

TEST(User, ASecurityQuestionIsTheUsersToSetAndStaffsToClear) {  // Rule L16.
    const SecurityQuestionSet asked{bob, 1, {Question{"Pet?"}}};
    Given{bob_registered}
        .when(bob, SetSecurityQuestion{"Pet?", right_password})
        .then({asked}, and_again_more);
    Given{bob_registered}.when(bob, SetSecurityQuestion{"Pet?", {}}).then_refused("password.wrong");
    Given{bob_registered, asked}
        .when(bob, ClearSecurityQuestion{by_staff})
        .then({SecurityQuestionCleared{bob}});
}

TEST(User, AnAddressIsVerifiedByTheNewestLink) {  // Rules V3, V6.
    const EmailVerificationRequested first{bob, 1, {bobs_address}, in_an_hour},
        second{bob, 2, {bobs_address}, in_an_hour};
    Given{bob_registered}.when(bob, RequestEmailVerification{monday}).then({first}, and_again_more);
    Given{bob_registered, first}
        .when(bob, VerifyEmail{1, monday})
        .then({EmailVerified{bob, {bobs_address}}});
    Given{bob_registered, first}
        .when(bob, VerifyEmail{1, in_an_hour})
        .then_refused("token.expired");
    Given{bob_registered, first, second}
        .when(bob, VerifyEmail{1, monday})
        .then_refused("token.not_found");
}

TEST(User, AChangedAddressIsNotVerified) {  // Rule V7.
    const EmailVerificationRequested mailed{bob, 1, {bobs_address}, in_an_hour};
    const EmailVerified verified{bob, {bobs_address}};
    const EmailChanged moved{bob, bobs_address, new_address, {Address{new_email}}};
    const EmailChanged spelled{bob, bobs_address, bobs_address, {Address{"BOB@example.com"}}};
    EXPECT_TRUE(Given(bob_registered, mailed, verified, spelled).world().seen(bob).email_verified);
    EXPECT_FALSE(Given(bob_registered, mailed, verified, moved).world().seen(bob).email_verified);
    Given{bob_registered, mailed, verified, moved}
        .when(bob, VerifyEmail{1, monday})
        .then_refused("token.not_found");
}

const SecondFactorStarted<UserId> started{bob, 1};
const SecondFactorEnabled<UserId> enabled{bob, 1, 100};
GivenCode code_of(std::uint64_t step) { return {GivenCode::Given::yes, 1, step, 0}; }
SignIn bob_signs_in(const GivenCode& code) {
    return {phone, 1, std::nullopt, "Phone", monday, code};
}

TEST(User, TwoFactorIsOnOnceItIsConfirmed) {
    Given{bob_registered}
        .when(bob, StartSecondFactor{right_password})
        .then({started}, and_again_more);
    Given{bob_registered}.when(bob, StartSecondFactor{}).then_refused("password.wrong");
    Given{bob_registered}
        .when(bob, ConfirmSecondFactor{code_of(100)})
        .then_refused("two_factor.not_started");
    Given{bob_registered, started}
        .when(bob, ConfirmSecondFactor{code_of(0)})
        .then_refused("code.wrong");
    Given{bob_registered, started}
        .when(bob, ConfirmSecondFactor{code_of(100)})
        .then({enabled}, and_again_refused("two_factor.on"));
    Given{bob_registered, started, SecondFactorStarted<UserId>{bob, 2}}
        .when(bob, ConfirmSecondFactor{code_of(100)})
        .then_refused("code.wrong");  // Of the secret before.
    Given{bob_registered, started}
        .when(bob, bob_signs_in({}))
        .then({bob_signed_in}, and_again_more);
}

TEST(User, ASignInNeedsACodeThatWasNotUsed) {
    const auto on = Given{bob_registered, started, enabled};
    on.when(bob, bob_signs_in({})).then_refused("session.second_factor_required");
    on.when(bob, bob_signs_in(code_of(0))).then_refused("session.invalid_credentials");
    on.when(bob, bob_signs_in(code_of(100))).then_refused("session.invalid_credentials");
    on.when(bob, bob_signs_in(code_of(99))).then_refused("session.invalid_credentials");
    on.when(bob, bob_signs_in(code_of(101)))
        .then({SecondFactorUsed<UserId>{bob, 101}, bob_signed_in},
              and_again_refused("session.invalid_credentials"));
    const GivenCode recovery{GivenCode::Given::yes, 1, 0, 7};
    on.when(bob, bob_signs_in(recovery))
        .then({RecoveryCodeUsed<UserId>{bob, 7}, bob_signed_in},
              and_again_refused("session.invalid_credentials"));
}

TEST(User, StaffSwitchesTwoFactorOffWhichEndsSessions) {  // Rules L15, L18.
    Given{bob_registered, bob_signed_in, started, enabled}
        .when(bob, DisableSecondFactor{by_staff})
        .then({SecondFactorDisabled<UserId>{bob}, phone_ended});
    Given{bob_registered, bob_signed_in, started, enabled}
        .when(bob, DisableSecondFactor{right_password})
        .then({SecondFactorDisabled<UserId>{bob}});
    Given{bob_registered, started, enabled}
        .when(bob, DisableSecondFactor{})
        .then_refused("password.wrong");
}

TEST(User, AnIdentityHasAStatus) {  // Rule V9.
    Given{bob_registered}
        .when(bob, SetIdentityVerification{IdentityStatus::approved})
        .then({IdentityVerificationSet{bob, IdentityStatus::approved}});
    Given{bob_registered}
        .when(bob, SetIdentityVerification{IdentityStatus::none})
        .then_already_so();
}

}  // namespace muster::user_test
