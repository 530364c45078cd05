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

}  // namespace muster::staff_test
