#include "http/credential.hpp"

#include <algorithm>

#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "projections/staff.hpp"
#include "projections/standing.hpp"

namespace muster::http {
namespace {

const Problem cross_site{403, "request.cross_site", "This request comes from another site."};

std::optional<std::string_view> bearer_of(const Request& request) {
    const auto header = request.headers.find("authorization");
    if (!header) return std::nullopt;
    constexpr std::string_view scheme = "bearer ";
    if (header->size() <= scheme.size() || !same_name(header->substr(0, scheme.size()), scheme))
        return "";
    return header->substr(scheme.size());
}

std::optional<std::string_view> cookie_of(const Request& request, std::string_view name) {
    for (std::size_t n = 0; n < request.headers.size(); ++n) {
        const auto header = request.headers[n];
        if (!same_name(header.name, "cookie")) continue;
        auto rest = header.value;
        while (!rest.empty()) {
            const auto end = rest.find(';');
            auto pair = rest.substr(0, end);
            while (pair.starts_with(' '))
                pair.remove_prefix(1);
            if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
                return pair.substr(name.size() + 1);
            }
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        }
    }
    return std::nullopt;
}

std::string_view authority_of(std::string_view origin) {
    const auto scheme = origin.find("://");
    return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

// A browser says where a request comes from; whoever sends a cookie and says nothing is not
// trusted.
bool from_same_origin(const Request& request, const std::string& public_url) {
    if (const auto site = request.headers.find("sec-fetch-site"))
        return *site == "same-origin" || *site == "none";
    const auto origin = request.headers.find("origin");
    if (!origin) return false;
    if (*origin == public_url) return true;
    const auto host = request.headers.find("host");
    return host && !host->empty() && authority_of(*origin) == *host;
}

Credential verified(std::string_view token, const Keys& keys) {
    if (const auto session = parse_token(TokenPurpose::session, token, keys))
        return SessionId{session->id};
    if (const auto key = parse_token(TokenPurpose::api_key, token, keys)) return ApiKeyId{key->id};
    return {};
}

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

std::expected<Caller, Error> caller_of_key(ApiKeyId id, const views::Reading& reading,
                                           std::string_view ip) {
    const auto key = views::find_api_key(reading, id);
    if (!key || key->revoked) return std::unexpected(session_required);
    if (!allowed_from(key->allowed_ips, ip)) return std::unexpected(wrong_address);
    return Caller{.kind = Caller::Kind::api_key, .api_key = id, .role = key->role};
}

std::string cookie(std::string_view name, std::string_view value, std::string_view more,
                   bool on_loopback) {
    std::string text{name};
    text.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Lax").append(more);
    if (!on_loopback) text.append("; Secure");
    return text;
}

}  // namespace

// Whoever sends it writes the list's beginning; what a trusted proxy added stands at its end.
std::string client_address(const Request& request, const std::vector<IpNetwork>& trusted_proxies) {
    auto address = parse_ip(request.peer);
    const auto is_proxy = [&](const IpNetwork& network) { return network.contains(address); };
    for (std::size_t n = request.headers.size(); n-- > 0;) {
        const auto header = request.headers[n];
        if (!same_name(header.name, "x-forwarded-for")) continue;
        auto rest = header.value;
        while (!rest.empty() && std::ranges::any_of(trusted_proxies, is_proxy)) {
            const auto comma = rest.rfind(',');
            const auto next = parse_ip(trimmed(comma == rest.npos ? rest : rest.substr(comma + 1)));
            if (next.empty()) return address;  // Nobody's address: the proxy's counts.
            address = next;
            rest = comma == rest.npos ? std::string_view{} : rest.substr(0, comma);
        }
        if (!rest.empty()) return address;
    }
    return address;
}

std::expected<Credential, Problem> credential_of(const Request& request, Area area,
                                                 const Keys& keys, const std::string& public_url,
                                                 const std::function<bool(Credential)>& is_live) {
    if (const auto bearer = bearer_of(request)) return verified(*bearer, keys);
    const auto [first, second] = area == Area::admin ? std::pair{admin_cookie, user_cookie}
                                                     : std::pair{user_cookie, admin_cookie};
    const auto in_cookie = [&](std::string_view name) {
        const auto token = cookie_of(request, name);
        return token ? verified(*token, keys) : Credential{};
    };
    const auto is_none = [](const Credential& each) {
        return std::holds_alternative<std::monostate>(each);
    };
    auto credential = in_cookie(first);
    if (const auto other = in_cookie(second);
        !is_none(other) && (is_none(credential) || !is_live(credential)))
        credential = other;
    if (is_none(credential)) return credential;
    if (!is_safe(request.method) && !from_same_origin(request, public_url))
        return std::unexpected(cross_site);
    return credential;
}

std::expected<Known, Error> caller_of(const Credential& credential, const views::Reading& reading,
                                      Time now, std::string_view ip) {
    if (const auto* key = std::get_if<ApiKeyId>(&credential)) {
        const auto caller = caller_of_key(*key, reading, ip);
        if (!caller) return std::unexpected(caller.error());
        return Known{*caller};
    }
    const auto* id = std::get_if<SessionId>(&credential);
    if (id == nullptr) return Known{};
    const auto standing = views::standing(reading, *id, now, idle_limits);
    if (!standing) return std::unexpected(session_required);
    const bool due = now - standing->session.last_used_at >=
                     between_recorded_uses(standing->session.admin.has_value());
    if (const auto admin = standing->session.admin) {
        const auto row = views::find_admin(reading, *admin);
        if (!row || !row->counts(*id)) return std::unexpected(session_required);
        return Known{
            {.kind = Caller::Kind::admin, .session = *id, .admin = *admin, .role = row->role}, due};
    }
    Caller caller{.kind = Caller::Kind::user,
                  .session = *id,
                  .user = standing->session.user.value_or(UserId{})};
    if (const auto acting = standing->session.acting) {
        const auto admin = views::find_admin(reading, *acting);
        if (!admin || admin->role == Role::auditor || !admin->counts(*id))
            return std::unexpected(session_required);
        caller.acting = *acting;
    }
    if (standing->chosen) caller.account = standing->chosen->account.id;
    return Known{caller, due};
}

Membership membership_of(const views::Reading& reading, UserId user, AccountId account) {
    const auto row = views::find_association(reading, account, user);
    if (!row) return {.account = account};
    return {account, true, row->is_owner, row->permissions};
}

bool allowed_from(const std::vector<std::string>& allowed_ips, std::string_view ip) {
    return allowed_ips.empty() || std::ranges::any_of(allowed_ips, [ip](const std::string& each) {
               const auto network = IpNetwork::parse(each);
               return network && network->contains(ip);
           });
}

std::string session_cookie(std::string_view name, const std::string& token, bool on_loopback) {
    return cookie(name, token, "", on_loopback);
}

std::string ended_cookie(std::string_view name, bool on_loopback) {
    return cookie(name, "", "; Max-Age=0", on_loopback);
}

}  // namespace muster::http
