// What an audit says of events of an import that cannot be.
#include <gtest/gtest.h>

#include "tools/audit_domain.hpp"

namespace muster::tools::import_audit_test {

constexpr UserId ada{1}, bob{2};
constexpr AccountId acme{1};
constexpr LegacyClientImported ada_imported{{7}, acme, ada, std::nullopt, std::nullopt};

// Ada's account, not imported yet.
World before() {
    World world;
    world.users[ada].id = ada;
    world.users[bob].id = bob;
    world.accounts[acme].id = acme;
    world.accounts[acme].owner = ada;
    return world;
}
bool is_wrong(World& world, const Event& event) { return !judge_event(event, world).empty(); }

TEST(ImportAudit, ARecordIsImportedOnce) {  // Rule M7.
    auto world = before();
    EXPECT_FALSE(is_wrong(world, ada_imported));
    EXPECT_TRUE(is_wrong(world, ada_imported));
    const LegacyContactImported contact{{7}, acme, bob, std::nullopt, std::nullopt};
    EXPECT_FALSE(is_wrong(world, contact));
    EXPECT_TRUE(is_wrong(world, contact));
}

TEST(ImportAudit, AClientIsItsAccountsOwner) {  // Rules M1, M4.
    auto world = before();
    auto wrong = ada_imported;
    wrong.user = bob;
    EXPECT_TRUE(is_wrong(world, wrong));
    wrong = ada_imported;
    wrong.legacy = {8};
    world.users[ada].imported = true;
    EXPECT_TRUE(is_wrong(world, wrong));
    wrong.legacy = {9};
    wrong.account = {99};
    EXPECT_TRUE(is_wrong(world, wrong));
}

TEST(ImportAudit, AContactBecameSomething) {  // Rule M3.
    auto world = before();
    EXPECT_TRUE(is_wrong(world, LegacyContactImported{{1}, acme, {}, {}, {}}));
    EXPECT_TRUE(is_wrong(world, LegacyContactImported{{2}, acme, {}, ContactId{5}, {}}));
    EXPECT_TRUE(is_wrong(world, LegacyContactImported{{3}, acme, UserId{99}, {}, {}}));
    EXPECT_TRUE(is_wrong(world, LegacyContactImported{{4}, {99}, bob, {}, {}}));
}

TEST(ImportAudit, OnlyAnImportedHashIsReplaced) {  // Rule M8.
    auto world = before();
    world.users[ada].password = 1;
    EXPECT_TRUE(is_wrong(world, PasswordRehashed{ada, 1}));
    world.users[ada].legacy_password = true;
    EXPECT_FALSE(is_wrong(world, PasswordRehashed{ada, 1}));
    EXPECT_TRUE(is_wrong(world, PasswordRehashed{ada, 2}));
    EXPECT_TRUE(is_wrong(world, PasswordRehashed{UserId{99}, 1}));
}

TEST(ImportAudit, OnlyAnImportedQuestionHasNoAnswer) {  // Rule M2.
    auto world = before();
    const SecurityQuestionSet unanswered{ada, 0, {}};
    EXPECT_FALSE(is_wrong(world, unanswered));  // Before the event that says it was imported.
    world.users[ada].imported = true;
    EXPECT_TRUE(is_wrong(world, unanswered));
}

}  // namespace muster::tools::import_audit_test
