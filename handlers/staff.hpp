// Use cases about staff and settings.
#pragma once

#include <string>
#include <vector>

#include "aggregates/settings.hpp"
#include "events/email_address.hpp"
#include "handlers/second_factor.hpp"
#include "handlers/work.hpp"

namespace muster {

struct NewAdmin {
    std::string name;
    EmailAddress email;
    Role role{};
    std::optional<std::string> password_hash;
};

// The first admin, signed in at once. Whoever asks has shown the one-time token.
Decision set_up(Work& work, const NewAdmin& admin, const std::string& user_agent);
Decision create_admin(Work& work, const NewAdmin& admin);

// Absent is unchanged.
struct AdminChanges {
    std::optional<std::string> name;
    std::optional<EmailAddress> email;
    std::optional<Role> role;
    std::optional<std::string> password_hash;
};
// A new password ends the admin's other sessions.
Decision update_admin(Work& work, AdminId admin, const AdminChanges& changes);
Decision delete_admin(Work& work, AdminId admin);

// Of the admin who asks.
Decision start_second_factor(Work& work, AdminId admin, const FactorSecret& secret,
                             const Proof& proof);
Decision confirm_second_factor(Work& work, AdminId admin, const GivenCode& code,
                               const std::vector<std::string>& recovery_codes);
Decision disable_second_factor(Work& work, AdminId admin, const Proof& proof);

Decision create_api_key(Work& work, const std::string& name, Role role,
                        const std::vector<std::string>& allowed_ips);
Decision revoke_api_key(Work& work, ApiKeyId key);

Decision change_settings(Work& work, const ChangeSettings& changes);
Decision rotate_log_key(Work& work);

}  // namespace muster
