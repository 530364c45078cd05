#include "aggregates/settings.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"

namespace muster::settings_test {

using given::Given, given::the_settings;

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

TEST(Settings, WhatIsSoAlreadyIsNotRecorded) {
    Given{registration_off}
        .when(the_settings, ChangeSettings{Switch::off, Switch::on})
        .then_already_so();
}

TEST(Settings, NothingAskedIsNothingDone) {
    Given{registration_off}.when(the_settings, ChangeSettings{}).then_already_so();
}

}  // namespace muster::settings_test
