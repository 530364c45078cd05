// What happens to the second factor (time-based one-time passwords, RFC 6238) of a user or of an
// admin. The secret and the recovery codes are in the vault; here are their numbers only.
#pragma once

#include <cstdint>
#include <string_view>

#include "events/event_type.hpp"
#include "events/id.hpp"

namespace muster {

// The names of the events, and of the field that says whose it is.
template <class Holder>
struct SecondFactorNames;
template <>
struct SecondFactorNames<UserId> {
    static constexpr std::string_view holder = "user";
    static constexpr std::string_view started = "user.second_factor_started";
    static constexpr std::string_view enabled = "user.second_factor_enabled";
    static constexpr std::string_view disabled = "user.second_factor_disabled";
    static constexpr std::string_view used = "user.second_factor_used";
    static constexpr std::string_view recovery_code_used = "user.recovery_code_used";
};
template <>
struct SecondFactorNames<AdminId> {
    static constexpr std::string_view holder = "admin";
    static constexpr std::string_view started = "staff.second_factor_started";
    static constexpr std::string_view enabled = "staff.second_factor_enabled";
    static constexpr std::string_view disabled = "staff.second_factor_disabled";
    static constexpr std::string_view used = "staff.second_factor_used";
    static constexpr std::string_view recovery_code_used = "staff.recovery_code_used";
};

// A secret was handed out; nothing asks for codes before it is confirmed with one.
template <class Holder>
struct SecondFactorStarted {
    static constexpr EventType type{SecondFactorNames<Holder>::started, 1};

    Holder holder;
    std::uint32_t factor;  // Number of the secret; the one before it is overwritten.

    bool operator==(const SecondFactorStarted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field(SecondFactorNames<Holder>::holder, self.holder)("factor", self.factor);
    }
};

// Confirmed with the code of this time step (Unix time / 30 s), which cannot be used again.
template <class Holder>
struct SecondFactorEnabled {
    static constexpr EventType type{SecondFactorNames<Holder>::enabled, 1};

    Holder holder;
    std::uint32_t factor;
    std::uint64_t step;

    bool operator==(const SecondFactorEnabled&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field(SecondFactorNames<Holder>::holder, self.holder)("factor", self.factor)(
            "step", self.step);
    }
};

template <class Holder>
struct SecondFactorDisabled {
    static constexpr EventType type{SecondFactorNames<Holder>::disabled, 1};

    Holder holder;

    bool operator==(const SecondFactorDisabled&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field(SecondFactorNames<Holder>::holder, self.holder);
    }
};

// Codes of this time step and of those before it work no more.
template <class Holder>
struct SecondFactorUsed {
    static constexpr EventType type{SecondFactorNames<Holder>::used, 1};

    Holder holder;
    std::uint64_t step;

    bool operator==(const SecondFactorUsed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field(SecondFactorNames<Holder>::holder, self.holder)("step", self.step);
    }
};

template <class Holder>
struct RecoveryCodeUsed {
    static constexpr EventType type{SecondFactorNames<Holder>::recovery_code_used, 1};

    Holder holder;
    std::uint32_t code;  // 1 to 10: which of them.

    bool operator==(const RecoveryCodeUsed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field(SecondFactorNames<Holder>::holder, self.holder)("code", self.code);
    }
};

}  // namespace muster
