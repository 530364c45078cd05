// What happens in a demo: half a year of a made-up hosting company, three days at a time. People
// register, are invited, come and go; staff does what staff does.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "handlers/users.hpp"
#include "tools/demo_desk.hpp"
#include "tools/demo_people.hpp"

namespace muster::tools {

struct DemoScale {
    std::uint64_t users{}, accounts{}, seed{};
};

class DemoStory {
public:
    // Everybody has the same password, by this hash.
    DemoStory(DemoDesk& desk, const DemoScale& scale, std::string password_hash);

    static constexpr unsigned rounds = 60;
    // tell(round) after each.
    std::expected<void, Fault> run(const std::function<void(unsigned)>& tell);

    static constexpr std::string_view admin_email = "admin@example.com";
    // Of the first user, who is never deleted and whose address never changes.
    const std::string& first_email() const { return people_.at(1).email; }
    std::uint64_t events() const { return events_; }

private:
    // A user, as far as the story has to know.
    struct Somebody {
        bool present{};
        std::uint32_t password{};
        std::string email, ip;
        SessionId session{};
        Time until{};
        AccountId chosen{};
        std::vector<AccountId> accounts;
    };
    struct Company {
        bool open{};
        UserId owner{};
        std::vector<UserId> members{};  // Without the owner.
    };
    // A sent invitation and what will become of it.
    enum class Fate : std::uint8_t { accepted, resent, cancelled, forgotten };
    struct Letter {
        AccountId account;
        InvitationId invitation;
        std::uint32_t link = 1;
        Fate fate{};
        UserId to{};  // Zero: somebody who will register with it.
    };

    // Of what is to come by the end of a round: owners who come with an account, accounts of users
    // who are there, users who come to an account that is there.
    struct Counted {
        std::uint64_t owners{}, further{}, newcomers{};
    };

    std::expected<void, Fault> begin();
    std::expected<void, Fault> settle(Time from, Time until);
    Time start_of(unsigned round) const;

    // The three parts of a round.
    void count();
    void arrivals(unsigned round);
    void visits(unsigned round);
    void staff_arrives();
    void staff_day(unsigned round);

    void register_owner();
    void open_letter(const Letter& letter);
    void sign_in_again(UserId user);
    void visit(UserId user);
    void own_matters(UserId user);
    void owner_matters(UserId user, AccountId account);
    void invite(const DemoCommand& by, AccountId account, UserId to);
    void staff_accounts(unsigned round);
    void staff_users(unsigned round);
    void staff_settings(unsigned round);
    void staff_newcomers(unsigned round);

    DemoCommand by_user(UserId user) const;
    DemoCommand by_owner(UserId user, AccountId account) const;
    DemoCommand by_staff() const;
    DemoCommand by_administrator() const;
    DemoCommand by_system() const;
    DemoCommand by_anybody(std::string ip) const;
    void add(DemoCommand command, std::function<Decision(Work&)> use_case);

    NewUser newcomer(const MadeUp& person) const;
    Permissions some_permissions();
    UserId some_user();
    AccountId some_account();
    std::uint64_t due(std::uint64_t total, unsigned round) const;

    void follow(const Events& events);
    void on(const UserRegistered& event);
    void on(const EmailChanged& event);
    void on(const PasswordChanged& event);
    void on(const UserDeleted& event);
    void on(const AccountOpened& event);
    void on(const AccountActivated& event);
    void on(const AccountClosed& event);
    void on(const AccountDeleted& event);
    void on(const AssociationGranted& event);
    void on(const AssociationEnded& event);
    void on(const OwnershipTransferred& event);
    void on(const SessionStarted& event);
    void on(const AccountChosen& event);
    void on(const SessionEnded& event);
    void on(const AdminSessionStarted& event);
    void on(const auto&) {}
    void forget_access(AccountId account, UserId user);

    DemoDesk& desk_;
    DemoScale scale_;
    std::string hash_;
    Dice dice_;
    std::uint64_t total_owners_, total_further_, total_newcomers_;
    Counted asked_;  // What came, or was asked for.
    std::uint64_t made_users_{}, made_accounts_{};
    std::uint64_t letters_wanted_{};  // To newcomers, in this round.
    std::uint64_t next_person_ = 1;
    std::vector<Somebody> people_{1};    // By user id.
    std::vector<Company> companies_{1};  // By account id.
    std::vector<Letter> letters_;        // To be opened, sent again or cancelled.
    std::vector<UserId> visitors_;       // Who signed in in this round.
    SessionId admin_session_;
    std::vector<DemoCommand> wave_;
    std::uint64_t events_{};
};

}  // namespace muster::tools
