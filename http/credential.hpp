// Who a request says it is: bearer token or cookie, the same-origin check, and the caller behind it
// as the views have it.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/session.hpp"
#include "events/ip_address.hpp"
#include "http/call.hpp"
#include "projections/sessions.hpp"

namespace muster::http {

// A browser may be signed in as a user and as an admin: which of its two cookies counts, where both
// are of a session that is alive.
enum class Area : std::uint8_t { client, admin };

// The verified token's object; nobody where there is no token, or one that is not ours. Problems: a
// cookie with an unsafe method from another site.
std::expected<Credential, Problem> credential_of(const Request& request, Area area,
                                                 const Keys& keys, const std::string& public_url,
                                                 const std::function<bool(Credential)>& is_live);

// The caller as the views have it.
struct Known {
    Caller caller;
    bool use_is_due{};  // The session's last recorded use is long enough ago.
};
std::expected<Known, Error> caller_of(const Credential& credential, const views::Reading& reading,
                                      Time now, std::string_view ip);
inline constexpr views::IdleLimits idle_limits{session_idle_limit, admin_session_idle_limit};
// What a user has to do with an account.
Membership membership_of(const views::Reading& reading, UserId user, AccountId account);

// The address that a request comes from, 4 or 16 bytes; empty: it is none. Behind proxies that are
// trusted it is the last one in X-Forwarded-For that is not itself theirs.
std::string client_address(const Request& request, const std::vector<IpNetwork>& trusted_proxies);

// Whether an API key may be used from this address.
bool allowed_from(const std::vector<std::string>& allowed_ips, std::string_view ip);

inline constexpr Error wrong_address =
    forbidden("access.address", "This key may not be used from this address.");

// Set-Cookie values (RFC 6265).
std::string session_cookie(std::string_view name, const std::string& token, bool on_loopback);
std::string ended_cookie(std::string_view name, bool on_loopback);
inline constexpr std::string_view user_cookie = "muster_session";
inline constexpr std::string_view admin_cookie = "muster_admin";

}  // namespace muster::http
