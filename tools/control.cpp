#include "tools/control.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

namespace muster::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view backup_request = "backup\n";
constexpr timeval request_timeout{.tv_sec = 2, .tv_usec = 0};
// Memory tables are written out before the answer.
constexpr timeval answer_timeout{.tv_sec = 120, .tv_usec = 0};
constexpr std::size_t longest_answer = 4096;
constexpr int callers_waiting = 8;
// What is frozen keeps files on the disk that would else go away.
constexpr std::chrono::hours longest_hold{6};

Fault system_fault(std::string_view what, const fs::path& path) {
    return {Fault::Kind::unavailable,
            fmt::format("cannot {} {}: {}", what, path.native(), std::strerror(errno))};
}

// A folder's path may be longer than a socket's address can be, so the address goes by the folder's
// descriptor.
struct SocketAddress {
    explicit SocketAddress(const fs::path& socket)
        : folder(socket.parent_path(), O_PATH | O_DIRECTORY) {
        const auto path =
            fmt::format("/proc/self/fd/{}/{}", folder.number(), socket.filename().native());
        path.copy(name.sun_path, sizeof(name.sun_path) - 1);
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }

    Descriptor folder;
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
};

Descriptor new_socket() { return Descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

void limit_time(const Descriptor& socket, const timeval& most) {
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
    ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
}

void send_text(const Descriptor& socket, std::string_view text) {
    // Whoever does not take it has gone.
    (void)!::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
}

bool asks_for_backup(const Descriptor& caller) {
    std::array<char, backup_request.size()> bytes{};
    const auto size = ::recv(caller.number(), bytes.data(), bytes.size(), MSG_WAITALL);
    return size > 0 &&
           std::string_view{bytes.data(), static_cast<std::size_t>(size)} == backup_request;
}

std::string in_one_line(std::string text) {
    for (auto& c : text) {
        if (c == '\n') c = ' ';
    }
    return text.substr(0, longest_answer - 16);
}

// A line without its end; absent where there is none in time.
std::optional<std::string> receive_line(const Descriptor& socket) {
    std::string line;
    while (line.size() < longest_answer) {
        char c = 0;
        const auto size = ::recv(socket.number(), &c, 1, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return std::nullopt;
        if (c == '\n') return line;
        line.push_back(c);
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::unique_ptr<Control>, Fault> Control::listen(const DataFolder& folder,
                                                               Freeze freeze) {
    std::unique_ptr<Control> control{new Control{folder, std::move(freeze)}};
    control->release();
    if (const auto opened = control->open(); !opened) return std::unexpected(opened.error());
    control->thread_ = std::jthread{[self = control.get()] { self->run(); }};
    return control;
}

std::expected<void, Fault> Control::open() {
    const auto path = folder_.control();
    ::unlink(path.c_str());
    const SocketAddress address{path};
    listener_ = new_socket();
    stop_ = Descriptor{::eventfd(0, EFD_CLOEXEC)};
    // Nobody can connect before it listens, so nobody can before its mode is set.
    const bool listens = listener_.ok() && stop_.ok() &&
                         ::bind(listener_.number(), address.get(), sizeof(address.name)) == 0 &&
                         ::chmod(path.c_str(), 0600) == 0 &&
                         ::listen(listener_.number(), callers_waiting) == 0;
    if (!listens) return std::unexpected(system_fault("listen on", path));
    return {};
}

Control::~Control() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    (void)!::write(stop_.number(), &one, sizeof(one));
    thread_.join();
    ::unlink(folder_.control().c_str());
    release();
}

void Control::run() {
    while (true) {
        std::array<pollfd, 3> events{pollfd{stop_.number(), POLLIN, 0},
                                     pollfd{listener_.number(), POLLIN, 0},
                                     pollfd{holder_.number(), POLLIN, 0}};
        constexpr int once_a_minute = 60'000;
        ::poll(events.data(), events.size(), holder_.ok() ? once_a_minute : -1);
        if (events[0].revents != 0) return;
        // Nothing more is to come from a holder but its end.
        if (events[2].revents != 0 || (holder_.ok() && Clock::now() > held_until_)) release();
        if (events[1].revents == 0) continue;
        Descriptor caller{::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (caller.ok()) {
            answer(std::move(caller));
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds{100});  // No file to be had.
        }
    }
}

void Control::answer(Descriptor caller) {
    limit_time(caller, request_timeout);
    if (!asks_for_backup(caller)) return send_text(caller, "error this is no request\n");
    if (holder_.ok()) return send_text(caller, "busy\n");
    if (const auto done = freeze(); !done) {
        release();
        return send_text(caller, fmt::format("error {}\n", in_one_line(done.error().message)));
    }
    send_text(caller, "ok\n");
    holder_ = std::move(caller);
    held_until_ = Clock::now() + longest_hold;
}

std::expected<void, Fault> Control::freeze() {
    release();
    if (::mkdir(folder_.frozen().c_str(), 0700) != 0)
        return std::unexpected(system_fault("make", folder_.frozen()));
    return freeze_();
}

void Control::release() {
    holder_ = Descriptor{};
    std::error_code ignored;  // What cannot be removed now is in the way of the next backup.
    fs::remove_all(folder_.frozen(), ignored);
}

std::expected<std::optional<Descriptor>, Fault> ask_to_freeze(const fs::path& data) {
    const auto path = data / "control";
    const SocketAddress address{path};
    auto server = new_socket();
    if (!server.ok()) return std::unexpected(system_fault("make a socket for", path));
    if (::connect(server.number(), address.get(), sizeof(address.name)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
        return std::unexpected(system_fault("connect to", path));
    }
    limit_time(server, answer_timeout);
    send_text(server, backup_request);
    const auto answer = receive_line(server);
    if (answer == "ok") return server;
    if (answer == "busy") {
        return std::unexpected(Fault{
            Fault::Kind::in_use, fmt::format("another backup of {} is being made", data.native())});
    }
    constexpr std::string_view error = "error ";
    return std::unexpected(
        Fault{Fault::Kind::unavailable,
              answer && answer->starts_with(error)
                  ? fmt::format("the server cannot make a backup: {}", answer->substr(error.size()))
                  : "the server gave no answer"});
}

}  // namespace muster::tools
