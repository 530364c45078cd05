// Waiting after what failed, and after what was asked for too often.

#include <chrono>
#include <gtest/gtest.h>

#include "tests/http/security.hpp"

namespace muster::http::attempts_test {

using namespace std::chrono_literals;

struct Attempting : SecurityTest {};

TEST_F(Attempting, FromTheFifthFailureOnOneHasToWaitLongerEachTime) {
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

TEST_F(Attempting, WhereSomebodyTriedFromIsForgottenWithThem) {  // Rule X18.
    const auto ada = house.person("ada");
    sign_in("ada", "wrong password");
    ask_for_reset("ada@example.com");
    sign_in("nobody", "wrong password");
    const auto tried = [&] {
        return house.root().get("/v1/activity?ip=127.0.0.1&actor=system").body.at("items").size();
    };
    EXPECT_EQ(tried(), 3U);
    ASSERT_EQ(house.root().del(account_path(ada.account()) + "?delete_users=true").status, 204);
    EXPECT_EQ(tried(), 1U);  // It was about nobody who is known.
}

TEST_F(Attempting, NobodyElseWaits) {
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

TEST_F(Attempting, CodesAnswersAndPasswordsCountAlike) {
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

TEST(AttemptingInAFolder, DelaysSurviveARestart) {
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

TEST_F(Attempting, ResetsAreAskedForAFewTimes) {
    house.person("ada");
    for (const auto* email : {"ada@example.com", "nobody@example.com"}) {
        for (int n = 0; n < 5; ++n)
            EXPECT_EQ(ask_for_reset(email).status, 202) << email;
        EXPECT_EQ(ask_for_reset(email).code(), "rate.limited") << email;
    }
    EXPECT_EQ(sign_in("ada").status, 201);  // It locks nobody out.
}

TEST_F(Attempting, AnAccountsInvitationsAreLimitedByTheHour) {  // Rule I30.
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

TEST_F(Attempting, ANetworkAsksForLinksToAnyAddressesABoundedNumberOfTimes) {
    for (int n = 0; n < 60; ++n)
        ASSERT_EQ(ask_for_reset("p" + std::to_string(n) + "@example.com").status, 202) << n;
    house.person("ada");
    for (const auto* email : {"ada@example.com", "another@example.com"}) {
        const auto reply = ask_for_reset(email);
        EXPECT_EQ(reply.code(), "rate.limited") << email;
        EXPECT_EQ(reply.header("Retry-After"), "5");
    }
    EXPECT_EQ(sign_in("ada").status, 201);
    house.pass(5s);
    EXPECT_EQ(ask_for_reset("ada@example.com").status, 202);
}

TEST_F(Attempting, AUserHasTheAddressVerifiedAFewTimes) {  // Rule V4.
    house.root().patch("/v1/settings", {{"email_verification", true}});
    auto ada = house.person("ada");  // Who has just been mailed the first one.
    for (int n = 0; n < 4; ++n)
        EXPECT_EQ(ada.post("/v1/me/email-verification").status, 202) << n;
    const auto reply = ada.post("/v1/me/email-verification");
    EXPECT_EQ(reply.code(), "rate.limited") << reply;
    EXPECT_EQ(reply.header("Retry-After"), "5");
    house.pass(5s);
    EXPECT_EQ(ada.post("/v1/me/email-verification").status, 202);
    EXPECT_EQ(ada.post("/v1/me/email-verification").header("Retry-After"), "10");
}

// --- Behind proxies

struct BehindProxies : testing::Test {
    // With what reaches the server, from the proxy on loopback.
    Reply try_in(const Lines& headers) {
        return house.visitor().post("/v1/sessions",
                                    {{"email", "ada@example.com"}, {"password", "wrong password"}},
                                    headers);
    }
    void lock(const std::string& from) {
        for (int n = 0; n < 5; ++n)
            try_in({{"X-Forwarded-For", from}});
    }
    std::string code(const Lines& headers) { return try_in(headers).code(); }

    House house{std::vector{*IpNetwork::parse("127.0.0.1"), *IpNetwork::parse("10.0.0.0/8")}};
    Visitor ada = house.person("ada");
};

TEST_F(BehindProxies, EachCallerIsOneOfItsOwn) {
    lock("192.0.2.1");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.1"}}), "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.2"}}), "session.invalid_credentials");
    const auto line = house.root().get("/v1/activity?type=attempts.failed&limit=1").body;
    EXPECT_EQ(line.at("items").at(0).at("ip"), "192.0.2.2");
}

TEST_F(BehindProxies, WhatACallerClaimsBeforeTheProxysWordDoesNotCount) {
    lock("192.0.2.1");
    EXPECT_EQ(code({{"X-Forwarded-For", "203.0.113.9, 192.0.2.1"}}), "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "192.0.2.1"}}),
              "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "nonsense, 192.0.2.1"}}), "rate.limited");
}

TEST_F(BehindProxies, ProxiesThatAreTrustedArePassedOver) {
    lock("192.0.2.1");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.1, 10.1.2.3"}}), "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.1,10.1.2.3 , 10.4.5.6"}}), "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-For", "10.1.2.3"}}),
              "rate.limited");
    EXPECT_EQ(code({{"X-Forwarded-For", "192.0.2.1, 192.0.2.9, 10.1.2.3"}}),
              "session.invalid_credentials");
}

TEST_F(BehindProxies, WithoutAWordOrWithNonsenseItIsTheProxyItself) {
    for (int n = 0; n < 5; ++n)
        try_in({});
    EXPECT_EQ(code({}), "rate.limited");
    for (const auto* nonsense : {"", "nonsense", "unknown", "192.0.2.1:80", "192.0.2.1,"})
        EXPECT_EQ(code({{"X-Forwarded-For", nonsense}}), "rate.limited") << nonsense;
}

TEST_F(Attempting, WithoutATrustedProxyNobodyIsBelieved) {
    house.person("ada");
    for (int n = 0; n < 5; ++n)
        sign_in("ada", "wrong password");
    EXPECT_EQ(house.visitor()
                  .post("/v1/sessions", {{"email", "ada@example.com"}, {"password", good_password}},
                        {{"X-Forwarded-For", "192.0.2.1"}})
                  .code(),
              "rate.limited");
}

}  // namespace muster::http::attempts_test
