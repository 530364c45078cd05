// Kills the server with SIGKILL while clients write, again and again: what was acknowledged must be
// there ever after.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <httplib.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace muster::crash {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int rounds = 4;
#else
constexpr int rounds = 50;
#endif
constexpr int clients = 8;

// A server in a process of its own, on a free port that it tells on its first line.
class Process {
public:
    explicit Process(const std::filesystem::path& data) : output_(data.string() + ".out") {
        std::filesystem::remove(output_);
        pid_ = fork();
        if (pid_ == 0) {
            if (std::freopen(output_.c_str(), "w", stdout) == nullptr) _exit(99);
            execl(MUSTER_PROGRAM, "muster", "serve", "--rate-limits", "off", "--data", data.c_str(),
                  "--listen", "127.0.0.1:0", nullptr);
            _exit(99);
        }
        for (int tries = 0; tries < 600 && port() == 0; ++tries)
            std::this_thread::sleep_for(20ms);
    }
    ~Process() {
        if (pid_ > 0) end(SIGKILL);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    int end(int signal) {
        kill(pid_, signal);
        int status = 0;
        waitpid(std::exchange(pid_, 0), &status, 0);
        return status;
    }

    int port() {
        if (port_ != 0) return port_;
        std::ifstream in{output_};
        for (std::string line; std::getline(in, line);) {
            if (const auto colon = line.rfind(':'); line.starts_with("Muster listens")) {
                port_ = std::atoi(line.c_str() + colon + 1);
            }
            if (const auto hash = line.find('#'); hash != std::string::npos)
                setup_token = line.substr(hash + 1);
        }
        return port_;
    }

    std::string setup_token;

private:
    std::filesystem::path output_;
    pid_t pid_{};
    int port_{};
};

// What was acknowledged: the invitations' ids, and the newest position.
struct Ledger {
    std::mutex mutex;
    std::set<std::uint64_t> invitations;
    std::uint64_t position{};
};

httplib::Headers as(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

void write_until_dead(int port, const std::string& token, const std::string& name, Ledger& ledger) {
    httplib::Client client{"127.0.0.1", port};
    client.set_keep_alive(true);
    client.set_read_timeout(5s);
    for (int n = 0; n < 100'000; ++n) {
        const auto body = json{
            {"email", name + "." + std::to_string(n) + "@example.com"},
            {"permissions",
             {"tickets"}}}.dump();
        const auto result =
            client.Post("/v1/accounts/1/invitations", as(token), body, "application/json");
        if (!result) return;
        ASSERT_EQ(result->status, 201) << result->body;
        const std::lock_guard lock{ledger.mutex};
        ledger.invitations.insert(json::parse(result->body).at("id").get<std::uint64_t>());
        ledger.position = std::max<std::uint64_t>(
            ledger.position, std::stoull(result->get_header_value("Muster-Position")));
    }
}

std::set<std::uint64_t> stored_invitations(int port, const std::string& token) {
    httplib::Client client{"127.0.0.1", port};
    client.set_keep_alive(true);
    std::set<std::uint64_t> found;
    for (std::string cursor;;) {
        const auto result =
            client.Get(("/v1/accounts/1/invitations?limit=200" + cursor).c_str(), as(token));
        if (!result || result->status != 200) return {};
        const auto page = json::parse(result->body);
        for (const auto& item : page["items"])
            found.insert(item["id"].get<std::uint64_t>());
        if (page["next"].is_null()) return found;
        cursor = "&cursor=" + page["next"].get<std::string>();
    }
}

// On a busy machine the views may need longer than one request waits for them.
httplib::Result get_once_ready(int port, const char* path, const std::string& token) {
    httplib::Client client{"127.0.0.1", port};
    auto result = client.Get(path, as(token));
    for (int tries = 0; tries < 30 && result && result->status == 503; ++tries) {
        std::this_thread::sleep_for(500ms);
        result = client.Get(path, as(token));
    }
    return result;
}

// The admin's token, with one account there.
std::string set_up(Process& process) {
    httplib::Client client{"127.0.0.1", process.port()};
    const auto admin = client.Post("/v1/setup",
                                   json{{"token", process.setup_token},
                                        {"name", "Grace"},
                                        {"email", "grace@example.com"},
                                        {"password", "a long pass phrase"}}
                                       .dump(),
                                   "application/json");
    const std::string token = json::parse(admin->body).at("token");
    const auto account = client.Post(
        "/v1/accounts", as(token),
        json{{"first_name", "Ada"}, {"last_name", "Lovelace"}, {"email", "ada@example.com"}}.dump(),
        "application/json");
    EXPECT_EQ(account->status, 201) << account->body;
    return token;
}

void expect_everything(int port, const std::string& token, const Ledger& ledger) {
    const auto stored = stored_invitations(port, token);
    for (const auto id : ledger.invitations)
        ASSERT_TRUE(stored.contains(id)) << "invitation " << id << " is lost";
}

int audit(const std::filesystem::path& data) {
    const auto command =
        std::string(MUSTER_PROGRAM) + " audit --data " + data.string() + " >/dev/null";
    return WEXITSTATUS(std::system(command.c_str()));
}

}  // namespace

TEST(ACrash, LosesNothingThatWasAcknowledged) {
    const auto data =
        std::filesystem::temp_directory_path() / ("muster-crash-" + std::to_string(getpid()));
    std::mt19937 random{20261122};
    Ledger ledger;
    std::string token;
    for (int round = 0; round < rounds; ++round) {
        Process process{data};
        ASSERT_NE(process.port(), 0) << "round " << round << ": the server does not start";
        if (token.empty()) token = set_up(process);
        const auto views = get_once_ready(process.port(), "/v1/projections", token);
        ASSERT_TRUE(views) << "round " << round << ": " << httplib::to_string(views.error());
        ASSERT_EQ(views->status, 200) << "round " << round << ": " << views->body;
        ASSERT_GE(json::parse(views->body)["items"][0]["head"].get<std::uint64_t>(),
                  ledger.position);

        std::vector<std::thread> writers;
        for (int n = 0; n < clients; ++n) {
            const auto name = "guest." + std::to_string(round) + "." + std::to_string(n);
            writers.emplace_back(
                [&, name] { write_until_dead(process.port(), token, name, ledger); });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50 + random() % 400});
        process.end(SIGKILL);
        for (auto& writer : writers)
            writer.join();
        if (round % 10 == 9) {
            ASSERT_EQ(audit(data), 0) << "round " << round;
        }
    }
    ASSERT_GT(ledger.invitations.size(), static_cast<std::size_t>(rounds))
        << "the clients hardly wrote";
    {
        Process process{data};
        ASSERT_NE(process.port(), 0);
        expect_everything(process.port(), token, ledger);
        const auto status = process.end(SIGTERM);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT_EQ(audit(data), 0);
    if (HasFailure()) return;  // What is left shows why.
    std::filesystem::remove_all(data);
    std::filesystem::remove(data.string() + ".out");
}

// A view is being built anew when the server is killed: the next one answers from the old one.
TEST(ACrash, InTheMiddleOfARebuildLeavesViewsThatServe) {
    const auto data = std::filesystem::temp_directory_path() /
                      ("muster-crash-rebuild-" + std::to_string(getpid()));
    std::mt19937 random{20261122};
    Ledger ledger;
    std::string token;
    const std::vector<std::string> bodies{"{}", R"({"events_per_second":200})"};
    for (int round = 0; round < rounds / 5 + 2; ++round) {
        Process process{data};
        ASSERT_NE(process.port(), 0) << "round " << round << ": the server does not start";
        if (token.empty()) token = set_up(process);
        expect_everything(process.port(), token, ledger);
        std::thread writer{[&] {
            write_until_dead(process.port(), token, "guest." + std::to_string(round), ledger);
        }};
        httplib::Client client{"127.0.0.1", process.port()};
        for (const std::string view : {"invitations", "users", "activity"}) {
            const auto started = client.Post(("/v1/projections/" + view + "/rebuild").c_str(),
                                             as(token), bodies[random() % 2], "application/json");
            EXPECT_TRUE(started && started->status == 202) << view;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 400});
        process.end(SIGKILL);
        writer.join();
    }
    ASSERT_GT(ledger.invitations.size(), 20U) << "the client hardly wrote";
    {
        Process process{data};
        ASSERT_NE(process.port(), 0);
        expect_everything(process.port(), token, ledger);
        process.end(SIGTERM);
    }
    EXPECT_EQ(audit(data), 0);
    if (HasFailure()) return;  // What is left shows why.
    std::filesystem::remove_all(data);
    std::filesystem::remove(data.string() + ".out");
}

}  // namespace muster::crash
