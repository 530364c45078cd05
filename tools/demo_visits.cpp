// Who comes in a demo, and what they do.
#include <algorithm>
#include <fmt/format.h>

#include "handlers/accounts.hpp"
#include "handlers/invitations.hpp"
#include "handlers/sessions.hpp"
#include "handlers/staff.hpp"
#include "tools/demo_story.hpp"

namespace muster::tools {
namespace {

// In all of the demo.
constexpr double visits_a_user = 3.0;
constexpr double invitations_a_visit = 0.06;  // Of people who are users already.

constexpr AccessRule profile_editor{.staff = AccessRule::Staff::operators,
                                    .users = AccessRule::Users::permitted,
                                    .permission = Permission::profile};

constexpr const char* phone_agent = "Mozilla/5.0 (Android 13) Firefox/115.0";

}  // namespace

// --- Arrivals: who registers, whose letter has come, who signs in

// Of what was asked for some was refused.
void DemoStory::count() {
    asked_.newcomers = made_users_ - std::min(made_users_, asked_.owners);
    asked_.further = made_accounts_ - std::min(made_accounts_, asked_.owners);
}

void DemoStory::arrivals(unsigned round) {
    count();
    for (const auto wanted = due(total_owners_, round); asked_.owners < wanted; ++asked_.owners)
        register_owner();
    for (const auto& letter : letters_) {
        if (letter.fate == Fate::accepted) open_letter(letter);
    }
    std::erase_if(letters_, [](const Letter& each) { return each.fate == Fate::accepted; });
    const auto present = static_cast<double>(people_.size() - 1);
    for (auto left = dice_.times(present * 2 * visits_a_user / rounds); left > 0; --left) {
        if (const auto user = some_user()) sign_in_again(user);
    }
}

// By the public form, or by another system that sells, for somebody new.
void DemoStory::register_owner() {
    const auto number = next_person_++;
    const auto person = make_person(scale_.seed, number);
    const auto profile = make_profile(scale_.seed, number, person);
    const auto user = newcomer(person);
    if (number == 1 || dice_.chance(0.85)) {
        add(by_anybody(person.ip), [user, profile, agent = person.user_agent](Work& work) {
            return register_visitor(work, user, profile, agent);
        });
    } else {
        add(by_system(),
            [user, profile](Work& work) { return open_account_with(work, user, profile); });
    }
}

void DemoStory::open_letter(const Letter& letter) {
    const Link link{letter.account, letter.invitation, letter.link};
    if (!letter.to) {
        if (asked_.newcomers >= total_newcomers_) return;
        ++asked_.newcomers;
        const auto person = make_person(scale_.seed, next_person_++);
        add(by_anybody(person.ip),
            [link, user = newcomer(person), agent = person.user_agent](Work& work) {
                return accept_registering(work, link, user, agent);
            });
        return;
    }
    const auto& user = people_[letter.to.number];
    if (!user.present) return;
    if (user.session && dice_.chance(0.5)) {
        add(by_user(letter.to), [link](Work& work) { return accept_signed_in(work, link); });
        return;
    }
    const Verified who{letter.to.number, user.password};
    add(by_anybody(user.ip),
        [link, who](Work& work) { return accept_signing_in(work, link, who, phone_agent); });
}

void DemoStory::sign_in_again(UserId user) {
    const auto& person = people_[user.number];
    const Verified who{user.number, person.password};
    const auto agent = make_person(scale_.seed, user.number).user_agent;
    add(by_anybody(person.ip), [who, agent](Work& work) { return sign_in(work, who, agent); });
}

// --- Visits: what those do who signed in

void DemoStory::visits(unsigned round) {
    count();
    const auto on_their_way =
        static_cast<std::uint64_t>(std::ranges::count(letters_, UserId{}, &Letter::to));
    const auto coming = asked_.newcomers + on_their_way;
    const auto wanted = due(total_newcomers_, round + 1);
    letters_wanted_ = wanted > coming ? (wanted - coming) * 6 / 5 + 1 : 0;
    std::ranges::sort(visitors_);
    const auto twice = std::ranges::unique(visitors_);
    visitors_.erase(twice.begin(), twice.end());
    for (const auto user : visitors_)
        visit(user);
}

void DemoStory::staff_arrives() {
    add(by_anybody({}), [](Work& work) { return sign_in_admin(work, {1, 1}, phone_agent); });
}

void DemoStory::visit(UserId user) {
    const auto& person = people_[user.number];
    if (!person.present || !person.session) return;
    auto chosen = person.chosen;
    if (!person.accounts.empty() && (!chosen || dice_.chance(0.15))) {
        chosen = dice_.pick(person.accounts);
        add(by_user(user), [chosen](Work& work) { return choose_account(work, chosen); });
    }
    own_matters(user);
    if (chosen) {
        if (companies_[chosen.number].owner == user) {
            owner_matters(user, chosen);
        } else if (user.number != 1 && dice_.chance(0.03)) {
            add(by_user(user), [chosen](Work& work) { return leave_account(work, chosen); });
        }
    }
    if (user.number != 1 && dice_.chance(0.35))
        add(by_user(user), [](Work& work) { return sign_out(work); });
}

void DemoStory::own_matters(UserId user) {
    const auto& person = people_[user.number];
    const Proof proof{Proof::Kind::password, person.password};
    const auto other = make_person(scale_.seed, scale_.users + 1 + dice_.below(1 << 20));
    if (dice_.chance(0.08)) {
        UserChanges changes;
        changes.last_name = other.last_name;
        add(by_user(user),
            [user, changes](Work& work) { return update_user(work, user, changes, {}); });
    }
    if (dice_.chance(0.06)) {
        UserChanges changes;
        changes.language = other.language;
        add(by_user(user),
            [user, changes](Work& work) { return update_user(work, user, changes, {}); });
    }
    if (user.number != 1 && dice_.chance(0.03)) {
        UserChanges changes;
        changes.email = other.email;
        add(by_user(user),
            [user, changes, proof](Work& work) { return update_user(work, user, changes, proof); });
    }
    if (asked_.further < total_further_ && dice_.chance(0.1)) {
        ++asked_.further;
        const auto profile = make_profile(scale_.seed, next_person_ + dice_.below(1 << 20), other);
        add(by_user(user), [profile](Work& work) { return open_own_account(work, profile); });
    }
    if (dice_.chance(0.04)) {  // It ends the other sessions, not this one.
        add(by_user(user), [user, proof, hash = hash_](Work& work) {
            return change_password(work, user, hash, proof);
        });
    }
}

void DemoStory::owner_matters(UserId user, AccountId account) {
    const auto& company = companies_[account.number];
    if (dice_.chance(0.3)) {
        UpdateAccount command;
        command.profile.phone = fmt::format("+44 20 7946 {:04}", dice_.below(10'000));
        if (dice_.chance(0.3)) command.profile.address2 = fmt::format("Unit {}", dice_.below(60));
        auto by = by_owner(user, account);
        by.rule = profile_editor;
        add(std::move(by),
            [account, command](Work& work) { return update_account(work, account, command); });
    }
    if (letters_wanted_ > 0 && dice_.chance(0.5)) {
        --letters_wanted_;
        invite(by_owner(user, account), account, {});
    }
    if (dice_.chance(invitations_a_visit)) {
        if (const auto other = some_user()) invite(by_owner(user, account), account, other);
    }
    if (company.members.empty()) return;
    const auto member = dice_.pick(company.members);
    if (dice_.chance(0.15)) {
        add(by_owner(user, account),
            [account, member, permissions = some_permissions()](Work& work) {
                return set_permissions(work, account, member, permissions);
            });
    } else if (dice_.chance(0.04)) {
        add(by_owner(user, account),
            [account, member](Work& work) { return remove_user(work, account, member); });
    }
}

void DemoStory::invite(const DemoCommand& by, AccountId account, UserId to) {
    const auto roll = dice_.below(100);
    const auto fate = roll < 72   ? Fate::accepted
                      : roll < 80 ? Fate::resent
                      : roll < 90 ? Fate::cancelled
                                  : Fate::forgotten;
    // The address is not the one that will register: the link counts. Rule I12.
    const auto address =
        to ? *EmailAddress::parse(people_[to.number].email)
           : make_person(scale_.seed, scale_.users + 1 + dice_.below(1ULL << 40)).email;
    auto command = by;
    command.then = [this, account, fate, to](const Events& events) {
        for (const auto& event : events) {
            if (const auto* invited = std::get_if<UserInvited>(&event))
                letters_.push_back({account, invited->invitation, 1, fate, to});
        }
    };
    add(std::move(command), [account, address, permissions = some_permissions()](Work& work) {
        return invite_user(work, account, address, permissions);
    });
}

}  // namespace muster::tools
