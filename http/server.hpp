#pragma once
// The HTTP/1.1 server: sockets, strict framing, limits and deadlines. It knows nothing of what is
// asked: a complete request goes to the handler, and the answer may come back from any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace muster::http {

class Connection;

// The rest of an answer that is sent as it comes into being. Any thread, one at a time. The answer
// ends, and the connection with it, when this is destroyed.
class Stream {
public:
    explicit Stream(Connection* connection) : connection_(connection) {}
    Stream(Stream&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    // Never blocks. False: nothing more will be sent, because the client is gone, the server stops
    // or more than `ServerOptions::max_backlog` bytes waited for a client that reads too slowly.
    bool send(std::string_view piece);
    // Bytes that were sent and that the client has not taken yet.
    std::size_t waiting() const;

private:
    Connection* connection_;
};

// Told once of each answer, on whatever thread gives it, right before it leaves.
class AnswerObserver {
public:
    // `tag` is as it was given; `took` is the time since then.
    virtual void answered(std::size_t tag, int status,
                          std::chrono::steady_clock::duration took) = 0;

protected:
    ~AnswerObserver() = default;
};

// The one answer to one request, from any thread. Destroyed without having answered, it answers
// 500. It may outlive the server, and then does nothing.
class Responder {
public:
    explicit Responder(Connection* connection) : connection_(connection) {}
    Responder(Responder&& other) noexcept;
    Responder& operator=(Responder&& other) noexcept;
    ~Responder();

    // The time counts from here. The observer outlives every answer.
    void observe(AnswerObserver& observer, std::size_t tag);

    // Further calls do nothing.
    void operator()(Response response);

    // Answers with the head and what body there is already; more follows through the stream.
    Stream stream(Response head);

private:
    void tell(int status);

    Connection* connection_;
    AnswerObserver* observer_{};
    std::size_t tag_{};
    std::chrono::steady_clock::time_point since_;
};

// While one lives, the answers given on its thread wait for its end and then leave together, with
// one wake-up of each I/O thread that they concern.
class Batch {
public:
    Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch();
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one.
    unsigned threads = 2;

    // One more connection is answered 503 and closed; far beyond, closed without a word.
    std::size_t max_connections = 4096;
    std::size_t max_in_flight = 4096;  // Requests with the handler; one more is answered 503.
    std::size_t max_head = 16 << 10;
    std::size_t max_body = 1 << 20;
    std::size_t max_backlog = 4 << 20;

    std::chrono::milliseconds head_timeout{15'000};   // From its first byte to its last.
    std::chrono::milliseconds body_timeout{15'000};   // Likewise.
    std::chrono::milliseconds idle_timeout{75'000};   // Between requests.
    std::chrono::milliseconds write_timeout{15'000};  // Of an answer, plus 1 s for every 32 KiB.
    std::chrono::milliseconds drain_timeout{10'000};  // Of the requests in flight, when stopping.
};

// Called on an I/O thread, which it must not block.
using Handler = std::function<void(Request&&, Responder)>;

// Words the edge's own refusals (400, 408, 413, 417, 431, 500, 503, 505). Called on any I/O thread.
// The edge sets the status and adds Retry-After to a 503.
using Refusal = std::function<Response(int status, std::string_view code, std::string_view detail)>;

class Server {
public:
    // Listens and serves at once. The error says what is wrong with the address or the port.
    static std::expected<std::unique_ptr<Server>, std::string> listen(ServerOptions, Handler,
                                                                      Refusal);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();  // Stops.

    std::uint16_t port() const;
    std::size_t connections() const;         // Open ones.
    std::size_t requests_in_flight() const;  // With the handler.

    // Accepts nothing more, closes what is idle, lets the requests in flight be answered within the
    // drain timeout, and joins the threads. Not to be called on an I/O thread.
    void stop();

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace muster::http
