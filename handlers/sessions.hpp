// Use cases about signing in, choosing an account and signing out.
#pragma once

#include <optional>
#include <string>

#include "aggregates/second_factor.hpp"
#include "handlers/work.hpp"

namespace muster {

// Whose password was verified, and which.
struct Verified {
    std::uint64_t id{};  // The user's or the admin's.
    std::uint32_t password{};
    GivenCode code{};  // Of the second factor, as far as one was given.
};

Decision sign_in(Work& work, const Verified& who, const std::string& user_agent);
Decision sign_in_admin(Work& work, const Verified& who, const std::string& user_agent);
Decision sign_out(Work& work);
// One of the caller's own; all of the caller's but this one; all of a user's.
// Records the use where the last one recorded is long enough ago.
Decision use_session(Work& work);
Decision end_own_session(Work& work, SessionId session);
Decision end_other_sessions(Work& work);
Decision end_sessions_of(Work& work, UserId user);
Decision choose_account(Work& work, AccountId account);
// By an admin, who then acts as the user. Rules L10, L11.
Decision impersonate(Work& work, AccountId account, UserId user, const std::string& user_agent);

// The only account of the user's that is open, if there is exactly one. Rules L1, L6.
std::optional<AccountId> only_open_account(Work& work, const User& user);

}  // namespace muster
