#include "aggregates/attempts.hpp"

#include <algorithm>

#include "aggregates/user.hpp"

namespace muster {
namespace {

constexpr Error too_many_attempts{ErrorKind::limited, "rate.limited",
                                  "Too many attempts; wait a while before the next one."};

std::chrono::milliseconds wait_after(std::uint32_t number, std::uint32_t free) {
    if (number < free) return {};
    const auto doublings = std::min(number - free, 16U);
    return std::min<std::chrono::milliseconds>(first_delay * (1U << doublings), longest_delay);
}

template <class Id>
std::optional<Mention<Id>> mention(Id id) {
    return id ? std::optional{Mention<Id>{id}} : std::nullopt;
}

}  // namespace

void AttemptCount::add(Time at) {
    if (at - last >= attempts_remembered) number = 0;
    ++number;
    last = at;
}

std::optional<Error> refuse(const AttemptCount& count, Time now, std::uint32_t free) {
    const auto until = count.last + wait_after(count.number, free);
    if (until <= now) return std::nullopt;
    auto error = too_many_attempts;
    error.retry_after_s =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(until - now).count());
    return error;
}

Decision when(const Attempts& attempts, const CountFailure& command) {
    return Events{AttemptFailed{attempts.id, command.kind, mention(command.user),
                                mention(command.admin), command.at}};
}

Decision when(const AskForReset& command) {
    return Events{ResetAsked{command.of_address, command.of_network, command.at}};
}

void apply(Attempts& attempts, const AttemptFailed& event) { attempts.failures.add(event.at); }
void apply(Attempts& attempts, const ResetAsked& event) { attempts.resets.add(event.at); }
void apply(Attempts& attempts, const PasswordResetRequested& event) {
    attempts.resets.add(event.expires_at - mailed_link_lifetime);
}
void apply(Attempts& attempts, const AttemptsCleared&) { attempts.failures = {}; }

}  // namespace muster
