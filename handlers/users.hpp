// Use cases about users. Each runs on the committing thread, after the caller was found and
// allowed.
#pragma once

#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "aggregates/session.hpp"
#include "events/email_address.hpp"
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

// The pieces of larger decisions.
RegisterUser registration(Work& work, const NewUser& user);
void keep_password(Work& work, UserId user, std::uint32_t number, const std::string& hash);
SignIn sign_in_with(Work& work, std::uint32_t password, std::optional<AccountId> chosen,
                    const std::string& user_agent);

}  // namespace muster
