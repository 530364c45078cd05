#include "handlers/legacy.hpp"

#include "handlers/users.hpp"

namespace muster {
namespace {

constexpr Error unknown_client =
    not_found("legacy.client_not_found", "The contact's client was not imported.");

LegacyUser user_of(Work& work, const LegacyPerson& person) {
    LegacyUser user{work.next<UserId>(), std::nullopt,
                    Person{person.first_name, person.last_name, {}}, person.language, 0};
    if (person.email) {
        user.address = work.keys().email_key(person.email->normalised());
        user.person.email = person.email->text();
    }
    if (person.password_hash) {
        user.password = 1;
        keep_password(work, user.user, user.password, *person.password_hash);
    }
    return user;
}

EmailHolder holder_of(Work& work, const std::optional<EmailKey>& address) {
    return address ? work.read(*address) : EmailHolder{};
}

}  // namespace

Decision import_client(Work& work, const LegacyClient& client) {
    const auto& record = work.read(client.legacy);
    if (record.imported()) return already_so;
    const ImportClient command{.legacy = client.legacy,
                               .owner = user_of(work, client.owner),
                               .account = work.next<AccountId>(),
                               .profile = client.profile,
                               .status = client.status,
                               .question = client.question,
                               .created_at = client.created_at,
                               .last_sign_in_at = client.last_sign_in_at};
    return when(record, holder_of(work, command.owner.address), command);
}

Decision import_contact(Work& work, const LegacyContact& contact) {
    const auto& record = work.read(contact.legacy);
    if (record.imported()) return already_so;
    const auto& client = work.read(contact.client);
    if (!client.imported()) return unknown_client;
    ImportContact command{.legacy = contact.legacy,
                          .user = std::nullopt,
                          .permissions = contact.permissions,
                          .contact = std::nullopt,
                          .created_at = contact.created_at};
    if (contact.user) command.user = user_of(work, *contact.user);
    if (contact.contact) command.contact = adding(work, *contact.contact);
    const auto holder =
        holder_of(work, command.user ? command.user->address : std::optional<EmailKey>{});
    return when(record, work.read(client.account), holder, command);
}

}  // namespace muster
