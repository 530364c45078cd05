#include "http/server.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "tests/events/samples.hpp"
#include "tests/http/raw_client.hpp"

namespace muster::http::server_test {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const std::string host = "Host: muster.example\r\n";

std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\n" + host + fields + "\r\n";
}

std::string post(const std::string& body) {
    return "POST / HTTP/1.1\r\n" + host + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

Response refusal(int status, std::string_view code, std::string_view) {
    return {.status = status, .content_type = "text/plain", .body = std::string{code}};
}

std::unique_ptr<Server> serve(ServerOptions options, Handler handler) {
    return Server::listen(std::move(options), std::move(handler), refusal).value();
}

// Answers with what was asked.
void echo(Request&& request, Responder respond) {
    respond({.content_type = "text/plain",
             .body = request.method_text + " " + request.target + " " + request.body});
}

// Requests that wait for the test to answer them.
class Waiting {
public:
    Handler handler() {
        return [this](Request&& request, Responder respond) {
            const std::lock_guard lock{mutex_};
            targets_.push_back(request.target);
            responders_.push_back(std::move(respond));
            changed_.notify_all();
        };
    }

    // The oldest one that was not taken yet.
    std::pair<std::string, Responder> take() {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, 5s, [&] { return !responders_.empty(); });
        if (!came) throw std::runtime_error{"no request came"};
        std::pair taken{std::move(targets_.front()), std::move(responders_.front())};
        targets_.pop_front();
        responders_.pop_front();
        return taken;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> targets_;
    std::deque<Responder> responders_;
};

// --- Requests and answers.

TEST(Server, AnswersOneRequestAfterAnotherOnAConnection) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    for (int i = 0; i < 3; ++i) {
        ada.send(get("/" + std::to_string(i)));
        EXPECT_EQ(ada.receive().body, "GET /" + std::to_string(i) + " ");
    }
    EXPECT_FALSE(ada.ended());
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    const auto server = serve({}, [](Request&& request, Responder respond) {
        std::thread{[target = request.target, respond = std::move(respond)]() mutable {
            respond({.body = target});
        }}.detach();
    });
    RawClient ada{server->port()};
    std::string requests;
    for (int i = 0; i < 50; ++i)
        requests += get("/" + std::to_string(i));
    ada.send(requests);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(ada.receive().body, "/" + std::to_string(i));
}

TEST(Server, ReadsARequestThatArrivesByteByByte) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    for (const char byte : post("hello")) {
        ada.send({&byte, 1});
        std::this_thread::sleep_for(200us);
    }
    EXPECT_EQ(ada.receive().body, "POST / hello");
}

TEST(Server, ReadsBodiesUpToTheLargest) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    const std::string body(1 << 20, 'b');
    ada.send(post(body) + get("/next"));
    EXPECT_EQ(ada.receive().body, "POST / " + body);
    EXPECT_EQ(ada.receive().body, "GET /next ");
}

TEST(Server, ReadsChunkedBodies) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    ada.send("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    ada.send("6;x=y\r\n world\r\n0\r\nX: y\r\n\r\n" + get("/next"));
    EXPECT_EQ(ada.receive().body, "POST / hello world");
    EXPECT_EQ(ada.receive().body, "GET /next ");
}

TEST(Server, AnswersHeadWithoutABody) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    ada.send("HEAD / HTTP/1.1\r\n" + host + "\r\n" + get("/next", "Connection: close\r\n"));
    const auto all = ada.receive_all();
    EXPECT_TRUE(all.contains("Content-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\n")) << all;
}

TEST(Server, TellsAClientThatWaitsWithItsBodyToGoOn) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    ada.send("PUT / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(ada.receive().status, 100);
    ada.send("hello");
    EXPECT_EQ(ada.receive().body, "PUT / hello");
}

TEST(Server, ClosesWhenTheClientOrTheAnswerSaysSo) {
    const auto server = serve({}, [](Request&& request, Responder respond) {
        respond({.close = request.target == "/close"});
    });
    for (const auto& request :
         {get("/", "Connection: close\r\n"), get("/close"), "GET / HTTP/1.0\r\n" + host + "\r\n"}) {
        RawClient ada{server->port()};
        ada.send(request);
        EXPECT_TRUE(ada.receive().head.contains("Connection: close\r\n"));
        EXPECT_EQ(ada.receive_all(), "");
        EXPECT_TRUE(ada.ended());
    }
}

TEST(Server, KeepsAConnectionOfHttp10WhereAsked) {
    const auto server = serve({}, echo);
    RawClient ada{server->port()};
    for (int i = 0; i < 2; ++i) {
        ada.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_TRUE(ada.receive().head.contains("Connection: keep-alive\r\n"));
    }
}

TEST(Server, AnswersAClientThatHasFinishedSending) {
    Waiting waiting;
    const auto server = serve({}, waiting.handler());
    RawClient ada{server->port()};
    ada.send(get("/"));
    ada.finish_sending();
    waiting.take().second({.body = "late"});
    EXPECT_EQ(ada.receive().body, "late");
}

TEST(Server, NamesThePeer) {
    const auto server =
        serve({}, [](Request&& request, Responder respond) { respond({.body = request.peer}); });
    RawClient ada{server->port()};
    ada.send(get("/"));
    EXPECT_EQ(ada.receive().body, "127.0.0.1");
}

TEST(Server, Answers500WhereTheHandlerDoesNot) {
    const auto server = serve({}, [](Request&& request, Responder) {
        if (request.target == "/throw") throw std::runtime_error{"no"};
    });
    RawClient ada{server->port()};
    for (const auto* target : {"/throw", "/drop"}) {
        ada.send(get(target));
        const auto answer = ada.receive();
        EXPECT_EQ(answer.status, 500);
        EXPECT_EQ(answer.body, "server.fault");
    }
}

// --- Answers from other threads.

TEST(Server, TakesABatchOfAnswersFromAnotherThread) {
    Waiting waiting;
    const auto server = serve({}, waiting.handler());
    std::vector<RawClient> clients;
    for (int i = 0; i < 64; ++i) {
        clients.emplace_back(server->port());
        clients.back().send(get("/" + std::to_string(i)));
    }
    {
        const Batch batch;
        for (int i = 0; i < 64; ++i) {
            auto [target, respond] = waiting.take();
            respond({.body = target});
        }
    }
    int asked = 0;
    for (auto& client : clients)
        EXPECT_EQ(client.receive().body, "/" + std::to_string(asked++));
}

TEST(Server, ServesManyClientsFromManyThreads) {
    Waiting waiting;
    const auto server = serve({.threads = 3}, waiting.handler());
    constexpr int each = 200;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 2 * each; ++n) {
                const Batch batch;
                auto [target, respond] = waiting.take();
                respond({.body = target});
            }
        });
    std::atomic<int> right = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            RawClient client{server->port()};
            for (int n = 0; n < each; ++n) {
                const auto target = "/" + std::to_string(i) + "/" + std::to_string(n);
                client.send(get(target));
                right += client.receive().body == target;
            }
        });
    threads.clear();
    EXPECT_EQ(right, 8 * each);
}

TEST(Server, OutlivesAClientThatVanishesBeforeItsAnswer) {
    Waiting waiting;
    const auto server = serve({.max_in_flight = 1}, waiting.handler());
    for (int i = 0; i < 20; ++i) {
        RawClient eve{server->port()};
        eve.send(get("/eve"));
        auto [target, respond] = waiting.take();
        eve.reset();
        respond({.body = std::string(100'000, 'e')});
        // It no longer counts as in flight either.
        RawClient ada{server->port()};
        ada.send(get("/ada"));
        waiting.take().second({.body = "ada"});
        EXPECT_EQ(ada.receive().body, "ada");
    }
}

TEST(Server, IgnoresASecondAnswer) {
    const auto server = serve({}, [](Request&&, Responder respond) {
        respond({.body = "first"});
        respond({.body = "second"});
    });
    RawClient ada{server->port()};
    ada.send(get("/") + get("/", "Connection: close\r\n"));
    EXPECT_EQ(ada.receive().body, "first");
    EXPECT_EQ(ada.receive().body, "first");
    EXPECT_EQ(ada.receive_all(), "");
}

// --- Limits.

void allow_many_files() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

TEST(Server, ServesAnActiveClientBesideAThousandIdleOnes) {
    allow_many_files();
    const auto server = serve({}, echo);
    std::vector<RawClient> idle;
    for (int i = 0; i < 1000; ++i) {
        idle.emplace_back(server->port());
        if (i % 2 == 0) idle.back().send("GET / HTT");
    }
    RawClient ada{server->port()};
    const auto start = steady_clock::now();
    for (int i = 0; i < 200; ++i) {
        ada.send(get("/"));
        ASSERT_EQ(ada.receive().status, 200);
    }
    EXPECT_LT(steady_clock::now() - start, 2s);
    idle[998].send("P/1.1\r\n" + host + "\r\n");
    EXPECT_EQ(idle[998].receive().status, 200);
}

TEST(Server, Answers408ToASlowHeadHoweverItDrips) {
    const auto server = serve({.head_timeout = 100ms}, echo);
    RawClient eve{server->port()};
    const auto start = steady_clock::now();
    eve.send("GET / HTTP/1.1\r\n");
    while (steady_clock::now() - start < 3s && eve.send("X: y\r\n"))
        std::this_thread::sleep_for(10ms);
    const auto answer = eve.receive();
    EXPECT_EQ(answer.status, 408);
    EXPECT_EQ(answer.body, "request.timeout");
}

TEST(Server, Answers408ToASlowBody) {
    const auto server = serve({.body_timeout = 100ms}, echo);
    RawClient eve{server->port()};
    eve.send("POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhel");
    EXPECT_EQ(eve.receive().status, 408);
    EXPECT_EQ(eve.receive_all(), "");
    EXPECT_TRUE(eve.ended());
}

TEST(Server, ClosesAnIdleConnectionWithoutAWord) {
    const auto server = serve({.idle_timeout = 100ms}, echo);
    RawClient silent{server->port()};
    RawClient ada{server->port()};
    ada.send(get("/"));
    EXPECT_EQ(ada.receive().status, 200);
    for (auto* client : {&silent, &ada}) {
        EXPECT_EQ(client->receive_all(), "");
        EXPECT_TRUE(client->ended());
    }
}

TEST(Server, LetsAClientThatSendsTooMuchReadItsAnswer) {
    const auto server = serve({.max_body = 1000}, echo);
    for (const auto* framing : {"Content-Length: 5000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
        RawClient eve{server->port()};
        eve.send("POST / HTTP/1.1\r\n" + host + framing + "\r\n4c4b40\r\n");
        EXPECT_TRUE(eve.send(std::string(5'000'000, 'e')));
        std::this_thread::sleep_for(20ms);
        EXPECT_EQ(eve.receive().status, 413);
        EXPECT_EQ(eve.receive_all(), "");
    }
}

TEST(Server, DoesNotListenForEverToAClientThatWasRefused) {
    const auto server = serve({.max_body = 1000}, echo);
    RawClient eve{server->port()};
    eve.send("POST / HTTP/1.1\r\n" + host + "Content-Length: 2000\r\n\r\n");
    const auto start = steady_clock::now();
    while (eve.send(std::string(64 << 10, 'e')) && steady_clock::now() - start < 4s)
        continue;
    EXPECT_LT(steady_clock::now() - start, 3s);
}

TEST(Server, Answers503ToOneConnectionTooMany) {
    const auto server = serve({.max_connections = 2}, echo);
    std::optional<RawClient> ada{server->port()};
    RawClient bob{server->port()};
    for (auto* client : {&*ada, &bob}) {
        client->send(get("/"));
        EXPECT_EQ(client->receive().status, 200);
    }
    {
        RawClient eve{server->port()};
        const auto answer = eve.receive();
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.body, "server.busy");
        EXPECT_TRUE(answer.head.contains("Retry-After: 1\r\n"));
        EXPECT_EQ(eve.receive_all(), "");
    }
    ada.reset();
    RawAnswer answer;
    for (int i = 0; i < 100 && answer.status != 200; ++i) {
        std::this_thread::sleep_for(10ms);
        RawClient eve{server->port()};
        eve.send(get("/"));
        answer = eve.receive();
    }
    EXPECT_EQ(answer.status, 200);
}

TEST(Server, Answers503ToOneRequestTooManyAndKeepsItsConnection) {
    Waiting waiting;
    const auto server = serve({.max_in_flight = 1}, waiting.handler());
    RawClient ada{server->port()};
    RawClient bob{server->port()};
    ada.send(get("/ada"));
    auto [target, respond] = waiting.take();
    bob.send(get("/bob"));
    const auto answer = bob.receive();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.head.contains("Retry-After: 1\r\n"));
    respond({.body = "ada"});
    EXPECT_EQ(ada.receive().body, "ada");
    bob.send(get("/bob"));
    waiting.take().second({.body = "bob"});
    EXPECT_EQ(bob.receive().body, "bob");
}

TEST(Server, DropsAClientThatNeverReadsAndServesTheOthers) {
    const auto server = serve({.threads = 1, .write_timeout = 100ms, .drain_timeout = 100ms},
                              [](Request&& request, Responder respond) {
                                  const bool large = request.target == "/large";
                                  respond({.body = std::string(large ? 20 << 20 : 5, 'b')});
                              });
    RawClient eve{server->port(), 4096};
    eve.send(get("/large"));
    RawClient ada{server->port()};
    ada.send(get("/"));
    EXPECT_EQ(ada.receive().body, "bbbbb");
    server->stop();
    EXPECT_LT(eve.receive_all().size(), 20U << 20);
}

TEST(Server, GivesASlowReaderTheWholeOfALongAnswer) {
    const std::string body(8 << 20, 'b');
    const auto server = serve({}, [&](Request&&, Responder respond) { respond({.body = body}); });
    RawClient ada{server->port(), 4096};
    ada.send(get("/") + get("/"));
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(ada.receive().body == body);
    EXPECT_TRUE(ada.receive().body == body);
}

// --- Streams.

TEST(Server, StreamsAnAnswerInChunks) {
    std::optional<Stream> stream;
    Waiting waiting;
    const auto server = serve({}, waiting.handler());
    RawClient ada{server->port()};
    ada.send(get("/"));
    stream = waiting.take().second.stream({.content_type = "text/event-stream", .body = "a"});
    EXPECT_TRUE(ada.receive_until("\r\n\r\n1\r\na\r\n"));
    EXPECT_TRUE(stream->send("hello"));
    EXPECT_TRUE(ada.receive_until("5\r\nhello\r\n"));
    EXPECT_TRUE(stream->send(std::string(1 << 20, 's')));
    stream.reset();
    const auto all = ada.receive_all();
    EXPECT_TRUE(all.contains("Transfer-Encoding: chunked\r\n"));
    EXPECT_TRUE(all.contains("100000\r\nsss"));
    EXPECT_TRUE(all.ends_with("sss\r\n0\r\n\r\n"));
    EXPECT_TRUE(ada.ended());
}

TEST(Server, StreamsWithoutChunksToHttp10AndOnlyTheHeadToHead) {
    const auto server = serve({}, [](Request&&, Responder respond) {
        auto stream = respond.stream({.body = "a"});
        stream.send("b");
    });
    RawClient ada{server->port()};
    ada.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(ada.receive_all(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab");
    RawClient bob{server->port()};
    bob.send("HEAD / HTTP/1.1\r\n" + host + "\r\n");
    EXPECT_TRUE(bob.receive_all().ends_with("\r\n\r\n"));
}

TEST(Server, EndsAStreamWhoseReaderIsTooFarBehind) {
    Waiting waiting;
    const auto server = serve({.max_backlog = 1 << 20}, waiting.handler());
    RawClient eve{server->port(), 4096};
    eve.send(get("/"));
    auto stream = waiting.take().second.stream({});
    const std::string piece(64 << 10, 's');
    int sent = 0;
    while (sent < 1000 && stream.send(piece))
        ++sent;
    EXPECT_LT(sent, 200);
    EXPECT_FALSE(stream.send("more"));
    EXPECT_FALSE(eve.receive_all().ends_with("0\r\n\r\n"));
}

// What a stream sends meets the end of a write at any moment: nothing is lost, sent twice or
// overtaken.
TEST(Server, StreamsToReadersThatHardlyKeepUp) {
    constexpr std::size_t piece_size = 3'000;
    const auto pieces = short_or_long(4'000, 100'000);
    Waiting waiting;
    const auto server = serve({.threads = 2, .max_backlog = 1 << 30}, waiting.handler());
    std::vector<std::jthread> threads;
    for (int n = 0; n < 4; ++n) {
        threads.emplace_back([&] {
            RawClient eve{server->port(), 4096};
            eve.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
            const auto all = eve.receive_all();
            std::string_view body{all};
            body.remove_prefix(body.find("\r\n\r\n") + 4);
            ASSERT_EQ(body.size(), pieces * piece_size);
            for (std::size_t piece = 0; piece < pieces; ++piece) {
                const std::string expected(piece_size, static_cast<char>('a' + piece % 26));
                ASSERT_EQ(body.substr(piece * piece_size, piece_size), expected) << piece;
            }
        });
        threads.emplace_back([pieces, responder = waiting.take().second]() mutable {
            auto stream = responder.stream({});
            for (std::size_t piece = 0; piece < pieces; ++piece)
                ASSERT_TRUE(
                    stream.send(std::string(piece_size, static_cast<char>('a' + piece % 26))));
        });
    }
}

TEST(Server, TellsAStreamThatItsClientIsGone) {
    Waiting waiting;
    const auto server = serve({}, waiting.handler());
    std::optional<RawClient> eve{server->port()};
    eve->send(get("/"));
    auto stream = waiting.take().second.stream({});
    EXPECT_TRUE(eve->receive_until("\r\n\r\n"));
    eve.reset();
    int sent = 0;
    for (; sent < 500 && stream.send(":\n\n"); ++sent)
        std::this_thread::sleep_for(10ms);
    EXPECT_LT(sent, 500);
}

// --- Beginning and end.

TEST(Server, SaysThatThePortIsInUse) {
    const auto server = serve({}, echo);
    const auto second = Server::listen({.port = server->port()}, echo, refusal);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "cannot listen on 127.0.0.1 port " + std::to_string(server->port()) +
                                  ": Address already in use");
}

TEST(Server, SaysThatAnAddressIsNone) {
    const auto server = Server::listen({.address = "nowhere"}, echo, refusal);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), "'nowhere' is not an IP address");
}

TEST(Server, FinishesTheRequestsInFlightWhenItStops) {
    Waiting waiting;
    const auto server = serve({}, waiting.handler());
    RawClient ada{server->port()};
    RawClient idle{server->port()};
    ada.send(get("/ada"));
    auto [target, respond] = waiting.take();
    std::jthread stopper{[&] { server->stop(); }};
    EXPECT_EQ(idle.receive_all(), "");
    EXPECT_TRUE(idle.ended());
    respond({.body = "done"});
    const auto answer = ada.receive();
    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.head.contains("Connection: close\r\n"));
    stopper.join();
    EXPECT_FALSE(RawClient{server->port()}.connected());
}

TEST(Server, StopsAtOnceWithIdleAndHalfReadConnections) {
    const auto server = serve({}, echo);
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < 20; ++i) {
        clients.emplace_back(server->port());
        clients.back().send(get("/"));
        EXPECT_EQ(clients.back().receive().status, 200);
        clients.back().send(std::string{"POST / HTTP/1.1\r\n"}.substr(0, i % 3));
    }
    const auto start = steady_clock::now();
    server->stop();
    EXPECT_LT(steady_clock::now() - start, 500ms);
}

TEST(Server, StopsAfterTheDrainTimeoutAndALateAnswerDoesNoHarm) {
    Waiting waiting;
    auto server = serve({.drain_timeout = 100ms}, waiting.handler());
    RawClient ada{server->port()};
    RawClient bob{server->port()};
    ada.send(get("/"));
    auto first = waiting.take();
    bob.send(get("/"));
    auto stream = waiting.take().second.stream({});
    server->stop();
    EXPECT_FALSE(stream.send("late"));
    server.reset();
    first.second({.body = "late"});
    EXPECT_EQ(ada.receive().status, 0);
    EXPECT_TRUE(ada.ended());
}

TEST(Server, StopsWhileClientsAreBusy) {
    for (int round = 0; round < 10; ++round) {
        auto server = serve({}, [](Request&&, Responder respond) {
            std::thread{[respond = std::move(respond)]() mutable { respond({}); }}.detach();
        });
        std::vector<std::jthread> clients;
        for (int i = 0; i < 4; ++i)
            clients.emplace_back([port = server->port()] {
                RawClient client{port};
                while (client.send(get("/")) && client.receive().status == 200)
                    continue;
            });
        std::this_thread::sleep_for(10ms);
        server->stop();
    }
}

}  // namespace muster::http::server_test
