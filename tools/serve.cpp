#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include "events/folder.hpp"
#include "events/head_file.hpp"
#include "events/rocks_log.hpp"
#include "events/signed_note.hpp"
#include "handlers/smtp.hpp"
#include "http/route.hpp"
#include "http/server.hpp"
#include "http/service.hpp"
#include "projections/view_store.hpp"
#include "tools/commands.hpp"
#include "tools/control.hpp"

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

// The host of the public URL where that is a name, else this machine.
std::string mail_host(std::string_view public_url) {
    const auto site = site_of(public_url);
    auto host = site.substr(0, site.find_first_of(":/"));
    return EmailAddress::parse("muster@" + host) ? host : "localhost";
}

// Where mail goes; the error is what the command line has wrong, and never says a password.
std::expected<SmtpServer, std::string> mail_server(const ServeOptions& options,
                                                   std::string_view public_url) {
    auto server = parse_smtp_url(options.smtp);
    if (!server) return std::unexpected("--smtp: " + server.error());
    if (!server->password.empty()) {
        fmt::print(
            stderr,
            "muster: warning: a password in --smtp can be seen by everybody on this machine; "
            "give it as MUSTER_SMTP_PASSWORD or as smtp-password in the file\n");
    }
    if (!options.smtp_password.empty()) server->password = options.smtp_password;
    if (server->user.empty() != server->password.empty())
        return std::unexpected("--smtp: a user name and a password go together");
    const bool open = server->security == SmtpServer::Security::none && !server->on_loopback;
    if (open && !server->password.empty())
        return std::unexpected("--smtp: no password is sent without TLS to another machine");
    if (open) fmt::print(stderr, "muster: warning: mail, with its links, is sent without TLS\n");
    if (!options.smtp_ca.empty() && access(options.smtp_ca.c_str(), R_OK) != 0)
        return std::unexpected("--smtp-ca: the file cannot be read");
    server->ca_file = options.smtp_ca;
    server->our_name = mail_host(public_url);
    return server;
}

// Absent: no mail server is configured.
std::expected<std::optional<MailOptions>, std::string> mail_options(const ServeOptions& options,
                                                                    std::string_view public_url) {
    if (options.smtp.empty()) return std::nullopt;
    const auto server = mail_server(options, public_url);
    if (!server) return std::unexpected(server.error());
    const auto from = parse_sender(options.mail_from.empty() ? "muster@" + mail_host(public_url)
                                                             : options.mail_from);
    if (!from) return std::unexpected("--mail-from takes ADDRESS or NAME <ADDRESS>");
    return MailOptions{.public_url = std::string(public_url),
                       .from = *from,
                       .transport = [server = *server] { return make_smtp_transport(server); },
                       .connections = options.smtp_connections};
}

std::string public_url_of(const ServeOptions& options) {
    auto url =
        options.public_url.empty() ? fmt::format("http://{}", options.listen) : options.public_url;
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

// For a backup. The views come first: they may be behind the log, and not ahead of it.
std::unique_ptr<Control> listen_for_commands(const DataFolder& folder, const FolderLog& log,
                                             const views::ViewStore& store) {
    auto control = Control::listen(folder, [&]() -> std::expected<void, Fault> {
        const auto frozen = folder.frozen();
        if (auto done = store.freeze(frozen / "views"); !done) return done;
        return log.freeze(frozen / "log", frozen / "head");
    });
    if (control) return std::move(*control);
    fmt::print(stderr, "muster: warning: no backup can be made while this runs: {}\n",
               control.error().message);
    return nullptr;
}

using Take = void (http::Service::*)(http::Request&&, http::Responder);

std::expected<std::unique_ptr<http::Server>, std::string> listen(const Endpoint& endpoint,
                                                                 unsigned threads,
                                                                 http::Service& service,
                                                                 Take take) {
    http::ServerOptions options;
    options.address = endpoint.address;
    options.port = endpoint.port;
    options.threads = threads;
    return http::Server::listen(
        options,
        [&service, take](http::Request&& request, http::Responder responder) {
            (service.*take)(std::move(request), std::move(responder));
        },
        [&service](int status, std::string_view code, std::string_view detail) {
            service.metrics().answered(http::routes().size(), status, {});
            return http::Service::edge_refusal(status, code, detail);
        });
}

std::string address_of(const Endpoint& endpoint, const http::Server& server) {
    const bool bracketed = endpoint.address.contains(':');
    return fmt::format("http://{}{}{}:{}", bracketed ? "[" : "", endpoint.address,
                       bracketed ? "]" : "", server.port());
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
        case Fault::Kind::erased:
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
    const auto metrics_at = parse_endpoint(options.metrics);
    if (!options.metrics.empty() && !metrics_at) {
        fmt::print(stderr, "muster: --metrics takes ADDRESS:PORT, e.g. 127.0.0.1:9464\n");
        return 2;
    }
    if (!options.public_url.empty() && !is_web_address(options.public_url)) {
        fmt::print(stderr, "muster: --public-url takes http://HOST or https://HOST, with a path\n");
        return 2;
    }
    if (!options.log_origin.empty() && !is_note_name(options.log_origin)) {
        fmt::print(stderr, "muster: --log-origin takes a name without blanks and plus signs\n");
        return 2;
    }
    const auto public_url = public_url_of(options);
    const auto mail = mail_options(options, public_url);
    if (!mail) {
        fmt::print(stderr, "muster: {}\n", mail.error());
        return 2;
    }
    // Every thread inherits this, so that the signals come to the wait below and nowhere else.
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

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
    service_options.public_url = public_url;
    service_options.log_origin = options.log_origin;
    service_options.mail = *mail;
    service_options.clock_offset = std::chrono::seconds{options.clock_offset_s};
    for (const auto& each : options.trusted_proxies)
        service_options.trusted_proxies.push_back(*IpNetwork::parse(each));
    service_options.metrics_apart = metrics_at.has_value();
    service_options.epoch = folder->epoch();
    service_options.forgetting = http::ForgettingFiles{
        folder->forgotten(), [&log](const std::stop_token& stop) { return (*log)->purge(stop); }};
    if (options.rate_limits == "off") service_options.committer.limits = RateLimits::off;
    http::Service service{**log, folder->keys(), **store, service_options, end_after};

    const auto server = listen(*endpoint, options.threads, service, &http::Service::handle);
    std::expected<std::unique_ptr<http::Server>, std::string> metrics;
    if (metrics_at) metrics = listen(*metrics_at, 1, service, &http::Service::handle_metrics);
    if (!server || !metrics) {
        fmt::print(stderr, "muster: {}\n", server ? metrics.error() : server.error());
        return 1;
    }
    auto control = listen_for_commands(*folder, **log, **store);
    service.metrics().add([&server] {
        return std::vector{
            http::gauge("muster_http_connections", "Open connections.",
                        static_cast<double>((*server)->connections())),
            http::gauge("muster_http_requests_in_flight", "Requests that are being answered.",
                        static_cast<double>((*server)->requests_in_flight())),
        };
    });
    if (options.clock_offset_s != 0) {
        fmt::print(stderr, "muster: warning: the clock is shifted by {} s\n",
                   options.clock_offset_s);
    }
    if (options.rate_limits == "off")
        fmt::print(stderr, "muster: warning: nothing is limited; use this for load tests only\n");
    fmt::print("Muster listens on {}\n", address_of(*endpoint, **server));
    if (metrics_at) fmt::print("Metrics on {}/metrics\n", address_of(*metrics_at, **metrics));
    if (const auto link = service.setup_link(); !link.empty()) fmt::print("Set up: {}\n", link);
    std::fflush(stdout);

    int signal = 0;
    sigwait(&signals, &signal);
    fmt::print(stderr, "muster: stopping\n");
    if (*metrics) (*metrics)->stop();
    (*server)->stop();
    control.reset();
    service.stop();
    return 0;
}

}  // namespace muster::tools
