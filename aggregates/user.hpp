// A user: a person who can sign in, reaches accounts, and is deleted only by an admin.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/attempts.hpp"
#include "aggregates/email.hpp"
#include "aggregates/error.hpp"
#include "aggregates/second_factor.hpp"
#include "events/event.hpp"

namespace muster {

enum class Existence : std::uint8_t { none, present, deleted };
constexpr bool valid(Existence value) { return value <= Existence::deleted; }

enum class Tie : std::uint8_t { associated, owner };
constexpr bool valid(Tie value) { return value <= Tie::owner; }

// How long a user stays signed in at most.
constexpr std::chrono::hours session_lifetime{30 * 24};

// How long a mailed link lives. Rule V3.
constexpr std::chrono::minutes mailed_link_lifetime{60};

// The newest link of a kind that was mailed; older ones are dead. Bound to the address: it dies
// with a change of it.
struct MailedLink {
    std::uint32_t number{};  // Zero: there was none.
    EmailKey address;
    Time expires_at;
    bool open{};
    Requester by{};

    static constexpr auto fields(auto& self, auto&& field) {
        return field("number", self.number)("address", self.address)("expires_at", self.expires_at)(
            "open", self.open)("by", self.by);
    }
};

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
    bool email_verified{};
    MailedLink reset, verification;
    AttemptCount verifications;  // Links to verify the address that were mailed.
    SecondFactor second_factor;
    std::uint32_t security_answer{};  // The newest one's number; zero: no answer is known.
    bool has_question{};
    IdentityStatus identity{};
    bool imported{};         // From a legacy system.
    bool legacy_password{};  // The password's hash is one that a legacy system had made. Rule M8.

    bool present() const { return existence == Existence::present; }
    bool owns_any() const;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("existence", self.existence)("address", self.address)(
            "person", self.person)("language", self.language)("password", self.password)(
            "accounts", self.accounts)("sessions", self.sessions)(
            "email_verified", self.email_verified)("reset", self.reset)(
            "verification", self.verification)("verifications", self.verifications)(
            "second_factor", self.second_factor)("security_answer", self.security_answer)(
            "has_question", self.has_question)("identity", self.identity)(
            "imported", self.imported)("legacy_password", self.legacy_password);
    }
};

inline constexpr Error no_such_user = not_found("user.not_found", "There is no such user.");
inline constexpr Error email_taken =
    conflict("user.email_taken", "A user with this e-mail address exists already.");
inline constexpr Error no_such_link =
    not_found("token.not_found", "This link is not valid; ask for a new one.");
inline constexpr Error wrong_answer =
    forbidden("security_answer.wrong", "The answer to the security question is not right.");
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

// A link for a new password. Rules L14, L17.
struct RequestPasswordReset {
    Requester by{};
    Time at;
    std::vector<AttemptsKey> counted_in{};  // Where it is the holder who asks.
};
// By the holder of link number `link`.
struct ResetPassword {
    std::uint32_t link{};
    std::uint32_t answer{};  // Number of the security answer that was verified; zero: none was.
    Time at;
};
struct RequestEmailVerification {
    Time at;
};
struct VerifyEmail {
    std::uint32_t link{};
    Time at;
};

struct StartSecondFactor {
    Proof proof;
};
struct ConfirmSecondFactor {
    GivenCode code;
};
// By the user, or by staff, which ends the sessions, too. Rules L15, L18.
struct DisableSecondFactor {
    Proof proof;
};

struct SetSecurityQuestion {
    std::string question;
    Proof proof;
};
// Rule L16.
struct ClearSecurityQuestion {
    Proof proof;
};

// Rule V9.
struct SetIdentityVerification {
    IdentityStatus status{};
};

// After a sign-in with password number `password`. Rule M8.
struct RehashPassword {
    std::uint32_t password{};
};

struct DeleteUser {};

Decision when(const EmailHolder& holder, const RegisterUser& command);
// `holder` is who has the new address, where there is one.
Decision when(const User& user, const EmailHolder& holder, const UpdateUser& command);
Decision when(const User& user, const ChangePassword& command);
Decision when(const User& user, const EndSessions& command);
Decision when(const User& user, const RequestPasswordReset& command);
Decision when(const User& user, const ResetPassword& command);
Decision when(const User& user, const RequestEmailVerification& command);
Decision when(const User& user, const VerifyEmail& command);
Decision when(const User& user, const StartSecondFactor& command);
Decision when(const User& user, const ConfirmSecondFactor& command);
Decision when(const User& user, const DisableSecondFactor& command);
Decision when(const User& user, const SetSecurityQuestion& command);
Decision when(const User& user, const ClearSecurityQuestion& command);
Decision when(const User& user, const SetIdentityVerification& command);
Decision when(const User& user, const RehashPassword& command);
Decision when(const User& user, const DeleteUser& command);

// A link to verify an address was mailed: with the event that made the address the user's.
EmailVerificationRequested verification_of(UserId user, EmailKey address, std::uint32_t link,
                                           Time at);

// Everything that deleting this user records, with no question asked.
Events deletion_of(const User& user);

void apply(User& user, const UserRegistered& event);
void apply(User& user, const UserRenamed& event);
void apply(User& user, const LanguageChosen& event);
void apply(User& user, const EmailChanged& event);
void apply(User& user, const PasswordChanged& event);
void apply(User& user, const PasswordResetRequested& event);
void apply(User& user, const PasswordReset& event);
void apply(User& user, const EmailVerificationRequested& event);
void apply(User& user, const EmailVerified& event);
void apply(User& user, const SecondFactorStarted<UserId>& event);
void apply(User& user, const SecondFactorEnabled<UserId>& event);
void apply(User& user, const SecondFactorDisabled<UserId>& event);
void apply(User& user, const SecondFactorUsed<UserId>& event);
void apply(User& user, const RecoveryCodeUsed<UserId>& event);
void apply(User& user, const SecurityQuestionSet& event);
void apply(User& user, const SecurityQuestionCleared& event);
void apply(User& user, const IdentityVerificationSet& event);
void apply(User& user, const UserDeleted& event);
void apply(User& user, const PasswordRehashed& event);
void apply(User& user, const AccountOpened& event);
void apply(User& user, const AccountDeleted& event);
void apply(User& user, const AssociationGranted& event);
void apply(User& user, const PermissionsSet& event);
void apply(User& user, const AssociationEnded& event);
void apply(User& user, const OwnershipTransferred& event);
void apply(User& user, const SessionStarted& event);
void apply(User& user, const AccountChosen& event);
void apply(User& user, const SessionEnded& event);
void apply(User& user, const ImpersonationStarted& event);
void apply(User& user, const LegacyClientImported& event);
void apply(User& user, const LegacyContactImported& event);

}  // namespace muster
