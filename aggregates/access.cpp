#include "aggregates/access.hpp"

#include "aggregates/account.hpp"

namespace muster {
namespace {

constexpr Error account_required{ErrorKind::conflict, "session.account_required",
                                 "Choose this account first."};
constexpr Error other_account{ErrorKind::conflict, "session.other_account",
                              "Switch to this account first."};
constexpr Error not_owner = forbidden("account.not_owner", "Only the account's owner may do this.");
constexpr Error denied = forbidden("access.denied", "You do not have the permission for this.");

std::optional<Error> refuse_staff(AccessRule::Staff allowed, Role role) {
    switch (role) {
        case Role::administrator:
            return allowed == AccessRule::Staff::nobody ? std::optional{wrong_role} : std::nullopt;
        case Role::operator_:
            return allowed < AccessRule::Staff::operators ? std::optional{wrong_role}
                                                          : std::nullopt;
        case Role::auditor:
            return allowed < AccessRule::Staff::everyone ? std::optional{wrong_role} : std::nullopt;
    }
    return wrong_role;
}

// Rules L2, L4, L7, L8.
std::optional<Error> refuse_unchosen(const Caller& caller, const Membership& membership) {
    if (!membership.associated) return no_such_account;
    if (caller.account == membership.account) return std::nullopt;
    auto error = caller.account ? other_account : account_required;
    error.other_account = membership.account;
    return error;
}

}  // namespace

std::optional<Error> refuse(const AccessRule& rule, const Caller& caller,
                            const Membership& membership, Switch user_management) {
    if (rule.anonymous == AccessRule::Anonymous::yes || caller.kind == Caller::Kind::system)
        return std::nullopt;
    if (caller.kind == Caller::Kind::anonymous) return session_required;
    if (caller.staff()) return refuse_staff(rule.staff, caller.role);
    if (rule.users == AccessRule::Users::nobody) return wrong_role;
    if (!rule.about_an_account()) return std::nullopt;

    if (const auto error = refuse_unchosen(caller, membership)) return error;
    const bool allowed = rule.users == AccessRule::Users::owner
                             ? membership.owner
                             : membership.owner || membership.permissions.contains(rule.permission);
    if (!allowed) {
        auto error = rule.users == AccessRule::Users::owner ? not_owner : denied;
        error.held = membership.permissions;  // Rule P9.
        return error;
    }
    if (rule.manages_users && user_management == Switch::off) return user_management_disabled;
    return std::nullopt;
}

}  // namespace muster
