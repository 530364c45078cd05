#include "aggregates/attempts.hpp"

#include <algorithm>

#include "aggregates/user.hpp"

namespace muster {
namespace {

constexpr Error too_many_attempts{ErrorKind::limited, "rate.limited",
                                  "Too many attempts; wait a while before the next one."};

std::chrono::milliseconds delay_after(std::uint32_t number) {
    if (number < free_attempts) return {};
    const auto doublings = std::min(number - free_attempts, 16U);
    return std::min<std::chrono::milliseconds>(first_delay * (1U << doublings), longest_delay);
}

template <class Id>
std::optional<Mention<Id>> mention(Id id) {
    return id ? std::optional{Mention<Id>{id}} : std::nullopt;
}

}  // namespace

void Attempts::Count::add(Time at) {
    if (at - last >= attempts_remembered) number = 0;
    ++number;
    last = at;
}

std::chrono::milliseconds Attempts::Count::delay_at(Time now) const {
    const auto until = last + delay_after(number);
    return until > now ? until - now : std::chrono::milliseconds{};
}

std::optional<Error> refuse(const Attempts::Count& count, Time now) {
    const auto delay = count.delay_at(now);
    if (delay.count() == 0) return std::nullopt;
    auto error = too_many_attempts;
    error.retry_after_s =
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(delay).count());
    return error;
}

Decision when(const Attempts& attempts, const CountFailure& command) {
    return Events{AttemptFailed{attempts.id, command.kind, mention(command.user),
                                mention(command.admin), command.at}};
}

Decision when(const Attempts& attempts, const AskForReset& command) {
    return Events{ResetAsked{attempts.id, command.at}};
}

void apply(Attempts& attempts, const AttemptFailed& event) { attempts.failures.add(event.at); }
void apply(Attempts& attempts, const ResetAsked& event) { attempts.resets.add(event.at); }
void apply(Attempts& attempts, const PasswordResetRequested& event) {
    attempts.resets.add(event.expires_at - mailed_link_lifetime);
}
void apply(Attempts& attempts, const AttemptsCleared&) { attempts.failures = {}; }

}  // namespace muster
