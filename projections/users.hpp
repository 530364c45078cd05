// The people who can sign in: GET /v1/users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/email_address.hpp"
#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct ResetLink {
    std::uint32_t number{};
    Time expires_at;
    Requester by{};

    bool operator==(const ResetLink&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("number", self.number)("expires_at", self.expires_at)("by", self.by);
    }
};

struct UserRow {
    UserId id;
    std::string first_name, last_name, email, language;
    std::optional<Time> last_sign_in_at;
    std::uint32_t account_count{};
    Time created_at;
    std::uint64_t version{};  // Of the user's stream (ETag).
    bool two_factor{}, email_verified{};
    IdentityStatus identity{};
    std::optional<std::string> question;  // The security question, where there is one.
    std::optional<ResetLink> reset;       // The link for a new password that works, if any does.
    std::uint32_t verification{};         // The newest link to verify this address; 0 is none.
    std::uint32_t answer{};               // To the question; 0 is none that is known.
    bool imported{};                      // From a legacy system.

    bool operator==(const UserRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("first_name", self.first_name)("last_name", self.last_name)(
            "email", self.email)("language", self.language)(
            "last_sign_in_at", self.last_sign_in_at)("account_count", self.account_count)(
            "created_at", self.created_at)("version", self.version)("two_factor", self.two_factor)(
            "email_verified", self.email_verified)("identity", self.identity)(
            "question", self.question)("reset", self.reset)("verification", self.verification)(
            "answer", self.answer)("imported", self.imported);
    }
};

// "Ada Lovelace"; the address where there is no name.
std::string name_of(const UserRow& user);

struct Users {
    static constexpr std::string_view name = "users";
    static constexpr int version = 5;  // Raise it and the view is rebuilt from the first event.
    static constexpr std::uint8_t number = 1;

    static void every(const At& at, Rows& rows);  // Before `on`, whatever the event.
    static void on(const UserRegistered& event, const At& at, Rows& rows);
    static void on(const UserRenamed& event, const At& at, Rows& rows);
    static void on(const LanguageChosen& event, const At& at, Rows& rows);
    static void on(const EmailChanged& event, const At& at, Rows& rows);
    static void on(const PasswordChanged& event, const At& at, Rows& rows);
    static void on(const PasswordResetRequested& event, const At& at, Rows& rows);
    static void on(const PasswordReset& event, const At& at, Rows& rows);
    static void on(const EmailVerificationRequested& event, const At& at, Rows& rows);
    static void on(const EmailVerified& event, const At& at, Rows& rows);
    static void on(const SecondFactorEnabled<UserId>& event, const At& at, Rows& rows);
    static void on(const SecondFactorDisabled<UserId>& event, const At& at, Rows& rows);
    static void on(const SecurityQuestionSet& event, const At& at, Rows& rows);
    static void on(const SecurityQuestionCleared& event, const At& at, Rows& rows);
    static void on(const IdentityVerificationSet& event, const At& at, Rows& rows);
    static void on(const UserDeleted& event, const At& at, Rows& rows);
    static void on(const AccountOpened& event, const At& at, Rows& rows);
    static void on(const AssociationGranted& event, const At& at, Rows& rows);
    static void on(const AssociationEnded& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const SessionStarted& event, const At& at, Rows& rows);
    static void on(const LegacyClientImported& event, const At& at, Rows& rows);
    static void on(const LegacyContactImported& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<UserRow> find_user(const Reading& reading, UserId user);
// Who has the address, in whatever case. Rule E14.
std::optional<UserRow> find_user(const Reading& reading, const EmailAddress& email);

enum class UserSort : std::uint8_t { id, name, email, last_sign_in_at };
struct UserFilter {
    std::string search{};  // Start of any name or of the address, or an id. Empty: everybody.
    std::optional<bool> two_factor{}, verified{};
    std::optional<std::uint64_t> account_count{};
    UserSort sort = UserSort::id;
    Order order = Order::ascending;
};
// Rows without a value sort last, either way.
Paged<UserRow> list_users(const Reading& reading, const UserFilter& filter,
                          const PageRequest& page);

// A user without an address has `email: null`.
void write_email(JsonWriter& out, const UserRow& user);
// The row's members, without the object's braces: GET /v1/users/{id} goes on with "accounts".
void write_user_members(JsonWriter& out, const UserRow& user);
void write_user(JsonWriter& out, const UserRow& user);

}  // namespace muster::views
