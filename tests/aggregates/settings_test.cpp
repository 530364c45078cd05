#include "aggregates/settings.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"

namespace muster::settings_test {

using given::and_again_more, given::Given, given::the_settings;

const RegistrationSwitched registration_off{{}, Switch::off};
const RegistrationSwitched registration_on{{}, Switch::on};
const UserManagementSwitched management_off{{}, Switch::off};
const UserManagementSwitched management_on{{}, Switch::on};

TEST(Settings, RegistrationIsOnByDefault) {  // Rule R1.
    EXPECT_EQ(Settings{}.client_registration, Switch::on);
}

TEST(Settings, UserManagementIsOnByDefault) {  // Rule I28.
    EXPECT_EQ(Settings{}.client_area_user_management, Switch::on);
}

TEST(Settings, RegistrationIsSwitchedOff) {  // Rule R1.
    const auto after = Given{}
                           .when(the_settings, ChangeSettings{Switch::off, std::nullopt})
                           .then({registration_off});
    EXPECT_EQ(after.world().settings.client_registration, Switch::off);
    EXPECT_EQ(after.world().settings.client_area_user_management, Switch::on);
}

TEST(Settings, RegistrationIsSwitchedOnAgain) {  // Rule R1.
    const auto after = Given{registration_off}
                           .when(the_settings, ChangeSettings{Switch::on, std::nullopt})
                           .then({registration_on});
    EXPECT_EQ(after.world().settings.client_registration, Switch::on);
}

TEST(Settings, UserManagementIsSwitchedOff) {  // Rule I28.
    const auto after = Given{}
                           .when(the_settings, ChangeSettings{std::nullopt, Switch::off})
                           .then({management_off});
    EXPECT_EQ(after.world().settings.client_area_user_management, Switch::off);
    EXPECT_EQ(after.world().settings.client_registration, Switch::on);
}

TEST(Settings, UserManagementIsSwitchedOnAgain) {  // Rule I28.
    Given{management_off}
        .when(the_settings, ChangeSettings{std::nullopt, Switch::on})
        .then({management_on});
}

TEST(Settings, TwoSwitchesAreTwoFacts) {
    Given{}
        .when(the_settings, ChangeSettings{Switch::off, Switch::off})
        .then({registration_off, management_off});
}

TEST(Settings, TheKeyOfTheLogIsTheNextOneEachTime) {
    EXPECT_EQ(Settings{}.log_key, 1U);
    const auto after = Given{LogKeyRotated{{}, 2}}
                           .when(the_settings, RotateLogKey{})
                           .then({LogKeyRotated{{}, 3}}, and_again_more);
    EXPECT_EQ(after.world().settings.log_key, 3U);
}

TEST(Settings, WhatIsSoAlreadyIsNotRecorded) {
    Given{registration_off}
        .when(the_settings, ChangeSettings{Switch::off, Switch::on})
        .then_already_so();
}

TEST(Settings, NothingAskedIsNothingDone) {
    Given{registration_off}.when(the_settings, ChangeSettings{}).then_already_so();
}

using Number = ChangeSettings::Number;

TEST(Settings, VerifyingAddressesIsSwitchedOn) {  // Rule V1.
    EXPECT_EQ(Settings{}.email_verification, Switch::off);
    const auto after = Given{}
                           .when(the_settings, ChangeSettings{.email_verification = Switch::on})
                           .then({EmailVerificationSwitched{{}, Switch::on}});
    EXPECT_EQ(after.world().settings.email_verification, Switch::on);
}

TEST(Settings, ListsOfFieldsAreReplacedWhole) {  // Rules L13, R8.
    const auto locked = [](std::set<std::string> names) {
        return ChangeSettings{.locked_profile_fields = std::move(names)};
    };
    const auto after = Given{ProfileFieldsLocked{{}, {"city", "email"}}}
                           .when(the_settings, locked({"email", "phone"}))
                           .then({ProfileFieldsLocked{{}, {"email", "phone"}}});
    EXPECT_EQ(after.world().settings.locked_profile_fields,
              (std::set<std::string>{"email", "phone"}));
    Given{ProfileFieldsLocked{{}, {"email"}}}
        .when(the_settings, locked({"email"}))
        .then_already_so();
    Given{}
        .when(the_settings,
              ChangeSettings{.required_account_fields = std::set<std::string>{"city"}})
        .then({AccountFieldsRequired{{}, {"city"}}});
}

TEST(Settings, OnlyFieldsThatThereAreAreLockedOrRequired) {  // Rules L13, R8.
    for (const auto* name : {"company_name", "first_name", "email", "tax_id"}) {
        EXPECT_TRUE(is_profile_field(name)) << name;
        EXPECT_TRUE(is_lockable_field(name)) << name;
    }
    EXPECT_FALSE(is_profile_field("language"));
    EXPECT_TRUE(is_lockable_field("language"));
    for (const auto* name : {"notes", "status", "Email", ""}) {
        EXPECT_FALSE(is_profile_field(name)) << name;
        EXPECT_FALSE(is_lockable_field(name)) << name;
    }
}

TEST(Settings, InvitationsAreLimitedOrNot) {  // Rule I30.
    EXPECT_EQ(Settings{}.invitations_per_account_hour, 100U);
    const auto limit = [](Number number) {
        return ChangeSettings{.invitations_per_account_hour = number};
    };
    Given{}.when(the_settings, limit(5)).then({InvitationsLimited{{}, 5}});
    Given{}.when(the_settings, limit(100)).then_already_so();
    const auto after =
        Given{}.when(the_settings, limit(Number{})).then({InvitationsLimited{{}, std::nullopt}});
    EXPECT_EQ(after.world().settings.invitations_per_account_hour, std::nullopt);
}

TEST(Settings, RetentionIsOffByDefaultAndChangedPartByPart) {  // Rules X11, X14, X15.
    EXPECT_EQ(Settings{}.retention, Retention{});
    const auto after = Given{RetentionChanged{{}, 12, Switch::off, std::nullopt}}
                           .when(the_settings, ChangeSettings{.delete_users = Switch::on})
                           .then({RetentionChanged{{}, 12, Switch::on, std::nullopt}});
    EXPECT_EQ(after.world().settings.retention, (Retention{12, Switch::on, std::nullopt}));
    Given{RetentionChanged{{}, 12, Switch::off, std::nullopt}}
        .when(the_settings, ChangeSettings{.prune_after_months = Number{12}})
        .then_already_so();
    Given{RetentionChanged{{}, 12, Switch::off, 6}}
        .when(the_settings, ChangeSettings{.prune_after_months = Number{}})
        .then({RetentionChanged{{}, std::nullopt, Switch::off, 6}});
}

}  // namespace muster::settings_test
