// Views that are built anew by order of an administrator.

#include <chrono>
#include <gtest/gtest.h>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::rebuilds_test {

using namespace std::chrono_literals;

const std::string users_rebuild = "/v1/projections/users/rebuild";
const Json slowly{{"events_per_second", 1}};

struct Rebuilds : testing::Test {
    Rebuilds() {
        for (const auto* name : {"ada", "bob", "eve", "zoe"})
            people.push_back(house.person(name));
        root.get("/v1/users");
    }
    Reply start(const Json& body = nullptr, const std::string& parameters = {}) {
        return root.post(users_rebuild + parameters, body);
    }
    Json row() {
        const auto reply = root.get("/v1/projections");
        for (const auto& each : reply.body.at("items")) {
            if (each.at("name") == "users") return each;
        }
        return nullptr;
    }
    Json names() {
        Json found = Json::array();
        const auto reply = root.get("/v1/users");
        for (const auto& each : reply.body.at("items"))
            found.push_back(each.at("first_name"));
        return found;
    }
    template <class Condition>
    static bool soon(Condition&& condition) {
        for (int n = 0; n < 400; ++n) {
            if (condition()) return true;
            std::this_thread::sleep_for(25ms);
        }
        return false;
    }
    bool is_over() {
        return soon([&] { return root.get(users_rebuild).code() == "rebuild.not_running"; });
    }
    bool is_compared() {
        return soon([&] { return root.get(users_rebuild).body.value("state", "") == "compared"; });
    }

    House house;
    Visitor& root = house.root();
    std::vector<Visitor> people;
    const Json everybody{"ada", "bob", "eve", "zoe"};
};

TEST_F(Rebuilds, AreStartedLookedAtAndCancelled) {
    EXPECT_FALSE(row().contains("rebuild"));
    const auto started = start(slowly);
    ASSERT_EQ(started.status, 202) << started;
    EXPECT_EQ(started.body.at("state"), "building");
    EXPECT_EQ(started.body.at("limit"), 1);
    EXPECT_EQ(started.body.at("target"), house.head().number);
    EXPECT_EQ(start().code(), "rebuild.running");
    EXPECT_EQ(start(slowly, "?diff=true").code(), "rebuild.running");

    const auto during = row();
    EXPECT_EQ(during.at("state"), "rebuilding");
    EXPECT_EQ(during.at("rebuild").size(), 4U);
    EXPECT_LT(during.at("rebuild").at("position"), during.at("rebuild").at("target"));
    EXPECT_EQ(during.at("lag"), 0);
    EXPECT_EQ(root.get(users_rebuild).body.at("state"), "building");
    EXPECT_TRUE(house.visitor()
                    .get("/metrics")
                    .text.contains("\nmuster_rebuild_position{view=\"users\"} "));
    EXPECT_EQ(names(), everybody);

    EXPECT_EQ(root.del(users_rebuild).status, 204);
    EXPECT_EQ(root.del(users_rebuild).code(), "rebuild.not_running");
    EXPECT_EQ(root.get(users_rebuild).code(), "rebuild.not_running");
    EXPECT_FALSE(row().contains("rebuild"));
    EXPECT_TRUE(soon([&] { return row().at("state") == "running"; }));
    EXPECT_FALSE(house.visitor().get("/metrics").text.contains("muster_rebuild_position"));
    EXPECT_EQ(names(), everybody);
}

TEST_F(Rebuilds, EndByThemselves) {
    const auto started = start();
    ASSERT_EQ(started.status, 202) << started;
    EXPECT_EQ(started.body.at("limit"), nullptr);
    EXPECT_TRUE(is_over());
    EXPECT_TRUE(soon([&] { return row().at("state") == "running"; }));
    EXPECT_EQ(names(), everybody);
    EXPECT_EQ(start().status, 202);
}

TEST_F(Rebuilds, HoldUpNobodyMeanwhile) {
    ASSERT_EQ(start(slowly).status, 202);
    const auto gus = house.person("gus");
    EXPECT_EQ(root.get(user_path(gus.id())).body.at("first_name"), "gus");
    EXPECT_TRUE(row().contains("rebuild"));
}

TEST_F(Rebuilds, AreComparedAndSwappedWhenTheyAreWanted) {
    ASSERT_EQ(start(nullptr, "?diff=true").status, 202);
    ASSERT_TRUE(is_compared());
    const auto compared = root.get(users_rebuild).body.at("comparison");
    EXPECT_EQ(compared.at("total"), 0);
    EXPECT_EQ(compared.at("differences"), Json::array());
    const auto position = house.head().number;
    EXPECT_EQ(compared.at("position"), position);

    house.person("gus");
    EXPECT_TRUE(
        soon([&] { return root.get(users_rebuild).body.at("position") == house.head().number; }));
    EXPECT_EQ(root.get(users_rebuild).body.at("comparison").at("position"), position);
    EXPECT_EQ(root.post(users_rebuild + "/swap").status, 204);
    EXPECT_EQ(root.get(users_rebuild).code(), "rebuild.not_running");
    EXPECT_TRUE(soon([&] { return row().at("state") == "running"; }));
    auto all = everybody;
    all.push_back("gus");
    EXPECT_EQ(names(), all);
}

TEST_F(Rebuilds, AreNotSwappedBeforeTheyAreBuilt) {
    EXPECT_EQ(root.post(users_rebuild + "/swap").code(), "rebuild.not_running");
    ASSERT_EQ(start(slowly, "?diff=true").status, 202);
    EXPECT_EQ(root.post(users_rebuild + "/swap").code(), "rebuild.not_built");
    EXPECT_EQ(root.del(users_rebuild).status, 204);
}

TEST_F(Rebuilds, WithoutADifferenceWantedTheyNeverWait) {
    ASSERT_EQ(start(Json{{"events_per_second", nullptr}}, "?diff=false").status, 202);
    EXPECT_TRUE(is_over());
}

TEST_F(Rebuilds, ADryRunStartsNothing) {
    const auto shown = start(slowly, "?dry_run=true");
    EXPECT_EQ(shown.status, 200) << shown;
    EXPECT_EQ(shown.body.at("events"), Json::array());
    EXPECT_EQ(root.get(users_rebuild).code(), "rebuild.not_running");
    ASSERT_EQ(start(slowly).status, 202);
    EXPECT_EQ(start(slowly, "?dry_run=true").code(), "rebuild.running");
    EXPECT_EQ(root.del(users_rebuild + "?dry_run=true").status, 200);
    EXPECT_EQ(root.get(users_rebuild).status, 200);
}

TEST_F(Rebuilds, WhatMakesNoSenseIsRefused) {
    for (const auto& limit : {Json(0), Json(-1), Json(1.5), Json("fast"), Json(4'000'000'000U)})
        EXPECT_EQ(start(Json{{"events_per_second", limit}}).status, 422) << limit;
    EXPECT_EQ(start(nullptr, "?diff=maybe").status, 422);
    EXPECT_EQ(start(nullptr, "?speed=1").status, 422);
    EXPECT_EQ(root.post("/v1/projections/nothing/rebuild").code(), "projection.not_found");
    EXPECT_EQ(root.get("/v1/projections/nothing/rebuild").code(), "projection.not_found");
    EXPECT_EQ(root.get(users_rebuild).code(), "rebuild.not_running");
}

}  // namespace muster::http::rebuilds_test
