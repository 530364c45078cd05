// A log in which things happen, and the views over it: what the tests of the views are told in.
#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "events/memory_log.hpp"
#include "projections/accounts.hpp"
#include "projections/activity.hpp"
#include "projections/associations.hpp"
#include "projections/contacts.hpp"
#include "projections/invitations.hpp"
#include "projections/orders.hpp"
#include "projections/outbox.hpp"
#include "projections/rebuild.hpp"
#include "projections/sessions.hpp"
#include "projections/settings.hpp"
#include "projections/staff.hpp"
#include "projections/standing.hpp"
#include "projections/tickets.hpp"
#include "projections/users.hpp"

namespace muster::views::test {

using namespace std::chrono_literals;

inline constexpr UserId ada{1}, bob{2}, eve{3};
inline constexpr AccountId acme{7}, initech{8};
inline constexpr AdminId root{1};
inline constexpr InvitationId letter{11};
inline constexpr SessionId evening{21}, morning{22};
inline constexpr Time noon{1'700'000'000'000};

inline Actor by(UserId user) { return {ActorKind::user, user.number, std::nullopt}; }
inline Actor by(AdminId admin) { return {ActorKind::admin, admin.number, std::nullopt}; }
inline Actor by_system() { return {}; }

// New people and accounts have keys of their own.
class Seeds {
public:
    void sow(const Event& event, Keyring& keyring, Commit& commit) {
        if (const auto* e = std::get_if<UserRegistered>(&event)) sow(e->user, keyring, commit);
        if (const auto* e = std::get_if<AccountOpened>(&event)) sow(e->account, keyring, commit);
        if (const auto* e = std::get_if<UserInvited>(&event)) sow(e->invitation, keyring, commit);
        if (const auto* e = std::get_if<AdminCreated>(&event)) sow(e->admin, keyring, commit);
        if (const auto* e = std::get_if<ContactAdded>(&event)) sow(e->contact, keyring, commit);
        if (const auto* e = std::get_if<TicketOpened>(&event)) sow(e->ticket, keyring, commit);
    }

private:
    void sow(auto id, Keyring& keyring, Commit& commit) {
        const auto subject = subject_of(id);
        const auto seed = random_bytes<Seed>();
        keyring.remember(subject, seed);
        commit.vault.push_back({vault_key(subject), std::string{as_text(seed)}});
    }
};

class World {
public:
    World() : store(ViewStore::temporary().value()) {}

    // One commit of these events; afterwards the views have seen it.
    void happens(const Actor& actor, Time time, const Events& events) {
        append(actor, time, events);
        ASSERT_TRUE(catch_up(log, keyring, *store));
    }
    void append(const Actor& actor, Time time, const Events& events) {
        Commit commit;
        commit.time = time;
        for (const auto& event : events) {
            seeds.sow(event, keyring, commit);
            commit.events.push_back(draft(event, {time, actor, caller, {}}, keyring).value());
        }
        const auto outcomes = log.append(std::span{&commit, 1});
        ASSERT_TRUE(outcomes && std::holds_alternative<Recorded>(outcomes->front()));
    }
    Reading now() const { return store->now(); }
    std::vector<Difference> differences() {
        auto fresh = ViewStore::temporary().value();
        return compare(log, keyring, *store, *fresh).value();
    }

    MemoryLog log;
    Keys keys{Key{1, 2, 3}};
    Keyring keyring{log, keys};
    Seeds seeds;
    std::string caller{"\xc0\x00\x02\x01", 4};
    std::unique_ptr<ViewStore> store;
};

inline UserRegistered registered(UserId user, const std::string& first, const std::string& last,
                                 const std::string& email) {
    EmailKey key{};
    key.bytes[0] = static_cast<std::uint8_t>(user.number);
    key.bytes[1] = static_cast<std::uint8_t>(user.number >> 8);
    return {user, key, {Person{first, last, email}}, "en", 1};
}
inline AccountOpened opened(AccountId account, UserId owner, const std::string& company) {
    Profile profile;
    profile.company_name = company;
    profile.notes = "pays late";
    return {account, owner, {profile}};
}
inline UserInvited invited(InvitationId invitation, AccountId account, const std::string& email,
                           Time at) {
    return {account, invitation, {}, {Address{email}}, {Permission::invoices}, at + 24h * 7};
}
inline SessionStarted started(SessionId session, UserId user, std::optional<AccountId> account,
                              Time at) {
    std::optional<Mention<AccountId>> mention;
    if (account) mention = Mention<AccountId>{*account};
    return {session, user, mention, {Client{"curl"}}, at + 24h};
}

// Ada owns Acme and Initech; Bob was invited to Acme and accepted.
inline void story(World& world) {
    const AdminCreated made{
        root, {}, {StaffMember{"Root", "root@example.com"}}, Role::administrator, 1};
    world.happens(by_system(), noon, {made});
    world.happens(
        by(ada), noon + 1min,
        {registered(ada, "Ada", "Lovelace", "ada@example.com"), opened(acme, ada, "Acme")});
    world.happens(by(ada), noon + 2min, {opened(initech, ada, "Initech")});
    world.happens(by(ada), noon + 3min, {invited(letter, acme, "bob@example.com", noon + 3min)});
    world.happens(by(bob), noon + 4min,
                  {registered(bob, "Bob", "Stone", "bob@example.org"),
                   AssociationGranted{acme, bob, {Permission::invoices}, letter}});
}

}  // namespace muster::views::test
