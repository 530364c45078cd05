// A contact: somebody who gets mail for an account and never signs in. Rule E11. It lives inside
// the account.
#pragma once

#include <optional>
#include <set>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

struct Account;

constexpr std::size_t most_contacts = 1000;  // Of one account, which knows them all.

struct Contact {
    EmailKey address;
    std::set<MailTopic> receives;
    Personal<ContactId, Profile> profile;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("address", self.address)("receives", self.receives)("profile", self.profile);
    }
};

struct AddContact {
    ContactId contact;
    EmailKey address;
    Profile profile;
    std::set<MailTopic> receives;
};
// Absent is unchanged.
struct ChangeContact {
    ContactId contact;
    ProfileChange profile;
    std::optional<EmailKey> address;  // Of the profile's e-mail, where that is given.
    std::optional<std::set<MailTopic>> receives;
};
struct RemoveContact {
    ContactId contact;
};

Decision when(const Account& account, const AddContact& command);
Decision when(const Account& account, const ChangeContact& command);
Decision when(const Account& account, const RemoveContact& command);

// Rule T7.
bool has_contact(const Account& account, const EmailKey& address);

void apply(Account& account, const ContactAdded& event);
void apply(Account& account, const ContactChanged& event);
void apply(Account& account, const ContactMailChosen& event);
void apply(Account& account, const ContactRemoved& event);

}  // namespace muster
