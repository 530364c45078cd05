// Admins: how they act as users, are changed and are taken away.

#include <chrono>
#include <gtest/gtest.h>

#include "tests/http/security.hpp"

namespace muster::http::staff_test {

using namespace std::chrono_literals;

struct Admins : SecurityTest {};

TEST_F(Admins, AnAdminActsAsAUserAndItShows) {  // Rules L10, L11.
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

TEST_F(Admins, WhoMayNotAnyMoreActsNoMore) {  // Rules L10, P10.
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

TEST_F(Admins, AdminsAreChangedAndTakenAway) {
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

TEST_F(Admins, AnAdminWhoChangesTheOwnPasswordStaysSignedIn) {
    auto& root = house.root();
    const Json credentials{{"email", "root@example.com"}, {"password", good_password}};
    auto elsewhere =
        house.visitor(house.visitor().post("/v1/admin/sessions", credentials).body.at("token"));
    EXPECT_EQ(root.patch("/v1/admins/1", {{"password", new_password}}).status, 200);
    EXPECT_EQ(root.get("/v1/admin/session").status, 200);
    EXPECT_EQ(elsewhere.get("/v1/admin/session").code(), "session.required");
}

TEST_F(Admins, TheLastAdministratorStays) {
    auto& root = house.root();
    EXPECT_EQ(root.patch("/v1/admins/1", {{"role", "operator"}}).code(),
              "admin.last_administrator");
    EXPECT_EQ(root.del("/v1/admins/1").code(), "admin.last_administrator");
    house.staff("administrator");
    EXPECT_EQ(root.patch("/v1/admins/1", {{"role", "operator"}}).status, 200);
    EXPECT_EQ(root.del("/v1/admins/2").code(), "access.role");
}

}  // namespace muster::http::staff_test
