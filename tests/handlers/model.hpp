// Muster told once more, in the plainest way: what a made-up story is held against.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aggregates/account.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "tests/handlers/desk.hpp"

namespace muster::simulation_test {

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
        std::string address;  // Empty: none, as of some who were imported.
        std::uint32_t password{};
        bool gone{};
    };
    struct Visit {
        std::uint64_t user{}, admin{};
        std::optional<std::uint64_t> account;
        Time since, used;
        bool ended{};

        bool live(Time now) const {
            const bool staff = admin != 0;
            return !ended && now < since + (staff ? admin_session_lifetime : session_lifetime) &&
                   now < used + (staff ? admin_session_idle_limit : session_idle_limit);
        }
    };
    std::map<std::uint64_t, Account> accounts;
    std::map<std::uint64_t, Person> people;
    std::map<std::uint64_t, Visit> visits;
    std::map<std::uint64_t, Ticket> tickets;
    std::map<std::uint64_t, std::uint64_t> legacy_clients;  // Their accounts.
    std::set<std::uint64_t> legacy_contacts;
    std::vector<Role> admins;
    std::uint64_t last_letter{}, last_contact{};
    bool registration = true, management = true;
    Retention retention;

    Account* account(std::uint64_t id) {
        const auto found = accounts.find(id);
        if (found == accounts.end() || found->second.status == AccountStatus::deleted)
            return nullptr;
        return &found->second;
    }
    bool present(std::uint64_t user) const {
        const auto found = people.find(user);
        return found != people.end() && !found->second.gone;
    }
    std::uint64_t holder(const std::string& address) const {
        for (const auto& [id, person] : people) {
            if (!address.empty() && person.address == address) return id;
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
        visits[visits.size() + 1] = {user, 0, chosen, now, now};
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
        people[user] = {"", 0, true};
        end_visits(user, 0);
    }
    void erase_account(std::uint64_t id, DeleteAccount::Users mode) {
        if (mode == DeleteAccount::Users::go) {
            for (const auto& [user, permissions] : accounts[id].users) {
                if (accounts_of(user).size() == 1) erase(user);
            }
        }
        for (const auto ticket : accounts[id].tickets)
            tickets[ticket].gone = true;
        accounts[id] = {};
        accounts[id].status = AccountStatus::deleted;
    }
    bool is_chosen(std::uint64_t id, Time now) {
        return std::ranges::any_of(visits, [&](const auto& each) {
            const auto& visit = each.second;
            return visit.live(now) && visit.account == id &&
                   accounts[id].users.contains(visit.user);
        });
    }
    void cancel_letters(Account& of) {
        for (auto& [id, letter] : of.letters) {
            if (letter.state == 'p') letter.state = 'c';
        }
    }
};

// One line for each thing, to compare.
inline std::string shown(Permissions permissions) {
    return fmt::format("{:x}", permissions.bits());
}
inline std::string line_of(std::uint64_t id, AccountStatus status, std::uint64_t owner) {
    return fmt::format("account {} {} owner {}\n", id, static_cast<int>(status), owner);
}
inline std::string line_of(bool registration, bool management, const Retention& retention) {
    return fmt::format("registration {} management {} prune {} with users {} deactivate {}\n",
                       registration, management, retention.prune_after_months.value_or(0),
                       retention.delete_users == Switch::on,
                       retention.deactivate_after_months.value_or(0));
}
inline std::string shown(const Model& model, Time now) {
    auto text = line_of(model.registration, model.management, model.retention);
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
        text += fmt::format("session {} of {}/{} at {} live {}\n", id, visit.user, visit.admin,
                            visit.account.value_or(0), visit.live(now));
    }
    return text;
}
inline std::string shown(const desk::World& world, Time now) {
    const auto on = [](Switch value) { return value == Switch::on; };
    auto text = line_of(on(world.settings.client_registration),
                        on(world.settings.client_area_user_management), world.settings.retention);
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

}  // namespace muster::simulation_test
