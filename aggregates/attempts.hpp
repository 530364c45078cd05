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
constexpr std::chrono::seconds first_delay{5};  // After the fifth; doubled by each further one.
constexpr std::chrono::minutes longest_delay{15};
constexpr std::chrono::hours attempts_remembered{24};  // After the last one.

struct Attempts {
    static constexpr auto kind = StreamKind::attempts;
    using Key = AttemptsKey;

    struct Count {
        std::uint32_t number{};
        Time last;

        void add(Time at);
        // How long an attempt at this moment has to wait; zero: not at all.
        std::chrono::milliseconds delay_at(Time now) const;
        static constexpr auto fields(auto& self, auto&& field) {
            return field("number", self.number)("last", self.last);
        }
    };

    AttemptsKey id;
    Count failures;
    Count resets;  // Links for a new password that were asked for.

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
struct AskForReset {
    Time at;
};

// Absent: it may be tried. Else `rate.limited`, with how long to wait.
std::optional<Error> refuse(const Attempts::Count& count, Time now);

Decision when(const Attempts& attempts, const CountFailure& command);
Decision when(const Attempts& attempts, const AskForReset& command);

void apply(Attempts& attempts, const AttemptFailed& event);
void apply(Attempts& attempts, const ResetAsked& event);
void apply(Attempts& attempts, const PasswordResetRequested& event);
void apply(Attempts& attempts, const AttemptsCleared& event);

}  // namespace muster
