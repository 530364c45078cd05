// Attempts at the door, of one network about one user, admin or address: from the fifth failure on
// the next one has to wait, longer each time. Whoever comes from another network waits for nobody.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

constexpr std::uint32_t free_attempts = 5;
// Links for a new password, whosever, that one network may ask for. Asking costs it no hash, so
// without a bound it could fill the log.
constexpr std::uint32_t free_resets_of_network = 60;
constexpr std::chrono::seconds first_delay{5};  // After the free ones; doubled by each further one.
constexpr std::chrono::minutes longest_delay{15};
constexpr std::chrono::hours attempts_remembered{24};  // After the last one.

// How often something was done, without a pause of a day.
struct AttemptCount {
    std::uint32_t number{};
    Time last;

    void add(Time at);
    static constexpr auto fields(auto& self, auto&& field) {
        return field("number", self.number)("last", self.last);
    }
};

struct Attempts {
    static constexpr auto kind = StreamKind::attempts;
    using Key = AttemptsKey;

    AttemptsKey id;
    AttemptCount failures;
    AttemptCount resets;  // Links for a new password that were asked for.

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("failures", self.failures)("resets", self.resets);
    }
};

struct CountFailure {
    AttemptKind kind{};
    UserId user;  // Or the admin, or neither.
    AdminId admin;
    Time at;
};
// With an address that nobody has.
struct AskForReset {
    AttemptsKey of_address, of_network;
    Time at;
};

// Absent: it may be tried. Else `rate.limited`, with how long to wait.
std::optional<Error> refuse(const AttemptCount& count, Time now,
                            std::uint32_t free = free_attempts);

Decision when(const Attempts& attempts, const CountFailure& command);
Decision when(const AskForReset& command);

void apply(Attempts& attempts, const AttemptFailed& event);
void apply(Attempts& attempts, const ResetAsked& event);
void apply(Attempts& attempts, const PasswordResetRequested& event);
void apply(Attempts& attempts, const AttemptsCleared& event);

}  // namespace muster
