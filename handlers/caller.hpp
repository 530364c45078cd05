// Who asks, and whether they may: the access rules over the folded states.
#pragma once

#include "handlers/committer.hpp"

namespace muster {

// The caller behind a credential that was verified. A session that ended or expired, and a revoked
// key, are refused.
std::expected<Caller, Error> find_caller(Work& work,
                                         const std::variant<Credential, AsSystem>& credential);

// Absent: allowed.
std::optional<Error> refuse_caller(Work& work, const AccessRule& rule,
                                   const std::optional<AccountId>& account);
// The same, where the rule is about the account that a ticket belongs to.
std::optional<Error> refuse_caller(Work& work, const AccessRule& rule, TicketId ticket);

}  // namespace muster
