#include "tools/audit_domain.hpp"

#include <array>
#include <map>

#include "aggregates/evolve.hpp"

namespace muster::tools {
namespace {

template <class Map, class Key>
auto* found_in(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

// Folds into a state that is there, or that the event makes; nothing else comes to be by it.
template <class Made, class Map, class Key>
void fold_into(Map& map, const Key& key, const Event& event) {
    auto found = map.find(key);
    if (found == map.end()) {
        if (!Made{}(event)) return;
        found = map.try_emplace(key).first;
        found->second.id = key;
    }
    evolve(found->second, event);
}

void drop_personal(Account& account) {
    account.profile.value.reset();
    for (auto& [id, contact] : account.contacts)
        contact.profile.value.reset();
}

template <class... E>
struct MadeBy {
    bool operator()(const Event& event) const { return (std::holds_alternative<E>(event) || ...); }
};

}  // namespace

bool NumbersSeen::insert(std::uint64_t number) {
    auto bit = pages_[number / page][number % page];
    if (number == 0 || bit) return false;
    bit = true;
    highest_ = std::max(highest_, number);
    return true;
}

bool NumbersSeen::contains(std::uint64_t number) const {
    const auto found = pages_.find(number / page);
    return found != pages_.end() && found->second[number % page];
}

const User* World::user(UserId id) const { return found_in(users, id); }
const Account* World::account(AccountId id) const { return found_in(accounts, id); }
const Session* World::session(SessionId id) const { return found_in(sessions, id); }
const Mail* World::mail(MailId id) const { return found_in(mails, id); }
const Invitation* World::invitation(AccountId id, InvitationId invitation) const {
    const auto* state = account(id);
    return state == nullptr ? nullptr : found_in(state->invitations, invitation);
}
const Contact* World::contact(AccountId id, ContactId contact) const {
    const auto* state = account(id);
    return state == nullptr ? nullptr : found_in(state->contacts, contact);
}
const Ticket* World::ticket(TicketId id) const { return found_in(tickets, id); }
UserId World::holder(const EmailKey& key) const {
    const auto* state = found_in(holders, key);
    return state == nullptr ? UserId{} : state->user;
}
bool World::associated(AccountId id, UserId user) const {
    const auto* state = account(id);
    return state != nullptr && state->users.contains(user);
}

// --- Event by event

void DomainAudit::judge(const Record& record) {
    const auto tell = [&](std::string_view wrong) {
        findings_.add(record.position, fmt::format("{}: {}", type_of(record.event).name, wrong));
    };
    if (const auto wrong = judge_event(record.event, world_); !wrong.empty()) tell(wrong);
    if (!addresses_fit(record.event, keys_)) tell("the address is not that of its key (E14)");
    note_mail(record);
    fold(record);
    check_actor(record);
}

// What asks for a mail is where the mail's number comes from.
void DomainAudit::note_mail(const Record& record) {
    std::visit(
        [&]<class E>(const E&) {
            if constexpr (AsksForMail<E>) world_.mails_asked_for.insert(record.position.number);
        },
        record.event);
}

void DomainAudit::fold(const Record& record) {
    for (const auto& [stream, version] : record.streams)
        fold_stream(stream, record.event);
    if (const auto* e = std::get_if<UserDeleted>(&record.event)) world_.users.erase(e->user);
    if (const auto* e = std::get_if<AccountDeleted>(&record.event))
        world_.accounts.erase(e->account);
    if (const auto* e = std::get_if<ContactAdded>(&record.event))
        world_.contacts[e->contact] = e->account;
    if (const auto* e = std::get_if<ContactRemoved>(&record.event))
        world_.contacts.erase(e->contact);
    if (const auto* e = std::get_if<TicketDeleted>(&record.event)) world_.tickets.erase(e->ticket);
    if (const auto* e = std::get_if<SessionEnded>(&record.event)) world_.sessions.erase(e->session);
    if (const auto* e = std::get_if<AdminSessionEnded>(&record.event))
        world_.sessions.erase(e->session);
    if (const auto* e = std::get_if<MailSent>(&record.event)) {
        world_.mails.erase(e->mail);
        world_.mails_sent.insert(e->mail.number);
    }
}

void DomainAudit::fold_stream(const StreamId& stream, const Event& event) {
    switch (stream.kind) {
        case StreamKind::user: {
            const UserId id{stream.low};
            fold_into<MadeBy<UserRegistered>>(world_.users, id, event);
            if (const auto found = world_.users.find(id); found != world_.users.end())
                found->second.person.value.reset();
            return;
        }
        case StreamKind::account: {
            const AccountId id{stream.low};
            fold_into<MadeBy<AccountOpened>>(world_.accounts, id, event);
            if (const auto found = world_.accounts.find(id); found != world_.accounts.end())
                drop_personal(found->second);
            return;
        }
        case StreamKind::email: {
            const auto key = email_key_of(stream);
            fold_into<MadeBy<UserRegistered, EmailChanged>>(world_.holders, key, event);
            if (!world_.holder(key)) world_.holders.erase(key);
            return;
        }
        case StreamKind::session:
            return fold_into<MadeBy<SessionStarted, AdminSessionStarted, ImpersonationStarted>>(
                world_.sessions, SessionId{stream.low}, event);
        case StreamKind::staff:
            return evolve(world_.staff, event);
        case StreamKind::settings:
            return evolve(world_.settings, event);
        case StreamKind::attempts:
            return;  // A count, which nothing else rests on.
        case StreamKind::mail:
            return fold_into<MadeBy<MailSent, MailAttemptFailed, MailGivenUp>>(
                world_.mails, MailId{stream.low}, event);
        case StreamKind::ticket:
            return fold_into<MadeBy<TicketOpened>>(world_.tickets, TicketId{stream.low}, event);
        case StreamKind::legacy:
            return;  // That it was imported: seen once, it may not be seen again.
    }
}

// Whoever did it is, or was, somebody. Rule X9.
void DomainAudit::check_actor(const Record& record) {
    const auto& actor = record.actor;
    const auto known = [&] {
        switch (actor.kind) {
            case ActorKind::system:
                return actor.number == 0;
            case ActorKind::admin:
                return world_.seen_admins.contains(actor.number);
            case ActorKind::user:
                return world_.seen_users.contains(actor.number);
            case ActorKind::api_key:
                return world_.seen_api_keys.contains(actor.number);
        }
        return false;
    }();
    if (!known || (actor.on_behalf_of && !world_.seen_users.contains(actor.on_behalf_of->number)))
        findings_.add(record.position, "whoever did it never was");
}

// --- The whole at the end

void DomainAudit::finish(Log& log) {
    for (const auto& [id, account] : world_.accounts) {
        check_account(id, account);
        check_invitations(id, account);
        check_belongings(id, account);
    }
    for (const auto& [id, user] : world_.users)
        check_user(id, user);
    check_others();
    check_numbers(log);
}

void DomainAudit::check_account(AccountId id, const Account& account) {
    const auto tell = [&](std::string what) {
        findings_.add(to_text(stream_of(id)), std::move(what));
    };
    const auto owner = account.users.find(account.owner);
    if (owner == account.users.end()) {
        tell("its owner is not among its users (E4, E17)");
    } else if (owner->second != Permissions::all()) {
        tell("its owner lacks permissions (E5)");
    }
    for (const auto& [user, permissions] : account.users) {
        const auto* state = world_.user(user);
        if (state == nullptr) {
            tell(fmt::format("user {} has access and is deleted (X5)", user.number));
            continue;
        }
        if (permissions.empty()) tell(fmt::format("user {} has no permission (P5)", user.number));
        const auto tie = state->accounts.find(id);
        if (tie == state->accounts.end()) {
            tell(fmt::format("user {} does not know of the access", user.number));
        } else if ((tie->second == Tie::owner) != (user == account.owner)) {
            tell(fmt::format("it and user {} differ about the owner (E4)", user.number));
        }
    }
}

void DomainAudit::check_invitations(AccountId id, const Account& account) {
    const auto tell = [&](std::string what) {
        findings_.add(to_text(stream_of(id)), std::move(what));
    };
    std::size_t pending = 0;
    for (const auto& [number, invitation] : account.invitations) {
        if (invitation.status != Invitation::Status::pending) continue;
        ++pending;
        const auto found = account.pending.find(invitation.address);
        if (found == account.pending.end() || found->second != number) {
            tell(fmt::format("invitation {} is not the pending one of its address (I21)",
                             number.number));
        }
    }
    if (pending != account.pending.size()) tell("it has pending invitations that are none (I21)");
    if (pending != 0 && !account.open()) tell("it is closed and has pending invitations (I26)");
}

// Contacts and tickets, from the account's side.
void DomainAudit::check_belongings(AccountId id, const Account& account) {
    const auto tell = [&](std::string what) {
        findings_.add(to_text(stream_of(id)), std::move(what));
    };
    for (const auto& [contact, details] : account.contacts) {
        if (const auto* owner = found_in(world_.contacts, contact);
            owner == nullptr || *owner != id)
            tell(fmt::format("contact {} is not the account's (E1)", contact.number));
    }
    for (const auto ticket : account.tickets) {
        const auto* state = world_.ticket(ticket);
        if (state == nullptr || state->account != id)
            tell(fmt::format("ticket {} is not the account's (E1)", ticket.number));
    }
}

void DomainAudit::check_user(UserId id, const User& user) {
    const auto tell = [&](std::string what) {
        findings_.add(to_text(stream_of(id)), std::move(what));
    };
    if (user.address && world_.holder(*user.address) != id)
        tell("the user's address is held by somebody else (E13)");
    if (!user.address && !user.imported) tell("the user has no address and was not imported (E2)");
    if (user.has_question && user.security_answer == 0 && !user.imported)
        tell("the user's question has no answer and was not imported (M2)");
    for (const auto& [account, tie] : user.accounts) {
        if (!world_.associated(account, id))
            tell(fmt::format("account {} does not have the user (X6)", account.number));
    }
    for (const auto& [session, expires_at] : user.sessions) {
        const auto* state = world_.session(session);
        if (state == nullptr || state->user != id)
            tell(fmt::format("session {} is not the user's", session.number));
    }
}

void DomainAudit::check_others() {
    for (const auto& [key, holder] : world_.holders) {
        const auto* user = world_.user(holder.user);
        if (user == nullptr || user->address != key)
            findings_.add(to_text(stream_of(key)), "its holder does not have the address (E13)");
    }
    for (const auto& [id, session] : world_.sessions) {
        if (!world_.seen_users.contains(session.user.number) &&
            !world_.seen_admins.contains(session.admin.number)) {
            findings_.add(to_text(stream_of(id)), "nobody is signed in by it");
        }
    }
    for (const auto& [id, account] : world_.contacts) {
        if (world_.contact(account, id) == nullptr)
            findings_.add(fmt::format("contact {}", id.number),
                          "its account does not have it (E1)");
    }
    for (const auto& [id, ticket] : world_.tickets) {
        const auto* account = ticket.account ? world_.account(*ticket.account) : nullptr;
        if (ticket.account && (account == nullptr || !account->tickets.contains(id)))
            findings_.add(to_text(stream_of(id)), "its account does not have it (E1)");
    }
    std::map<EmailKey, AdminId> admins;
    for (const auto& [id, admin] : world_.staff.admins) {
        if (!admins.emplace(admin.address, id).second)
            findings_.add("staff", fmt::format("admin {} has another's address", id.number));
    }
}

// Drawing changes nothing that is stored.
void DomainAudit::check_numbers(Log& log) {
    const std::array<std::pair<Sequence, const NumbersSeen*>, 9> sequences{{
        {Sequence::user, &world_.seen_users},
        {Sequence::account, &world_.seen_accounts},
        {Sequence::invitation, &world_.seen_invitations},
        {Sequence::session, &world_.seen_sessions},
        {Sequence::admin, &world_.seen_admins},
        {Sequence::api_key, &world_.seen_api_keys},
        {Sequence::contact, &world_.seen_contacts},
        {Sequence::order, &world_.seen_orders},
        {Sequence::ticket, &world_.seen_tickets},
    }};
    for (const auto& [sequence, seen] : sequences) {
        const auto next = log.draw(sequence, 1);
        if (!next || *next <= seen->highest()) {
            findings_.add("the sequences",
                          fmt::format("number {} of sequence {} would be handed out again",
                                      seen->highest(), static_cast<unsigned>(sequence)));
        }
    }
}

}  // namespace muster::tools
