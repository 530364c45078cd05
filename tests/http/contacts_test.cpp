// An account's contacts over HTTP.

#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::contacts_test {

struct Contacts : testing::Test {
    // What is answered of a contact with these fields, the others being empty.
    static Json contact(std::uint64_t id, const Json& fields, const Json& receives) {
        Json body{{"id", id}, {"receives", receives}};
        for (const auto* name :
             {"company_name", "first_name", "last_name", "email", "phone", "address1", "address2",
              "city", "state", "postcode", "country", "tax_id"})
            body[name] = fields.value(name, "");
        return body;
    }
    template <class Request>
    Reply without_effect(Request&& request) {
        const auto head = house.head();
        auto reply = request();
        EXPECT_EQ(house.head(), head) << reply;
        return reply;
    }
    std::string one(std::uint64_t id) const { return path + "/" + std::to_string(id); }

    House house;
    Visitor& root = house.root();
    Visitor ada = house.person("ada", {{"company_name", "Acme"}});
    Visitor bob = house.person("bob");
    std::string path = account_path(ada.account(), "/contacts");
    const Json office{{"first_name", "Otto"}, {"email", " Office@Acme.example "}};
};

// Rules E1, E11.
TEST_F(Contacts, AContactIsAddedReadChangedAndRemoved) {
    auto fields = office;
    fields["receives"] = {"support", "invoice", "support"};
    const auto added = ada.post(path, fields);
    ASSERT_EQ(added.status, 201) << added;
    const auto expected = contact(1, {{"first_name", "Otto"}, {"email", "Office@Acme.example"}},
                                  {"invoice", "support"});
    EXPECT_EQ(added.body, expected);
    EXPECT_GT(added.position(), 0U);
    const auto read = ada.get(one(1));
    EXPECT_EQ(read.body, expected);
    EXPECT_EQ(read.header("ETag"), added.header("ETag"));
    EXPECT_EQ(root.get(one(1)).body, expected);
    EXPECT_EQ(ada.get(one(1), {{"If-None-Match", read.header("ETag")}}).status, 304);

    const auto changed = ada.patch(
        one(1), {{"email", "desk@acme.example"}, {"city", "Ghent"}, {"receives", Json::array()}});
    EXPECT_EQ(changed.status, 200) << changed;
    EXPECT_EQ(
        changed.body,
        contact(1, {{"first_name", "Otto"}, {"email", "desk@acme.example"}, {"city", "Ghent"}},
                Json::array()));
    EXPECT_EQ(ada.get(path).body,
              (Json{{"items", Json::array({changed.body})}, {"next", nullptr}}));

    EXPECT_EQ(ada.del(one(1)).status, 204);
    EXPECT_EQ(ada.get(one(1)).code(), "contact.not_found");
    EXPECT_EQ(ada.get(path).body.at("items"), Json::array());
    EXPECT_EQ(without_effect([&] { return ada.del(one(1)); }).status, 204);  // Already so.
    EXPECT_EQ(ada.patch(one(1), {{"city", "Bath"}}).code(), "contact.not_found");
    EXPECT_EQ(ada.del(one(4711)).code(), "contact.not_found");
}

TEST_F(Contacts, AContactNeedsAnAddressAndNothingElse) {  // Rule E11.
    EXPECT_EQ(ada.post(path, {{"email", "a@example.com"}}).body,
              contact(1, {{"email", "a@example.com"}}, Json::array()));
    // Several may have one address, also a user's.
    EXPECT_EQ(ada.post(path, {{"email", "a@example.com"}}).status, 201);
    EXPECT_EQ(ada.post(path, {{"email", "bob@example.com"}}).status, 201);
    const auto refused = [&](const Json& body) {
        return without_effect([&] { return ada.post(path, body); });
    };
    for (const auto& body :
         {Json{{"first_name", "Otto"}}, Json{{"email", ""}}, Json{{"email", "  "}},
          Json{{"email", "otto"}}, Json{{"email", "a@example.com"}, {"notes", "n"}},
          Json{{"email", "a@example.com"}, {"receives", "all"}},
          Json{{"email", "a@example.com"}, {"receives", {"invoices"}}},
          Json{{"email", "a@example.com"}, {"city", std::string(256, 'x')}}}) {
        const auto reply = refused(body);
        EXPECT_EQ(reply.code(), "request.invalid") << body << reply;
        EXPECT_EQ(reply.flaw(), "");
        EXPECT_EQ(reply.body.at("errors").size(), 1U) << body << reply;
    }
    EXPECT_EQ(without_effect([&] { return ada.patch(one(1), {{"email", ""}}); }).code(),
              "request.invalid");
    EXPECT_EQ(
        without_effect([&] { return ada.patch(one(1), {{"email", "a@example.com"}}); }).status,
        200);  // Already so.
}

TEST_F(Contacts, AContactNeverSignsIn) {  // Rule E11.
    ASSERT_EQ(ada.post(path, {{"email", "office@acme.example"}}).status, 201);
    EXPECT_EQ(
        house.visitor()
            .post("/v1/sessions", {{"email", "office@acme.example"}, {"password", good_password}})
            .code(),
        "session.invalid_credentials");
    EXPECT_EQ(root.get("/v1/users?search=office").body.at("items"), Json::array());
    EXPECT_EQ(house.visitor()
                  .post("/v1/registrations", {{"first_name", "O"},
                                              {"last_name", "F"},
                                              {"email", "office@acme.example"},
                                              {"password", good_password}})
                  .status,
              201);
}

TEST_F(Contacts, OneAccountsContactsAreNotAnothers) {  // Rules E3, L4.
    ada.post(path, {{"email", "office@acme.example"}});
    const auto bobs = account_path(bob.account(), "/contacts");
    EXPECT_EQ(bob.get(bobs).body.at("items"), Json::array());
    EXPECT_EQ(bob.get(bobs + "/1").code(), "contact.not_found");
    EXPECT_EQ(bob.del(bobs + "/1").code(), "contact.not_found");
    EXPECT_EQ(bob.get(path).code(), "account.not_found");
    EXPECT_EQ(root.get(account_path(bob.account(), "/contacts/1")).code(), "contact.not_found");
}

TEST_F(Contacts, TheETagIsTheAccounts) {
    const auto added = ada.post(path, office);
    ada.patch(account_path(ada.account()), {{"city", "Ghent"}});
    const auto stale = ada.patch(one(1), {{"city", "Bath"}}, {{"If-Match", added.header("ETag")}});
    EXPECT_EQ(stale.code(), "request.stale");
    EXPECT_EQ(ada.del(one(1), {{"If-Match", added.header("ETag")}}).code(), "request.stale");
    const auto now = ada.get(one(1)).header("ETag");
    EXPECT_EQ(ada.patch(one(1), {{"city", "Bath"}}, {{"If-Match", now}}).status, 200);
}

TEST_F(Contacts, ListsHavePages) {
    for (int n = 0; n < 5; ++n)
        ada.post(path, {{"email", std::to_string(n) + "@acme.example"}});
    auto page = ada.get(path + "?limit=2&total=true");
    EXPECT_EQ(page.body.at("total"), 5);
    std::vector<int> ids;
    while (true) {
        for (const auto& item : page.body.at("items"))
            ids.push_back(item.at("id"));
        if (page.body.at("next").is_null()) break;
        page = ada.get(path + "?limit=2&cursor=" + page.body.at("next").get<std::string>());
    }
    EXPECT_EQ(ids, (std::vector<int>{1, 2, 3, 4, 5}));
    EXPECT_EQ(ada.get(path + "?search=x").code(), "request.invalid");
    EXPECT_EQ(ada.get(path + "?cursor=AAAA").code(), "request.invalid");
}

TEST_F(Contacts, StaffEditThemOnAClosedAccountToo) {
    ada.post(path, office);
    root.post(account_path(ada.account(), "/close"));
    EXPECT_EQ(ada.get(path).code(), "session.account_required");
    EXPECT_EQ(root.patch(one(1), {{"city", "Bath"}}).status, 200);
    EXPECT_EQ(root.post(path, {{"email", "b@acme.example"}}).status, 201);
    EXPECT_EQ(root.del(one(2)).status, 204);
}

TEST_F(Contacts, TheyGoWithTheAccount) {
    ada.post(path, office);
    ASSERT_EQ(root.del(account_path(ada.account())).status, 204);
    EXPECT_EQ(root.get(path).code(), "account.not_found");
    EXPECT_EQ(root.get(one(1)).code(), "account.not_found");
    EXPECT_EQ(root.del(one(1)).code(), "account.not_found");
    const auto lines = root.get("/v1/activity?type=account.contact_removed").body.at("items");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_FALSE(lines.dump().contains("Acme.example"));
}

TEST_F(Contacts, AddingOnceIsEnough) {
    const Lines key{{"Idempotency-Key", "k"}};
    const auto first = ada.post(path, office, key);
    const auto again = ada.post(path, office, key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(ada.get(path).body.at("items").size(), 1U);
    EXPECT_EQ(ada.post(path, {{"email", "b@acme.example"}}, key).code(), "idempotency.reused");
}

}  // namespace muster::http::contacts_test
