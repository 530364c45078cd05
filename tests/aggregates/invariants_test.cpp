// Whatever people do, in whatever order, some things are always so. Made-up commands over a few
// users, accounts and invitations, as they come to the handlers; what must hold is looked at after
// each of them. MUSTER_LONG_TESTS makes the stories longer.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::invariants_test {

using namespace people;
using given::World, given::decide;

// Numbers that a chapter of a story is made from: which command, and what with.
using Dice = std::array<unsigned, 6>;

const std::vector<std::string> emails{adas_email, bobs_email, eves_email, new_email};
const std::vector<EmailKey> addresses{adas_address, bobs_address, eves_address, new_address};

// A command, and what it may move.
struct Chapter {
    std::string name;
    std::function<Decision(const World&)> decide;
    enum class Again : std::uint8_t { so_already, whatever } again = Again::whatever;
    std::set<AccountId> accounts{};
    std::set<UserId> users{};
    std::set<EmailKey> addresses{};
};

// --- What must always hold. Each throws with a sentence where it does not.

void owners_own(const World& world) {  // Rules E4, E5, E17.
    for (const auto& [id, account] : world.accounts) {
        if (!account.exists()) {
            RC_ASSERT(account.users.empty() && account.pending.empty() && !account.owner);
            continue;
        }
        const auto found = account.users.find(account.owner);
        RC_ASSERT(found != account.users.end());
        RC_ASSERT(found->second == everything);
        const auto owners = std::ranges::count_if(world.users, [&](const auto& each) {
            const auto tie = each.second.accounts.find(id);
            return tie != each.second.accounts.end() && tie->second == Tie::owner;
        });
        RC_ASSERT(owners == 1);
    }
}

void associations_have_two_sides(const World& world) {  // Rules E4, E6, X5, X8.
    for (const auto& [id, account] : world.accounts) {
        for (const auto& [user, permissions] : account.users) {
            RC_ASSERT(world.seen(user).present());
            RC_ASSERT(world.seen(user).accounts.contains(id));
            RC_ASSERT(!permissions.empty());  // Rules P5, I22.
            RC_ASSERT(!account.former.contains(user));
        }
    }
    for (const auto& [id, user] : world.users) {
        RC_ASSERT(user.present() || user.accounts.empty());
        for (const auto& [account, tie] : user.accounts) {
            RC_ASSERT(world.seen(account).exists());
            RC_ASSERT(world.seen(account).users.contains(id));
            RC_ASSERT((tie == Tie::owner) == (world.seen(account).owner == id));
        }
    }
}

void addresses_are_unique(const World& world) {  // Rules E10, E13, X10.
    for (const auto& [id, user] : world.users) {
        RC_ASSERT(user.present() == user.address.has_value());
        if (user.address) RC_ASSERT(world.seen(*user.address).user == id);
    }
    for (const auto& [key, holder] : world.holders) {
        if (!holder.user) continue;
        RC_ASSERT(world.seen(holder.user).present());
        RC_ASSERT(world.seen(holder.user).address == key);
    }
}

void one_invitation_waits_for_an_address(const World& world) {  // Rules I21, I26.
    for (const auto& [id, account] : world.accounts) {
        std::map<EmailKey, InvitationId> waiting;
        for (const auto& [number, invitation] : account.invitations) {
            if (invitation.status != Invitation::Status::pending) continue;
            RC_ASSERT(waiting.emplace(invitation.address, number).second);
            RC_ASSERT(account.open());
            RC_ASSERT(!invitation.accepted_by);
        }
        RC_ASSERT(waiting == account.pending);
    }
}

void sessions_have_two_sides(const World& world) {  // Rules L18, X1.
    for (const auto& [id, user] : world.users) {
        RC_ASSERT(user.present() || user.sessions.empty());
        for (const auto& [session, expires_at] : user.sessions) {
            RC_ASSERT(!world.seen(session).ended);
            RC_ASSERT(world.seen(session).user == id);
            RC_ASSERT(world.seen(session).expires_at == expires_at);
        }
    }
}

void belongings_have_two_sides(const World& world) {  // Rule E11.
    for (const auto& [id, account] : world.accounts) {
        RC_ASSERT(account.exists() || (account.contacts.empty() && account.tickets.empty()));
        for (const auto& [contact, details] : account.contacts)
            RC_ASSERT(!account.former_contacts.contains(contact));
        for (const auto ticket : account.tickets) {
            RC_ASSERT(world.seen(ticket).present());
            RC_ASSERT(world.seen(ticket).account == id);
        }
    }
    for (const auto& [id, ticket] : world.tickets) {
        if (!ticket.account) continue;
        RC_ASSERT(ticket.present() == world.seen(*ticket.account).tickets.contains(id));
    }
}

void everything_holds(const World& world, Time now) {
    owners_own(world);
    associations_have_two_sides(world);
    addresses_are_unique(world);
    one_invitation_waits_for_an_address(world);
    sessions_have_two_sides(world);
    belongings_have_two_sides(world);
    for (const auto& [id, session] : world.sessions) {
        if (!session.user || !session.live(now)) continue;
        RC_ASSERT(world.seen(session.user).sessions.contains(id));
    }
}

// Nothing moved but what the command is about.
void the_rest_stayed(const World& before, const World& now, const Chapter& chapter) {
    using testing::PrintToString;
    for (const auto& [id, account] : before.accounts) {
        if (!chapter.accounts.contains(id))
            RC_ASSERT(PrintToString(now.seen(id)) == PrintToString(account));
        for (const auto& [user, permissions] : account.users) {
            if (chapter.accounts.contains(id) && chapter.users.contains(user)) continue;
            const auto users = now.seen(id).users;
            RC_ASSERT(users.contains(user));
            RC_ASSERT(users.at(user) == permissions);
        }
    }
    for (const auto& [id, user] : before.users) {
        if (!chapter.users.contains(id))
            RC_ASSERT(PrintToString(now.seen(id)) == PrintToString(user));
    }
    for (const auto& [key, holder] : before.holders) {
        if (!chapter.addresses.contains(key)) RC_ASSERT(now.seen(key).user == holder.user);
    }
}

// --- The story.

class Story {
public:
    Story() {
        for (const Event& event : Events{ada_registered, bob_registered, eve_registered,
                                         acme_opened, globex_opened, bob_joined}) {
            world_.fold(event);
            events_.push_back(event);
        }
    }
    void tell(const std::vector<Dice>& chapters) {
        for (const auto& dice : chapters)
            happen(next(dice));
        retell();
    }

private:
    void happen(const Chapter& chapter) {
        const auto decision = chapter.decide(world_);
        RC_LOG(chapter.name +
               (decision ? ": " + testing::PrintToString(*decision)
                         : ", but " + std::string(decision.error().code)) +
               '\n');
        if (!decision) return;
        const auto before = world_;
        for (const auto& event : *decision) {
            world_.fold(event);
            events_.push_back(event);
        }
        everything_holds(world_, now_);
        the_rest_stayed(before, world_, chapter);
        if (chapter.again == Chapter::Again::so_already) {
            const auto again = chapter.decide(world_);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->empty());
        }
    }

    // What was recorded is all that there is to know.
    void retell() const {
        World anew;
        for (const auto& event : events_)
            anew.fold(event);
        the_rest_stayed(world_, anew, {});
    }

    // Ids are handed out in sequence; the one after the last is unknown, and seldom meant.
    static std::uint64_t one_before(std::uint64_t next, unsigned die) {
        return die % 16 == 0 || next == 1 ? next : 1 + die / 16 % (next - 1);
    }
    UserId next_user() const { return {world_.users.size() + 1}; }
    AccountId next_account() const { return {world_.accounts.size() + 1}; }
    SessionId next_session() const { return {world_.sessions.size() + 1}; }
    UserId user(unsigned die) const { return {one_before(next_user().number, die)}; }
    AccountId account(unsigned die) const { return {one_before(next_account().number, die)}; }
    SessionId session(unsigned die) const { return {one_before(next_session().number, die)}; }

    // Mostly one of the account's own.
    UserId user_of(AccountId id, unsigned die) const {
        const auto users = world_.seen(id).users;
        if (users.empty() || die % 4 == 0) return user(die / 4);
        return std::next(users.begin(), die / 4 % std::ssize(users))->first;
    }
    InvitationId invitation_of(AccountId id, unsigned die) const {
        const auto invitations = world_.seen(id).invitations;
        if (invitations.empty() || die % 8 == 0) return {die / 8 % (invitations_ + 1) + 1};
        return std::prev(invitations.end(), 1 + die / 8 % std::min(3L, std::ssize(invitations)))
            ->first;
    }
    static Permissions permissions(unsigned die) {
        if (die % 5 == 0) return everything;
        return Permissions::from_bits(die % 8).value();
    }
    std::set<AccountId> accounts_of(UserId id) const {
        std::set<AccountId> accounts;
        for (const auto& [account, tie] : world_.seen(id).accounts)
            accounts.insert(account);
        return accounts;
    }

    // The handlers ask only those who are there: a session that is live, a user who is.
    Chapter next(const Dice& dice) {
        const auto [kind, a, b, c, d, e] = dice;
        switch (kind % 27) {
            case 0:
            case 1:
                return registers(a, b);
            case 2:
                return opens(user(a), b);
            case 3:
                return moves(user(a), b, c);
            case 4:
                return changes_password(user(a), b, session(c));
            case 5:
                return b % 4 == 0 ? is_deleted(user(a)) : time_passes(b);
            case 6:
            case 7:
                return invites(account(a), b, permissions(c));
            case 8:
                return resends(account(a), b);
            case 9:
                return cancels(account(a), b);
            case 10:
            case 11:
                return accepts(account(a), user(b), c, d);
            case 12:
                return associates(account(a), user(b), permissions(c));
            case 13:
                return associates_a_new_one(account(a), b, permissions(c));
            case 14:
                return sets(account(a), b, permissions(c));
            case 15:
                return removes(account(a), b);
            case 16:
                return leaves(account(a), b);
            case 17:
                return transfers(account(a), b);
            case 18:
                return becomes(account(a), b);
            case 19:
                return e % 6 == 0 ? is_deleted(account(a), b) : time_passes(a);
            case 20:
                return signs_in(user(a), b);
            case 21:
                return adds_a_contact(account(a), b);
            case 22:
                return removes_a_contact(account(a), b);
            case 23:
                return orders(account(a), b);
            case 24:
                return b % 4 == 0 ? closes(ticket(a)) : replies(ticket(a), b);
            case 25:
                return opens_a_ticket(account(a), b);
            default:
                return b % 2 == 0 ? signs_out(session(a)) : chooses(session(a), account(c));
        }
    }

    Chapter registers(unsigned email, unsigned password) {
        const auto n = email % emails.size();
        const auto id = next_user();
        const RegisterUser command{id, addresses[n], {"A", "B", emails[n]}, "en", password % 2};
        return {.name = "registers",
                .decide = [=](const World& w) { return decide(w, addresses[n], command); },
                .users = {id},
                .addresses = {addresses[n]}};
    }
    Chapter opens(UserId owner, unsigned rarely) {
        const auto there = std::ranges::count_if(
            world_.accounts, [](const auto& each) { return each.second.exists(); });
        if (there > 2 && rarely % 8 != 0) return time_passes(rarely);
        const auto id = next_account();
        return {.name = "opens",
                .decide = [=](const World& w) { return decide(w, owner, OpenAccount{id, {}}); },
                .accounts = {id},
                .users = {owner}};
    }
    Chapter moves(UserId id, unsigned email, unsigned spelling) {
        const auto n = email % emails.size();
        UpdateUser command;
        command.email = spelling % 2 == 0 ? emails[n] : "E" + emails[n].substr(1);
        command.address = addresses[n];
        command.proof = {Proof::Kind::staff};
        Chapter chapter{
            .name = "moves",
            .decide = [=](const World& w) { return decide(w, id, addresses[n], command); },
            .again = Chapter::Again::so_already,
            .users = {id},
            .addresses = {addresses[n]}};
        if (const auto old = world_.seen(id).address) chapter.addresses.insert(*old);
        return chapter;
    }
    Chapter changes_password(UserId id, unsigned number, SessionId keep) {
        const ChangePassword command{{Proof::Kind::password, number % 3}, keep};
        return {.name = "changes the password",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .users = {id}};
    }
    Chapter is_deleted(UserId id) {
        Chapter chapter{.name = "is deleted",
                        .decide = [=](const World& w) { return decide(w, id, DeleteUser{}); },
                        .again = Chapter::Again::so_already,
                        .accounts = accounts_of(id),
                        .users = {id}};
        if (const auto old = world_.seen(id).address) chapter.addresses.insert(*old);
        return chapter;
    }
    Chapter invites(AccountId id, unsigned email, Permissions permissions) {
        const auto n = email % emails.size();
        const InviteUser command{{++invitations_}, addresses[n], emails[n], permissions, now_};
        return {.name = "invites",
                .decide = [=](const World& w) { return decide(w, id, addresses[n], command); },
                .accounts = {id}};
    }
    Chapter resends(AccountId id, unsigned which) {
        const ResendInvitation command{invitation_of(id, which), now_};
        return {.name = "resends",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .accounts = {id}};
    }
    Chapter cancels(AccountId id, unsigned which) {
        const CancelInvitation command{invitation_of(id, which)};
        return {.name = "cancels",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id}};
    }
    Chapter accepts(AccountId id, UserId user, unsigned which, unsigned link) {
        if (!world_.seen(user).present()) return time_passes(link);
        const auto invitation = invitation_of(id, which);
        const auto invitations = world_.seen(id).invitations;
        const auto found = invitations.find(invitation);
        const auto newest = found == invitations.end() ? 1 : found->second.link;
        const AcceptInvitation command{invitation, link % 4 == 0 ? 1 : newest, now_};
        return {.name = "accepts",
                .decide = [=](const World& w) { return decide(w, id, user, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {user}};
    }
    Chapter associates(AccountId id, UserId user, Permissions permissions) {
        const AssociateUser command{permissions};
        return {.name = "associates",
                .decide = [=](const World& w) { return decide(w, id, user, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {user}};
    }
    Chapter associates_a_new_one(AccountId id, unsigned email, Permissions permissions) {
        const auto n = email % emails.size();
        const RegisterUser person{next_user(), addresses[n], {"A", "B", emails[n]}, "en", 0};
        const AssociateUser command{permissions};
        return {
            .name = "associates a new user",
            .decide = [=](const World& w) { return decide(w, id, addresses[n], person, command); },
            .accounts = {id},
            .users = {person.user},
            .addresses = {addresses[n]}};
    }
    Chapter sets(AccountId id, unsigned which, Permissions permissions) {
        const auto user = user_of(id, which);
        const SetPermissions command{user, permissions};
        return {.name = "sets permissions",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {user}};
    }
    Chapter removes(AccountId id, unsigned which) {
        const auto user = user_of(id, which);
        const RemoveUser command{user};
        return {.name = "removes",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {user}};
    }
    Chapter leaves(AccountId id, unsigned which) {
        const auto user = user_of(id, which);
        const LeaveAccount command{user};
        return {.name = "leaves",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {user}};
    }
    Chapter transfers(AccountId id, unsigned which) {
        const auto to = user_of(id, which);
        const TransferOwnership command{to};
        return {.name = "transfers",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id},
                .users = {world_.seen(id).owner, to}};
    }
    Chapter becomes(AccountId id, unsigned status) {
        constexpr std::array statuses{AccountStatus::active, AccountStatus::inactive,
                                      AccountStatus::closed};
        const UpdateAccount command{{}, statuses[status % statuses.size()]};
        return {.name = "becomes",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id}};
    }
    Chapter is_deleted(AccountId id, unsigned users) {
        const DeleteAccount command{users % 2 == 0 ? DeleteAccount::Users::stay
                                                   : DeleteAccount::Users::go};
        Chapter chapter{.name = "is deleted with the users",
                        .decide = [=](const World& w) { return decide(w, id, command); },
                        .again = Chapter::Again::so_already,
                        .accounts = {id}};
        for (const auto& [user, permissions] : world_.seen(id).users) {
            chapter.users.insert(user);
            chapter.addresses.insert(world_.seen(user).address.value_or(EmailKey{}));
        }
        return chapter;
    }
    Chapter adds_a_contact(AccountId id, unsigned email) {
        const auto n = email % emails.size();
        const AddContact command{{++contacts_}, addresses[n], {}, {}};
        return {.name = "adds a contact",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .accounts = {id}};
    }
    Chapter removes_a_contact(AccountId id, unsigned which) {
        const RemoveContact command{{which % (contacts_ + 1) + 1}};
        return {.name = "removes a contact",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .again = Chapter::Again::so_already,
                .accounts = {id}};
    }
    Chapter orders(AccountId id, unsigned which) {
        const auto by = user_of(id, which);
        if (!world_.seen(id).users.contains(by)) return time_passes(which);
        const PlaceOrder command{
            {++orders_}, by, std::nullopt, std::nullopt, {{"Web space", Amount{}}}, "EUR", now_};
        return {.name = "orders",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .accounts = {id}};
    }
    Chapter opens_a_ticket(AccountId id, unsigned which) {
        const OpenTicket command{
            {world_.tickets.size() + 1}, author(which), "Help", "It is broken."};
        return {.name = "opens a ticket",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .accounts = {id}};
    }
    Chapter replies(TicketId id, unsigned which) {
        const auto account = world_.seen(id).account.value_or(AccountId{});
        const Reply command{author(which), "Still."};
        return {.name = "replies",
                .decide = [=](const World& w) { return decide(w, id, account, command); }};
    }
    Chapter closes(TicketId id) {
        return {.name = "closes the ticket",
                .decide = [=](const World& w) { return decide(w, id, CloseTicket{}); },
                .again = Chapter::Again::so_already};
    }
    Author author(unsigned which) const {
        if (which % 4 == 0) return {Author::Kind::staff, {}, {}, {}, {}};
        return {Author::Kind::user, user(which / 4), {}, {}, {}};
    }
    TicketId ticket(unsigned die) const { return {one_before(world_.tickets.size() + 1, die)}; }

    Chapter time_passes(unsigned days) {
        now_ = now_ + std::chrono::hours{days % 48};
        return {.name = "time passes", .decide = [](const World&) { return already_so; }};
    }
    Chapter signs_in(UserId id, unsigned password) {
        const SignIn command{next_session(), password % 2 + 1, std::nullopt, "Browser", now_};
        return {.name = "signs in",
                .decide = [=](const World& w) { return decide(w, id, command); },
                .users = {id}};
    }
    Chapter signs_out(SessionId id) {
        return {.name = "signs out",
                .decide = [=](const World& w) { return decide(w, id, SignOut{}); },
                .again = Chapter::Again::so_already,
                .users = {world_.seen(id).user}};
    }
    Chapter chooses(SessionId id, AccountId account) {
        if (!world_.seen(id).live(now_)) return time_passes(0);
        return {.name = "chooses",
                .decide = [=](const World& w) { return decide(w, id, account, ChooseAccount{}); },
                .again = Chapter::Again::so_already,
                .users = {world_.seen(id).user}};
    }

    World world_;
    Events events_;
    Time now_ = monday;
    std::uint64_t invitations_{}, contacts_{}, orders_{};
};

TEST(Story, KeepsEveryInvariant) {
    const bool long_ones = std::getenv("MUSTER_LONG_TESTS") != nullptr;
    const double chapters_per_size = long_ones ? 20 : 2;
    const auto die = rc::gen::resize(100, rc::gen::inRange(0U, 1U << 16));
    const auto chapters = rc::gen::scale(
        chapters_per_size, rc::gen::container<std::vector<Dice>>(
                               rc::gen::container<Dice>(std::tuple_size_v<Dice>, die)));
    rc::detail::checkGTest([&] { Story{}.tell(*chapters); });
}

}  // namespace muster::invariants_test
