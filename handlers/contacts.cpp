#include "handlers/contacts.hpp"

namespace muster {

AddContact adding(Work& work, const NewContact& contact) {
    AddContact command{work.next<ContactId>(), work.keys().email_key(contact.email.normalised()),
                       contact.profile, contact.receives};
    command.profile.email = contact.email.text();
    return command;
}

Decision add_contact(Work& work, AccountId account, const NewContact& contact) {
    const auto command = adding(work, contact);
    return when(work.read(account), command);
}

Decision change_contact(Work& work, AccountId account, ContactId contact,
                        const ContactChanges& changes) {
    ChangeContact command{contact, changes.profile, std::nullopt, changes.receives};
    if (changes.email) {
        command.profile.email = changes.email->text();
        command.address = work.keys().email_key(changes.email->normalised());
    }
    return when(work.read(account), command);
}

Decision remove_contact(Work& work, AccountId account, ContactId contact) {
    return when(work.read(account), RemoveContact{contact});
}

}  // namespace muster
