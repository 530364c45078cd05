#include "handlers/smtp.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <curl/curl.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <set>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace muster {
namespace {

// libcurl is made ready once, before anything else of it.
void prepare_curl() {
    static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(ready);
}

// Of a URL; empty where there is none.
std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, CURLU_URLDECODE) != CURLUE_OK || text == nullptr) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner{text, &curl_free};
    return text;
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

// What was sent last says what a refusal is about.
enum class Phase : std::uint8_t { greeting, sender, recipient, message };

Phase phase_after(std::string_view command, Phase before) {
    if (command.starts_with("MAIL")) return Phase::sender;
    if (command.starts_with("RCPT")) return Phase::recipient;
    if (command.starts_with("DATA")) return Phase::message;
    return before;
}

MailTrouble trouble_of(Phase phase) {
    constexpr std::array troubles{MailTrouble::server_refused, MailTrouble::sender_refused,
                                  MailTrouble::recipient_refused, MailTrouble::message_refused};
    return troubles[static_cast<std::size_t>(phase)];
}

MailTrouble trouble_of(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
            return MailTrouble::unreachable;
        case CURLE_OPERATION_TIMEDOUT:
            return MailTrouble::timeout;
        case CURLE_LOGIN_DENIED:
            return MailTrouble::login_refused;
        case CURLE_USE_SSL_FAILED:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_ISSUER_ERROR:
            return MailTrouble::not_secure;
        default:
            return MailTrouble::connection_broken;
    }
}

// A broken connection's SIGPIPE must not end the process: libcurl leaves signals alone here.
void block_broken_pipe() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

class SmtpTransport final : public MailTransport {
public:
    SmtpTransport(const SmtpServer& server, const SmtpLimits& limits);
    ~SmtpTransport() override;
    SmtpTransport(const SmtpTransport&) = delete;
    SmtpTransport& operator=(const SmtpTransport&) = delete;

    MailResult send(const OutgoingMail& mail) override;
    void close() override;
    void abort() override;

private:
    void set(auto option, auto value) { curl_easy_setopt(curl_, option, value); }
    void set_server(const SmtpServer& server);
    void set_limits(const SmtpLimits& limits);
    MailResult result_of(CURLcode code) const;

    static std::size_t give(char* buffer, std::size_t size, std::size_t count, void* self);
    static int note(CURL*, curl_infotype kind, char* data, std::size_t size, void* self);
    static int go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
    static int close_socket(void* self, curl_socket_t socket);

    CURL* curl_;
    std::string_view rest_;  // Of the message.
    Phase phase_{};
    std::atomic<bool> aborted_{};
    std::mutex mutex_;
    std::set<int> sockets_;  // Open ones, to be broken off.
};

SmtpTransport::SmtpTransport(const SmtpServer& server, const SmtpLimits& limits)
    : curl_(curl_easy_init()) {
    if (curl_ == nullptr) throw std::bad_alloc{};
    set_server(server);
    set_limits(limits);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &give);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_VERBOSE, 1L);  // Into `note`, which looks at the commands' names alone.
    set(CURLOPT_DEBUGFUNCTION, &note);
    set(CURLOPT_DEBUGDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &go_on);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
    set(CURLOPT_CLOSESOCKETDATA, this);
}

void SmtpTransport::set_server(const SmtpServer& server) {
    set(CURLOPT_URL, (server.url + "/" + server.our_name).c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");  // Whatever the environment says.
    set(CURLOPT_NETRC, 0L);
    const bool starttls = server.security == SmtpServer::Security::starttls;
    set(CURLOPT_USE_SSL, starttls ? long{CURLUSESSL_ALL} : long{CURLUSESSL_NONE});
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
    if (server.user.empty()) return;
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
}

void SmtpTransport::set_limits(const SmtpLimits& limits) {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // A name server that hangs does not hold up the end.
    set(CURLOPT_CONNECTTIMEOUT, limits.connect_s);
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, limits.reply_s);
    set(CURLOPT_TIMEOUT, limits.whole_s);
}

SmtpTransport::~SmtpTransport() { close(); }

void SmtpTransport::close() {
    block_broken_pipe();
    curl_easy_cleanup(std::exchange(curl_, nullptr));
}

MailResult SmtpTransport::send(const OutgoingMail& mail) {
    using Recipients = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
    block_broken_pipe();
    const Recipients to{curl_slist_append(nullptr, ("<" + mail.to + ">").c_str()),
                        &curl_slist_free_all};
    if (to == nullptr) throw std::bad_alloc{};
    rest_ = mail.message;
    phase_ = Phase::greeting;
    set(CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
    set(CURLOPT_MAIL_RCPT, to.get());
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size()));
    const auto result = result_of(curl_easy_perform(curl_));
    set(CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
    return result;
}

MailResult SmtpTransport::result_of(CURLcode code) const {
    using enum MailResult::Outcome;
    if (code == CURLE_OK) return {.outcome = accepted};
    if (aborted_) return {.outcome = interrupted};
    long reply = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &reply);
    if (reply < 400 || reply > 599 || code == CURLE_OPERATION_TIMEDOUT)
        return {refused_for_now, trouble_of(code), 0};
    const auto said = static_cast<std::uint32_t>(reply);
    const auto known = trouble_of(code);
    if (known != MailTrouble::connection_broken) return {refused_for_now, known, said};
    // Only what is about this one mail is for good; the rest is for somebody to put right.
    const bool for_good = said >= 500 && (phase_ == Phase::recipient || phase_ == Phase::message);
    return {for_good ? refused_for_good : refused_for_now, trouble_of(phase_), said};
}

void SmtpTransport::abort() {
    aborted_ = true;
    const std::lock_guard lock{mutex_};
    for (const auto socket : sockets_)
        ::shutdown(socket, SHUT_RDWR);
}

std::size_t SmtpTransport::give(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto& rest = static_cast<SmtpTransport*>(self)->rest_;
    const auto given = std::min(rest.size(), size * count);
    std::copy_n(rest.data(), given, buffer);
    rest.remove_prefix(given);
    return given;
}

int SmtpTransport::note(CURL*, curl_infotype kind, char* data, std::size_t size, void* self) {
    auto& phase = static_cast<SmtpTransport*>(self)->phase_;
    if (kind == CURLINFO_HEADER_OUT) phase = phase_after({data, size}, phase);
    return 0;
}

int SmtpTransport::go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<SmtpTransport*>(self)->aborted_ ? 1 : 0;
}

curl_socket_t SmtpTransport::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transport = *static_cast<SmtpTransport*>(self);
    const std::lock_guard lock{transport.mutex_};
    if (transport.aborted_) return CURL_SOCKET_BAD;
    const auto socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0) transport.sockets_.insert(socket);
    return socket >= 0 ? socket : CURL_SOCKET_BAD;
}

int SmtpTransport::close_socket(void* self, curl_socket_t socket) {
    auto& transport = *static_cast<SmtpTransport*>(self);
    const std::lock_guard lock{transport.mutex_};
    transport.sockets_.erase(socket);
    return ::close(socket);
}

std::unexpected<std::string> wrong(std::string_view what) {
    return std::unexpected(std::string(what));
}

}  // namespace

std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view text) {
    prepare_curl();
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url{curl_url(), &curl_url_cleanup};
    if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
        return wrong("it takes smtp://HOST:PORT or smtps://HOST:PORT");
    const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
    const auto path = part_of(url.get(), CURLUPART_PATH);
    if (scheme != "smtp" && scheme != "smtps") return wrong("it begins with smtp:// or smtps://");
    if ((!path.empty() && path != "/") || !part_of(url.get(), CURLUPART_FRAGMENT).empty() ||
        !part_of(url.get(), CURLUPART_OPTIONS).empty()) {
        return wrong("nothing but ?tls=required or ?tls=off may stand behind the host and port");
    }
    const auto host = part_of(url.get(), CURLUPART_HOST);
    const auto port = part_of(url.get(), CURLUPART_PORT);
    const auto query = part_of(url.get(), CURLUPART_QUERY);
    SmtpServer server;
    server.on_loopback = is_loopback(host);
    server.url = scheme + "://" + host + (port.empty() ? "" : ":" + port);
    server.user = part_of(url.get(), CURLUPART_USER);
    server.password = part_of(url.get(), CURLUPART_PASSWORD);
    if (scheme == "smtps") {
        server.security = SmtpServer::Security::implicit;
        if (!query.empty()) return wrong("smtps:// is TLS already, and takes no ?tls=");
    } else if (query == "tls=off" || (query.empty() && server.on_loopback)) {
        server.security = SmtpServer::Security::none;
    } else if (!query.empty() && query != "tls=required") {
        return wrong("behind the question mark it takes tls=required or tls=off");
    }
    return server;
}

std::unique_ptr<MailTransport> make_smtp_transport(const SmtpServer& server,
                                                   const SmtpLimits& limits) {
    prepare_curl();
    return std::make_unique<SmtpTransport>(server, limits);
}

}  // namespace muster
