#include "aggregates/staff.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::staff_test {

using namespace people;
using given::Given, given::the_staff, given::and_again_refused, given::and_again_more;

constexpr EmailKey roots_address = key_of("root@example.com");
constexpr EmailKey olgas_address = key_of("olga@example.com");
const StaffMember root_member{"Root", "root@example.com"};
const StaffMember olga_member{"Olga", "olga@example.com"};
const CreateAdmin create_root{root, roots_address, root_member, Role::administrator, 1};
const CreateAdmin create_olga{olga, olgas_address, olga_member, Role::operator_, 0};
const AdminCreated olga_created{olga, {olgas_address}, {olga_member}, Role::operator_, 0};
const ApiKeyCreated robot_made{robot, "Billing", Role::auditor, {"192.0.2.0/24"}};

TEST(Staff, TheFirstAdminSetsUp) {
    Given{}
        .when(the_staff, muster::SetUp{create_root})
        .then({root_created}, and_again_refused("setup.done"));
}

TEST(Staff, TheFirstAdminIsAnAdministratorWhateverIsAsked) {
    auto modest = create_root;
    modest.role = Role::auditor;
    Given{}
        .when(the_staff, muster::SetUp{modest})
        .then({root_created}, and_again_refused("setup.done"));
}

TEST(Staff, SettingUpIsForTheFirstOnly) {
    Given{root_created}.when(the_staff, muster::SetUp{create_olga}).then_refused("setup.done");
}

TEST(Staff, AnAdminIsMade) {
    const auto after = Given{root_created}
                           .when(the_staff, create_olga)
                           .then({olga_created}, and_again_refused("admin.email_taken"));
    EXPECT_EQ(after.world().staff.admins.size(), 2U);
    EXPECT_EQ(after.world().staff.admins.at(olga).role, Role::operator_);
}

TEST(Staff, AnAddressBelongsToOneAdmin) {
    const CreateAdmin other{olga, roots_address, olga_member, Role::operator_, 1};
    Given{root_created}.when(the_staff, other).then_refused("admin.email_taken");
}

TEST(Staff, AnAdminMayHaveTheAddressOfAUser) {
    const CreateAdmin create_ada{olga, adas_address, olga_member, Role::auditor, 1};
    Given{root_created, ada_registered}
        .when(the_staff, create_ada)
        .then({AdminCreated{olga, {adas_address}, {olga_member}, Role::auditor, 1}},
              and_again_refused("admin.email_taken"));
}

TEST(Staff, AnAdminIsFoundByTheAddress) {
    const auto staff = Given{root_created, olga_created}.world().staff;
    EXPECT_EQ(staff.holder_of(olgas_address), olga);
    EXPECT_EQ(staff.holder_of(bobs_address), AdminId{});
}

TEST(Staff, AnApiKeyIsMade) {
    const CreateApiKey create{robot, "Billing", Role::auditor, {"192.0.2.0/24"}};
    const auto after =
        Given{root_created}.when(the_staff, create).then({robot_made}, and_again_more);
    const auto& key = after.world().staff.api_keys.at(robot);
    EXPECT_EQ(key.role, Role::auditor);
    EXPECT_EQ(key.allowed_ips, std::vector<std::string>{"192.0.2.0/24"});
    EXPECT_FALSE(key.revoked);
}

TEST(Staff, AnApiKeyIsRevoked) {
    const auto after = Given{root_created, robot_made}
                           .when(the_staff, RevokeApiKey{robot})
                           .then({ApiKeyRevoked{robot}});
    EXPECT_TRUE(after.world().staff.api_keys.at(robot).revoked);
}

TEST(Staff, RevokingAKeyLeavesTheOthers) {
    const ApiKeyCreated second_made{second_robot, "Support", Role::operator_, {}};
    const auto staff = Given{robot_made, second_made, ApiKeyRevoked{robot}}.world().staff;
    EXPECT_FALSE(staff.api_keys.at(second_robot).revoked);
}

TEST(Staff, AnUnknownApiKeyIsNotRevoked) {
    Given{root_created, robot_made}
        .when(the_staff, RevokeApiKey{no_robot})
        .then_refused("api_key.not_found");
}

// --- Changing admins, and taking them away

UpdateAdmin update(AdminId admin) { return {.admin = admin, .name = {}, .email = {}, .role = {}}; }

TEST(Staff, AnAdminIsRenamed) {
    auto rename = update(olga);
    rename.name = "Olga Two";
    const auto after = Given{root_created, olga_created}
                           .when(the_staff, rename)
                           .then({AdminRenamed{olga, {StaffName{"Olga Two"}}}});
    EXPECT_EQ(after.world().staff.admins.at(olga).member.value->name, "Olga Two");
}

TEST(Staff, AnAdminsAddressIsChangedAndTheOldOneFree) {
    auto move = update(olga);
    move.email = new_email;
    move.address = new_address;
    const auto staff = Given{root_created, olga_created}
                           .when(the_staff, move)
                           .then({AdminEmailChanged{olga, {new_address}, {Address{new_email}}}})
                           .world()
                           .staff;
    EXPECT_EQ(staff.holder_of(new_address), olga);
    EXPECT_EQ(staff.holder_of(olgas_address), AdminId{});
}

TEST(Staff, AnAdminsAddressMayBeSpeltAnew) {
    auto spell = update(olga);
    spell.email = "OLGA@example.com";
    spell.address = olgas_address;
    Given{root_created, olga_created}
        .when(the_staff, spell)
        .then({AdminEmailChanged{olga, {olgas_address}, {Address{"OLGA@example.com"}}}});
}

TEST(Staff, AnAdminDoesNotTakeAnothersAddress) {
    auto move = update(olga);
    move.email = "root@example.com";
    move.address = roots_address;
    Given{root_created, olga_created}.when(the_staff, move).then_refused("admin.email_taken");
}

TEST(Staff, AnAdminIsWhatTheAdminIsAlready) {
    auto same = update(olga);
    same.name = "Olga";
    same.email = "olga@example.com";
    same.address = olgas_address;
    same.role = Role::operator_;
    Given{root_created, olga_created}.when(the_staff, same).then_already_so();
    Given{root_created, olga_created}.when(the_staff, update(olga)).then_already_so();
}

TEST(Staff, AnAdminIsGivenARole) {
    auto promote = update(olga);
    promote.role = Role::administrator;
    const auto after = Given{root_created, olga_created}
                           .when(the_staff, promote)
                           .then({RoleAssigned{olga, Role::administrator}});
    EXPECT_FALSE(after.world().staff.is_last_administrator(root));
}

TEST(Staff, ANewPasswordEndsTheAdminsSessionsButForTheOneThatSetIt) {
    auto change = update(olga);
    change.new_password = true;
    change.next_session = SessionId{7};
    change.keep = SessionId{3};
    const auto after =
        Given{root_created, olga_created}
            .when(the_staff, change)
            .then({AdminPasswordChanged{olga, 1, {SessionId{7}}, Mention<SessionId>{SessionId{3}}}},
                  and_again_more);
    const auto& admin = after.world().staff.admins.at(olga);
    EXPECT_FALSE(admin.counts(SessionId{6}));
    EXPECT_TRUE(admin.counts(SessionId{3}));
    EXPECT_TRUE(admin.counts(SessionId{7}));
}

TEST(Staff, TheLastAdministratorStays) {
    auto demote = update(root);
    demote.role = Role::operator_;
    Given{root_created, olga_created}
        .when(the_staff, demote)
        .then_refused("admin.last_administrator");
    Given{root_created, olga_created}
        .when(the_staff, DeleteAdmin{root})
        .then_refused("admin.last_administrator");
}

TEST(Staff, AnAdminIsTakenAwayForGood) {
    const auto after = Given{root_created, olga_created}
                           .when(the_staff, DeleteAdmin{olga})
                           .then({AdminDeleted{olga}});
    EXPECT_EQ(after.world().staff.find(olga), nullptr);
    EXPECT_EQ(after.world().staff.holder_of(olgas_address), AdminId{});
    auto rename = update(olga);
    rename.name = "Olga Two";
    Given{root_created, olga_created, AdminDeleted{olga}}
        .when(the_staff, rename)
        .then_refused("admin.not_found");
}

TEST(Staff, WhoNeverWasIsNotTakenAway) {
    Given{root_created}.when(the_staff, DeleteAdmin{stranger}).then_refused("admin.not_found");
}

// --- The second factor of an admin

const Proof roots_password{Proof::Kind::password, 1};

const SecondFactorStarted<AdminId> roots_started{root, 1};
const SecondFactorEnabled<AdminId> roots_enabled{root, 1, 100};
GivenCode code_of(std::uint64_t step) { return {GivenCode::Given::yes, 1, step, 0}; }

TEST(Staff, AnAdminStartsASecondFactorWithThePresentPassword) {
    Given{root_created}
        .when(the_staff, StartAdminSecondFactor{root, roots_password})
        .then({roots_started}, and_again_more);
    Given{root_created}
        .when(the_staff, StartAdminSecondFactor{root, {Proof::Kind::password, 2}})
        .then_refused("password.wrong");
    Given{root_created}
        .when(the_staff, StartAdminSecondFactor{stranger, roots_password})
        .then_refused("admin.not_found");
}

TEST(Staff, AnAdminsSecondFactorIsOnOnceItIsConfirmed) {
    Given{root_created}
        .when(the_staff, ConfirmAdminSecondFactor{root, code_of(100)})
        .then_refused("two_factor.not_started");
    Given{root_created, roots_started}
        .when(the_staff, ConfirmAdminSecondFactor{root, code_of(0)})
        .then_refused("code.wrong");
    Given{root_created, roots_started}
        .when(the_staff, ConfirmAdminSecondFactor{root, code_of(100)})
        .then({roots_enabled}, and_again_refused("two_factor.on"));
}

TEST(Staff, AnAdminSwitchesTheSecondFactorOffWithThePresentPassword) {
    Given{root_created, roots_started, roots_enabled}
        .when(the_staff, DisableAdminSecondFactor{root, roots_password})
        .then({SecondFactorDisabled<AdminId>{root}});
    Given{root_created, roots_started, roots_enabled}
        .when(the_staff, DisableAdminSecondFactor{root, {Proof::Kind::password, 2}})
        .then_refused("password.wrong");
    Given{root_created}
        .when(the_staff, DisableAdminSecondFactor{root, roots_password})
        .then_already_so();
}

}  // namespace muster::staff_test
