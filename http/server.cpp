#include "http/server.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "http/connection.hpp"

namespace muster::http {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using ConnectionPtr = boost::intrusive_ptr<Connection>;

constexpr auto accept_pause = 50ms;  // After an error such as too many open files.

// Often enough to keep the shortest deadline within a quarter, seldom enough to cost nothing.
Clock::duration sweep_period(const ServerOptions& options) {
    const auto shortest =
        std::min({options.head_timeout, options.body_timeout, options.idle_timeout,
                  options.write_timeout, options.drain_timeout});
    return std::clamp<std::chrono::milliseconds>(shortest / 4, 10ms, 500ms);
}

}  // namespace

Response Edge::refuse(const Refused& refused) const {
    Response response;
    try {
        response = refusal(refused.status, refused.code, refused.detail);
    } catch (const std::exception&) {
        response = {};
    }
    response.status = refused.status;
    if (refused.status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
}

// --- Responder and Stream: a pointer each that holds a reference.

Responder::Responder(Responder&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      observer_(other.observer_),
      tag_(other.tag_),
      since_(other.since_) {}

Responder& Responder::operator=(Responder&& other) noexcept {
    std::swap(connection_, other.connection_);
    std::swap(observer_, other.observer_);
    std::swap(tag_, other.tag_);
    std::swap(since_, other.since_);
    return *this;
}

Responder::~Responder() {
    if (connection_) (*this)(Response{.status = 0});
}

void Responder::operator()(Response response) {
    if (auto* connection = std::exchange(connection_, nullptr)) {
        tell(response.status);
        connection->answer(std::move(response));
    }
}

Stream Responder::stream(Response head) {
    auto* connection = std::exchange(connection_, nullptr);
    if (connection) {
        tell(head.status);
        connection->answer_stream(std::move(head));
    }
    return Stream{connection};
}

void Responder::observe(AnswerObserver& observer, std::size_t tag) {
    observer_ = &observer;
    tag_ = tag;
    since_ = std::chrono::steady_clock::now();
}

void Responder::tell(int status) {
    if (observer_ == nullptr) return;
    constexpr int nobody_answered = 500;
    observer_->answered(tag_, status == 0 ? nobody_answered : status,
                        std::chrono::steady_clock::now() - since_);
}

Stream& Stream::operator=(Stream&& other) noexcept {
    std::swap(connection_, other.connection_);
    return *this;
}

Stream::~Stream() {
    if (connection_) connection_->end_stream();
}

bool Stream::send(std::string_view piece) { return connection_ && connection_->send(piece); }

std::size_t Stream::waiting() const { return connection_ ? connection_->waiting() : 0; }

// --- Worker.

Worker::Worker(std::shared_ptr<Edge> shared)
    : edge(std::move(shared)),
      guard_(io.get_executor()),
      timer_(io),
      period_(sweep_period(edge->options)) {}

void Worker::run() {
    wait_for_sweep();
    while (true) {
        try {
            io.run();
            break;
        } catch (const std::exception&) {  // Out of memory for one event: on with the next.
        }
    }
    close_inbox();
}

void Worker::adopt(Socket socket) {
    if (stopping) {
        --edge->connections;
        return;
    }
    const ConnectionPtr connection{new Connection{shared_from_this(), std::move(socket)}};
    connection->place = connections_.size();
    connections_.push_back(connection);
    connection->start();
}

void Worker::remove(Connection& connection) {
    const auto place = connection.place;
    connections_.back()->place = place;
    std::swap(connections_[place], connections_.back());
    connections_.pop_back();
    --edge->connections;
    end_if_empty();
}

void Worker::hand_in(Chain chain) {
    auto* newest = inbox_.load(std::memory_order_acquire);
    do {
        if (newest == no_more()) return abandon(chain.newest);
        chain.oldest->next = newest;
    } while (!inbox_.compare_exchange_weak(newest, chain.newest, std::memory_order_acq_rel));
    if (!newest) asio::post(io, [this] { take_in(); });
}

void Worker::take_in() {
    Connection* in_order = nullptr;
    for (auto* taken = inbox_.exchange(nullptr, std::memory_order_acq_rel); taken;) {
        auto* older = std::exchange(taken->next, in_order);
        in_order = std::exchange(taken, older);
    }
    while (in_order) {
        const ConnectionPtr connection{std::exchange(in_order, in_order->next), false};
        connection->take_answer();
    }
}

void Worker::close_inbox() { abandon(inbox_.exchange(no_more(), std::memory_order_acq_rel)); }

void Worker::abandon(Connection* newest) {
    while (newest) {
        const ConnectionPtr connection{std::exchange(newest, newest->next), false};
        connection->abandon();
    }
}

void Worker::wait_for_sweep() {
    timer_.expires_after(period_);
    timer_.async_wait([this](error_code error) {
        if (!error) sweep();
    });
}

void Worker::sweep() {
    const auto now = Clock::now();
    for (auto i = connections_.size(); i-- > 0;) {  // Closing one moves only a later one.
        const auto connection = connections_[i];
        now < drained_by_ ? connection->expire(now) : connection->close();
    }
    if (!stopping || !connections_.empty()) wait_for_sweep();
}

void Worker::stop() {
    asio::post(io, [this] { begin_stop(); });
}

void Worker::begin_stop() {
    stopping = true;
    drained_by_ = Clock::now() + edge->options.drain_timeout;
    for (auto i = connections_.size(); i-- > 0;) {
        const auto connection = connections_[i];
        connection->quit();
    }
    end_if_empty();
}

void Worker::end_if_empty() {
    if (!stopping || !connections_.empty()) return;
    timer_.cancel();
    guard_.reset();
}

// --- Server.

// The acceptor runs on the first worker's thread and deals the sockets out in turn.
struct Server::Parts {
    explicit Parts(std::shared_ptr<Edge> shared) : edge(std::move(shared)) {
        for (unsigned i = 0; i < std::max(1U, edge->options.threads); ++i)
            workers.push_back(std::make_shared<Worker>(edge));
        acceptor.emplace(workers[0]->io);
        pause.emplace(workers[0]->io);
    }

    error_code open(const asio::ip::address& address) {
        const Tcp::endpoint endpoint{address, edge->options.port};
        error_code error;
        acceptor->open(endpoint.protocol(), error);
        if (!error) acceptor->set_option(Tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor->bind(endpoint, error);
        if (!error) acceptor->listen(Socket::max_listen_connections, error);
        if (!error) port = acceptor->local_endpoint(error).port();
        return error;
    }

    void start() {
        accept();
        for (auto& worker : workers)
            threads.emplace_back([&worker] { worker->run(); });
    }

    void accept() {
        auto& worker = *workers[turn++ % workers.size()];
        acceptor->async_accept(worker.io, [this, &worker](error_code error, Socket socket) {
            if (!acceptor->is_open()) return;
            if (error && error != asio::error::connection_aborted) return accept_later();
            if (!error) deal(worker, std::move(socket));
            accept();
        });
    }

    void accept_later() {
        pause->expires_after(accept_pause);
        pause->async_wait([this](error_code error) {
            if (!error) accept();
        });
    }

    // The surplus that is still told why it is refused is bounded, too.
    void deal(Worker& worker, Socket socket) {
        const auto most = edge->options.max_connections + edge->options.max_connections / 8 + 16;
        if (edge->connections.fetch_add(1) >= most) {
            --edge->connections;
            return;
        }
        asio::post(worker.io, [&worker, socket = std::move(socket)]() mutable {
            worker.adopt(std::move(socket));
        });
    }

    void stop() {
        if (threads.empty()) return;
        asio::post(workers[0]->io, [this] {
            error_code error;
            acceptor->close(error);
            pause->cancel();
        });
        for (auto& worker : workers)
            worker->stop();
        threads.clear();
    }

    std::shared_ptr<Edge> edge;
    std::vector<std::shared_ptr<Worker>> workers;
    std::optional<Acceptor> acceptor;
    std::optional<asio::steady_timer> pause;
    std::size_t turn = 0;
    std::uint16_t port = 0;
    std::vector<std::jthread> threads;
};

std::expected<std::unique_ptr<Server>, std::string> Server::listen(ServerOptions options,
                                                                   Handler handler,
                                                                   Refusal refusal) {
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return std::unexpected{"'" + options.address + "' is not an IP address"};
    const auto place = options.address + " port " + std::to_string(options.port);
    auto parts = std::make_unique<Parts>(
        std::make_shared<Edge>(std::move(options), std::move(handler), std::move(refusal)));
    if (error = parts->open(address); error)
        return std::unexpected{"cannot listen on " + place + ": " + error.message()};
    parts->start();
    return std::unique_ptr<Server>{new Server{std::move(parts)}};
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }
std::uint16_t Server::port() const { return parts_->port; }
std::size_t Server::connections() const { return parts_->edge->connections; }
std::size_t Server::requests_in_flight() const { return parts_->edge->in_flight; }
void Server::stop() { parts_->stop(); }

}  // namespace muster::http
