#include "aggregates/account.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::account_test {

using namespace people;
using given::Given, given::and_again_refused, given::and_again_more;

const Given acme_of_ada{ada_registered, acme_opened};
const Given acme_of_ada_and_bob{ada_registered, acme_opened, bob_registered, bob_joined};
const Given with_a_letter_to_eve{ada_registered, acme_opened,    bob_registered,
                                 bob_joined,     eve_registered, eve_invited};
const Given with_eve_who_accepted{ada_registered, acme_opened, bob_registered, bob_joined,
                                  eve_registered, eve_invited, eve_accepted};

template <class... Past>
Given later(const Given& given, const Past&... past) {
    auto world = given.world();
    (world.fold(past), ...);
    return Given{std::move(world)};
}

ProfileChange only_city(std::string city) {
    ProfileChange change;
    change.city = std::move(city);
    return change;
}
UpdateAccount move_to(AccountStatus status) { return {ProfileChange{}, status}; }
UpdateAccount edit(const ProfileChange& change) { return {change, std::nullopt}; }
const UpdateAccount close = move_to(AccountStatus::closed);

// --- Opening. Rules R2 to R9.

TEST(Account, IsOpenedByAUserWhoOwnsItFromThenOn) {  // Rules R2, R5, E4.
    const auto after = Given{ada_registered}
                           .when(ada, OpenAccount{acme, acmes_profile})
                           .then({acme_opened}, and_again_more);
    EXPECT_EQ(after.world().seen(acme).owner, ada);
    EXPECT_EQ(after.world().seen(acme).status, AccountStatus::active);
}

TEST(Account, IsOpenedTogetherWithItsNewOwner) {  // Rules R2, R5.
    const RegisterUser register_ada{ada, adas_address, ada_lovelace, "en", 1};
    Given{}
        .when(adas_address, register_ada)
        .then({ada_registered}, and_again_refused("user.email_taken"))
        .when(ada, OpenAccount{acme, acmes_profile})
        .then({acme_opened}, and_again_more);
}

TEST(Account, IsNotOpenedForAnUnknownOwner) {  // Rule R7.
    Given{}.when(nobody, OpenAccount{acme, acmes_profile}).then_refused("user.not_found");
}

TEST(Account, IsNotOpenedForADeletedOwner) {  // Rule R7.
    Given{ada_registered, UserDeleted{ada, adas_address}}
        .when(ada, OpenAccount{acme, acmes_profile})
        .then_refused("user.not_found");
}

TEST(Account, MayBeAFurtherOneOfTheSameOwner) {  // Rules E6, R3.
    acme_of_ada.when(ada, OpenAccount{globex, globexs_profile})
        .then({AccountOpened{globex, ada, {globexs_profile}}}, and_again_more);
}

TEST(Account, NeedsNoFieldOfItsProfile) {  // Rule R8.
    Given{ada_registered}
        .when(ada, OpenAccount{acme, Profile{}})
        .then({AccountOpened{acme, ada, {Profile{}}}}, and_again_more);
}

TEST(Account, MayHaveAUsersAddressOrAnotherAccounts) {  // Rule R9.
    const auto profile = profile_of("Globex", adas_email);
    const auto same = profile_of("Initech", adas_email);
    acme_of_ada.when(ada, OpenAccount{globex, profile})
        .then({AccountOpened{globex, ada, {profile}}}, and_again_more)
        .when(ada, OpenAccount{initech, same})
        .then({AccountOpened{initech, ada, {same}}}, and_again_more);
}

TEST(Account, WithAUsersAddressTakesItFromNobody) {  // Rule R9.
    const AccountOpened with_bobs{globex, ada, {profile_of("Globex", bobs_email)}};
    const RegisterUser register_bob{bob, bobs_address, bob_builder, "de", 1};
    Given{ada_registered, with_bobs}
        .when(bobs_address, register_bob)
        .then({bob_registered}, and_again_refused("user.email_taken"));
}

// --- Who is in it. Rules E4 to E7, E17.

TEST(Account, ListsItsOwnerWithEveryPermission) {  // Rules E5, E17, P1.
    const auto account = acme_of_ada.world().seen(acme);
    EXPECT_EQ(account.users, (std::map<UserId, Permissions>{{ada, everything}}));
    EXPECT_EQ(everything.size(), 13);
}

TEST(Account, KnowsThirteenIndependentPermissions) {  // Rules P1, P7, I23.
    for (std::uint8_t n = 0; n < permission_names.size(); ++n) {
        const Permissions one{Permission{n}};
        EXPECT_EQ(one.size(), 1);
        EXPECT_EQ(parse_permission(permission_names[n].key), Permission{n});
    }
    EXPECT_EQ(parse_permission("manageusers"), std::nullopt);  // Rule P8.
    EXPECT_EQ(parse_permission("Profile"), std::nullopt);
    EXPECT_EQ(parse_permission(""), std::nullopt);
}

TEST(Account, GivesPermissionsForItselfAlone) {  // Rules E3, E7.
    const AssociationGranted bob_in_globex{globex, bob, pay_invoices, std::nullopt};
    const auto both = later(acme_of_ada_and_bob, eve_registered, globex_opened, bob_in_globex);
    const auto after = both.when(acme, SetPermissions{bob, everything})
                           .then({PermissionsSet{acme, bob, everything}});
    EXPECT_EQ(after.world().seen(globex).users.at(bob), pay_invoices);
}

// --- Profile and status. Rules E9, E15, X8, I26.

TEST(Account, ChangesOnlyWhatDiffersInTheProfile) {
    auto wanted = only_city("Paris");
    wanted.company_name = "Acme";
    const auto after =
        acme_of_ada.when(acme, edit(wanted)).then({ProfileChanged{acme, {only_city("Paris")}}});
    auto expected = acmes_profile;
    expected.city = "Paris";
    EXPECT_EQ(after.world().seen(acme).profile.value, expected);
}

TEST(Account, ChangesEveryFieldOfTheProfile) {
    ProfileChange all;
    Profile expected;
    for_each_field(all, [](std::string_view name, auto& field) { field = name; });
    for_each_field(expected, [](std::string_view name, auto& field) { field = name; });
    const auto after = acme_of_ada.when(acme, edit(all)).then({ProfileChanged{acme, {all}}});
    EXPECT_EQ(after.world().seen(acme).profile.value, expected);
}

TEST(Account, EmptiesAField) {
    ProfileChange none;
    none.email = "";
    const auto after = acme_of_ada.when(acme, edit(none)).then({ProfileChanged{acme, {none}}});
    EXPECT_EQ(after.world().seen(acme).profile.value->email, "");
    EXPECT_EQ(after.world().seen(acme).profile.value->company_name, "Acme");
}

TEST(Account, KeepsAProfileThatIsTheSame) {
    ProfileChange same;
    same.company_name = "Acme";
    acme_of_ada.when(acme, edit(same)).then_already_so();
    acme_of_ada.when(acme, edit(ProfileChange{})).then_already_so();
}

TEST(Account, DetailsLeaveTheUsersAlone) {  // Rule E9.
    ProfileChange change;
    change.email = "sales@acme.example";
    change.first_name = "Augusta";
    const auto after = acme_of_ada.when(acme, edit(change)).then({ProfileChanged{acme, {change}}});
    EXPECT_EQ(after.world().seen(ada).person.value, ada_lovelace);
    EXPECT_EQ(after.world().seen(ada).address, adas_address);
}

TEST(Account, IsActiveInactiveOrClosed) {  // Rule E15.
    acme_of_ada.when(acme, move_to(AccountStatus::inactive))
        .then({AccountDeactivated{acme}})
        .when(acme, close)
        .then({acme_closed})
        .when(acme, move_to(AccountStatus::inactive))
        .then({AccountDeactivated{acme}})
        .when(acme, move_to(AccountStatus::active))
        .then({AccountActivated{acme}})
        .when(acme, close)
        .then({acme_closed})
        .when(acme, move_to(AccountStatus::active))
        .then({AccountActivated{acme}});
}

TEST(Account, IsNotMadeNothingNorDeletedByAStatus) {  // Rule E15.
    acme_of_ada.when(acme, move_to(AccountStatus::none)).then_already_so();
    acme_of_ada.when(acme, move_to(AccountStatus::deleted)).then_already_so();
}

TEST(Account, KeepsItsUsersWhenItCloses) {  // Rule X8.
    const auto before = acme_of_ada_and_bob.world().seen(acme).users;
    const auto after = acme_of_ada_and_bob.when(acme, close).then({acme_closed});
    EXPECT_EQ(after.world().seen(acme).users, before);
    EXPECT_EQ(after.world().seen(acme).owner, ada);
    EXPECT_TRUE(after.world().seen(bob).accounts.contains(acme));
}

TEST(Account, CancelsItsInvitationsWhenItCloses) {  // Rule I26.
    with_a_letter_to_eve.when(acme, close)
        .then({letter_cancelled, acme_closed})
        .when(acme, eve, AcceptInvitation{letter, 1, monday})
        .then_refused("invitation.not_found");
}

TEST(Account, CancelsExpiredInvitationsToo) {  // Rule I26.
    with_a_letter_to_eve.when(acme, close)
        .then({letter_cancelled, acme_closed})
        .when(acme, ResendInvitation{letter, after(8 * 24h)})
        .then_refused("invitation.not_found");
}

TEST(Account, ReopensWithoutTheInvitationsItHad) {  // Rule I26.
    later(with_a_letter_to_eve, letter_cancelled, acme_closed, AccountActivated{acme})
        .when(acme, eve, AcceptInvitation{letter, 1, monday})
        .then_refused("invitation.not_found");
}

TEST(Account, CancelsOnlyWhatIsPending) {  // Rule I26.
    later(with_eve_who_accepted).when(acme, close).then({acme_closed});
}

TEST(Account, StaysEditableByStaffWhileItIsClosed) {
    const auto closed = later(acme_of_ada_and_bob, acme_closed, eve_registered);
    closed.when(acme, edit(only_city("Paris"))).then({ProfileChanged{acme, {only_city("Paris")}}});
    closed.when(acme, SetPermissions{bob, everything})
        .then({PermissionsSet{acme, bob, everything}});
    closed.when(acme, eve, AssociateUser{see_tickets})
        .then({AssociationGranted{acme, eve, see_tickets, std::nullopt}});
    closed.when(acme, TransferOwnership{bob})
        .then({OwnershipTransferred{acme, ada, bob, Permissions::all()}});
    closed.when(acme, RemoveUser{bob}).then({bob_went});
}

TEST(Account, ThatIsNotThereIsNotFound) {
    for (const auto& given : {Given{ada_registered, eve_registered},
                              later(with_a_letter_to_eve, letter_cancelled, acme_deleted)}) {
        given.when(acme, close).then_refused("account.not_found");
        given.when(acme, edit(only_city("Paris"))).then_refused("account.not_found");
        given
            .when(acme, eves_address,
                  InviteUser{letter, eves_address, eves_email, see_tickets, monday})
            .then_refused("account.not_found");
        given.when(acme, ResendInvitation{letter, monday}).then_refused("account.not_found");
        given.when(acme, CancelInvitation{letter}).then_refused("account.not_found");
        given.when(acme, eve, AssociateUser{see_tickets}).then_refused("account.not_found");
        given
            .when(acme, new_address,
                  RegisterUser{zoe, new_address, {"Zoe", "", new_email}, "en", 0},
                  AssociateUser{see_tickets})
            .then_refused("account.not_found");
        given.when(acme, SetPermissions{bob, see_tickets}).then_refused("account.not_found");
        given.when(acme, RemoveUser{bob}).then_refused("account.not_found");
        given.when(acme, LeaveAccount{bob}).then_refused("account.not_found");
        given.when(acme, TransferOwnership{bob}).then_refused("account.not_found");
    }
}

// --- Deleting. Rules X3, X6, X7, X17, I26.

TEST(Account, IsDeletedAndItsUsersStay) {  // Rule X7.
    const auto after = acme_of_ada_and_bob.when(acme, DeleteAccount{DeleteAccount::Users::stay})
                           .then({acme_deleted});
    EXPECT_FALSE(after.world().seen(acme).exists());
    EXPECT_TRUE(after.world().seen(ada).present());
    EXPECT_TRUE(after.world().seen(ada).accounts.empty());
    EXPECT_TRUE(after.world().seen(bob).accounts.empty());
}

TEST(Account, IsDeletedTogetherWithItsUsers) {  // Rules X3, X6.
    const auto after =
        acme_of_ada_and_bob.when(acme, DeleteAccount{DeleteAccount::Users::go})
            .then({acme_deleted, UserDeleted{ada, adas_address}, UserDeleted{bob, bobs_address}});
    EXPECT_FALSE(after.world().seen(ada).present());
    EXPECT_FALSE(after.world().seen(bob).present());
    EXPECT_EQ(after.world().seen(adas_address).user, UserId{});
}

TEST(Account, SparesUsersWhoHaveAnotherAccount) {  // Rules X6, X17.
    const AccountOpened ada_opened_globex{globex, ada, {globexs_profile}};
    later(acme_of_ada_and_bob, ada_opened_globex)
        .when(acme, DeleteAccount{DeleteAccount::Users::go})
        .then({acme_deleted, UserDeleted{bob, bobs_address}});
}

TEST(Account, SparesUsersWhoseOtherAccountIsClosed) {  // Rules X6, X17, X8.
    const AssociationGranted bob_in_globex{globex, bob, see_tickets, std::nullopt};
    later(acme_of_ada_and_bob, eve_registered, globex_opened, bob_in_globex, AccountClosed{globex})
        .when(acme, DeleteAccount{DeleteAccount::Users::go})
        .then({acme_deleted, UserDeleted{ada, adas_address}});
}

TEST(Account, SignsOutTheUsersWhoGo) {  // Rule X6.
    later(acme_of_ada_and_bob, bob_signed_in)
        .when(acme, DeleteAccount{DeleteAccount::Users::go})
        .then({acme_deleted, UserDeleted{ada, adas_address}, SessionEnded{phone, bob},
               UserDeleted{bob, bobs_address}});
}

TEST(Account, CancelsItsInvitationsWhenItIsDeleted) {  // Rule I26.
    with_a_letter_to_eve.when(acme, DeleteAccount{DeleteAccount::Users::stay})
        .then({letter_cancelled, acme_deleted})
        .when(acme, eve, AcceptInvitation{letter, 1, monday})
        .then_refused("invitation.not_found");
}

TEST(Account, ThatIsClosedIsDeletedToo) {
    later(acme_of_ada_and_bob, acme_closed)
        .when(acme, DeleteAccount{DeleteAccount::Users::stay})
        .then({acme_deleted});
}

TEST(Account, ThatNeverWasIsNotDeleted) {
    Given{ada_registered}
        .when(nowhere, DeleteAccount{DeleteAccount::Users::stay})
        .then_refused("account.not_found");
}

TEST(Account, OfADeletedOneNothingPersonalIsLeft) {
    const auto gone =
        later(with_eve_who_accepted, AccountDeleted{acme, {ada, bob, eve}}).world().seen(acme);
    EXPECT_EQ(gone.profile.value, std::nullopt);
    EXPECT_TRUE(gone.users.empty() && gone.invitations.empty() && gone.pending.empty());
}

// --- Inviting. Rules I3 to I5, I12, I20 to I22, I26.

const InviteUser invite_eve{letter, eves_address, eves_email, pay_invoices, monday};
const InviteUser invite_eve_again{second_letter, eves_address, eves_email, everything, after(24h)};

TEST(Invitation, HasAnAddressPermissionsAndSevenDays) {  // Rules I3, I4, I5.
    const auto after = acme_of_ada.when(acme, eves_address, invite_eve)
                           .then({eve_invited}, and_again_refused("invitation.pending"));
    EXPECT_EQ(after.world().seen(acme).pending.at(eves_address), letter);
    EXPECT_EQ(after.world().seen(acme).invitations.at(letter).permissions, pay_invoices);
}

TEST(Invitation, MayGiveEverything) {  // Rule I5.
    auto all = invite_eve;
    all.permissions = everything;
    auto invited = eve_invited;
    invited.permissions = everything;
    acme_of_ada.when(acme, eves_address, all)
        .then({invited}, and_again_refused("invitation.pending"));
}

TEST(Invitation, GivesNoAccessByItself) {  // Rule I9.
    const auto account = with_a_letter_to_eve.world().seen(acme);
    EXPECT_FALSE(account.users.contains(eve));
    EXPECT_EQ(account.invitations.at(letter).status, Invitation::Status::pending);
}

TEST(Invitation, WithoutPermissionsIsRefused) {  // Rule I22.
    auto empty = invite_eve;
    empty.permissions = {};
    const auto error =
        acme_of_ada.when(acme, eves_address, empty).then_refused("permissions.empty");
    EXPECT_EQ(error.pointer, "/permissions");
}

TEST(Invitation, OfSomebodyAssociatedIsRefused) {  // Rule I20.
    auto invite_bob = invite_eve;
    invite_bob.address = bobs_address;
    acme_of_ada_and_bob.when(acme, bobs_address, invite_bob)
        .then_refused("account.already_associated");
}

TEST(Invitation, OfTheOwnerIsRefused) {  // Rule I20.
    auto invite_ada = invite_eve;
    invite_ada.address = adas_address;
    acme_of_ada.when(acme, adas_address, invite_ada).then_refused("account.already_associated");
}

TEST(Invitation, GoesToSomebodyWhoWasRemoved) {  // Rules I20, P15.
    auto invite_bob = invite_eve;
    invite_bob.address = bobs_address;
    invite_bob.email = bobs_email;
    const UserInvited bob_invited{
        acme, letter, {bobs_address}, {Address{bobs_email}}, pay_invoices, after(7 * 24h)};
    later(acme_of_ada_and_bob, bob_went)
        .when(acme, bobs_address, invite_bob)
        .then({bob_invited}, and_again_refused("invitation.pending"));
}

TEST(Invitation, OfAUserOfAnotherAccountIsNone) {  // Rules E3, I20.
    later(acme_of_ada, eve_registered, globex_opened)
        .when(acme, eves_address, invite_eve)
        .then({eve_invited}, and_again_refused("invitation.pending"));
}

TEST(Invitation, TellsNotWhetherTheAddressHasAUser) {  // Rule I30.
    const Events to_an_unknown{eve_invited}, to_a_user{eve_invited};
    acme_of_ada.when(acme, eves_address, invite_eve)
        .then(to_an_unknown, and_again_refused("invitation.pending"));
    later(acme_of_ada, eve_registered)
        .when(acme, eves_address, invite_eve)
        .then(to_a_user, and_again_refused("invitation.pending"));
}

TEST(Invitation, ToAnAddressThatHasOneIsRefusedWithAPointerToIt) {  // Rule I21.
    const auto error = with_a_letter_to_eve.when(acme, eves_address, invite_eve_again)
                           .then_refused("invitation.pending");
    EXPECT_EQ(error.invitation, letter);
}

TEST(Invitation, TakesThePlaceOfAnExpiredOne) {  // Rules I18, I21.
    auto next_week = invite_eve_again;
    next_week.at = after(7 * 24h);
    const UserInvited invited{acme,       second_letter,  {eves_address}, {Address{eves_email}},
                              everything, after(14 * 24h)};
    const auto afterwards =
        with_a_letter_to_eve.when(acme, eves_address, next_week)
            .then({letter_cancelled, invited}, and_again_refused("invitation.pending"));
    EXPECT_EQ(afterwards.world().seen(acme).pending.at(eves_address), second_letter);
}

TEST(Invitation, TakesThePlaceOfACancelledOne) {  // Rules I19, I27.
    auto next_day = invite_eve_again;
    const UserInvited invited{acme,       second_letter, {eves_address}, {Address{eves_email}},
                              everything, after(8 * 24h)};
    later(with_a_letter_to_eve, letter_cancelled)
        .when(acme, eves_address, next_day)
        .then({invited}, and_again_refused("invitation.pending"));
}

TEST(Invitation, ToTheSameAddressMayComeFromTwoAccounts) {  // Rule E3.
    const UserInvited bob_by_globex{
        globex, second_letter, {bobs_address}, {Address{bobs_email}}, everything, after(7 * 24h)};
    const UserInvited bob_by_acme{acme,       letter,        {bobs_address}, {Address{bobs_email}},
                                  everything, after(7 * 24h)};
    later(acme_of_ada, eve_registered, globex_opened, bob_by_globex)
        .when(acme, bobs_address, InviteUser{letter, bobs_address, bobs_email, everything, monday})
        .then({bob_by_acme}, and_again_refused("invitation.pending"));
}

TEST(Invitation, IsNotSentForAClosedAccount) {  // Rule I26.
    later(acme_of_ada, acme_closed)
        .when(acme, eves_address, invite_eve)
        .then_refused("account.closed");
}

TEST(Invitation, IsSentForAnInactiveAccount) {  // Rule E15.
    later(acme_of_ada, AccountDeactivated{acme})
        .when(acme, eves_address, invite_eve)
        .then({eve_invited}, and_again_refused("invitation.pending"));
}

// --- Accepting. Rules I4, I10 to I18, I24, I25, I27.

const AcceptInvitation accept{letter, 1, after(1h)};
const AcceptInvitation accept_late{letter, 1, after(7 * 24h)};
const AcceptInvitation accept_just_in_time{letter, 1, after(7 * 24h - 1ms)};
const AcceptInvitation accept_second_link{letter, 2, after(8 * 24h)};

TEST(Invitation, IsAcceptedByWhomItWasSentTo) {  // Rules I10, I11, I27.
    const auto after = with_a_letter_to_eve.when(acme, eve, accept).then({eve_accepted});
    EXPECT_EQ(after.world().seen(acme).users.at(eve), pay_invoices);
    EXPECT_EQ(after.world().seen(eve).accounts.at(acme), Tie::associated);
    EXPECT_TRUE(after.world().seen(acme).pending.empty());
}

TEST(Invitation, IsAcceptedByAnybodyWithTheLink) {  // Rule I12.
    const UserRegistered zoe_registered{zoe, new_address, {Person{"Zoe", "", new_email}}, "en", 1};
    later(with_a_letter_to_eve, zoe_registered)
        .when(acme, zoe, accept)
        .then({AssociationGranted{acme, zoe, pay_invoices, letter}});
}

TEST(Invitation, TouchesNoAddressWhenItIsAccepted) {  // Rule I13.
    for (const auto& stream : streams_of(Event{eve_accepted}))
        EXPECT_NE(stream.kind, StreamKind::email);
}

TEST(Invitation, IsAcceptedByRegistering) {  // Rules I10, I14.
    const UserInvited zoe_invited{acme,        letter,        {new_address}, {Address{new_email}},
                                  see_tickets, after(7 * 24h)};
    const UserRegistered zoe_registered{zoe, new_address, {Person{"Zoe", "", new_email}}, "en", 1};
    const auto after =
        later(acme_of_ada, zoe_invited)
            .when(new_address, RegisterUser{zoe, new_address, {"Zoe", "", new_email}, "en", 1})
            .then({zoe_registered}, and_again_refused("user.email_taken"))
            .when(acme, zoe, accept)
            .then({AssociationGranted{acme, zoe, see_tickets, letter}});
    EXPECT_EQ(after.world().accounts.size(), 1U);
}

TEST(Invitation, StaysUsableWhenRegisteringIsRefused) {  // Rule I15.
    with_a_letter_to_eve
        .when(eves_address, RegisterUser{zoe, eves_address, {"Zoe", "", eves_email}, "en", 1})
        .then_refused("user.email_taken");
    with_a_letter_to_eve.when(acme, eve, accept).then({eve_accepted});
}

TEST(Invitation, IsValidForSevenDays) {  // Rule I4.
    with_a_letter_to_eve.when(acme, eve, accept_just_in_time).then({eve_accepted});
    with_a_letter_to_eve.when(acme, eve, accept_late).then_refused("invitation.not_found");
}

TEST(Invitation, WorksOnce) {  // Rule I17.
    later(with_eve_who_accepted, AssociationEnded{acme, eve})
        .when(acme, eve, accept)
        .then_refused("invitation.not_found");
}

TEST(Invitation, IsWonByExactlyOneOfTwo) {  // Rule I17.
    const UserRegistered zoe_registered{zoe, new_address, {Person{"Zoe", "", new_email}}, "en", 1};
    later(with_eve_who_accepted, zoe_registered)
        .when(acme, zoe, accept)
        .then_refused("invitation.not_found");
}

TEST(Invitation, AcceptedTwiceByTheSamePersonIsSoAlready) {  // Rule I17.
    with_eve_who_accepted.when(acme, eve, accept).then_already_so();
    with_eve_who_accepted.when(acme, eve, accept_late).then_already_so();
}

TEST(Invitation, AcceptedTwiceByTheSamePersonNeedsTheRightLink) {  // Rule I16.
    with_eve_who_accepted.when(acme, eve, accept_second_link).then_refused("invitation.not_found");
}

TEST(Invitation, DeadLinksAreAllTheSame) {  // Rule I16.
    const auto unknown = with_a_letter_to_eve.when(acme, eve, AcceptInvitation{lost_letter, 1, {}})
                             .then_refused("invitation.not_found");
    const auto used = later(with_eve_who_accepted, AssociationEnded{acme, eve})
                          .when(acme, eve, accept)
                          .then_refused("invitation.not_found");
    const auto cancelled = later(with_a_letter_to_eve, letter_cancelled)
                               .when(acme, eve, accept)
                               .then_refused("invitation.not_found");
    const auto expired =
        with_a_letter_to_eve.when(acme, eve, accept_late).then_refused("invitation.not_found");
    const auto resent = later(with_a_letter_to_eve, letter_resent)
                            .when(acme, eve, accept)
                            .then_refused("invitation.not_found");
    const auto of_no_account =
        with_a_letter_to_eve.when(nowhere, eve, accept).then_refused("invitation.not_found");
    for (const auto& error : {used, cancelled, expired, resent, of_no_account}) {
        EXPECT_EQ(error.message, unknown.message);
        EXPECT_EQ(error.kind, unknown.kind);
    }
}

TEST(Invitation, IsNotSpentBySomebodyWhoIsAssociated) {  // Rule I24.
    with_a_letter_to_eve.when(acme, bob, accept).then_refused("account.already_associated");
    EXPECT_EQ(with_a_letter_to_eve.world().seen(acme).users.at(bob), see_tickets);
    with_a_letter_to_eve.when(acme, eve, accept).then({eve_accepted});
}

TEST(Invitation, IsNotSpentByTheOwner) {  // Rule I24.
    with_a_letter_to_eve.when(acme, ada, accept).then_refused("account.already_associated");
}

TEST(Invitation, OutlivesAChangeOfOwner) {  // Rule I25.
    later(with_a_letter_to_eve, OwnershipTransferred{acme, ada, bob, Permissions::all()})
        .when(acme, eve, accept)
        .then({eve_accepted});
}

TEST(Invitation, OutlivesItsSendersLeaving) {  // Rule I25.
    later(with_a_letter_to_eve, OwnershipTransferred{acme, ada, bob, Permissions::all()},
          AssociationEnded{acme, ada})
        .when(acme, eve, accept)
        .then({eve_accepted});
}

TEST(Invitation, OutlivesUserManagement) {  // Rule I29.
    later(with_a_letter_to_eve, UserManagementSwitched{{}, Switch::off})
        .when(acme, eve, accept)
        .then({eve_accepted});
}

TEST(Invitation, AnswersWhoIsAssociatedWithTheLinkThatIsDead) {  // Rules I16, I24.
    with_a_letter_to_eve.when(acme, bob, accept_late).then_refused("invitation.not_found");
}

// --- Resending and cancelling. Rules I9, I18, I19.

TEST(Invitation, IsResentWithANewLinkAndNewSevenDays) {  // Rule I18.
    with_a_letter_to_eve.when(acme, ResendInvitation{letter, after(7 * 24h)})
        .then({letter_resent}, and_again_more)
        .when(acme, eve, AcceptInvitation{letter, 2, after(14 * 24h - 1ms)})
        .then({eve_accepted});
}

TEST(Invitation, LosesItsOldLinkWhenItIsResent) {  // Rule I18.
    later(with_a_letter_to_eve, letter_resent)
        .when(acme, eve, AcceptInvitation{letter, 1, after(1h)})
        .then_refused("invitation.not_found");
}

TEST(Invitation, IsRevivedByResending) {  // Rule I18.
    later(with_a_letter_to_eve, letter_resent)
        .when(acme, eve, accept_second_link)
        .then({eve_accepted});
}

TEST(Invitation, KeepsItsPermissionsWhenItIsResent) {  // Rule I27.
    const auto account = later(with_a_letter_to_eve, letter_resent).world().seen(acme);
    EXPECT_EQ(account.invitations.at(letter).permissions, pay_invoices);
}

TEST(Invitation, ThatIsOverIsNotResent) {  // Rules I18, I19.
    const ResendInvitation resend{letter, after(1h)};
    later(with_a_letter_to_eve, letter_cancelled)
        .when(acme, resend)
        .then_refused("invitation.not_found");
    with_eve_who_accepted.when(acme, resend).then_refused("invitation.accepted");
    acme_of_ada.when(acme, resend).then_refused("invitation.not_found");
}

TEST(Invitation, IsCancelled) {  // Rules I9, I19.
    const auto after =
        with_a_letter_to_eve.when(acme, CancelInvitation{letter}).then({letter_cancelled});
    EXPECT_TRUE(after.world().seen(acme).pending.empty());
    after.when(acme, eve, accept).then_refused("invitation.not_found");
}

TEST(Invitation, IsForgotten) {  // Rule X18.
    const InvitationForgotten forgotten{acme, letter};
    const ForgetInvitations forget{{letter}, {letter}};
    const auto pending =
        with_a_letter_to_eve.when(acme, forget).then({letter_cancelled, forgotten});
    EXPECT_TRUE(pending.world().seen(acme).pending.empty());
    EXPECT_TRUE(pending.world().seen(acme).invitations.empty());
    pending.when(acme, eve, accept).then_refused("invitation.not_found");
    const auto accepted = with_eve_who_accepted.when(acme, forget).then({forgotten});
    EXPECT_TRUE(accepted.world().seen(acme).users.contains(eve));
    acme_of_ada.when(acme, forget).then_already_so();
    later(with_a_letter_to_eve, letter_cancelled, acme_deleted)
        .when(acme, forget)
        .then({forgotten}, and_again_more);
    later(with_a_letter_to_eve, letter_cancelled, acme_deleted)
        .when(acme, ForgetInvitations{{letter}, {}})
        .then_already_so();
}

TEST(Invitation, ThatWasAcceptedIsNotCancelled) {  // Rule I19.
    with_eve_who_accepted.when(acme, CancelInvitation{letter}).then_refused("invitation.accepted");
}

TEST(Invitation, ThatNeverWasIsNotCancelled) {  // Rule I19.
    with_a_letter_to_eve.when(acme, CancelInvitation{lost_letter})
        .then_refused("invitation.not_found");
}

TEST(Invitation, OfAnotherAccountIsNotReached) {  // Rule E3.
    const auto both = later(with_a_letter_to_eve, globex_opened);
    both.when(globex, CancelInvitation{letter}).then_refused("invitation.not_found");
    both.when(globex, ResendInvitation{letter, monday}).then_refused("invitation.not_found");
    both.when(globex, bob, accept).then_refused("invitation.not_found");
}

// --- Associating without inviting. Rules I6 to I8, I22, P5, P15.

TEST(Association, IsMadeByStaffAtOnce) {  // Rules I6, I7.
    const AssociationGranted granted{acme, eve, everything, std::nullopt};
    const auto after = later(acme_of_ada, eve_registered)
                           .when(acme, eve, AssociateUser{everything})
                           .then({granted});
    EXPECT_EQ(after.world().seen(eve).accounts.at(acme), Tie::associated);
}

TEST(Association, MakesAUserWithoutAPasswordWhereThereIsNone) {  // Rule I8.
    const RegisterUser register_zoe{zoe, new_address, {"Zoe", "", new_email}, "en", 0};
    const UserRegistered zoe_registered{zoe, new_address, {Person{"Zoe", "", new_email}}, "en", 0};
    acme_of_ada.when(acme, new_address, register_zoe, AssociateUser{see_tickets})
        .then({zoe_registered, AssociationGranted{acme, zoe, see_tickets, std::nullopt}},
              and_again_refused("user.email_taken"));
}

TEST(Association, MakesNoUserWhoseAddressIsTaken) {  // Rules I8, E13.
    const RegisterUser register_eve{zoe, eves_address, {"Zoe", "", eves_email}, "en", 0};
    later(acme_of_ada, eve_registered)
        .when(acme, eves_address, register_eve, AssociateUser{see_tickets})
        .then_refused("user.email_taken");
}

TEST(Association, IsNotMadeWithoutPermissions) {  // Rule I22.
    later(acme_of_ada, eve_registered)
        .when(acme, eve, AssociateUser{})
        .then_refused("permissions.empty");
    acme_of_ada
        .when(acme, new_address, RegisterUser{zoe, new_address, {"Zoe", "", new_email}, "en", 0},
              AssociateUser{})
        .then_refused("permissions.empty");
}

TEST(Association, IsNotMadeWithNobody) {
    acme_of_ada.when(acme, nobody, AssociateUser{see_tickets}).then_refused("user.not_found");
    later(acme_of_ada, eve_registered, UserDeleted{eve, eves_address})
        .when(acme, eve, AssociateUser{see_tickets})
        .then_refused("user.not_found");
}

TEST(Association, IsMadeOnce) {  // Rule I20.
    acme_of_ada_and_bob.when(acme, bob, AssociateUser{everything})
        .then_refused("account.already_associated");
    acme_of_ada_and_bob.when(acme, ada, AssociateUser{everything})
        .then_refused("account.already_associated");
}

TEST(Association, MadeAnewStartsWithTheNewPermissions) {  // Rule P15.
    const auto after = later(acme_of_ada_and_bob, bob_went)
                           .when(acme, bob, AssociateUser{pay_invoices})
                           .then({AssociationGranted{acme, bob, pay_invoices, std::nullopt}});
    EXPECT_EQ(after.world().seen(acme).users.at(bob), pay_invoices);
}

TEST(Association, MadeAnewCanBeEndedAnew) {  // Rules P11, P15.
    const AssociationGranted again{acme, bob, pay_invoices, std::nullopt};
    const auto twice = later(acme_of_ada_and_bob, bob_went, again);
    twice.when(acme, RemoveUser{bob}).then({bob_went});
    twice.when(acme, LeaveAccount{bob}).then({bob_went});
}

// --- Permissions. Rules P2 to P7.

TEST(Association, GetsOtherPermissions) {  // Rules P2, P10.
    const auto after = acme_of_ada_and_bob.when(acme, SetPermissions{bob, everything})
                           .then({PermissionsSet{acme, bob, everything}});
    EXPECT_EQ(after.world().seen(acme).users.at(bob), everything);
}

TEST(Association, HasTheWholeSetReplaced) {  // Rule P6.
    const auto after = acme_of_ada_and_bob.when(acme, SetPermissions{bob, pay_invoices})
                           .then({PermissionsSet{acme, bob, pay_invoices}});
    EXPECT_FALSE(after.world().seen(acme).users.at(bob).contains(Permission::tickets));
}

TEST(Association, TakesEachPermissionByItself) {  // Rule P7.
    for (std::uint8_t n = 0; n < permission_names.size(); ++n) {
        const Permissions one{Permission{n}};
        if (one == see_tickets) continue;
        const auto after = acme_of_ada_and_bob.when(acme, SetPermissions{bob, one})
                               .then({PermissionsSet{acme, bob, one}});
        EXPECT_EQ(after.world().seen(acme).users.at(bob), one);
    }
}

TEST(Association, KeepsPermissionsThatAreTheSame) {
    acme_of_ada_and_bob.when(acme, SetPermissions{bob, see_tickets}).then_already_so();
}

TEST(Association, IsNotLeftWithoutPermissions) {  // Rule P5.
    acme_of_ada_and_bob.when(acme, SetPermissions{bob, {}}).then_refused("permissions.empty");
}

TEST(Association, OfTheOwnerHasNoPermissionsToSet) {  // Rules P3, P4, E5.
    acme_of_ada_and_bob.when(acme, SetPermissions{ada, see_tickets})
        .then_refused("account.owner_permissions");
    acme_of_ada_and_bob.when(acme, SetPermissions{ada, everything})
        .then_refused("account.owner_permissions");
}

TEST(Association, ThatIsNotThereHasNoPermissions) {  // Rule P2.
    acme_of_ada_and_bob.when(acme, SetPermissions{eve, see_tickets})
        .then_refused("account.not_associated");
    later(acme_of_ada_and_bob, bob_went)
        .when(acme, SetPermissions{bob, see_tickets})
        .then_refused("account.not_associated");
}

TEST(Association, IsMovedBySettingNobodyElses) {  // Rule P2.
    const auto after = with_eve_who_accepted.when(acme, SetPermissions{bob, everything})
                           .then({PermissionsSet{acme, bob, everything}});
    EXPECT_EQ(after.world().seen(acme).users.at(eve), pay_invoices);
}

// --- Removing and leaving. Rules P11, P12, P14.

TEST(Association, EndsWhenTheUserIsRemoved) {  // Rule P11.
    const auto after = acme_of_ada_and_bob.when(acme, RemoveUser{bob}).then({bob_went});
    EXPECT_FALSE(after.world().seen(acme).users.contains(bob));
    EXPECT_FALSE(after.world().seen(bob).accounts.contains(acme));
    EXPECT_TRUE(after.world().seen(bob).present());
}

TEST(Association, EndsWhenTheUserLeaves) {  // Rule P14.
    const auto after = acme_of_ada_and_bob.when(acme, LeaveAccount{bob}).then({bob_went});
    EXPECT_TRUE(after.world().seen(bob).present());
}

TEST(Association, OfTheOwnerDoesNotEnd) {  // Rules P12, P14.
    acme_of_ada_and_bob.when(acme, RemoveUser{ada}).then_refused("account.owner_cannot_be_removed");
    acme_of_ada_and_bob.when(acme, LeaveAccount{ada}).then_refused("account.owner_cannot_leave");
}

TEST(Association, OfAFormerOwnerEnds) {  // Rules O4, P12, P14.
    const auto given =
        later(acme_of_ada_and_bob, OwnershipTransferred{acme, ada, bob, Permissions::all()});
    given.when(acme, RemoveUser{ada}).then({AssociationEnded{acme, ada}});
    given.when(acme, LeaveAccount{ada}).then({AssociationEnded{acme, ada}});
}

TEST(Association, ThatNeverWasDoesNotEnd) {  // Rules L8, P11.
    acme_of_ada_and_bob.when(acme, RemoveUser{eve}).then_refused("account.not_associated");
    acme_of_ada_and_bob.when(acme, LeaveAccount{eve}).then_refused("account.not_found");
}

TEST(Association, EndedOneWayIsEndedTheOtherWayToo) {  // Rules P11, P14.
    later(acme_of_ada_and_bob, bob_went).when(acme, LeaveAccount{bob}).then_already_so();
    later(acme_of_ada_and_bob, bob_went).when(acme, RemoveUser{bob}).then_already_so();
}

// --- Ownership. Rules O1 to O7.

const OwnershipTransferred bob_owns_acme{acme, ada, bob, Permissions::all()};

TEST(Ownership, PassesToSomebodyAssociated) {  // Rules O2, O3, E4.
    const auto after = acme_of_ada_and_bob.when(acme, TransferOwnership{bob}).then({bob_owns_acme});
    EXPECT_EQ(after.world().seen(acme).owner, bob);
    EXPECT_EQ(after.world().seen(acme).users.at(bob), everything);
    EXPECT_EQ(after.world().seen(bob).accounts.at(acme), Tie::owner);
}

TEST(Ownership, LeavesTheOldOwnerAssociatedWithEverything) {  // Rule O4.
    const auto world = later(acme_of_ada_and_bob, bob_owns_acme).world();
    EXPECT_EQ(world.seen(acme).users.at(ada), everything);
    EXPECT_EQ(world.seen(ada).accounts.at(acme), Tie::associated);
}

TEST(Ownership, LeavesTheOldOwnerWithPermissionsThatCanBeSet) {  // Rules O4, P4.
    later(acme_of_ada_and_bob, bob_owns_acme)
        .when(acme, SetPermissions{ada, see_tickets})
        .then({PermissionsSet{acme, ada, see_tickets}});
}

TEST(Ownership, DoesNotPassToSomebodyElse) {  // Rule O2.
    const auto given = later(acme_of_ada_and_bob, eve_registered);
    for (const auto to : {eve, nobody}) {
        const auto error =
            given.when(acme, TransferOwnership{to}).then_refused("account.not_associated");
        EXPECT_EQ(error.kind, ErrorKind::conflict);
    }
}

TEST(Ownership, DoesNotPassToSomebodyWhoWasRemoved) {  // Rule O2.
    later(acme_of_ada_and_bob, bob_went)
        .when(acme, TransferOwnership{bob})
        .then_refused("account.not_associated");
}

TEST(Ownership, DoesNotPassToSomebodyWhoIsOnlyInvited) {  // Rule O2.
    with_a_letter_to_eve.when(acme, TransferOwnership{eve}).then_refused("account.not_associated");
}

TEST(Ownership, PassesNowhereWhenItGoesToTheOwner) {  // Rule O6.
    acme_of_ada_and_bob.when(acme, TransferOwnership{ada}).then_already_so();
}

TEST(Ownership, LeavesTheProfileAsItWas) {  // Rule O5.
    EXPECT_EQ(later(acme_of_ada_and_bob, bob_owns_acme).world().seen(acme).profile.value,
              acmes_profile);
}

TEST(Ownership, PassedTwiceAtOnceStartsFromWhatWasBefore) {  // Rule O7.
    with_eve_who_accepted.when(acme, TransferOwnership{bob})
        .then({bob_owns_acme})
        .when(acme, TransferOwnership{eve})
        .then({OwnershipTransferred{acme, bob, eve, Permissions::all()}});
}

TEST(Ownership, PassesBack) {  // Rules O3, O4.
    const auto after = later(acme_of_ada_and_bob, bob_owns_acme)
                           .when(acme, TransferOwnership{ada})
                           .then({OwnershipTransferred{acme, bob, ada, Permissions::all()}});
    EXPECT_EQ(after.world().seen(acme).users.at(bob), everything);
    EXPECT_EQ(after.world().seen(bob).accounts.at(acme), Tie::associated);
}

}  // namespace muster::account_test
