// An account's orders over HTTP.

#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::orders_test {

using namespace std::chrono_literals;

struct Orders : testing::Test {
    void SetUp() override {
        house.associate(ada, bob, {"orders"});
        bob.put("/v1/session/account", {{"account_id", ada.account()}});
    }
    static Json order(const Json& items, const std::string& currency = "EUR") {
        return {{"items", items}, {"currency", currency}};
    }
    static Json item(const Json& amount, const std::string& description = "Web space") {
        return {{"description", description}, {"amount", amount}};
    }
    Reply refused(const Json& body) {
        const auto head = house.head();
        auto reply = ada.post(path, body);
        EXPECT_EQ(house.head(), head) << reply;
        EXPECT_EQ(reply.flaw(), "") << reply;
        return reply;
    }

    House house;
    Visitor& root = house.root();
    Visitor ada = house.person("ada", {{"company_name", "Acme"}});
    Visitor bob = house.person("bob");
    std::string path = account_path(ada.account(), "/orders");
    const Json one_item = order(Json::array({item("9.90")}));
};

// Rules T1, T2.
TEST_F(Orders, AnOrderSaysWhoPlacedIt) {
    const auto bobs = bob.post(path, order({item("9.90"), item("0.1", "Domain")}));
    ASSERT_EQ(bobs.status, 201) << bobs;
    EXPECT_GT(bobs.position(), 0U);
    EXPECT_EQ(bobs.body, (Json{{"id", 1},
                               {"number", "2026-000001"},
                               {"account_id", ada.account()},
                               {"user_id", bob.id()},
                               {"items", {item("9.90"), item("0.1", "Domain")}},
                               {"currency", "EUR"},
                               {"total", "10.00"},
                               {"placed_at", "2026-05-01T12:00:00.000Z"}}));
    const auto roots = root.post(path, one_item);
    EXPECT_EQ(roots.body.at("user_id"), ada.id());
    EXPECT_EQ(roots.body.at("admin_id"), root.id());
    auto key = house.key("operator");
    const auto keys = key.post(path, one_item);
    EXPECT_EQ(keys.body.at("user_id"), ada.id());
    EXPECT_EQ(keys.body.at("api_key_id"), key.id());
    EXPECT_FALSE(keys.body.contains("admin_id"));
    EXPECT_EQ(ada.get(path).body,
              (Json{{"items", {keys.body, roots.body, bobs.body}}, {"next", nullptr}}));
    EXPECT_EQ(house.staff("auditor").get(path).body.at("items").size(), 3U);
}

// Rules T3, X9.
TEST_F(Orders, NothingRewritesAnOrder) {
    bob.post(path, one_item);
    root.post(path, one_item);
    const auto before = root.get(path).body;
    root.put(account_path(ada.account(), "/owner"), {{"user_id", bob.id()}});
    EXPECT_EQ(root.get(path).body, before);
    root.put(account_path(ada.account(), "/owner"), {{"user_id", ada.id()}});
    root.del(account_path(bob.account()));
    root.del(account_path(ada.account(), "/users/" + std::to_string(bob.id())));
    ASSERT_EQ(root.del(user_path(bob.id())).status, 204);
    EXPECT_EQ(root.get(path).body, before);
    const auto line = root.get("/v1/activity?type=account.order_placed").body.at("items")[1];
    EXPECT_EQ(line.at("actor").at("name"), "deleted user #" + std::to_string(bob.id()));
    EXPECT_EQ(line.at("account_id"), ada.account());
    EXPECT_EQ(line.at("user_id"), bob.id());
}

// Rule T4.
TEST_F(Orders, AClosedAccountTakesNone) {
    ada.post(path, one_item);
    root.post(account_path(ada.account(), "/close"));
    const auto head = house.head();
    EXPECT_EQ(root.post(path, one_item).code(), "account.closed");
    EXPECT_EQ(house.key("operator").post(path, one_item).code(), "account.closed");
    EXPECT_EQ(ada.post(path, one_item).code(), "session.account_required");
    EXPECT_EQ(house.head().number, head.number + 1);  // The key.
    EXPECT_EQ(root.get(path).body.at("items").size(), 1U);
    root.post(account_path(ada.account(), "/reopen"));
    EXPECT_EQ(root.post(path, one_item).status, 201);
}

TEST_F(Orders, AmountsAreDecimalText) {
    const Json taken{"0", "0.5", "1.2345", "999999999999.9999", "10"};
    for (const auto& amount : taken)
        EXPECT_EQ(ada.post(path, order(Json::array({item(amount)}))).status, 201) << amount;
    const Json bad{"",    "-1",  "+1",      "1e3",           "1,5", "01",  ".5", "1.", "NaN",
                   "abc", "0x1", "1.00000", "1000000000000", "1 0", " 7 ", 9.9,  9,    nullptr};
    for (const auto& amount : bad) {
        const auto reply = refused(order(Json::array({item("1"), item(amount)})));
        EXPECT_EQ(reply.code(), "request.invalid") << amount;
        EXPECT_EQ(reply.body.at("errors")[0].at("pointer"), "/items/1/amount") << amount << reply;
    }
    // Exactly, where binary fractions are not.
    Json items = Json::array();
    for (int n = 0; n < 100; ++n)
        items.push_back(item("0.1"));
    EXPECT_EQ(ada.post(path, order(items)).body.at("total"), "10.0");
    for (auto& each : items)
        each["amount"] = "999999999999.9999";
    EXPECT_EQ(ada.post(path, order(items)).body.at("total"), "99999999999999.9900");
}

TEST_F(Orders, ItemsAndCurrencyHaveTheirBounds) {
    Json many = Json::array();
    for (int n = 0; n < 101; ++n)
        many.push_back(item("1"));
    const std::vector<std::pair<Json, std::string>> bad{
        {order(Json::array()), "/items"},
        {order(many), "/items"},
        {order(Json::object()), "/items"},
        {order({7}), "/items"},
        {{{"currency", "EUR"}}, "/items"},
        {order(Json::array({Json::object()})), "/items/0/description"},
        {order(Json::array({item("1", "")})), "/items/0/description"},
        {order(Json::array({item("1", "two\nlines")})), "/items/0/description"},
        {order(Json::array({item("1", std::string(256, 'x'))})), "/items/0/description"},
        {order(Json::array({{{"description", "x"}, {"amount", "1"}, {"price", "1"}}})),
         "/items/0/price"},
        {order(Json::array({item("1")}), "eur"), "/currency"},
        {order(Json::array({item("1")}), "EURO"), "/currency"},
        {order(Json::array({item("1")}), "E1R"), "/currency"},
        {order(Json::array({item("1")}), ""), "/currency"},
        {{{"items", Json::array({item("1")})}}, "/currency"}};
    for (const auto& [body, pointer] : bad) {
        const auto reply = refused(body);
        EXPECT_EQ(reply.code(), "request.invalid") << body;
        EXPECT_EQ(reply.body.at("errors")[0].at("pointer"), pointer) << reply;
    }
    many.erase(0);
    EXPECT_EQ(ada.post(path, order(many)).status, 201);
}

TEST_F(Orders, NumbersNameTheYearInWhichAnOrderWasPlaced) {
    EXPECT_EQ(ada.post(path, one_item).body.at("number"), "2026-000001");
    house.pass(365 * 24h);
    house.root();
    EXPECT_EQ(house.signed_in("ada").post(path, one_item).body.at("number"), "2027-000002");
}

TEST_F(Orders, ListsHavePagesAndADeletedAccountHasNone) {  // Rule E3.
    for (int n = 0; n < 3; ++n)
        ada.post(path, one_item);
    const auto page = ada.get(path + "?limit=2&total=true");
    EXPECT_EQ(page.body.at("total"), 3);
    EXPECT_EQ(page.body.at("items")[0].at("id"), 3);
    const auto rest = ada.get(path + "?limit=2&cursor=" + page.body.at("next").get<std::string>());
    EXPECT_EQ(rest.body.at("items")[0].at("id"), 1);
    EXPECT_TRUE(rest.body.at("next").is_null());
    EXPECT_EQ(root.get(account_path(bob.account(), "/orders")).body.at("items"), Json::array());
    EXPECT_EQ(ada.get(path + "?status=open").code(), "request.invalid");
    root.del(account_path(ada.account()));
    EXPECT_EQ(root.get(path).code(), "account.not_found");
}

TEST_F(Orders, ARepetitionPlacesNoSecondOne) {
    const Lines key{{"Idempotency-Key", "k"}};
    const auto first = ada.post(path, one_item, key);
    EXPECT_EQ(ada.post(path, one_item, key).body, first.body);
    EXPECT_EQ(ada.get(path).body.at("items").size(), 1U);
}

}  // namespace muster::http::orders_test
