#include "tools/demo_story.hpp"

#include <algorithm>

#include "handlers/staff.hpp"

namespace muster::tools {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr Time opening_day{1'646'121'600'000};  // 2022-03-01T08:00:00Z
constexpr milliseconds round_length = 72h;
constexpr milliseconds visits_begin = 34h;
constexpr milliseconds staff_arrives_at = 60h - 10min;
constexpr milliseconds staff_begins = 60h;
constexpr milliseconds staff_ends = 61h + 30min;  // No admin's session lies unused longer.

// As the routes have them.
constexpr AccessRule anybody{.anonymous = AccessRule::Anonymous::yes};
constexpr AccessRule signed_in{.users = AccessRule::Users::signed_in};
constexpr AccessRule staff{.staff = AccessRule::Staff::operators};
constexpr AccessRule administrators{.staff = AccessRule::Staff::administrators};
constexpr AccessRule owner{.staff = AccessRule::Staff::operators,
                           .users = AccessRule::Users::owner,
                           .manages_users = true};

}  // namespace

DemoStory::DemoStory(DemoDesk& desk, const DemoScale& scale, std::string password_hash)
    : desk_(desk),
      scale_(scale),
      hash_(std::move(password_hash)),
      dice_(scale.seed),
      // Four of five accounts are opened with an owner who is new.
      total_owners_(std::min(scale.users, std::max<std::uint64_t>(1, scale.accounts * 4 / 5))),
      total_further_(scale.accounts - total_owners_),
      total_newcomers_(scale.users - total_owners_) {}

std::expected<void, Fault> DemoStory::run(const std::function<void(unsigned)>& tell) {
    if (auto begun = begin(); !begun) return begun;
    for (unsigned round = 0; round < rounds; ++round) {
        const auto start = start_of(round);
        visitors_.clear();
        arrivals(round);
        if (auto done = settle(start, start + visits_begin); !done) return done;
        visits(round);
        if (auto done = settle(start + visits_begin, start + staff_arrives_at); !done) return done;
        staff_arrives();
        if (auto done = settle(start + staff_arrives_at, start + staff_begins); !done) return done;
        staff_day(round);
        if (auto done = settle(start + staff_begins, start + staff_ends); !done) return done;
        tell(round + 1);
    }
    return {};
}

Time DemoStory::start_of(unsigned round) const { return opening_day + round_length * (round + 1); }

std::expected<void, Fault> DemoStory::settle(Time from, Time until) {
    return desk_.settle(std::exchange(wave_, {}), from, until,
                        [this](const Events& events) { follow(events); });
}

// The staff, the evening before.
std::expected<void, Fault> DemoStory::begin() {
    const auto make = [&](std::string name, std::string_view email, Role role) {
        const NewAdmin admin{std::move(name), *EmailAddress::parse(email), role, hash_};
        add(by_system(), [admin](Work& work) { return create_admin(work, admin); });
    };
    make("Ada Admin", admin_email, Role::administrator);
    make("Otto Operator", "operator@example.com", Role::operator_);
    make("Audrey Auditor", "auditor@example.com", Role::auditor);
    return settle(opening_day, opening_day + 1h);
}

// --- Who asks

void DemoStory::add(DemoCommand command, std::function<Decision(Work&)> use_case) {
    command.use_case = std::move(use_case);
    wave_.push_back(std::move(command));
}

DemoCommand DemoStory::by_user(UserId user) const {
    const auto& person = people_[user.number];
    return {Credential{person.session}, person.ip, signed_in, {}, {}};
}
DemoCommand DemoStory::by_owner(UserId user, AccountId account) const {
    auto command = by_user(user);
    command.rule = owner;
    command.account = account;
    return command;
}
DemoCommand DemoStory::by_staff() const {
    return {Credential{admin_session_}, std::string("\xc0\x00\x02\x0a", 4), staff, {}, {}};
}
DemoCommand DemoStory::by_administrator() const {
    auto command = by_staff();
    command.rule = administrators;
    return command;
}
DemoCommand DemoStory::by_system() const { return {AsSystem{}, {}, anybody, {}, {}}; }
DemoCommand DemoStory::by_anybody(std::string ip) const {
    return {Credential{}, std::move(ip), anybody, {}, {}};
}

// --- Choosing

std::uint64_t DemoStory::due(std::uint64_t total, unsigned round) const {
    return std::min(total, (total * (round + 1) + rounds - 1) / rounds);
}

NewUser DemoStory::newcomer(const MadeUp& person) const {
    return {person.first_name, person.last_name, person.email, person.language, hash_};
}

Permissions DemoStory::some_permissions() {
    if (dice_.chance(0.3)) return Permissions::all();
    Permissions permissions;
    for (auto left = 1 + dice_.below(5); left > 0; --left)
        permissions.insert(Permission{static_cast<std::uint8_t>(dice_.below(13))});
    return permissions;
}

// Zero where there is none that is there; nobody is sought for long.
UserId DemoStory::some_user() {
    for (int tries = 0; tries < 8; ++tries) {
        const auto number = dice_.below(people_.size());
        if (people_[number].present) return {number};
    }
    return {};
}
AccountId DemoStory::some_account() {
    for (int tries = 0; tries < 8; ++tries) {
        const auto number = dice_.below(companies_.size());
        if (companies_[number].open) return {number};
    }
    return {};
}

}  // namespace muster::tools
