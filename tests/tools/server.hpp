// The built server on a data folder, beside a test.
#pragma once

#include <httplib.h>

#include "tests/tools/child.hpp"

namespace muster::tools {

class Server {
public:
    // Somebody made an admin with `password` before.
    explicit Server(const fs::path& data)
        : child_({MUSTER_PROGRAM, "serve", "--rate-limits", "off", "--data", data.native(),
                  "--listen", "127.0.0.1:0"},
                 data.parent_path() / "served") {
        wait_until([&] { return port() != 0 || child_.ended(); });
        EXPECT_NE(port(), 0) << child_.output();
    }
    int port() const {
        const auto output = child_.output();
        const auto line = output.find("Muster listens on");
        if (line == output.npos || output.find('\n', line) == output.npos) return 0;
        return std::atoi(output.c_str() + output.find("127.0.0.1:", line) + 10);
    }
    httplib::Client client() const {
        httplib::Client client{"127.0.0.1", port()};
        client.set_keep_alive(true);
        client.set_read_timeout(std::chrono::seconds{20});
        return client;
    }
    std::string sign_in(std::string_view email = "keeper@example.net") const {
        const auto answer = client().Post(
            "/v1/admin/sessions", nlohmann::json{{"email", email}, {"password", password}}.dump(),
            "application/json");
        EXPECT_TRUE(answer && answer->status == 201) << (answer ? answer->body : "no answer");
        return answer ? nlohmann::json::parse(answer->body).value("token", "") : "";
    }
    int stop() { return child_.end(SIGTERM); }
    void kill() { child_.end(SIGKILL); }
    std::string output() const { return child_.output(); }

    static constexpr std::string_view password = "a long enough password";

private:
    Child child_;
};

inline httplib::Headers as(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
}

}  // namespace muster::tools
