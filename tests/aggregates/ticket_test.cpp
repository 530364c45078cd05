// Tickets: who wrote, and what the writer was to the account.
#include "aggregates/ticket.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::ticket_test {

using namespace people;
using given::Given, given::and_again_more, given::decide;

constexpr TicketId ticket{1}, no_ticket{99};
constexpr ContactId office{1};

Author staff() { return {}; }
Author user(UserId id, const EmailKey& address = {}) {
    return {.kind = Author::Kind::user, .user = id, .address = address, .name = {}, .email = {}};
}
Author mail_from(const std::string& email) {
    return {.kind = Author::Kind::address,
            .user = {},
            .address = key_of(email),
            .name = "Gus",
            .email = email};
}
OpenTicket opening(const Author& author) { return {ticket, author, "Help", "It is broken."}; }
Reply replying(const Author& author) { return {author, "Still."}; }

TicketOpened opened_by(std::optional<UserId> id, Badge badge) {
    return {.ticket = ticket,
            .account = acme,
            .user = id.transform([](UserId each) { return Mention<UserId>{each}; }),
            .address = std::nullopt,
            .badge = badge,
            .heading = {Heading{"Help"}},
            .message = {Message{"It is broken.", "", ""}}};
}
TicketReplied reply_by(std::uint64_t number, std::optional<UserId> id, Badge badge) {
    return {.ticket = ticket,
            .account = Mention<AccountId>{acme},
            .reply = {number},
            .user = id.transform([](UserId each) { return Mention<UserId>{each}; }),
            .address = std::nullopt,
            .badge = badge,
            .message = {Message{"Still.", "", ""}}};
}

const ContactAdded office_added{acme, office, {key_of("office@acme.example")}, {Profile{}}, {}};
const Given acme_with_bob{ada_registered, acme_opened,  bob_registered,
                          bob_joined,     office_added, eve_registered};
const Given with_a_ticket{ada_registered,
                          acme_opened,
                          bob_registered,
                          bob_joined,
                          office_added,
                          eve_registered,
                          opened_by(ada, Badge::owner)};

// Replying looks at the ticket's account, as the handler does.
Decision decide_reply(const given::World& world, const Author& author) {
    const auto state = world.seen(ticket);
    return when(state, state.account ? world.seen(*state.account) : Account{}, replying(author));
}
Badge badge_for(const Given& given, const Author& author) {
    return badge_of(given.world().seen(acme), author);
}

TEST(Ticket, IsOpenedForTheAccount) {  // Rules E1, T5.
    const auto after = acme_with_bob.when(acme, opening(user(bob)))
                           .then({opened_by(bob, Badge::authorized_user)}, and_again_more);
    EXPECT_TRUE(after.world().seen(acme).tickets.contains(ticket));
    EXPECT_EQ(after.world().seen(ticket).replies, 1U);
    EXPECT_EQ(streams_of(Event{opened_by(bob, Badge::authorized_user)}),
              (std::vector{stream_of(ticket), stream_of(acme)}));
}

TEST(Ticket, IsNotOpenedForAClosedAccountNorForNone) {
    Given{ada_registered, acme_opened, acme_closed}
        .when(acme, opening(staff()))
        .then_refused("account.closed");
    Given{}.when(nowhere, opening(staff())).then_refused("account.not_found");
    Given{ada_registered, acme_opened, AccountDeleted{acme, {ada}}}
        .when(acme, opening(staff()))
        .then_refused("account.not_found");
}

TEST(Ticket, OfMailThatNamesNoAccountBelongsToNone) {
    const auto decision = when(opening(mail_from("gus@example.com")));
    const auto& opened = std::get<TicketOpened>(decision->at(0));
    EXPECT_FALSE(opened.account || opened.user);
    EXPECT_EQ(opened.address, Mention<EmailKey>{key_of("gus@example.com")});
    EXPECT_EQ(opened.message.value, (Message{"It is broken.", "Gus", "gus@example.com"}));
    EXPECT_EQ(opened.badge, Badge::guest);
    EXPECT_EQ(streams_of(Event{opened}), std::vector{stream_of(ticket)});
    const Given given{opened};
    const auto replied = decide_reply(given.world(), user(bob));
    EXPECT_EQ(std::get<TicketReplied>(replied->at(0)).badge, Badge::external_user);
    EXPECT_EQ(std::get<TicketReplied>(replied->at(0)).account, std::nullopt);
}

TEST(Ticket, GivesBadgesInTheirOrder) {  // Rules T6, T7, T8.
    const auto offices = key_of("office@acme.example");
    EXPECT_EQ(badge_for(acme_with_bob, staff()), Badge::operator_);
    // Whoever is several things is the first of them.
    EXPECT_EQ(badge_for(acme_with_bob, user(ada, offices)), Badge::owner);
    EXPECT_EQ(badge_for(acme_with_bob, user(bob, offices)), Badge::authorized_user);
    EXPECT_EQ(badge_for(acme_with_bob, user(eve, offices)), Badge::sub_account);
    EXPECT_EQ(badge_for(acme_with_bob, mail_from("office@acme.example")), Badge::sub_account);
    EXPECT_EQ(badge_for(acme_with_bob, user(eve, eves_address)), Badge::external_user);
    EXPECT_EQ(badge_for(acme_with_bob, mail_from("gus@example.com")), Badge::guest);
}

TEST(Ticket, GivesBadgesByWhatIsSoAtThatMoment) {  // Rule T9.
    const Given later{ada_registered,
                      acme_opened,
                      bob_registered,
                      bob_joined,
                      OwnershipTransferred{acme, ada, bob, everything},
                      AssociationEnded{acme, ada}};
    EXPECT_EQ(badge_for(later, user(bob)), Badge::owner);
    EXPECT_EQ(badge_for(later, user(ada)), Badge::external_user);
}

TEST(Ticket, IsAnsweredInTheOrderOfItsReplies) {  // Rule T5.
    const auto by_bob = decide_reply(with_a_ticket.world(), user(bob));
    EXPECT_EQ(*by_bob, Events{reply_by(2, bob, Badge::authorized_user)});
    const Given second{
        ada_registered, acme_opened, bob_registered, bob_joined, opened_by(ada, Badge::owner),
        by_bob->at(0)};
    EXPECT_EQ(*decide_reply(second.world(), staff()),
              Events{reply_by(3, std::nullopt, Badge::operator_)});
    EXPECT_EQ(streams_of(by_bob->at(0)), std::vector{stream_of(ticket)})
        << "the account's history is not moved";
}

TEST(Ticket, KeepsNothingOfAUserButTheNumber) {  // Rules X9, X18.
    const auto replied = std::get<TicketReplied>(
        decide_reply(with_a_ticket.world(), user(eve, eves_address))->at(0));
    EXPECT_EQ(replied.user, Mention<UserId>{eve});
    EXPECT_EQ(replied.address, std::nullopt);
    EXPECT_EQ(replied.message.value, (Message{"Still.", "", ""}));
}

TEST(Ticket, HoldsAThousandRepliesAndNoMore) {
    const Given almost{ada_registered, acme_opened, opened_by(ada, Badge::owner),
                       reply_by(most_replies - 1, ada, Badge::owner)};
    ASSERT_TRUE(decide_reply(almost.world(), user(ada)).has_value());
    const Given full{ada_registered, acme_opened, opened_by(ada, Badge::owner),
                     reply_by(most_replies, ada, Badge::owner)};
    for (const auto& author : {user(ada), staff(), mail_from("gus@example.com")})
        EXPECT_EQ(decide_reply(full.world(), author).error().code, "ticket.full");
}

TEST(Ticket, IsClosedAndOpenAgainWithTheNextReply) {
    const auto closed =
        with_a_ticket.when(ticket, CloseTicket{}).then({TicketClosed{ticket, {{acme}}}});
    EXPECT_TRUE(closed.world().seen(ticket).closed);
    auto world = closed.world();
    world.fold(decide_reply(world, user(bob))->at(0));
    EXPECT_FALSE(world.seen(ticket).closed);
    Given{world}.when(ticket, CloseTicket{}).then({TicketClosed{ticket, {{acme}}}});
}

TEST(Ticket, ThatIsNotThereIsNotFound) {
    Given{}.when(no_ticket, CloseTicket{}).then_refused("ticket.not_found");
    EXPECT_EQ(decide_reply({}, staff()).error().code, "ticket.not_found");
    const Given deleted{ada_registered, acme_opened, opened_by(ada, Badge::owner),
                        TicketDeleted{ticket, acme}};
    deleted.when(ticket, CloseTicket{}).then_refused("ticket.not_found");
    EXPECT_EQ(decide_reply(deleted.world(), staff()).error().code, "ticket.not_found");
}

TEST(Ticket, OfAClosedAccountIsStillAnswered) {
    auto world = with_a_ticket.world();
    world.fold(acme_closed);
    EXPECT_TRUE(decide_reply(world, staff()).has_value());
    EXPECT_TRUE(decide_reply(world, mail_from("gus@example.com")).has_value());
}

TEST(Ticket, GoesWithItsAccount) {  // Rule E1.
    const auto after = Given{ada_registered, acme_opened, opened_by(ada, Badge::owner)}
                           .when(acme, DeleteAccount{})
                           .then({TicketDeleted{ticket, acme}, AccountDeleted{acme, {ada}}});
    EXPECT_TRUE(after.world().seen(acme).tickets.empty());
    EXPECT_FALSE(after.world().seen(ticket).present());
}

TEST(Ticket, TellsNobodyOfAnAccountThatTheyMayNotKnow) {  // Rule L8.
    EXPECT_EQ(told_of_ticket(no_such_account).code, "ticket.not_found");
    EXPECT_EQ(told_of_ticket(account_closed).code, "account.closed");
}

}  // namespace muster::ticket_test
