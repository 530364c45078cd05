#include "aggregates/contact.hpp"

#include <algorithm>

#include "aggregates/account.hpp"

namespace muster {
namespace {

constexpr Error contacts_full =
    conflict("account.contacts_full", "The account has as many contacts as it can.");
constexpr Error no_such_contact = not_found("contact.not_found", "There is no such contact.");

}  // namespace

Decision when(const Account& account, const AddContact& command) {
    if (!account.exists()) return no_such_account;
    if (account.contacts.size() >= most_contacts) return contacts_full;
    return Events{ContactAdded{
        account.id, command.contact, {command.address}, {command.profile}, command.receives}};
}

Decision when(const Account& account, const ChangeContact& command) {
    if (!account.exists()) return no_such_account;
    const auto found = account.contacts.find(command.contact);
    if (found == account.contacts.end()) return no_such_contact;
    const auto& contact = found->second;
    Events events;
    const auto change = difference(contact.profile.value.value_or(Profile{}), command.profile);
    if (change != ProfileChange{}) {
        events.emplace_back(ContactChanged{
            account.id, command.contact, {command.address.value_or(contact.address)}, {change}});
    }
    if (command.receives && *command.receives != contact.receives)
        events.emplace_back(ContactMailChosen{account.id, command.contact, *command.receives});
    return events;
}

Decision when(const Account& account, const RemoveContact& command) {
    if (!account.exists()) return no_such_account;
    if (account.former_contacts.contains(command.contact)) return already_so;
    if (!account.contacts.contains(command.contact)) return no_such_contact;
    return Events{ContactRemoved{account.id, command.contact}};
}

bool has_contact(const Account& account, const EmailKey& address) {
    return std::ranges::any_of(account.contacts,
                               [&](const auto& each) { return each.second.address == address; });
}

void apply(Account& account, const ContactAdded& event) {
    account.contacts[event.contact] = {event.address.key, event.receives, event.profile};
}
void apply(Account& account, const ContactChanged& event) {
    auto& contact = account.contacts[event.contact];
    contact.address = event.address.key;
    if (contact.profile.value && event.profile.value)
        merge(*contact.profile.value, *event.profile.value);
}
void apply(Account& account, const ContactMailChosen& event) {
    account.contacts[event.contact].receives = event.receives;
}
void apply(Account& account, const ContactRemoved& event) {
    account.contacts.erase(event.contact);
    account.former_contacts.insert(event.contact);
}

}  // namespace muster
