// Given what happened, when a command comes, then this follows or that is the refusal. A world
// folds events into everything that they concern; the keys that stand before a command say what of
// it the decision looks at.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <ostream>
#include <set>
#include <source_location>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregates/access.hpp"
#include "aggregates/account.hpp"
#include "aggregates/attempts.hpp"
#include "aggregates/email.hpp"
#include "aggregates/evolve.hpp"
#include "aggregates/legacy.hpp"
#include "aggregates/mail.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/ticket.hpp"
#include "aggregates/user.hpp"

namespace muster {

// How a failing test shows values: by the names of their fields.
template <class Thing>
void PrintTo(const Id<Thing>& id, std::ostream* out) {
    *out << id.number;
}
template <class Key>
void PrintTo(const Mention<Key>& mention, std::ostream* out) {
    *out << testing::PrintToString(mention.key);
}
template <class Key, class Value>
void PrintTo(const Personal<Key, Value>& personal, std::ostream* out) {
    *out << testing::PrintToString(personal.value);
}
inline void PrintTo(const Time& time, std::ostream* out) { *out << time.ms << "ms"; }
inline void PrintTo(const Permissions& permissions, std::ostream* out) {
    *out << '[';
    permissions.for_each([out](Permission each) { *out << ' ' << to_text(each); });
    *out << " ]";
}
template <Listed Struct>
void PrintTo(const Struct& value, std::ostream* out) {
    if constexpr (requires { Struct::type.name; }) *out << Struct::type.name << ' ';
    *out << '{';
    for_each_field(value, [out](std::string_view name, const auto& field) {
        *out << ' ' << name << ": " << testing::PrintToString(field);
    });
    *out << " }";
}

}  // namespace muster

namespace muster::given {

// The kinds of refusal that the interface promises for each code.
inline const std::map<std::string_view, std::set<ErrorKind>> promised{
    {"access.denied", {ErrorKind::forbidden}},
    {"access.role", {ErrorKind::forbidden}},
    {"account.already_associated", {ErrorKind::conflict}},
    {"account.closed", {ErrorKind::conflict}},
    {"account.contacts_full", {ErrorKind::conflict}},
    {"account.not_associated", {ErrorKind::not_found, ErrorKind::conflict}},
    {"account.not_found", {ErrorKind::not_found}},
    {"account.not_owner", {ErrorKind::forbidden}},
    {"account.owner_cannot_be_removed", {ErrorKind::conflict}},
    {"account.owner_cannot_leave", {ErrorKind::conflict}},
    {"account.owner_permissions", {ErrorKind::conflict}},
    {"admin.email_taken", {ErrorKind::conflict}},
    {"admin.last_administrator", {ErrorKind::conflict}},
    {"admin.not_found", {ErrorKind::not_found}},
    {"api_key.not_found", {ErrorKind::not_found}},
    {"code.wrong", {ErrorKind::forbidden}},
    {"contact.not_found", {ErrorKind::not_found}},
    {"invitation.accepted", {ErrorKind::conflict}},
    {"invitation.not_found", {ErrorKind::not_found}},
    {"invitation.pending", {ErrorKind::conflict}},
    {"mail.link_dead", {ErrorKind::conflict}},
    {"mail.sent", {ErrorKind::conflict}},
    {"password.wrong", {ErrorKind::forbidden}},
    {"permissions.empty", {ErrorKind::invalid}},
    {"profile.locked", {ErrorKind::forbidden}},
    {"rate.limited", {ErrorKind::limited}},
    {"request.invalid", {ErrorKind::invalid}},
    {"security_answer.required", {ErrorKind::invalid}},
    {"security_answer.wrong", {ErrorKind::forbidden}},
    {"session.account_required", {ErrorKind::conflict}},
    {"session.invalid_credentials", {ErrorKind::unauthenticated}},
    {"session.not_found", {ErrorKind::not_found}},
    {"session.other_account", {ErrorKind::conflict}},
    {"session.required", {ErrorKind::unauthenticated}},
    {"session.second_factor_required", {ErrorKind::unauthenticated}},
    {"setup.done", {ErrorKind::conflict}},
    {"token.expired", {ErrorKind::gone}},
    {"token.not_found", {ErrorKind::not_found}},
    {"two_factor.not_started", {ErrorKind::conflict}},
    {"two_factor.on", {ErrorKind::conflict}},
    {"ticket.full", {ErrorKind::conflict}},
    {"ticket.not_found", {ErrorKind::not_found}},
    {"user.email_taken", {ErrorKind::conflict}},
    {"user.is_owner", {ErrorKind::conflict}},
    {"user.no_email", {ErrorKind::conflict}},
    {"user.not_found", {ErrorKind::not_found}},
    {"user.several_accounts", {ErrorKind::conflict}},
    {"user_management.disabled", {ErrorKind::forbidden}},
};

inline constexpr Staff::Key the_staff;
inline constexpr SettingsKey the_settings;

// Everything that a decision may look at.
struct World {
    std::map<AccountId, Account> accounts;
    std::map<UserId, User> users;
    std::map<EmailKey, EmailHolder> holders;
    std::map<SessionId, Session> sessions;
    std::map<AttemptsKey, Attempts> attempts;
    std::map<MailId, Mail> mails;
    std::map<TicketId, Ticket> tickets;
    std::map<StreamId, LegacyRecord> legacy;
    Staff staff;
    Settings settings;

    void fold(const Event& event) {
        for (const auto& stream : streams_of(event))
            fold(stream, event);
    }

    Account seen(AccountId id) const { return found(accounts, id); }
    User seen(UserId id) const { return found(users, id); }
    EmailHolder seen(EmailKey key) const { return found(holders, key); }
    Session seen(SessionId id) const { return found(sessions, id); }
    Attempts seen(AttemptsKey key) const { return found(attempts, key); }
    Mail seen(MailId id) const { return found(mails, id); }
    Ticket seen(TicketId id) const { return found(tickets, id); }
    LegacyRecord seen(LegacyClientId id) const { return record(stream_of(id)); }
    LegacyRecord seen(LegacyContactId id) const { return record(stream_of(id)); }
    const Staff& seen(Staff::Key) const { return staff; }
    const Settings& seen(SettingsKey) const { return settings; }
    template <class Command>
    const Command& seen(const Command& command) const {
        return command;
    }

private:
    LegacyRecord record(const StreamId& stream) const {
        const auto found = legacy.find(stream);
        return found == legacy.end() ? LegacyRecord{} : found->second;
    }
    template <class Key, class State>
    static State found(const std::map<Key, State>& states, const Key& key) {
        if (const auto found = states.find(key); found != states.end()) return found->second;
        State none;
        none.id = key;
        return none;
    }
    template <class Key, class State>
    static void fold(std::map<Key, State>& states, const Key& key, const Event& event) {
        auto& state = states[key];
        state.id = key;
        evolve(state, event);
    }
    void fold(const StreamId& stream, const Event& event) {
        switch (stream.kind) {
            case StreamKind::user:
                return fold(users, UserId{stream.low}, event);
            case StreamKind::account:
                return fold(accounts, AccountId{stream.low}, event);
            case StreamKind::email:
                return fold(holders, email_key_of(stream), event);
            case StreamKind::session:
                return fold(sessions, SessionId{stream.low}, event);
            case StreamKind::staff:
                return evolve(staff, event);
            case StreamKind::settings:
                return evolve(settings, event);
            case StreamKind::attempts:
                return fold(attempts, attempts_key_of(stream), event);
            case StreamKind::mail:
                return fold(mails, MailId{stream.low}, event);
            case StreamKind::ticket:
                return fold(tickets, TicketId{stream.low}, event);
            case StreamKind::legacy:
                return evolve(legacy[stream], event);
        }
    }
};

// Keys, then the command (or two, where one decision takes two).
template <class... Argument>
Decision decide(const World& world, const Argument&... argument) {
    return when(world.seen(argument)...);
}
inline Decision decide(const World& world, AccountId account, UserId user,
                       const AcceptInvitation& command) {
    return when(world.seen(account), user, command);
}
inline Decision decide(const World& world, AccountId id, const DeleteAccount& command) {
    const auto account = world.seen(id);
    std::vector<User> users;
    for (const auto& [user, permissions] : account.users)
        users.push_back(world.seen(user));
    std::vector<const User*> pointers;
    for (const auto& user : users)
        pointers.push_back(&user);
    return when(account, pointers, command);
}

// What becomes of a command that comes a second time.
struct Again {
    enum class Answer : std::uint8_t { nothing, refused, more };
    Answer answer{};
    std::string_view code{};
};
inline constexpr Again and_again_nothing{Again::Answer::nothing};
inline constexpr Again and_again_more{Again::Answer::more};
constexpr Again and_again_refused(std::string_view code) { return {Again::Answer::refused, code}; }

class When;

class Given {
public:
    template <class... Past>
    explicit Given(const Past&... past) {
        (world_.fold(past), ...);
    }
    explicit Given(World world) : world_(std::move(world)) {}

    template <class... Argument>
    When when(const Argument&... argument) const;

    const World& world() const { return world_; }

private:
    World world_;
};

class When {
public:
    using Decide = std::function<Decision(const World&)>;
    using Where = std::source_location;

    When(World world, Decide decide) : world_(std::move(world)), decide_(std::move(decide)) {}

    // The world afterwards. A command may always come again: nothing happens then, or else the test
    // says what.
    Given then(const Events& expected, Again again = and_again_nothing,
               Where where = Where::current()) {
        const auto trace = at(where);
        const auto decision = decide_(world_);
        if (!decision) {
            ADD_FAILURE() << "Refused: " << decision.error().code;
            return Given{world_};
        }
        EXPECT_EQ(*decision, expected);
        for (const auto& event : *decision)
            world_.fold(event);
        expect_again(again);
        return Given{world_};
    }

    Error then_refused(std::string_view code, Where where = Where::current()) const {
        const auto trace = at(where);
        return expect_refused(decide_(world_), code);
    }

    void then_already_so(Where where = Where::current()) const {
        const auto trace = at(where);
        expect_nothing(decide_(world_));
    }

private:
    static testing::ScopedTrace at(const Where& where) {
        return {where.file_name(), static_cast<int>(where.line()), "expected here"};
    }
    void expect_again(Again again) const {
        const testing::ScopedTrace trace(__FILE__, __LINE__, "the second time");
        const auto decision = decide_(world_);
        switch (again.answer) {
            case Again::Answer::nothing:
                return expect_nothing(decision);
            case Again::Answer::refused:
                expect_refused(decision, again.code);
                return;
            case Again::Answer::more:
                EXPECT_TRUE(decision && !decision->empty());
        }
    }
    static void expect_nothing(const Decision& decision) {
        if (!decision) {
            ADD_FAILURE() << "Refused: " << decision.error().code;
            return;
        }
        EXPECT_EQ(*decision, already_so);
    }
    static Error expect_refused(const Decision& decision, std::string_view code) {
        if (decision) {
            ADD_FAILURE() << "Not refused, but: " << testing::PrintToString(*decision);
            return {};
        }
        const auto& error = decision.error();
        EXPECT_EQ(error.code, code);
        EXPECT_FALSE(error.message.empty());
        const auto kinds = promised.find(error.code);
        EXPECT_TRUE(kinds != promised.end() && kinds->second.contains(error.kind));
        return error;
    }

    World world_;
    Decide decide_;
};

template <class... Argument>
When Given::when(const Argument&... argument) const {
    return {world_, [argument...](const World& world) { return decide(world, argument...); }};
}

}  // namespace muster::given
