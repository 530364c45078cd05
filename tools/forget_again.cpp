#include "tools/forget_again.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "events/record.hpp"
#include "handlers/accounts.hpp"
#include "handlers/committer.hpp"
#include "handlers/contacts.hpp"
#include "handlers/sessions.hpp"
#include "handlers/staff.hpp"
#include "handlers/tickets.hpp"
#include "handlers/users.hpp"

namespace muster::tools {
namespace {

// Decides on the log, one after the other, as System.
class SystemDesk {
public:
    SystemDesk(Log& log, const Keys& keys)
        : keyring_(log, keys),
          committer_(
              log, keyring_, keys, system_time,
              [](std::vector<Committer::Completion> completions, Position) {
                  for (auto& each : completions)
                      each.done(std::move(each.result));
              },
              [this](const Fault& fault) {
                  const std::lock_guard lock{mutex_};
                  fault_ = fault;
              }) {}

    // False: it was refused.
    bool ask(const std::function<Decision(Work&)>& use_case) {
        return commit_as_system(committer_, use_case);
    }
    std::optional<Fault> fault() {
        const std::lock_guard lock{mutex_};
        return fault_;
    }

private:
    Keyring keyring_;
    std::mutex mutex_;
    std::optional<Fault> fault_;
    Committer committer_;
};

using AccountsOfContacts = std::map<ContactId, AccountId>;

// Of the contacts among these. They have no stream of their own, so the log is read through.
std::expected<AccountsOfContacts, Fault> accounts_of(const Log& log,
                                                     const std::set<Subject>& subjects) {
    AccountsOfContacts accounts;
    if (std::ranges::none_of(subjects,
                             [](const Subject& each) { return each.kind == SubjectKind::contact; }))
        return accounts;
    const auto read = log.read({}, SIZE_MAX, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        const auto* added = record ? std::get_if<ContactAdded>(&record->event) : nullptr;
        if (added != nullptr && subjects.contains(subject_of(added->contact)))
            accounts.emplace(added->contact, added->account);
        return true;
    });
    if (!read) return std::unexpected(read.error());
    return accounts;
}

bool delete_again(SystemDesk& desk, const Subject& subject, const AccountsOfContacts& accounts) {
    switch (subject.kind) {
        case SubjectKind::account:
            return desk.ask([&](Work& work) {
                return delete_account(work, AccountId{subject.number}, DeleteAccount::Users::stay);
            });
        case SubjectKind::user:
            return desk.ask([&](Work& work) { return delete_user(work, UserId{subject.number}); });
        case SubjectKind::admin:
            return desk.ask(
                [&](Work& work) { return delete_admin(work, AdminId{subject.number}); });
        case SubjectKind::ticket:
            return desk.ask(
                [&](Work& work) { return delete_ticket(work, TicketId{subject.number}); });
        case SubjectKind::contact: {
            const auto account = accounts.find(ContactId{subject.number});
            return account != accounts.end() && desk.ask([&](Work& work) {
                return remove_contact(work, account->second, account->first);
            });
        }
        case SubjectKind::invitation:  // It went with those above, or is forgotten.
            break;
    }
    return false;
}

bool erase_key(SystemDesk& desk, const Subject& subject) {
    const bool erased =
        desk.ask([&](Work&) { return Events{SubjectForgotten{{}, subject.kind, subject.number}}; });
    if (!erased) return false;
    if (subject.kind == SubjectKind::user) {
        return desk.ask([&](Work& work) { return end_sessions_of(work, UserId{subject.number}); });
    }
    // The last administrator: whoever runs the machine makes another.
    if (subject.kind == SubjectKind::admin)
        return desk.ask([&](Work&) { return Events{AdminDeleted{AdminId{subject.number}}}; });
    return true;
}

}  // namespace

std::expected<std::set<Subject>, Fault> still_readable(const Log& log,
                                                       std::span<const Forgotten> forgotten) {
    std::set<Subject> readable;
    for (const auto& [position, subject] : forgotten) {
        const auto seed = log.vault(vault_key(subject));
        if (!seed) return std::unexpected(seed.error());
        if (*seed) readable.insert(subject);
    }
    return readable;
}

std::expected<void, Fault> forget_again(Log& log, const Keys& keys,
                                        const std::set<Subject>& subjects) {
    const auto accounts = accounts_of(log, subjects);
    if (!accounts) return std::unexpected(accounts.error());
    SystemDesk desk{log, keys};
    // Accounts before users, for an owner is not deleted, and before what goes with them.
    for (const auto kind : {SubjectKind::account, SubjectKind::user, SubjectKind::admin,
                            SubjectKind::ticket, SubjectKind::contact}) {
        for (const auto& subject : subjects) {
            if (subject.kind == kind) (void)delete_again(desk, subject, *accounts);
        }
    }
    for (const auto& subject : subjects) {
        const auto seed = log.vault(vault_key(subject));
        if (!seed) return std::unexpected(seed.error());
        if (*seed && !erase_key(desk, subject)) {
            return std::unexpected(desk.fault().value_or(
                Fault{Fault::Kind::unavailable, "the log took nothing more"}));
        }
    }
    if (const auto fault = desk.fault()) return std::unexpected(*fault);
    return {};
}

}  // namespace muster::tools
