#include "aggregates/legacy.hpp"

#include <algorithm>
#include <iterator>

namespace muster {
namespace {

UserRegistered registered(const EmailHolder& holder, const LegacyUser& user) {
    UserRegistered event{user.user, user.address, {user.person}, user.language, user.password};
    if (!user.address || holder.user) {  // Rule M6.
        event.address.reset();
        event.person.value->email.clear();
    }
    return event;
}

}  // namespace

Decision when(const LegacyRecord& record, const EmailHolder& holder, const ImportClient& command) {
    if (record.imported()) return already_so;
    const auto user = command.owner.user;
    Events events{registered(holder, command.owner),
                  AccountOpened{command.account, user, {command.profile}}};
    if (command.status == AccountStatus::inactive)
        events.emplace_back(AccountDeactivated{command.account});
    if (command.status == AccountStatus::closed)
        events.emplace_back(AccountClosed{command.account});
    if (command.question)
        events.emplace_back(SecurityQuestionSet{user, 0, {Question{*command.question}}});
    events.emplace_back(LegacyClientImported{command.legacy, command.account, user,
                                             command.created_at, command.last_sign_in_at});
    return events;
}

Decision when(const LegacyRecord& record, const Account& account, const EmailHolder& holder,
              const ImportContact& command) {
    if (record.imported()) return already_so;
    if (!account.exists()) return no_such_account;
    Events events;
    LegacyContactImported imported{command.legacy, account.id, std::nullopt, std::nullopt,
                                   command.created_at};
    if (command.user) {
        imported.user = command.user->user;
        events.emplace_back(registered(holder, *command.user));
        if (!command.permissions.empty()) {
            events.emplace_back(AssociationGranted{account.id, command.user->user,
                                                   command.permissions, std::nullopt});
        }
    }
    if (command.contact) {
        imported.contact = command.contact->contact;
        auto added = when(account, *command.contact);
        if (!added) return added;
        std::ranges::move(*added, std::back_inserter(events));
    }
    events.emplace_back(imported);
    return events;
}

void apply(LegacyRecord& record, const LegacyClientImported& event) {
    record.account = event.account;
}
void apply(LegacyRecord& record, const LegacyContactImported& event) {
    record.account = event.account;
}

}  // namespace muster
