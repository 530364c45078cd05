#include "handlers/attempts.hpp"

#include "aggregates/evolve.hpp"
#include "events/bytes.hpp"
#include "events/record.hpp"

namespace muster {
namespace {

constexpr std::size_t network_of_longer = 8;

}  // namespace

AttemptsKey attempts_of(const Keys& keys, const Attempted& target, std::string_view ip) {
    const auto network = ip.size() > network_of_longer ? ip.substr(0, network_of_longer) : ip;
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
    return keys.attempts_key(whose, network);
}

std::expected<std::optional<Error>, Fault> refused_now(const Log& log, const AttemptsKey& attempts,
                                                       Time now) {
    const auto stream = stream_of(attempts);
    const auto version = log.version(stream);
    if (!version) return std::unexpected(version.error());
    // What was cleared, or is long past, is behind a few events: the newest ones say it all.
    constexpr std::uint64_t looked_at = 64;
    Attempts state{.id = attempts, .failures = {}, .resets = {}};
    std::optional<Fault> fault;
    const auto after = *version > looked_at ? *version - looked_at : 0;
    const auto read = log.read_stream(stream, after, looked_at, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (!record) {
            fault = record.error();
            return false;
        }
        evolve(state, record->event);
        return true;
    });
    if (!read) return std::unexpected(read.error());
    if (fault) return std::unexpected(*fault);
    return refuse(state.failures, now);
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
