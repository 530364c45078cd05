// Anybody asks for anything, and a plain model says what must come of it: after every step the
// answer, and every so often everything there is. MUSTER_LONG_TESTS makes it long; a failure names
// its seed.
#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

#include "tests/handlers/desk.hpp"

namespace muster::simulation_test {

using namespace desk;

constexpr std::string_view done = "", same = "=";
constexpr AccessRule all_signed_in{.staff = AccessRule::Staff::everyone,
                                   .users = AccessRule::Users::signed_in};

// What there is, in maps of numbers.
struct Model {
    struct Letter {
        char state = 'p';  // Pending, accepted, cancelled.
        std::string address;
        Permissions permissions;
        std::uint32_t link = 1;
        Time expires;
        std::uint64_t by{};
    };
    struct Account {
        AccountStatus status = AccountStatus::active;
        std::uint64_t owner{};
        std::map<std::uint64_t, Permissions> users;
        std::set<std::uint64_t> former;
        std::map<std::uint64_t, Letter> letters;
        std::set<std::uint64_t> contacts, former_contacts, tickets;
        std::optional<Time> last_order;
    };
    struct Ticket {
        std::uint64_t account{}, replies = 1;
        bool gone{};
    };
    struct Person {
        std::string address;  // Empty: deleted.
        std::uint32_t password{};
    };
    struct Visit {
        std::uint64_t user{}, admin{};
        std::optional<std::uint64_t> account;
        Time expires;
        bool ended{};
    };
    std::map<std::uint64_t, Account> accounts;
    std::map<std::uint64_t, Person> people;
    std::map<std::uint64_t, Visit> visits;
    std::map<std::uint64_t, Ticket> tickets;
    std::vector<Role> admins;
    std::uint64_t last_letter{}, last_contact{};
    bool registration = true, management = true;

    Account* account(std::uint64_t id) {
        const auto found = accounts.find(id);
        if (found == accounts.end() || found->second.status == AccountStatus::deleted)
            return nullptr;
        return &found->second;
    }
    bool present(std::uint64_t user) const {
        const auto found = people.find(user);
        return found != people.end() && !found->second.address.empty();
    }
    std::uint64_t holder(const std::string& address) const {
        for (const auto& [id, person] : people) {
            if (person.address == address) return id;
        }
        return 0;
    }
    std::vector<std::uint64_t> accounts_of(std::uint64_t user) const {
        std::vector<std::uint64_t> list;
        for (const auto& [id, each] : accounts) {
            if (each.users.contains(user)) list.push_back(id);
        }
        return list;
    }
    bool usable(std::uint64_t id, std::uint64_t user) {
        const auto* found = account(id);
        return found && found->status != AccountStatus::closed && found->users.contains(user);
    }
    std::optional<std::uint64_t> only_open(std::uint64_t user) {
        std::vector<std::uint64_t> open;
        for (const auto id : accounts_of(user)) {
            if (usable(id, user)) open.push_back(id);
        }
        return open.size() == 1 ? std::optional{open.front()} : std::nullopt;
    }

    std::uint64_t add_person(const std::string& address, std::uint32_t password) {
        people[people.size() + 1] = {address, password};
        return people.size();
    }
    std::uint64_t add_account(std::uint64_t owner) {
        Account added;
        added.owner = owner;
        added.users[owner] = Permissions::all();
        accounts[accounts.size() + 1] = added;
        return accounts.size();
    }
    void add_visit(std::uint64_t user, std::optional<std::uint64_t> chosen, Time now) {
        visits[visits.size() + 1] = {user, 0, chosen, now + session_idle_limit, false};
    }
    void grant(std::uint64_t id, std::uint64_t user, Permissions permissions) {
        accounts[id].users[user] = permissions;
        accounts[id].former.erase(user);
    }
    void end(std::uint64_t id, std::uint64_t user) {
        accounts[id].users.erase(user);
        accounts[id].former.insert(user);
    }
    void end_visits(std::uint64_t user, std::uint64_t but) {
        for (auto& [id, visit] : visits) {
            if (visit.user == user && id != but) visit.ended = true;
        }
    }
    void erase(std::uint64_t user) {
        people[user] = {};
        end_visits(user, 0);
    }
    void cancel_letters(Account& of) {
        for (auto& [id, letter] : of.letters) {
            if (letter.state == 'p') letter.state = 'c';
        }
    }
};

// One line for each thing, to compare.
std::string shown(Permissions permissions) { return fmt::format("{:x}", permissions.bits()); }
std::string line_of(std::uint64_t id, AccountStatus status, std::uint64_t owner) {
    return fmt::format("account {} {} owner {}\n", id, static_cast<int>(status), owner);
}
std::string shown(const Model& model, Time now) {
    std::string text =
        fmt::format("registration {} management {}\n", model.registration, model.management);
    for (const auto& [id, account] : model.accounts) {
        text += line_of(id, account.status, account.owner);
        for (const auto& [user, permissions] : account.users)
            text += fmt::format("  user {} {}\n", user, shown(permissions));
        for (const auto user : account.former)
            text += fmt::format("  former {}\n", user);
        for (const auto& [letter_id, letter] : account.letters) {
            text +=
                fmt::format("  letter {} {} {} link {} until {} by {}\n", letter_id, letter.state,
                            shown(letter.permissions), letter.link, letter.expires.ms, letter.by);
        }
        text += fmt::format("  ordered at {}\n", account.last_order.value_or(Time{}).ms);
        for (const auto contact : account.contacts)
            text += fmt::format("  contact {}\n", contact);
        for (const auto contact : account.former_contacts)
            text += fmt::format("  former contact {}\n", contact);
        for (const auto ticket : account.tickets)
            text += fmt::format("  ticket {}\n", ticket);
    }
    for (const auto& [id, ticket] : model.tickets)
        text += fmt::format("ticket {} of {} gone {}\n", id, ticket.replies, ticket.gone);
    for (const auto& [id, person] : model.people) {
        text += fmt::format("user {} {} password {}\n", id, person.address, person.password);
        for (const auto account : model.accounts_of(id)) {
            text += fmt::format("  account {} {}\n", account,
                                model.accounts.at(account).owner == id ? "owner" : "associated");
        }
    }
    for (const auto& [id, visit] : model.visits) {
        const bool live = !visit.ended && now < visit.expires;
        text += fmt::format("session {} of {}/{} at {} live {}\n", id, visit.user, visit.admin,
                            visit.account.value_or(0), live);
    }
    return text;
}
std::string shown(const World& world, Time now) {
    const auto on = [](Switch value) { return value == Switch::on; };
    std::string text =
        fmt::format("registration {} management {}\n", on(world.settings.client_registration),
                    on(world.settings.client_area_user_management));
    for (const auto& [id, account] : world.accounts) {
        text += line_of(id.number, account.status, account.owner.number);
        for (const auto& [user, permissions] : account.users)
            text += fmt::format("  user {} {}\n", user.number, shown(permissions));
        for (const auto user : account.former)
            text += fmt::format("  former {}\n", user.number);
        for (const auto& [letter_id, letter] : account.invitations) {
            text += fmt::format("  letter {} {} {} link {} until {} by {}\n", letter_id.number,
                                "pac"[static_cast<std::size_t>(letter.status)],
                                shown(letter.permissions), letter.link, letter.expires_at.ms,
                                letter.accepted_by.number);
        }
        text += fmt::format("  ordered at {}\n", account.last_order_at.value_or(Time{}).ms);
        for (const auto& [contact, details] : account.contacts)
            text += fmt::format("  contact {}\n", contact.number);
        for (const auto contact : account.former_contacts)
            text += fmt::format("  former contact {}\n", contact.number);
        for (const auto ticket : account.tickets)
            text += fmt::format("  ticket {}\n", ticket.number);
    }
    for (const auto& [id, ticket] : world.tickets) {
        text +=
            fmt::format("ticket {} of {} gone {}\n", id.number, ticket.replies, !ticket.present());
    }
    for (const auto& [id, user] : world.users) {
        const auto address = user.person.value ? user.person.value->email : "";
        text += fmt::format("user {} {} password {}\n", id.number, address, user.password);
        for (const auto& [account, tie] : user.accounts) {
            text += fmt::format("  account {} {}\n", account.number,
                                tie == Tie::owner ? "owner" : "associated");
        }
    }
    for (const auto& [id, session] : world.sessions) {
        text += fmt::format("session {} of {}/{} at {} live {}\n", id.number, session.user.number,
                            session.admin.number, session.account.value_or(AccountId{}).number,
                            session.live(now));
    }
    return text;
}

class Simulation {
public:
    Simulation(std::uint64_t seed, std::size_t cache_bytes)
        : desk_({.cache_bytes = cache_bytes}), random_(seed) {
        for (const auto role : {Role::administrator, Role::operator_, Role::auditor}) {
            const auto n = model_.admins.size();
            staff_[n] = desk_.make_admin(fmt::format("admin{}", n), role).number;
            model_.admins.push_back(role);
            model_.visits[staff_[n]] = {0, n + 1, {}, now() + admin_session_idle_limit, false};
        }
    }

    void run(int steps) {
        for (int n = 1; n <= steps && !testing::Test::HasFailure(); ++n) {
            step(n);
            if (n % 250 == 0 || n == steps) compare(n);
        }
    }

private:
    using Use = std::function<Decision(Work&)>;

    struct Who {
        std::uint64_t session{};  // Zero: nobody.
        bool known = true;        // Not with a session that ended.
        std::uint64_t user{}, admin{};
        std::optional<std::uint64_t> account;
    };

    Time now() const { return desk_.time(); }
    std::uint64_t pick(std::uint64_t bound) { return random_() % bound; }
    bool chance(std::uint64_t in) { return pick(in) == 0; }
    std::uint64_t any_account() { return pick(model_.accounts.size() + 1) + 1; }
    std::uint64_t any_user() { return pick(model_.people.size() + 1) + 1; }
    std::string any_name() { return fmt::format("p{}", pick(25)); }
    Permissions any_permissions() {
        return chance(12) ? Permissions{} : Permissions::from_bits(pick(4) + 1).value();
    }
    std::string address(const std::string& name) const { return name + "@example.com"; }

    Who anybody_at_all() {
        Who who;
        if (chance(8)) return who;
        who.session = chance(2) ? staff_[pick(3)] : pick(model_.visits.size() + 1) + 1;
        const auto found = model_.visits.find(who.session);
        who.known =
            found != model_.visits.end() && !found->second.ended && now() < found->second.expires;
        if (!who.known) return who;
        const auto& visit = found->second;
        who.user = visit.user;
        who.admin = visit.admin;
        if (visit.account && model_.usable(*visit.account, visit.user)) who.account = visit.account;
        return who;
    }
    // An account that the caller has something to do with, mostly.
    std::uint64_t account_of(const Who& who) {
        if (who.account && !chance(4)) return *who.account;
        const auto own = model_.accounts_of(who.user);
        return own.empty() || chance(4) ? any_account() : own[pick(own.size())];
    }

    // The access rules, told once more.
    std::string_view denial(const Who& who, const AccessRule& rule, std::uint64_t id) {
        if (rule.anonymous == AccessRule::Anonymous::yes) return done;
        if (who.session == 0 || !who.known) return "session.required";
        if (who.admin != 0) {
            const std::array least{AccessRule::Staff::administrators, AccessRule::Staff::operators,
                                   AccessRule::Staff::everyone};
            const auto role = static_cast<std::size_t>(model_.admins[who.admin - 1]);
            return rule.staff >= least[role] ? done : "access.role";
        }
        if (rule.users == AccessRule::Users::nobody) return "access.role";
        if (rule.users == AccessRule::Users::signed_in) return done;
        const auto* account = model_.account(id);
        if (!account || !account->users.contains(who.user)) return "account.not_found";
        if (who.account != id)
            return who.account ? "session.other_account" : "session.account_required";
        if (rule.users == AccessRule::Users::owner && account->owner != who.user)
            return "account.not_owner";
        if (rule.users == AccessRule::Users::permitted &&
            !account->users.at(who.user).contains(rule.permission))
            return "access.denied";
        return rule.manages_users && !model_.management ? "user_management.disabled" : done;
    }

    // Asks, and looks whether the answer is the model's. `expected` is only run where access is
    // allowed.
    void ask(const Who& who, const AccessRule& rule, std::uint64_t account, const Use& use,
             const std::function<std::string_view()>& expected) {
        auto asking = who.session == 0 ? desk_.as_nobody() : desk_.as(SessionId{who.session});
        const auto result = std::move(asking).may(rule, AccountId{account}).ask(use);
        const auto denied = denial(who, rule, account);
        expect(result, denied == done ? expected() : denied);
    }
    // The same by way of a ticket.
    void ask_of_ticket(const Who& who, std::uint64_t ticket, const Use& use,
                       const std::function<std::string_view()>& expected) {
        constexpr auto rule = permitted(Permission::tickets);
        auto asking = who.session == 0 ? desk_.as_nobody() : desk_.as(SessionId{who.session});
        const auto result = std::move(asking).may(rule, TicketId{ticket}).ask(use);
        const auto found = model_.tickets.find(ticket);
        const auto account = found == model_.tickets.end() ? 0 : found->second.account;
        const auto denied = denial(who, rule, account);
        expect(result, denied == done                  ? expected()
                       : denied == "account.not_found" ? "ticket.not_found"
                                                       : denied);
    }
    static void expect(const Result& result, std::string_view wanted) {
        const auto got = !result ? code_of(result) : result->events.empty() ? same : done;
        EXPECT_EQ(got, wanted) << desk::shown(result);
    }

    void step(int n) {
        const testing::ScopedTrace trace(__FILE__, __LINE__, fmt::format("step {}", n));
        if (chance(6)) return move_belongings();
        const auto kind = pick(26);
        SCOPED_TRACE(fmt::format("command {}", kind));
        switch (kind) {
            case 0:
            case 1:
                return register_somebody();
            case 2:
            case 3:
                return sign_in_somebody();
            case 4:
                return sign_in_staff(pick(4) + 1);
            case 5:
                return sign_somebody_out();
            case 6:
                return choose();
            case 7:
                return open_own();
            case 8:
                return open_for();
            case 9:
            case 10:
                return invite();
            case 11:
                return resend();
            case 12:
                return cancel();
            case 13:
                return accept();
            case 14:
                return accept_and_register();
            case 15:
                return accept_and_sign_in();
            case 16:
                return associate();
            case 17:
                return associate_somebody_new();
            case 18:
                return set();
            case 19:
                return remove();
            case 20:
                return leave();
            case 21:
                return transfer();
            case 22:
                return change_status();
            case 23:
                return change_user();
            case 24:
                return chance(3) ? remove_account() : remove_person();
            default:
                return chance(3) ? switch_settings() : let_time_pass();
        }
    }

    void register_somebody() {
        const auto name = any_name();
        const Use use = [=](Work& work) {
            return register_visitor(work, person(name), profile_of(name), "Browser");
        };
        ask({}, anybody, 0, use, [&]() -> std::string_view {
            if (!model_.registration) return "registration.disabled";
            if (model_.holder(address(name)) != 0) return "user.email_taken";
            const auto user = model_.add_person(address(name), 1);
            model_.add_visit(user, model_.add_account(user), now());
            return done;
        });
    }
    void sign_in_somebody() {
        const auto user = any_user();
        const auto password = static_cast<std::uint32_t>(pick(3));
        const Use use = [=](Work& work) { return sign_in(work, {user, password}, "Browser"); };
        ask({}, anybody, 0, use, [&] { return signed_in_as(user, password, {}); });
    }
    std::string_view signed_in_as(std::uint64_t user, std::uint32_t password,
                                  std::optional<std::uint64_t> otherwise) {
        const auto chosen = model_.only_open(user);
        if (!model_.present(user) || password == 0 || model_.people[user].password != password)
            return "session.invalid_credentials";
        model_.add_visit(user, chosen ? chosen : otherwise, now());
        return done;
    }
    void sign_in_staff(std::uint64_t admin) {
        const Use use = [=](Work& work) { return sign_in_admin(work, {admin, 1}, "Browser"); };
        ask({}, anybody, 0, use, [&]() -> std::string_view {
            if (admin > model_.admins.size()) return "session.invalid_credentials";
            staff_[admin - 1] = model_.visits.size() + 1;
            model_.visits[staff_[admin - 1]] = {
                0, admin, {}, now() + admin_session_idle_limit, false};
            return done;
        });
    }
    void sign_somebody_out() {
        const auto who = anybody_at_all();
        ask(who, all_signed_in, 0, sign_out, [&] {
            model_.visits[who.session].ended = true;
            return done;
        });
    }
    void choose() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const Use use = [=](Work& work) { return choose_account(work, AccountId{id}); };
        ask(who, users_only, 0, use, [&]() -> std::string_view {
            const auto* account = model_.account(id);
            if (!account || !account->users.contains(who.user)) return "account.not_found";
            if (account->status == AccountStatus::closed) return "account.closed";
            auto& chosen = model_.visits[who.session].account;
            if (chosen == id) return same;
            chosen = id;
            return done;
        });
    }
    void open_own() {
        const auto who = anybody_at_all();
        const Use use = [](Work& work) { return open_own_account(work, profile_of("Own")); };
        ask(who, users_only, 0, use, [&]() -> std::string_view {
            const auto id = model_.add_account(who.user);
            if (!who.account) model_.visits[who.session].account = id;
            return done;
        });
    }
    void open_for() {
        const auto user = any_user();
        const Use use = [=](Work& work) { return open_account_for(work, UserId{user}, {}); };
        ask(anybody_at_all(), operators, 0, use, [&]() -> std::string_view {
            if (!model_.present(user)) return "user.not_found";
            model_.add_account(user);
            return done;
        });
    }

    void invite() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const auto name = any_name();
        const auto permissions = any_permissions();
        const Use use = [=, this](Work& work) {
            return invite_user(work, AccountId{id}, email(address(name)), permissions);
        };
        ask(who, owners, id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->status == AccountStatus::closed) return "account.closed";
            if (permissions.empty()) return "permissions.empty";
            if (account->users.contains(model_.holder(address(name))))
                return "account.already_associated";
            for (auto& [letter_id, letter] : account->letters) {
                if (letter.state != 'p' || letter.address != address(name)) continue;
                if (now() < letter.expires) return "invitation.pending";
                letter.state = 'c';
            }
            account->letters[++model_.last_letter] = {
                'p', address(name), permissions, 1, now() + invitation_lifetime, 0};
            return done;
        });
    }
    // A letter of the account's, mostly.
    std::uint64_t letter_of(std::uint64_t id) {
        const auto* account = model_.account(id);
        if (!account || account->letters.empty() || chance(6))
            return pick(model_.last_letter + 1) + 1;
        return std::next(account->letters.begin(),
                         static_cast<std::ptrdiff_t>(pick(account->letters.size())))
            ->first;
    }
    std::uint64_t account_with_letters() {
        for (int n = 0; n < 5; ++n) {
            const auto id = any_account();
            const auto* account = model_.account(id);
            if (account && !account->letters.empty()) return id;
        }
        return any_account();
    }
    Model::Letter* find_letter(std::uint64_t id, std::uint64_t letter) {
        auto* account = model_.account(id);
        if (!account) return nullptr;
        const auto found = account->letters.find(letter);
        return found == account->letters.end() ? nullptr : &found->second;
    }
    void resend() {
        const auto who = anybody_at_all();
        const auto id = who.account ? account_of(who) : account_with_letters();
        const auto letter_id = letter_of(id);
        const Use use = [=](Work& work) {
            return resend_invitation(work, AccountId{id}, InvitationId{letter_id});
        };
        ask(who, owners, id, use, [&]() -> std::string_view {
            if (!model_.account(id)) return "account.not_found";
            auto* letter = find_letter(id, letter_id);
            if (!letter || letter->state == 'c') return "invitation.not_found";
            if (letter->state == 'a') return "invitation.accepted";
            ++letter->link;
            letter->expires = now() + invitation_lifetime;
            return done;
        });
    }
    void cancel() {
        const auto who = anybody_at_all();
        const auto id = who.account ? account_of(who) : account_with_letters();
        const auto letter_id = letter_of(id);
        const Use use = [=](Work& work) {
            return cancel_invitation(work, AccountId{id}, InvitationId{letter_id});
        };
        ask(who, owners, id, use, [&]() -> std::string_view {
            if (!model_.account(id)) return "account.not_found";
            auto* letter = find_letter(id, letter_id);
            if (!letter) return "invitation.not_found";
            if (letter->state == 'a') return "invitation.accepted";
            return std::exchange(letter->state, 'c') == 'c' ? same : done;
        });
    }

    Link any_link() {
        const auto id = account_with_letters();
        const auto letter_id = letter_of(id);
        const auto* letter = find_letter(id, letter_id);
        const auto number =
            letter && !chance(5) ? letter->link : static_cast<std::uint32_t>(pick(3) + 1);
        return {AccountId{id}, InvitationId{letter_id}, number};
    }
    // What accepting would come to; nothing is changed yet.
    std::string_view acceptance(const Link& link, std::uint64_t user) {
        const auto* letter = find_letter(link.account.number, link.invitation.number);
        if (!letter) return "invitation.not_found";
        const bool associated = model_.account(link.account.number)->users.contains(user);
        if (letter->by == user && associated && link.number == letter->link) return same;
        if (letter->state != 'p' || link.number != letter->link || now() >= letter->expires)
            return "invitation.not_found";
        return associated ? "account.already_associated" : done;
    }
    void accepted(const Link& link, std::uint64_t user) {
        auto* letter = find_letter(link.account.number, link.invitation.number);
        letter->state = 'a';
        letter->by = user;
        model_.grant(link.account.number, user, letter->permissions);
    }
    void accept() {
        const auto who = anybody_at_all();
        const auto link = any_link();
        const Use use = [=](Work& work) { return accept_signed_in(work, link); };
        ask(who, users_only, 0, use, [&] {
            const auto outcome = acceptance(link, who.user);
            if (outcome != done) return outcome;
            accepted(link, who.user);
            if (!who.account) model_.visits[who.session].account = link.account.number;
            return done;
        });
    }
    void accept_and_register() {
        const auto link = any_link();
        const auto name = any_name();
        const Use use = [=](Work& work) {
            return accept_registering(work, link, person(name), "Browser");
        };
        ask({}, anybody, 0, use, [&]() -> std::string_view {
            const auto outcome = acceptance(link, model_.people.size() + 1);
            if (outcome != done) return outcome;
            if (model_.holder(address(name)) != 0) return "user.email_taken";
            const auto user = model_.add_person(address(name), 1);
            accepted(link, user);
            model_.add_visit(user, link.account.number, now());
            return done;
        });
    }
    void accept_and_sign_in() {
        const auto link = any_link();
        const auto user = any_user();
        const auto password = static_cast<std::uint32_t>(pick(3));
        const Use use = [=](Work& work) {
            return accept_signing_in(work, link, {user, password}, "Browser");
        };
        ask({}, anybody, 0, use, [&] {
            const auto outcome = acceptance(link, user);
            if (outcome != done && outcome != same) return outcome;
            const auto sign_in_outcome = signed_in_as(user, password, link.account.number);
            if (sign_in_outcome == done && outcome == done) accepted(link, user);
            return sign_in_outcome;
        });
    }

    std::string_view associated(std::uint64_t id, std::uint64_t user, Permissions permissions) {
        auto* account = model_.account(id);
        if (!account) return "account.not_found";
        if (!model_.present(user)) return "user.not_found";
        if (permissions.empty()) return "permissions.empty";
        if (account->users.contains(user)) {
            return account->owner != user && account->users[user] == permissions
                       ? same
                       : "account.already_associated";
        }
        model_.grant(id, user, permissions);
        return done;
    }
    void associate() {
        const auto id = any_account(), user = any_user();
        const auto permissions = any_permissions();
        const Use use = [=](Work& work) {
            return associate_user(work, AccountId{id}, UserId{user}, permissions);
        };
        ask(anybody_at_all(), operators, id, use,
            [&] { return associated(id, user, permissions); });
    }
    void associate_somebody_new() {
        const auto id = any_account();
        const auto name = any_name();
        const auto permissions = any_permissions();
        const Use use = [=](Work& work) {
            return associate_address(work, AccountId{id}, person(name, std::nullopt), permissions);
        };
        ask(anybody_at_all(), operators, id, use, [&]() -> std::string_view {
            const auto holder = model_.holder(address(name));
            if (holder != 0) return associated(id, holder, permissions);
            if (!model_.account(id)) return "account.not_found";
            if (permissions.empty()) return "permissions.empty";
            model_.grant(id, model_.add_person(address(name), 0), permissions);
            return done;
        });
    }
    // Somebody of the account, mostly.
    std::uint64_t member_of(std::uint64_t id) {
        const auto* account = model_.account(id);
        if (!account || chance(5)) return any_user();
        return std::next(account->users.begin(),
                         static_cast<std::ptrdiff_t>(pick(account->users.size())))
            ->first;
    }
    void set() {
        const auto who = anybody_at_all();
        const auto id = account_of(who), user = member_of(id);
        const auto permissions = any_permissions();
        const Use use = [=](Work& work) {
            return set_permissions(work, AccountId{id}, UserId{user}, permissions);
        };
        ask(who, owners, id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (!account->users.contains(user)) return "account.not_associated";
            if (account->owner == user) return "account.owner_permissions";
            if (permissions.empty()) return "permissions.empty";
            return std::exchange(account->users[user], permissions) == permissions ? same : done;
        });
    }
    void remove() {
        const auto who = anybody_at_all();
        const auto id = account_of(who), user = member_of(id);
        const Use use = [=](Work& work) { return remove_user(work, AccountId{id}, UserId{user}); };
        ask(who, owners, id, use, [&]() -> std::string_view {
            const auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->owner == user) return "account.owner_cannot_be_removed";
            if (account->former.contains(user)) return same;
            if (!account->users.contains(user)) return "account.not_associated";
            model_.end(id, user);
            return done;
        });
    }
    void leave() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const Use use = [=](Work& work) { return leave_account(work, AccountId{id}); };
        ask(who, users_only, 0, use, [&]() -> std::string_view {
            const auto* account = model_.account(id);
            if (account && account->former.contains(who.user)) return same;
            if (!account || !account->users.contains(who.user)) return "account.not_found";
            if (account->owner == who.user) return "account.owner_cannot_leave";
            model_.end(id, who.user);
            return done;
        });
    }
    void transfer() {
        const auto id = any_account(), user = member_of(id);
        const Use use = [=](Work& work) {
            return transfer_ownership(work, AccountId{id}, UserId{user});
        };
        ask(anybody_at_all(), operators, id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->owner == user) return same;
            if (!account->users.contains(user)) return "account.not_associated";
            account->users[account->owner] = account->users[user] = Permissions::all();
            account->owner = user;
            return done;
        });
    }
    void change_status() {
        const auto id = any_account();
        const auto status = static_cast<AccountStatus>(pick(3) + 1);
        const Use use = [=](Work& work) {
            return update_account(work, AccountId{id}, {{}, status});
        };
        ask(anybody_at_all(), operators, id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (std::exchange(account->status, status) == status) return same;
            if (status == AccountStatus::closed) model_.cancel_letters(*account);
            return done;
        });
    }
    void change_user() {
        const auto who = anybody_at_all();
        const auto user = any_user();
        if (chance(2)) {
            const Use use = [=](Work& work) {
                return change_password(work, UserId{user}, "hash", {Proof::Kind::staff});
            };
            return ask(who, operators, 0, use, [&]() -> std::string_view {
                if (!model_.present(user)) return "user.not_found";
                ++model_.people[user].password;
                model_.end_visits(user, 0);
                return done;
            });
        }
        const auto wanted = address(any_name());
        const Use use = [=](Work& work) {
            UserChanges changes;
            changes.email = email(wanted);
            return update_user(work, UserId{user}, changes, {Proof::Kind::staff});
        };
        ask(who, operators, 0, use, [&]() -> std::string_view {
            if (!model_.present(user)) return "user.not_found";
            const auto holder = model_.holder(wanted);
            if (holder == user) return same;
            if (holder != 0) return "user.email_taken";
            model_.people[user].address = wanted;
            return done;
        });
    }
    void remove_person() {
        const auto user = any_user();
        const Use use = [=](Work& work) { return delete_user(work, UserId{user}); };
        ask(anybody_at_all(), administrators, 0, use, [&]() -> std::string_view {
            if (!model_.people.contains(user)) return "user.not_found";
            if (!model_.present(user)) return same;
            const auto own = model_.accounts_of(user);
            if (own.size() > 1) return "user.several_accounts";
            if (!own.empty() && model_.accounts[own.front()].owner == user) return "user.is_owner";
            if (!own.empty()) model_.end(own.front(), user);
            model_.erase(user);
            return done;
        });
    }
    void remove_account() {
        const auto id = any_account();
        const auto users = chance(2) ? DeleteAccount::Users::go : DeleteAccount::Users::stay;
        const Use use = [=](Work& work) { return delete_account(work, AccountId{id}, users); };
        ask(anybody_at_all(), administrators, id, use, [&]() -> std::string_view {
            if (!model_.accounts.contains(id)) return "account.not_found";
            if (!model_.account(id)) return same;
            if (users == DeleteAccount::Users::go) {
                for (const auto& [user, permissions] : model_.accounts[id].users) {
                    if (model_.accounts_of(user).size() == 1) model_.erase(user);
                }
            }
            for (const auto ticket : model_.accounts[id].tickets)
                model_.tickets[ticket].gone = true;
            model_.accounts[id] = {};
            model_.accounts[id].status = AccountStatus::deleted;
            return done;
        });
    }
    // What belongs to an account: contacts, orders, tickets.
    void move_belongings() {
        switch (pick(5)) {
            case 0:
                return add_contact_to_one();
            case 1:
                return remove_contact_of_one();
            case 2:
                return order_for_one();
            case 3:
                return open_ticket_of_one();
            default:
                return reply_to_one();
        }
    }
    void add_contact_to_one() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const auto contact = email(address(any_name()));
        const Use use = [=](Work& work) {
            return add_contact(work, AccountId{id}, {.email = contact});
        };
        ask(who, permitted(Permission::contacts), id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            account->contacts.insert(++model_.last_contact);
            return done;
        });
    }
    void remove_contact_of_one() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const auto contact = pick(model_.last_contact + 1) + 1;
        const Use use = [=](Work& work) {
            return remove_contact(work, AccountId{id}, ContactId{contact});
        };
        ask(who, permitted(Permission::contacts), id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->former_contacts.contains(contact)) return same;
            if (account->contacts.erase(contact) == 0) return "contact.not_found";
            account->former_contacts.insert(contact);
            return done;
        });
    }
    void order_for_one() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const Use use = [=](Work& work) {
            return place_order(work, AccountId{id}, {{{"Web space", Amount{}}}, "EUR"});
        };
        ask(who, permitted(Permission::orders), id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->status == AccountStatus::closed) return "account.closed";
            account->last_order = now();
            return done;
        });
    }
    void open_ticket_of_one() {
        const auto who = anybody_at_all();
        const auto id = account_of(who);
        const Use use = [=](Work& work) {
            return open_ticket(work, AccountId{id}, {"Help", "It is broken."});
        };
        ask(who, permitted(Permission::tickets), id, use, [&]() -> std::string_view {
            auto* account = model_.account(id);
            if (!account) return "account.not_found";
            if (account->status == AccountStatus::closed) return "account.closed";
            const auto ticket = model_.tickets.size() + 1;
            account->tickets.insert(ticket);
            model_.tickets[ticket].account = id;
            return done;
        });
    }
    void reply_to_one() {
        const auto who = anybody_at_all();
        const auto ticket = pick(model_.tickets.size() + 1) + 1;
        const Use use = [=](Work& work) {
            return reply_to_ticket(work, TicketId{ticket}, "Still.");
        };
        ask_of_ticket(who, ticket, use, [&]() -> std::string_view {
            const auto found = model_.tickets.find(ticket);
            if (found == model_.tickets.end() || found->second.gone) return "ticket.not_found";
            ++found->second.replies;
            return done;
        });
    }
    void switch_settings() {
        const bool registration = !chance(4), management = !chance(4);
        const auto value = [](bool on) { return on ? Switch::on : Switch::off; };
        const Use use = [=](Work& work) {
            return change_settings(work, {value(registration), value(management)});
        };
        ask(anybody_at_all(), administrators, 0, use, [&] {
            const bool before = std::exchange(model_.registration, registration) == registration;
            return std::exchange(model_.management, management) == management && before ? same
                                                                                        : done;
        });
    }
    void let_time_pass() {
        desk_.wait(chance(3) ? std::chrono::milliseconds{30h} : std::chrono::milliseconds{1min});
        // Staff comes back each morning.
        for (std::uint64_t admin = 1; admin <= staff_.size(); ++admin) {
            if (now() >= model_.visits[staff_[admin - 1]].expires) sign_in_staff(admin);
        }
    }

    void compare(int n) {
        const auto world = desk_.fold();
        expect_sound(world);
        EXPECT_EQ(shown(world, now()), shown(model_, now())) << "after step " << n;
    }

    Desk desk_;
    std::mt19937_64 random_;
    Model model_;
    std::array<std::uint64_t, 3> staff_{};  // The sessions that admins signed in to last.
};

TEST(Simulation, TheWriteSideAndAPlainModelAgree) {
    const bool is_long = std::getenv("MUSTER_LONG_TESTS") != nullptr;
    const auto first = is_long ? std::random_device{}() : 1U;
    for (std::uint64_t seed = first; seed < first + 4; ++seed) {
        const auto cache_bytes = seed % 2 == 0 ? std::size_t{1} : std::size_t{24} << 20;
        SCOPED_TRACE(fmt::format("seed {}, cache {}", seed, cache_bytes));
        Simulation{seed, cache_bytes}.run(is_long ? 50'000 : 1'500);
        if (HasFailure()) break;
    }
}

}  // namespace muster::simulation_test
