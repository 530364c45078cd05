// Use cases about an account's contacts.
#pragma once

#include <optional>
#include <set>

#include "aggregates/account.hpp"
#include "events/email_address.hpp"
#include "handlers/work.hpp"

namespace muster {

struct NewContact {
    EmailAddress email;
    Profile profile{};  // Its e-mail is the one above.
    std::set<MailTopic> receives{};
};

// Absent is unchanged.
struct ContactChanges {
    ProfileChange profile{};  // Its e-mail is the one below.
    std::optional<EmailAddress> email{};
    std::optional<std::set<MailTopic>> receives{};
};

// The command that adds it, under a new number.
AddContact adding(Work& work, const NewContact& contact);
Decision add_contact(Work& work, AccountId account, const NewContact& contact);
Decision change_contact(Work& work, AccountId account, ContactId contact,
                        const ContactChanges& changes);
Decision remove_contact(Work& work, AccountId account, ContactId contact);

}  // namespace muster
