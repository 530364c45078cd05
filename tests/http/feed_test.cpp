// The log as a feed: pages, and Server-Sent Events that begin anywhere, go on as things happen and
// end when their reader may no longer read.
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <gtest/gtest.h>
#include <httplib.h>
#include <mutex>
#include <thread>

#include "tests/http/house.hpp"
#include "tests/http/raw_client.hpp"

namespace muster::http::feed_test {

using namespace std::chrono_literals;

// Reads a stream in a thread of its own until it has what it is to have, or is told to stop.
class StreamReader {
public:
    StreamReader(std::uint16_t port, const std::string& token, const std::string& target,
                 const std::string& last_event_id = {})
        : thread_([=, this] { read(port, token, target, last_event_id); }) {}
    StreamReader(const StreamReader&) = delete;
    StreamReader& operator=(const StreamReader&) = delete;
    ~StreamReader() {
        stopping_ = true;
        thread_.join();
    }

    // Whether it comes to this position within a few seconds.
    bool reaches(std::uint64_t position) {
        std::unique_lock lock{mutex_};
        return moved_.wait_for(lock, 20s, [&] { return last_ >= position; });
    }
    bool ends() {
        std::unique_lock lock{mutex_};
        return moved_.wait_for(lock, 20s, [&] { return ended_; });
    }
    std::vector<std::uint64_t> positions() {
        const std::lock_guard lock{mutex_};
        return positions_;
    }
    std::vector<Json> events() {
        const std::lock_guard lock{mutex_};
        return events_;
    }

private:
    void read(std::uint16_t port, const std::string& token, const std::string& target,
              const std::string& last_event_id) {
        httplib::Client client{"127.0.0.1", port};
        client.set_read_timeout(1);
        httplib::Headers headers{{"Authorization", "Bearer " + token}};
        if (!last_event_id.empty()) headers.emplace("Last-Event-ID", last_event_id);
        client.Get(target, headers, [&](const char* bytes, std::size_t size) {
            text_.append(bytes, size);
            take();
            return !stopping_;
        });
        const std::lock_guard lock{mutex_};
        ended_ = true;
        moved_.notify_all();
    }
    void take() {
        for (auto end = text_.find("\n\n"); end != text_.npos; end = text_.find("\n\n")) {
            const auto event = text_.substr(0, end);
            text_.erase(0, end + 2);
            if (!event.starts_with("id: ")) continue;
            const auto data = event.find("\ndata: ");
            const std::lock_guard lock{mutex_};
            last_ = std::stoull(event.substr(4, data - 4));
            positions_.push_back(last_);
            events_.push_back(Json::parse(event.substr(data + 7)));
            moved_.notify_all();
        }
    }

    std::string text_;
    std::mutex mutex_;
    std::condition_variable moved_;
    std::uint64_t last_ = 0;
    std::vector<std::uint64_t> positions_;
    std::vector<Json> events_;
    bool ended_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

struct Feed : testing::Test {
    void happen(int times) {
        for (int n = 0; n < times; ++n) {
            on_ = !on_;
            ASSERT_EQ(root.patch("/v1/settings", {{"email_verification", on_}}).status, 200);
        }
    }
    StreamReader reader(const std::string& target, const std::string& last_event_id = {}) {
        return {house.port(), auditor.token(), target, last_event_id};
    }
    static std::vector<std::uint64_t> run(std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint64_t> numbers;
        for (auto n = first; n <= last; ++n)
            numbers.push_back(n);
        return numbers;
    }

    House house;
    Visitor& root = house.root();
    Visitor auditor = house.key("auditor");

private:
    bool on_ = false;
};

TEST_F(Feed, PagesHaveTheLogInItsOrder) {
    happen(10);
    const auto head = house.head().number;
    const auto first = root.get("/v1/events?limit=4&total=true");
    EXPECT_EQ(first.body.at("total"), head);
    ASSERT_EQ(first.body.at("items").size(), 4U);
    EXPECT_EQ(first.body.at("items")[0].at("position"), 1);
    EXPECT_NE(first.header("Link"), "");
    const auto second =
        root.get("/v1/events?limit=4&cursor=" + first.body.at("next").get<std::string>()).body;
    EXPECT_EQ(second.at("items")[0].at("position"), 5);
    const auto last = root.get("/v1/events?after=" + std::to_string(head - 2)).body;
    EXPECT_EQ(last.at("items").size(), 2U);
    EXPECT_TRUE(last.at("next").is_null());
    const auto none = root.get("/v1/events?after=" + std::to_string(house.head().number));
    EXPECT_TRUE(none.body.at("items").empty());
    EXPECT_TRUE(none.body.at("next").is_null());
    EXPECT_EQ(none.header("Muster-Epoch"), "1");
    const auto beyond =
        root.get("/v1/events?after=" + std::to_string(house.head().number + 1)).body;
    EXPECT_EQ(beyond.at("errors")[0].at("pointer"), "?after");
    for (const auto* query : {"after=-1", "after=x", "limit=0", "limit=201", "cursor=AAAA", "to=1"})
        EXPECT_EQ(root.get(std::string{"/v1/events?"} + query).status, 422) << query;
}

TEST_F(Feed, AnEventSaysAllOfIt) {
    house.person("ada");
    const auto items = root.get("/v1/events?limit=200").body.at("items");
    const auto found = std::ranges::find_if(
        items, [](const Json& each) { return each.at("type") == "user.registered"; });
    ASSERT_NE(found, items.end());
    EXPECT_EQ(found->at("data").at("person").at("email"), "ada@example.com");
    EXPECT_EQ(found->at("actor").at("kind"), "user");
    EXPECT_EQ(found->at("version"), 1);
    EXPECT_EQ(found->at("streams")[0].at("version"), 1);
    EXPECT_EQ(found->at("trace_id"), house.trace_of({found->at("position").get<std::uint64_t>()}));
}

TEST_F(Feed, AStreamHasWhatThereIsAndGoesOn) {
    happen(5);
    const auto before = house.head().number;
    auto all = reader("/v1/events/stream");
    auto some = reader("/v1/events/stream?after=" + std::to_string(before - 1));
    ASSERT_TRUE(all.reaches(before));
    ASSERT_TRUE(some.reaches(before));
    happen(5);
    const auto after = house.head().number;
    ASSERT_TRUE(all.reaches(after));
    ASSERT_TRUE(some.reaches(after));
    EXPECT_EQ(all.positions(), run(1, after));
    EXPECT_EQ(some.positions(), run(before, after));
    const auto page = root.get("/v1/events?limit=200").body.at("items");
    ASSERT_EQ(page.size(), all.events().size());
    for (std::size_t n = 0; n < page.size(); ++n)
        EXPECT_EQ(page[n], all.events()[n]);
}

TEST_F(Feed, AStreamGoesOnWhereTheReaderWas) {
    happen(10);
    const auto head = house.head().number;
    // What the reader had counts more than where it first began.
    auto again = reader("/v1/events/stream?after=1", std::to_string(head - 3));
    ASSERT_TRUE(again.reaches(head));
    EXPECT_EQ(again.positions(), run(head - 2, head));
}

TEST_F(Feed, AStreamThatCannotBeginIsRefused) {
    const auto beyond = std::to_string(house.head().number + 1);
    EXPECT_EQ(auditor.get("/v1/events/stream?after=" + beyond).code(), "request.invalid");
    const auto resumed = auditor.get("/v1/events/stream", {{"Last-Event-ID", beyond}});
    EXPECT_EQ(resumed.body.at("errors")[0].at("pointer"), "Last-Event-ID");
    EXPECT_EQ(auditor.get("/v1/events/stream?after=x").code(), "request.invalid");
    EXPECT_EQ(auditor.get("/v1/events/stream", {{"Last-Event-ID", "x"}}).code(),
              "request.malformed");
    EXPECT_EQ(auditor.get("/v1/events/stream", {{"Last-Event-ID", beyond}}).code(),
              "request.invalid");
}

TEST_F(Feed, AStreamEndsWithTheRightToRead) {
    auto stream = reader("/v1/events/stream");
    ASSERT_TRUE(stream.reaches(house.head().number));
    ASSERT_EQ(root.del(path_of("api-keys", auditor.id())).status, 204);
    EXPECT_TRUE(stream.ends());
    happen(1);
    EXPECT_LT(stream.positions().back(), house.head().number);
}

TEST_F(Feed, ManyFollowAtOnce) {
    const std::size_t many = std::getenv("MUSTER_LONG_TESTS") != nullptr ? 1000 : 100;
    std::vector<std::unique_ptr<RawClient>> clients;
    const auto request = "GET /v1/events/stream?after=" + std::to_string(house.head().number) +
                         " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                         auditor.token() + "\r\n\r\n";
    for (std::size_t n = 0; n < many; ++n) {
        clients.push_back(std::make_unique<RawClient>(house.port()));
        ASSERT_TRUE(clients.back()->send(request));
    }
    const auto following = [&] {
        return root.get("/metrics").text.find("muster_feed_readers " + std::to_string(many)) !=
               std::string::npos;
    };
    for (int tries = 0; tries < 200 && !following(); ++tries)
        std::this_thread::sleep_for(20ms);
    ASSERT_TRUE(following());
    happen(3);
    const auto last = "id: " + std::to_string(house.head().number) + "\n";
    for (auto& client : clients)
        EXPECT_TRUE(client->receive_until(last));
}

// Who does not read holds nobody up, and what it does not read is kept nowhere for it.
TEST_F(Feed, WhoReadsSlowlyIsWaitedFor) {
    happen(200);
    RawClient slow{house.port(), 4096};
    ASSERT_TRUE(
        slow.send("GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                  "Bearer " +
                  auditor.token() + "\r\n\r\n"));
    auto quick = reader("/v1/events/stream");
    ASSERT_TRUE(quick.reaches(house.head().number));
    happen(50);
    ASSERT_TRUE(quick.reaches(house.head().number));
    EXPECT_EQ(quick.positions(), run(1, house.head().number));
    // It has the rest as it takes it.
    EXPECT_TRUE(slow.receive_until("id: " + std::to_string(house.head().number) + "\n"));
}

}  // namespace muster::http::feed_test
