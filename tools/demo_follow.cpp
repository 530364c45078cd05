// What the story remembers of what happened.
#include "tools/demo_story.hpp"

namespace muster::tools {
namespace {

template <class Thing>
auto& at(std::vector<Thing>& list, std::uint64_t number) {
    if (list.size() <= number) list.resize(number + 1);
    return list[number];
}

}  // namespace

void DemoStory::follow(const Events& events) {
    events_ += events.size();
    for (const auto& event : events)
        std::visit([this](const auto& e) { on(e); }, event);
}

void DemoStory::on(const UserRegistered& event) {
    auto& user = at(people_, event.user.number);
    user.present = true;
    user.password = event.password;
    user.email = event.person.value->email;
    ++made_users_;
    // Where visits come from; it need not be where the registering came from.
    user.ip = make_person(scale_.seed, event.user.number).ip;
}
void DemoStory::on(const EmailChanged& event) {
    people_[event.user.number].email = event.address.value->email;
}
void DemoStory::on(const PasswordChanged& event) {
    people_[event.user.number].password = event.password;
}
void DemoStory::on(const UserDeleted& event) { people_[event.user.number] = {}; }

void DemoStory::on(const AccountOpened& event) {
    ++made_accounts_;
    at(companies_, event.account.number) = {.open = true, .owner = event.owner};
    people_[event.owner.number].accounts.push_back(event.account);
}
void DemoStory::on(const AccountActivated& event) { companies_[event.account.number].open = true; }
void DemoStory::on(const AccountClosed& event) { companies_[event.account.number].open = false; }
void DemoStory::on(const AccountDeleted& event) {
    companies_[event.account.number] = {};
    for (const auto user : event.users)
        forget_access(event.account, user);
}

void DemoStory::on(const AssociationGranted& event) {
    companies_[event.account.number].members.push_back(event.user);
    people_[event.user.number].accounts.push_back(event.account);
}
void DemoStory::on(const AssociationEnded& event) {
    std::erase(companies_[event.account.number].members, event.user);
    forget_access(event.account, event.user);
}
void DemoStory::on(const OwnershipTransferred& event) {
    auto& company = companies_[event.account.number];
    std::erase(company.members, event.to);
    company.members.push_back(event.from);
    company.owner = event.to;
}
void DemoStory::forget_access(AccountId account, UserId user) {
    auto& person = people_[user.number];
    std::erase(person.accounts, account);
    if (person.chosen == account) person.chosen = {};
}

void DemoStory::on(const SessionStarted& event) {
    auto& user = people_[event.user.number];
    user.session = event.session;
    user.until = event.expires_at - session_lifetime + session_idle_limit;
    user.chosen = event.account ? event.account->key : AccountId{};
    visitors_.push_back(event.user);
}
void DemoStory::on(const AccountChosen& event) {
    people_[event.user.number].chosen = event.account.key;
}
void DemoStory::on(const SessionEnded& event) {
    auto& user = people_[event.user.number];
    if (user.session == event.session) user.session = {};
}
void DemoStory::on(const AdminSessionStarted& event) { admin_session_ = event.session; }

}  // namespace muster::tools
