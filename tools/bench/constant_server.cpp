#include "tools/bench/constant_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <signal.h>
#include <thread>

#include "http/server.hpp"

namespace muster::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

constexpr const char* body = R"({"id":1,"name":"Ada"})";

void tell_port(unsigned port) {
    fmt::print("listens on http://127.0.0.1:{}\n", port);
    std::fflush(stdout);
}

class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(tcp::socket&& socket) : socket_(std::move(socket)) {}

    void read() {
        request_ = {};
        beast::http::async_read(socket_, buffer_, request_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (!error) self->write();
                                });
    }

private:
    void write() {
        response_ = {};
        response_.version(11);
        response_.result(beast::http::status::ok);
        response_.set(beast::http::field::content_type, "application/json");
        response_.body() = body;
        response_.prepare_payload();
        beast::http::async_write(socket_, response_,
                                 [self = shared_from_this()](beast::error_code error, std::size_t) {
                                     if (!error) self->read();
                                 });
    }

    tcp::socket socket_;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> request_;
    beast::http::response<beast::http::string_body> response_;
};

void accept(tcp::acceptor& acceptor, asio::io_context& context) {
    acceptor.async_accept(asio::make_strand(context),
                          [&](beast::error_code error, tcp::socket socket) {
                              if (error) return;
                              socket.set_option(tcp::no_delay{true});
                              std::make_shared<Session>(std::move(socket))->read();
                              accept(acceptor, context);
                          });
}

}  // namespace

int serve_constant_by_beast() {
    asio::io_context context{2};
    tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    asio::signal_set signals{context, SIGTERM};
    signals.async_wait([&](beast::error_code, int) { context.stop(); });
    accept(acceptor, context);
    tell_port(acceptor.local_endpoint().port());
    const std::jthread second{[&] { context.run(); }};
    context.run();
    return 0;
}

int serve_constant_by_edge() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const auto server = http::Server::listen(
        {},
        [](http::Request&&, http::Responder responder) {
            responder({.content_type = "application/json", .body = body});
        },
        [](int status, std::string_view, std::string_view) { return http::Response{status}; });
    if (!server) return 1;
    tell_port((*server)->port());
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}

}  // namespace muster::bench
