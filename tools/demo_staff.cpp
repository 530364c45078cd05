// What staff does in a demo.
#include "handlers/accounts.hpp"
#include "handlers/invitations.hpp"
#include "handlers/staff.hpp"
#include "tools/demo_story.hpp"

namespace muster::tools {

// --- The staff's day

void DemoStory::staff_day(unsigned round) {
    count();
    staff_settings(round);
    staff_newcomers(round);
    staff_accounts(round);
    staff_users(round);
    for (auto& letter : letters_) {
        const auto [account, invitation] = std::pair{letter.account, letter.invitation};
        if (letter.fate == Fate::resent) {
            letter.fate = Fate::accepted;
            ++letter.link;
            add(by_staff(), [account, invitation](Work& work) {
                return resend_invitation(work, account, invitation);
            });
        } else if (letter.fate == Fate::cancelled) {
            letter.fate = Fate::forgotten;
            add(by_staff(), [account, invitation](Work& work) {
                return cancel_invitation(work, account, invitation);
            });
        }
    }
    std::erase_if(letters_, [](const Letter& each) { return each.fate == Fate::forgotten; });
}

void DemoStory::staff_settings(unsigned round) {
    const auto change = [&](ChangeSettings changes) {
        add(by_administrator(), [changes](Work& work) { return change_settings(work, changes); });
    };
    if (round == 0) {
        add(by_administrator(),
            [](Work& work) { return create_api_key(work, "Billing", Role::operator_, {}); });
        add(by_administrator(),
            [](Work& work) { return create_api_key(work, "Old shop", Role::auditor, {}); });
    }
    if (round == rounds / 2) {
        add(by_administrator(), [](Work& work) { return revoke_api_key(work, ApiKeyId{2}); });
        change({.client_registration = Switch::off, .client_area_user_management = {}});
        change({.client_registration = Switch::on, .client_area_user_management = {}});
    }
    if (round == rounds / 3) {
        change({.client_registration = {}, .client_area_user_management = Switch::off});
        change({.client_registration = {}, .client_area_user_management = Switch::on});
    }
}

// What is missing of those who should have come by now.
void DemoStory::staff_newcomers(unsigned round) {
    const bool last = round + 1 == rounds;
    const auto behind = due(total_newcomers_, round);
    const auto patience = last ? 0 : due(total_newcomers_, 0) * 3;  // Letters are on their way.
    for (; asked_.newcomers + patience < behind; ++asked_.newcomers) {
        const auto account = some_account();
        if (!account) break;
        const auto person = make_person(scale_.seed, next_person_++);
        add(by_staff(),
            [account, user = newcomer(person), permissions = some_permissions()](Work& work) {
                return associate_address(work, account, user, permissions);
            });
    }
    const auto wanted = due(total_further_, round);
    for (; asked_.further < wanted; ++asked_.further) {
        const auto user = asked_.further == 0 ? UserId{1} : some_user();
        if (!user) break;
        const auto profile = make_profile(scale_.seed, next_person_ + dice_.below(1 << 20),
                                          make_person(scale_.seed, user.number));
        add(by_staff(),
            [user, profile](Work& work) { return open_account_for(work, user, profile); });
    }
}

void DemoStory::staff_accounts(unsigned round) {
    const auto present = static_cast<double>(companies_.size() - 1);
    const auto some = [&](double share, auto&& act) {
        for (auto left = dice_.times(present * share * 2 / rounds); left > 0; --left) {
            const auto account = some_account();
            if (account && account.number != 1) act(account);
        }
    };
    const auto set_status = [&](AccountId account, AccountStatus status) {
        add(by_staff(), [account, status](Work& work) {
            return update_account(work, account, {.profile = {}, .status = status});
        });
    };
    some(0.05, [&](AccountId account) {
        const auto& members = companies_[account.number].members;
        if (members.empty()) return;
        add(by_staff(), [account, to = dice_.pick(members)](Work& work) {
            return transfer_ownership(work, account, to);
        });
    });
    some(0.05, [&](AccountId account) { set_status(account, AccountStatus::inactive); });
    some(0.04, [&](AccountId account) {
        set_status(account, AccountStatus::closed);
        if (dice_.chance(0.4)) set_status(account, AccountStatus::active);
    });
    if (round == 0) return;  // Nobody leaves on the first day.
    some(0.01, [&](AccountId account) {
        const auto users =
            dice_.chance(0.5) ? DeleteAccount::Users::go : DeleteAccount::Users::stay;
        const auto& company = companies_[account.number];
        if (company.owner.number == 1) return;
        add(by_administrator(),
            [account, users](Work& work) { return delete_account(work, account, users); });
    });
}

void DemoStory::staff_users(unsigned round) {
    const auto present = static_cast<double>(people_.size() - 1);
    const auto some = [&](double share, auto&& act) {
        for (auto left = dice_.times(present * share * 2 / rounds); left > 0; --left) {
            if (const auto user = some_user(); user.number > 1) act(user);
        }
    };
    some(0.05, [&](UserId user) {
        if (const auto account = some_account()) {
            add(by_staff(), [account, user, permissions = some_permissions()](Work& work) {
                return associate_user(work, account, user, permissions);
            });
        }
    });
    some(0.02, [&](UserId user) {
        add(by_staff(), [user, hash = hash_](Work& work) {
            return change_password(work, user, hash, {Proof::Kind::staff, 0});
        });
    });
    if (round == 0) return;
    some(0.03, [&](UserId user) {
        if (people_[user.number].accounts.size() > 1) return;  // Rule X2.
        add(by_administrator(), [user](Work& work) { return delete_user(work, user); });
    });
}

}  // namespace muster::tools
