#pragma once
// A client that says to the server on loopback exactly the bytes that it is told to. Every wait
// ends after a few seconds, so that a test fails and never hangs.

#include <arpa/inet.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace muster::http {

struct RawAnswer {
    int status = 0;  // 0: none came.
    std::string head;
    std::string body;
};

class RawClient {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer > 0)
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        connected_ = ::connect(socket_, generic, sizeof address) == 0;
    }
    RawClient(RawClient&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)),
          connected_(other.connected_),
          came_(std::move(other.came_)) {}
    RawClient& operator=(RawClient&&) = delete;
    ~RawClient() {
        if (socket_ >= 0) ::close(socket_);
    }

    bool connected() const { return connected_; }

    // False once the server takes no more.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    void reset() {
        const linger at_once{1, 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(std::exchange(socket_, -1));
    }

    // The next answer, by its Content-Length.
    RawAnswer receive() {
        std::size_t end = 0;
        while ((end = came_.find("\r\n\r\n")) == came_.npos)
            if (!read_more()) return {};
        RawAnswer answer{std::atoi(came_.c_str() + 9), came_.substr(0, end + 4), {}};
        came_.erase(0, end + 4);
        const auto length = content_length(answer.head);
        while (came_.size() < length)
            if (!read_more()) return {};
        answer.body = came_.substr(0, length);
        came_.erase(0, length);
        return answer;
    }

    // All that comes before the server ends the connection; see ended().
    std::string receive_all() {
        while (read_more())
            continue;
        return std::exchange(came_, {});
    }

    // Waits until `text` has come.
    bool receive_until(std::string_view text) {
        while (!came_.contains(text))
            if (!read_more()) return false;
        return true;
    }

    // Whether the server has ended the connection, as far as has been read.
    bool ended() const { return ended_; }

private:
    static std::size_t content_length(std::string_view head) {
        constexpr std::string_view name = "Content-Length: ";
        const auto found = head.find(name);
        return found == head.npos ? 0 : std::strtoul(head.data() + found + name.size(), {}, 10);
    }

    bool read_more() {
        pollfd readable{socket_, POLLIN, 0};
        if (::poll(&readable, 1, 5000) != 1) return false;
        char bytes[16384];
        const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) ended_ = true;
        if (count > 0) came_.append(bytes, static_cast<std::size_t>(count));
        return count > 0;
    }

    int socket_;
    bool connected_ = false;
    bool ended_ = false;
    std::string came_;
};

}  // namespace muster::http
