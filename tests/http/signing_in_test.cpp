// Set-up, registering, signing in and out, choosing an account, passwords, staff.

#include <algorithm>
#include <barrier>
#include <functional>
#include <gtest/gtest.h>
#include <set>

#include "tests/http/house.hpp"

namespace muster::http::signing_in_test {

using namespace std::chrono_literals;

struct SigningIn : testing::Test {
    Reply sign_in(const std::string& name, const std::string& password = good_password) {
        return house.visitor().post("/v1/sessions",
                                    {{"email", name + "@example.com"}, {"password", password}});
    }
    Reply choose(Visitor& who, std::uint64_t account) {
        return who.put("/v1/session/account", {{"account_id", account}});
    }
    House house;
};

const Json ada_registers{{"first_name", "Ada"},
                         {"last_name", "Lovelace"},
                         {"email", "Ada@Example.com"},
                         {"password", good_password},
                         {"language", "en-GB"},
                         {"account", {{"company_name", "Analytical Engines"}, {"city", "London"}}}};

const Json account_of_ada{
    {"id", 1},
    {"name", "Analytical Engines"},
    {"company_name", "Analytical Engines"},
    {"status", "active"},
    {"is_owner", true},
    {"permissions",
     {"profile", "contacts", "products", "manageproducts", "productsso", "domains", "managedomains",
      "invoices", "quotes", "tickets", "affiliates", "emails", "orders"}},
    {"last_sign_in_at", "2026-05-01T12:00:00.000Z"}};

const Json user_ada{{"id", 1},
                    {"first_name", "Ada"},
                    {"last_name", "Lovelace"},
                    {"email", "Ada@Example.com"},
                    {"language", "en-GB"},
                    {"two_factor", false},
                    {"security_question", false},
                    {"email_verified", false},
                    {"identity_verification", "none"},
                    {"last_sign_in_at", "2026-05-01T12:00:00.000Z"},
                    {"account_count", 1},
                    {"created_at", "2026-05-01T12:00:00.000Z"}};

// --- Set-up and staff

TEST_F(SigningIn, TheSetUpTokenWorksOnce) {
    const auto token = house.setup_token();
    auto nobody = house.visitor();
    Json body{{"token", token},
              {"name", "Root"},
              {"email", "Root@example.com"},
              {"password", good_password}};
    for (std::size_t n = 0; n < token.size(); ++n) {
        auto wrong = body;
        auto changed = token;
        changed[n] = changed[n] == 'A' ? 'B' : 'A';
        wrong["token"] = changed;
        ASSERT_EQ(nobody.post("/v1/setup", wrong).code(), "setup.invalid_token") << n;
    }
    EXPECT_EQ(house.head().number, 0U);
    const auto done = nobody.post("/v1/setup", body);
    ASSERT_EQ(done.status, 201);
    EXPECT_EQ(done.body.at("admin"), (Json{{"id", 1},
                                           {"name", "Root"},
                                           {"email", "Root@example.com"},
                                           {"role", "administrator"}}));
    EXPECT_EQ(house.setup_token(), "");
    body["email"] = "second@example.com";
    EXPECT_EQ(nobody.post("/v1/setup", body).code(), "setup.done");
    body["token"] = "x";
    EXPECT_EQ(nobody.post("/v1/setup", body).code(), "setup.done");
    auto root = house.visitor(done.body.at("token"));
    EXPECT_EQ(root.get("/v1/admin/session").body, (Json{{"admin", done.body.at("admin")}}));
}

TEST_F(SigningIn, OfManyWhoSetUpAtOnceOneIsTheFirstAdmin) {
    const auto token = house.setup_token();
    constexpr int callers = 6;
    std::vector<Reply> replies(callers);
    std::barrier start{callers};
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < callers; ++n) {
            threads.emplace_back([&, n] {
                auto visitor = house.visitor();
                start.arrive_and_wait();
                replies[static_cast<std::size_t>(n)] =
                    visitor.post("/v1/setup", {{"token", token},
                                               {"name", "Root"},
                                               {"email", std::to_string(n) + "@example.com"},
                                               {"password", good_password}});
            });
        }
    }
    int done = 0;
    for (const auto& reply : replies) {
        if (reply.status == 201) {
            ++done;
        } else {
            EXPECT_EQ(reply.code(), "setup.done") << reply;
        }
    }
    EXPECT_EQ(done, 1);
}

TEST_F(SigningIn, AdminsAreMadeListedAndSignInAndOut) {
    auto& root = house.root();
    const auto made = root.post("/v1/admins", {{"name", "Olga"},
                                               {"email", "olga@example.com"},
                                               {"role", "operator"},
                                               {"password", good_password}});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(
        made.body,
        (Json{{"id", 2}, {"name", "Olga"}, {"email", "olga@example.com"}, {"role", "operator"}}));
    EXPECT_EQ(
        root.post("/v1/admins", {{"name", "O"}, {"email", "OLGA@Example.COM"}, {"role", "auditor"}})
            .code(),
        "admin.email_taken");
    EXPECT_EQ(root.post("/v1/admins", {{"name", "O"}, {"email", "o@example.com"}, {"role", "king"}})
                  .code(),
              "request.invalid");
    EXPECT_EQ(root.get("/v1/admins").body.at("items")[1], made.body);

    auto nobody = house.visitor();
    EXPECT_EQ(nobody
                  .post("/v1/admin/sessions",
                        {{"email", "olga@example.com"}, {"password", "wrong password"}})
                  .code(),
              "session.invalid_credentials");
    const auto in = nobody.post("/v1/admin/sessions",
                                {{"email", " OLGA@example.com "}, {"password", good_password}});
    EXPECT_EQ(in.status, 201);
    auto olga = house.visitor(in.body.at("token"));
    EXPECT_EQ(olga.get("/v1/users").status, 200);
    EXPECT_EQ(olga.del("/v1/admin/session").status, 204);
    EXPECT_EQ(olga.get("/v1/users").code(), "session.required");
    EXPECT_EQ(olga.del("/v1/admin/session").status, 204);  // Already so.
    // One without a password does not sign in, and an admin is no user.
    root.post("/v1/admins", {{"name", "P"}, {"email", "p@example.com"}, {"role", "auditor"}});
    EXPECT_EQ(
        nobody.post("/v1/admin/sessions", {{"email", "p@example.com"}, {"password", "x"}}).code(),
        "session.invalid_credentials");
    EXPECT_EQ(sign_in("olga").code(), "session.invalid_credentials");
}

TEST_F(SigningIn, ApiKeysAreShownOnceAndListed) {
    auto& root = house.root();
    const auto made = root.post(
        "/v1/api-keys", {{"name", "billing"}, {"role", "auditor"}, {"allowed_ips", {"127.0.0.1"}}});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.body.at("id"), 1);
    EXPECT_TRUE(made.body.at("key").get<std::string>().starts_with("mk_"));
    const auto listed = root.get("/v1/api-keys").body.at("items")[0];
    EXPECT_EQ(listed.at("name"), "billing");
    EXPECT_EQ(listed.at("role"), "auditor");
    EXPECT_EQ(listed.at("allowed_ips"), Json{"127.0.0.1"});
    EXPECT_FALSE(listed.contains("key"));
}

TEST_F(SigningIn, SettingsAreReadAndChangedAndChangedAgainWithoutEffect) {
    auto& root = house.root();
    const auto settings = root.get("/v1/settings");
    EXPECT_EQ(settings.body, (Json{{"client_registration", true},
                                   {"client_area_user_management", true},
                                   {"email_verification", false},
                                   {"locked_profile_fields", Json::array()},
                                   {"required_account_fields", Json::array()},
                                   {"limits", {{"invitations_per_account_hour", 100}}},
                                   {"retention",
                                    {{"prune_after_months", nullptr},
                                     {"delete_users", false},
                                     {"deactivate_after_months", nullptr}}}}));
    const auto off = root.patch("/v1/settings", {{"client_registration", false}});
    EXPECT_EQ(off.status, 200);
    EXPECT_EQ(off.body.at("client_registration"), false);
    const auto head = house.head();
    const auto again = root.patch("/v1/settings", {{"client_registration", false}});
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.position(), head.number);
    EXPECT_EQ(house.head(), head);
}

// --- Registering

// Rules E2, E4, E5, E12, R2.
TEST_F(SigningIn, RegisteringMakesAUserAndAnAccountAndSignsIn) {
    const auto reply = house.visitor().post("/v1/registrations", ada_registers);
    ASSERT_EQ(reply.status, 201) << reply;
    EXPECT_EQ(reply.body.at("user"), user_ada);
    EXPECT_EQ(reply.body.at("account"), account_of_ada);
    auto ada = house.visitor(reply.body.at("token"));
    EXPECT_EQ(ada.get("/v1/session").body, (Json{{"user", user_ada},
                                                 {"account", account_of_ada},
                                                 {"permissions", account_of_ada.at("permissions")},
                                                 {"is_owner", true},
                                                 {"accounts", {account_of_ada}}}));
    auto me = user_ada;
    me["accounts"] = Json::array({account_of_ada});
    EXPECT_EQ(ada.get("/v1/me").body, me);
    EXPECT_EQ(ada.get("/v1/me/accounts").body,
              (Json{{"items", {account_of_ada}}, {"next", nullptr}}));
    EXPECT_EQ(house.root().get("/v1/users/1").body, me);
}

// Rules E13, E14.
TEST_F(SigningIn, AnAddressIsOneUsersHoweverItIsSpelt) {
    auto nobody = house.visitor();
    nobody.post("/v1/registrations", ada_registers);
    const auto head = house.head();
    for (const auto* spelling : {"ada@example.com", "ADA@EXAMPLE.COM", "  Ada@Example.com\t"}) {
        auto again = ada_registers;
        again["email"] = spelling;
        EXPECT_EQ(nobody.post("/v1/registrations", again).code(), "user.email_taken") << spelling;
    }
    EXPECT_EQ(house.head(), head);  // Rule R6.
    auto german = ada_registers;
    german["email"] = "ada@müller.example";
    EXPECT_EQ(nobody.post("/v1/registrations", german).body.at("user").at("email"),
              "ada@müller.example");
    german["email"] = "ADA@xn--mller-kva.example";
    EXPECT_EQ(nobody.post("/v1/registrations", german).code(), "user.email_taken");
    EXPECT_EQ(
        nobody.post("/v1/sessions", {{"email", "ada@MÜLLER.example"}, {"password", good_password}})
            .status,
        201);
}

// Rule E13.
TEST_F(SigningIn, OfManyWhoWantOneAddressOneGetsIt) {
    constexpr int callers = 8;
    std::vector<Reply> replies(callers);
    std::barrier start{callers};
    {
        std::vector<std::jthread> threads;
        for (auto& reply : replies) {
            threads.emplace_back([&] {
                auto visitor = house.visitor();
                start.arrive_and_wait();
                reply = visitor.post("/v1/registrations", ada_registers);
            });
        }
    }
    int done = 0;
    for (const auto& reply : replies) {
        if (reply.status == 201) {
            ++done;
        } else {
            EXPECT_EQ(reply.code(), "user.email_taken") << reply;
        }
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(house.root().get("/v1/users?total=true").body.at("total"), 1);
    EXPECT_EQ(house.root().get("/v1/accounts?total=true").body.at("total"), 1);
}

// Rule R1.
TEST_F(SigningIn, WithRegistrationOffNobodyRegistersButThroughAnInvitation) {
    auto ada = house.person("ada");
    ada.post(account_path(ada.account(), "/invitations"),
             {{"email", "bob@example.com"}, {"permissions", "all"}});
    const auto link = house.link_to("bob@example.com");
    house.root().patch("/v1/settings", {{"client_registration", false}});
    auto nobody = house.visitor();
    auto grace = ada_registers;
    grace["email"] = "grace@example.com";
    EXPECT_EQ(nobody.post("/v1/registrations", grace).code(), "registration.disabled");
    const auto bob =
        nobody.post("/v1/invitations/" + link + "/acceptance", {{"register",
                                                                 {{"first_name", "Bob"},
                                                                  {"last_name", "B"},
                                                                  {"email", "bob@example.com"},
                                                                  {"password", good_password}}}});
    EXPECT_EQ(bob.status, 200) << bob;
    house.root().patch("/v1/settings", {{"client_registration", true}});
    EXPECT_EQ(nobody.post("/v1/registrations", grace).status, 201);
}

TEST_F(SigningIn, APasswordHasALength) {
    auto body = ada_registers;
    auto nobody = house.visitor();
    body["password"] = "elevenbytes";
    const auto shorter = nobody.post("/v1/registrations", body);
    EXPECT_EQ(shorter.code(), "password.too_short");
    EXPECT_EQ(shorter.body.at("errors")[0].at("pointer"), "/password");
    body["password"] = std::string(257, 'x');
    EXPECT_EQ(nobody.post("/v1/registrations", body).code(), "request.invalid");
    // Every character counts, blanks and others too.
    const std::string odd = "  \t\n\"ünïcödé\" 🔑 ";
    body["password"] = odd;
    EXPECT_EQ(nobody.post("/v1/registrations", body).status, 201);
    EXPECT_EQ(sign_in("ada", odd).status, 201);
    EXPECT_EQ(sign_in("ada", odd.substr(1)).code(), "session.invalid_credentials");
}

// --- Signing in and choosing

TEST_F(SigningIn, WrongCredentialsGetOneAnswer) {
    house.person("ada");
    const auto wrong = sign_in("ada", "not the password");
    const auto unknown = sign_in("nobody", "not the password");
    EXPECT_EQ(wrong.code(), "session.invalid_credentials");
    EXPECT_EQ(wrong.flaw(), "");
    auto one = wrong.body;
    auto other = unknown.body;
    one.erase("trace_id");
    other.erase("trace_id");
    EXPECT_EQ(one, other);
}

// Rules L1, L9, E12.
TEST_F(SigningIn, OneAccountIsChosenAtSignIn) {
    const auto ada = house.person("ada");
    house.pass(1h);
    const auto in = sign_in("ada");
    EXPECT_EQ(in.status, 201);
    EXPECT_EQ(in.body.at("account").at("id"), ada.account());
    EXPECT_EQ(in.body.at("account").at("last_sign_in_at"), "2026-05-01T13:00:00.000Z");
    EXPECT_EQ(in.body.at("user").at("last_sign_in_at"), "2026-05-01T13:00:00.000Z");
    EXPECT_EQ(in.body.at("accounts").size(), 1U);
}

// Rules L2, L3, L4, L5, L7, L9, E3, E6, E12.
TEST_F(SigningIn, OfSeveralAccountsOneIsChosenByTheUser) {
    auto ada = house.person("ada", {{"company_name", "One"}});
    const auto second = ada.post("/v1/me/accounts", {{"company_name", "Two"}});  // Rule R3.
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body.at("name"), "Two");
    EXPECT_EQ(second.body.at("is_owner"), true);
    const auto two = second.body.at("id").get<std::uint64_t>();
    EXPECT_EQ(ada.get("/v1/session").body.at("account").at("id"), ada.account());

    const auto in = sign_in("ada");
    EXPECT_TRUE(in.body.at("account").is_null());
    EXPECT_EQ(in.body.at("accounts").size(), 2U);
    auto session = house.visitor(in.body.at("token"));
    const auto now = session.get("/v1/session").body;
    EXPECT_TRUE(now.at("account").is_null());
    EXPECT_EQ(now.at("permissions"), Json::array());
    EXPECT_EQ(now.at("is_owner"), false);
    const auto unchosen = session.get(account_path(two));
    EXPECT_EQ(unchosen.code(), "session.account_required");

    house.pass(1h);
    const auto chosen = choose(session, two);
    EXPECT_EQ(chosen.status, 200);
    EXPECT_EQ(chosen.body.at("account").at("id"), two);
    EXPECT_EQ(chosen.body.at("is_owner"), true);
    EXPECT_EQ(session.get(account_path(two)).status, 200);
    const auto accounts = session.get("/v1/me/accounts").body.at("items");
    for (const auto& account : accounts) {
        EXPECT_EQ(account.at("last_sign_in_at"), account.at("id") == two
                                                     ? "2026-05-01T13:00:00.000Z"
                                                     : "2026-05-01T12:00:00.000Z");
    }
    const auto head = house.head();
    EXPECT_EQ(choose(session, two).status, 200);  // Already so.
    EXPECT_EQ(house.head(), head);

    const auto other = session.get(account_path(ada.account()));
    EXPECT_EQ(other.code(), "session.other_account");
    EXPECT_EQ(other.body.at("account").at("name"), "One");
    EXPECT_EQ(other.flaw(), "");
    const auto command = session.patch(account_path(ada.account()), {{"city", "Bath"}});
    EXPECT_EQ(command.code(), "session.other_account");
    EXPECT_EQ(command.body.at("account").at("name"), "One");
    EXPECT_EQ(choose(session, ada.account()).status, 200);
    EXPECT_EQ(session.get(account_path(ada.account())).status, 200);
    EXPECT_EQ(session.get(account_path(two)).code(), "session.other_account");
    // The first session has chosen for itself.
    EXPECT_EQ(ada.get("/v1/session").body.at("account").at("id"), ada.account());
}

// Rules L5, L6.
TEST_F(SigningIn, AClosedAccountCannotBeChosen) {
    auto ada = house.person("ada");
    const auto two = ada.post("/v1/me/accounts", Json::object()).body.at("id").get<std::uint64_t>();
    house.root().post(account_path(ada.account(), "/close"));
    // The session that had it chosen has none at the next request.
    EXPECT_TRUE(ada.get("/v1/session").body.at("account").is_null());
    EXPECT_EQ(ada.get(account_path(ada.account())).code(), "session.account_required");
    EXPECT_EQ(ada.patch(account_path(ada.account()), {{"city", "Bath"}}).code(),
              "session.account_required");
    EXPECT_EQ(choose(ada, ada.account()).code(), "account.closed");
    const auto in = sign_in("ada");
    EXPECT_EQ(in.body.at("account").at("id"), two);
    std::set<std::string> statuses;
    for (const auto& account : in.body.at("accounts"))
        statuses.insert(account.at("status"));
    EXPECT_EQ(statuses, (std::set<std::string>{"active", "closed"}));
}

// Rules E16, L8.
TEST_F(SigningIn, AUserWithoutAnAccountSignsIn) {
    const auto ada = house.person("ada");
    house.root().del(account_path(ada.account()));
    const auto in = sign_in("ada");
    EXPECT_EQ(in.status, 201);
    EXPECT_TRUE(in.body.at("account").is_null());
    EXPECT_EQ(in.body.at("accounts"), Json::array());
    auto session = house.visitor(in.body.at("token"));
    EXPECT_EQ(session.get("/v1/me").body.at("account_count"), 0);
    EXPECT_EQ(choose(session, ada.account()).code(), "account.not_found");
    EXPECT_EQ(choose(session, 4711).code(), "account.not_found");
    // Opening one chooses it, where none is chosen.
    const auto opened = session.post("/v1/me/accounts", {{"company_name", "New"}});
    EXPECT_EQ(opened.status, 201);
    EXPECT_EQ(session.get("/v1/session").body.at("account").at("name"), "New");
}

TEST_F(SigningIn, SigningOutEndsTheSessionAndNoOther) {
    auto ada = house.person("ada");
    auto other = house.signed_in("ada");
    EXPECT_EQ(ada.del("/v1/session").status, 204);
    EXPECT_EQ(ada.get("/v1/session").code(), "session.required");
    EXPECT_EQ(other.get("/v1/session").status, 200);
    const auto head = house.head();
    EXPECT_EQ(ada.del("/v1/session").status, 204);
    EXPECT_EQ(house.head(), head);
    house.pass(30 * 24h);
    EXPECT_EQ(other.get("/v1/session").code(), "session.required");
    EXPECT_EQ(other.patch("/v1/me", {{"language", "eo"}}).code(), "session.required");
}

TEST_F(SigningIn, AUsedSessionLivesOnAndAnUnusedOneEnds) {
    auto ada = house.person("ada");
    auto idle = house.signed_in("ada");
    const auto last_use = [&] {
        const auto rows = ada.get("/v1/me/sessions").body.at("items");
        return rows.at(rows.size() - 1).at("last_used_at").get<std::string>();
    };
    for (int n = 0; n < 3; ++n) {
        house.pass(9 * 24h);
        const auto head = house.head().number;
        EXPECT_EQ(ada.get("/v1/me").status, 200) << n;  // A query, which waits for nothing.
        for (int looks = 0; looks < 500 && last_use() != to_text(house.now()); ++looks)
            std::this_thread::sleep_for(10ms);
        EXPECT_EQ(last_use(), to_text(house.now()));
        EXPECT_EQ(house.head().number, head + 1);
    }
    EXPECT_EQ(idle.get("/v1/me").code(), "session.required");
    EXPECT_EQ(ada.get("/v1/me/sessions").body.at("items").size(), 1U);
    house.pass(3 * 24h);
    EXPECT_EQ(ada.get("/v1/me").code(), "session.required");  // Thirty days, however used.
}

// --- The own record

// Rules E9, E10, L12.
TEST_F(SigningIn, AUserChangesTheOwnDetails) {
    auto ada = house.person("ada");
    const auto named = ada.patch("/v1/me", {{"first_name", " Augusta "}, {"language", "de"}});
    EXPECT_EQ(named.status, 200);
    EXPECT_EQ(named.body.at("first_name"), "Augusta");
    EXPECT_EQ(named.body.at("language"), "de");
    EXPECT_EQ(house.root().get(account_path(ada.account())).body.at("first_name"), "");
    const auto head = house.head();
    EXPECT_EQ(ada.patch("/v1/me", {{"first_name", "Augusta"}}).status, 200);
    EXPECT_EQ(ada.patch("/v1/me", Json::object()).status, 200);
    EXPECT_EQ(house.head(), head);

    EXPECT_EQ(ada.patch("/v1/me", {{"email", "new@example.com"}}).code(), "password.wrong");
    EXPECT_EQ(ada.patch("/v1/me", {{"email", "new@example.com"}, {"current_password", "nonsense!"}})
                  .code(),
              "password.wrong");
    house.person("bob");
    EXPECT_EQ(
        ada.patch("/v1/me", {{"email", "BOB@example.com"}, {"current_password", good_password}})
            .code(),
        "user.email_taken");
    const auto moved =
        ada.patch("/v1/me", {{"email", "new@example.com"}, {"current_password", good_password}});
    EXPECT_EQ(moved.status, 200);
    EXPECT_EQ(moved.body.at("email"), "new@example.com");
    EXPECT_EQ(sign_in("ada").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("new").status, 201);
    // The old address is free again.
    EXPECT_EQ(house.visitor().post("/v1/registrations", ada_registers).status, 201);
}

// Rules L12, L18.
TEST_F(SigningIn, AChangedPasswordEndsTheOtherSessions) {
    auto ada = house.person("ada");
    auto other = house.signed_in("ada");
    auto bob = house.person("bob");
    EXPECT_EQ(ada.put("/v1/me/password",
                      {{"current_password", "wrong wrong wrong"}, {"password", "another good one"}})
                  .code(),
              "password.wrong");
    EXPECT_EQ(
        ada.put("/v1/me/password", {{"current_password", good_password}, {"password", "short"}})
            .code(),
        "password.too_short");
    EXPECT_EQ(other.get("/v1/me").status, 200);
    EXPECT_EQ(ada.put("/v1/me/password",
                      {{"current_password", good_password}, {"password", "another good one"}})
                  .status,
              204);
    EXPECT_EQ(ada.get("/v1/me").status, 200);
    EXPECT_EQ(other.get("/v1/me").code(), "session.required");
    EXPECT_EQ(bob.get("/v1/me").status, 200);
    EXPECT_EQ(sign_in("ada").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("ada", "another good one").status, 201);
}

TEST_F(SigningIn, SessionsAreListedAndEnded) {
    auto ada = house.person("ada");
    house.pass(1h);
    auto phone = house.signed_in("ada");
    house.pass(1h);
    auto tablet = house.signed_in("ada");
    auto bob = house.person("bob");
    const auto ids = [](const Reply& reply) {
        std::vector<std::uint64_t> found;
        for (const auto& item : reply.body.at("items"))
            found.push_back(item.at("id"));
        return found;
    };
    const auto path = [](std::uint64_t session) {
        return "/v1/me/sessions/" + std::to_string(session);
    };
    const auto listed = phone.get("/v1/me/sessions");
    const auto all = ids(listed);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(all, std::greater{}));  // Newest first.
    const auto& own = listed.body.at("items").at(1);
    EXPECT_EQ(own, (Json{{"id", all[1]},
                         {"created_at", "2026-05-01T13:00:00.000Z"},
                         {"last_used_at", "2026-05-01T13:00:00.000Z"},
                         {"ip", "127.0.0.1"},
                         {"user_agent", own.at("user_agent")},
                         {"current", true},
                         {"account_id", ada.account()}}));
    EXPECT_FALSE(listed.body.at("items").at(0).at("current").get<bool>());
    EXPECT_EQ(phone.get(path(all[1])).body, own);
    const auto first = phone.get("/v1/me/sessions?limit=2&total=true");
    EXPECT_EQ(first.body.at("total"), 3U);
    EXPECT_EQ(ids(phone.get("/v1/me/sessions?limit=2&cursor=" +
                            first.body.at("next").get<std::string>())),
              (std::vector{all[2]}));

    const auto bobs = ids(bob.get("/v1/me/sessions")).at(0);
    for (const auto id : {bobs, std::uint64_t{4711}}) {
        EXPECT_EQ(phone.get(path(id)).code(), "session.not_found");
        EXPECT_EQ(phone.del(path(id)).code(), "session.not_found");
    }
    EXPECT_EQ(bob.get("/v1/me").status, 200);
    EXPECT_EQ(phone.del(path(all[0])).status, 204);
    EXPECT_EQ(tablet.get("/v1/me").code(), "session.required");
    EXPECT_EQ(phone.get(path(all[0])).code(), "session.not_found");
    const auto head = house.head();
    EXPECT_EQ(phone.del(path(all[0])).status, 204);  // Already so.
    EXPECT_EQ(house.head(), head);
    EXPECT_EQ(phone.del("/v1/me/sessions").status, 204);
    EXPECT_EQ(ada.get("/v1/me").code(), "session.required");
    EXPECT_EQ(ids(phone.get("/v1/me/sessions")), (std::vector{all[1]}));

    const auto sessions = user_path(ada.id(), "/sessions");
    EXPECT_EQ(house.root().del(sessions).status, 204);
    EXPECT_EQ(phone.get("/v1/me").code(), "session.required");
    EXPECT_EQ(bob.get("/v1/me").status, 200);
    EXPECT_EQ(house.root().del(user_path(4711, "/sessions")).code(), "user.not_found");
    house.signed_in("bob");
    house.pass(31 * 24h);
    EXPECT_EQ(house.signed_in("bob").get("/v1/me/sessions").body.at("items").size(), 1U);
}

// Rules L14, L18, E8.
TEST_F(SigningIn, APasswordThatAnAdminSetEndsEverySession) {
    auto ada = house.person("ada");
    const auto path = user_path(ada.id(), "/password");
    EXPECT_EQ(house.root().put(path, {{"password", "short"}}).code(), "password.too_short");
    EXPECT_EQ(house.root().put(path, {{"password", "set by an admin"}}).status, 204);
    EXPECT_EQ(ada.get("/v1/me").code(), "session.required");
    EXPECT_EQ(sign_in("ada", "set by an admin").status, 201);
}

// Rules L8, P14.
TEST_F(SigningIn, AUserLeavesAnAccountButNotAnOwnOne) {
    auto ada = house.person("ada");
    auto bob = house.person("bob");
    house.associate(ada, bob, "all");
    const auto path = "/v1/me/accounts/" + std::to_string(ada.account());
    EXPECT_EQ(ada.del(path).code(), "account.owner_cannot_leave");
    EXPECT_EQ(bob.del("/v1/me/accounts/4711").code(), "account.not_found");
    EXPECT_EQ(bob.del("/v1/me/accounts/x").code(), "account.not_found");
    choose(bob, ada.account());
    EXPECT_EQ(bob.del(path).status, 204);
    EXPECT_TRUE(bob.get("/v1/session").body.at("account").is_null());
    const auto head = house.head();
    EXPECT_EQ(bob.del(path).status, 204);  // Already so.
    EXPECT_EQ(house.head(), head);
}

}  // namespace muster::http::signing_in_test
