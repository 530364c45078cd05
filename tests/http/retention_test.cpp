// Accounts that nobody uses: what a run does, its preview, and the run of every day.

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::retention_test {

using namespace std::chrono_literals;

constexpr std::chrono::hours year{24 * 366};
const Json nothing_done{{"accounts_deleted", 0}, {"users_deleted", 0}, {"accounts_deactivated", 0}};

struct Retention : testing::Test {
    void set(const Json& retention) {
        EXPECT_EQ(house.root().patch("/v1/settings", {{"retention", retention}}).status, 200);
    }
    Reply run(const Lines& more = {}) {
        return house.root().post("/v1/retention/runs", nullptr, more);
    }
    Json preview(const Json& body = Json::object()) {
        const auto head = house.head();
        const auto reply = house.root().post("/v1/retention/runs?dry_run=true", body);
        EXPECT_EQ(reply.status, 200) << reply;
        EXPECT_EQ(house.head(), head);
        return reply.body.at("events");
    }
    // The events of a type among those that would be written.
    static std::size_t count(const Json& events, const std::string& type) {
        return static_cast<std::size_t>(std::ranges::count_if(
            events, [&](const Json& event) { return event.at("type") == type; }));
    }
    std::string status_of(const Visitor& owner) {
        const auto reply = house.root().get(account_path(owner.account()));
        return reply.status == 200 ? reply.body.at("status").get<std::string>() : reply.code();
    }
    bool is_there(const Visitor& user) {
        return house.root().get(user_path(user.id())).status == 200;
    }
    void close(const Visitor& owner) {
        EXPECT_EQ(house.root().post(account_path(owner.account(), "/close")).status, 200);
    }
    void order(const Visitor& owner) {
        const Json order{{"currency", "EUR"},
                         {"items", {{{"description", "Web space"}, {"amount", "9.90"}}}}};
        EXPECT_EQ(house.root().post(account_path(owner.account(), "/orders"), order).status, 201);
    }
    Json newest_lines(int number) {
        return house.root().get("/v1/activity?limit=" + std::to_string(number)).body.at("items");
    }
    // With the run of the day, which finds nothing to do as long as nothing is set.
    void a_year_passes() {
        const auto before = runs();
        house.pass(year);
        EXPECT_TRUE(soon([&] { return runs() > before; }));
    }
    int runs() {
        const auto text = house.visitor().get("/metrics").text;
        const std::string name = "\nmuster_retention_runs_total ";
        return std::stoi(text.substr(text.find(name) + name.size()));
    }
    // Waits for what happens without being asked for.
    template <class Condition>
    static bool soon(Condition&& condition) {
        for (int n = 0; n < 200; ++n) {
            if (condition()) return true;
            std::this_thread::sleep_for(50ms);
        }
        return false;
    }

    House house;
};

TEST_F(Retention, IsOffByDefault) {  // Rule X11.
    const auto ada = house.person("ada");
    close(ada);
    a_year_passes();
    house.root();
    const auto head = house.head();
    EXPECT_EQ(run().body, nothing_done);
    EXPECT_EQ(preview().size(), 0U);
    EXPECT_EQ(house.head(), head);
    EXPECT_EQ(status_of(ada), "closed");
}

TEST_F(Retention, ARunDeletesWhatIsClosedOrInactiveAndOld) {  // Rules X12, X16, X7.
    const auto ada = house.person("ada");
    const auto bob = house.person("bob");
    const auto eve = house.person("eve");
    const auto zoe = house.person("zoe");
    close(ada);
    house.root().patch(account_path(bob.account()), {{"status", "inactive"}});
    close(eve);
    a_year_passes();
    set({{"prune_after_months", 12}});
    order(zoe);
    house.root().post(account_path(eve.account(), "/reopen"));
    order(eve);
    close(eve);

    const auto reply = run();
    EXPECT_EQ(reply.status, 200) << reply;
    EXPECT_EQ(reply.body,
              (Json{{"accounts_deleted", 2}, {"users_deleted", 0}, {"accounts_deactivated", 0}}));
    EXPECT_EQ(reply.position(), house.head().number);
    EXPECT_EQ(status_of(ada), "account.not_found");
    EXPECT_EQ(status_of(bob), "account.not_found");
    EXPECT_EQ(status_of(eve), "closed");  // Ordered for meanwhile.
    EXPECT_EQ(status_of(zoe), "active");
    EXPECT_TRUE(is_there(ada));

    const auto lines = newest_lines(4);
    EXPECT_EQ(lines.at(0).at("type"), "retention.run_ended");
    EXPECT_EQ(lines.at(1).at("type"), "account.deleted");
    EXPECT_EQ(lines.at(2).at("type"), "account.deleted");
    EXPECT_EQ(lines.at(3).at("type"), "retention.run_started");
    for (std::size_t n = 0; n < 3; ++n)
        EXPECT_EQ(lines.at(n).at("actor").at("kind"), "system");
    EXPECT_EQ(lines.at(3).at("actor").at("kind"), "admin");
    EXPECT_EQ(run().body, nothing_done);  // Nothing is left.
}

TEST_F(Retention, UsersGoWhoHaveNoOtherAccount) {  // Rules X14, X17.
    auto ada = house.person("ada");
    const auto bob = house.person("bob");
    const auto eve = house.person("eve");
    house.associate(ada, bob, {"tickets"});
    close(ada);
    close(eve);
    EXPECT_EQ(ada.post("/v1/me/accounts", {{"company_name", "Second"}}).status, 201);
    a_year_passes();
    set({{"prune_after_months", 12}, {"delete_users", true}});
    EXPECT_EQ(run().body,
              (Json{{"accounts_deleted", 2}, {"users_deleted", 1}, {"accounts_deactivated", 0}}));
    EXPECT_TRUE(is_there(ada));  // An owner, who has another account.
    EXPECT_TRUE(is_there(bob));
    EXPECT_FALSE(is_there(eve));
}

TEST_F(Retention, APreviewShowsWhatARunWouldDoBeforeItIsSwitchedOn) {  // Rule X13.
    const auto ada = house.person("ada");
    const auto bob = house.person("bob");
    close(ada);
    a_year_passes();
    const auto events = preview(
        {{"prune_after_months", 12}, {"delete_users", true}, {"deactivate_after_months", 6}});
    EXPECT_EQ(count(events, "account.deleted"), 1U);
    EXPECT_EQ(count(events, "user.deleted"), 1U);
    EXPECT_EQ(count(events, "account.deactivated"), 1U);
    EXPECT_EQ(events.front().at("type"), "retention.run_started");
    EXPECT_EQ(events.back().at("type"), "retention.run_ended");
    EXPECT_EQ(events.back().at("data").at("accounts_deleted"), 1);
    EXPECT_EQ(events.back().at("data").at("accounts_deactivated"), 1);
    EXPECT_EQ(count(preview({{"prune_after_months", 13}}), "account.deleted"), 0U);

    set({{"prune_after_months", 12}});
    EXPECT_EQ(count(preview(), "account.deleted"), 1U);  // As it is set.
    EXPECT_EQ(count(preview(), "user.deleted"), 0U);
    EXPECT_EQ(count(preview({{"delete_users", true}}), "user.deleted"), 1U);
    EXPECT_EQ(preview({{"prune_after_months", nullptr}}).size(), 0U);
    EXPECT_EQ(status_of(ada), "closed");
    EXPECT_EQ(status_of(bob), "active");
}

TEST_F(Retention, APreviewKnowsWhoHasNoAccountLeft) {  // Rules X13, X14.
    auto ada = house.person("ada");
    const auto second = ada.post("/v1/me/accounts", {{"company_name", "Second"}}).body.at("id");
    close(ada);
    house.root().post(account_path(second, "/close"));
    a_year_passes();
    const Json both{{"prune_after_months", 12}, {"delete_users", true}};
    const auto events = preview(both);
    EXPECT_EQ(count(events, "account.deleted"), 2U);
    EXPECT_EQ(count(events, "user.deleted"), 1U);
    const auto told = events.back().at("data");
    set(both);
    const auto done = run().body;
    for (const auto* name : {"accounts_deleted", "users_deleted", "accounts_deactivated"})
        EXPECT_EQ(done.at(name), told.at(name)) << name;
    EXPECT_FALSE(is_there(ada));
}

TEST_F(Retention, OnlyAPreviewTakesWhatIsNotSet) {
    for (const auto& body : {Json{{"prune_after_months", 12}}, Json{{"delete_users", true}},
                             Json{{"deactivate_after_months", nullptr}}}) {
        const auto reply = house.root().post("/v1/retention/runs", body);
        EXPECT_EQ(reply.code(), "request.invalid") << reply;
    }
    for (const auto& body : {Json{{"prune_after_months", 0}}, Json{{"prune_after_months", 1201}},
                             Json{{"prune_after_months", "12"}}, Json{{"months", 12}}}) {
        const auto reply = house.root().post("/v1/retention/runs?dry_run=true", body);
        EXPECT_EQ(reply.code(), "request.invalid") << reply;
    }
}

TEST_F(Retention, WhatNobodyUsesBecomesInactive) {  // Rules X15, X16.
    const auto idle = house.person("idle");
    auto busy = house.person("busy");
    const auto buys = house.person("buys");
    house.pass(year - 24h);
    auto back = house.signed_in("busy");
    order(buys);
    const auto before = runs();
    house.pass(24h);
    EXPECT_TRUE(soon([&] { return runs() > before; }));
    const auto fresh = house.person("fresh");
    set({{"deactivate_after_months", 12}});
    EXPECT_EQ(run().body,
              (Json{{"accounts_deleted", 0}, {"users_deleted", 0}, {"accounts_deactivated", 1}}));
    EXPECT_EQ(status_of(idle), "inactive");
    for (const auto* each : std::initializer_list<const Visitor*>{&busy, &buys, &fresh})
        EXPECT_EQ(status_of(*each), "active");
    const auto line = newest_lines(2).at(1);
    EXPECT_EQ(line.at("type"), "account.deactivated");
    EXPECT_EQ(line.at("actor").at("kind"), "system");
    EXPECT_EQ(line.at("account_id"), idle.account());
}

TEST_F(Retention, RunsEveryDayByItself) {  // Rules X11, X16.
    const auto ada = house.person("ada");
    const auto bob = house.person("bob");
    close(ada);
    set({{"prune_after_months", 12}});
    a_year_passes();
    EXPECT_EQ(status_of(ada), "account.not_found");
    const auto ended = house.root().get("/v1/activity?type=retention.run_ended").body.at("items");
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.at(0).at("actor").at("kind"), "system");
    close(bob);
    a_year_passes();
    EXPECT_EQ(status_of(bob), "account.not_found");
    const auto before = runs();
    house.pass(24h - 1ms);
    std::this_thread::sleep_for(1200ms);
    EXPECT_EQ(runs(), before) << "a day has not passed yet";
    house.pass(1ms);
    EXPECT_TRUE(soon([&] { return runs() > before; }));
}

TEST_F(Retention, ARepetitionIsAnsweredAsTheFirstOne) {
    const auto ada = house.person("ada");
    close(ada);
    a_year_passes();
    set({{"prune_after_months", 12}});
    const auto first = run({{"Idempotency-Key", "once"}});
    EXPECT_EQ(first.body.at("accounts_deleted"), 1);
    EXPECT_EQ(run({{"Idempotency-Key", "again"}}).body, nothing_done);
    const auto head = house.head();
    EXPECT_EQ(run({{"Idempotency-Key", "once"}}).body, first.body);
    EXPECT_EQ(run({{"Idempotency-Key", "again"}}).body, nothing_done);
    EXPECT_EQ(house.head(), head);
}

TEST_F(Retention, ManyAreRetiredAndThePreviewStaysBounded) {
    constexpr int number = 450;
    auto ada = house.person("ada");
    for (int n = 0; n < number; ++n) {
        const auto opened =
            ada.post("/v1/me/accounts", {{"company_name", "C" + std::to_string(n)}});
        ASSERT_EQ(opened.status, 201);
        house.root().post(account_path(opened.body.at("id"), "/close"));
    }
    a_year_passes();
    const auto events = preview({{"prune_after_months", 12}, {"deactivate_after_months", 12}});
    EXPECT_EQ(events.back().at("data").at("accounts_deleted"), number);
    EXPECT_EQ(events.back().at("data").at("accounts_deactivated"), 1);
    EXPECT_LT(events.size(), 1100U);
    set({{"prune_after_months", 12}, {"delete_users", true}});
    EXPECT_EQ(run().body.at("accounts_deleted"), number);
    EXPECT_EQ(house.root().get("/v1/accounts?total=true").body.at("total"), 1);
    EXPECT_TRUE(is_there(ada));
}

}  // namespace muster::http::retention_test
