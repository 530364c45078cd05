// Given what happened, then what the views say.
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

std::string json(auto&& write) {
    std::string text;
    JsonWriter out{text};
    write(out);
    return text;
}

TEST(UsersView, ShowsWhoRegistered) {
    World world;
    story(world);
    const auto user = find_user(world.now(), ada);
    ASSERT_TRUE(user);
    EXPECT_EQ(json([&](JsonWriter& out) { write_user(out, *user); }),
              R"({"id":1,"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com",)"
              R"("language":"en","two_factor":false,"security_question":false,)"
              R"("email_verified":false,"identity_verification":"none","last_sign_in_at":null,)"
              R"("account_count":2,"created_at":"2023-11-14T22:14:20.000Z"})");
}

TEST(UsersView, FollowsNameAddressAndLanguage) {  // Rules E9, E10.
    World world;
    story(world);
    world.happens(by(ada), noon + 5min,
                  {UserRenamed{ada, {NameChange{std::nullopt, "King"}}}, LanguageChosen{ada, "fr"},
                   EmailChanged{ada, std::nullopt, {}, {Address{"king@example.com"}}}});
    const auto user = find_user(world.now(), ada).value();
    EXPECT_EQ(name_of(user), "Ada King");
    EXPECT_EQ(user.email, "king@example.com");
    EXPECT_EQ(user.language, "fr");
    EXPECT_EQ(name_of(find_account(world.now(), acme).value()), "Acme");
    EXPECT_TRUE(list_users(world.now(), {.search = "lovelace"}, {})->items.empty());
    EXPECT_EQ(list_users(world.now(), {.search = "KING"}, {})->items.size(), 1U);
}

TEST(UsersView, EveryEventOfAStreamMovesItsVersion) {
    World world;
    story(world);
    for (const auto user : {ada, bob})
        EXPECT_EQ(find_user(world.now(), user)->version,
                  world.log.version(stream_of(user)).value());
    for (const auto account : {acme, initech})
        EXPECT_EQ(account_version(world.now(), account),
                  world.log.version(stream_of(account)).value());
}

TEST(UsersView, ADeletedUserIsGone) {  // Rule X10: the address is free for another one.
    World world;
    story(world);
    world.happens(by(root), noon + 5min,
                  {AssociationEnded{acme, bob}, UserDeleted{bob, std::nullopt}});
    EXPECT_FALSE(find_user(world.now(), bob));
    EXPECT_EQ(list_users(world.now(), {.search = "bob"}, {})->items.size(), 0U);
    EXPECT_EQ(find_association(world.now(), acme, bob), std::nullopt);
    EXPECT_TRUE(world.differences().empty());
}

TEST(AccountsView, ShowsNotesToStaffOnly) {
    World world;
    story(world);
    const auto account = find_account(world.now(), acme).value();
    const auto text = [&](Audience audience) {
        return json([&](JsonWriter& out) { write_account(out, world.now(), account, audience); });
    };
    EXPECT_NE(text(Audience::staff).find("pays late"), std::string::npos);
    EXPECT_EQ(text(Audience::client).find("notes"), std::string::npos);
    EXPECT_NE(text(Audience::client).find(R"("owner_user_id":1)"), std::string::npos);
}

TEST(AccountsView, FollowsProfileAndStatus) {  // Rule E15.
    World world;
    story(world);
    ProfileChange change;
    change.company_name = "Umbrella";
    world.happens(by(ada), noon + 5min, {ProfileChanged{acme, {change}}, AccountClosed{acme}});
    const auto account = find_account(world.now(), acme).value();
    EXPECT_EQ(account.profile.company_name, "Umbrella");
    EXPECT_EQ(account.profile.notes, "pays late");
    EXPECT_EQ(account.status, AccountStatus::closed);
    world.happens(by(root), noon + 6min, {AccountActivated{acme}});
    EXPECT_EQ(find_account(world.now(), acme)->status, AccountStatus::active);
}

TEST(AssociationsView, AnOwnerIsListedWithAllPermissions) {  // Rules E5, E17.
    World world;
    story(world);
    const auto users = list_account_users(world.now(), acme, {})->items;
    ASSERT_EQ(users.size(), 2U);
    EXPECT_TRUE(users[0].association.is_owner);
    EXPECT_EQ(users[0].association.permissions, Permissions::all());
    EXPECT_FALSE(users[1].association.is_owner);
    EXPECT_EQ(users[1].association.permissions, Permissions{Permission::invoices});
}

TEST(AssociationsView, LastSignInIsKeptPerAssociation) {  // Rule E12.
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {started(evening, ada, std::nullopt, noon + 5min)});
    world.happens(by(ada), noon + 6min, {AccountChosen{evening, ada, {initech}}});
    EXPECT_EQ(find_user(world.now(), ada)->last_sign_in_at, noon + 5min);
    EXPECT_EQ(find_association(world.now(), initech, ada)->last_sign_in_at, noon + 6min);
    EXPECT_EQ(find_association(world.now(), acme, ada)->last_sign_in_at, std::nullopt);
}

TEST(AssociationsView, AnOldOwnerKeepsAllPermissions) {  // Rules O3, O4.
    World world;
    story(world);
    world.happens(by(root), noon + 5min,
                  {OwnershipTransferred{acme, ada, bob, Permissions::all()}});
    EXPECT_FALSE(find_association(world.now(), acme, ada)->is_owner);
    EXPECT_EQ(find_association(world.now(), acme, ada)->permissions, Permissions::all());
    EXPECT_TRUE(find_association(world.now(), acme, bob)->is_owner);
    EXPECT_EQ(find_account(world.now(), acme)->owner, bob);
}

TEST(AssociationsView, AssociatedAnewStartsAnew) {  // Rule P15.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    world.happens(by(bob), noon + 6min, {AssociationEnded{acme, bob}});
    world.happens(by(root), noon + 7min,
                  {AssociationGranted{acme, bob, {Permission::tickets}, std::nullopt}});
    const auto row = find_association(world.now(), acme, bob).value();
    EXPECT_EQ(row.permissions, Permissions{Permission::tickets});
    EXPECT_EQ(row.associated_at, noon + 7min);
    EXPECT_EQ(row.last_sign_in_at, std::nullopt);
}

TEST(AssociationsView, ADeletedAccountEndsThemAll) {  // Rule X7.
    World world;
    story(world);
    world.happens(by(root), noon + 5min, {AccountDeleted{acme, {ada, bob}}});
    EXPECT_FALSE(find_account(world.now(), acme));
    EXPECT_EQ(accounts_of(world.now(), ada).size(), 1U);
    EXPECT_EQ(find_user(world.now(), bob)->account_count, 0U);
    EXPECT_FALSE(find_invitation(world.now(), letter));
    EXPECT_TRUE(world.differences().empty());
}

TEST(InvitationsView, ListsWhatIsOpen) {  // Rule I9.
    World world;
    story(world);
    const InvitationId second{12};
    const auto at = noon + 5min;
    world.happens(by(ada), at, {invited(second, acme, "eve@example.com", at)});
    const auto open = list_invitations(world.now(), acme, InvitationSelection::open, {})->items;
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(json([&](JsonWriter& out) { write_invitation(out, open[0], at); }),
              R"({"id":12,"email":"eve@example.com","permissions":["invoices"],)"
              R"("sent_at":"2023-11-14T22:18:20.000Z","expires_at":"2023-11-21T22:18:20.000Z",)"
              R"("status":"pending"})");
    EXPECT_EQ(sender_name(world.now(), open[0]), "Ada Lovelace");
    EXPECT_EQ(status_at(open[0], open[0].expires_at), InvitationStatus::expired);  // Rule I4.
    EXPECT_EQ(list_invitations(world.now(), acme, InvitationSelection::all, {})->items.size(), 2U);
}

TEST(InvitationsView, ResendingRevivesAndCancellingTakesAway) {  // Rules I18, I19.
    World world;
    story(world);
    const InvitationId second{12};
    world.happens(by(ada), noon + 5min, {invited(second, acme, "eve@example.com", noon)});
    world.happens(by(ada), noon + 6min, {InvitationResent{acme, second, 2, noon + 24h * 30}});
    auto row = find_invitation(world.now(), second).value();
    EXPECT_EQ(row.link, 2U);
    EXPECT_EQ(status_at(row, noon + 24h * 8), InvitationStatus::pending);
    world.happens(by(ada), noon + 7min, {InvitationCancelled{acme, second}});
    row = find_invitation(world.now(), second).value();
    EXPECT_EQ(status_at(row, noon + 24h * 90), InvitationStatus::cancelled);
    EXPECT_TRUE(list_invitations(world.now(), acme, InvitationSelection::open, {})->items.empty());
}

TEST(OutboxView, HasOneEntryForEachSending) {
    World world;
    story(world);
    world.happens(by(ada), noon + 6min, {InvitationResent{acme, letter, 2, noon + 24h * 30}});
    const auto mails = list_outbox(world.now(), {.total = true}).value();
    EXPECT_EQ(mails.total, 2U);
    EXPECT_EQ(mails.items[0].link, 2U);
    EXPECT_EQ(json([&](JsonWriter& out) { write_outbox(out, mails.items[1], "hello"); }),
              R"({"id":5,"kind":"invitation","to":"bob@example.com",)"
              R"("subject":"Invitation to Acme","state":"pending","tries":0,"last_error":null,)"
              R"("created_at":"2023-11-14T22:16:20.000Z","text":"hello"})");
}

TEST(SessionsView, KnowsWhoIsSignedIn) {
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {started(evening, ada, acme, noon + 5min)});
    world.happens(by(ada), noon + 6min, {started(morning, ada, std::nullopt, noon + 6min)});
    EXPECT_EQ(list_sessions(world.now(), ada, noon + 7min, {})->items.size(), 2U);
    EXPECT_EQ(list_sessions(world.now(), ada, noon + 24h + 5min, {})->items.size(), 1U);
    const auto session = find_session(world.now(), evening).value();
    EXPECT_EQ(json([&](JsonWriter& out) { write_session(out, world.now(), session, evening); }),
              R"({"id":21,"created_at":"2023-11-14T22:18:20.000Z",)"
              R"("last_used_at":"2023-11-14T22:18:20.000Z","ip":"192.0.2.1",)"
              R"("user_agent":"curl","current":true,"account_id":7})");
    world.happens(by(ada), noon + 7min, {SessionEnded{evening, ada}});
    EXPECT_FALSE(find_session(world.now(), evening));
}

TEST(SessionsView, AnAdminsSessionIsTheAdmins) {
    World world;
    story(world);
    world.happens(by(root), noon + 5min,
                  {AdminSessionStarted{evening, {root}, {Client{"curl"}}, noon + 24h}});
    EXPECT_EQ(find_session(world.now(), evening)->admin, root);
    EXPECT_FALSE(standing(world.now(), evening, noon + 6min)->chosen);
    world.happens(by(root), noon + 6min, {AdminSessionEnded{evening, {root}}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min));
}

TEST(StandingOfASession, HasTheChosenAccountWhileItHolds) {  // Rules L6, L9.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    EXPECT_EQ(standing(world.now(), evening, noon + 6min)->chosen->account.id, acme);
    EXPECT_FALSE(standing(world.now(), evening, noon + 24h * 2));
}
TEST(StandingOfASession, ARemovedUserHasNoneChosen) {  // Rule P13.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    world.happens(by(ada), noon + 6min, {AssociationEnded{acme, bob}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min)->chosen);
}
TEST(StandingOfASession, AClosedAccountIsNotChosen) {  // Rule L5.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    world.happens(by(root), noon + 6min, {AccountClosed{acme}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min)->chosen);
}

TEST(StaffView, ListsAdminsAndLiveKeys) {
    World world;
    story(world);
    const ApiKeyId key{4};
    world.happens(by(root), noon + 5min,
                  {ApiKeyCreated{key, "backup", Role::auditor, {"10.0.0.0/8"}}});
    EXPECT_EQ(list_admins(world.now(), {})->items.size(), 1U);
    ASSERT_EQ(list_api_keys(world.now(), {})->items.size(), 1U);
    EXPECT_EQ(json([&](JsonWriter& out) { write_api_key(out, *find_api_key(world.now(), key)); }),
              R"({"id":4,"name":"backup","role":"auditor","allowed_ips":["10.0.0.0/8"],)"
              R"("created_at":"2023-11-14T22:18:20.000Z"})");
    world.happens(by(root), noon + 6min, {ApiKeyRevoked{key}});
    EXPECT_TRUE(find_api_key(world.now(), key)->revoked);
    EXPECT_TRUE(list_api_keys(world.now(), {})->items.empty());
}

TEST(SettingsView, StartsOpenAndFollows) {  // Rules R1, I28.
    World world;
    story(world);
    EXPECT_EQ(settings(world.now()), SettingsRow{});
    world.happens(by(root), noon + 5min,
                  {RegistrationSwitched{{}, Switch::off}, UserManagementSwitched{{}, Switch::off}});
    const auto row = settings(world.now());
    EXPECT_EQ(row.client_registration, Switch::off);
    EXPECT_EQ(row.client_area_user_management, Switch::off);
    EXPECT_EQ(row.version, 2U);
}

TEST(Views, ErasedPersonsAreEmptyText) {
    World world;
    story(world);
    Commit commit;
    commit.time = noon + 5min;
    commit.events.push_back(
        draft(LanguageChosen{ada, "fr"}, {commit.time, by_system(), {}, {}}, world.keyring)
            .value());
    commit.vault.push_back({vault_key(subject_of(ada)), std::nullopt});
    ASSERT_TRUE(world.log.append(std::span{&commit, 1}));
    world.keyring.forget(subject_of(ada));
    auto fresh = ViewStore::temporary().value();
    ASSERT_TRUE(catch_up(world.log, world.keyring, *fresh));
    EXPECT_EQ(find_user(fresh->now(), ada)->email, "");
    EXPECT_EQ(find_user(fresh->now(), bob)->email, "bob@example.org");
}

TEST(Views, EqualAFreshBuild) {  // Rule A6.
    World world;
    story(world);
    EXPECT_TRUE(world.differences().empty());
}

}  // namespace
}  // namespace muster::views::test
