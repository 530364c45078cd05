// What is measured, as Prometheus reads it.

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::metrics_test {

struct Metered : testing::Test {
    std::string metrics() {
        const auto reply = house.visitor().get("/metrics");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        return reply.text;
    }
    // The number behind this name with its labels; absent where the line is.
    static std::optional<double> value(const std::string& text, const std::string& name) {
        const auto at = ("\n" + text).find("\n" + name + " ");
        if (at == std::string::npos) return std::nullopt;
        return std::stod(text.substr(at + name.size() + 1));
    }

    House house;
};

TEST_F(Metered, AnswersAreCountedByOperationAndStatus) {
    auto ada = house.person("ada");
    for (int n = 0; n < 3; ++n)
        ada.get("/v1/me");
    house.visitor().get("/v1/me");
    house.visitor().get("/v1/nowhere/ada@example.com");
    const auto text = metrics();
    const auto count = [&](const std::string& operation, int status) {
        return value(text, "muster_http_requests_total{operation=\"" + operation + "\",status=\"" +
                               std::to_string(status) + "\"}");
    };
    EXPECT_EQ(count("RegisterUser", 201), 1);
    EXPECT_EQ(count("GetMe", 200), 3);
    EXPECT_EQ(count("GetMe", 401), 1);
    EXPECT_EQ(count("none", 404), 1);
    EXPECT_EQ(count("DeleteUser", 204), std::nullopt);
    EXPECT_EQ(value(text, "muster_http_request_duration_seconds_count{operation=\"GetMe\"}"), 4);
    EXPECT_FALSE(text.contains("ada"));
}

TEST_F(Metered, TheLogTheViewsAndTheProcessAreMeasured) {
    house.person("ada");
    const auto text = metrics();
    EXPECT_EQ(value(text, "muster_log_events_total"), house.head().number);
    EXPECT_EQ(value(text, "muster_view_lag_events{view=\"users\"}"), 0);
    EXPECT_EQ(value(text, "muster_view_position{view=\"users\"}"), house.head().number);
    EXPECT_EQ(value(text, "muster_view_running{view=\"users\"}"), 1);
    EXPECT_EQ(value(text, "muster_commands_waiting"), 0);
    EXPECT_GE(value(text, "muster_batches_total"), 1);
    EXPECT_EQ(value(text, "muster_passwords_waiting"), 0);
    EXPECT_GT(value(text, "process_resident_memory_bytes"), 1e6);
    EXPECT_GT(value(text, "process_start_time_seconds"), 1.6e9);
    EXPECT_GT(value(text, "process_open_fds"), 3);
    EXPECT_GT(value(text, "process_cpu_seconds_total"), 0);
    EXPECT_EQ(value(text, "muster_mails_pending"), std::nullopt) << "no mail server is set";
}

TEST_F(Metered, PrometheusAcceptsThem) {
    house.person("ada");
    house.visitor().get("/nowhere");
    const Folder folder;
    const auto path = folder.path() / "metrics";
    std::ofstream{path} << metrics();
    const auto command = "promtool check metrics < '" + path.string() + "' 2>&1";
    auto* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string said;
    char piece[256];
    while (const auto read = fread(piece, 1, sizeof piece, pipe))
        said.append(piece, read);
    EXPECT_EQ(pclose(pipe), 0) << said;
    EXPECT_EQ(said, "");
}

}  // namespace muster::http::metrics_test
