// Tickets as the committing thread handles them: whose account a ticket's rule is about, who mail
// is from, and their keys.
#include "tests/handlers/desk.hpp"
#include "tests/handlers/logs.hpp"

namespace muster::tickets_test {

using namespace desk;

constexpr AccessRule ticket_writers = permitted(Permission::tickets);
const NewTicket help{"Help", "The canary is dead."};

auto opening(AccountId account) {
    return [=](Work& work) { return open_ticket(work, account, help); };
}
auto replying(TicketId ticket) {
    return [=](Work& work) { return reply_to_ticket(work, ticket, "Which canary?"); };
}
InboundMail mail_from(const std::string& address) {
    return {.from = email(address), .from_name = "Gus", .message = "Hello?"};
}
auto receiving(const InboundMail& mail) {
    return [=](Work& work) { return receive_mail(work, mail); };
}

struct Tickets : testing::Test {
    Desk desk;
    SignedIn ada = desk.register_with_account("ada");
    AccountId acme = ada.account;
    SignedIn bob = desk.join(acme, "bob", see_tickets);
    SignedIn zoe = desk.register_with_account("zoe");
    ApiKeyId gate = the<ApiKeyCreated>(desk.as_system().ask([](Work& work) {
                        return create_api_key(work, "mail", Role::operator_, {});
                    })).api_key;
    TicketId ticket =
        the<TicketOpened>(desk.as(ada.session).may(ticket_writers, acme).ask(opening(acme))).ticket;

    Result reply(SessionId session, TicketId to) {
        return desk.as(session).may(ticket_writers, to).ask(replying(to));
    }
    Result receive(const InboundMail& mail) {
        return desk.as(gate).may(operators).ask(receiving(mail));
    }
    bool has_key(auto id) { return desk.log.vault(vault_key(subject_of(id)))->has_value(); }
};

TEST_F(Tickets, AreAnsweredByEveryUserWithThePermission) {  // Rules T5, T6.
    const auto by_bob = the<TicketReplied>(reply(bob.session, ticket));
    EXPECT_EQ(by_bob.reply, ReplyId{2});
    EXPECT_EQ(by_bob.badge, Badge::authorized_user);
    EXPECT_EQ(by_bob.user, Mention<UserId>{bob.user});
    EXPECT_EQ(the<TicketReplied>(reply(ada.session, ticket)).badge, Badge::owner);
    const auto otto = desk.make_admin("otto", Role::operator_);
    const auto by_staff = the<TicketReplied>(reply(otto, ticket));
    EXPECT_EQ(by_staff.badge, Badge::operator_);
    EXPECT_EQ(by_staff.user, std::nullopt);
    EXPECT_EQ(by_staff.reply, ReplyId{4});
}

TEST_F(Tickets, AreReachedThroughTheirAccountAlone) {  // Rules E3, L2, L4, L7, L8, P9.
    EXPECT_EQ(code_of(reply(zoe.session, ticket)), "ticket.not_found");
    EXPECT_EQ(code_of(reply(zoe.session, TicketId{99})), "ticket.not_found");
    const auto otto = desk.make_admin("otto", Role::operator_);
    EXPECT_EQ(code_of(reply(otto, TicketId{99})), "ticket.not_found");
    const auto mia = desk.join(acme, "mia", pay_invoices);
    const auto denied = reply(mia.session, ticket);
    EXPECT_EQ(code_of(denied), "access.denied");
    EXPECT_EQ(denied.error().held, pay_invoices);
    ASSERT_TRUE(desk.as_system().ask(
        [&](Work& work) { return associate_user(work, acme, zoe.user, see_tickets); }));
    const auto elsewhere = reply(zoe.session, ticket);
    EXPECT_EQ(code_of(elsewhere), "session.other_account");
    EXPECT_EQ(elsewhere.error().other_account, acme);
    EXPECT_EQ(code_of(reply(desk.sign_in_again(zoe.user), ticket)), "session.account_required");
    const auto auditor = desk.make_admin("aud", Role::auditor);
    EXPECT_EQ(code_of(reply(auditor, ticket)), "access.role");
    EXPECT_EQ(code_of(desk.as_nobody().may(ticket_writers, ticket).ask(replying(ticket))),
              "session.required");
}

TEST_F(Tickets, OfNoAccountAreForStaffAlone) {
    const auto opened = the<TicketOpened>(receive(mail_from("gus@example.com")));
    EXPECT_EQ(opened.account, std::nullopt);
    EXPECT_EQ(code_of(reply(ada.session, opened.ticket)), "ticket.not_found");
    const auto otto = desk.make_admin("otto", Role::operator_);
    EXPECT_EQ(the<TicketReplied>(reply(otto, opened.ticket)).badge, Badge::operator_);
}

TEST_F(Tickets, MailIsFromWhoHasTheAddress) {  // Rules T6, T7, T8.
    const auto badge_of_mail = [&](const std::string& address) {
        auto mail = mail_from(address);
        mail.ticket = ticket;
        return the<TicketReplied>(receive(mail)).badge;
    };
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) {
        return add_contact(work, acme, {.email = email("office@acme.example")});
    }));
    EXPECT_EQ(badge_of_mail("ADA@example.com"), Badge::owner);
    EXPECT_EQ(badge_of_mail("bob@example.com"), Badge::authorized_user);
    EXPECT_EQ(badge_of_mail("Office@Acme.Example"), Badge::sub_account);
    EXPECT_EQ(badge_of_mail("zoe@example.com"), Badge::external_user);
    EXPECT_EQ(badge_of_mail("gus@example.com"), Badge::guest);
    (void)desk.make_admin("root", Role::administrator);
    EXPECT_EQ(badge_of_mail("root@staff.example"), Badge::guest) << "never staff";
}

TEST_F(Tickets, MailSaysNothingOfAUserThatIsKept) {  // Rules X9, X18.
    auto mail = mail_from("BOB@example.com");
    mail.ticket = ticket;
    const auto by_bob = the<TicketReplied>(receive(mail));
    EXPECT_EQ(by_bob.message.value, (Message{"Hello?", "", ""}));
    EXPECT_EQ(by_bob.user, Mention<UserId>{bob.user});
    EXPECT_EQ(by_bob.address, std::nullopt);
    mail.from = email("Gus@example.com");
    const auto by_gus = the<TicketReplied>(receive(mail));
    EXPECT_EQ(by_gus.message.value, (Message{"Hello?", "Gus", "Gus@example.com"}));
    EXPECT_EQ(by_gus.address, Mention<EmailKey>{desk.key_of("gus@example.com")});
}

TEST_F(Tickets, MailFindsItsTicketOrOpensOne) {
    auto mail = mail_from("gus@example.com");
    mail.account = acme;
    mail.subject = "Hm";
    const auto opened = the<TicketOpened>(receive(mail));
    EXPECT_EQ(opened.account, acme);
    EXPECT_EQ(opened.heading.value->subject, "Hm");
    mail.ticket = ticket;
    EXPECT_EQ(the<TicketReplied>(receive(mail)).ticket, ticket);
    mail.account = zoe.account;
    EXPECT_EQ(code_of(receive(mail)), "ticket.not_found") << "another account's";
    mail.ticket = TicketId{99};
    mail.account = std::nullopt;
    EXPECT_EQ(code_of(receive(mail)), "ticket.not_found");
    mail.ticket = std::nullopt;
    mail.account = AccountId{99};
    EXPECT_EQ(code_of(receive(mail)), "account.not_found");
    const auto otto = desk.make_admin("otto", Role::operator_);
    EXPECT_EQ(code_of(desk.as(otto).may(operators).ask(receiving(mail))), "access.role");
}

TEST_F(Tickets, OfAClosedAccountAreAnsweredByStaffAndNotOpened) {
    ASSERT_TRUE(desk.as_system().ask(
        [&](Work& work) { return update_account(work, acme, {{}, AccountStatus::closed}); }));
    const auto otto = desk.make_admin("otto", Role::operator_);
    EXPECT_TRUE(reply(otto, ticket));
    EXPECT_EQ(code_of(reply(ada.session, ticket)), "session.account_required");
    EXPECT_EQ(code_of(desk.as(otto).may(ticket_writers, acme).ask(opening(acme))),
              "account.closed");
    auto mail = mail_from("ada@example.com");
    mail.account = acme;
    EXPECT_EQ(code_of(receive(mail)), "account.closed");
    mail.ticket = ticket;
    EXPECT_TRUE(receive(mail)) << "mail to a ticket that is there is not lost";
}

TEST_F(Tickets, AreSealedUnderAKeyThatGoesWithTheAccount) {  // Rules E1, X9.
    ASSERT_TRUE(reply(bob.session, ticket));
    const auto lost = the<TicketOpened>(receive(mail_from("gus@example.com"))).ticket;
    std::string stored;
    (void)desk.log.read({}, SIZE_MAX, [&](const Stored& record) {
        stored += record.bytes;
        return true;
    });
    for (const auto* secret : {"canary", "Help", "gus@example.com", "Gus"})
        EXPECT_EQ(stored.find(secret), std::string::npos) << secret;
    EXPECT_TRUE(has_key(ticket));
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) { return delete_user(work, bob.user); }));
    const auto messages = [&] {
        std::vector<std::optional<Message>> list;
        for (const auto& record : desk.fold().records) {
            if (const auto* e = std::get_if<TicketReplied>(&record.event))
                list.push_back(e->message.value);
        }
        return list;
    };
    EXPECT_EQ(messages().front()->text, "Which canary?") << "what the deleted wrote stays";

    const auto deleted = desk.as_system().ask(
        [&](Work& work) { return delete_account(work, acme, DeleteAccount::Users::stay); });
    EXPECT_EQ(types_of(deleted), (Types{"ticket.deleted", "account.deleted"}));
    EXPECT_FALSE(has_key(ticket));
    EXPECT_TRUE(has_key(lost));
    EXPECT_FALSE(messages().front());
    EXPECT_EQ(desk.keyring.find(subject_of(ticket)).value(), std::nullopt);
    const auto otto = desk.make_admin("otto", Role::operator_);
    EXPECT_EQ(code_of(reply(otto, ticket)), "ticket.not_found");
}

TEST_F(Tickets, AreDeletedWithTheirKey) {  // Rule X18.
    const auto lost = the<TicketOpened>(receive(mail_from("gus@example.com"))).ticket;
    const auto root = desk.make_admin("root", Role::administrator);
    for (const auto id : {ticket, lost}) {
        const auto deletion = [&](Work& work) { return delete_ticket(work, id); };
        EXPECT_EQ(the<TicketDeleted>(desk.as(root).may(administrators).ask(deletion)).account,
                  id == ticket ? std::optional{acme} : std::nullopt);
        EXPECT_FALSE(has_key(id));
        const auto head = desk.log.head();
        EXPECT_TRUE(desk.as(root).may(administrators).ask(deletion));
        EXPECT_EQ(desk.log.head(), head);
    }
    // The account has it no more.
    const auto deleted = desk.as_system().ask(
        [&](Work& work) { return delete_account(work, acme, DeleteAccount::Users::stay); });
    EXPECT_EQ(types_of(deleted), Types{"account.deleted"});
}

TEST_F(Tickets, AreClosedOnce) {
    const auto closing = [&](Work& work) { return close_ticket(work, ticket); };
    EXPECT_EQ(types_of(desk.as(bob.session).may(ticket_writers, ticket).ask(closing)),
              Types{"ticket.closed"});
    const auto head = desk.log.head();
    EXPECT_TRUE(desk.as(ada.session).may(ticket_writers, ticket).ask(closing));
    EXPECT_EQ(desk.log.head(), head);
}

TEST(TicketsOfTwoServers, AReplyAndADeletionDoNotPassEachOther) {
    MemoryLog memory;
    RivalLog log{memory};
    Desk desk{log}, rival{memory};
    const auto ada = desk.register_with_account("ada");
    const auto ticket =
        the<TicketOpened>(
            desk.as(ada.session).may(ticket_writers, ada.account).ask(opening(ada.account)))
            .ticket;
    int appends = 0;
    log.before = [&] {
        if (++appends == 1) {
            EXPECT_TRUE(rival.as(ada.session).may(ticket_writers, ticket).ask(replying(ticket)));
        }
    };
    EXPECT_TRUE(desk.as_system().ask(
        [&](Work& work) { return delete_account(work, ada.account, DeleteAccount::Users::stay); }));
    EXPECT_EQ(appends, 2) << "it is decided again on what was written meanwhile";
    const auto world = desk.fold();
    EXPECT_EQ(world.tickets.at(ticket).replies, 2U);
    EXPECT_FALSE(world.tickets.at(ticket).present());
}

}  // namespace muster::tickets_test
