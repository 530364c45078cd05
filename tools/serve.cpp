#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "events/folder.hpp"
#include "events/head_file.hpp"
#include "events/rocks_log.hpp"
#include "http/server.hpp"
#include "http/service.hpp"
#include "projections/view_store.hpp"
#include "tools/commands.hpp"

namespace muster::tools {
namespace {

struct Endpoint {
    std::string address;
    std::uint16_t port{};
};

// "127.0.0.1:8080", "[::1]:8080".
std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto address = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    Endpoint endpoint{std::string(address), 0};
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size() || address.empty())
        return std::nullopt;
    return endpoint;
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

// Every connection is a file: as many as the machine allows.
void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// What the log can no longer take must not be answered as if it could: the process ends, and the
// next start recovers.
void end_after(const Fault& fault) {
    auto failed = fault;
    failed.message.insert(0, "the log failed: ");
    const auto status = report(failed);
    std::fflush(stderr);
    _exit(status);
}

// "https://accounts.example.com/muster".
bool is_web_address(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        const auto rest = url.substr(scheme.size());
        return !rest.empty() && rest.front() != '/' && std::ranges::all_of(rest, [](char c) {
            return c > ' ' && c < '\x7f' && !std::string_view{"\"<>\\^`{|}?#@"}.contains(c);
        });
    }
    return false;
}

void tell_loss(const std::expected<HeadFile, Fault>& known, const Log& log) {
    if (!known || known->heads().empty()) {
        fmt::print(stderr, "muster: warning: what is lost cannot be told: no head was kept\n");
        return;
    }
    const auto last = known->heads().front().position, head = log.head();
    if (last <= head) return;
    fmt::print(
        stderr,
        "muster: warning: positions {} to {} are lost; numbers and tokens given out there are "
        "not given out again\n",
        head.number + 1, last.number);
}

}  // namespace

int report(const Fault& fault) {
    fmt::print(stderr, "muster: {}\n", fault.message);
    switch (fault.kind) {
        case Fault::Kind::damaged:
            return 3;
        case Fault::Kind::in_use:
            return 4;
        case Fault::Kind::unavailable:
        case Fault::Kind::newer_version:
            break;
    }
    return 1;
}

int serve(const ServeOptions& options) {
    const auto endpoint = parse_endpoint(options.listen);
    if (!endpoint) {
        fmt::print(stderr, "muster: --listen takes ADDRESS:PORT, e.g. 127.0.0.1:8080\n");
        return 2;
    }
    if (!options.public_url.empty() && !is_web_address(options.public_url)) {
        fmt::print(stderr, "muster: --public-url takes http://HOST or https://HOST, with a path\n");
        return 2;
    }
    // Every thread inherits this, so that the signals come to the wait below and nowhere else.
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    raise_file_limit();

    const auto folder = DataFolder::open(options.data, DataFolder::Open::create);
    if (!folder) return report(folder.error());
    RocksLogOptions log_options;
    log_options.accept_loss = options.accept_loss;
    const auto known = HeadFile::open(folder->head());
    const auto log = open_rocks_log(folder->log(), folder->head(), log_options);
    if (!log) return report(log.error());
    if (options.accept_loss) tell_loss(known, **log);
    const auto store = views::ViewStore::open(folder->views(), {});
    if (!store) return report(store.error());

    http::ServiceOptions service_options;
    service_options.public_url =
        options.public_url.empty() ? fmt::format("http://{}", options.listen) : options.public_url;
    while (service_options.public_url.ends_with('/'))
        service_options.public_url.pop_back();
    service_options.clock_offset = std::chrono::seconds{options.clock_offset_s};
    if (options.rate_limits == "off") service_options.committer.limits = RateLimits::off;
    http::Service service{**log, folder->keys(), **store, service_options, end_after};

    http::ServerOptions server_options;
    server_options.address = endpoint->address;
    server_options.port = endpoint->port;
    server_options.threads = options.threads;
    const auto server = http::Server::listen(
        server_options,
        [&service](http::Request&& request, http::Responder responder) {
            service.handle(std::move(request), std::move(responder));
        },
        http::Service::edge_refusal);
    if (!server) {
        fmt::print(stderr, "muster: {}\n", server.error());
        return 1;
    }
    if (options.clock_offset_s != 0) {
        fmt::print(stderr, "muster: warning: the clock is shifted by {} s\n",
                   options.clock_offset_s);
    }
    if (options.rate_limits == "off")
        fmt::print(stderr, "muster: warning: nothing is limited; use this for load tests only\n");
    fmt::print("Muster listens on http://{}:{}\n",
               endpoint->address.contains(':') ? "[" + endpoint->address + "]" : endpoint->address,
               (*server)->port());
    if (const auto link = service.setup_link(); !link.empty()) fmt::print("Set up: {}\n", link);
    std::fflush(stdout);

    int signal = 0;
    sigwait(&signals, &signal);
    fmt::print(stderr, "muster: stopping\n");
    (*server)->stop();
    service.stop();
    return 0;
}

}  // namespace muster::tools
