// What protects a user: one-time links, the second factor, the security question, waiting after
// failed attempts; and admins who act as a user.

#include <algorithm>
#include <barrier>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "events/token.hpp"
#include "tests/http/house.hpp"

namespace muster::http::security_test {

using namespace std::chrono_literals;

const std::string new_password = "a wholly new pass phrase";

struct Security : testing::Test {
    Reply sign_in(const std::string& name, const std::string& password = good_password,
                  const Json& more = Json::object()) {
        Json body{{"email", name + "@example.com"}, {"password", password}};
        body.update(more);
        return house.visitor().post("/v1/sessions", body);
    }
    std::string token(TokenPurpose purpose, std::uint64_t user, std::uint64_t link) {
        return to_text(Token{purpose, user, link}, house.keys());
    }
    std::string reset_path(std::uint64_t user, std::uint64_t link) {
        return "/v1/password-resets/" + token(TokenPurpose::password_reset, user, link);
    }
    Reply ask_for_reset(const std::string& email) {
        return house.visitor().post("/v1/password-resets", {{"email", email}});
    }
    std::string code(const FactorSecret& secret, int steps = 0) {
        return one_time_password(secret,
                                 time_step(house.now()) + static_cast<std::uint64_t>(steps));
    }
    struct Factor {
        FactorSecret secret{};
        std::vector<std::string> recovery_codes;
    };
    Factor switch_on(Visitor& who, const std::string& path = "/v1/me/two-factor") {
        const auto started = who.post(path, {{"current_password", good_password}});
        EXPECT_EQ(started.status, 200) << started;
        const auto secret = from_base32(started.body.at("secret"));
        const auto on = who.post(path + "/confirmation", {{"code", code(secret)}});
        EXPECT_EQ(on.status, 200) << on;
        return {secret, on.body.at("recovery_codes")};
    }
    Json user(std::uint64_t id) { return house.root().get(user_path(id)).body; }

    House house;
};

// --- A new password by a mailed link

TEST_F(Security, AResetSetsANewPasswordOnceAndEndsEverySession) {  // Rules L18, I16.
    auto ada = house.person("ada");
    ASSERT_EQ(ask_for_reset("ada@example.com").status, 202);
    const auto path = reset_path(ada.id(), 1);
    EXPECT_EQ(house.visitor().get(path).body, Json::object());
    const auto done = house.visitor().post(path, {{"password", new_password}});
    EXPECT_EQ(done.status, 204) << done;
    EXPECT_EQ(done.header("Set-Cookie"), "");  // It does not sign in.
    EXPECT_EQ(ada.get("/v1/me").code(), "session.required");
    EXPECT_EQ(sign_in("ada").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("ada", new_password).status, 201);
    EXPECT_EQ(house.visitor().post(path, {{"password", new_password}}).code(), "token.not_found");
    EXPECT_EQ(house.visitor().get(path).code(), "token.not_found");
}

TEST_F(Security, OnlyTheNewestLinkWorksForAnHourAndForItsAddress) {
    auto ada = house.person("ada");
    const Json body{{"password", new_password}};
    ask_for_reset("ADA@example.com");
    ask_for_reset("ada@example.com");
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 1), body).code(), "token.not_found");
    house.pass(60min);
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 2), body).code(), "token.not_found");
    ask_for_reset("ada@example.com");
    house.pass(59min);
    EXPECT_EQ(house.visitor().get(reset_path(ada.id(), 3)).status, 200);
    ada.patch("/v1/me", {{"email", "ada@new.example"}, {"current_password", good_password}});
    EXPECT_EQ(house.visitor().get(reset_path(ada.id(), 3)).code(), "token.not_found");
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 3), body).code(), "token.not_found");
    ask_for_reset("ada@new.example");
    ada.put("/v1/me/password", {{"current_password", good_password}, {"password", new_password}});
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 4), body).code(), "token.not_found");
}

TEST_F(Security, AResetLinkIsNoOtherKindOfLink) {
    const auto ada = house.person("ada");
    ask_for_reset("ada@example.com");
    const auto path = "/v1/password-resets/" + token(TokenPurpose::email_verification, ada.id(), 1);
    EXPECT_EQ(house.visitor().get(path).code(), "token.not_found");
    const auto good = reset_path(ada.id(), 1);
    for (auto n = good.size() - 20; n < good.size(); ++n) {
        auto wrong = good;
        wrong[n] = wrong[n] == 'A' ? 'B' : 'A';
        EXPECT_EQ(house.visitor().post(wrong, {{"password", new_password}}).code(),
                  "token.not_found");
    }
}

TEST_F(Security, NobodyLearnsFromAResetWhetherAnAddressIsKnown) {
    house.person("ada");
    const auto known = ask_for_reset("ada@example.com");
    const auto between = house.head();
    const auto unknown = ask_for_reset("nobody@example.com");
    EXPECT_EQ(known.status, 202);
    EXPECT_EQ(unknown.status, 202);
    EXPECT_EQ(known.text, unknown.text);
    EXPECT_EQ(unknown.position(), between.number + 1);  // As many events.
    for (const auto* email : {"ada@example.com", "nobody@example.com"}) {
        const auto shown =
            house.visitor().post("/v1/password-resets?dry_run=true", {{"email", email}});
        EXPECT_EQ(shown.body, (Json{{"events", Json::array()}}));
    }
}

TEST_F(Security, AResetTakesAsLongForAnUnknownAddress) {
    House quick{RateLimits::off};
    for (int n = 0; n < 20; ++n)
        quick.person("known" + std::to_string(n));
    auto visitor = quick.visitor();
    // In turn, so that whatever else the machine does falls on both; the quarter of each that was
    // quickest is least disturbed by it.
    std::vector<double> known, unknown;
    const auto time = [&](const std::string& email) {
        const auto start = std::chrono::steady_clock::now();
        visitor.post("/v1/password-resets", {{"email", email}});
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count();
    };
    for (int n = 0; n < 400; ++n) {
        known.push_back(time("known" + std::to_string(n % 20) + "@example.com"));
        unknown.push_back(time("other" + std::to_string(n % 20) + "@example.com"));
    }
    std::ranges::sort(known);
    std::ranges::sort(unknown);
    const auto quarter = known.size() / 4;
    EXPECT_LT(std::abs(known[quarter] - unknown[quarter]), 0.35 * unknown[quarter])
        << known[quarter] << " us and " << unknown[quarter] << " us";
}

TEST_F(Security, StaffMailsAResetLink) {  // Rules L14, I8.
    const auto ada = house.person("ada");
    EXPECT_EQ(house.root().post(user_path(ada.id(), "/password-reset")).status, 202);
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 1), {{"password", new_password}}).status,
              204);
    EXPECT_EQ(sign_in("ada", new_password).status, 201);
    // Somebody who was made without a password gets in by it.
    const auto zoe = house.root().post(account_path(ada.account(), "/users"),
                                       {{"email", "zoe@example.com"}, {"permissions", "all"}});
    const std::uint64_t id = zoe.body.at("user_id");
    house.root().post(user_path(id, "/password-reset"));
    EXPECT_EQ(house.visitor().post(reset_path(id, 1), {{"password", new_password}}).status, 204);
    EXPECT_EQ(sign_in("zoe", new_password).status, 201);
}

// --- Verifying an address

TEST_F(Security, AnAddressIsVerifiedByALinkThatAsksForASignIn) {  // Rules V1, V2, V3, V4, V6.
    auto early = house.person("early");
    EXPECT_EQ(early.post("/v1/me/email-verification").code(), "email_verification.disabled");
    auto& root = house.root();
    const auto before = house.head();
    root.patch("/v1/settings", {{"email_verification", true}});
    EXPECT_EQ(house.head().number, before.number + 1);  // Rule V5: nobody is mailed.

    auto ada = house.person("ada");
    const Json link{{"token", token(TokenPurpose::email_verification, ada.id(), 1)}};
    EXPECT_EQ(ada.get("/v1/me").body.at("email_verified"), false);
    EXPECT_EQ(ada.get("/v1/me/accounts").status, 200);
    EXPECT_EQ(house.visitor().post("/v1/email-verifications", link).code(), "session.required");
    EXPECT_EQ(early.post("/v1/email-verifications", link).code(), "token.not_found");
    const auto verified = ada.post("/v1/email-verifications", link);
    EXPECT_EQ(verified.status, 200) << verified;
    EXPECT_EQ(verified.body.at("email_verified"), true);
    EXPECT_EQ(ada.post("/v1/email-verifications", link).status, 200);  // Already so.
    EXPECT_EQ(ada.post("/v1/email-verifications", {{"token", "mv_AAAA"}}).code(),
              "token.not_found");
    EXPECT_EQ(house.root().get("/v1/users?verified=true").body.at("items").size(), 1U);

    EXPECT_EQ(early.post("/v1/me/email-verification").status, 202);
    house.pass(60min);
    const Json late{{"token", token(TokenPurpose::email_verification, early.id(), 1)}};
    const auto expired = early.post("/v1/email-verifications", late);
    EXPECT_EQ(expired.code(), "token.expired");
    EXPECT_EQ(expired.status, 410);
    EXPECT_EQ(early.post("/v1/me/email-verification").status, 202);
    EXPECT_EQ(early.post("/v1/email-verifications", late).code(), "token.not_found");
    EXPECT_EQ(early
                  .post("/v1/email-verifications",
                        {{"token", token(TokenPurpose::email_verification, early.id(), 2)}})
                  .status,
              200);
}

TEST_F(Security, AChangedAddressIsUnverified) {  // Rules V2, V7.
    house.root().patch("/v1/settings", {{"email_verification", true}});
    auto ada = house.person("ada");
    const auto verify = [&](std::uint64_t link) {
        return ada.post("/v1/email-verifications",
                        {{"token", token(TokenPurpose::email_verification, ada.id(), link)}});
    };
    EXPECT_EQ(verify(1).status, 200);
    const auto change = [&](const char* email) {
        return ada.patch("/v1/me", {{"email", email}, {"current_password", good_password}});
    };
    EXPECT_EQ(change("ADA@example.com").body.at("email_verified"), true);  // The same address.
    EXPECT_EQ(change("ada@new.example").body.at("email_verified"), false);
    EXPECT_EQ(verify(1).code(), "token.not_found");
    EXPECT_EQ(verify(2).body.at("email_verified"), true);
}

TEST_F(Security, OnlyAVerifiedAddressSeesWhatWasSentToIt) {
    house.root().patch("/v1/settings", {{"email_verification", true}});
    auto ada = house.person("ada", {{"company_name", "Acme"}});
    auto bob = house.person("bob");
    ada.post(account_path(ada.account(), "/invitations"),
             {{"email", "BOB@example.com"}, {"permissions", {"tickets"}}});
    EXPECT_EQ(bob.get("/v1/me/invitations").body.at("items"), Json::array());
    bob.post("/v1/email-verifications",
             {{"token", token(TokenPurpose::email_verification, bob.id(), 1)}});
    const auto mine = bob.get("/v1/me/invitations").body.at("items");
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine.at(0).at("account_name"), "Acme");
    EXPECT_EQ(mine.at(0).at("sender_name"), "ada Example");
    EXPECT_EQ(mine.at(0).at("permissions"), Json{"tickets"});
    EXPECT_FALSE(mine.at(0).dump().contains("mi_"));
    house.pass(7 * 24h);
    EXPECT_EQ(bob.get("/v1/me/invitations").body.at("items"), Json::array());
}

// --- The second factor

TEST_F(Security, TheSecondFactorIsAskedForOnceItIsConfirmed) {
    auto ada = house.person("ada");
    EXPECT_EQ(ada.post("/v1/me/two-factor", {{"current_password", "wrong"}}).code(),
              "password.wrong");
    const auto started = ada.post("/v1/me/two-factor", {{"current_password", good_password}});
    const std::string secret = started.body.at("secret");
    EXPECT_EQ(started.body.at("uri"),
              "otpauth://totp/muster.example:ada%40example.com?secret=" + secret +
                  "&issuer=muster.example&algorithm=SHA1&digits=6&period=30");
    const std::string svg = started.body.at("qr_svg");
    EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    EXPECT_EQ(sign_in("ada").status, 201);  // Not yet.
    EXPECT_EQ(ada.post("/v1/me/two-factor/confirmation", {{"code", "000000"}}).code(),
              "code.wrong");
    const auto key = from_base32(secret);
    const auto on = ada.post("/v1/me/two-factor/confirmation", {{"code", code(key)}});
    ASSERT_EQ(on.status, 200) << on;
    EXPECT_EQ(on.body.at("recovery_codes").size(), 10U);
    EXPECT_EQ(user(ada.id()).at("two_factor"), true);
    EXPECT_EQ(house.root().get("/v1/users?two_factor=true").body.at("items").size(), 1U);
    EXPECT_EQ(ada.post("/v1/me/two-factor", {{"current_password", good_password}}).code(),
              "two_factor.on");

    EXPECT_EQ(sign_in("ada").code(), "session.second_factor_required");
    EXPECT_EQ(sign_in("ada", "wrong password").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("ada", good_password, {{"code", "123"}}).code(),
              "session.invalid_credentials");
    EXPECT_EQ(sign_in("ada", good_password, {{"code", code(key)}}).code(),
              "session.invalid_credentials");  // It was used to confirm.
    house.pass(30s);
    EXPECT_EQ(sign_in("ada", good_password, {{"code", code(key)}}).status, 201);
    EXPECT_EQ(sign_in("ada", good_password, {{"code", code(key)}}).code(),
              "session.invalid_credentials");
}

TEST_F(Security, ACodeCountsOneStepEitherWay) {
    auto ada = house.person("ada");
    const auto factor = switch_on(ada);
    for (const auto& [steps, status] : {std::pair{-2, 401}, {-1, 201}, {2, 401}, {1, 201}}) {
        house.pass(10min);
        EXPECT_EQ(sign_in("ada", good_password, {{"code", code(factor.secret, steps)}}).status,
                  status)
            << steps;
    }
}

TEST_F(Security, OfManyWhoUseOneCodeAtOnceOneGetsIn) {
    auto ada = house.person("ada");
    const auto factor = switch_on(ada);
    house.pass(30s);
    const auto once = [&](const std::string& with) {
        constexpr int callers = 100;
        std::atomic<int> in = 0, refused = 0;
        std::barrier start{callers};
        {
            std::vector<std::jthread> threads;
            for (int n = 0; n < callers; ++n) {
                threads.emplace_back([&] {
                    auto visitor = house.visitor();
                    start.arrive_and_wait();
                    const auto reply = visitor.post("/v1/sessions", {{"email", "ada@example.com"},
                                                                     {"password", good_password},
                                                                     {"code", with}});
                    ++(reply.status == 201 ? in : refused);
                });
            }
        }
        EXPECT_EQ(in, 1) << with;
        EXPECT_EQ(refused, callers - 1) << with;
    };
    once(code(factor.secret));
    once(factor.recovery_codes.at(3));
}

TEST_F(Security, EachRecoveryCodeWorksOnce) {
    auto ada = house.person("ada");
    const auto factor = switch_on(ada);
    EXPECT_EQ(
        std::set<std::string>(factor.recovery_codes.begin(), factor.recovery_codes.end()).size(),
        10U);
    for (auto typed : factor.recovery_codes) {
        std::ranges::transform(typed, typed.begin(), [](char c) { return c == '-' ? ' ' : c; });
        EXPECT_EQ(sign_in("ada", good_password, {{"code", typed}}).status, 201);
        EXPECT_EQ(sign_in("ada", good_password, {{"code", typed}}).code(),
                  "session.invalid_credentials");
    }
}

TEST_F(Security, StaffSwitchesTwoFactorOffAndNeverOn) {  // Rules L15, L18.
    auto ada = house.person("ada");
    switch_on(ada);
    for (const auto* method : {"POST", "PUT"}) {
        EXPECT_EQ(house.root()
                      .send(method, user_path(ada.id(), "/two-factor"), "{}", "application/json")
                      .code(),
                  "route.method_not_allowed");
    }
    EXPECT_EQ(house.root().del(user_path(ada.id(), "/two-factor")).status, 204);
    EXPECT_EQ(ada.get("/v1/me").code(), "session.required");
    EXPECT_EQ(sign_in("ada").status, 201);
    EXPECT_EQ(house.root().del(user_path(ada.id(), "/two-factor")).status, 204);  // Already so.
}

TEST_F(Security, AUserSwitchesTwoFactorOffWithThePassword) {
    auto ada = house.person("ada");
    switch_on(ada);
    const auto off = [&](const char* password) {
        return ada.send("DELETE", "/v1/me/two-factor", Json{{"current_password", password}}.dump(),
                        "application/json");
    };
    EXPECT_EQ(off("wrong").code(), "password.wrong");
    EXPECT_EQ(off(good_password.c_str()).status, 204);
    EXPECT_EQ(ada.get("/v1/me").body.at("two_factor"), false);
    EXPECT_EQ(sign_in("ada").status, 201);
    switch_on(ada);  // With a new secret.
    EXPECT_EQ(sign_in("ada").code(), "session.second_factor_required");
}

TEST_F(Security, AnInvitationIsAcceptedByASignInWithTwoFactor) {
    auto ada = house.person("ada");
    auto bob = house.person("bob");
    const auto factor = switch_on(bob);
    ada.post(account_path(ada.account(), "/invitations"),
             {{"email", "bob@example.com"}, {"permissions", {"tickets"}}});
    const auto path = "/v1/invitations/" + house.link_to("bob@example.com") + "/acceptance";
    Json credentials{{"email", "bob@example.com"}, {"password", good_password}};
    EXPECT_EQ(house.visitor().post(path, {{"sign_in", credentials}}).code(),
              "session.second_factor_required");
    house.pass(30s);
    credentials["code"] = code(factor.secret);
    EXPECT_EQ(house.visitor().post(path, {{"sign_in", credentials}}).status, 200);
}

TEST_F(Security, AnAdminHasASecondFactorToo) {
    auto admin = house.staff("auditor");
    const auto factor = switch_on(admin, "/v1/admin/two-factor");
    const auto enter = [&](const Json& more) {
        Json body{{"email", "auditor1@example.com"}, {"password", good_password}};
        body.update(more);
        return house.visitor().post("/v1/admin/sessions", body);
    };
    EXPECT_EQ(enter(Json::object()).code(), "session.second_factor_required");
    EXPECT_EQ(enter({{"code", factor.recovery_codes.at(0)}}).status, 201);
    house.pass(30s);
    EXPECT_EQ(enter({{"code", code(factor.secret)}}).status, 201);
    EXPECT_EQ(admin
                  .send("DELETE", "/v1/admin/two-factor",
                        Json{{"current_password", good_password}}.dump(), "application/json")
                  .status,
              204);
    EXPECT_EQ(enter(Json::object()).status, 201);
}

// --- The security question

TEST_F(Security, ASelfServiceResetAsksTheQuestion) {  // Rules L16, L17.
    auto ada = house.person("ada");
    const auto set = [&](const char* answer) {
        return ada.put(
            "/v1/me/security-question",
            {{"question", "First pet?"}, {"answer", answer}, {"current_password", good_password}});
    };
    EXPECT_EQ(set("  ").status, 422);
    EXPECT_EQ(set(" Løvë  Byron ").status, 204);
    EXPECT_EQ(ada.get("/v1/me").body.at("security_question"), true);
    ask_for_reset("ada@example.com");
    const auto path = reset_path(ada.id(), 1);
    EXPECT_EQ(house.visitor().get(path).body, (Json{{"security_question", "First pet?"}}));
    Json body{{"password", new_password}};
    const auto unanswered = house.visitor().post(path, body);
    EXPECT_EQ(unanswered.code(), "security_answer.required");
    EXPECT_EQ(unanswered.body.at("errors").at(0).at("pointer"), "/security_answer");
    body["security_answer"] = "Rex";
    EXPECT_EQ(house.visitor().post(path, body).code(), "security_answer.wrong");
    body["security_answer"] = "løve byron";
    EXPECT_EQ(house.visitor().post(path, body).status, 204);
    // What staff sends asks nothing.
    house.root().post(user_path(ada.id(), "/password-reset"));
    EXPECT_EQ(house.visitor().get(reset_path(ada.id(), 2)).body, Json::object());
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 2), {{"password", good_password}}).status,
              204);
    // Staff clears it, and the next reset asks nothing.
    EXPECT_EQ(house.root().del(user_path(ada.id(), "/security-question")).status, 204);
    EXPECT_EQ(user(ada.id()).at("security_question"), false);
    ask_for_reset("ada@example.com");
    EXPECT_EQ(house.visitor().post(reset_path(ada.id(), 3), {{"password", new_password}}).status,
              204);
}

TEST_F(Security, TheAnswerAloneOpensNothing) {
    auto ada = house.person("ada");
    ada.put("/v1/me/security-question",
            {{"question", "Q?"}, {"answer", "yes"}, {"current_password", good_password}});
    EXPECT_EQ(sign_in("ada", "yes").code(), "session.invalid_credentials");
    EXPECT_EQ(house.visitor()
                  .post("/v1/password-resets/mp_AAAA",
                        {{"password", new_password}, {"security_answer", "yes"}})
                  .code(),
              "token.not_found");
}

// --- Attempts

TEST_F(Security, FromTheFifthFailureOnOneHasToWaitLongerEachTime) {
    house.person("ada");
    for (int n = 0; n < 5; ++n)
        EXPECT_EQ(sign_in("ada", "wrong password").code(), "session.invalid_credentials") << n;
    int last = 0;
    for (int n = 0; n < 12; ++n) {
        const auto reply = sign_in("ada");  // Also with the right one.
        ASSERT_EQ(reply.code(), "rate.limited") << n << reply;
        const auto wait = std::stoi(reply.header("Retry-After"));
        EXPECT_GE(wait, last);
        EXPECT_LE(wait, 15 * 60);
        last = wait;
        house.pass(std::chrono::seconds{wait});
        EXPECT_EQ(sign_in("ada", "wrong password").code(), "session.invalid_credentials");
    }
    EXPECT_EQ(last, 15 * 60);
    house.pass(15min);
    EXPECT_EQ(sign_in("ada").status, 201);
    EXPECT_EQ(sign_in("ada", "wrong password").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("ada").status, 201);  // What failed before was forgotten.
}

TEST_F(Security, NobodyElseWaits) {
    house.person("ada");
    house.person("bob");
    for (int n = 0; n < 5; ++n)
        sign_in("ada", "wrong password");
    EXPECT_EQ(sign_in("ada").code(), "rate.limited");
    EXPECT_EQ(sign_in("bob").status, 201);
    for (int n = 0; n < 5; ++n)  // An address that nobody has is no different.
        EXPECT_EQ(sign_in("nobody", "wrong password").code(), "session.invalid_credentials");
    EXPECT_EQ(sign_in("nobody", "wrong password").code(), "rate.limited");
}

TEST_F(Security, CodesAnswersAndPasswordsCountAlike) {
    auto ada = house.person("ada");
    const auto factor = switch_on(ada);
    ada.put("/v1/me/security-question",
            {{"question", "Q?"}, {"answer", "yes"}, {"current_password", good_password}});
    ask_for_reset("ada@example.com");
    sign_in("ada", "wrong password");
    sign_in("ada", good_password, {{"code", "000000"}});
    sign_in("ada", good_password, {{"code", "AAAA-AAAA-AAAA-AAAA"}});
    house.visitor().post(reset_path(ada.id(), 1),
                         {{"password", new_password}, {"security_answer", "no"}});
    EXPECT_EQ(
        ada.patch("/v1/me", {{"email", "x@example.com"}, {"current_password", "wrong"}}).code(),
        "password.wrong");
    house.pass(1s);
    EXPECT_EQ(sign_in("ada", good_password, {{"code", factor.recovery_codes.at(0)}}).code(),
              "rate.limited");
    EXPECT_EQ(
        house.visitor()
            .post(reset_path(ada.id(), 1), {{"password", new_password}, {"security_answer", "yes"}})
            .code(),
        "rate.limited");
    EXPECT_EQ(ada.put("/v1/me/password",
                      {{"current_password", good_password}, {"password", new_password}})
                  .code(),
              "rate.limited");
    house.pass(5s);
    EXPECT_EQ(sign_in("ada", good_password, {{"code", factor.recovery_codes.at(0)}}).status, 201);
}

TEST(SecurityOfAFolder, DelaysSurviveARestart) {
    const Folder folder;
    const Json wrong{{"email", "ada@example.com"}, {"password", "wrong password"}};
    {
        House house{folder.path()};
        house.person("ada");
        for (int n = 0; n < 5; ++n)
            house.visitor().post("/v1/sessions", wrong);
    }
    House house{folder.path()};
    EXPECT_EQ(house.visitor().post("/v1/sessions", wrong).code(), "rate.limited");
    house.pass(5s);
    EXPECT_EQ(house.visitor().post("/v1/sessions", wrong).code(), "session.invalid_credentials");
}

TEST_F(Security, ResetsAreAskedForAFewTimes) {
    house.person("ada");
    for (const auto* email : {"ada@example.com", "nobody@example.com"}) {
        for (int n = 0; n < 5; ++n)
            EXPECT_EQ(ask_for_reset(email).status, 202) << email;
        EXPECT_EQ(ask_for_reset(email).code(), "rate.limited") << email;
    }
    EXPECT_EQ(sign_in("ada").status, 201);  // It locks nobody out.
}

TEST_F(Security, AnAccountsInvitationsAreLimitedByTheHour) {  // Rule I30.
    auto ada = house.person("ada");
    house.person("known");
    EXPECT_EQ(house.root().get("/v1/settings").body.at("limits"),
              (Json{{"invitations_per_account_hour", 100}}));
    house.root().patch("/v1/settings", {{"limits", {{"invitations_per_account_hour", 2}}}});
    const auto path = account_path(ada.account(), "/invitations");
    const auto invite = [&](const char* email) {
        return ada.post(path, {{"email", email}, {"permissions", {"tickets"}}});
    };
    EXPECT_EQ(invite("a@example.com").status, 201);
    EXPECT_EQ(ada.post(path + "/1/resend").status, 200);
    for (const auto* email : {"unknown@example.com", "known@example.com"}) {
        const auto reply = invite(email);
        EXPECT_EQ(reply.code(), "rate.limited") << reply;
        EXPECT_EQ(reply.header("Retry-After"), "3600");
    }
    EXPECT_EQ(ada.post(path + "/1/resend").code(), "rate.limited");
    auto bob = house.person("bob");
    EXPECT_EQ(bob.post(account_path(bob.account(), "/invitations"),
                       {{"email", "b@example.com"}, {"permissions", {"tickets"}}})
                  .status,
              201);
    house.pass(1h);
    EXPECT_EQ(invite("b@example.com").status, 201);
    house.root().patch("/v1/settings", {{"limits", {{"invitations_per_account_hour", nullptr}}}});
    for (int n = 0; n < 4; ++n)
        EXPECT_EQ(invite(("c" + std::to_string(n) + "@example.com").c_str()).status, 201);
}

// --- Admins

TEST_F(Security, AnAdminActsAsAUserAndItShows) {  // Rules L10, L11.
    auto ada = house.person("ada");
    auto support = house.staff("operator");
    const auto path = account_path(ada.account(), "/impersonation");
    const auto started = support.post(path, {{"user_id", ada.id()}});
    ASSERT_EQ(started.status, 201) << started;
    EXPECT_EQ(started.body.at("user").at("id"), ada.id());
    EXPECT_EQ(started.body.at("account").at("id"), ada.account());
    auto acting = house.visitor(started.body.at("token"));
    const auto session = acting.get("/v1/session").body;
    EXPECT_EQ(session.at("impersonated_by"),
              (Json{{"id", support.id()}, {"name", "Some operator"}}));
    EXPECT_EQ(session.at("account").at("id"), ada.account());
    const auto before = user(ada.id()).at("last_sign_in_at");

    EXPECT_EQ(acting.patch(account_path(ada.account()), {{"city", "Bath"}}).status, 200);
    const auto line = house.root().get("/v1/activity?limit=1").body.at("items").at(0);
    EXPECT_EQ(line.at("actor").at("kind"), "admin");
    EXPECT_EQ(line.at("actor").at("id"), support.id());
    EXPECT_EQ(line.at("actor").at("on_behalf_of"), ada.id());
    EXPECT_EQ(user(ada.id()).at("last_sign_in_at"), before);
    const auto listed = ada.get("/v1/me/sessions").body.at("items").at(0);
    EXPECT_EQ(listed.at("impersonated_by").at("id"), support.id());
    EXPECT_EQ(listed.at("ip"), nullptr);
    EXPECT_FALSE(ada.get("/v1/session").body.contains("impersonated_by"));

    EXPECT_EQ(acting.del("/v1/session").status, 204);  // Back, with one click.
    EXPECT_EQ(acting.get("/v1/session").code(), "session.required");
    EXPECT_EQ(support.get("/v1/admin/session").status, 200);
}

TEST_F(Security, WhoMayNotAnyMoreActsNoMore) {  // Rules L10, P10.
    auto ada = house.person("ada");
    auto support = house.staff("operator");
    const auto act = [&] {
        const auto started =
            support.post(account_path(ada.account(), "/impersonation"), {{"user_id", ada.id()}});
        return house.visitor(started.body.at("token"));
    };
    auto acting = act();
    EXPECT_EQ(acting.get("/v1/me").status, 200);
    const auto admin = path_of("admins", support.id());
    house.root().patch(admin, {{"role", "auditor"}});
    EXPECT_EQ(acting.get("/v1/me").code(), "session.required");
    EXPECT_EQ(acting.patch("/v1/me", {{"language", "eo"}}).code(), "session.required");
    house.root().patch(admin, {{"role", "operator"}});
    EXPECT_EQ(acting.get("/v1/me").status, 200);
    house.pass(1h);
    EXPECT_EQ(acting.get("/v1/me").code(), "session.required");
    auto again = act();
    house.root().del(admin);
    EXPECT_EQ(again.get("/v1/me").code(), "session.required");
    const auto outsider = house.person("bob");
    EXPECT_EQ(house.root()
                  .post(account_path(ada.account(), "/impersonation"), {{"user_id", outsider.id()}})
                  .code(),
              "account.not_associated");
    house.root().post(account_path(ada.account(), "/close"));
    EXPECT_EQ(house.root()
                  .post(account_path(ada.account(), "/impersonation"), {{"user_id", ada.id()}})
                  .code(),
              "account.closed");
}

TEST_F(Security, AdminsAreChangedAndTakenAway) {
    auto other = house.staff("operator");
    const auto path = path_of("admins", other.id());
    const auto changed = house.root().patch(
        path, {{"name", "Olga"}, {"email", "olga@example.com"}, {"role", "auditor"}});
    EXPECT_EQ(changed.body, (Json{{"id", other.id()},
                                  {"name", "Olga"},
                                  {"email", "olga@example.com"},
                                  {"role", "auditor"}}));
    EXPECT_EQ(house.root().patch(path, {{"email", "ROOT@example.com"}}).code(),
              "admin.email_taken");
    EXPECT_EQ(house.root().patch(path, {{"password", new_password}}).status, 200);
    EXPECT_EQ(other.get("/v1/admin/session").code(), "session.required");
    const Json credentials{{"email", "olga@example.com"}, {"password", new_password}};
    const auto in = house.visitor().post("/v1/admin/sessions", credentials);
    ASSERT_EQ(in.status, 201) << in;
    auto olga = house.visitor(in.body.at("token"));
    EXPECT_EQ(olga.get("/v1/admin/session").status, 200);
    EXPECT_EQ(house.root().del(path).status, 204);
    EXPECT_EQ(olga.get("/v1/admin/session").code(), "session.required");
    EXPECT_EQ(house.visitor().post("/v1/admin/sessions", credentials).code(),
              "session.invalid_credentials");
    EXPECT_EQ(house.root().del(path).status, 204);  // Already so.
}

TEST_F(Security, AnAdminWhoChangesTheOwnPasswordStaysSignedIn) {
    auto& root = house.root();
    const Json credentials{{"email", "root@example.com"}, {"password", good_password}};
    auto elsewhere =
        house.visitor(house.visitor().post("/v1/admin/sessions", credentials).body.at("token"));
    EXPECT_EQ(root.patch("/v1/admins/1", {{"password", new_password}}).status, 200);
    EXPECT_EQ(root.get("/v1/admin/session").status, 200);
    EXPECT_EQ(elsewhere.get("/v1/admin/session").code(), "session.required");
}

TEST_F(Security, TheLastAdministratorStays) {
    auto& root = house.root();
    EXPECT_EQ(root.patch("/v1/admins/1", {{"role", "operator"}}).code(),
              "admin.last_administrator");
    EXPECT_EQ(root.del("/v1/admins/1").code(), "admin.last_administrator");
    house.staff("administrator");
    EXPECT_EQ(root.patch("/v1/admins/1", {{"role", "operator"}}).status, 200);
    EXPECT_EQ(root.del("/v1/admins/2").code(), "access.role");
}

// --- Settings

TEST_F(Security, LockedFieldsAreStaffs) {  // Rule L13.
    auto ada = house.person("ada");
    const auto acme = account_path(ada.account());
    EXPECT_EQ(
        house.root().patch("/v1/settings", {{"locked_profile_fields", {"tax_id", "email"}}}).status,
        200);
    const auto refused = ada.patch(acme, {{"city", "Bath"}, {"tax_id", "1"}});
    EXPECT_EQ(refused.code(), "profile.locked");
    EXPECT_EQ(refused.body.at("errors").at(0).at("pointer"), "/tax_id");
    EXPECT_EQ(ada.patch(acme, {{"city", "Bath"}, {"tax_id", ""}}).status, 200);  // No change.
    EXPECT_EQ(ada.patch("/v1/me", {{"email", "x@example.com"}, {"current_password", good_password}})
                  .code(),
              "profile.locked");
    EXPECT_EQ(house.root().patch(acme, {{"tax_id", "1"}}).status, 200);
    EXPECT_EQ(house.root().patch(user_path(ada.id()), {{"email", "x@example.com"}}).status, 200);
    EXPECT_EQ(house.root().patch("/v1/settings", {{"locked_profile_fields", {"nonsense"}}}).status,
              422);
    EXPECT_EQ(house.root().patch("/v1/settings", {{"locked_profile_fields", Json::array()}}).status,
              200);
    EXPECT_EQ(ada.patch(acme, {{"tax_id", "2"}}).status, 200);
}

TEST_F(Security, RequiredFieldsAreRequiredUnlessStaffSkipsThem) {  // Rule R8.
    auto ada = house.person("ada");
    house.root().patch("/v1/settings", {{"required_account_fields", {"city"}}});
    Json zoe{{"first_name", "Zoe"},
             {"last_name", "Z"},
             {"email", "zoe@example.com"},
             {"password", good_password}};
    const auto refused = house.visitor().post("/v1/registrations", zoe);
    EXPECT_EQ(refused.code(), "request.invalid");
    EXPECT_EQ(refused.body.at("errors").at(0).at("pointer"), "/account/city");
    zoe["account"] = {{"city", "Bath"}};
    EXPECT_EQ(house.visitor().post("/v1/registrations", zoe).status, 201);
    EXPECT_EQ(ada.post("/v1/me/accounts", {{"company_name", "X"}}).status, 422);
    Json opened{{"owner_user_id", ada.id()}, {"company_name", "X"}};
    EXPECT_EQ(house.root().post("/v1/accounts", opened).body.at("errors").at(0).at("pointer"),
              "/city");
    opened["skip_validation"] = true;
    EXPECT_EQ(house.root().post("/v1/accounts", opened).status, 201);
    const auto acme = account_path(ada.account());
    EXPECT_EQ(ada.patch(acme, {{"phone", "1"}}).status, 200);  // It was empty before.
    EXPECT_EQ(ada.patch(acme, {{"city", "Bath"}}).status, 200);
    EXPECT_EQ(ada.patch(acme, {{"city", ""}}).code(), "request.invalid");
    EXPECT_EQ(house.root().patch(acme, {{"city", ""}, {"skip_validation", true}}).status, 200);
}

TEST_F(Security, SettingsAreMergedOneByOne) {
    auto& root = house.root();
    const auto changed = root.patch(
        "/v1/settings", {{"retention", {{"prune_after_months", 24}, {"delete_users", true}}}});
    EXPECT_EQ(changed.body.at("retention"), (Json{{"prune_after_months", 24},
                                                  {"delete_users", true},
                                                  {"deactivate_after_months", nullptr}}));
    EXPECT_EQ(root.patch("/v1/settings", {{"retention", {{"prune_after_months", 0}}}}).status, 422);
    root.patch("/v1/settings", {{"retention", {{"prune_after_months", nullptr}}}});
    const auto now = root.get("/v1/settings").body.at("retention");
    EXPECT_EQ(now.at("prune_after_months"), nullptr);
    EXPECT_EQ(now.at("delete_users"), true);
}

TEST_F(Security, AnIdentityIsVerifiedByStaff) {  // Rules V8, V9.
    auto ada = house.person("ada");
    for (const auto* status : {"requested", "submitted", "rejected", "approved", "none"}) {
        const auto set =
            house.root().put(user_path(ada.id(), "/identity-verification"), {{"status", status}});
        EXPECT_EQ(set.status, 200) << set;
        EXPECT_EQ(set.body.at("identity_verification"), status);
        EXPECT_EQ(ada.get("/v1/me").body.at("identity_verification"), status);
    }
    EXPECT_EQ(house.root()
                  .put(user_path(ada.id(), "/identity-verification"), {{"status", "perhaps"}})
                  .status,
              422);
}

}  // namespace muster::http::security_test
