#pragma once
// A house: the whole interface as it is served, on a port of its own, with a clock that the test
// sets; and those who call there, each a real HTTP client.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/folder.hpp"
#include "events/ip_address.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "handlers/second_factor.hpp"
#include "http/server.hpp"
#include "http/service.hpp"
#include "projections/view_store.hpp"

namespace httplib {
class Client;
}

namespace muster::http {

using Json = nlohmann::json;

using Lines = std::vector<std::pair<std::string, std::string>>;

inline const std::string good_password = "correct horse battery";

struct Reply {
    int status{};  // 0: none came.
    Lines headers{};
    std::string text{};
    Json body{};  // Discarded where the text is no JSON.

    std::string header(const std::string& name) const;  // Empty where there is none.
    std::uint64_t position() const;                     // Muster-Position; 0 where there is none.
    std::string code() const;                           // Of a problem; else empty.
    // Whether a refusal is a problem document as the interface promises it, and what is wrong.
    std::string flaw() const;
};
std::ostream& operator<<(std::ostream& out, const Reply& reply);

// Somebody who calls: with a bearer token, or without. One thread at a time.
class Visitor {
public:
    Visitor(std::uint16_t port, std::string token, std::uint64_t id = 0, std::uint64_t account = 0);
    Visitor(Visitor&&) noexcept;
    Visitor& operator=(Visitor&&) noexcept;
    ~Visitor();

    Reply get(const std::string& target, const Lines& more = {});
    Reply head(const std::string& target, const Lines& more = {});
    Reply post(const std::string& target, const Json& body = nullptr, const Lines& more = {});
    Reply put(const std::string& target, const Json& body, const Lines& more = {});
    Reply patch(const std::string& target, const Json& body, const Lines& more = {});
    Reply del(const std::string& target, const Lines& more = {});
    // A body that may be anything.
    Reply send(const std::string& method, const std::string& target, std::string body,
               const std::string& content_type, const Lines& more = {});

    const std::string& token() const { return token_; }
    std::uint64_t id() const { return id_; }            // The user's or the admin's.
    std::uint64_t account() const { return account_; }  // The one that came with registering.

private:
    std::string token_;
    std::uint64_t id_;
    std::uint64_t account_;
    std::unique_ptr<httplib::Client> client_;
};

// A folder of its own, deleted at the end.
class Folder {
public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class House {
public:
    // With a log in memory.
    explicit House(RateLimits limits = RateLimits::on);
    explicit House(MakeTransport transport);                 // That sends mail, too.
    explicit House(std::vector<IpNetwork> trusted_proxies);  // Behind them.
    explicit House(const std::filesystem::path& at);         // With a data folder.
    House(const House&) = delete;
    House& operator=(const House&) = delete;
    ~House();

    std::uint16_t port() const { return server_->port(); }
    Position head() const { return log_->head(); }
    const Keys& keys() const { return *keys_; }
    Time now() const { return {now_ms_.load()}; }
    // Where an admin's session would not live that long, the first admin signs in again.
    void pass(std::chrono::milliseconds time);

    // With this bearer token; without one where it is empty.
    Visitor visitor(std::string token = {}, std::uint64_t id = 0) const;
    std::string setup_token() const;
    // The first admin, made on the first call; signs in again where the session has expired. The
    // same object every time.
    Visitor& root();
    Visitor staff(const std::string& role);
    // An API key.
    Visitor key(const std::string& role, const Json& allowed_ips = Json::array());
    // Somebody who registers as NAME@example.com, with an account that the person owns and has
    // chosen.
    Visitor person(const std::string& name, const Json& profile = Json::object());
    // Another session of the same person.
    Visitor signed_in(const std::string& name);
    // Gives a user access without an invitation.
    void associate(const Visitor& owner, const Visitor& user, const Json& permissions);
    // The token of the newest link in the outbox that was mailed to this address.
    std::string link_to(const std::string& address);
    // Of the event at a position, in hexadecimal digits.
    std::string trace_of(Position position) const;

private:
    void sign_root_in();
    House(std::optional<DataFolder> folder, std::unique_ptr<Log> log,
          std::unique_ptr<views::ViewStore> store, RateLimits limits, MakeTransport transport = {},
          std::vector<IpNetwork> trusted_proxies = {});

    std::optional<DataFolder> folder_;
    std::optional<Keys> own_keys_;
    const Keys* keys_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<views::ViewStore> store_;
    std::atomic<std::int64_t> now_ms_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<Server> server_;
    std::optional<Visitor> root_;
    Time root_until_{};
    int staff_ = 0;
};

// What an authenticator has, of the text that it was given.
FactorSecret from_base32(const std::string& text);

std::string path_of(std::string_view kind, std::uint64_t id, std::string_view rest = {});
// "/v1/accounts/7/users"
inline std::string account_path(std::uint64_t id, std::string_view rest = {}) {
    return path_of("accounts", id, rest);
}
inline std::string user_path(std::uint64_t id, std::string_view rest = {}) {
    return path_of("users", id, rest);
}

}  // namespace muster::http
