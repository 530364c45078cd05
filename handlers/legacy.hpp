// Use cases of the import from a legacy system. By System, one record at a time.
#pragma once

#include <optional>
#include <string>

#include "aggregates/legacy.hpp"
#include "events/email_address.hpp"
#include "handlers/contacts.hpp"
#include "handlers/work.hpp"

namespace muster {

struct LegacyPerson {
    std::string first_name, last_name;
    std::optional<EmailAddress> email;
    std::string language = "en";
    std::optional<std::string> password_hash;  // As it was there; see legacy_hash.hpp.
};

struct LegacyClient {
    LegacyClientId legacy;
    LegacyPerson owner;
    Profile profile;
    AccountStatus status = AccountStatus::active;
    std::optional<std::string> question;
    std::optional<Time> created_at, last_sign_in_at;
};

struct LegacyContact {
    LegacyContactId legacy;
    LegacyClientId client;
    std::optional<LegacyPerson> user;  // Of a sub-account.
    Permissions permissions;
    std::optional<NewContact> contact;
    std::optional<Time> created_at;
};

// Rules M1, M2, M6, M7.
Decision import_client(Work& work, const LegacyClient& client);
// Its client was imported before. Rules M3, M5, M6, M7.
Decision import_contact(Work& work, const LegacyContact& contact);

}  // namespace muster
