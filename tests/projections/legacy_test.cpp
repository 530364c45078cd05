// What the views say of what was imported.
#include "projections/activity_text.hpp"
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

constexpr Time long_ago{1'300'000'000'000}, last_year{1'670'000'000'000};
constexpr ContactId front_desk{41};

// Ada's account and Bob, its sub-account, who has no address.
void import_story(World& world) {
    auto without = registered(bob, "Bob", "Stone", "");
    without.address.reset();
    Profile profile;
    profile.email = "desk@acme.example";
    world.happens(by_system(), noon,
                  {registered(ada, "Ada", "Lovelace", "ada@example.com"), opened(acme, ada, "Acme"),
                   SecurityQuestionSet{ada, 0, {Question{"Pet?"}}},
                   LegacyClientImported{{7}, acme, ada, long_ago, last_year}});
    world.happens(by_system(), noon,
                  {without, AssociationGranted{acme, bob, {Permission::tickets}, std::nullopt},
                   ContactAdded{acme, front_desk, {}, {profile}, {}},
                   LegacyContactImported{{3}, acme, bob, front_desk, std::nullopt}});
}

std::string shown(const UserRow& user) {
    std::string text;
    JsonWriter out{text};
    write_user(out, user);
    return text;
}

TEST(ImportedView, KeepsTheDatesThatWereKnown) {  // Rule M9.
    World world;
    import_story(world);
    EXPECT_EQ(find_user(world.now(), ada)->created_at, long_ago);
    EXPECT_EQ(find_user(world.now(), ada)->last_sign_in_at, last_year);
    EXPECT_EQ(find_user(world.now(), bob)->created_at, noon);  // None was known.
    EXPECT_EQ(find_account(world.now(), acme)->created_at, long_ago);
    EXPECT_EQ(find_association(world.now(), acme, ada)->associated_at, long_ago);
    EXPECT_EQ(find_association(world.now(), acme, ada)->last_sign_in_at, last_year);
    EXPECT_EQ(find_association(world.now(), acme, bob)->associated_at, noon);
    EXPECT_TRUE(world.differences().empty());
}

TEST(ImportedView, AUserWithoutAnAddressHasNone) {  // Rule M6.
    World world;
    import_story(world);
    EXPECT_NE(shown(*find_user(world.now(), bob)).find(R"("email":null)"), std::string::npos);
    EXPECT_NE(shown(*find_user(world.now(), ada)).find(R"("email":"ada@example.com")"),
              std::string::npos);
    std::string row;
    JsonWriter out{row};
    write_account_user(out, *find_account_user(world.now(), acme, bob));
    EXPECT_NE(row.find(R"("email":null)"), std::string::npos) << row;
    // No value sorts last, either way.
    for (const auto order : {Order::ascending, Order::descending}) {
        UserFilter filter{.sort = UserSort::email, .order = order};
        const auto list = list_users(world.now(), filter, {});
        ASSERT_TRUE(list);
        EXPECT_EQ(list->items.back().id, bob);
    }
    world.happens(by_system(), noon + 1min,
                  {EmailChanged{bob, std::nullopt, EmailKey{{9}}, {Address{"bob@example.org"}}}});
    EXPECT_EQ(find_user(world.now(), bob)->email, "bob@example.org");
}

TEST(ImportedView, AnAccountIsListedByItsOriginalDate) {  // Rule M9.
    World world;
    world.happens(
        by(eve), noon - 1h,
        {registered(eve, "Eve", "Adams", "eve@example.com"), opened(initech, eve, "Initech")});
    import_story(world);
    const auto list = list_accounts(world.now(), {.sort = AccountSort::created_at}, {});
    ASSERT_TRUE(list);
    ASSERT_EQ(list->items.size(), 2U);
    EXPECT_EQ(list->items[0].id, acme);
    world.happens(by_system(), noon + 1h, {AccountDeleted{acme, {ada, bob}}});
    EXPECT_EQ(list_accounts(world.now(), {.sort = AccountSort::created_at}, {})->items.size(), 1U);
    EXPECT_TRUE(world.differences().empty());
}

TEST(ImportedView, AnUnansweredQuestionIsKeptAndAsksForNothing) {  // Rules M2, L17.
    World world;
    import_story(world);
    EXPECT_EQ(find_user(world.now(), ada)->question, "Pet?");
    EXPECT_EQ(find_user(world.now(), ada)->answer, 0U);
    world.happens(by(ada), noon + 1min, {SecurityQuestionSet{ada, 1, {Question{"Pet?"}}}});
    EXPECT_EQ(find_user(world.now(), ada)->answer, 1U);
}

TEST(ImportedView, TheActivitySaysImported) {  // Rules A1, M9.
    World world;
    import_story(world);
    world.happens(by(ada), noon + 1min, {PasswordRehashed{ada, 1}});
    const auto list = list_activity(world.now(), world.log, world.keyring, {}, {});
    ASSERT_TRUE(list);
    std::vector<std::string> texts;
    for (auto line = list->items.rbegin(); line != list->items.rend(); ++line)
        texts.push_back(line->text);
    EXPECT_EQ(texts,
              (std::vector<std::string>{
                  "System imported user Ada Lovelace",
                  "System imported account #7 (Acme) of Ada Lovelace",
                  "System imported the security question of Ada Lovelace",
                  "System imported legacy client #7 as account #7 (Acme) with Ada Lovelace",
                  "System imported user Bob Stone",
                  "System imported the access of Bob Stone to account #7 (Acme)",
                  "System imported contact #41 (desk@acme.example) of account #7 (Acme)",
                  "System imported legacy contact #3 of account #7 (Acme) as Bob Stone and contact "
                  "#41 (desk@acme.example)",
                  "The imported password hash of Ada Lovelace was replaced"}));
    const auto bobs = list_activity(world.now(), world.log, world.keyring, {.user = bob}, {});
    EXPECT_EQ(bobs->items.size(), 3U);
}

}  // namespace
}  // namespace muster::views::test
