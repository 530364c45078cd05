// Who has access to which account: GET /v1/accounts/{id}/users, GET /v1/me/accounts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "projections/accounts.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"
#include "projections/users.hpp"

namespace muster::views {

struct AssociationRow {
    AccountId account;
    UserId user;
    bool is_owner{};
    Permissions permissions;  // An owner's: all that there are. Rule E5.
    Time associated_at;
    std::optional<Time> last_sign_in_at;  // When the user last chose this account. Rule E12.

    bool operator==(const AssociationRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("user", self.user)("is_owner", self.is_owner)(
            "permissions", self.permissions)("associated_at", self.associated_at)(
            "last_sign_in_at", self.last_sign_in_at);
    }
};

struct Associations {
    static constexpr std::string_view name = "associations";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 3;

    static void on(const AccountOpened& event, const At& at, Rows& rows);
    static void on(const AssociationGranted& event, const At& at, Rows& rows);
    static void on(const PermissionsSet& event, const At& at, Rows& rows);
    static void on(const AssociationEnded& event, const At& at, Rows& rows);
    static void on(const OwnershipTransferred& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const UserDeleted& event, const At& at, Rows& rows);
    static void on(const SessionStarted& event, const At& at, Rows& rows);
    static void on(const AccountChosen& event, const At& at, Rows& rows);
    static void on(const LegacyClientImported& event, const At& at, Rows& rows);
    static void on(const LegacyContactImported& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<AssociationRow> find_association(const Reading& reading, AccountId account,
                                               UserId user);
// When any of its users last chose the account.
std::optional<Time> last_sign_in_of(const Reading& reading, AccountId account);
// In the order of the accounts' ids.
std::vector<AssociationRow> associations_of(const Reading& reading, UserId user);

// A user's account as the user sees it: {id, name, company_name, status, is_owner, permissions,
// last_sign_in_at}.
struct AccountSummary {
    AccountRow account;
    AssociationRow association;
    std::string name;  // As shown.
};
std::optional<AccountSummary> find_account_summary(const Reading& reading, AccountId account,
                                                   UserId user);
std::vector<AccountSummary> accounts_of(const Reading& reading, UserId user);
Paged<AccountSummary> list_accounts_of(const Reading& reading, UserId user,
                                       const PageRequest& page);
void write_account_summary(JsonWriter& out, const AccountSummary& summary);

// A row of an account's list of users.
struct AccountUser {
    UserRow user;
    AssociationRow association;
};
std::optional<AccountUser> find_account_user(const Reading& reading, AccountId account,
                                             UserId user);
// In the order of the users' ids, the owner among them (Rule E17).
Paged<AccountUser> list_account_users(const Reading& reading, AccountId account,
                                      const PageRequest& page);
void write_account_user(JsonWriter& out, const AccountUser& row);

// GET /v1/users/{id}: the user with its accounts.
void write_user_with_accounts(JsonWriter& out, const UserRow& user,
                              const std::vector<AccountSummary>& accounts);

}  // namespace muster::views
