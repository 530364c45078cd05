// A user: a person who can sign in, reaches accounts, and is deleted only by an admin.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "aggregates/email.hpp"
#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

enum class Existence : std::uint8_t { none, present, deleted };
constexpr bool valid(Existence value) { return value <= Existence::deleted; }

enum class Tie : std::uint8_t { associated, owner };
constexpr bool valid(Tie value) { return value <= Tie::owner; }

// How long a user stays signed in at most.
constexpr std::chrono::hours session_lifetime{30 * 24};

struct User {
    static constexpr auto kind = StreamKind::user;
    using Key = UserId;

    UserId id;
    Existence existence{};
    std::optional<EmailKey> address;
    Personal<UserId, Person> person;
    std::string language;
    std::uint32_t password{};
    std::map<AccountId, Tie> accounts;
    std::map<SessionId, Time> sessions;  // Those that were not ended, by when they expire.

    bool present() const { return existence == Existence::present; }
    bool owns_any() const;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("existence", self.existence)("address", self.address)(
            "person", self.person)("language", self.language)("password", self.password)(
            "accounts", self.accounts)("sessions", self.sessions);
    }
};

inline constexpr Error no_such_user = not_found("user.not_found", "There is no such user.");
inline constexpr Error email_taken =
    conflict("user.email_taken", "A user with this e-mail address exists already.");
inline constexpr Error wrong_password =
    forbidden("password.wrong", "The present password is not right.");

struct RegisterUser {
    UserId user;
    EmailKey address;
    Person person;
    std::string language;
    std::uint32_t password{};  // 1, or 0 for none yet.
};

// Why a change may be made: staff needs no password; a user proves the present one, by the number
// that was verified.
struct Proof {
    enum class Kind : std::uint8_t { none, password, staff };
    Kind kind{};
    std::uint32_t password{};
};

// Absent is unchanged.
struct UpdateUser {
    std::optional<std::string> first_name, last_name, language;
    std::optional<std::string> email;  // With its key:
    EmailKey address{};
    Proof proof;  // Asked for where the address changes. Rule L12.
};

struct ChangePassword {
    Proof proof;
    std::optional<SessionId> keep;  // The session that asks; every other one ends. Rule L18.
};

// All sessions but one, or all.
struct EndSessions {
    std::optional<SessionId> keep;
};

struct DeleteUser {};

Decision when(const EmailHolder& holder, const RegisterUser& command);
// `holder` is who has the new address, where there is one.
Decision when(const User& user, const EmailHolder& holder, const UpdateUser& command);
Decision when(const User& user, const ChangePassword& command);
Decision when(const User& user, const EndSessions& command);
Decision when(const User& user, const DeleteUser& command);

// Everything that deleting this user records, with no question asked.
Events deletion_of(const User& user);

void apply(User& user, const UserRegistered& event);
void apply(User& user, const UserRenamed& event);
void apply(User& user, const LanguageChosen& event);
void apply(User& user, const EmailChanged& event);
void apply(User& user, const PasswordChanged& event);
void apply(User& user, const UserDeleted& event);
void apply(User& user, const AccountOpened& event);
void apply(User& user, const AccountDeleted& event);
void apply(User& user, const AssociationGranted& event);
void apply(User& user, const PermissionsSet& event);
void apply(User& user, const AssociationEnded& event);
void apply(User& user, const OwnershipTransferred& event);
void apply(User& user, const SessionStarted& event);
void apply(User& user, const AccountChosen& event);
void apply(User& user, const SessionEnded& event);

}  // namespace muster
