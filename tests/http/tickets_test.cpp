// Tickets over HTTP: who sees and answers them, badges then and now, mail that comes in.

#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::tickets_test {

using namespace std::chrono_literals;

struct Tickets : testing::Test {
    void SetUp() override {
        house.associate(ada, bob, {"tickets"});
        bob.put("/v1/session/account", {{"account_id", ada.account()}});
    }
    // Ada opens one.
    std::uint64_t opened() {
        const auto reply = ada.post(path, help);
        EXPECT_EQ(reply.status, 201) << reply;
        return reply.body.at("id");
    }
    static std::string one(std::uint64_t id, const std::string& rest = "") {
        return path_of("tickets", id, rest);
    }
    Reply reply(Visitor& who, std::uint64_t id, const std::string& message = "Still.") {
        return who.post(one(id, "/replies"), {{"message", message}});
    }
    Reply mail(const std::string& from, Json more = Json::object()) {
        more["from_email"] = from;
        more["message"] = "Hello?";
        return gate.post("/v1/tickets/inbound", more);
    }
    // Of every reply of a ticket, as staff see it.
    std::vector<std::string> all_of(std::uint64_t id, const char* member) {
        std::vector<std::string> list;
        const auto ticket = root.get(one(id)).body;
        for (const auto& each : ticket.at("replies"))
            list.push_back(each.at(member));
        return list;
    }
    template <class Request>
    Reply without_effect(Request&& request) {
        const auto head = house.head();
        auto answer = request();
        EXPECT_EQ(house.head(), head) << answer;
        return answer;
    }
    using Texts = std::vector<std::string>;

    House house;
    Visitor& root = house.root();
    Visitor ada = house.person("ada", {{"company_name", "Acme"}});
    Visitor bob = house.person("bob");
    Visitor cleo = house.person("cleo");
    Visitor gate = house.key("operator");
    std::string path = account_path(ada.account(), "/tickets");
    const Json help{{"subject", "Help"}, {"message", "It is broken.\n\tAll of it."}};
};

// Rules T5, T6, T9.
TEST_F(Tickets, ATicketIsOpenedReadAndAnswered) {
    const auto made = bob.post(path, help);
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.body, (Json{{"id", 1},
                               {"account_id", ada.account()},
                               {"subject", "Help"},
                               {"status", "open"},
                               {"opened_at", "2026-05-01T12:00:00.000Z"},
                               {"last_reply_at", "2026-05-01T12:00:00.000Z"},
                               {"reply_count", 1},
                               {"replies", Json::array({{{"id", 1},
                                                         {"at", "2026-05-01T12:00:00.000Z"},
                                                         {"message", "It is broken.\n\tAll of it."},
                                                         {"badge", "authorized_user"},
                                                         {"badge_now", "authorized_user"},
                                                         {"from",
                                                          {{"kind", "user"},
                                                           {"id", bob.id()},
                                                           {"name", "bob Example"},
                                                           {"email", "bob@example.com"}}}}})}}));
    // Everybody with the permission sees and answers it.
    house.pass(1min);
    EXPECT_EQ(ada.get(one(1)).body, made.body);
    const auto adas = reply(ada, 1);
    ASSERT_EQ(adas.status, 201) << adas;
    EXPECT_EQ(adas.body.at("id"), 2);
    EXPECT_EQ(adas.body.at("badge"), "owner");
    EXPECT_EQ(bob.get(one(1)).body.at("status"), "customer_reply");
    const auto roots = reply(root, 1, "Have you tried turning it off?");
    EXPECT_EQ(roots.body.at("badge"), "operator");
    EXPECT_EQ(roots.body.at("badge_now"), "operator");
    EXPECT_EQ(roots.body.at("from"),
              (Json{{"kind", "admin"}, {"id", root.id()}, {"name", "Root"}}));
    EXPECT_EQ(reply(gate, 1).body.at("from"),
              (Json{{"kind", "api_key"}, {"id", gate.id()}, {"name", "API key operator key"}}));

    const auto now = bob.get(one(1)).body;
    EXPECT_EQ(now.at("status"), "answered");
    EXPECT_EQ(now.at("last_reply_at"), "2026-05-01T12:01:00.000Z");
    EXPECT_EQ(now.at("replies").size(), 4U);
    auto row = now;
    row.erase("replies");
    EXPECT_EQ(ada.get(path).body, (Json{{"items", Json::array({row})}, {"next", nullptr}}));
    EXPECT_EQ(root.get("/v1/tickets").body.at("items"), Json::array({row}));
}

TEST_F(Tickets, WhatIsWrittenHasItsBounds) {
    const auto refused = [&](const Json& body, const std::string& pointer) {
        const auto answer = without_effect([&] { return ada.post(path, body); });
        EXPECT_EQ(answer.code(), "request.invalid") << body;
        EXPECT_EQ(answer.body.at("errors")[0].at("pointer"), pointer) << answer;
    };
    const auto with = [&](const char* name, const Json& value) {
        auto body = help;
        body[name] = value;
        return body;
    };
    for (const auto* subject : {"", " ", "two\nlines", "two\rlines", "a\tb", "a\x1b", "a\u0085b",
                                "a\u009bb", "a\u2028b", "a\u2029b"})
        refused(with("subject", subject), "/subject");
    refused(with("subject", std::string(256, 'x')), "/subject");
    for (const auto* message : {"", " \n\t ", "a\x01", "a\x7f", "a\u0085", "a\u0090b"})
        refused(with("message", message), "/message");
    refused(with("message", std::string(49'153, 'x')), "/message");
    refused({{"subject", "x"}}, "/message");
    refused({{"message", "x"}}, "/subject");
    refused(with("status", "closed"), "/status");
    EXPECT_EQ(ada.post(path, with("message", std::string(49'152, 'x'))).status, 201);
    const std::string odd = "a\r\nb\u2028c\u202e\U0001F98A <script>";
    const auto taken = ada.post(path, with("message", odd));
    EXPECT_EQ(taken.body.at("replies")[0].at("message"), odd);
    EXPECT_EQ(ada.post(one(1, "/replies"), {{"message", ""}}).code(), "request.invalid");
}

// Rules E3, L2, L4, L7, L8, P9.
TEST_F(Tickets, ATicketIsReachedThroughItsAccount) {
    const auto id = opened();
    for (auto* who : {&ada, &bob, &root})
        EXPECT_EQ(who->get(one(id)).status, 200);
    EXPECT_EQ(cleo.get(one(id)).code(), "ticket.not_found");
    EXPECT_EQ(cleo.get(one(4711)).code(), "ticket.not_found");
    EXPECT_EQ(without_effect([&] { return reply(cleo, id); }).code(), "ticket.not_found");
    EXPECT_EQ(house.visitor().get(one(id)).code(), "session.required");

    house.associate(ada, cleo, {"invoices"});
    for (const auto& answer : {cleo.get(one(id)), reply(cleo, id)}) {
        EXPECT_EQ(answer.code(), "session.other_account");
        EXPECT_EQ(answer.body.at("account").at("id"), ada.account());
        EXPECT_EQ(answer.body.at("account").at("name"), "Acme");
    }
    EXPECT_EQ(house.signed_in("cleo").get(one(id)).code(), "session.account_required");
    cleo.put("/v1/session/account", {{"account_id", ada.account()}});
    for (const auto& answer : {cleo.get(one(id)), reply(cleo, id), cleo.get(path)}) {
        EXPECT_EQ(answer.code(), "access.denied");
        EXPECT_EQ(answer.body.at("permissions"), Json{"invoices"});
    }
    EXPECT_EQ(cleo.get("/v1/tickets").code(), "access.role");
    EXPECT_EQ(house.staff("auditor").get(one(id)).status, 200);
    auto auditor = house.staff("auditor");
    EXPECT_EQ(reply(auditor, id).code(), "access.role");
}

// Rules T6, T7, T8.
TEST_F(Tickets, MailIsFromWhoHasTheAddress) {
    const auto id = opened();
    ada.post(account_path(ada.account(), "/contacts"), {{"email", "office@acme.example"}});
    for (const auto* from : {"ADA@example.com", "bob@example.com", "Office@acme.example",
                             "cleo@example.com", "gus@example.com", "root@example.com"})
        EXPECT_EQ(mail(from, {{"ticket_id", id}}).status, 201) << from;
    EXPECT_EQ(all_of(id, "badge"), (Texts{"owner", "owner", "authorized_user", "sub_account",
                                          "external_user", "guest", "guest"}));
    EXPECT_EQ(all_of(id, "badge_now"), all_of(id, "badge"));
    const auto seen = ada.get(one(id)).body;
    EXPECT_EQ(seen.at("status"), "customer_reply");
    EXPECT_EQ(seen.at("replies")[2].at("from").at("id"), bob.id());
    EXPECT_EQ(seen.at("replies")[3].at("from"),
              (Json{{"kind", "email"}, {"email", "Office@acme.example"}}));
    // Another user's address is for staff.
    EXPECT_EQ(seen.at("replies")[4].at("from"),
              (Json{{"kind", "user"}, {"id", cleo.id()}, {"name", "cleo Example"}}));
    EXPECT_EQ(root.get(one(id)).body.at("replies")[4].at("from").at("email"), "cleo@example.com");
}

// Rule T9.
TEST_F(Tickets, TheBadgeStaysAndTodaysIsBesideIt) {
    const auto id = opened();
    reply(bob, id);
    mail("gus@example.com", {{"ticket_id", id}, {"from_name", "Gus"}});
    root.put(account_path(ada.account(), "/owner"), {{"user_id", bob.id()}});
    EXPECT_EQ(all_of(id, "badge"), (Texts{"owner", "authorized_user", "guest"}));
    EXPECT_EQ(all_of(id, "badge_now"), (Texts{"authorized_user", "owner", "guest"}));
    root.del(account_path(ada.account(), "/users/" + std::to_string(ada.id())));
    const auto gus = house.person("gus");
    EXPECT_EQ(all_of(id, "badge_now"), (Texts{"external_user", "owner", "external_user"}));
    root.post(account_path(ada.account(), "/contacts"), {{"email", "ada@example.com"}});
    EXPECT_EQ(all_of(id, "badge_now"), (Texts{"sub_account", "owner", "external_user"}));
    root.post(account_path(ada.account(), "/users"),
              {{"user_id", gus.id()}, {"permissions", {"emails"}}});
    EXPECT_EQ(all_of(id, "badge_now"), (Texts{"sub_account", "owner", "authorized_user"}));
    EXPECT_EQ(all_of(id, "badge"), (Texts{"owner", "authorized_user", "guest"}));
}

// Rules X9, X10.
TEST_F(Tickets, WhatADeletedUserWroteStays) {
    const auto id = opened();
    reply(bob, id, "Bob was here.");
    mail("bob@example.com", {{"ticket_id", id}, {"from_name", "Bobby Tables"}});
    root.del(account_path(bob.account()));
    root.del(account_path(ada.account(), "/users/" + std::to_string(bob.id())));
    ASSERT_EQ(root.del(user_path(bob.id())).status, 204);
    const auto seen = ada.get(one(id));
    const auto& written = seen.body.at("replies")[1];
    EXPECT_EQ(written.at("message"), "Bob was here.");
    EXPECT_EQ(written.at("badge"), "authorized_user");
    EXPECT_EQ(written.at("badge_now"), "guest");
    EXPECT_EQ(written.at("from"), (Json{{"kind", "user"},
                                        {"id", bob.id()},
                                        {"name", "deleted user #" + std::to_string(bob.id())}}));
    EXPECT_EQ(seen.body.at("replies")[2].at("from"), written.at("from"));
    for (const auto& text : {seen.text, root.get(one(id)).text})
        EXPECT_FALSE(text.contains("bob@") || text.contains("Bobby")) << text;
    // Whoever takes the address is somebody else.
    const auto another = house.person("bob");
    EXPECT_EQ(all_of(id, "badge_now"), (Texts{"owner", "guest", "guest"}));
}

TEST_F(Tickets, MailWithoutAnAccountIsForStaffAlone) {
    const auto made = mail("gus@example.com", {{"subject", "Where?"}});
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.body.at("account_id"), nullptr);
    EXPECT_EQ(made.body.at("subject"), "Where?");
    EXPECT_EQ(made.body.at("replies")[0].at("badge"), "guest");
    const auto id = made.body.at("id").get<std::uint64_t>();
    EXPECT_EQ(root.get(one(id)).status, 200);
    EXPECT_EQ(reply(root, id).status, 201);
    EXPECT_EQ(ada.get(one(id)).code(), "ticket.not_found");
    EXPECT_EQ(ada.get(path).body.at("items"), Json::array());
    EXPECT_EQ(root.get("/v1/tickets").body.at("items")[0].at("id"), id);
    EXPECT_EQ(mail("ada@example.com").body.at("replies")[0].at("badge"), "external_user");
}

TEST_F(Tickets, MailIsTakenFromApiKeysAlone) {
    const Json body{{"from_email", "gus@example.com"}, {"message", "Hello?"}};
    for (auto* who : {&root, &ada})
        EXPECT_EQ(without_effect([&] { return who->post("/v1/tickets/inbound", body); }).code(),
                  "access.role");
    EXPECT_EQ(house.visitor().post("/v1/tickets/inbound", body).code(), "session.required");
    EXPECT_EQ(house.key("auditor").post("/v1/tickets/inbound", body).code(), "access.role");
    EXPECT_EQ(house.key("administrator").post("/v1/tickets/inbound", body).status, 201);
}

TEST_F(Tickets, MailThatFitsNothingIsRefused) {
    const auto id = opened();
    const auto refused = [&](const std::string& from, const Json& more) {
        return without_effect([&] { return mail(from, more); }).code();
    };
    EXPECT_EQ(refused("gus@example.com", {{"ticket_id", 4711}}), "ticket.not_found");
    EXPECT_EQ(refused("gus@example.com", {{"account_id", 4711}}), "account.not_found");
    EXPECT_EQ(refused("gus@example.com", {{"ticket_id", id}, {"account_id", cleo.account()}}),
              "ticket.not_found");
    EXPECT_EQ(refused("gus", Json::object()), "request.invalid");
    EXPECT_EQ(refused("", Json::object()), "request.invalid");
    EXPECT_EQ(refused("gus@example.com", {{"subject", "a\nb"}}), "request.invalid");
    EXPECT_EQ(refused("gus@example.com", {{"from_name", "a\nb"}}), "request.invalid");
    EXPECT_EQ(refused("gus@example.com", {{"ticket_id", 0}}), "request.invalid");
    EXPECT_EQ(mail("gus@example.com", {{"ticket_id", id}, {"account_id", ada.account()}}).status,
              201);
}

// A closed account takes no tickets.
TEST_F(Tickets, AClosedAccountOpensNone) {
    const auto id = opened();
    root.post(account_path(ada.account(), "/close"));
    EXPECT_EQ(without_effect([&] { return root.post(path, help); }).code(), "account.closed");
    EXPECT_EQ(without_effect([&] {
                  return mail("gus@example.com", {{"account_id", ada.account()}});
              }).code(),
              "account.closed");
    EXPECT_EQ(ada.get(one(id)).code(), "session.account_required");
    EXPECT_EQ(reply(root, id).status, 201);
    EXPECT_EQ(mail("ada@example.com", {{"ticket_id", id}}).status, 201);
}

TEST_F(Tickets, ATicketIsClosedAndOpenAgainWithTheNextReply) {
    const auto id = opened();
    const auto closed = bob.post(one(id, "/close"));
    EXPECT_EQ(closed.status, 200) << closed;
    EXPECT_EQ(closed.body.at("status"), "closed");
    EXPECT_EQ(without_effect([&] { return root.post(one(id, "/close")); }).status, 200);
    EXPECT_EQ(ada.get(path + "?status=closed").body.at("items").size(), 1U);
    EXPECT_EQ(ada.get(path + "?status=open").body.at("items"), Json::array());
    reply(root, id);
    EXPECT_EQ(ada.get(one(id)).body.at("status"), "answered");
    EXPECT_EQ(ada.get(path + "?status=shut").code(), "request.invalid");
    EXPECT_EQ(root.post(one(4711, "/close")).code(), "ticket.not_found");
    EXPECT_EQ(cleo.post(one(id, "/close")).code(), "ticket.not_found");
}

TEST_F(Tickets, ListsHavePages) {
    for (int n = 0; n < 3; ++n)
        opened();
    mail("gus@example.com");
    const auto page = ada.get(path + "?limit=2&total=true");
    EXPECT_EQ(page.body.at("total"), 3);
    EXPECT_EQ(page.body.at("items")[0].at("id"), 3);
    const auto cursor = page.body.at("next").get<std::string>();
    EXPECT_EQ(ada.get(path + "?limit=2&cursor=" + cursor).body.at("items")[0].at("id"), 1);
    EXPECT_EQ(root.get("/v1/tickets?total=true").body.at("total"), 4);
    EXPECT_EQ(root.get("/v1/tickets?cursor=" + cursor).code(), "request.invalid");
}

TEST_F(Tickets, TheETagIsTheTicketsAndTheAnswers) {
    const auto id = opened();
    const auto read = ada.get(one(id));
    ASSERT_FALSE(read.header("ETag").empty());
    EXPECT_EQ(ada.get(one(id), {{"If-None-Match", read.header("ETag")}}).status, 304);
    ada.patch("/v1/me", {{"first_name", "Augusta"}});  // The answer names its writers.
    EXPECT_EQ(ada.get(one(id), {{"If-None-Match", read.header("ETag")}}).status, 200);
    reply(root, id);
    EXPECT_EQ(ada.post(one(id, "/close"), nullptr, {{"If-Match", read.header("ETag")}}).code(),
              "request.stale");
}

TEST_F(Tickets, AnAdministratorDeletesOne) {  // Rule X18.
    const auto lost = mail("gus@example.com", {{"subject", "Where is my canary?"}}).body.at("id");
    const auto id = opened();
    const auto kept = opened();
    const auto stale = root.del(one(id), {{"If-Match", "\"7-0\""}});
    EXPECT_EQ(stale.code(), "request.stale");
    for (const auto& each : {id, lost.get<std::uint64_t>()}) {
        EXPECT_EQ(root.del(one(each)).status, 204);
        EXPECT_EQ(without_effect([&] { return root.del(one(each)); }).status, 204);
        EXPECT_EQ(root.get(one(each)).code(), "ticket.not_found");
        EXPECT_EQ(reply(root, each).code(), "ticket.not_found");
    }
    EXPECT_EQ(root.del(one(4711)).code(), "ticket.not_found");
    EXPECT_EQ(ada.get(path).body.at("items").size(), 1U);
    EXPECT_EQ(root.get("/v1/tickets").body.at("items").size(), 1U);
    EXPECT_EQ(root.get(one(kept)).status, 200);
    const auto log = root.get("/v1/activity?type=ticket.deleted").body.at("items");
    EXPECT_EQ(log[1].at("account_id"), ada.account());
    EXPECT_EQ(log[0].at("account_id"), nullptr);
    EXPECT_FALSE(root.get("/v1/events?limit=200").text.contains("Where is my canary"));
    ASSERT_EQ(root.del(account_path(ada.account())).status, 204);  // Takes the one that is left.
    EXPECT_EQ(root.get("/v1/tickets").body.at("items"), Json::array());
}

TEST_F(Tickets, TheyGoWithTheAccount) {  // Rule E1.
    const auto id = opened();
    reply(root, id, "The canary is dead.");
    ASSERT_EQ(root.del(account_path(ada.account())).status, 204);
    EXPECT_EQ(root.get(one(id)).code(), "ticket.not_found");
    EXPECT_EQ(reply(root, id).code(), "ticket.not_found");
    EXPECT_EQ(root.get(path).code(), "account.not_found");
    EXPECT_EQ(root.get("/v1/tickets").body.at("items"), Json::array());
    const auto lines = root.get(account_path(ada.account(), "/activity")).text;
    EXPECT_TRUE(lines.contains("ticket.replied"));
    EXPECT_FALSE(lines.contains("canary") || lines.contains("Help"));
}

TEST_F(Tickets, ARepetitionWritesNothingTwice) {
    const Lines key{{"Idempotency-Key", "k"}};
    const auto first = ada.post(path, help, key);
    EXPECT_EQ(ada.post(path, help, key).body, first.body);
    const auto second = ada.post(one(1, "/replies"), {{"message", "x"}}, key);
    EXPECT_EQ(ada.post(one(1, "/replies"), {{"message", "x"}}, key).body, second.body);
    EXPECT_EQ(ada.get(one(1)).body.at("replies").size(), 2U);
    const Json body{{"from_email", "gus@example.com"}, {"message", "Hello?"}};
    EXPECT_EQ(gate.post("/v1/tickets/inbound", body, key).body,
              gate.post("/v1/tickets/inbound", body, key).body);
    EXPECT_EQ(root.get("/v1/tickets?total=true").body.at("total"), 2);
}

}  // namespace muster::http::tickets_test
