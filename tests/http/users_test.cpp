// Users as the admin area has them, and the activity log.

#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::users_test {

using namespace std::chrono_literals;

struct Users : testing::Test {
    template <class Request>
    Reply without_effect(Request&& request) {
        const auto head = house.head();
        auto reply = request();
        EXPECT_EQ(house.head(), head) << reply;
        return reply;
    }

    House house;
    Visitor& root = house.root();
    Visitor ada = house.person("ada", {{"company_name", "Acme"}});
    Visitor bob = house.person("bob");
};

// Rules E10, E13.
TEST_F(Users, AnAdminChangesAUsersDetailsWithoutThePassword) {
    const auto path = user_path(bob.id());
    const auto changed = root.patch(path, {{"first_name", "Robert"},
                                           {"last_name", "Builder"},
                                           {"language", "nl-BE"},
                                           {"email", "robert@example.com"}});
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body.at("email"), "robert@example.com");
    EXPECT_EQ(root.get(path).body, changed.body);
    EXPECT_EQ(without_effect([&] { return root.patch(path, {{"language", "nl-BE"}}); }).status,
              200);
    EXPECT_EQ(
        without_effect([&] { return root.patch(path, {{"email", "ADA@example.com"}}); }).code(),
        "user.email_taken");
    EXPECT_EQ(
        without_effect([&] { return root.patch("/v1/users/4711", {{"language", "nl"}}); }).code(),
        "user.not_found");
    EXPECT_EQ(root.patch(path, {{"current_password", "x"}}).code(), "request.invalid");
    EXPECT_EQ(bob.get("/v1/me").body.at("first_name"), "Robert");
}

TEST_F(Users, AnExportHasEverythingThatIsKept) {
    house.associate(ada, bob, {"tickets"});
    bob.put("/v1/session/account", {{"account_id", ada.account()}});
    bob.post(account_path(ada.account(), "/tickets"), {{"subject", "Help"}, {"message", "Smoke."}});
    bob.patch("/v1/me", {{"first_name", "Robert"}});
    const auto sent = root.post(account_path(ada.account(), "/invitations"),
                                {{"email", "bob@example.com"}, {"permissions", "all"}});
    EXPECT_EQ(sent.code(), "account.already_associated");
    const auto carol = house.person("carol");
    const auto ask = [&](const Visitor& owner) {
        return root.post(account_path(owner.account(), "/invitations"),
                         {{"email", "bob@example.com"}, {"permissions", "all"}});
    };
    const auto asked = ask(carol);
    // And what was accepted, to whomever it was sent. Rule I12.
    root.post(account_path(house.person("dan").account(), "/invitations"),
              {{"email", "office@example.com"}, {"permissions", "all"}});
    const auto link = house.link_to("office@example.com");
    ASSERT_EQ(bob.post("/v1/invitations/" + link + "/acceptance", Json::object()).status, 200);
    const auto reply = root.get(user_path(bob.id(), "/export"));
    ASSERT_EQ(reply.status, 200) << reply;
    EXPECT_NE(reply.header("Content-Disposition").find("user-"), std::string::npos);
    const auto& kept = reply.body;
    EXPECT_EQ(kept.at("user").at("first_name"), "Robert");
    EXPECT_EQ(kept.at("user").at("accounts").size(), 3U);
    EXPECT_EQ(kept.at("sessions").size(), 1U);
    EXPECT_EQ(kept.at("access").size(), 3U);
    const auto text = kept.at("history").dump();
    for (const auto* held :
         {"bob@example.com", "Smoke.", "user.registered", "account.association_granted"})
        EXPECT_NE(text.find(held), std::string::npos) << held;
    EXPECT_FALSE(kept.at("done").empty());
    // What was sent to an address while it was the person's.
    ASSERT_EQ(kept.at("invitations").size(), 2U);
    EXPECT_EQ(kept.at("invitations")[1].at("status"), "accepted");
    EXPECT_EQ(kept.at("invitations")[0].at("id"), asked.body.at("id"));
    EXPECT_EQ(kept.at("invitations")[0].at("account_id"), carol.account());
    root.patch(user_path(bob.id()), {{"email", "robert@example.com"}});
    house.pass(1s);
    EXPECT_EQ(ask(ada).status, 201);  // To somebody else, who may have the address now.
    root.post(user_path(bob.id(), "/password-reset"), nullptr);
    const auto later = root.get(user_path(bob.id(), "/export")).body;
    EXPECT_EQ(later.at("invitations"), kept.at("invitations"));
    EXPECT_EQ(later.at("mails").size(), kept.at("mails").size() + 1);
    EXPECT_EQ(later.at("mails").back().at("to"), "robert@example.com");
    EXPECT_FALSE(later.at("mails").back().contains("text"));
    // Who has the address next is told of what was sent since, and of nothing before.
    const auto another = house.person("bob");
    const auto others = root.get(user_path(another.id(), "/export")).body;
    ASSERT_EQ(others.at("invitations").size(), 1U);
    EXPECT_EQ(others.at("invitations")[0].at("account_id"), ada.account());
    for (const auto& mail : others.at("mails"))
        EXPECT_EQ(mail.at("to"), "bob@example.com");
    // Every event that concerns the person, also where there are more than a page of them.
    for (int n = 0; n < 120; ++n)
        root.patch(user_path(bob.id()), {{"language", n % 2 == 0 ? "nl" : "en"}});
    const auto all = root.get(user_path(bob.id(), "/export")).body.at("history");
    EXPECT_EQ(all.size(), later.at("history").size() + 120);
    EXPECT_EQ(root.get("/v1/users/999/export").code(), "user.not_found");
}

// Rules X1, X2, X3, X4, X5, X10.
TEST_F(Users, OnlyWhoOwnsNothingIsDeleted) {
    const auto refused = [&](const Visitor& who) {
        return without_effect([&] { return root.del(user_path(who.id())); }).code();
    };
    EXPECT_EQ(refused(ada), "user.is_owner");
    house.associate(ada, bob, {"tickets"});
    EXPECT_EQ(refused(bob), "user.several_accounts");
    EXPECT_EQ(without_effect([&] { return root.del("/v1/users/4711"); }).code(), "user.not_found");
    root.del(account_path(bob.account()));
    EXPECT_EQ(root.del(user_path(bob.id())).status, 204);
    EXPECT_EQ(without_effect([&] { return root.del(user_path(bob.id())); }).status, 204);
    EXPECT_EQ(root.get(user_path(bob.id())).code(), "user.not_found");
    EXPECT_EQ(root.patch(user_path(bob.id()), {{"language", "nl"}}).code(), "user.not_found");
    EXPECT_EQ(root.put(user_path(bob.id(), "/password"), {{"password", good_password}}).code(),
              "user.not_found");
    EXPECT_EQ(bob.get("/v1/session").code(), "session.required");
    EXPECT_EQ(ada.get(account_path(ada.account(), "/users")).body.at("items").size(), 1U);
    EXPECT_EQ(house.visitor()
                  .post("/v1/sessions", {{"email", "bob@example.com"}, {"password", good_password}})
                  .code(),
              "session.invalid_credentials");
    const auto again = house.person("bob");
    EXPECT_NE(again.id(), bob.id());
}

// --- Activity

TEST_F(Users, AnIdentityIsVerifiedByStaff) {  // Rules V8, V9.
    for (const auto* status : {"requested", "submitted", "rejected", "approved", "none"}) {
        const auto set =
            root.put(user_path(ada.id(), "/identity-verification"), {{"status", status}});
        EXPECT_EQ(set.status, 200) << set;
        EXPECT_EQ(set.body.at("identity_verification"), status);
        EXPECT_EQ(ada.get("/v1/me").body.at("identity_verification"), status);
    }
    EXPECT_EQ(
        root.put(user_path(ada.id(), "/identity-verification"), {{"status", "perhaps"}}).status,
        422);
}

struct Activity : Users {
    Json lines(const std::string& query) {
        const auto reply = root.get("/v1/activity?limit=200" + query);
        EXPECT_EQ(reply.status, 200) << query << reply;
        return reply.body.value("items", Json::array());
    }
    std::vector<std::string> types(const std::string& query) {
        std::vector<std::string> result;
        for (const auto& line : lines(query)) {
            // The admin signs in anew whenever a day has passed.
            if (line.at("type") != "session.admin_started") result.push_back(line.at("type"));
        }
        return result;
    }
};

// Rules A2, A3, A4, A6, A7.
TEST_F(Activity, EveryEventHasItsLine) {
    root.post(account_path(ada.account(), "/close"));
    root.post(account_path(ada.account(), "/reopen"));
    ada.patch("/v1/me", {{"language", "eo"}});
    const auto all = lines("");
    ASSERT_EQ(all.size(), house.head().number);
    for (std::size_t n = 0; n < all.size(); ++n) {
        EXPECT_EQ(all[n].at("position"), house.head().number - n);
        EXPECT_FALSE(all[n].at("text").get<std::string>().empty());
        EXPECT_EQ(all[n].at("ip"), "127.0.0.1");
    }
    EXPECT_EQ(all[0].at("type"), "user.language_chosen");
    EXPECT_EQ(all[0].at("actor"),
              (Json{{"kind", "user"}, {"id", ada.id()}, {"name", "ada Example"}}));
    EXPECT_TRUE(all[0].at("account_id").is_null());  // Rule A7.
    EXPECT_EQ(all[0].at("user_id"), ada.id());
    EXPECT_EQ(all[0].at("at"), "2026-05-01T12:00:00.000Z");
    const auto closed = lines("&type=account.closed");
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0].at("actor"), (Json{{"kind", "admin"}, {"id", 1}, {"name", "Root"}}));
    EXPECT_EQ(closed[0].at("account_id"), ada.account());
    EXPECT_TRUE(closed[0].at("text").get<std::string>().contains("Acme"));
    auto key = house.key("operator");
    key.post(account_path(ada.account(), "/close"));
    EXPECT_EQ(lines("&type=account.closed")[0].at("actor"),
              (Json{{"kind", "api_key"}, {"id", key.id()}, {"name", "API key operator key"}}));
}

// Rule A5.
TEST_F(Activity, TheLogIsFiltered) {
    house.pass(2min);
    root.patch(account_path(ada.account()), {{"city", "Bath"}});
    house.associate(ada, bob, {"tickets"});
    house.pass(2min);
    ada.put(account_path(ada.account(), "/users/" + std::to_string(bob.id()) + "/permissions"),
            {{"permissions", "all"}});
    using Types = std::vector<std::string>;
    EXPECT_EQ(types("&from=2026-05-01T12:02:00Z"),
              (Types{"account.permissions_set", "account.association_granted",
                     "account.profile_changed"}));
    EXPECT_EQ(types("&from=2026-05-01T12:02:00Z&to=2026-05-01T14:02:00%2B02:00"),
              (Types{"account.association_granted", "account.profile_changed"}));
    EXPECT_EQ(types("&actor=user:" + std::to_string(ada.id()) + "&from=2026-05-01T12:02:00Z"),
              (Types{"account.permissions_set"}));
    EXPECT_EQ(types("&actor=admin:1&from=2026-05-01T12:02:00Z"),
              (Types{"account.association_granted", "account.profile_changed"}));
    EXPECT_EQ(types("&actor=system"), Types{});
    EXPECT_EQ(types("&actor=api_key:1"), Types{});
    EXPECT_EQ(types("&account_id=" + std::to_string(ada.account()) + "&type=account.opened"),
              (Types{"account.opened"}));
    EXPECT_EQ(types("&user_id=" + std::to_string(bob.id()) + "&from=2026-05-01T12:02:00Z"),
              (Types{"account.permissions_set", "account.association_granted"}));
    EXPECT_EQ(types("&from=2026-05-02"), Types{});
    EXPECT_EQ(lines("&from=2026-05-01").size(), house.head().number);
    EXPECT_EQ(types("&text=PERMISSIONS"), (Types{"account.permissions_set"}));
    EXPECT_EQ(types("&text=nothing+like+it"), Types{});
    EXPECT_EQ(lines("&ip=127.0.0.1").size(), house.head().number);
    EXPECT_EQ(types("&ip=10.0.0.1"), Types{});
    for (const auto* bad :
         {"from=yesterday", "to=2026-13-01", "actor=bob", "actor=user:0", "actor=user:", "ip=x",
          "account_id=0", "account_id=x", "user_id=-1", "who=bob"}) {
        const auto reply = root.get(std::string("/v1/activity?") + bad);
        EXPECT_EQ(reply.code(), "request.invalid") << bad;
        EXPECT_EQ(reply.flaw(), "");
    }
    // Page by page.
    const auto first = root.get("/v1/activity?limit=2").body;
    const auto rest =
        root.get("/v1/activity?limit=200&cursor=" + first.at("next").get<std::string>());
    EXPECT_EQ(first.at("items").size() + rest.body.at("items").size(), house.head().number);
    EXPECT_EQ(rest.body.at("items")[0].at("position"), house.head().number - 2);
}

// Rule A8, E3.
TEST_F(Activity, AnOwnerReadsTheLogOfTheAccount) {
    bob.patch(account_path(bob.account()), {{"city", "Bath"}});
    ada.patch(account_path(ada.account()), {{"city", "Ghent"}});
    const auto own = ada.get(account_path(ada.account(), "/activity"));
    EXPECT_EQ(own.status, 200);
    ASSERT_FALSE(own.body.at("items").empty());
    for (const auto& line : own.body.at("items"))
        EXPECT_EQ(line.at("account_id"), ada.account());
    EXPECT_EQ(own.body, root.get(account_path(ada.account(), "/activity")).body);
    EXPECT_FALSE(own.text.contains("Bath") || own.text.contains("bob"));
    EXPECT_EQ(ada.get(account_path(bob.account(), "/activity")).code(), "account.not_found");
    const auto about_ada = root.get(user_path(ada.id(), "/activity"));
    for (const auto& line : about_ada.body.at("items"))
        EXPECT_EQ(line.at("user_id"), ada.id());
}

// Rule X9.
TEST_F(Activity, WhatADeletedUserDidStaysReadable) {
    house.associate(ada, bob, "all");
    bob.put("/v1/session/account", {{"account_id", ada.account()}});
    bob.patch(account_path(ada.account()), {{"city", "Bath"}});
    root.del(account_path(bob.account()));
    root.del(user_path(bob.id()));
    const auto name = "deleted user #" + std::to_string(bob.id());
    const auto line = lines("&type=account.profile_changed")[0];
    EXPECT_EQ(line.at("actor"), (Json{{"kind", "user"}, {"id", bob.id()}, {"name", name}}));
    EXPECT_TRUE(line.at("text").get<std::string>().starts_with(name));
    EXPECT_FALSE(lines("").dump().contains("bob"));
    const auto history = root.get(user_path(bob.id(), "/activity"));
    EXPECT_EQ(history.status, 200);
    EXPECT_FALSE(history.body.at("items").empty());
    EXPECT_EQ(root.get(account_path(bob.account(), "/activity")).status, 200);
    EXPECT_EQ(root.get(user_path(4711, "/activity")).code(), "user.not_found");
}

TEST_F(Users, AreMadeInNoOtherWay) {  // Rule R10.
    for (const auto* method : {"POST", "PUT"}) {
        const auto reply = root.send(method, "/v1/users", "{}", "application/json");
        EXPECT_EQ(reply.code(), "route.method_not_allowed");
    }
}

// --- The activity log as a stream

std::vector<std::string> lines_of(const std::string& text, const std::string& end) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto stop = text.find(end, at);
        lines.push_back(text.substr(at, stop - at));
        at = stop == std::string::npos ? text.size() : stop + end.size();
    }
    return lines;
}

TEST_F(Users, TheActivityLogIsExportedWhole) {  // Rules A4, A5.
    for (int n = 0; n < 240; ++n)
        root.patch(user_path(bob.id()), {{"language", n % 2 == 0 ? "de" : "en"}});
    const auto all = root.get("/v1/activity", {{"Accept", "application/x-ndjson"}});
    EXPECT_EQ(all.status, 200);
    EXPECT_EQ(all.header("Content-Type"), "application/x-ndjson");
    const auto lines = lines_of(all.text, "\n");
    ASSERT_EQ(lines.size(), house.head().number);
    const auto page = root.get("/v1/activity?limit=200").body.at("items");
    for (std::size_t n = 0; n < page.size(); ++n)
        EXPECT_EQ(Json::parse(lines[n]), page.at(n)) << n;
    EXPECT_EQ(Json::parse(lines.back()).at("position"), 1);

    const auto some = root.get(user_path(bob.id(), "/activity?type=user.language_chosen"),
                               {{"Accept", "text/csv"}});
    EXPECT_EQ(some.header("Content-Type"), "text/csv; charset=utf-8; header=present");
    const auto rows = lines_of(some.text, "\r\n");
    ASSERT_EQ(rows.size(), 241U);
    EXPECT_EQ(rows.front(),
              "position,at,type,actor_kind,actor_id,actor_name,on_behalf_of,account_id,user_id,ip,"
              "text");
    EXPECT_TRUE(rows.back().contains(",user.language_chosen,admin,1,\"Root\",,,")) << rows.back();
    EXPECT_EQ(root.get("/v1/activity", {{"Accept", "*/*"}}).header("Content-Type"),
              "application/json");
    const auto type_for = [&](const char* accept) {
        const auto type = root.get("/v1/activity", {{"Accept", accept}}).header("Content-Type");
        return type.substr(0, type.find(';'));
    };
    EXPECT_EQ(type_for("TEXT/CSV"), "text/csv");
    EXPECT_EQ(type_for("text/csv;q=0"), "application/json");
    EXPECT_EQ(type_for("text/csv;q=0.1, application/json"), "application/json");
    EXPECT_EQ(type_for("application/json;q=0.2, text/csv; q=0.3"), "text/csv");
    EXPECT_EQ(type_for("*/*"), "application/json");
    EXPECT_EQ(root.get("/v1/activity?cursor=x", {{"Accept", "text/csv"}}).status, 422);
    EXPECT_EQ(bob.get("/v1/activity", {{"Accept", "text/csv"}}).code(), "access.role");
}

TEST_F(Users, AnExportHoldsNoFormula) {
    for (const std::string name : {"=1+1", "+1", "-1", "@SUM(A1)", "say \"hi\", you"}) {
        root.patch(user_path(bob.id()), {{"first_name", name}, {"last_name", "X"}});
        bob.patch("/v1/me", {{"language", name == "+1" ? "de" : "en"}});
        bob.patch("/v1/me", {{"language", "eo"}});
        const auto text = root.get("/v1/activity", {{"Accept", "text/csv"}}).text;
        auto escaped = name + " X";
        for (auto at = escaped.find('"'); at != std::string::npos; at = escaped.find('"', at + 2))
            escaped.insert(at, 1, '"');
        const std::string mark = std::string{"=+-@"}.contains(name.front()) ? "'" : "";
        EXPECT_TRUE(text.contains(",\"" + mark + escaped + "\",")) << name;
        EXPECT_FALSE(text.contains(",\"=") || text.contains(",\"+") || text.contains(",\"@"));
    }
}

// --- The machine

TEST_F(Users, ReadinessAndTheViewsAreTold) {
    auto nobody = house.visitor();
    EXPECT_EQ(nobody.get("/livez").body, (Json{{"status", "live"}}));
    const auto ready = nobody.get("/readyz");
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.body.at("status"), "ready");
    EXPECT_EQ(ready.body.at("waiting_for"), Json::array());
    const auto views = root.get("/v1/projections").body.at("items");
    EXPECT_GE(views.size(), 7U);
    for (const auto& view : views) {
        EXPECT_EQ(view.at("state"), "running") << view;
        EXPECT_EQ(view.at("lag"), 0) << view;
        EXPECT_EQ(view.at("head"), house.head().number);
        EXPECT_EQ(view.at("position"), house.head().number);
        EXPECT_TRUE(view.at("name").is_string() && view.at("version").is_number_integer() &&
                    view.at("rows").is_number_integer());
        EXPECT_FALSE(view.contains("rebuild"));
    }
}

}  // namespace muster::http::users_test
