#include "tests/http/house.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <stdexcept>
#include <stdlib.h>

#include "aggregates/session.hpp"
#include "events/bytes.hpp"
#include "events/memory_log.hpp"
#include "events/rocks_log.hpp"
#include "events/text.hpp"
#include "http/problem.hpp"
#include "tests/http/described.hpp"

namespace muster::http {
namespace {

// 2026-05-01T12:00:00Z.
constexpr std::int64_t noon_of_may_day_ms = 1'777'636'800'000;

template <class T>
T value_of(std::expected<T, Fault> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

bool has_status(const std::string& code, int status) {
    // 404 where it stands for itself, 409 where it is the target of a transfer.
    if (code == "account.not_associated") return status == 404 || status == 409;
    return status_of(code) == status && status != 500;
}

Reply reply_of(httplib::Result result) {
    if (!result) return {};
    Reply reply{
        result->status, {result->headers.begin(), result->headers.end()}, result->body, nullptr};
    if (!reply.text.empty()) reply.body = Json::parse(reply.text, nullptr, false);
    return reply;
}

Visitor welcome(const House& house, const Reply& reply, const char* who) {
    if (!reply.body.is_object() || !reply.body.contains("token"))
        throw std::runtime_error("nobody was let in: " + std::to_string(reply.status) + " " +
                                 reply.text);
    const auto& body = reply.body;
    const auto account = body.value("account", Json{});
    return {house.port(), body["token"], body[who]["id"],
            account.is_object() ? account["id"].get<std::uint64_t>() : 0};
}

}  // namespace

std::string Reply::header(const std::string& name) const {
    for (const auto& [each, value] : headers) {
        if (same_name(each, name)) return value;
    }
    return {};
}

std::uint64_t Reply::position() const {
    const auto value = header("Muster-Position");
    return value.empty() ? 0 : std::stoull(value);
}

std::string Reply::code() const {
    return body.is_object() && status >= 400 ? body.value("code", "") : std::string{};
}

std::string Reply::flaw() const {
    if (header("Content-Type") != "application/problem+json") return "not a problem document";
    if (!body.is_object()) return "not an object";
    if (body.value("status", 0) != status) return "another status in the document";
    if (!has_status(code(), status)) return "no such code, or not with this status";
    if (body.value("type", "") != "/problems/" + code()) return "another type than the code";
    if (body.value("title", "").empty() || body.value("detail", "").empty()) return "no words";
    if (body.value("trace_id", "").size() != 32) return "no trace id";
    if (status == 405 && header("Allow").empty()) return "405 without Allow";
    if ((status == 429 || status == 503) && header("Retry-After").empty()) return "no Retry-After";
    for (const auto& error : body.value("errors", Json::array())) {
        if (!error.contains("pointer") || error.value("code", "").empty() ||
            error.value("detail", "").empty())
            return "an error without pointer, code or detail";
    }
    return {};
}

std::ostream& operator<<(std::ostream& out, const Reply& reply) {
    return out << reply.status << ' ' << reply.text.substr(0, 600);
}

Visitor::Visitor(std::uint16_t port, std::string token, std::uint64_t id, std::uint64_t account)
    : token_(std::move(token)),
      id_(id),
      account_(account),
      client_(std::make_unique<httplib::Client>("127.0.0.1", port)) {
    client_->set_keep_alive(true);
    client_->set_tcp_nodelay(true);
    client_->set_url_encode(false);
    client_->set_read_timeout(30, 0);
    if (!token_.empty()) client_->set_bearer_token_auth(token_);
}

Visitor::Visitor(Visitor&&) noexcept = default;
Visitor& Visitor::operator=(Visitor&&) noexcept = default;
Visitor::~Visitor() = default;

Reply Visitor::send(const std::string& method, const std::string& target, std::string body,
                    const std::string& content_type, const Lines& more) {
    httplib::Request request;
    request.method = method;
    request.path = target;
    for (const auto& [name, value] : more)
        request.headers.emplace(name, value);
    // cpp-httplib waits for the body that a 304 does not have until the connection ends.
    if (request.has_header("If-None-Match")) request.set_header("Connection", "close");
    if (!content_type.empty() && !request.has_header("Content-Type"))
        request.set_header("Content-Type", content_type);
    request.body = std::move(body);
    auto reply = reply_of(client_->send(request));
    EXPECT_EQ(undescribed({method, target, request.body, reply}), "")
        << method << " " << target << " " << request.body.substr(0, 600) << "\n"
        << reply;
    return reply;
}

Reply Visitor::get(const std::string& target, const Lines& more) {
    return send("GET", target, {}, {}, more);
}
Reply Visitor::head(const std::string& target, const Lines& more) {
    return send("HEAD", target, {}, {}, more);
}
Reply Visitor::del(const std::string& target, const Lines& more) {
    return send("DELETE", target, {}, {}, more);
}
Reply Visitor::post(const std::string& target, const Json& body, const Lines& more) {
    return body.is_null() ? send("POST", target, {}, {}, more)
                          : send("POST", target, body.dump(), "application/json", more);
}
Reply Visitor::put(const std::string& target, const Json& body, const Lines& more) {
    return send("PUT", target, body.dump(), "application/json", more);
}
Reply Visitor::patch(const std::string& target, const Json& body, const Lines& more) {
    return send("PATCH", target, body.dump(), "application/json", more);
}

Folder::Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "muster-house-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

House::House(RateLimits limits)
    : House(std::nullopt, std::make_unique<MemoryLog>(), value_of(views::ViewStore::temporary()),
            limits) {}

House::House(MakeTransport transport)
    : House(std::nullopt, std::make_unique<MemoryLog>(), value_of(views::ViewStore::temporary()),
            RateLimits::on, std::move(transport)) {}

House::House(std::vector<IpNetwork> trusted_proxies)
    : House(std::nullopt, std::make_unique<MemoryLog>(), value_of(views::ViewStore::temporary()),
            RateLimits::on, {}, std::move(trusted_proxies)) {}

House::House(const std::filesystem::path& at)
    : House(value_of(DataFolder::open(at, DataFolder::Open::create)), nullptr, nullptr,
            RateLimits::on) {}

House::House(std::optional<DataFolder> folder, std::unique_ptr<Log> log,
             std::unique_ptr<views::ViewStore> store, RateLimits limits, MakeTransport transport,
             std::vector<IpNetwork> trusted_proxies)
    : folder_(std::move(folder)),
      log_(std::move(log)),
      store_(std::move(store)),
      now_ms_(noon_of_may_day_ms) {
    if (folder_) {
        keys_ = &folder_->keys();
        log_ = value_of(open_rocks_log(folder_->log(), folder_->head()));
        store_ = value_of(views::ViewStore::open(folder_->views(), {}));
    } else {
        keys_ = &own_keys_.emplace(random_bytes<Key>());
    }
    ServiceOptions options;
    options.public_url = "https://muster.example";
    if (folder_) options.epoch = folder_->epoch();
    options.clock = [this] { return now(); };
    options.committer.limits = limits;
    options.trusted_proxies = std::move(trusted_proxies);
    options.passwords = {.threads = 2, .queue = 256, .operations = 1, .memory = 8192};
    if (transport) {
        options.mail = MailOptions{.public_url = options.public_url,
                                   .from = *parse_sender("no-reply@muster.example"),
                                   .transport = std::move(transport)};
    }
    service_ = std::make_unique<Service>(*log_, *keys_, *store_, options, [](const Fault& fault) {
        ADD_FAILURE() << "the log failed: " << fault.message;
    });
    auto server = Server::listen(
        {},
        [this](Request&& request, Responder responder) {
            service_->handle(std::move(request), std::move(responder));
        },
        Service::edge_refusal);
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
}

House::~House() {
    root_.reset();
    server_->stop();
    service_->stop();
}

void House::pass(std::chrono::milliseconds time) {
    now_ms_ += time.count();
    if (root_ && time >= admin_session_idle_limit) sign_root_in();
}

void House::sign_root_in() {
    const Json credentials{{"email", "root@example.com"}, {"password", good_password}};
    root_ = welcome(*this, visitor().post("/v1/admin/sessions", credentials), "admin");
    root_until_ = now() + admin_session_idle_limit;
}

Visitor House::visitor(std::string token, std::uint64_t id) const {
    return {port(), std::move(token), id};
}

std::string House::setup_token() const {
    const auto link = service_->setup_link();
    return link.substr(link.find('#') + 1);
}

Visitor& House::root() {
    if (root_) {
        if (now() >= root_until_) sign_root_in();
        return *root_;
    }
    const Json set_up{{"email", "root@example.com"},
                      {"password", good_password},
                      {"token", setup_token()},
                      {"name", "Root"}};
    root_ = welcome(*this, visitor().post("/v1/setup", set_up), "admin");
    root_until_ = now() + admin_session_idle_limit;
    return *root_;
}

Visitor House::staff(const std::string& role) {
    const auto email = role + std::to_string(++staff_) + "@example.com";
    const auto made = root().post(
        "/v1/admins",
        {{"name", "Some " + role}, {"email", email}, {"role", role}, {"password", good_password}});
    EXPECT_EQ(made.status, 201) << made;
    const auto signed_in =
        visitor().post("/v1/admin/sessions", {{"email", email}, {"password", good_password}});
    return welcome(*this, signed_in, "admin");
}

Visitor House::key(const std::string& role, const Json& allowed_ips) {
    const auto made = root().post(
        "/v1/api-keys", {{"name", role + " key"}, {"role", role}, {"allowed_ips", allowed_ips}});
    EXPECT_EQ(made.status, 201) << made;
    return visitor(made.body.at("key"), made.body.at("id"));
}

Visitor House::person(const std::string& name, const Json& profile) {
    const auto registered = visitor().post("/v1/registrations", {{"first_name", name},
                                                                 {"last_name", "Example"},
                                                                 {"email", name + "@example.com"},
                                                                 {"password", good_password},
                                                                 {"account", profile}});
    return welcome(*this, registered, "user");
}

Visitor House::signed_in(const std::string& name) {
    const auto reply = visitor().post(
        "/v1/sessions", {{"email", name + "@example.com"}, {"password", good_password}});
    return welcome(*this, reply, "user");
}

void House::associate(const Visitor& owner, const Visitor& user, const Json& permissions) {
    const auto made = root().post(account_path(owner.account(), "/users"),
                                  {{"user_id", user.id()}, {"permissions", permissions}});
    EXPECT_EQ(made.status, 201) << made;
}

std::string House::link_to(const std::string& address) {
    const auto outbox = root().get("/v1/outbox?limit=200");
    for (const auto& mail : outbox.body.at("items")) {
        if (mail.at("to") != address || mail.at("kind") != "invitation") continue;
        const std::string text = mail.at("text");
        const std::string_view link = "/invitations/";
        const auto start = text.find(link) + link.size();
        return text.substr(start, text.find('\n', start) - start);
    }
    ADD_FAILURE() << "no mail to " << address;
    return {};
}

std::string House::trace_of(Position position) const {
    std::string trace;
    const auto read = log_->read({position.number - 1}, 1, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (record) trace = to_hex(as_text(record->trace));
        return true;
    });
    EXPECT_EQ(read.value_or(0), 1U);
    return trace;
}

FactorSecret from_base32(const std::string& text) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    FactorSecret secret{};
    std::size_t size = 0;
    std::uint64_t held = 0;
    int bits = 0;
    for (const char c : text) {
        held = held << 5 | letters.find(c);
        if ((bits += 5) < 8) continue;
        secret.at(size++) = static_cast<std::uint8_t>(held >> (bits -= 8));
    }
    return secret;
}

std::string path_of(std::string_view kind, std::uint64_t id, std::string_view rest) {
    return "/v1/" + std::string(kind) + "/" + std::to_string(id) + std::string(rest);
}

}  // namespace muster::http
