// One-time links that are mailed to a user: for a new password, and to verify an address.

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>

#include "events/token.hpp"
#include "tests/http/security.hpp"

namespace muster::http::links_test {

using namespace std::chrono_literals;

struct Links : SecurityTest {};

// --- A new password

TEST_F(Links, AResetSetsANewPasswordOnceAndEndsEverySession) {  // Rules L18, I16.
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

TEST_F(Links, OnlyTheNewestLinkWorksForAnHourAndForItsAddress) {
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

TEST_F(Links, AResetLinkIsNoOtherKindOfLink) {
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

TEST_F(Links, NobodyLearnsFromAResetWhetherAnAddressIsKnown) {
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

TEST_F(Links, AResetTakesAsLongForAnUnknownAddress) {
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

TEST_F(Links, StaffMailsAResetLink) {  // Rules L14, I8.
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

TEST_F(Links, AnAddressIsVerifiedByALinkThatAsksForASignIn) {  // Rules V1, V2, V3, V4, V6.
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

TEST_F(Links, AChangedAddressIsUnverified) {  // Rules V2, V7.
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

TEST_F(Links, OnlyAVerifiedAddressSeesWhatWasSentToIt) {
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

// --- The security question

TEST_F(Links, ASelfServiceResetAsksTheQuestion) {  // Rules L16, L17.
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

TEST_F(Links, TheAnswerAloneOpensNothing) {
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

}  // namespace muster::http::links_test
