// What the views say of tickets: who wrote, what the writer was and what the writer is today.
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

constexpr TicketId broken{41}, lost{42};
const std::string guests_email = "gus@example.com";

EmailKey key_of(const World& world, const std::string& email) {
    return world.keys.email_key(email);
}
UserRegistered registered_at(const World& world, UserId user, const std::string& email) {
    return {user, key_of(world, email), {Person{"Gus", "Grissom", email}}, "en", 1};
}
TicketOpened opened_by(UserId user, Badge badge) {
    return {.ticket = broken,
            .account = acme,
            .user = Mention<UserId>{user},
            .address = std::nullopt,
            .badge = badge,
            .heading = {Heading{"Help"}},
            .message = {Message{"It is\nbroken.", "", ""}}};
}
TicketOpened mailed(const World& world, const std::string& email, std::optional<AccountId> account,
                    Badge badge) {
    return {.ticket = lost,
            .account = account,
            .user = std::nullopt,
            .address = Mention<EmailKey>{key_of(world, email)},
            .badge = badge,
            .heading = {Heading{""}},
            .message = {Message{"Hello?", "Gus", email}}};
}
TicketReplied reply_of(std::uint64_t number, std::optional<UserId> user, Badge badge) {
    return {.ticket = broken,
            .account = Mention<AccountId>{acme},
            .reply = {number},
            .user = user.transform([](UserId id) { return Mention<UserId>{id}; }),
            .address = std::nullopt,
            .badge = badge,
            .message = {Message{"Reply " + std::to_string(number), "", ""}}};
}
TicketRow ticket(const World& world, TicketId id = broken) {
    return find_ticket(world.now(), id).value();
}
std::string shown(const World& world, TicketId id, Audience audience = Audience::staff) {
    std::string text;
    JsonWriter out{text};
    write_ticket_with_replies(out, world.now(), world.keys, ticket(world, id), audience);
    return text;
}
Badge today(const World& world, TicketId id, std::uint64_t reply = 1) {
    return badge_now(world.now(), world.keys, ticket(world, id).account,
                     find_reply(world.now(), id, ReplyId{reply}).value());
}

TEST(TicketsView, ShowsATicketWithItsReplies) {  // Rules T5, T6, T9.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {opened_by(bob, Badge::authorized_user)});
    world.happens(by(root), noon + 6min, {reply_of(2, std::nullopt, Badge::operator_)});
    EXPECT_EQ(
        shown(world, broken),
        R"({"id":41,"account_id":7,"subject":"Help","status":"answered",)"
        R"("opened_at":"2023-11-14T22:18:20.000Z","last_reply_at":"2023-11-14T22:19:20.000Z",)"
        R"("reply_count":2,"replies":[{"id":1,"at":"2023-11-14T22:18:20.000Z",)"
        R"("message":"It is\nbroken.","badge":"authorized_user","badge_now":"authorized_user",)"
        R"("from":{"kind":"user","id":2,"name":"Bob Stone","email":"bob@example.org"}},)"
        R"({"id":2,"at":"2023-11-14T22:19:20.000Z","message":"Reply 2","badge":"operator",)"
        R"("badge_now":"operator","from":{"kind":"admin","id":1,"name":"Root"}}]})");
    EXPECT_EQ(ticket(world).version, world.log.version(stream_of(broken)).value());
}

TEST(TicketsView, TheStatusSaysWhoWroteLast) {
    World world;
    story(world);
    const auto status_after = [&](const Event& event, const Actor& actor) {
        world.happens(actor, noon + 5min, {event});
        return to_text(ticket(world).status);
    };
    EXPECT_EQ(status_after(opened_by(ada, Badge::owner), by(ada)), "open");
    EXPECT_EQ(status_after(reply_of(2, ada, Badge::owner), by(ada)), "customer_reply");
    EXPECT_EQ(status_after(reply_of(3, std::nullopt, Badge::operator_), by(root)), "answered");
    EXPECT_EQ(status_after(TicketClosed{broken, {{acme}}}, by(ada)), "closed");
    EXPECT_EQ(status_after(reply_of(4, bob, Badge::authorized_user), by(bob)), "customer_reply");
    for (std::uint8_t n = 0; valid(TicketStatus{n}); ++n)
        EXPECT_EQ(parse_ticket_status(to_text(TicketStatus{n})), TicketStatus{n});
    EXPECT_EQ(parse_ticket_status("shut"), std::nullopt);
}

TEST(TicketsView, KeepsTheBadgeAndShowsTodaysBesideIt) {  // Rules T8, T9.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {opened_by(bob, Badge::authorized_user)});
    EXPECT_EQ(today(world, broken), Badge::authorized_user);
    world.happens(by(root), noon + 6min,
                  {OwnershipTransferred{acme, ada, bob, Permissions::all()}});
    EXPECT_EQ(today(world, broken), Badge::owner);
    world.happens(
        by(root), noon + 7min,
        {OwnershipTransferred{acme, bob, ada, Permissions::all()}, AssociationEnded{acme, bob}});
    EXPECT_EQ(today(world, broken), Badge::external_user);
    world.happens(
        by(ada), noon + 8min,
        {ContactAdded{acme, ContactId{1}, {key_of(world, "bob@example.org")}, {Profile{}}, {}}});
    EXPECT_EQ(today(world, broken), Badge::sub_account);  // Rule T7.
    world.happens(by(root), noon + 9min, {UserDeleted{bob, std::nullopt}});
    EXPECT_EQ(today(world, broken), Badge::guest);
    EXPECT_EQ(find_reply(world.now(), broken, ReplyId{1})->badge, Badge::authorized_user);
    EXPECT_TRUE(world.differences().empty());
}

TEST(TicketsView, ADeletedUsersWordsStayWithoutTheName) {  // Rules X9, X18.
    World world;
    story(world);
    world.happens(by(bob), noon + 5min, {opened_by(bob, Badge::authorized_user)});
    world.happens(by(root), noon + 6min, {AssociationEnded{acme, bob}, UserDeleted{bob, {}}});
    const auto text = shown(world, broken);
    EXPECT_TRUE(text.contains(R"("message":"It is\nbroken.")")) << text;
    EXPECT_TRUE(text.contains(R"("from":{"kind":"user","id":2,"name":"deleted user #2"})")) << text;
    EXPECT_FALSE(text.contains("Stone") || text.contains("example.org")) << text;
}

TEST(TicketsView, FollowsWhoHasTheAddressOfMail) {  // Rules T6, T7, T9.
    World world;
    story(world);
    world.happens(by_system(), noon + 5min, {mailed(world, guests_email, acme, Badge::guest)});
    EXPECT_EQ(today(world, lost), Badge::guest);
    const auto text = shown(world, lost, Audience::client);
    EXPECT_TRUE(text.contains(R"("from":{"kind":"email","name":"Gus","email":"gus@example.com"})"))
        << text;

    world.happens(
        by(ada), noon + 6min,
        {ContactAdded{acme, ContactId{1}, {key_of(world, guests_email)}, {Profile{}}, {}}});
    EXPECT_EQ(today(world, lost), Badge::sub_account);
    world.happens(by(ada), noon + 7min, {ContactRemoved{acme, ContactId{1}}});
    EXPECT_EQ(today(world, lost), Badge::guest);

    world.happens(by(eve), noon + 8min, {registered_at(world, eve, guests_email)});
    EXPECT_EQ(today(world, lost), Badge::external_user);
    world.happens(by(root), noon + 9min,
                  {AssociationGranted{acme, eve, {Permission::tickets}, std::nullopt}});
    EXPECT_EQ(today(world, lost), Badge::authorized_user);
    world.happens(by(eve), noon + 10min,
                  {EmailChanged{eve,
                                key_of(world, guests_email),
                                key_of(world, "new@example.com"),
                                {Address{"new@example.com"}}}});
    EXPECT_EQ(today(world, lost), Badge::guest);
    world.happens(by(eve), noon + 11min,
                  {EmailChanged{eve,
                                key_of(world, "new@example.com"),
                                key_of(world, guests_email),
                                {Address{guests_email}}}});
    EXPECT_EQ(today(world, lost), Badge::authorized_user);
    world.happens(by(root), noon + 12min,
                  {AssociationEnded{acme, eve}, UserDeleted{eve, key_of(world, guests_email)}});
    EXPECT_EQ(today(world, lost), Badge::guest);
    EXPECT_TRUE(world.differences().empty());
}

TEST(TicketsView, AUserOfNoAccountsTicketIsAnExternalOne) {  // Rule T6.
    World world;
    story(world);
    auto mail = mailed(world, guests_email, std::nullopt, Badge::external_user);
    mail.address.reset();
    mail.user = Mention<UserId>{bob};
    mail.message = {Message{"Hello?", "", ""}};
    world.happens(by_system(), noon + 5min, {mail});
    EXPECT_EQ(today(world, lost), Badge::external_user);
    EXPECT_TRUE(shown(world, lost).contains(R"("account_id":null)"));
    // A stranger's address is for staff.
    EXPECT_TRUE(shown(world, lost, Audience::staff).contains("bob@example.org"));
    EXPECT_FALSE(shown(world, lost, Audience::client).contains("bob@example.org"));
}

TEST(TicketsView, ListsTheNewestFirstByAccountAndStatus) {  // Rules E3, T5.
    World world;
    story(world);
    Events events;
    for (std::uint64_t n = 1; n <= 5; ++n) {
        auto opened = opened_by(ada, Badge::owner);
        opened.ticket = TicketId{n};
        opened.account = n == 3 ? std::nullopt : std::optional{n == 4 ? initech : acme};
        events.push_back(opened);
    }
    events.push_back(TicketClosed{TicketId{2}, {{acme}}});
    world.happens(by(ada), noon + 5min, events);
    const auto ids = [&](const TicketFilter& filter) {
        std::vector<std::uint64_t> list;
        PageRequest page{.limit = 1};
        for (bool more = true; more;) {
            const auto got = list_tickets(world.now(), filter, page).value();
            for (const auto& row : got.items)
                list.push_back(row.id.number);
            more = got.next.has_value();
            page.cursor = got.next.value_or("");
        }
        return list;
    };
    using Ids = std::vector<std::uint64_t>;
    EXPECT_EQ(ids({}), (Ids{5, 4, 3, 2, 1}));
    EXPECT_EQ(ids({.account = acme}), (Ids{5, 2, 1}));
    EXPECT_EQ(ids({.account = initech}), (Ids{4}));
    EXPECT_EQ(ids({.account = acme, .status = TicketStatus::open}), (Ids{5, 1}));
    EXPECT_EQ(ids({.status = TicketStatus::closed}), (Ids{2}));
    EXPECT_EQ(list_tickets(world.now(), {.account = acme}, {.limit = 1, .total = true})->total, 3U);
    EXPECT_FALSE(list_tickets(world.now(), {.account = acme}, {.cursor = "?"}));
    const auto of_all = list_tickets(world.now(), {}, {.limit = 1})->next.value();
    EXPECT_FALSE(list_tickets(world.now(), {.account = acme}, {.cursor = of_all}));
}

TEST(TicketsView, ADeletedTicketLeavesNothing) {  // Rule E1.
    World world;
    story(world);
    const auto rows = [&] { return world.now().serving(Tickets::number)->rows; };
    world.happens(by(ada), noon + 5min,
                  {opened_by(ada, Badge::owner), reply_of(2, bob, Badge::authorized_user)});
    EXPECT_EQ(rows(), 1U);
    world.happens(by(root), noon + 6min,
                  {reply_of(3, bob, Badge::authorized_user), TicketDeleted{broken, acme},
                   AccountDeleted{acme, {ada, bob}}});
    EXPECT_FALSE(find_ticket(world.now(), broken));
    EXPECT_TRUE(replies_of(world.now(), broken).empty());
    EXPECT_TRUE(list_tickets(world.now(), {.account = acme}, {})->items.empty());
    EXPECT_EQ(rows(), 0U);
    EXPECT_TRUE(world.differences().empty());
}

TEST(TicketsView, EveryEventHasItsLineWithoutWhatWasWritten) {  // Rules A1, A2, A3, A6.
    World world;
    story(world);
    auto by_mail = reply_of(3, bob, Badge::authorized_user);
    world.happens(by(ada), noon + 5min, {opened_by(ada, Badge::owner)});
    world.happens(
        by(root), noon + 6min,
        {reply_of(2, std::nullopt, Badge::operator_), by_mail, TicketClosed{broken, {{acme}}}});
    world.happens(by_system(), noon + 7min,
                  {mailed(world, guests_email, std::nullopt, Badge::guest)});
    const auto lines = [&](const ActivityFilter& filter) {
        return list_activity(world.now(), world.log, world.keyring, filter, {})->items;
    };
    std::vector<std::string> texts;
    for (const auto& line : lines({.from = noon + 5min}))
        texts.push_back(line.text);
    const std::string of_acme = "ticket #41 of account #7 (Acme)";
    EXPECT_EQ(texts, (std::vector<std::string>{
                         "gus@example.com opened ticket #42 by mail", "Root closed " + of_acme,
                         "Bob Stone answered " + of_acme + " by mail", "Root answered " + of_acme,
                         "Ada Lovelace opened " + of_acme}));
    for (const auto& text : texts)
        EXPECT_FALSE(text.contains("Help") || text.contains("broken")) << text;
    EXPECT_EQ(lines({.from = noon + 5min, .account = acme}).size(), 4U);
    EXPECT_EQ(lines({.user = bob, .type = "ticket.replied"}).size(), 1U);
    EXPECT_EQ(lines({.user = bob, .type = "ticket.replied"}).front().account, acme);
    world.happens(by(root), noon + 8min,
                  {TicketDeleted{broken, acme}, AccountDeleted{acme, {ada, bob}}});
    EXPECT_EQ(lines({.type = "ticket.deleted"}).front().text,
              "Root deleted ticket #41 of deleted account #7");
}

}  // namespace
}  // namespace muster::views::test
