#include "handlers/attempts.hpp"

#include "events/bytes.hpp"
#include "handlers/fold.hpp"

namespace muster {
namespace {

// An IPv4 address, or the half of an IPv6 address that is the network's (RFC 4291, section 2.5.4).
std::string_view network_of(std::string_view ip) { return ip.substr(0, ip.size() > 8 ? 8 : 4); }

}  // namespace

AttemptsKey attempts_of(const Keys& keys, std::string_view ip) {
    return keys.attempts_key("network", network_of(ip));
}

AttemptsKey attempts_of(const Keys& keys, const Attempted& target, std::string_view ip) {
    std::string whose;
    Writer out{whose};
    if (target.user) {
        out.raw(std::string_view{"user"});
        out.varint(target.user.number);
    } else if (target.admin) {
        out.raw(std::string_view{"admin"});
        out.varint(target.admin.number);
    } else {
        out.raw(std::string_view{"address"});
        out.raw(target.address.bytes);
    }
    return keys.attempts_key(whose, network_of(ip));
}

std::expected<std::optional<Error>, Fault> refused_now(const Log& log, const AttemptsKey& attempts,
                                                       Time now) {
    const auto stream = stream_of(attempts);
    const auto version = log.version(stream);
    if (!version) return std::unexpected(version.error());
    // What was cleared, or is long past, is behind a few events: the newest ones say it all.
    constexpr std::uint64_t looked_at = 64;
    const auto after = *version > looked_at ? *version - looked_at : 0;
    const auto state =
        fold(log, stream, Attempts{.id = attempts, .failures = {}, .resets = {}}, after);
    if (!state) return std::unexpected(state.error());
    return refuse(state->failures, now);
}

Decision count_failure(Work& work, const AttemptsKey& attempts, const Attempted& target,
                       AttemptKind kind) {
    const auto& state = work.read(attempts);
    if (work.limits() == RateLimits::on) {
        if (const auto error = refuse(state.failures, work.now())) return *error;
    }
    return when(state, CountFailure{kind, target.user, target.admin, work.now()});
}

Decision decide_attempt(Work& work, const AttemptsKey& attempts,
                        const std::function<Decision(Work&)>& use_case) {
    const auto failures = work.read(attempts).failures;
    if (work.limits() == RateLimits::on) {
        if (const auto error = refuse(failures, work.now())) return *error;
    }
    auto decision = use_case(work);
    if (decision && !decision->empty() && failures.number != 0)
        decision->emplace_back(AttemptsCleared{attempts});
    return decision;
}

}  // namespace muster
