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
    const auto mails = list_outbox(world.now(), {}, noon, {.total = true}).value();
    EXPECT_EQ(mails.total, 2U);
    EXPECT_EQ(mails.items[0].entry.order.link, 2U);
    EXPECT_EQ(json([&](JsonWriter& out) { write_outbox(out, mails.items[1], "Hi", "hello"); }),
              R"({"id":5,"kind":"invitation","to":"bob@example.com","subject":"Hi",)"
              R"("state":"dropped","tries":0,"last_error":null,)"
              R"("created_at":"2023-11-14T22:16:20.000Z","text":"hello"})");
}

// Ada invited Bob, by mail 5, and he has accepted; she invites Eve, by mail 8.
struct Mails : testing::Test {
    Mails() {
        story(world);
        happens(ada_invites_eve);
    }
    void happens(const Event& event) { world.happens(by_system(), noon + 6min, {event}); }
    std::optional<MailState> state(Time at = noon + 7min) {
        const auto row = find_outbox_row(world.now(), eves, at);
        return row ? std::optional{row->state} : std::nullopt;
    }
    std::vector<std::uint64_t> listed(std::optional<MailState> wanted, Time at = noon + 7min) {
        std::vector<std::uint64_t> ids;
        const auto page = list_outbox(world.now(), wanted, at, {}).value();
        for (const auto& row : page.items)
            ids.push_back(row.id.number);
        return ids;
    }
    using Ids = std::vector<std::uint64_t>;

    World world;
    const InvitationId second{12};
    const MailId bobs{5}, eves{8};
    const Event ada_invites_eve = invited(second, acme, "eve@example.com", noon + 5min);
};

TEST_F(Mails, ArePendingUntilTheyAreSent) {
    EXPECT_EQ(state(), MailState::pending);
    happens(MailSent{eves});
    EXPECT_EQ(state(), MailState::sent);
    EXPECT_EQ(state(noon + 24h * 90), MailState::sent);
    EXPECT_EQ(find_mail(world.now(), eves)->tries, 1U);
    EXPECT_EQ(find_mail(world.now(), MailId{7}), std::nullopt);
}

TEST_F(Mails, SayWhatWentWrongInOurWords) {
    happens(MailAttemptFailed{eves, MailTrouble::unreachable, 0, noon + 8min});
    EXPECT_EQ(state(), MailState::failed);
    EXPECT_EQ(error_of(*find_mail(world.now(), eves)->failure),
              "The mail server cannot be reached.");
    happens(MailGivenUp{eves, MailTrouble::recipient_refused, 550});
    EXPECT_EQ(state(), MailState::dead);
    const auto entry = find_mail(world.now(), eves).value();
    EXPECT_EQ(error_of(*entry.failure), "The mail server refuses the recipient (550).");
    EXPECT_EQ(entry.tries, 2U);
    happens(MailRequeued{eves});
    EXPECT_EQ(state(), MailState::pending);
    EXPECT_TRUE(find_mail(world.now(), eves)->failure) << "still worth knowing";
    happens(MailSent{eves});
    EXPECT_FALSE(find_mail(world.now(), eves)->failure);
    EXPECT_EQ(find_mail(world.now(), eves)->tries, 3U);
}

TEST_F(Mails, EveryTroubleHasWordsOfItsOwn) {
    std::set<std::string> all;
    for (std::uint8_t n = 1; valid(MailTrouble{n}); ++n)
        EXPECT_TRUE(all.insert(error_of({MailTrouble{n}, 0})).second);
    EXPECT_EQ(all.size(), 9U);
}

TEST_F(Mails, AreDroppedWhereTheirLinkIsDead) {  // Rules I4, I17, I18, I19, I26.
    EXPECT_EQ(listed(MailState::dropped), Ids{bobs.number}) << "accepted";
    EXPECT_EQ(state(noon + 5min + 24h * 7), MailState::dropped) << "expired";
    happens(InvitationResent{acme, second, 2, noon + 24h * 30});
    EXPECT_EQ(state(), MailState::dropped) << "another link came in its place";
    EXPECT_EQ(listed(MailState::pending), Ids{9});
    happens(InvitationCancelled{acme, second});
    EXPECT_EQ(listed(MailState::pending), Ids{});
    EXPECT_EQ(listed(MailState::dropped), (Ids{9, 8, 5}));
}

TEST_F(Mails, ToUsersGoWithTheirNewestLink) {
    PasswordResetRequested reset{};
    reset.user = ada;
    reset.link = 1;
    reset.expires_at = noon + 60min;
    EmailVerificationRequested verification{ada, 1, {}, noon + 60min};
    happens(reset);
    happens(verification);
    EXPECT_EQ(find_outbox_row(world.now(), {9}, noon + 7min)->to, "ada@example.com");
    EXPECT_EQ(listed(MailState::pending), (Ids{10, 9, 8}));
    EXPECT_EQ(listed(MailState::pending, noon + 60min), Ids{8});
    reset.link = verification.link = 2;
    happens(reset);
    happens(verification);
    EXPECT_EQ(listed(MailState::pending), (Ids{12, 11, 8}));
    happens(EmailVerified{ada, {}});
    EXPECT_EQ(listed(MailState::pending), (Ids{11, 8}));
    happens(EmailChanged{ada, EmailKey{}, EmailKey{{1}}, {Address{"lovelace@example.com"}}});
    EXPECT_EQ(listed(MailState::pending), Ids{8}) << "the links were for the address before";
    EXPECT_EQ(listed(MailState::dropped), (Ids{12, 11, 10, 9, 5}));
}

TEST_F(Mails, AreListedByTheirState) {
    happens(MailSent{bobs});
    EXPECT_EQ(listed({}), (Ids{8, 5}));
    EXPECT_EQ(listed(MailState::sent), Ids{5});
    EXPECT_EQ(listed(MailState::pending), Ids{8});
    EXPECT_EQ(listed(MailState::dead), Ids{});
    happens(MailAttemptFailed{eves, MailTrouble::timeout, 0, noon + 8min});
    EXPECT_EQ(listed(MailState::failed), Ids{8});
    EXPECT_EQ(listed(MailState::pending), Ids{});
    happens(MailGivenUp{eves, MailTrouble::timeout, 0});
    EXPECT_EQ(listed(MailState::dead), Ids{8});
    EXPECT_EQ(list_outbox(world.now(), MailState::dead, noon, {.total = true})->total, 1U);
}

TEST_F(Mails, HaveTheirLinesInTheActivityLog) {  // Rules A1, A6.
    happens(MailAttemptFailed{eves, MailTrouble::sender_refused, 553, noon + 8min});
    happens(MailGivenUp{eves, MailTrouble::recipient_refused, 550});
    world.happens(by(root), noon + 7min, {MailRequeued{eves}});
    world.happens(by_system(), noon + 8min, {MailSent{eves}});
    std::vector<std::string> lines;
    const auto page = list_activity(world.now(), world.log, world.keyring, {}, {.limit = 4});
    for (const auto& line : page->items)
        lines.push_back(line.text);
    EXPECT_EQ(lines,
              (std::vector<std::string>{
                  "System sent mail #8 (invitation)", "Root had mail #8 (invitation) sent again",
                  "System gave mail #8 (invitation) up: The mail server refuses the "
                  "recipient (550).",
                  "System could not send mail #8 (invitation): The mail server refuses the "
                  "sender (553)."}));
}

TEST(UsersView, FindsWhoHasAnAddress) {  // Rule E14.
    World world;
    story(world);
    const auto find = [&](std::string_view text) {
        const auto user = find_user(world.now(), EmailAddress::parse(text).value());
        return user ? user->id : UserId{};
    };
    EXPECT_EQ(find("ADA@Example.com"), ada);
    EXPECT_EQ(find("bob@example.org"), bob);
    EXPECT_EQ(find("ad@example.com"), UserId{});
    EXPECT_EQ(find("\u00e4da@example.com"), UserId{});
}

constexpr IdleLimits limits{14 * 24h, 2h};

TEST(SessionsView, ASessionThatLiesUnusedIsNotLive) {
    World world;
    story(world);
    const auto late = noon + 1h;
    world.happens(by(ada), late, {SessionStarted{evening, ada, {}, {Client{}}, late + 30 * 24h}});
    world.happens(by(root), late, {AdminSessionStarted{morning, {root}, {Client{}}, late + 12h}});
    const auto live = [&](SessionId session, Time at) {
        return standing(world.now(), session, at, limits).has_value();
    };
    EXPECT_TRUE(live(evening, late + 14 * 24h - 1ms));
    EXPECT_FALSE(live(evening, late + 14 * 24h));
    EXPECT_TRUE(live(morning, late + 2h - 1ms));
    EXPECT_FALSE(live(morning, late + 2h));
    world.happens(by(ada), late + 24h, {SessionUsed{evening, late + 24h}});
    EXPECT_TRUE(live(evening, late + 15 * 24h - 1ms));
    EXPECT_EQ(list_sessions(world.now(), ada, late + 15 * 24h, limits, {})->items.size(), 0U);
    EXPECT_EQ(find_session(world.now(), evening)->last_used_at, late + 24h);
}

TEST(SessionsView, KnowsWhoIsSignedIn) {
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {started(evening, ada, acme, noon + 5min)});
    world.happens(by(ada), noon + 6min, {started(morning, ada, std::nullopt, noon + 6min)});
    EXPECT_EQ(list_sessions(world.now(), ada, noon + 7min, limits, {})->items.size(), 2U);
    EXPECT_EQ(list_sessions(world.now(), ada, noon + 24h + 5min, limits, {})->items.size(), 1U);
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
    EXPECT_FALSE(standing(world.now(), evening, noon + 6min, limits)->chosen);
    world.happens(by(root), noon + 6min, {AdminSessionEnded{evening, {root}}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min, limits));
}

TEST(SessionsView, ADeletedAdminHasNone) {
    World world;
    story(world);
    const AdminId olga{2};
    const AdminSessionStarted other{morning, {root}, {Client{"curl"}}, noon + 24h};
    world.happens(
        by(root), noon + 5min,
        {AdminCreated{olga, {}, {StaffMember{"Olga", "o@x.example"}}, Role::operator_, 1}, other});
    world.happens(by(olga), noon + 6min,
                  {AdminSessionStarted{evening, {olga}, {Client{"Firefox"}}, noon + 24h}});
    EXPECT_TRUE(find_session(world.now(), evening));
    world.happens(by(root), noon + 7min, {AdminDeleted{olga}});
    EXPECT_FALSE(find_session(world.now(), evening));
    EXPECT_TRUE(find_session(world.now(), morning));
    EXPECT_TRUE(world.differences().empty());
}

TEST(StandingOfASession, HasTheChosenAccountWhileItHolds) {  // Rules L6, L9.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    EXPECT_EQ(standing(world.now(), evening, noon + 6min, limits)->chosen->account.id, acme);
    EXPECT_FALSE(standing(world.now(), evening, noon + 24h * 2, limits));
}
TEST(StandingOfASession, ARemovedUserHasNoneChosen) {  // Rule P13.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    world.happens(by(ada), noon + 6min, {AssociationEnded{acme, bob}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min, limits)->chosen);
}
TEST(StandingOfASession, AClosedAccountIsNotChosen) {  // Rule L5.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {started(evening, bob, acme, noon + 5min)});
    world.happens(by(root), noon + 6min, {AccountClosed{acme}});
    EXPECT_FALSE(standing(world.now(), evening, noon + 7min, limits)->chosen);
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
