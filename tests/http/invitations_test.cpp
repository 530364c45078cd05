// Invitations: sending, listing, and what the holder of a link does.

#include <barrier>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::invitations_test {

using namespace std::chrono_literals;

struct Invitations : testing::Test {
    Reply invite(Visitor& sender, const std::string& email, const Json& permissions = "all") {
        return sender.post(path, {{"email", email}, {"permissions", permissions}});
    }
    // The link of a fresh invitation.
    std::string invited(const std::string& email, const Json& permissions = {"tickets"}) {
        const auto reply = invite(ada, email, permissions);
        EXPECT_EQ(reply.status, 201) << reply;
        return house.link_to(email);
    }
    std::string invitation(std::uint64_t id, const std::string& rest = "") const {
        return path + "/" + std::to_string(id) + rest;
    }
    Reply look(const std::string& link) { return nobody.get("/v1/invitations/" + link); }
    Reply accept(Visitor& who, const std::string& link, const Json& body = Json::object()) {
        return who.post("/v1/invitations/" + link + "/acceptance", body);
    }
    static Json registering(const std::string& name) {
        return {{"register",
                 {{"first_name", name},
                  {"last_name", "New"},
                  {"email", name + "@example.com"},
                  {"password", good_password}}}};
    }
    Json listed(const std::string& query = "") { return ada.get(path + query).body.at("items"); }
    template <class Request>
    Reply without_effect(Request&& request) {
        const auto head = house.head();
        auto reply = request();
        EXPECT_EQ(house.head(), head) << reply;
        return reply;
    }

    House house;
    Visitor& root = house.root();
    Visitor nobody = house.visitor();
    Visitor ada = house.person("ada", {{"company_name", "Acme"}});
    Visitor bob = house.person("bob");
    std::string path = account_path(ada.account(), "/invitations");
};

// Rules I3, I4, I5, I9.
TEST_F(Invitations, AnInvitationIsSentListedAndMailed) {
    const auto sent = invite(ada, "Carol@Example.com", {"orders", "tickets"});
    EXPECT_EQ(sent.status, 201);
    EXPECT_EQ(sent.body, (Json{{"id", 1},
                               {"email", "Carol@Example.com"},
                               {"permissions", {"tickets", "orders"}},
                               {"sent_at", "2026-05-01T12:00:00.000Z"},
                               {"expires_at", "2026-05-08T12:00:00.000Z"},
                               {"status", "pending"}}));
    EXPECT_EQ(listed(), Json::array({sent.body}));
    EXPECT_EQ(root.get(path).body.at("items"), Json::array({sent.body}));
    const auto link = house.link_to("Carol@Example.com");
    EXPECT_FALSE(sent.text.contains(link));
    EXPECT_FALSE(root.get(path).text.contains(link));
    const auto mail = root.get("/v1/outbox").body.at("items")[0];
    EXPECT_EQ(mail.at("kind"), "invitation");
    EXPECT_EQ(mail.at("to"), "Carol@Example.com");
    EXPECT_TRUE(mail.at("subject").get<std::string>().contains("Acme"));
    EXPECT_TRUE(
        mail.at("text").get<std::string>().contains("https://muster.example/invitations/" + link));
    EXPECT_TRUE(mail.contains("state") && mail.contains("tries") && mail.contains("last_error"));
    EXPECT_EQ(mail.at("created_at"), "2026-05-01T12:00:00.000Z");
    // Who may change nothing gets no link that changes something. Rule A8.
    const auto kept = house.staff("auditor").get("/v1/outbox");
    EXPECT_EQ(kept.body.at("items")[0].at("subject"), mail.at("subject"));
    EXPECT_FALSE(kept.body.at("items")[0].contains("text"));
    EXPECT_FALSE(house.key("auditor").get("/v1/outbox").text.contains(link));
    EXPECT_TRUE(house.staff("operator").get("/v1/outbox").text.contains(link));

    EXPECT_EQ(look(link).body, (Json{{"account_name", "Acme"},
                                     {"sender_name", "ada Example"},
                                     {"permissions", {"tickets", "orders"}},
                                     {"expires_at", "2026-05-08T12:00:00.000Z"}}));
    // Rule I2: by an admin, in whose name it is.
    EXPECT_EQ(invite(root, "dave@example.com").status, 201);
    EXPECT_EQ(look(house.link_to("dave@example.com")).body.at("sender_name"), "Root");
}

// Rules I20, I21, I22, I23, I30.
TEST_F(Invitations, WhatCannotBeInvitedIsRefused) {
    const auto first = invite(ada, "carol@example.com", {"tickets"});
    const auto refused = [&](const std::string& email, const Json& permissions) {
        return without_effect([&] { return invite(ada, email, permissions); });
    };
    const auto pending = refused(" CAROL@example.com", "all");
    EXPECT_EQ(pending.code(), "invitation.pending");
    EXPECT_EQ(pending.body.at("invitation_id"), first.body.at("id"));
    EXPECT_EQ(pending.flaw(), "");
    EXPECT_EQ(refused("d@example.com", Json::array()).code(), "permissions.empty");
    EXPECT_EQ(refused("d@example.com", {"tickets", "fly"}).code(), "permissions.unknown");
    EXPECT_EQ(refused("d@example.com", "most").code(), "request.invalid");
    EXPECT_EQ(refused("no address", "all").code(), "request.invalid");
    EXPECT_EQ(refused("ada@example.com", "all").code(), "account.already_associated");
    // An address that a user has, and one that nobody has, are answered alike.
    const auto user = invite(ada, "bob@example.com", {"tickets"}).body;
    const auto other = invite(ada, "xyz@example.com", {"tickets"}).body;
    EXPECT_EQ(user.size(), other.size());
    EXPECT_EQ(user.at("status"), other.at("status"));
    // The same address may be invited to another account.
    EXPECT_EQ(bob.post(account_path(bob.account(), "/invitations"),
                       {{"email", "carol@example.com"}, {"permissions", "all"}})
                  .status,
              201);
}

// Rules I11, I12, I13, I27, L9, P15.
TEST_F(Invitations, SomebodySignedInAcceptsWithAnyAddress) {
    const auto link = invited("somebody.else@example.com", {"tickets", "emails"});
    const auto accepted = accept(bob, link);
    ASSERT_EQ(accepted.status, 200) << accepted;
    EXPECT_EQ(accepted.body.at("user").at("id"), bob.id());
    EXPECT_EQ(accepted.body.at("user").at("email_verified"), false);
    EXPECT_EQ(accepted.body.at("account").at("id"), ada.account());
    EXPECT_EQ(accepted.body.at("account").at("permissions"), (Json{"tickets", "emails"}));
    EXPECT_EQ(accepted.body.at("account").at("is_owner"), false);
    EXPECT_FALSE(accepted.body.contains("token"));
    EXPECT_EQ(bob.get("/v1/session").body.at("account").at("id"), bob.account());  // As before.
    EXPECT_EQ(listed(), Json::array());
    EXPECT_EQ(listed("?status=all")[0].at("status"), "accepted");
    EXPECT_EQ(look(link).code(), "invitation.not_found");
    // By the same person again: already so. Rule I17.
    EXPECT_EQ(without_effect([&] { return accept(bob, link); }).status, 200);
    auto carol = house.person("carol");
    EXPECT_EQ(accept(carol, link).code(), "invitation.not_found");
    EXPECT_EQ(accept(nobody, link).code(), "session.required");
    EXPECT_EQ(accept(nobody, link, registering("dave")).code(), "invitation.not_found");
}

TEST_F(Invitations, AcceptingChoosesTheAccountWhereNoneIs) {
    auto carol = house.person("carol");
    root.del(account_path(carol.account()));
    accept(carol, invited("carol@example.com"));
    EXPECT_EQ(carol.get("/v1/session").body.at("account").at("id"), ada.account());
}

// Rules I10, L6.
TEST_F(Invitations, SomebodyAcceptsBySigningIn) {
    const auto link = invited("bob@example.com");
    const auto wrong =
        accept(nobody, link, {{"sign_in", {{"email", "bob@example.com"}, {"password", "wrong"}}}});
    EXPECT_EQ(wrong.code(), "session.invalid_credentials");
    const Json credentials{{"email", "bob@example.com"}, {"password", good_password}};
    const auto accepted = accept(nobody, link, {{"sign_in", credentials}});
    ASSERT_EQ(accepted.status, 200) << accepted;
    EXPECT_TRUE(accepted.header("Set-Cookie").starts_with("muster_session="));
    auto session = house.visitor(accepted.body.at("token"));
    EXPECT_EQ(session.get("/v1/me").body.at("id"), bob.id());
    EXPECT_EQ(session.get("/v1/me/accounts").body.at("items").size(), 2U);
    EXPECT_EQ(accepted.body.at("account").at("id"), ada.account());
}

// Rules I10, I13, I14, I15, I12.
TEST_F(Invitations, SomebodyAcceptsByRegistering) {
    const auto link = invited("carol@example.com", {"emails"});
    const auto taken = without_effect([&] { return accept(nobody, link, registering("bob")); });
    EXPECT_EQ(taken.code(), "user.email_taken");
    EXPECT_EQ(look(link).status, 200);  // Still usable.
    const auto accepted = accept(nobody, link, registering("caroline"));
    ASSERT_EQ(accepted.status, 200) << accepted;
    EXPECT_EQ(accepted.body.at("user").at("email"), "caroline@example.com");
    EXPECT_EQ(accepted.body.at("user").at("email_verified"), false);
    EXPECT_EQ(accepted.body.at("user").at("account_count"), 1);  // No account of her own.
    EXPECT_EQ(accepted.body.at("account").at("permissions"), Json{"emails"});
    auto carol = house.visitor(accepted.body.at("token"));
    EXPECT_EQ(carol.get("/v1/session").body.at("account").at("id"), ada.account());
    EXPECT_EQ(root.get("/v1/accounts?total=true").body.at("total"), 2);
    EXPECT_EQ(accept(nobody, link, registering("dora")).code(), "invitation.not_found");
    EXPECT_EQ(root.get("/v1/users?search=dora").body.at("items"), Json::array());
}

TEST_F(Invitations, OneWayOfAcceptingIsEnough) {
    const auto link = invited("carol@example.com");
    auto both = registering("carol");
    both["sign_in"] = {{"email", "bob@example.com"}, {"password", good_password}};
    EXPECT_EQ(accept(nobody, link, both).code(), "request.invalid");
    EXPECT_EQ(accept(nobody, link, {{"register", 7}}).code(), "request.invalid");
    const auto inner =
        accept(nobody, link, {{"register", {{"first_name", "A"}, {"e-mail", "a@example.com"}}}});
    EXPECT_EQ(inner.code(), "request.invalid");
    EXPECT_TRUE(inner.text.contains("\"/register/e-mail\""));
    EXPECT_TRUE(inner.text.contains("\"/register/last_name\""));
    EXPECT_EQ(look(link).status, 200);
    EXPECT_EQ(accept(root, link).code(), "access.role");
}

// Rule I24.
TEST_F(Invitations, WhoHasAccessAlreadySpendsNothing) {
    house.associate(ada, bob, {"emails"});
    const auto link = invited("carol@example.com", "all");
    EXPECT_EQ(without_effect([&] { return accept(bob, link); }).code(),
              "account.already_associated");
    EXPECT_EQ(without_effect([&] { return accept(ada, link); }).code(),
              "account.already_associated");
    EXPECT_EQ(without_effect([&] {
                  return accept(
                      nobody, link,
                      {{"sign_in", {{"email", "bob@example.com"}, {"password", good_password}}}});
              }).code(),
              "account.already_associated");
    EXPECT_EQ(look(link).status, 200);
    EXPECT_EQ(ada.get(account_path(ada.account(), "/users")).body.at("items")[1].at("permissions"),
              Json{"emails"});
}

// Rule I16.
TEST_F(Invitations, EveryDeadLinkGetsOneAnswer) {
    const auto used = invited("used@example.com");
    accept(bob, used);
    const auto cancelled = invited("cancelled@example.com");
    ada.del(invitation(2));
    const auto resent = invited("resent@example.com");
    ada.post(invitation(3, "/resend"));
    const auto expired = invited("expired@example.com");
    house.pass(7 * 24h);
    house.root();
    const auto alive = invited("alive@example.com");

    auto carol = house.person("carol");
    const auto unknown = look("mi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    EXPECT_EQ(unknown.code(), "invitation.not_found");
    EXPECT_EQ(unknown.flaw(), "");
    const auto alike = [](const Reply& one, const Reply& other) {
        auto left = one.body;
        auto right = other.body;
        left.erase("trace_id");
        right.erase("trace_id");
        return left == right;
    };
    std::vector<std::string> dead{
        used, cancelled, resent, expired,    ada.token(), house.root().token(),
        "x",  "%00",     "mi_",  alive + "A"};
    for (std::size_t n = 0; n < alive.size(); ++n) {
        auto changed = alive;
        changed[n] = changed[n] == 'Q' ? 'g' : 'Q';
        dead.push_back(changed);
    }
    for (const auto& link : dead) {
        if (link == "%00") continue;  // No path at all.
        EXPECT_TRUE(alike(look(link), unknown)) << link << look(link);
        EXPECT_TRUE(alike(without_effect([&] { return accept(carol, link); }), unknown)) << link;
        EXPECT_TRUE(alike(without_effect([&] { return accept(nobody, link, registering("eve")); }),
                          unknown))
            << link;
    }
    EXPECT_EQ(look(alive).status, 200);
}

// Rules I4, I18, I21.
TEST_F(Invitations, ResendingMakesANewLinkAndRevivesAnExpiredOne) {
    const auto first = invited("carol@example.com");
    house.pass(24h);
    const auto resent = ada.post(invitation(1, "/resend"));
    EXPECT_EQ(resent.status, 200);
    EXPECT_EQ(resent.body.at("id"), 1);
    EXPECT_EQ(resent.body.at("sent_at"), "2026-05-02T12:00:00.000Z");
    EXPECT_EQ(resent.body.at("expires_at"), "2026-05-09T12:00:00.000Z");
    const auto second = house.link_to("carol@example.com");
    EXPECT_NE(first, second);
    EXPECT_EQ(look(first).code(), "invitation.not_found");
    house.pass(7 * 24h - 1ms);
    EXPECT_EQ(look(second).status, 200);
    house.pass(1ms);
    EXPECT_EQ(look(second).code(), "invitation.not_found");
    EXPECT_EQ(accept(bob, second).code(), "invitation.not_found");
    EXPECT_EQ(listed()[0].at("status"), "expired");
    EXPECT_EQ(house.root().post(invitation(1, "/resend")).body.at("status"), "pending");
    EXPECT_EQ(accept(bob, house.link_to("carol@example.com")).status, 200);
    EXPECT_EQ(ada.post(invitation(1, "/resend")).code(), "invitation.accepted");
    EXPECT_EQ(ada.post(invitation(4711, "/resend")).code(), "invitation.not_found");
    EXPECT_EQ(ada.post(invitation(1, "/resend"), {{"x", 1}}).code(), "request.invalid");
    EXPECT_EQ(root.get("/v1/outbox?total=true").body.at("total"), 3);
}

TEST_F(Invitations, AnExpiredOneStandsInNobodysWay) {
    invited("carol@example.com");
    house.pass(8 * 24h);
    const auto anew = invite(ada, "carol@example.com");
    EXPECT_EQ(anew.status, 201);
    EXPECT_EQ(listed().size(), 1U);
    EXPECT_EQ(listed()[0].at("id"), anew.body.at("id"));
}

// Rule I19.
TEST_F(Invitations, CancellingTakesTheRowAway) {
    const auto link = invited("carol@example.com");
    EXPECT_EQ(ada.del(invitation(1)).status, 204);
    EXPECT_EQ(listed(), Json::array());
    EXPECT_EQ(listed("?status=all")[0].at("status"), "cancelled");
    EXPECT_EQ(look(link).code(), "invitation.not_found");
    EXPECT_EQ(without_effect([&] { return ada.del(invitation(1)); }).status, 204);  // Already so.
    EXPECT_EQ(ada.post(invitation(1, "/resend")).code(), "invitation.not_found");
    EXPECT_EQ(ada.del(invitation(4711)).code(), "invitation.not_found");
    accept(bob, invited("dave@example.com"));
    EXPECT_EQ(without_effect([&] { return ada.del(invitation(2)); }).code(), "invitation.accepted");
    EXPECT_EQ(ada.get(path + "?status=dead").code(), "request.invalid");
    // Of another account: not there.
    invited("erin@example.com");
    EXPECT_EQ(bob.del(account_path(bob.account(), "/invitations/3")).code(),
              "invitation.not_found");
    EXPECT_EQ(listed().size(), 1U);
}

// Rule I25.
TEST_F(Invitations, AnInvitationOutlivesItsSender) {
    const auto link = invited("carol@example.com");
    house.associate(ada, bob, {"emails"});
    root.put(account_path(ada.account(), "/owner"), {{"user_id", bob.id()}});
    root.del(account_path(ada.account(), "/users/" + std::to_string(ada.id())));
    EXPECT_EQ(look(link).status, 200);
    auto carol = house.person("carol");
    EXPECT_EQ(accept(carol, link).status, 200);
}

// Rule I17.
TEST_F(Invitations, OfManyWhoRaceForALinkOneWins) {
    for (int round = 0; round < 3; ++round) {
        const auto number = std::to_string(round);
        const auto link = invited("race" + number + "@example.com");
        constexpr std::size_t callers = 6;
        std::vector<Visitor> racers;
        for (std::size_t n = 0; n < callers; ++n)
            racers.push_back(house.person("racer" + number + std::to_string(n)));
        std::vector<Reply> replies(callers);
        std::barrier start{static_cast<std::ptrdiff_t>(callers)};
        {
            std::vector<std::jthread> threads;
            for (std::size_t n = 0; n < callers; ++n) {
                threads.emplace_back([&, n] {
                    const auto body = n % 2 == 0 ? Json::object()
                                                 : registering("new" + number + std::to_string(n));
                    auto anonymous = house.visitor();
                    auto& who = n % 2 == 0 ? racers[n] : anonymous;
                    start.arrive_and_wait();
                    replies[n] = accept(who, link, body);
                });
            }
        }
        int won = 0;
        for (const auto& reply : replies) {
            if (reply.status == 200) {
                ++won;
            } else {
                EXPECT_EQ(reply.code(), "invitation.not_found") << reply;
            }
        }
        EXPECT_EQ(won, 1);
    }
    EXPECT_EQ(ada.get(account_path(ada.account(), "/users")).body.at("items").size(), 4U);
    EXPECT_EQ(root.get("/v1/users?search=new").body.at("items").size(),
              4U - 1U -
                  static_cast<std::size_t>(std::ranges::count_if(
                      ada.get(account_path(ada.account(), "/users")).body.at("items"),
                      [](const Json& user) {
                          return user.at("first_name").get<std::string>().starts_with("racer");
                      })));
}

}  // namespace muster::http::invitations_test
