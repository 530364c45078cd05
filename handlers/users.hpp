// Use cases about users. Each runs on the committing thread, after the caller was found and
// allowed.
#pragma once

#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "aggregates/session.hpp"
#include "events/email_address.hpp"
#include "handlers/second_factor.hpp"
#include "handlers/work.hpp"

namespace muster {

struct NewUser {
    std::string first_name{}, last_name{};
    EmailAddress email;
    std::string language{};
    std::optional<std::string> password_hash{};  // Absent: none yet. Rule I8.
};

struct UserChanges {
    std::optional<std::string> first_name, last_name, language;
    std::optional<EmailAddress> email;
};

// Registering with an account, by a visitor: one commit makes both and signs in. Rules R1, R2.
Decision register_visitor(Work& work, const NewUser& user, const Profile& profile,
                          const std::string& user_agent);

Decision update_user(Work& work, UserId user, const UserChanges& changes, const Proof& proof);
Decision change_password(Work& work, UserId user, const std::string& hash, const Proof& proof);
Decision delete_user(Work& work, UserId user);
Decision set_identity_verification(Work& work, UserId user, IdentityStatus status);

struct ResetCounts {
    AttemptsKey of_address;  // How often this network asked about the address,
    AttemptsKey of_network;  // and about any.
};
// By anybody, for an address that somebody may have: what is recorded takes as long either way.
Decision ask_for_password_reset(Work& work, const EmailAddress& email, const ResetCounts& counts);
// By staff. Rule L14.
Decision send_password_reset(Work& work, UserId user);
Decision reset_password(Work& work, UserId user, const ResetPassword& command,
                        const std::string& hash);

// Another link to the own address; refused while verification is switched off. Rules V1, V4.
Decision send_verification(Work& work);
// By the user whose link it is. Rules V3, V6.
Decision verify_email(Work& work, UserId user, std::uint32_t link);

Decision start_second_factor(Work& work, UserId user, const FactorSecret& secret,
                             const Proof& proof);
Decision confirm_second_factor(Work& work, UserId user, const GivenCode& code,
                               const std::vector<std::string>& recovery_codes);
Decision disable_second_factor(Work& work, UserId user, const Proof& proof);

// The answer is hashed like a password: without white space at its ends, case and accents.
std::string canonical_answer(std::string_view answer);
Decision set_security_question(Work& work, UserId user, const std::string& question,
                               const std::string& answer_hash, const Proof& proof);
Decision clear_security_question(Work& work, UserId user, const Proof& proof);

// The pieces of larger decisions.
RegisterUser registration(Work& work, const NewUser& user);
// Adds the verification mail of a user who was just made, while that is switched on. Rule V2.
void verify_new_address(Work& work, Events& events, const RegisterUser& user);
// After a sign-in that proved password number `password` right: its hash, where a legacy system
// made it, is replaced by one of ours. Rule M8.
void replace_legacy_hash(Work& work, UserId user, std::uint32_t password, const std::string& hash,
                         Events& events);
void keep_password(Work& work, UserId user, std::uint32_t number, const std::string& hash);
SignIn sign_in_with(Work& work, std::uint32_t password, std::optional<AccountId> chosen,
                    const std::string& user_agent, const GivenCode& code = {});

}  // namespace muster
