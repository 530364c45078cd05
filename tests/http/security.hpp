// What the tests of the ways in share: sign-ins, links, codes.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "events/token.hpp"
#include "tests/http/house.hpp"

namespace muster::http {

inline const std::string new_password = "a wholly new pass phrase";

struct SecurityTest : testing::Test {
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

}  // namespace muster::http
