// What happens to a user: a person who can sign in.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/link.hpp"
#include "events/personal.hpp"
#include "events/second_factor.hpp"

namespace muster {

struct Person {
    std::string first_name, last_name, email;  // The address as it was typed.

    bool operator==(const Person&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("first_name", self.first_name)("last_name", self.last_name)("email",
                                                                                 self.email);
    }
};

// Absent is unchanged.
struct NameChange {
    std::optional<std::string> first_name, last_name;

    bool operator==(const NameChange&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("first_name", self.first_name)("last_name", self.last_name);
    }
};

struct Address {
    std::string email;

    bool operator==(const Address&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("email", self.email); }
};

struct Question {
    std::string question;

    bool operator==(const Question&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("question", self.question);
    }
};

// How far somebody's identity was looked at, whoever looks. The order is stored.
enum class IdentityStatus : std::uint8_t { none, requested, submitted, approved, rejected };
constexpr std::string_view to_text(IdentityStatus status) {
    constexpr std::string_view names[]{"none", "requested", "submitted", "approved", "rejected"};
    return names[static_cast<std::size_t>(status)];
}
constexpr bool valid(IdentityStatus status) { return status <= IdentityStatus::rejected; }

struct UserRegistered {
    static constexpr EventType type{"user.registered", 1};

    UserId user;
    std::optional<EmailKey> address;  // Absent only for imported users without one.
    Personal<UserId, Person> person;
    std::string language;    // BCP 47, e.g. "en" or "pt-BR".
    std::uint32_t password;  // Number of the password in the vault; 0 is none yet.

    bool operator==(const UserRegistered&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("address", self.address)("person", self.person)(
            "language", self.language)("password", self.password);
    }
};

struct UserRenamed {
    static constexpr EventType type{"user.renamed", 1};

    UserId user;
    Personal<UserId, NameChange> name;

    bool operator==(const UserRenamed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("name", self.name);
    }
};

struct LanguageChosen {
    static constexpr EventType type{"user.language_chosen", 1};

    UserId user;
    std::string language;

    bool operator==(const LanguageChosen&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("language", self.language);
    }
};

// The new address is the sign-in name from here on. Both keys are equal where only the spelling
// changed.
struct EmailChanged {
    static constexpr EventType type{"user.email_changed", 1};

    UserId user;
    std::optional<EmailKey> released;
    EmailKey taken;
    Personal<UserId, Address> address;

    bool operator==(const EmailChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("released", self.released)("taken", self.taken)(
            "address", self.address);
    }
};

struct PasswordChanged {
    static constexpr EventType type{"user.password_changed", 1};

    UserId user;
    std::uint32_t password;  // Number of the new one; the old one is overwritten.

    bool operator==(const PasswordChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("password", self.password);
    }
};

// The same password in another form: a hash that a legacy system had made was replaced by one of
// ours, at a sign-in that proved it right. Rule M8.
struct PasswordRehashed {
    static constexpr EventType type{"user.password_rehashed", 1};

    UserId user;
    std::uint32_t password;  // Its number, which stays.

    bool operator==(const PasswordRehashed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("password", self.password);
    }
};

// The answer is kept like a password, with this number; zero: it is not known, because the question
// was imported. Such a question is not asked, until its user sets one anew.
struct SecurityQuestionSet {
    static constexpr EventType type{"user.security_question_set", 1};

    UserId user;
    std::uint32_t answer;
    Personal<UserId, Question> question;

    bool operator==(const SecurityQuestionSet&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("answer", self.answer)("question", self.question);
    }
};

struct SecurityQuestionCleared {
    static constexpr EventType type{"user.security_question_cleared", 1};

    UserId user;

    bool operator==(const SecurityQuestionCleared&) const = default;
    static constexpr auto fields(auto& self, auto&& field) { return field("user", self.user); }
};

struct IdentityVerificationSet {
    static constexpr EventType type{"user.identity_verification_set", 1};

    UserId user;
    IdentityStatus status;

    bool operator==(const IdentityVerificationSet&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("status", self.status);
    }
};

struct UserDeleted {
    static constexpr EventType type{"user.deleted", 1};

    UserId user;
    std::optional<EmailKey> released;

    bool operator==(const UserDeleted&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("released", self.released);
    }
};

using UserEvent =
    std::variant<UserRegistered, UserRenamed, LanguageChosen, EmailChanged, PasswordChanged,
                 PasswordResetRequested, PasswordReset, EmailVerificationRequested, EmailVerified,
                 SecondFactorStarted<UserId>, SecondFactorEnabled<UserId>,
                 SecondFactorDisabled<UserId>, SecondFactorUsed<UserId>, RecoveryCodeUsed<UserId>,
                 SecurityQuestionSet, SecurityQuestionCleared, IdentityVerificationSet, UserDeleted,
                 PasswordRehashed>;

}  // namespace muster
