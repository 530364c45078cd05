// Anybody asks for anything, and a plain model says what must come of it: after every step the
// answer, and every so often everything there is. MUSTER_LONG_TESTS makes it long; a failure names
// its seed.
#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

#include "handlers/legacy.hpp"
#include "handlers/retention.hpp"
#include "tests/handlers/desk.hpp"
#include "tests/handlers/model.hpp"

namespace muster::simulation_test {

using namespace desk;

constexpr std::string_view done = "", same = "=";
constexpr AccessRule all_signed_in{.staff = AccessRule::Staff::everyone,
                                   .users = AccessRule::Users::signed_in};

class Simulation {
public:
    Simulation(std::uint64_t seed, std::size_t cache_bytes)
        : desk_({.cache_bytes = cache_bytes}), random_(seed) {
        for (const auto role : {Role::administrator, Role::operator_, Role::auditor}) {
            const auto n = model_.admins.size();
            staff_[n] = desk_.make_admin(fmt::format("admin{}", n), role).number;
            model_.admins.push_back(role);
            model_.visits[staff_[n]] = {0, n + 1, {}, now(), now()};
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
        who.known = found != model_.visits.end() && found->second.live(now());
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
    // What System does by itself.
    void ask_of_system(const Use& use, const std::function<std::string_view()>& expected) {
        expect(desk_.as_system().ask(use), expected());
    }
    static void expect(const Result& result, std::string_view wanted) {
        const auto got = !result ? code_of(result) : result->events.empty() ? same : done;
        EXPECT_EQ(got, wanted) << desk::shown(result);
    }

    void step(int n) {
        const testing::ScopedTrace trace(__FILE__, __LINE__, fmt::format("step {}", n));
        if (chance(6)) return move_belongings();
        const auto kind = pick(30);
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
            case 25:
                return use();
            case 26:
                return retire();
            case 27:
                return import_a_client();
            case 28:
                return import_a_contact();
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
            model_.visits[staff_[admin - 1]] = {0, admin, {}, now(), now()};
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
    void use() {
        const auto who = anybody_at_all();
        ask(who, all_signed_in, 0, use_session, [&] {
            auto& visit = model_.visits[who.session];
            if (now() - visit.used < (visit.admin != 0 ? 5min : 14h)) return same;
            visit.used = now();
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
            model_.erase_account(id, users);
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
    void retire() {
        const auto id = any_account();
        const auto long_ago = [&] { return now() - 24h * static_cast<int>(pick(60)); };
        const LastUse seen{AccountId{id}, long_ago(),
                           chance(2) ? std::optional{long_ago()} : std::nullopt};
        const Use use = [=](Work& work) { return retire_account(work, seen); };
        ask_of_system(use, [&] {
            auto* account = model_.account(id);
            if (!account) return same;
            const auto ordered = std::max(seen.opened_at, account->last_order.value_or(Time{}));
            const auto& retention = model_.retention;
            if (account->status != AccountStatus::active) {
                if (!retention.prune_after_months || ordered >= months_before(now(), 1))
                    return same;
                model_.erase_account(id, retention.delete_users == Switch::on
                                             ? DeleteAccount::Users::go
                                             : DeleteAccount::Users::stay);
                return done;
            }
            const auto used = std::max(ordered, seen.last_sign_in_at.value_or(Time{}));
            if (!retention.deactivate_after_months || used >= months_before(now(), 1) ||
                model_.is_chosen(id, now()))
                return same;
            account->status = AccountStatus::inactive;
            return done;
        });
    }
    // Somebody who may have an address that is taken, or none.
    LegacyPerson any_legacy_person() {
        LegacyPerson somebody{"Old", "Customer", std::nullopt, "en", std::nullopt};
        if (!chance(4)) somebody.email = email(address(any_name()));
        if (chance(2)) somebody.password_hash = "an old hash";
        return somebody;
    }
    std::uint64_t add_legacy_person(const LegacyPerson& somebody) {
        const auto wanted = somebody.email ? somebody.email->text() : "";
        return model_.add_person(model_.holder(wanted) == 0 ? wanted : "",
                                 somebody.password_hash ? 1 : 0);
    }
    void import_a_client() {
        const auto legacy = pick(40) + 1;
        const auto status = static_cast<AccountStatus>(pick(3) + 1);
        LegacyClient client;
        client.legacy = {legacy};
        client.owner = any_legacy_person();
        client.status = status;
        const Use use = [=](Work& work) { return import_client(work, client); };
        ask_of_system(use, [&] {
            if (model_.legacy_clients.contains(legacy)) return same;
            const auto id = model_.add_account(add_legacy_person(client.owner));
            model_.accounts[id].status = status;
            model_.legacy_clients[legacy] = id;
            return done;
        });
    }
    void import_a_contact() {
        const auto legacy = pick(60) + 1, client = pick(40) + 1;
        LegacyContact contact;
        contact.legacy = {legacy};
        contact.client = {client};
        if (chance(2)) contact.user = any_legacy_person();
        if (contact.user) contact.permissions = any_permissions();
        if (!contact.user || chance(2))
            contact.contact = NewContact{.email = email(address(any_name()))};
        const Use use = [=](Work& work) { return import_contact(work, contact); };
        ask_of_system(use, [&]() -> std::string_view {
            if (model_.legacy_contacts.contains(legacy)) return same;
            const auto found = model_.legacy_clients.find(client);
            if (found == model_.legacy_clients.end()) return "legacy.client_not_found";
            const auto id = found->second;
            if (!model_.account(id)) return "account.not_found";
            if (contact.user) {
                const auto user = add_legacy_person(*contact.user);
                if (!contact.permissions.empty()) model_.grant(id, user, contact.permissions);
            }
            if (contact.contact) model_.accounts[id].contacts.insert(++model_.last_contact);
            model_.legacy_contacts.insert(legacy);
            return done;
        });
    }
    void switch_settings() {
        const bool registration = !chance(4), management = !chance(4);
        const auto value = [](bool on) { return on ? Switch::on : Switch::off; };
        const auto month = [&] { return chance(2) ? std::optional{1U} : std::nullopt; };
        const Retention retention{month(), value(chance(2)), month()};
        const Use use = [=](Work& work) {
            return change_settings(work,
                                   {.client_registration = value(registration),
                                    .client_area_user_management = value(management),
                                    .prune_after_months = retention.prune_after_months,
                                    .delete_users = retention.delete_users,
                                    .deactivate_after_months = retention.deactivate_after_months});
        };
        ask(anybody_at_all(), administrators, 0, use, [&] {
            const auto before = shown(model_, {});
            model_.registration = registration;
            model_.management = management;
            model_.retention = retention;
            return shown(model_, {}) == before ? same : done;
        });
    }
    void let_time_pass() {
        desk_.wait(chance(3) ? std::chrono::milliseconds{30h} : std::chrono::milliseconds{1min});
        // Staff comes back each morning.
        for (std::uint64_t admin = 1; admin <= staff_.size(); ++admin) {
            if (!model_.visits[staff_[admin - 1]].live(now())) sign_in_staff(admin);
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
