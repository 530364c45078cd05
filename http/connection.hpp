#pragma once
// One client's connection, and the thread that it lives on. All of a connection happens on its
// worker's thread, except that an answer may be handed in from anywhere. Only for http/*.cpp: it
// includes Asio, all that there is of it in the program.

// A context has one thread here: its handlers need no fences, which -fsanitize=thread warns of.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/answer_frame.hpp"
#include "http/chunks.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace muster::http {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using Clock = std::chrono::steady_clock;

// What the workers of a server share.
struct Edge {
    ServerOptions options;
    Handler handler;
    Refusal refusal;
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> in_flight = 0;

    Response refuse(const Refused& refused) const;
};

// Connections with something handed in, chained through themselves. Each brings a reference.
struct Chain {
    Connection* newest = nullptr;
    Connection* oldest = nullptr;

    void add(Connection* connection);
};

// A thread's event loop and the connections that live on it.
class Worker : public std::enable_shared_from_this<Worker> {
public:
    explicit Worker(std::shared_ptr<Edge> shared);

    void run();                 // On the thread that is this worker's until all is over.
    void adopt(Socket socket);  // On its thread.
    void stop();                // From any thread.
    void hand_in(Chain chain);  // From any thread.
    void remove(Connection& connection);

    asio::io_context io{1};
    const std::shared_ptr<Edge> edge;
    std::string scratch;  // Where answers are put into bytes.
    bool stopping = false;

private:
    void take_in();
    void sweep();
    void begin_stop();
    void end_if_empty();
    void wait_for_sweep();
    void close_inbox();
    static void abandon(Connection* newest);
    Connection* no_more() { return reinterpret_cast<Connection*>(&inbox_); }  // Closes the inbox.

    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    asio::steady_timer timer_;
    Clock::duration period_;
    Clock::time_point drained_by_ = Clock::time_point::max();
    std::atomic<Connection*> inbox_ = nullptr;  // Newest first. Who ends its emptiness wakes us.
    std::vector<boost::intrusive_ptr<Connection>> connections_;
};

// The bytes that came and are not used yet.
class Input {
public:
    std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    asio::mutable_buffer room();
    void came(std::size_t count) { end_ += count; }
    void use(std::size_t count) { begin_ += count; }
    void clear() { begin_ = end_ = 0; }
    void rest();  // Holds little memory until more comes.

private:
    std::string bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// What a stream has sent and the client has not been sent yet.
struct Backlog {
    std::mutex mutex;
    std::string waiting;
    std::size_t leaving = 0;  // Bytes taken from `waiting` that are being written.
    bool handed_in = true;    // The connection is in its worker's inbox, or on its way there.
    bool chunked = false;
    bool ended = false;
    bool gone = false;
};

class Connection {
public:
    Connection(std::shared_ptr<Worker> home, Socket socket);

    // On the worker's thread.
    void start();
    void expire(Clock::time_point now);
    void quit();  // The server stops.
    void close();
    void take_answer();

    // From any thread. All but send() take over a reference from the caller.
    void answer(Response&& response);
    void answer_stream(Response&& head);
    bool send(std::string_view piece);
    std::size_t waiting();
    void end_stream();
    void abandon();  // Nothing will take up what is handed in.

    Worker& worker() const { return *worker_; }

    std::size_t place = 0;       // Among the worker's connections.
    Connection* next = nullptr;  // In the worker's inbox.

private:
    enum class State : std::uint8_t {
        idle,      // Waits for a request's first byte.
        head,      // Has part of a head.
        body,      // Has a head and waits for the rest of the body.
        handling,  // The handler has the request; answer_ and backlog_ are the Responder's.
        writing,
        streaming,  // Waits for more from the stream.
        leaving,    // Has said all, drops what still comes so that the client can read it.
        closed
    };
    enum class Then : std::uint8_t { read, stream, leave };

    friend void intrusive_ptr_add_ref(Connection* connection) noexcept {
        connection->references_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(Connection* connection) noexcept {
        if (connection->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete connection;
    }

    void read();
    void lose_reader();
    void on_read(std::size_t count);
    void drop_input();
    void advance();
    bool reads() const { return state_ <= State::body; }
    bool read_head();
    bool take_head(std::string_view bytes);
    bool read_body();
    bool handle();
    void call_handler(Request&& request);
    void hand_in();
    void write_answer();
    AnswerFrame frame_answer() const;
    bool write(std::string& bytes);
    void write_rest();
    void on_written(std::size_t count);
    void after_write();
    void release_count();
    void start_stream();
    void leave_inbox();
    void hand_in_stream(std::unique_lock<std::mutex>& lock);
    void flush_stream();
    bool overrun() const;
    bool take_backlog(std::string& bytes);
    void refuse(const Refused& refused);
    void leave();
    void enter(State state, std::chrono::milliseconds timeout);

    std::atomic<std::uint32_t> references_ = 0;
    const std::shared_ptr<Worker> worker_;
    Socket socket_;
    std::string peer_;
    Input input_;
    HeadScanner scanner_;
    ChunkReader chunks_;
    Head head_;
    AnswerFrame frame_;
    Response answer_;
    std::unique_ptr<Backlog> backlog_;
    std::string rest_;  // What the socket did not take at once.
    std::size_t written_ = 0;
    std::size_t dropped_ = 0;
    Clock::time_point deadline_ = Clock::time_point::max();
    State state_ = State::idle;
    Then then_ = Then::read;
    bool reading_ = false;
    bool answered_ = false;
    bool counted_ = false;  // Among the requests in flight.
};

}  // namespace muster::http
