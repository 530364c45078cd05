// The built server on a data folder, beside a test.
#pragma once

#include <httplib.h>

#include "tests/tools/child.hpp"

namespace muster::tools {

// On a port of its own choice. Once it is made its views answer: after a kill they are built first,
// and until then requests are told to come again.
class Serving {
public:
    Serving(const fs::path& data, const std::vector<std::string>& options,
            const std::map<std::string, std::string>& variables = {})
        : child_(command(data, options), data.native() + ".out", variables) {
        wait_until([&] { return (port_ = told_port()) != 0 || child_.ended(); }, 60s);
        EXPECT_NE(port_, 0) << output();
        EXPECT_TRUE(wait_until([&] { return ready() || child_.ended(); }, 120s)) << output();
    }
    int port() const { return port_; }  // 0: it did not start.
    httplib::Client client() const {
        httplib::Client client{"127.0.0.1", port_};
        client.set_keep_alive(true);
        client.set_read_timeout(20s);
        return client;
    }
    int stop() { return end(SIGTERM); }
    void kill() { end(SIGKILL); }
    int end(int signal) { return child_.end(signal); }
    bool ended() { return child_.ended(); }
    pid_t pid() const { return child_.pid(); }
    std::string output() const { return child_.output(); }
    // Of a folder without an admin.
    std::string setup_token() const {
        const auto text = output();
        const auto hash = text.find("/setup#");
        return hash == text.npos ? "" : text.substr(hash + 7, text.find('\n', hash) - hash - 7);
    }

private:
    static std::vector<std::string> command(const fs::path& data,
                                            const std::vector<std::string>& options) {
        std::vector<std::string> all{MUSTER_PROGRAM, "serve",    "--data",
                                     data,           "--listen", "127.0.0.1:0"};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }
    int told_port() const {
        const auto text = output();
        const auto line = text.find("Muster listens on");
        if (line == text.npos || text.find('\n', line) == text.npos) return 0;
        return std::atoi(text.c_str() + text.find("127.0.0.1:", line) + 10);
    }
    bool ready() const {
        const auto answer = client().Get("/readyz");
        return answer && answer->status == 200;
    }

    Child child_;
    int port_{};
};

class Server : public Serving {
public:
    // Somebody made an admin with `password` before.
    explicit Server(const fs::path& data) : Serving(data, {"--rate-limits", "off"}) {}
    std::string sign_in(std::string_view email = "keeper@example.net") const {
        const auto answer = client().Post(
            "/v1/admin/sessions", nlohmann::json{{"email", email}, {"password", password}}.dump(),
            "application/json");
        EXPECT_TRUE(answer && answer->status == 201) << (answer ? answer->body : "no answer");
        return answer ? nlohmann::json::parse(answer->body).value("token", "") : "";
    }

    static constexpr std::string_view password = "a long enough password";
};

inline httplib::Headers as(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
}

}  // namespace muster::tools
