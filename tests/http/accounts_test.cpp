// Accounts, their users, permissions and owners.

#include <barrier>
#include <gtest/gtest.h>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::accounts_test {

using namespace std::chrono_literals;

struct Accounts : testing::Test {
    void SetUp() override { house.associate(ada, bob, {"tickets", "orders"}); }

    Reply choose(Visitor& who) {
        return who.put("/v1/session/account", {{"account_id", ada.account()}});
    }
    std::string member(const Visitor& who, const std::string& rest = "") const {
        return acme + "/users/" + std::to_string(who.id()) + rest;
    }
    // Runs what must change nothing.
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
    std::string acme = account_path(ada.account());
};

// Rules R5, R8, R9, E9.
TEST_F(Accounts, AnAdminOpensAnAccountForAnExistingUserOrWithANewOne) {
    const auto existing = root.post("/v1/accounts", {{"owner_user_id", bob.id()},
                                                     {"company_name", "Bob & Sons"},
                                                     {"first_name", "Robert"},
                                                     {"last_name", "Example"},
                                                     {"email", "ada@example.com"},
                                                     {"phone", "+32 9 123"},
                                                     {"address1", "Street 1"},
                                                     {"address2", "2nd floor"},
                                                     {"city", "Ghent"},
                                                     {"state", "East Flanders"},
                                                     {"postcode", "9000"},
                                                     {"country", "BE"},
                                                     {"tax_id", "BE0123"},
                                                     {"notes", "A note\nof two lines"}});
    ASSERT_EQ(existing.status, 201) << existing;
    const auto& account = existing.body.at("account");
    EXPECT_EQ(account, (Json{{"id", 3},
                             {"name", "Bob & Sons"},
                             {"company_name", "Bob & Sons"},
                             {"first_name", "Robert"},
                             {"last_name", "Example"},
                             {"email", "ada@example.com"},
                             {"phone", "+32 9 123"},
                             {"address1", "Street 1"},
                             {"address2", "2nd floor"},
                             {"city", "Ghent"},
                             {"state", "East Flanders"},
                             {"postcode", "9000"},
                             {"country", "BE"},
                             {"tax_id", "BE0123"},
                             {"notes", "A note\nof two lines"},
                             {"status", "active"},
                             {"owner_user_id", bob.id()},
                             {"created_at", "2026-05-01T12:00:00.000Z"}}));
    EXPECT_EQ(existing.body.at("owner").at("first_name"), "bob");
    EXPECT_EQ(existing.body.at("owner").at("account_count"), 3);
    EXPECT_EQ(root.get(account_path(3)).body, account);

    const auto fresh = root.post("/v1/accounts", {{"first_name", "Carol"},
                                                  {"last_name", "Jones"},
                                                  {"email", "carol@example.com"},
                                                  {"language", "nl"},
                                                  {"password", good_password}});
    ASSERT_EQ(fresh.status, 201) << fresh;
    EXPECT_EQ(fresh.body.at("account").at("name"), "Carol Jones");
    EXPECT_EQ(fresh.body.at("owner").at("language"), "nl");
    EXPECT_EQ(
        house.visitor()
            .post("/v1/sessions", {{"email", "carol@example.com"}, {"password", good_password}})
            .body.at("account")
            .at("id"),
        4);
}

// Rules R6, R7, R8.
TEST_F(Accounts, AnAccountWithoutAnOwnerIsNotMade) {
    const auto refused = [&](const Json& body) {
        return without_effect([&] { return root.post("/v1/accounts", body); }).code();
    };
    EXPECT_EQ(refused({{"owner_user_id", 4711}}), "user.not_found");
    EXPECT_EQ(refused({{"first_name", "A"}, {"last_name", "B"}, {"email", "BOB@example.com"}}),
              "user.email_taken");
    EXPECT_EQ(refused({{"first_name", "A"}, {"last_name", "B"}, {"skip_validation", true}}),
              "request.invalid");
    EXPECT_EQ(refused({{"company_name", "Nobody's"}}), "request.invalid");
    const auto next = root.post("/v1/accounts", {{"owner_user_id", bob.id()}});
    EXPECT_EQ(next.body.at("account").at("id"), 3);  // No number was lost.
}

// Rules E9, P1, P7, P9.
TEST_F(Accounts, TheProfileIsForThoseWithThePermission) {
    choose(bob);
    const auto denied = bob.get(acme);
    EXPECT_EQ(denied.code(), "access.denied");
    EXPECT_EQ(denied.body.at("permissions"), (Json{"tickets", "orders"}));
    EXPECT_EQ(bob.patch(acme, {{"city", "Bath"}}).code(), "access.denied");
    EXPECT_EQ(ada.put(member(bob, "/permissions"), {{"permissions", {"profile"}}}).status, 200);
    const auto changed = bob.patch(acme, {{"city", "Bath"}, {"email", "acme@example.com"}});
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body.at("city"), "Bath");
    EXPECT_FALSE(changed.body.contains("notes"));
    EXPECT_EQ(bob.get(acme).body, changed.body);
    EXPECT_EQ(ada.get("/v1/me").body.at("email"), "ada@example.com");
    EXPECT_EQ(without_effect([&] { return bob.patch(acme, {{"city", "Bath"}}); }).status, 200);
    EXPECT_EQ(bob.patch(acme, {{"city", ""}, {"email", ""}}).body.at("city"), "");
    EXPECT_EQ(bob.patch(acme, {{"email", "no address"}}).code(), "request.invalid");
    // Notes and the status are the staff's.
    EXPECT_EQ(bob.patch(acme, {{"notes", "x"}}).code(), "access.role");
    EXPECT_EQ(bob.patch(acme, {{"status", "inactive"}}).code(), "access.role");
    EXPECT_EQ(root.patch(acme, {{"notes", "pays late"}}).body.at("notes"), "pays late");
    EXPECT_FALSE(bob.get(acme).text.contains("pays late"));
    EXPECT_FALSE(ada.get(acme).text.contains("pays late"));
}

// Rules E17, E5, E12, P6, P7.
TEST_F(Accounts, TheUsersOfAnAccountAreListedWithTheirPermissions) {
    const auto list = ada.get(acme + "/users");
    ASSERT_EQ(list.status, 200);
    ASSERT_EQ(list.body.at("items").size(), 2U);
    EXPECT_EQ(list.body.at("items")[0].at("is_owner"), true);
    EXPECT_EQ(list.body.at("items")[0].at("permissions").size(), 13U);
    EXPECT_EQ(list.body.at("items")[1], (Json{{"user_id", bob.id()},
                                              {"first_name", "bob"},
                                              {"last_name", "Example"},
                                              {"email", "bob@example.com"},
                                              {"is_owner", false},
                                              {"permissions", {"tickets", "orders"}},
                                              {"two_factor", false},
                                              {"last_sign_in_at", nullptr},
                                              {"associated_at", "2026-05-01T12:00:00.000Z"}}));
    EXPECT_EQ(root.get(acme + "/users").body, list.body);
    const auto set = ada.put(member(bob, "/permissions"), {{"permissions", {"orders", "emails"}}});
    EXPECT_EQ(set.status, 200);
    EXPECT_EQ(set.body.at("permissions"), (Json{"emails", "orders"}));
    EXPECT_EQ(ada.put(member(bob, "/permissions"), {{"permissions", "all"}})
                  .body.at("permissions")
                  .size(),
              13U);
    EXPECT_EQ(without_effect([&] {
                  return ada.put(member(bob, "/permissions"), {{"permissions", "all"}});
              }).status,
              200);
}

// Rules P3, P4, P5, I23.
TEST_F(Accounts, PermissionsThatCannotBeSetAreRefused) {
    const auto refused = [&](Visitor& who, const std::string& path, const Json& permissions) {
        return without_effect([&] { return who.put(path, {{"permissions", permissions}}); }).code();
    };
    EXPECT_EQ(refused(ada, member(ada, "/permissions"), {"tickets"}), "account.owner_permissions");
    EXPECT_EQ(refused(root, member(ada, "/permissions"), "all"), "account.owner_permissions");
    EXPECT_EQ(refused(ada, member(bob, "/permissions"), Json::array()), "permissions.empty");
    EXPECT_EQ(refused(ada, member(bob, "/permissions"), {"tickets", "fly"}), "permissions.unknown");
    EXPECT_EQ(refused(ada, member(bob, "/permissions"), {"Tickets"}), "permissions.unknown");
    EXPECT_EQ(refused(ada, member(bob, "/permissions"), {7}), "permissions.unknown");
    EXPECT_EQ(refused(ada, member(bob, "/permissions"), "none"), "request.invalid");
    EXPECT_EQ(refused(ada, acme + "/users/4711/permissions", "all"), "account.not_associated");
}

// Rule P10.
TEST_F(Accounts, PermissionsHoldFromTheNextRequestOn) {
    choose(bob);
    EXPECT_EQ(bob.get("/v1/session").body.at("permissions"), (Json{"tickets", "orders"}));
    EXPECT_EQ(bob.get(acme).code(), "access.denied");
    ada.put(member(bob, "/permissions"), {{"permissions", {"profile"}}});
    EXPECT_EQ(bob.get(acme).status, 200);
    EXPECT_EQ(bob.patch(acme, {{"city", "Bath"}}).status, 200);
    EXPECT_EQ(bob.get("/v1/session").body.at("permissions"), Json{"profile"});
    ada.put(member(bob, "/permissions"), {{"permissions", {"emails"}}});
    EXPECT_EQ(bob.patch(acme, {{"city", "Ghent"}}).code(), "access.denied");
}

// Rules P11, P12, P13, P15.
TEST_F(Accounts, ARemovedUserIsBackAtTheChoosePage) {
    choose(bob);
    EXPECT_EQ(ada.del(member(bob)).status, 204);
    const auto session = bob.get("/v1/session");
    EXPECT_EQ(session.status, 200);
    EXPECT_TRUE(session.body.at("account").is_null());
    EXPECT_EQ(session.body.at("accounts").size(), 1U);
    EXPECT_EQ(bob.get(acme).code(), "account.not_found");
    EXPECT_EQ(choose(bob).code(), "account.not_found");
    EXPECT_EQ(root.get(user_path(bob.id())).status, 200);
    EXPECT_EQ(without_effect([&] { return ada.del(member(bob)); }).status, 204);  // Already so.
    EXPECT_EQ(without_effect([&] { return ada.del(acme + "/users/4711"); }).code(),
              "account.not_associated");
    EXPECT_EQ(without_effect([&] { return ada.del(member(ada)); }).code(),
              "account.owner_cannot_be_removed");
    EXPECT_EQ(without_effect([&] { return root.del(member(ada)); }).code(),
              "account.owner_cannot_be_removed");
    house.associate(ada, bob, {"emails"});
    EXPECT_EQ(ada.get(acme + "/users").body.at("items")[1].at("permissions"), Json{"emails"});
}

// Rules I7, I8, P5.
TEST_F(Accounts, AnAdminAssociatesWithoutAnInvitation) {
    const auto by_address =
        root.post(acme + "/users", {{"email", " BOB@Example.com"}, {"permissions", {"emails"}}});
    EXPECT_EQ(by_address.code(), "account.already_associated");
    const auto carol = house.person("carol");
    const auto found =
        root.post(acme + "/users", {{"email", "CAROL@example.com"}, {"permissions", {"emails"}}});
    EXPECT_EQ(found.status, 201) << found;
    EXPECT_EQ(found.body.at("user_id"), carol.id());
    EXPECT_EQ(found.body.at("permissions"), Json{"emails"});
    EXPECT_EQ(without_effect([&] {
                  return root.post(acme + "/users",
                                   {{"user_id", carol.id()}, {"permissions", {"emails"}}});
              }).status,
              201);  // Already so.
    const auto fresh = root.post(acme + "/users", {{"email", "new@example.com"},
                                                   {"first_name", "New"},
                                                   {"last_name", "One"},
                                                   {"permissions", "all"}});
    EXPECT_EQ(fresh.status, 201);
    EXPECT_EQ(fresh.body.at("email"), "new@example.com");
    EXPECT_EQ(fresh.body.at("is_owner"), false);
    // Made without a password: nobody signs in with one yet.
    EXPECT_EQ(house.visitor()
                  .post("/v1/sessions", {{"email", "new@example.com"}, {"password", " "}})
                  .code(),
              "session.invalid_credentials");
    EXPECT_EQ(root.get("/v1/outbox").body.at("items"), Json::array());
    const auto refused = [&](const Json& body) {
        return without_effect([&] { return root.post(acme + "/users", body); }).code();
    };
    EXPECT_EQ(refused({{"user_id", 4711}, {"permissions", "all"}}), "user.not_found");
    EXPECT_EQ(refused({{"user_id", carol.id()}, {"permissions", Json::array()}}),
              "permissions.empty");
    EXPECT_EQ(refused({{"email", "x@example.com"}, {"permissions", Json::array()}}),
              "permissions.empty");
    EXPECT_EQ(refused({{"permissions", "all"}}), "request.invalid");
}

TEST_F(Accounts, AnAccountWithoutANameIsShownByItsOwners) {
    auto dora = house.person("dora");
    const auto path = account_path(dora.account());
    const auto name = "dora Example";
    EXPECT_EQ(root.get(path).body.at("name"), name);
    EXPECT_EQ(root.get(path).body.at("first_name"), "");  // Rule E9.
    EXPECT_EQ(dora.get("/v1/session").body.at("account").at("name"), name);
    EXPECT_EQ(dora.get("/v1/me/accounts").body.at("items")[0].at("name"), name);
    dora.post(path + "/invitations", {{"email", "eve@example.com"}, {"permissions", "all"}});
    const auto link = "/v1/invitations/" + house.link_to("eve@example.com");
    EXPECT_EQ(house.visitor().get(link).body.at("account_name"), name);
    EXPECT_EQ(root.get("/v1/outbox").body.at("items")[0].at("subject"),
              "Invitation to dora Example");
    EXPECT_TRUE(root.get("/v1/activity?limit=1").text.contains("(dora Example)"));
    root.patch(path, {{"first_name", "D."}, {"last_name", "Exampler"}});
    EXPECT_EQ(root.get(path).body.at("name"), "D. Exampler");
}

// Rule R8.
TEST_F(Accounts, AnAdminSkipsWhatIsRequiredButNotTheAddress) {
    const auto post = [&](Json body) { return root.post("/v1/accounts", body); };
    EXPECT_EQ(post({{"email", "n@example.com"}}).code(), "request.invalid");
    EXPECT_EQ(post({{"email", "n@example.com"}, {"skip_validation", false}}).code(),
              "request.invalid");
    EXPECT_EQ(post({{"company_name", "N"}, {"skip_validation", true}}).code(), "request.invalid");
    const auto made = post({{"email", "n@example.com"}, {"skip_validation", true}});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.body.at("owner").at("first_name"), "");
}

// Rules O1, O2, O3, O4, O5, O6, E4, P10.
TEST_F(Accounts, OwnershipIsTransferredInOneStep) {
    choose(bob);
    const auto before = root.get(acme).body;
    const auto owned = root.put(acme + "/owner", {{"user_id", bob.id()}});
    EXPECT_EQ(owned.status, 200);
    EXPECT_EQ(owned.body.at("owner_user_id"), bob.id());
    auto after = owned.body;
    after["owner_user_id"] = ada.id();
    EXPECT_EQ(after, before);
    EXPECT_EQ(
        without_effect([&] { return root.put(acme + "/owner", {{"user_id", bob.id()}}); }).status,
        200);
    EXPECT_EQ(bob.get("/v1/session").body.at("is_owner"), true);
    EXPECT_EQ(bob.get(acme + "/users").status, 200);
    const auto former = ada.get("/v1/session").body;
    EXPECT_EQ(former.at("is_owner"), false);
    EXPECT_EQ(former.at("permissions").size(), 13U);
    EXPECT_EQ(ada.get(acme + "/users").code(), "account.not_owner");
    EXPECT_EQ(ada.get(acme).status, 200);
    const auto carol = house.person("carol");
    for (const auto id : {carol.id(), std::uint64_t{4711}}) {
        const auto refused = root.put(acme + "/owner", {{"user_id", id}});
        EXPECT_EQ(refused.code(), "account.not_associated");
        EXPECT_EQ(refused.status, 409);
    }
    EXPECT_EQ(bob.put(acme + "/owner", {{"user_id", ada.id()}}).code(), "access.role");
}

// Rules O3, O7.
TEST_F(Accounts, SimultaneousTransfersLeaveOneOwner) {
    std::vector<Visitor> heirs;
    for (const auto* name : {"h1", "h2", "h3", "h4"}) {
        heirs.push_back(house.person(name));
        house.associate(ada, heirs.back(), {"tickets"});
    }
    std::barrier start{static_cast<std::ptrdiff_t>(heirs.size())};
    {
        std::vector<std::jthread> threads;
        for (const auto& heir : heirs) {
            threads.emplace_back([&, admin = house.visitor(root.token())]() mutable {
                start.arrive_and_wait();
                EXPECT_EQ(admin.put(acme + "/owner", {{"user_id", heir.id()}}).status, 200);
            });
        }
    }
    const auto users = root.get(acme + "/users").body.at("items");
    EXPECT_EQ(std::count_if(users.begin(), users.end(),
                            [](const Json& user) { return user.at("is_owner") == true; }),
              1);
    const auto transfers = root.get(acme + "/activity?type=account.ownership_transferred").body;
    EXPECT_EQ(transfers.at("items").size(), heirs.size());
}

// Rules E15, I26, L5, T4, X8.
TEST_F(Accounts, AClosedAccountKeepsItsUsersAndInvitesNobody) {
    ada.post(acme + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}});
    const auto link = house.link_to("c@example.com");
    EXPECT_EQ(house.visitor().get("/v1/invitations/" + link).status, 200);
    const auto closed = root.post(acme + "/close");
    EXPECT_EQ(closed.status, 200);
    EXPECT_EQ(closed.body.at("status"), "closed");
    EXPECT_EQ(without_effect([&] { return root.post(acme + "/close"); }).status, 200);
    EXPECT_EQ(without_effect([&] { return root.patch(acme, {{"status", "closed"}}); }).status, 200);
    EXPECT_EQ(house.visitor().get("/v1/invitations/" + link).code(), "invitation.not_found");
    EXPECT_EQ(root.get(acme + "/invitations").body.at("items"), Json::array());
    EXPECT_EQ(root.post(acme + "/invitations", {{"email", "d@example.com"}, {"permissions", "all"}})
                  .code(),
              "account.closed");
    // Staff may go on with the rest.
    EXPECT_EQ(root.get(acme + "/users").body.at("items").size(), 2U);
    EXPECT_EQ(root.patch(acme, {{"city", "Bath"}}).status, 200);
    EXPECT_EQ(root.put(member(bob, "/permissions"), {{"permissions", {"emails"}}}).status, 200);
    EXPECT_EQ(root.put(acme + "/owner", {{"user_id", bob.id()}}).status, 200);
    EXPECT_EQ(root.del(member(ada)).status, 204);
    EXPECT_EQ(root.post(acme + "/users", {{"user_id", ada.id()}, {"permissions", "all"}}).status,
              201);
    const auto open = root.post(acme + "/reopen");
    EXPECT_EQ(open.body.at("status"), "active");
    EXPECT_EQ(without_effect([&] { return root.post(acme + "/reopen"); }).status, 200);
    EXPECT_EQ(house.visitor().get("/v1/invitations/" + link).code(), "invitation.not_found");
    // PATCH is another way to say it.
    root.post(acme + "/invitations", {{"email", "e@example.com"}, {"permissions", "all"}});
    EXPECT_EQ(root.patch(acme, {{"status", "closed"}}).body.at("status"), "closed");
    EXPECT_EQ(root.get(acme + "/invitations").body.at("items"), Json::array());
    EXPECT_EQ(root.patch(acme, {{"status", "inactive"}}).body.at("status"), "inactive");
    EXPECT_EQ(root.patch(acme, {{"status", "gone"}}).code(), "request.invalid");
}

// Rules X6, X7, X17, I26.
TEST_F(Accounts, DeletingAnAccountMayTakeItsUsersAlong) {
    const auto stays = house.person("stan");
    const auto path = account_path(stays.account());
    EXPECT_EQ(root.del(path).status, 204);
    EXPECT_EQ(root.get(path).code(), "account.not_found");
    EXPECT_EQ(without_effect([&] { return root.del(path); }).status, 204);  // Already so.
    EXPECT_EQ(root.get(user_path(stays.id())).body.at("account_count"), 0);

    auto carol = house.person("carol");
    root.del(account_path(carol.account()));
    house.associate(ada, carol, "all");
    ada.post(acme + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}});
    const auto link = house.link_to("c@example.com");
    EXPECT_EQ(root.del(acme + "?delete_users=perhaps").code(), "request.invalid");
    EXPECT_EQ(root.del(acme + "?delete_users=true").status, 204);
    EXPECT_EQ(root.get(user_path(ada.id())).code(), "user.not_found");
    EXPECT_EQ(root.get(user_path(carol.id())).code(), "user.not_found");
    EXPECT_EQ(root.get(user_path(bob.id())).status, 200);  // Has an account of his own.
    EXPECT_EQ(ada.get("/v1/session").code(), "session.required");
    EXPECT_EQ(carol.patch("/v1/me", {{"language", "eo"}}).code(), "session.required");
    EXPECT_EQ(house.visitor().get("/v1/invitations/" + link).code(), "invitation.not_found");
    for (const auto* rest : {"/users", "/invitations"})
        EXPECT_EQ(root.get(acme + rest).code(), "account.not_found");
    EXPECT_EQ(root.patch(acme, {{"city", "Bath"}}).code(), "account.not_found");
    EXPECT_EQ(root.del("/v1/accounts/4711").code(), "account.not_found");
}

// Rule I28.
TEST_F(Accounts, WithUserManagementOffOwnersReadAndAdminsManage) {
    const auto invited =
        ada.post(acme + "/invitations", {{"email", "c@example.com"}, {"permissions", "all"}});
    const auto invitation =
        acme + "/invitations/" + std::to_string(invited.body.at("id").get<std::uint64_t>());
    const auto link = house.link_to("c@example.com");
    root.patch("/v1/settings", {{"client_area_user_management", false}});
    const auto refused = [&](const std::string& method, const std::string& path, const Json& body) {
        const auto reply = without_effect([&] {
            return ada.send(method, path, body.is_null() ? "" : body.dump(),
                            body.is_null() ? "" : "application/json");
        });
        EXPECT_EQ(reply.flaw(), "");
        return reply.code();
    };
    const Json dave{{"email", "d@example.com"}, {"permissions", "all"}};
    EXPECT_EQ(refused("POST", acme + "/invitations", dave), "user_management.disabled");
    EXPECT_EQ(refused("POST", invitation + "/resend", nullptr), "user_management.disabled");
    EXPECT_EQ(refused("DELETE", invitation, nullptr), "user_management.disabled");
    EXPECT_EQ(refused("PUT", member(bob, "/permissions"), {{"permissions", "all"}}),
              "user_management.disabled");
    EXPECT_EQ(refused("DELETE", member(bob), nullptr), "user_management.disabled");
    EXPECT_EQ(ada.get(acme + "/users").status, 200);
    EXPECT_EQ(ada.get(acme + "/invitations").status, 200);
    EXPECT_EQ(ada.patch(acme, {{"city", "Bath"}}).status, 200);
    // A user may still leave.
    const auto carol = house.person("carol");
    // Rule I29: what was sent stays valid.
    EXPECT_EQ(house.visitor(carol.token())
                  .post("/v1/invitations/" + link + "/acceptance", Json::object())
                  .status,
              200);
    EXPECT_EQ(root.post(acme + "/invitations", dave).status, 201);
    EXPECT_EQ(root.del(member(bob)).status, 204);
    root.patch("/v1/settings", {{"client_area_user_management", true}});
    EXPECT_EQ(ada.del(member(carol)).status, 204);
}

}  // namespace muster::http::accounts_test
