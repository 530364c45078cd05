// Kills the server with SIGKILL while clients write, again and again: what was acknowledged must be
// there ever after.
#include <mutex>
#include <random>
#include <set>

#include "tests/tools/server.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MUSTER_IS_SLOWED_DOWN
#endif
#endif

namespace muster::tools::crash_test {
namespace {

using nlohmann::json;

#if defined(MUSTER_IS_SLOWED_DOWN)
constexpr int rounds = 10;
#else
constexpr int rounds = 50;
#endif
constexpr int clients = 8;

// What was acknowledged: the invitations' ids, and the newest position.
struct Ledger {
    std::mutex mutex;
    std::set<std::uint64_t> invitations;
    std::uint64_t position{};
};

void write_until_dead(const Server& server, const std::string& token, const std::string& name,
                      Ledger& ledger) {
    auto client = server.client();
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

std::set<std::uint64_t> stored_invitations(const Server& server, const std::string& token) {
    auto client = server.client();
    std::set<std::uint64_t> found;
    for (std::string cursor;;) {
        const auto result =
            client.Get(("/v1/accounts/1/invitations?limit=200" + cursor).c_str(), as(token));
        EXPECT_TRUE(result && result->status == 200) << (result ? result->body : "no answer");
        if (!result || result->status != 200) return {};
        const auto page = json::parse(result->body);
        for (const auto& item : page["items"])
            found.insert(item["id"].get<std::uint64_t>());
        if (page["next"].is_null()) return found;
        cursor = "&cursor=" + page["next"].get<std::string>();
    }
}

// The admin's token, with one account there.
std::string set_up(const Server& server) {
    auto client = server.client();
    const auto admin = client.Post("/v1/setup",
                                   json{{"token", server.setup_token()},
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

void expect_everything(const Server& server, const std::string& token, const Ledger& ledger) {
    const auto stored = stored_invitations(server, token);
    for (const auto id : ledger.invitations)
        ASSERT_TRUE(stored.contains(id)) << "invitation " << id << " is lost";
}

}  // namespace

TEST(ACrash, LosesNothingThatWasAcknowledged) {
    const TemporaryFolder folder;
    const auto data = folder.path() / "data";
    std::mt19937 random{20261122};
    Ledger ledger;
    std::string token;
    for (int round = 0; round < rounds; ++round) {
        Server server{data};
        ASSERT_NE(server.port(), 0) << "round " << round << ": the server does not start";
        if (token.empty()) token = set_up(server);
        const auto views = server.client().Get("/v1/projections", as(token));
        ASSERT_TRUE(views) << "round " << round << ": " << httplib::to_string(views.error());
        ASSERT_EQ(views->status, 200) << "round " << round << ": " << views->body;
        ASSERT_GE(json::parse(views->body)["items"][0]["head"].get<std::uint64_t>(),
                  ledger.position);

        std::vector<std::thread> writers;
        for (int n = 0; n < clients; ++n) {
            const auto name = fmt::format("guest.{}.{}", round, n);
            writers.emplace_back([&, name] { write_until_dead(server, token, name, ledger); });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50 + random() % 400});
        server.kill();
        for (auto& writer : writers)
            writer.join();
        if (round % 10 == 9) {
            const auto audited = muster("audit", data);
            ASSERT_EQ(audited.status, 0) << "round " << round << ": " << audited.out;
        }
    }
    ASSERT_GT(ledger.invitations.size(), static_cast<std::size_t>(rounds))
        << "the clients hardly wrote";
    {
        Server server{data};
        expect_everything(server, token, ledger);
        const auto status = server.stop();
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    const auto audited = muster("audit", data);
    EXPECT_EQ(audited.status, 0) << audited.out;
}

// A view is being built anew when the server is killed: the next one answers from the old one.
TEST(ACrash, InTheMiddleOfARebuildLeavesViewsThatServe) {
    const TemporaryFolder folder;
    const auto data = folder.path() / "data";
    std::mt19937 random{20261122};
    Ledger ledger;
    std::string token;
    const std::vector<std::string> bodies{"{}", R"({"events_per_second":200})"};
    for (int round = 0; round < rounds / 5 + 2; ++round) {
        Server server{data};
        ASSERT_NE(server.port(), 0) << "round " << round << ": the server does not start";
        if (token.empty()) token = set_up(server);
        expect_everything(server, token, ledger);
        std::thread writer{
            [&] { write_until_dead(server, token, fmt::format("guest.{}", round), ledger); }};
        auto client = server.client();
        for (const std::string view : {"invitations", "users", "activity"}) {
            const auto started = client.Post(("/v1/projections/" + view + "/rebuild").c_str(),
                                             as(token), bodies[random() % 2], "application/json");
            EXPECT_TRUE(started && started->status == 202) << view;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 400});
        server.kill();
        writer.join();
    }
    ASSERT_GT(ledger.invitations.size(), 20U) << "the client hardly wrote";
    {
        Server server{data};
        expect_everything(server, token, ledger);
        server.stop();
    }
    const auto audited = muster("audit", data);
    EXPECT_EQ(audited.status, 0) << audited.out;
}

}  // namespace muster::tools::crash_test
