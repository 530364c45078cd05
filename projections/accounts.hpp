// The accounts: GET /v1/accounts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// The numbers are stored: append, never renumber.
enum class AccountStatus : std::uint8_t { active, inactive, closed };
constexpr bool valid(AccountStatus status) { return status <= AccountStatus::closed; }
constexpr std::string_view to_text(AccountStatus status) {
    constexpr std::string_view names[]{"active", "inactive", "closed"};
    return names[static_cast<std::size_t>(status)];
}
std::optional<AccountStatus> parse_account_status(std::string_view text);

struct AccountRow {
    AccountId id;
    AccountStatus status{};
    UserId owner;
    Time created_at;
    Profile profile;
    bool imported{};  // From a legacy system.

    bool operator==(const AccountRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("status", self.status)("owner", self.owner)(
            "created_at", self.created_at)("profile", self.profile)("imported", self.imported);
    }
};

// The company, else the person; the address where there is neither.
std::string name_of(const AccountRow& account);
// The same; where the account has none of these, its owner's name.
std::string shown_name(const Reading& reading, const AccountRow& account);

struct Accounts {
    static constexpr std::string_view name = "accounts";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 2;

    static void every(const At& at, Rows& rows);  // Before `on`, whatever the event.
    static void on(const AccountOpened& event, const At& at, Rows& rows);
    static void on(const ProfileChanged& event, const At& at, Rows& rows);
    static void on(const AccountActivated& event, const At& at, Rows& rows);
    static void on(const AccountDeactivated& event, const At& at, Rows& rows);
    static void on(const AccountClosed& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const OwnershipTransferred& event, const At& at, Rows& rows);
    static void on(const LegacyClientImported& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

// Also the way to an account's status and owner.
std::optional<AccountRow> find_account(const Reading& reading, AccountId account);
// The version of the account's stream (ETag); zero where there is none.
std::uint64_t account_version(const Reading& reading, AccountId account);

enum class AccountSort : std::uint8_t { id, name, created_at };
struct AccountFilter {
    std::string search{};  // Start of the company, any name or the address, or an id.
    std::optional<AccountStatus> status{};
    AccountSort sort = AccountSort::id;
    Order order = Order::ascending;
};
Paged<AccountRow> list_accounts(const Reading& reading, const AccountFilter& filter,
                                const PageRequest& page);

enum class Audience : std::uint8_t { client, staff };
// `notes` are for staff alone.
void write_account(JsonWriter& out, const Reading& reading, const AccountRow& account,
                   Audience audience);

}  // namespace muster::views
