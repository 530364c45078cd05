#include "tests/handlers/desk.hpp"

namespace muster::desk {
namespace {

// Whether the state before an event allows it: what the deciding saw must have been so.
struct Allowed {
    const World& world;

    const Account& account(AccountId id) const {
        static const Account none{};
        const auto found = world.accounts.find(id);
        return found == world.accounts.end() ? none : found->second;
    }
    bool associated(AccountId id, UserId user) const { return account(id).users.contains(user); }
    bool present(UserId id) const {
        const auto found = world.users.find(id);
        return found != world.users.end() && found->second.present();
    }
    bool taken(const EmailKey& key) const {
        const auto found = world.holders.find(key);
        return found != world.holders.end() && found->second.user;
    }
    bool pending(AccountId id, InvitationId invitation) const {
        const auto& all = account(id).invitations;
        const auto found = all.find(invitation);
        return found != all.end() && found->second.status == Invitation::Status::pending;
    }

    MailStatus status(MailId id) const {
        const auto found = world.mails.find(id);
        return found == world.mails.end() ? MailStatus::pending : found->second.status;
    }
    bool unsent(MailId id) const { return status(id) != MailStatus::sent; }
    bool dead(MailId id) const { return status(id) == MailStatus::dead; }

    bool operator()(const UserRegistered& e) const {
        return !world.users.contains(e.user) && (!e.address || !taken(*e.address));
    }
    bool operator()(const EmailChanged& e) const {
        return present(e.user) && world.users.at(e.user).address == e.released &&
               (e.released == e.taken || !taken(e.taken));
    }
    bool operator()(const PasswordChanged& e) const {
        return present(e.user) && world.users.at(e.user).password + 1 == e.password;
    }
    bool operator()(const UserDeleted& e) const {
        return present(e.user) && world.users.at(e.user).accounts.empty() &&
               world.users.at(e.user).sessions.empty();
    }
    bool operator()(const AccountOpened& e) const {
        return !world.accounts.contains(e.account) && present(e.owner);
    }
    bool operator()(const AccountDeleted& e) const {
        return account(e.account).exists() && e.users.size() == account(e.account).users.size();
    }
    bool operator()(const UserInvited& e) const {
        return account(e.account).open() && !account(e.account).pending.contains(e.address.key);
    }
    bool operator()(const InvitationResent& e) const { return pending(e.account, e.invitation); }
    bool operator()(const InvitationCancelled& e) const { return pending(e.account, e.invitation); }
    bool operator()(const InvitationForgotten& e) const {
        return !account(e.account).exists() ||
               (account(e.account).invitations.contains(e.invitation) &&
                !pending(e.account, e.invitation));
    }
    bool operator()(const ContactAdded& e) const { return account(e.account).exists(); }
    bool operator()(const ContactChanged& e) const {
        return account(e.account).contacts.contains(e.contact);
    }
    bool operator()(const ContactMailChosen& e) const {
        return account(e.account).contacts.contains(e.contact);
    }
    bool operator()(const ContactRemoved& e) const {
        return account(e.account).contacts.contains(e.contact);
    }
    bool operator()(const OrderPlaced& e) const {
        return account(e.account).open() && associated(e.account, e.user.key);
    }
    bool has_ticket(TicketId id) const {
        const auto found = world.tickets.find(id);
        return found != world.tickets.end() && found->second.present();
    }
    bool operator()(const TicketOpened& e) const {
        return !world.tickets.contains(e.ticket) && (!e.account || account(*e.account).open());
    }
    bool operator()(const TicketReplied& e) const {
        return has_ticket(e.ticket) && world.tickets.at(e.ticket).replies + 1 == e.reply.number;
    }
    bool operator()(const TicketClosed& e) const { return has_ticket(e.ticket); }
    bool operator()(const TicketDeleted& e) const {
        return has_ticket(e.ticket) &&
               (!e.account || account(*e.account).tickets.contains(e.ticket));
    }
    bool operator()(const AssociationGranted& e) const {
        return account(e.account).exists() && present(e.user) && !associated(e.account, e.user) &&
               (!e.invitation || pending(e.account, *e.invitation));
    }
    bool operator()(const PermissionsSet& e) const {
        return associated(e.account, e.user) && account(e.account).owner != e.user;
    }
    bool operator()(const AssociationEnded& e) const {
        return associated(e.account, e.user) && account(e.account).owner != e.user;
    }
    bool operator()(const OwnershipTransferred& e) const {
        return account(e.account).owner == e.from && associated(e.account, e.to);
    }
    bool operator()(const SessionStarted& e) const {
        return !world.sessions.contains(e.session) && present(e.user);
    }
    bool operator()(const AdminSessionStarted& e) const {
        return !world.sessions.contains(e.session);
    }
    bool operator()(const MailSent& e) const { return unsent(e.mail); }
    bool operator()(const MailAttemptFailed& e) const { return unsent(e.mail) && !dead(e.mail); }
    bool operator()(const MailGivenUp& e) const { return unsent(e.mail) && !dead(e.mail); }
    bool operator()(const MailRequeued& e) const {
        return world.mails.contains(e.mail) && unsent(e.mail);
    }
    bool operator()(const auto&) const { return true; }
};

}  // namespace

World fold(const Log& log, Keyring* keyring) {
    World world;
    std::uint64_t position = 0;
    Time latest;
    const auto read = log.read({}, SIZE_MAX, [&](const Stored& stored) {
        auto record = decode(stored.bytes, keyring);
        if (!record) {
            ADD_FAILURE() << record.error().message;
            return false;
        }
        EXPECT_EQ(record->position.number, ++position);
        EXPECT_GE(record->time, latest);
        latest = record->time;
        for (const auto& [stream, version] : record->streams)
            EXPECT_EQ(version, ++world.versions[stream]) << to_text(stream);
        EXPECT_TRUE(std::visit(Allowed{world}, record->event))
            << "position " << position << ": " << shown({record->event});
        world.fold(record->event);
        world.records.push_back(std::move(*record));
        return true;
    });
    EXPECT_TRUE(read.has_value());
    return world;
}

void expect_sound(const World& world) {
    for (const auto& [id, account] : world.accounts) {
        if (!account.exists()) continue;
        // Rules E4, E5, E17.
        EXPECT_TRUE(account.users.contains(account.owner)) << "account " << id.number;
        EXPECT_EQ(account.users.at(account.owner), Permissions::all()) << "account " << id.number;
        for (const auto& [user, permissions] : account.users) {
            EXPECT_FALSE(permissions.empty());
            const auto& accounts = world.users.at(user).accounts;
            ASSERT_TRUE(accounts.contains(id)) << "user " << user.number;
            EXPECT_EQ(accounts.at(id) == Tie::owner, user == account.owner);
        }
        for (const auto& [address, invitation] : account.pending)
            EXPECT_EQ(account.invitations.at(invitation).address, address);
    }
    for (const auto& [id, user] : world.users) {
        if (user.address) {
            EXPECT_EQ(world.holders.at(*user.address).user, id);  // Rule E13.
        }
        for (const auto& [account, tie] : user.accounts)
            EXPECT_TRUE(world.accounts.at(account).users.contains(id)) << "user " << id.number;
        for (const auto& [session, expires_at] : user.sessions)
            EXPECT_FALSE(world.sessions.at(session).ended);
    }
    for (const auto& [key, holder] : world.holders) {
        if (holder.user) {
            EXPECT_EQ(world.users.at(holder.user).address, key);
        }
    }
}

}  // namespace muster::desk
