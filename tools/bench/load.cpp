#include "tools/bench/load.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "tools/bench/failure.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t read_size = 64 << 10;
constexpr int patience_ms = 10'000;  // With a server that answers nothing.

class Socket {
public:
    explicit Socket(std::uint16_t port)
        : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{patience_ms / 1000, 0};
        const int on = 1;
        setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            fail_by_errno("connect");
    }
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    int descriptor() const { return descriptor_; }

    // Requests are far smaller than a socket's buffer, and one at a time is under way.
    void send_all(std::string_view bytes) const {
        const auto sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(bytes.size())) fail_by_errno("send");
    }
    // Appends what is there to `in`.
    void receive(std::string& in) const {
        const auto before = in.size();
        in.resize(before + read_size);
        const auto got = recv(descriptor_, in.data() + before, read_size, 0);
        if (got == 0) throw Failure("the server closed a connection");
        if (got < 0) fail_by_errno("recv");
        in.resize(before + static_cast<std::size_t>(got));
    }

private:
    int descriptor_;
};

// How long the answer at the start of `in` is; zero while its head is not there.
std::size_t answer_size(std::string_view in) {
    const auto head = in.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto found = in.find(name);
    std::size_t length = 0;
    if (found < head) {
        const auto* number = in.data() + found + name.size();
        std::from_chars(number, in.data() + head, length);
    }
    return head + 4 + length;
}

int status_of(std::string_view in) {
    constexpr std::size_t place = 9;  // HTTP/1.1 200
    int status = 0;
    if (in.size() > place + 3) std::from_chars(in.data() + place, in.data() + place + 3, status);
    return status;
}

struct Connection {
    Socket socket;
    std::string in{}, out{};
    Clock::time_point sent{};
};

class Generator {
public:
    explicit Generator(const Load& load) : load_(load), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        connections_.reserve(load.connections);
        for (unsigned n = 0; n < load.connections; ++n) {
            connections_.push_back({Socket{load.port}});
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u32 = n;
            const auto descriptor = connections_.back().socket.descriptor();
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0)
                fail_by_errno("epoll_ctl");
        }
    }
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;
    ~Generator() { close(epoll_); }

    LoadResult run() {
        for (unsigned n = 0; n < connections_.size(); ++n)
            send_next(n);
        pass(load_.warm_up_s);
        latencies_ = {};
        const auto began = Clock::now();
        const auto own = own_cpu_s();
        const auto server = load_.server_cpu_s();
        pass(load_.seconds);
        const std::chrono::duration<double> took = Clock::now() - began;
        const auto answers = static_cast<double>(latencies_.total());
        const LoadResult result{
            answers / took.count(), latencies_.percentile(50), latencies_.percentile(99),
            (load_.server_cpu_s() - server) / answers * 1e6, (own_cpu_s() - own) / answers * 1e6};
        finish();
        return result;
    }

private:
    void send_next(unsigned n) {
        auto& connection = connections_[n];
        connection.out.clear();
        load_.write(n, connection.out);
        connection.sent = Clock::now();
        connection.socket.send_all(connection.out);
        ++under_way_;
    }

    void pass(double seconds) {
        const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                            std::chrono::duration<double>(seconds));
        while (Clock::now() < end)
            turn([this](unsigned n) { send_next(n); });
    }

    void finish() {
        while (under_way_ > 0)
            turn([](unsigned) {});
    }

    void turn(const auto& answered) {
        std::array<epoll_event, 64> events;
        const auto count = epoll_wait(epoll_, events.data(), events.size(), patience_ms);
        if (count == 0) throw Failure("the server answers nothing");
        if (count < 0) fail_by_errno("epoll_wait");
        for (int at = 0; at < count; ++at) {
            const auto n = events[static_cast<std::size_t>(at)].data.u32;
            if (read_answer(connections_[n])) {
                --under_way_;
                answered(n);
            }
        }
    }

    // Whether the answer is whole.
    bool read_answer(Connection& connection) {
        connection.socket.receive(connection.in);
        const auto size = answer_size(connection.in);
        if (size == 0 || connection.in.size() < size) return false;
        if (status_of(connection.in) / 100 != 2)
            throw Failure("an unexpected answer: " + connection.in.substr(0, 600));
        latencies_.add(Clock::now() - connection.sent);
        connection.in.clear();
        return true;
    }

    const Load& load_;
    int epoll_;
    std::vector<Connection> connections_;
    std::size_t under_way_ = 0;
    Histogram latencies_;
};

}  // namespace

void fail_by_errno(const std::string& what) {
    throw Failure(fmt::format("{}: {}", what, std::strerror(errno)));
}

LoadResult run_load(const Load& load) { return Generator{load}.run(); }

HttpAnswer ask(std::uint16_t port, std::string_view request) {
    const Socket socket{port};
    socket.send_all(request);
    std::string in;
    do {
        socket.receive(in);
    } while (answer_size(in) == 0 || in.size() < answer_size(in));
    return {status_of(in), in.substr(in.find("\r\n\r\n") + 4)};
}

void read_until(std::uint16_t port, std::string_view request, std::string_view text) {
    const Socket socket{port};
    socket.send_all(request);
    std::string in;
    do {  // What may be the text's beginning is kept.
        in.erase(0, in.size() - std::min(in.size(), text.size()));
        socket.receive(in);
    } while (in.find(text) == in.npos);
}

std::string to_request(std::string_view method, std::string_view target, std::string_view token,
                       std::string_view body) {
    auto text = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
    if (!token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", token);
    if (!body.empty()) {
        text +=
            fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    }
    return text.append("\r\n").append(body);
}

double own_cpu_s() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace muster::bench
