// The second factor of a user or of an admin: whether it is on, and which codes were used. Codes
// are verified against the secret outside; here is decided whether they still count.
#pragma once

#include <cstdint>
#include <set>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

constexpr std::uint32_t recovery_code_count = 10;

// What a code that somebody gave was found to be. A wrong one is neither.
struct GivenCode {
    enum class Given : std::uint8_t { no, yes };
    Given given{};
    std::uint32_t factor{};         // Number of the secret that it was held against.
    std::uint64_t step{};           // The time step that it is the code of; zero: of none.
    std::uint32_t recovery_code{};  // Which recovery code it is, from 1; zero: none.
};

struct SecondFactor {
    enum class State : std::uint8_t { off, started, on };
    friend constexpr bool valid(State value) { return value <= State::on; }

    State state{};
    std::uint32_t factor{};     // Number of the newest secret.
    std::uint64_t last_step{};  // Of the codes used, the newest one's.
    std::set<std::uint32_t> used_recovery_codes;

    bool on() const { return state == State::on; }
    // Each code once.
    bool accepts(const GivenCode& code) const;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("state", self.state)("factor", self.factor)("last_step", self.last_step)(
            "used_recovery_codes", self.used_recovery_codes);
    }
};

inline constexpr Error second_factor_required{ErrorKind::unauthenticated,
                                              "session.second_factor_required",
                                              "Give the code of your second factor, too."};
inline constexpr Error second_factor_on =
    conflict("two_factor.on", "Two-factor is on already; switch it off first.");
inline constexpr Error second_factor_not_started =
    conflict("two_factor.not_started", "Start two-factor first.");
inline constexpr Error wrong_code = forbidden("code.wrong", "This code is not right.");

// The decisions, whoever the holder is, once that the holder may was decided.
template <class Holder>
Decision start_second_factor(const SecondFactor& factor, Holder holder) {
    if (factor.on()) return second_factor_on;
    return Events{SecondFactorStarted<Holder>{holder, factor.factor + 1}};
}
template <class Holder>
Decision confirm_second_factor(const SecondFactor& factor, Holder holder, const GivenCode& code) {
    if (factor.on()) return second_factor_on;
    if (factor.state != SecondFactor::State::started) return second_factor_not_started;
    if (code.recovery_code != 0 || !factor.accepts(code)) return wrong_code;
    return Events{SecondFactorEnabled<Holder>{holder, factor.factor, code.step}};
}
// Never empty: call it for codes that are accepted.
template <class Holder>
Event use_code(Holder holder, const GivenCode& code) {
    if (code.recovery_code != 0) return RecoveryCodeUsed<Holder>{holder, code.recovery_code};
    return SecondFactorUsed<Holder>{holder, code.step};
}

template <class Holder>
void apply(SecondFactor& factor, const SecondFactorStarted<Holder>& event) {
    factor.state = SecondFactor::State::started;
    factor.factor = event.factor;
    factor.last_step = 0;
}
template <class Holder>
void apply(SecondFactor& factor, const SecondFactorEnabled<Holder>& event) {
    factor.state = SecondFactor::State::on;
    factor.last_step = event.step;
    factor.used_recovery_codes.clear();
}
template <class Holder>
void apply(SecondFactor& factor, const SecondFactorDisabled<Holder>&) {
    factor.state = SecondFactor::State::off;
    factor.used_recovery_codes.clear();
}
template <class Holder>
void apply(SecondFactor& factor, const SecondFactorUsed<Holder>& event) {
    factor.last_step = event.step;
}
template <class Holder>
void apply(SecondFactor& factor, const RecoveryCodeUsed<Holder>& event) {
    factor.used_recovery_codes.insert(event.code);
}

}  // namespace muster
