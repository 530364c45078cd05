// The settings of the whole server, and what they lock and require.

#include <gtest/gtest.h>

#include "tests/http/security.hpp"

namespace muster::http::settings_test {

using namespace std::chrono_literals;

struct SettingsOfAll : SecurityTest {};

TEST_F(SettingsOfAll, LockedFieldsAreStaffs) {  // Rule L13.
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

TEST_F(SettingsOfAll, RequiredFieldsAreRequiredUnlessStaffSkipsThem) {  // Rule R8.
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

TEST_F(SettingsOfAll, SettingsAreMergedOneByOne) {
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

}  // namespace muster::http::settings_test
