// What holds for every operation: positions, versions, repetitions, dry runs, lists, credentials,
// traces.

#include <barrier>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::conventions_test {

using namespace std::chrono_literals;

struct Conventions : testing::Test {
    House house;
};

std::vector<std::uint64_t> ids_of(const Reply& list) {
    std::vector<std::uint64_t> ids;
    for (const auto& item : list.body.at("items"))
        ids.push_back(item.at("id"));
    return ids;
}

// --- Positions

TEST_F(Conventions, AnAcceptedCommandSaysItsPositionAndIsVisibleAtOnce) {
    auto& root = house.root();
    for (int n = 0; n < 20; ++n) {
        const auto made =
            root.post("/v1/accounts", {{"first_name", "Ada"},
                                       {"last_name", "Lovelace"},
                                       {"email", std::to_string(n) + "@example.com"}});
        ASSERT_EQ(made.status, 201) << made;
        EXPECT_EQ(made.position(), house.head().number);
        const auto owner = made.body.at("owner").at("id").get<std::uint64_t>();
        EXPECT_EQ(root.get(user_path(owner)).status, 200);
    }
    const auto ada = house.person("ada");
    const auto position = house.head().number;
    const auto seen =
        root.get(user_path(ada.id()), {{"Muster-Min-Position", std::to_string(position)}});
    EXPECT_EQ(seen.body.value("first_name", ""), "ada");
}

TEST_F(Conventions, AQueryWaitsForAPositionThatComes) {
    auto& root = house.root();
    auto ada = house.person("ada");
    const auto next = std::to_string(house.head().number + 1);
    Reply waited;
    std::thread reader{[&, visitor = house.visitor(root.token())]() mutable {
        waited = visitor.get(user_path(ada.id()), {{"Muster-Min-Position", next}});
    }};
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(ada.patch("/v1/me", {{"first_name", "Augusta"}}).status, 200);
    reader.join();
    EXPECT_EQ(waited.status, 200);
    EXPECT_EQ(waited.body.value("first_name", ""), "Augusta");
}

TEST_F(Conventions, AQueryDoesNotWaitForEver) {
    const auto started = std::chrono::steady_clock::now();
    const auto late = house.root().get("/v1/users", {{"Muster-Min-Position", "1000000"}});
    EXPECT_EQ(late.code(), "view.behind");
    EXPECT_EQ(late.flaw(), "");
    const auto waited = std::chrono::steady_clock::now() - started;
    EXPECT_GE(waited, 1900ms);
    EXPECT_LE(waited, 10s);
}

TEST(Restored, SaysAtOnceThatAPositionIsLost) {
    const Folder folder;
    {
        const House before{folder.path()};
    }
    std::ofstream{folder.path() / "epoch"} << "2\n";
    House house{folder.path()};
    const auto started = std::chrono::steady_clock::now();
    const auto lost = house.root().get("/v1/users", {{"Muster-Min-Position", "1000000"}});
    EXPECT_LE(std::chrono::steady_clock::now() - started, 1500ms);
    EXPECT_EQ(lost.status, 503);
    EXPECT_EQ(lost.code(), "view.behind");
    EXPECT_NE(lost.body.value("detail", "").find("restored"), std::string::npos) << lost;
    EXPECT_EQ(lost.flaw(), "");
    EXPECT_EQ(house.root().get("/readyz").body.at("epoch"), 2);
}

TEST_F(Conventions, APositionThatIsNoneIsMalformed) {
    for (const auto* text : {"", "x", "-1", "1.5", "01", "18446744073709551616", "1 1"}) {
        const auto reply = house.root().get("/v1/users", {{"Muster-Min-Position", text}});
        EXPECT_EQ(reply.code(), "request.malformed") << text << " " << reply;
        EXPECT_EQ(reply.flaw(), "");
    }
    EXPECT_EQ(house.root().get("/v1/users", {{"Muster-Min-Position", "0"}}).status, 200);
}

// --- Versions

TEST_F(Conventions, ASingleResourceHasATagThatChangesWithIt) {
    auto ada = house.person("ada");
    auto& root = house.root();
    const auto user = user_path(ada.id());
    const auto account = account_path(ada.account());
    for (const auto& path : {user, account, std::string{"/v1/settings"}}) {
        const auto first = root.get(path);
        const auto tag = first.header("ETag");
        EXPECT_TRUE(tag.starts_with('"')) << path;
        const auto same = root.get(path, {{"If-None-Match", tag}});
        EXPECT_EQ(same.status, 304) << path;
        EXPECT_EQ(same.text, "");
        EXPECT_EQ(same.header("ETag"), tag);
        EXPECT_EQ(root.get(path, {{"If-None-Match", "\"other\", " + tag}}).status, 304);
        EXPECT_EQ(root.get(path, {{"If-None-Match", "W/" + tag}}).status, 304);
        EXPECT_EQ(root.get(path, {{"If-None-Match", "*"}}).status, 304);
        EXPECT_EQ(root.get(path, {{"If-None-Match", "\"123456\""}}).status, 200);
        const Json change = path == user      ? Json{{"first_name", "Augusta"}}
                            : path == account ? Json{{"city", "London"}}
                                              : Json{{"client_registration", false}};
        const auto changed = root.patch(path, change);
        EXPECT_EQ(changed.status, 200);
        EXPECT_NE(changed.header("ETag"), tag) << path;
        const auto again = root.get(path, {{"If-None-Match", tag}});
        EXPECT_EQ(again.status, 200) << path;
        EXPECT_EQ(again.header("ETag"), changed.header("ETag"));
    }
    EXPECT_EQ(ada.get("/v1/me").header("ETag"), root.get(user).header("ETag"));
}

TEST_F(Conventions, AnAccountsTagChangesWithAllThatLiesUnderIt) {
    auto ada = house.person("ada");
    const auto bob = house.person("bob");
    auto& root = house.root();
    const auto path = account_path(ada.account());
    auto tag = root.get(path).header("ETag");
    const auto changed = [&] {
        return std::exchange(tag, root.get(path).header("ETag")) != root.get(path).header("ETag");
    };
    house.associate(ada, bob, {"tickets"});
    EXPECT_TRUE(changed());
    const auto permissions = path + "/users/" + std::to_string(bob.id()) + "/permissions";
    ada.put(permissions, {{"permissions", "all"}});
    EXPECT_TRUE(changed());
    const auto invited =
        ada.post(path + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}});
    EXPECT_TRUE(changed());
    ada.del(path + "/invitations/" + std::to_string(invited.body["id"].get<std::uint64_t>()));
    EXPECT_TRUE(changed());
    root.put(path + "/owner", {{"user_id", bob.id()}});
    EXPECT_TRUE(changed());
    EXPECT_FALSE(changed());
}

TEST_F(Conventions, AStaleVersionIsRefusedAndAFreshOneIsTaken) {
    auto ada = house.person("ada");
    const auto bob = house.person("bob");
    house.associate(ada, bob, {"tickets"});
    auto& root = house.root();
    const auto account = account_path(ada.account());
    const auto member = account + "/users/" + std::to_string(bob.id());
    struct Change {
        std::string method, path;
        Json body;
    };
    const std::vector<Change> changes{
        {"PATCH", user_path(ada.id()), {{"first_name", "Augusta"}}},
        {"PUT", user_path(ada.id(), "/password"), {{"password", "another good one"}}},
        {"PATCH", account, {{"city", "London"}}},
        {"PUT", member + "/permissions", {{"permissions", "all"}}},
        {"DELETE", member, nullptr},
        {"PATCH", "/v1/settings", {{"client_registration", false}}},
        {"DELETE", account, nullptr},
        {"DELETE", user_path(ada.id()), nullptr},
    };
    for (const auto& [method, path, body] : changes) {
        const auto resource = path.starts_with(account) ? account
                              : path == "/v1/settings"  ? path
                                                        : user_path(ada.id());
        const auto text = body.is_null() ? "" : body.dump();
        const auto type = body.is_null() ? "" : "application/json";
        const auto before = house.head();
        for (const auto* stale : {"\"1234567\"", "W/\"1\"", "\"x\""}) {
            const auto refused = root.send(method, path, text, type, {{"If-Match", stale}});
            EXPECT_EQ(refused.code(), "request.stale") << method << path << refused;
            EXPECT_EQ(refused.flaw(), "");
        }
        EXPECT_EQ(root.send(method, path, text, type, {{"If-Match", "1"}}).code(),
                  "request.malformed");
        EXPECT_EQ(house.head(), before);
        const auto tag = root.get(resource).header("ETag");
        const auto taken =
            root.send(method, path, text, type, {{"If-Match", "\"7654321\", " + tag}});
        EXPECT_LT(taken.status, 300) << method << path << taken;
        EXPECT_GT(house.head(), before) << method << path;
    }
}

TEST_F(Conventions, WhatHasNoVersionMatchesNone) {
    auto ada = house.person("ada");
    const auto key = house.key("auditor");
    const auto head = house.head();
    const Lines any_version{{"If-Match", "\"1\""}};
    EXPECT_EQ(ada.put("/v1/session/account", {{"account_id", ada.account()}}, any_version).code(),
              "request.stale");
    EXPECT_EQ(ada.del("/v1/session", any_version).code(), "request.stale");
    EXPECT_EQ(house.root().del("/v1/api-keys/" + std::to_string(key.id()), any_version).code(),
              "request.stale");
    EXPECT_EQ(house.head(), head);
    EXPECT_EQ(ada.del("/v1/session", {{"If-Match", "*"}}).status, 204);
}

TEST_F(Conventions, AUsersTagIsOfTheWholeAnswer) {
    const auto ada = house.person("ada", {{"company_name", "Acme"}});
    auto& root = house.root();
    const auto tag = root.get(user_path(ada.id())).header("ETag");
    const Lines known{{"If-None-Match", tag}};
    EXPECT_EQ(root.get(user_path(ada.id()), known).status, 304);
    root.patch(account_path(ada.account()), {{"company_name", "Acme Ltd"}});
    EXPECT_EQ(root.get(user_path(ada.id()), known).status, 200);
    const auto version = tag.substr(0, tag.find('-'));  // Of the user, who has not changed.
    EXPECT_EQ(root.get(user_path(ada.id())).header("ETag").substr(0, version.size()), version);
    EXPECT_EQ(root.patch(user_path(ada.id()), {{"language", "eo"}}, {{"If-Match", tag}}).status,
              200);
    EXPECT_EQ(root.patch(user_path(ada.id()), {{"language", "en"}}, {{"If-Match", tag}}).code(),
              "request.stale");
    const auto plain = version.substr(1);
    const auto next = "\"" + std::to_string(std::stoi(plain) + 1) + "\"";
    EXPECT_EQ(root.patch(user_path(ada.id()), {{"language", "de"}}, {{"If-Match", next}}).status,
              200);
}

TEST_F(Conventions, ParametersThatNobodyKnowsAreRefusedEverywhere) {
    auto ada = house.person("ada");
    auto& root = house.root();
    for (const std::string query : {"?zz=1", "?zz=%ff", "?%zz", "?a=%00"}) {
        for (const auto* path : {"/v1/me", "/v1/session", "/v1/me/sessions"})
            EXPECT_EQ(ada.get(path + query).code(), "request.invalid") << path << query;
        for (const auto* path : {"/v1/users/1", "/v1/accounts/1", "/v1/settings", "/v1/users",
                                 "/v1/admin/session", "/v1/projections", "/livez", "/readyz"})
            EXPECT_EQ(root.get(path + query).code(), "request.invalid") << path << query;
    }
    EXPECT_EQ(root.get("/v1/users?search=%ff").code(), "request.invalid");
}

TEST_F(Conventions, AUserMayCareForVersionsToo) {
    auto ada = house.person("ada");
    const auto old = ada.get("/v1/me").header("ETag");
    EXPECT_EQ(ada.patch("/v1/me", {{"first_name", "A"}}, {{"If-Match", old}}).status, 200);
    EXPECT_EQ(ada.patch("/v1/me", {{"first_name", "B"}}, {{"If-Match", old}}).code(),
              "request.stale");
    const Json password{{"current_password", good_password}, {"password", "another good one"}};
    EXPECT_EQ(ada.put("/v1/me/password", password, {{"If-Match", old}}).code(), "request.stale");
    EXPECT_EQ(ada.patch("/v1/me", {{"first_name", "B"}}, {{"If-Match", "*"}}).status, 200);
}

// --- Idempotency

TEST_F(Conventions, TheSameKeyGivesTheFirstAnswerAgain) {
    auto ada = house.person("ada");
    const auto path = account_path(ada.account(), "/invitations");
    const Json bob{{"email", "bob@example.com"}, {"permissions", {"tickets"}}};
    const Lines key{{"Idempotency-Key", "first"}};
    const auto first = ada.post(path, bob, key);
    ASSERT_EQ(first.status, 201);
    const auto head = house.head();
    // Another spelling of the same body is the same body.
    const auto again =
        ada.send("POST", path, R"( {"permissions": ["tickets"], "email":"bob@example.com"} )",
                 "application/json", key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.position(), first.position());
    EXPECT_EQ(house.head(), head);

    const auto other = ada.post(path, {{"email", "eve@example.com"}, {"permissions", "all"}}, key);
    EXPECT_EQ(other.code(), "idempotency.reused");
    EXPECT_EQ(other.flaw(), "");
    EXPECT_EQ(house.head(), head);
}

TEST_F(Conventions, AKeyIsOneCallersAndOneRoutes) {
    auto ada = house.person("ada");
    auto bob = house.person("bob");
    const Lines key{{"Idempotency-Key", "shared"}};
    const Json body{{"email", "eve@example.com"}, {"permissions", "all"}};
    for (auto* who : {&ada, &bob})
        EXPECT_EQ(who->post(account_path(who->account(), "/invitations"), body, key).status, 201);
    EXPECT_EQ(ada.post("/v1/me/accounts", {{"city", "Bath"}}, key).status, 201);
    EXPECT_EQ(house.root().post("/v1/accounts", {{"owner_user_id", ada.id()}}, key).status, 201);
}

TEST_F(Conventions, AKeyIsTheSameHoweverThePathIsSpelled) {
    auto ada = house.person("ada");
    const auto number = std::to_string(ada.account());
    const Lines key{{"Idempotency-Key", "one"}};
    const Json body{{"email", "eve@example.com"}, {"permissions", "all"}};
    const auto first = ada.post("/v1/accounts/" + number + "/invitations", body, key);
    const auto again = ada.post("/v1/accounts/%3" + number + "/invitations", body, key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.position(), first.position());
}

TEST_F(Conventions, ARefusalIsNotRemembered) {
    auto ada = house.person("ada");
    const auto path = account_path(ada.account(), "/invitations");
    const Lines key{{"Idempotency-Key", "again"}};
    EXPECT_EQ(
        ada.post(path, {{"email", "e@example.com"}, {"permissions", Json::array()}}, key).code(),
        "permissions.empty");
    EXPECT_EQ(ada.post(path, {{"email", "e@example.com"}, {"permissions", "all"}}, key).status,
              201);
}

TEST_F(Conventions, AnAnswerThatIsRepeatedCarriesNoToken) {
    auto nobody = house.visitor();
    const Lines key{{"Idempotency-Key", "once"}};
    const Json ada{{"first_name", "Ada"},
                   {"last_name", "L"},
                   {"email", "ada@example.com"},
                   {"password", good_password}};
    const Json credentials{{"email", "ada@example.com"}, {"password", good_password}};
    for (const auto& [path, body] :
         {std::pair{"/v1/registrations", ada}, std::pair{"/v1/sessions", credentials}}) {
        const auto first = nobody.post(path, body, key);
        ASSERT_EQ(first.status, 201) << first;
        const auto head = house.head();
        const auto again = nobody.post(path, body, key);
        EXPECT_EQ(again.status, 201);
        EXPECT_FALSE(again.body.contains("token"));
        EXPECT_EQ(again.header("Set-Cookie"), "");
        EXPECT_EQ(again.body.at("user").at("id"), first.body.at("user").at("id"));
        EXPECT_EQ(again.body.at("account").at("id"), first.body.at("account").at("id"));
        EXPECT_EQ(house.head(), head);
        auto other = body;
        other["password"] = "another good password";
        EXPECT_EQ(nobody.post(path, other, key).status, path[4] == 'r' ? 422 : 401);
    }
    const auto made = house.root().post("/v1/api-keys", {{"name", "k"}, {"role", "auditor"}}, key);
    const auto again = house.root().post("/v1/api-keys", {{"name", "k"}, {"role", "auditor"}}, key);
    EXPECT_TRUE(made.body.contains("key"));
    EXPECT_EQ(again.body.at("id"), made.body.at("id"));
    EXPECT_FALSE(again.body.contains("key"));
}

TEST_F(Conventions, ARepeatedAnswerIsWhatItsReaderMaySee) {
    auto ada = house.person("ada");
    auto& root = house.root();
    const auto path = account_path(ada.account());
    root.patch(path, {{"notes", "pays late"}});
    const Lines key{{"Idempotency-Key", "close"}};
    const auto first = root.post(path + "/close", nullptr, key);
    const auto again = root.post(path + "/close", nullptr, key);
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(first.body.value("notes", ""), "pays late");
}

// Rule P10.
TEST_F(Conventions, AKeyOpensNothingToWhomItIsClosedMeanwhile) {
    auto ada = house.person("ada");
    auto bob = house.person("bob");
    house.associate(ada, bob, "all");
    auto& root = house.root();
    const auto path = account_path(ada.account());
    const Lines key{{"Idempotency-Key", "mine"}};
    const auto sent =
        ada.post(path + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}}, key);
    EXPECT_EQ(sent.status, 201);
    root.put(path + "/owner", {{"user_id", bob.id()}});
    root.del(path + "/users/" + std::to_string(ada.id()));
    EXPECT_EQ(
        ada.post(path + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}}, key)
            .code(),
        "account.not_found");
}

TEST_F(Conventions, AKeyIsRememberedForADay) {
    auto ada = house.person("ada");
    const Lines key{{"Idempotency-Key", "daily"}};
    const Json body{{"company_name", "Ada Ltd"}};
    const auto first = ada.post("/v1/me/accounts", body, key);
    house.pass(24h - 1s);
    EXPECT_EQ(ada.post("/v1/me/accounts", body, key).body.at("id"), first.body.at("id"));
    house.pass(24h + 2s);
    const auto another = ada.post("/v1/me/accounts", body, key);
    EXPECT_EQ(another.status, 201);
    EXPECT_NE(another.body.at("id"), first.body.at("id"));
}

TEST_F(Conventions, AKeyHasASize) {
    auto ada = house.person("ada");
    EXPECT_EQ(ada.post("/v1/me/accounts", Json::object(), {{"Idempotency-Key", ""}}).code(),
              "request.malformed");
    const std::string longest(255, 'k');
    EXPECT_EQ(
        ada.post("/v1/me/accounts", Json::object(), {{"Idempotency-Key", longest + "k"}}).code(),
        "request.malformed");
    EXPECT_EQ(ada.post("/v1/me/accounts", Json::object(), {{"Idempotency-Key", longest}}).status,
              201);
}

TEST_F(Conventions, TheSameKeyFromManyAtOnceIsDoneOnce) {
    const auto ada = house.person("ada");
    constexpr int callers = 8;
    std::vector<Reply> replies(callers);
    std::barrier start{callers};
    {
        std::vector<std::jthread> threads;
        for (auto& reply : replies) {
            threads.emplace_back([&, visitor = house.visitor(ada.token())]() mutable {
                start.arrive_and_wait();
                reply = visitor.post("/v1/me/accounts", {{"city", "Bath"}},
                                     {{"Idempotency-Key", "all at once"}});
            });
        }
    }
    std::set<std::uint64_t> made;
    for (const auto& reply : replies) {
        if (reply.status == 201) {
            made.insert(reply.body.at("id").get<std::uint64_t>());
        } else {
            EXPECT_EQ(reply.code(), "idempotency.running") << reply;
            EXPECT_EQ(reply.flaw(), "");
        }
    }
    EXPECT_EQ(made.size(), 1U);
    EXPECT_EQ(house.root().get(user_path(ada.id())).body.at("account_count"), 2);
}

TEST(Restart, AKeyASessionAndALinkSurviveARestart) {
    const Folder folder;
    const Lines key{{"Idempotency-Key", "durable"}};
    const Json body{{"company_name", "Ada Ltd"}};
    const Json invitation{{"email", "bob@example.com"}, {"permissions", {"tickets"}}};
    std::string ada_token, link;
    std::uint64_t made = 0;
    Json users;
    {
        House house{folder.path()};
        auto ada = house.person("ada");
        ada_token = ada.token();
        made = ada.post("/v1/me/accounts", body, key).body.at("id");
        ada.post(account_path(ada.account(), "/invitations"), invitation);
        link = house.link_to("bob@example.com");
        users = house.root().get("/v1/users").body;
    }
    House house{folder.path()};
    EXPECT_EQ(house.setup_token(), "");
    const auto head = house.head();
    auto ada = house.visitor(ada_token);
    const auto again = ada.post("/v1/me/accounts", body, key);
    EXPECT_EQ(again.status, 201) << again;
    EXPECT_EQ(again.body.at("id"), made);
    EXPECT_EQ(ada.post("/v1/me/accounts", {{"city", "Bath"}}, key).code(), "idempotency.reused");
    EXPECT_EQ(house.head(), head);
    auto root = house.visitor();
    const auto signed_in = root.post("/v1/admin/sessions",
                                     {{"email", "root@example.com"}, {"password", good_password}});
    root = house.visitor(signed_in.body.at("token"));
    EXPECT_EQ(root.get("/v1/users").body, users);
    EXPECT_EQ(house.visitor().get("/v1/invitations/" + link).status, 200);
    EXPECT_EQ(
        house.visitor()
            .post("/v1/invitations/" + link + "/acceptance", {{"register",
                                                               {{"first_name", "Bob"},
                                                                {"last_name", "B"},
                                                                {"email", "bob@example.com"},
                                                                {"password", good_password}}}})
            .status,
        200);
}

// --- Dry runs

TEST_F(Conventions, ADryRunShowsWhatWouldBeWrittenAndWritesNothing) {
    auto& root = house.root();
    const Json grace{{"first_name", "Grace"},
                     {"last_name", "Hopper"},
                     {"email", "grace@example.com"},
                     {"password", good_password},
                     {"account", {{"company_name", "Navy"}}}};
    const auto head = house.head();
    auto nobody = house.visitor();
    const auto planned = nobody.post("/v1/registrations?dry_run=true", grace);
    EXPECT_EQ(planned.status, 200);
    EXPECT_EQ(house.head(), head);
    EXPECT_EQ(planned.header("Set-Cookie"), "");
    std::vector<std::string> types;
    for (const auto& event : planned.body.at("events")) {
        types.push_back(event.at("type"));
        EXPECT_TRUE(event.at("version").is_number_integer());
        EXPECT_FALSE(event.at("streams").empty());
        EXPECT_TRUE(event.at("data").is_object());
    }
    EXPECT_EQ(types,
              (std::vector<std::string>{"user.registered", "account.opened", "session.started"}));
    EXPECT_FALSE(planned.text.contains(good_password));
    // Whoever could ask for the key of any address could look for it in the log.
    EXPECT_TRUE(planned.body.at("events")[0].at("data").at("address").is_null());
    EXPECT_EQ(planned.body.at("events")[0].at("streams"), (Json{"user-1", "email"}));

    // Nothing is taken: neither the address nor an id.
    const auto done = nobody.post("/v1/registrations", grace);
    EXPECT_EQ(done.status, 201);
    EXPECT_EQ(planned.body.at("events")[0].at("data").at("user"), done.body.at("user").at("id"));
    EXPECT_EQ(planned.body.at("events")[1].at("data").at("account"),
              done.body.at("account").at("id"));
    EXPECT_EQ(nobody.post("/v1/registrations?dry_run=true", grace).code(), "user.email_taken");

    const auto invite = account_path(done.body.at("account").at("id"), "/invitations");
    const Json bob{{"email", "bob@example.com"}, {"permissions", "all"}};
    EXPECT_EQ(root.post(invite + "?dry_run=true", bob).status, 200);
    EXPECT_EQ(root.post(invite, bob).body.at("id"), 1);
    EXPECT_EQ(root.post(invite + "?dry_run=false", bob).code(), "invitation.pending");
    EXPECT_EQ(root.post(invite + "?dry_run=yes", bob).code(), "request.invalid");
}

TEST_F(Conventions, ADryRunOfWhatIsSoAlreadyPlansNothing) {
    auto ada = house.person("ada");
    const auto chosen =
        ada.put("/v1/session/account?dry_run=true", {{"account_id", ada.account()}});
    EXPECT_EQ(chosen.status, 200);
    EXPECT_EQ(chosen.body, (Json{{"events", Json::array()}}));
}

TEST_F(Conventions, ADryRunIsNoFirstTime) {
    auto ada = house.person("ada");
    const Lines key{{"Idempotency-Key", "dry"}};
    const Json body{{"city", "Bath"}};
    EXPECT_EQ(ada.post("/v1/me/accounts?dry_run=true", body, key).status, 200);
    EXPECT_EQ(ada.post("/v1/me/accounts", body, key).status, 201);
}

// --- Lists

struct Lists : testing::Test {
    void SetUp() override {
        for (const auto& [first, last] :
             {std::pair{"Ångström", "Anders"}, std::pair{"Zoë", "Nowak"},
              std::pair{"émile", "Zola"}, std::pair{"Bob", "O'Brien"},
              std::pair{"Ángela", "Ruiz"}}) {
            const auto made = house.root().post(
                "/v1/accounts", {{"first_name", first},
                                 {"last_name", last},
                                 {"email", std::to_string(++people) + "@people.example"},
                                 {"company_name", people % 2 == 1 ? first : ""}});
            ASSERT_EQ(made.status, 201) << made;
        }
    }
    Reply users(const std::string& query) { return house.root().get("/v1/users?" + query); }
    Reply accounts(const std::string& query) { return house.root().get("/v1/accounts?" + query); }
    using Ids = std::vector<std::uint64_t>;

    House house;
    int people = 0;
};

TEST_F(Lists, LimitsHaveBounds) {
    for (const auto* path :
         {"/v1/users", "/v1/accounts", "/v1/activity", "/v1/admins", "/v1/api-keys", "/v1/outbox",
          "/v1/accounts/1/users", "/v1/accounts/1/invitations", "/v1/accounts/1/activity",
          "/v1/users/1/activity"}) {
        const std::string base = path;
        for (const auto* limit : {"0", "201", "-1", "x", "", "1.0", "99999999999999999999"}) {
            const auto reply = house.root().get(base + "?limit=" + limit);
            EXPECT_EQ(reply.code(), "request.invalid") << path << " " << limit << reply;
            EXPECT_EQ(reply.flaw(), "");
            EXPECT_EQ(reply.body.at("errors")[0].at("pointer"), "?limit");
        }
        EXPECT_EQ(house.root().get(base + "?limit=1").status, 200) << path;
        EXPECT_EQ(house.root().get(base + "?limit=200").status, 200) << path;
        EXPECT_EQ(house.root().get(base + "?limt=20").code(), "request.invalid") << path;
        EXPECT_EQ(house.root().get(base + "?limit=20&limit=20").code(), "request.invalid") << path;
        EXPECT_EQ(house.root().get(base + "?cursor=nonsense").code(), "request.invalid") << path;
        EXPECT_EQ(house.root().get(base + "?total=maybe").code(), "request.invalid") << path;
        const auto list = house.root().get(base);
        EXPECT_TRUE(list.body.at("items").is_array()) << path;
        EXPECT_TRUE(list.body.contains("next")) << path;
        EXPECT_FALSE(list.body.contains("total")) << path;
    }
}

TEST_F(Lists, APageIsFollowedByTheNextAndSurvivesInserts) {
    const auto first = users("limit=2&total=true");
    EXPECT_EQ(ids_of(first), (Ids{1, 2}));
    EXPECT_EQ(first.body.at("total"), 5);
    const std::string next = first.body.at("next");
    EXPECT_TRUE(first.header("Link").starts_with("</v1/users?limit=2&total=true&cursor=" + next));
    EXPECT_TRUE(first.header("Link").ends_with(">; rel=\"next\""));
    house.person("ada");
    const auto second = users("limit=2&cursor=" + next);
    EXPECT_EQ(ids_of(second), (Ids{3, 4}));
    const auto link = second.header("Link");
    const auto third = house.root().get(link.substr(1, link.find('>') - 1));
    EXPECT_EQ(ids_of(third), (Ids{5, 6}));
    EXPECT_TRUE(third.body.at("next").is_null());
    EXPECT_EQ(third.header("Link"), "");
    // Of another list, or of the same in another order.
    EXPECT_EQ(accounts("cursor=" + next).code(), "request.invalid");
    EXPECT_EQ(users("cursor=" + next.substr(1)).code(), "request.invalid");
}

TEST_F(Lists, EveryPageOfEveryOrderHoldsEveryoneOnce) {
    for (const auto* sort : {"id", "name", "email", "last_sign_in_at"}) {
        for (const auto* order : {"asc", "desc"}) {
            const std::string query = std::string("limit=1&sort=") + sort + "&order=" + order;
            Ids seen;
            std::string cursor;
            do {
                const auto page = users(query + cursor);
                ASSERT_EQ(page.status, 200) << page;
                for (const auto id : ids_of(page))
                    seen.push_back(id);
                const auto& next = page.body.at("next");
                cursor = next.is_null() ? "" : "&cursor=" + next.get<std::string>();
            } while (!cursor.empty() && seen.size() < 10);
            const auto whole = ids_of(users(std::string("sort=") + sort + "&order=" + order));
            EXPECT_EQ(seen, whole) << query;
            EXPECT_EQ(std::set<std::uint64_t>(seen.begin(), seen.end()).size(), 5U) << query;
        }
    }
}

TEST_F(Lists, PeopleAreSortedAsOneReadsThem) {
    EXPECT_EQ(ids_of(users("sort=name")), (Ids{5, 1, 4, 3, 2}));
    EXPECT_EQ(ids_of(users("sort=name&order=desc")), (Ids{2, 3, 4, 1, 5}));
    EXPECT_EQ(ids_of(users("sort=email&order=desc")), (Ids{5, 4, 3, 2, 1}));
    EXPECT_EQ(users("sort=age").code(), "request.invalid");
    EXPECT_EQ(users("order=up").code(), "request.invalid");
}

TEST_F(Lists, WhatHasNoValueComesLastEitherWay) {
    const auto ada = house.person("ada");
    house.pass(1h);
    const auto bob = house.person("bob");
    const auto up = ids_of(users("sort=last_sign_in_at"));
    const auto down = ids_of(users("sort=last_sign_in_at&order=desc"));
    ASSERT_EQ(up.size(), 7U);
    EXPECT_EQ((Ids{up[0], up[1]}), (Ids{ada.id(), bob.id()}));
    EXPECT_EQ((Ids{down[0], down[1]}), (Ids{bob.id(), ada.id()}));
}

TEST_F(Lists, SearchIgnoresCaseAndAccents) {
    EXPECT_EQ(ids_of(users("search=ang")), (Ids{1, 5}));
    EXPECT_EQ(ids_of(users("search=%C3%85NGSTR%C3%96M")), (Ids{1}));
    EXPECT_EQ(ids_of(users("search=Emile+zo")), (Ids{3}));
    EXPECT_EQ(ids_of(users("search=zo&sort=name&order=desc")), (Ids{2, 3}));
    EXPECT_EQ(ids_of(users("search=4%40people")), (Ids{4}));
    EXPECT_EQ(ids_of(users("search=o%27b")), (Ids{4}));
    EXPECT_EQ(ids_of(users("search=3")), (Ids{3}));  // By id, and by the start of the address.
    EXPECT_TRUE(ids_of(users("search=ngstrom")).empty());
    EXPECT_EQ(users("search=ang&total=true&limit=1").body.at("total"), 2);
    EXPECT_EQ(ids_of(accounts("search=ANG")), (Ids{1, 5}));
    EXPECT_EQ(ids_of(accounts("search=obrien")), (Ids{}));
    EXPECT_EQ(ids_of(accounts("search=2%40people")), (Ids{2}));
}

TEST_F(Lists, ListsAreFiltered) {
    auto& root = house.root();
    root.post("/v1/accounts/2/close");
    root.patch("/v1/accounts/3", {{"status", "inactive"}});
    EXPECT_EQ(ids_of(accounts("status=closed")), (Ids{2}));
    EXPECT_EQ(ids_of(accounts("status=inactive")), (Ids{3}));
    EXPECT_EQ(accounts("status=active&total=true").body.at("total"), 3);
    EXPECT_EQ(accounts("status=gone").code(), "request.invalid");
    root.post("/v1/accounts", {{"owner_user_id", 4}});
    root.del("/v1/accounts/1");
    EXPECT_EQ(ids_of(users("account_count=0")), (Ids{1}));
    EXPECT_EQ(ids_of(users("account_count=2")), (Ids{4}));
    EXPECT_EQ(users("account_count=-1").code(), "request.invalid");
    EXPECT_TRUE(ids_of(users("two_factor=true")).empty());
    EXPECT_EQ(ids_of(users("two_factor=false")).size(), 5U);
    EXPECT_EQ(users("verified=1").code(), "request.invalid");
    EXPECT_EQ(ids_of(accounts("sort=created_at&order=desc")), (Ids{6, 5, 4, 3, 2}));
    EXPECT_EQ(ids_of(accounts("sort=name")).size(), 5U);
}

// --- Credentials

std::string cookie_value(const Reply& reply) {
    const auto cookie = reply.header("Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
}

TEST_F(Conventions, ABrowserGetsACookieThatScriptsCannotRead) {
    house.person("ada");
    const Json credentials{{"email", "ada@example.com"}, {"password", good_password}};
    const Json staff{{"email", "root@example.com"}, {"password", good_password}};
    house.root();
    auto nobody = house.visitor();
    for (const auto& [path, body, name] :
         {std::tuple{"/v1/sessions", credentials, "muster_session="},
          std::tuple{"/v1/admin/sessions", staff, "muster_admin="}}) {
        const auto near = nobody.post(path, body).header("Set-Cookie");
        EXPECT_TRUE(near.starts_with(name)) << near;
        EXPECT_TRUE(near.contains("; HttpOnly")) << near;
        EXPECT_TRUE(near.contains("; SameSite=Lax")) << near;
        EXPECT_TRUE(near.contains("; Path=/")) << near;
        EXPECT_FALSE(near.contains("Secure")) << near;
        for (const auto* host : {"localhost", "localhost:8080", "127.0.0.1:99", "[::1]:80"}) {
            EXPECT_FALSE(
                nobody.post(path, body, {{"Host", host}}).header("Set-Cookie").contains("Secure"))
                << host;
        }
        for (const auto* host : {"muster.example", "localhost.evil.example",
                                 "127.0.0.1.evil.example", "10.0.0.1", "127.evil.example"}) {
            EXPECT_TRUE(
                nobody.post(path, body, {{"Host", host}}).header("Set-Cookie").contains("; Secure"))
                << host;
        }
    }
}

TEST_F(Conventions, ACookieSignsInAndItsEndTakesItAway) {
    house.person("ada");
    auto nobody = house.visitor();
    const auto in =
        nobody.post("/v1/sessions", {{"email", "ada@example.com"}, {"password", good_password}});
    const Lines cookie{{"Cookie", "theme=dark; " + cookie_value(in) + "; x=y"}};
    EXPECT_EQ(nobody.get("/v1/session", cookie).body.at("user").at("email"), "ada@example.com");
    auto out = cookie;
    out.emplace_back("Sec-Fetch-Site", "same-origin");
    const auto gone = nobody.del("/v1/session", out);
    EXPECT_EQ(gone.status, 204);
    EXPECT_TRUE(gone.header("Set-Cookie").contains("muster_session=;"));
    EXPECT_TRUE(gone.header("Set-Cookie").contains("Max-Age=0"));
    EXPECT_EQ(nobody.get("/v1/session", cookie).code(), "session.required");
    const auto head = house.head();
    EXPECT_EQ(nobody.del("/v1/session", out).status, 204);  // Already so.
    EXPECT_EQ(house.head(), head);
}

TEST_F(Conventions, AnotherSiteChangesNothingWithACookie) {
    house.person("ada");
    auto nobody = house.visitor();
    const auto in =
        nobody.post("/v1/sessions", {{"email", "ada@example.com"}, {"password", good_password}});
    const auto with = [&](Lines more) {
        more.emplace_back("Cookie", cookie_value(in));
        return more;
    };
    const auto host = "127.0.0.1:" + std::to_string(house.port());
    const auto head = house.head();
    const std::vector<Lines> foreign{
        {},
        {{"Sec-Fetch-Site", "cross-site"}},
        {{"Sec-Fetch-Site", "same-site"}},
        {{"Sec-Fetch-Site", ""}},
        {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://" + host}},
        {{"Origin", "https://evil.example"}},
        {{"Origin", "null"}},
        {{"Origin", ""}},
        {{"Origin", host}},
        {{"Origin", "https://muster.example.evil.example"}},
        {{"Origin", "http://evil.example/" + host}},
        {{"Origin", "http://evil.example@" + host}}};
    for (const auto& lines : foreign) {
        const auto change = nobody.patch("/v1/me", {{"language", "eo"}}, with(lines));
        EXPECT_EQ(change.code(), "request.cross_site") << change;
        EXPECT_EQ(change.flaw(), "");
        EXPECT_EQ(nobody.del("/v1/session", with(lines)).code(), "request.cross_site");
        EXPECT_EQ(nobody.get("/v1/me", with(lines)).status, 200);
    }
    EXPECT_EQ(house.head(), head);
    const std::vector<Lines> own{{{"Sec-Fetch-Site", "same-origin"}},
                                 {{"Sec-Fetch-Site", "none"}},
                                 {{"Origin", "http://" + host}},
                                 {{"Origin", "https://muster.example"}}};
    for (const auto& lines : own) {
        const auto language = lines[0].second.substr(0, 2) + "-x";
        EXPECT_EQ(nobody.patch("/v1/me", {{"first_name", language}}, with(lines)).status, 200)
            << lines[0].second;
    }
    // Whoever has no cookie has nothing to be abused.
    EXPECT_EQ(nobody
                  .post("/v1/sessions", {{"email", "ada@example.com"}, {"password", good_password}},
                        {{"Origin", "https://evil.example"}})
                  .status,
              201);
}

TEST_F(Conventions, ABearerTokenGoesBeforeACookie) {
    auto ada = house.person("ada");
    auto bob = house.person("bob");
    const Lines cookie{{"Cookie", "muster_session=" + bob.token()}};
    EXPECT_EQ(ada.get("/v1/me", cookie).body.at("id"), ada.id());
    EXPECT_EQ(ada.patch("/v1/me", {{"language", "eo"}}, cookie).status, 200);
    auto garbage = house.visitor("garbage");
    EXPECT_EQ(garbage.get("/v1/me", cookie).code(), "session.required");
    for (const auto* scheme : {"Basic ", "Bearer", "bearer", "Bearer  ", "Digest "}) {
        const Lines lines{{"Authorization", scheme + ada.token()}, cookie[0]};
        EXPECT_EQ(house.visitor().get("/v1/me", lines).code(), "session.required") << scheme;
    }
    const Lines lower{{"Authorization", "bEARER " + ada.token()}};
    EXPECT_EQ(house.visitor().get("/v1/me", lower).status, 200);
}

TEST_F(Conventions, OneBrowserCanBeAUserAndAnAdmin) {
    const auto ada = house.person("ada");
    const Lines both{
        {"Cookie", "muster_session=" + ada.token() + "; muster_admin=" + house.root().token()}};
    auto browser = house.visitor();
    EXPECT_EQ(browser.get("/v1/me", both).status, 200);
    EXPECT_EQ(browser.get("/v1/admin/session", both).status, 200);
}

TEST_F(Conventions, OfTwoCookiesTheOneThatIsAliveCounts) {
    const auto ada = house.person("ada");
    const auto gone = house.person("gone");
    auto leaving = house.visitor(gone.token());
    EXPECT_EQ(leaving.del("/v1/session").status, 204);
    auto browser = house.visitor();
    const auto path = account_path(ada.account());
    for (const auto& dead : {std::string{"garbage"}, gone.token()}) {
        const Lines staff{
            {"Cookie", "muster_session=" + dead + "; muster_admin=" + house.root().token()}};
        EXPECT_EQ(browser.get(path, staff).status, 200) << dead;
        EXPECT_EQ(browser.get("/v1/me", staff).code(), "access.role") << dead;
        const Lines user{{"Cookie", "muster_admin=" + dead + "; muster_session=" + ada.token()}};
        EXPECT_EQ(browser.get(path, user).status, 200) << dead;
        EXPECT_EQ(browser.get("/v1/users", user).code(), "access.role") << dead;
    }
}

TEST_F(Conventions, ATokenWithAnyByteChangedIsNoToken) {
    auto ada = house.person("ada");
    const auto key = house.key("auditor");
    const auto unknown = house.visitor("ms_unknown").get("/v1/session");
    EXPECT_EQ(unknown.code(), "session.required");
    EXPECT_EQ(unknown.header("WWW-Authenticate"), "Bearer");
    for (const auto& [token, path] :
         {std::pair{ada.token(), "/v1/session"}, std::pair{key.token(), "/v1/users"}}) {
        for (std::size_t n = 0; n < token.size(); ++n) {
            for (const auto byte : {'A', 'z', '-', '.', '='}) {
                auto changed = token;
                if (changed[n] == byte) continue;
                changed[n] = byte;
                const auto reply = house.visitor(changed).get(path);
                ASSERT_EQ(reply.code(), "session.required") << n << reply;
                ASSERT_EQ(reply.body.at("detail"), unknown.body.at("detail"));
            }
        }
        for (const auto& other : {token + "A", token + "=", token.substr(0, token.size() - 1)})
            EXPECT_EQ(house.visitor(other).get(path).code(), "session.required");
    }
}

TEST_F(Conventions, AnApiKeyIsBoundToItsAddresses) {
    struct Case {
        Json allowed;
        bool fits;
    };
    const std::vector<Case> cases{{Json::array(), true},
                                  {{"127.0.0.1"}, true},
                                  {{"10.0.0.1", "127.0.0.0/8"}, true},
                                  {{"0.0.0.0/0"}, true},
                                  {{"127.0.0.2"}, false},
                                  {{"::1"}, false},
                                  {{"128.0.0.0/8", "2001:db8::/32"}, false}};
    for (const auto& [allowed, fits] : cases) {
        auto key = house.key("administrator", allowed);
        EXPECT_EQ(key.get("/v1/users").code(), fits ? "" : "access.address") << allowed;
        const auto head = house.head();
        const auto command = key.patch("/v1/settings", {{"client_registration", false}});
        EXPECT_EQ(command.code(), fits ? "" : "access.address") << allowed;
        EXPECT_EQ(house.head() == head, !fits);
        house.root().patch("/v1/settings", {{"client_registration", true}});
    }
    for (const auto& bad : {"127.0.0.1/33", "1.2.3", "x", "10.0.0.1/8/8", ""}) {
        EXPECT_EQ(
            house.root()
                .post("/v1/api-keys", {{"name", "k"}, {"role", "auditor"}, {"allowed_ips", {bad}}})
                .code(),
            "request.invalid")
            << bad;
    }
    auto key = house.key("administrator");
    EXPECT_EQ(key.get("/v1/admins").status, 200);
    const auto path = "/v1/api-keys/" + std::to_string(key.id());
    EXPECT_EQ(house.root().del(path).status, 204);
    EXPECT_EQ(key.get("/v1/admins").code(), "session.required");
    EXPECT_EQ(key.post("/v1/accounts", {{"owner_user_id", 1}}).code(), "session.required");
    const auto head = house.head();
    EXPECT_EQ(house.root().del(path).status, 204);  // Already so.
    EXPECT_EQ(house.head(), head);
}

// --- Traces and methods

TEST_F(Conventions, ATraceGoesInAndComesOut) {
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const Lines trace{{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}};
    auto nobody = house.visitor();
    EXPECT_EQ(nobody.get("/v1/users", trace).body.at("trace_id"), id);
    EXPECT_EQ(nobody.get("/nowhere", trace).body.at("trace_id"), id);
    EXPECT_EQ(house.root().post("/v1/accounts", {{"owner_user_id", 99}}, trace).body.at("trace_id"),
              id);
    for (const auto& bad : {std::string{"00-" + id}, "ff-" + id + "-00f067aa0ba902b7-01",
                            "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01", std::string{"x"},
                            std::string{}, "00-" + std::string(32, 'G') + "-00f067aa0ba902b7-01"}) {
        const auto other = nobody.get("/nowhere", {{"traceparent", bad}});
        EXPECT_EQ(other.flaw(), "") << bad;
        EXPECT_NE(other.body.at("trace_id"), id);
    }
}

TEST_F(Conventions, ATraceIsKeptWithTheEvents) {
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const auto ada = house.person("ada");
    auto visitor = house.visitor(ada.token());
    const auto before = house.head();
    visitor.patch("/v1/me", {{"language", "eo"}},
                  {{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}});
    EXPECT_EQ(house.trace_of(Position{before.number + 1}), id);
}

TEST_F(Conventions, AMethodThatAPathDoesNotTakeIsToldWhichItTakes) {
    struct Case {
        std::string path, allow;
    };
    const std::vector<Case> cases{
        {"/v1/users", "GET, HEAD"}, {"/v1/users/1", "GET, HEAD, PATCH, DELETE"},
        {"/v1/sessions", "POST"},   {"/v1/session/account", "PUT"},
        {"/livez", "GET, HEAD"},
    };
    auto nobody = house.visitor();
    for (const auto& [path, allow] : cases) {
        for (const std::string method : {"OPTIONS", "POST", "DELETE", "PUT", "BREW", "get"}) {
            const auto reply = nobody.send(method, path, "", "");
            if (allow.contains(method)) continue;
            EXPECT_EQ(reply.status, 405) << method << path << reply;
            EXPECT_EQ(reply.flaw(), "");
            EXPECT_EQ(reply.header("Allow"), allow);
        }
        EXPECT_EQ(nobody.send("BREW", path + "/nowhere/at/all", "", "").code(), "route.not_found");
    }
}

TEST_F(Conventions, AHeadIsAnsweredLikeAGetWithoutItsBody) {
    auto& root = house.root();
    for (const auto* path : {"/v1/users", "/v1/settings", "/livez", "/v1/users/77", "/nowhere"}) {
        const auto get = root.get(path);
        const auto head = root.head(path);
        EXPECT_EQ(head.status, get.status) << path;
        EXPECT_EQ(head.text, "");
        EXPECT_EQ(head.header("Content-Length"), get.header("Content-Length")) << path;
        EXPECT_EQ(head.header("Content-Type"), get.header("Content-Type"));
        EXPECT_EQ(head.header("ETag"), get.header("ETag"));
    }
}

TEST_F(Conventions, NoAnswerIsKeptByCaches) {
    auto ada = house.person("ada");
    EXPECT_EQ(ada.get("/v1/me").header("Cache-Control"), "private, no-cache");
    EXPECT_EQ(ada.patch("/v1/me", {{"language", "eo"}}).header("Cache-Control"), "no-store");
}

}  // namespace muster::http::conventions_test
