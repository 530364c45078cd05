// Who may do what: one rule a route, one function that judges it, for commands over the folded
// states and for queries over the views.
#pragma once

#include <cstdint>
#include <optional>

#include "aggregates/error.hpp"
#include "events/id.hpp"
#include "events/permissions.hpp"
#include "events/settings.hpp"
#include "events/staff.hpp"

namespace muster {

// Who asks.
struct Caller {
    enum class Kind : std::uint8_t { anonymous, user, admin, api_key, system };
    Kind kind{};
    SessionId session{};
    UserId user{};
    AdminId admin{};
    ApiKeyId api_key{};
    Role role{};                       // Of an admin or an API key.
    std::optional<AccountId> account{};  // A user's chosen account, while it can be used.
    AdminId acting{};  // Of a user: the admin who acts as the user. Rule L11.

    bool staff() const { return kind == Kind::admin || kind == Kind::api_key; }
};

// What a user has to do with the account that is asked about.
struct Membership {
    AccountId account{};
    bool associated{};
    bool owner{};
    Permissions permissions{};
};

struct AccessRule {
    enum class Staff : std::uint8_t {
        nobody,
        administrators,
        operators,
        everyone
    };  // Each with those before it.
    enum class Users : std::uint8_t { nobody, signed_in, owner, permitted };
    enum class Anonymous : std::uint8_t { no, yes };

    Staff staff{};
    Users users{};
    Permission permission{};  // Where users are `permitted`.
    Anonymous anonymous{};
    bool manages_users{};  // Taken from owners by a setting. Rule I28.

    bool about_an_account() const { return users == Users::owner || users == Users::permitted; }
};

inline constexpr Error session_required{ErrorKind::unauthenticated, "session.required",
                                        "Sign in first."};
inline constexpr Error wrong_role = forbidden("access.role", "Your role does not allow this.");
inline constexpr Error user_management_disabled =
    forbidden("user_management.disabled", "Managing users has been switched off for clients.");

// Absent: allowed. `membership` is looked at only where the rule is about an account and a user
// asks; `user_management` only where the rule manages users.
std::optional<Error> refuse(const AccessRule& rule, const Caller& caller,
                            const Membership& membership, Switch user_management);

}  // namespace muster
