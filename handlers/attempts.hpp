// Counting what fails at the door, and making whoever fails too often wait.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "aggregates/attempts.hpp"
#include "handlers/work.hpp"

namespace muster {

// Whom an attempt is about: by id where the address is known, else by the address.
struct Attempted {
    UserId user{};
    AdminId admin{};
    EmailKey address{};
};

// `ip` is the caller's address, 4 or 16 bytes: of the longer ones the network is the first half.
AttemptsKey attempts_of(const Keys& keys, const Attempted& target, std::string_view ip);
// Of the network, whomever it is about.
AttemptsKey attempts_of(const Keys& keys, std::string_view ip);

// As the log has it now, without a decision: spares the work of verifying for who has to wait.
std::expected<std::optional<Error>, Fault> refused_now(const Log& log, const AttemptsKey& attempts,
                                                       Time now);

Decision count_failure(Work& work, const AttemptsKey& attempts, const Attempted& target,
                       AttemptKind kind);

// What was verified, decided: refused while whoever tries has to wait; else what failed before is
// forgotten, once anything comes of it.
Decision decide_attempt(Work& work, const AttemptsKey& attempts,
                        const std::function<Decision(Work&)>& use_case);

}  // namespace muster
