// The second factor of users and of admins.

#include <barrier>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "tests/http/security.hpp"

namespace muster::http::second_factor_test {

using namespace std::chrono_literals;

struct TwoFactor : SecurityTest {};

TEST_F(TwoFactor, TheSecondFactorIsAskedForOnceItIsConfirmed) {
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

TEST_F(TwoFactor, ACodeCountsOneStepEitherWay) {
    auto ada = house.person("ada");
    const auto factor = switch_on(ada);
    for (const auto& [steps, status] : {std::pair{-2, 401}, {-1, 201}, {2, 401}, {1, 201}}) {
        house.pass(10min);
        EXPECT_EQ(sign_in("ada", good_password, {{"code", code(factor.secret, steps)}}).status,
                  status)
            << steps;
    }
}

TEST_F(TwoFactor, OfManyWhoUseOneCodeAtOnceOneGetsIn) {
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

TEST_F(TwoFactor, EachRecoveryCodeWorksOnce) {
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

TEST_F(TwoFactor, StaffSwitchesTwoFactorOffAndNeverOn) {  // Rules L15, L18.
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

TEST_F(TwoFactor, AUserSwitchesTwoFactorOffWithThePassword) {
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

TEST_F(TwoFactor, AnInvitationIsAcceptedByASignInWithTwoFactor) {
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

TEST_F(TwoFactor, AnAdminHasASecondFactorToo) {
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

}  // namespace muster::http::second_factor_test
