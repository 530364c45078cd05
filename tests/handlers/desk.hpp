// The write side without a server around it: a log in memory, a committer, a clock that stands
// until it is moved, and people who ask for things.
#pragma once

#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/evolve.hpp"
#include "aggregates/mail.hpp"
#include "events/json.hpp"
#include "events/memory_log.hpp"
#include "handlers/accounts.hpp"
#include "handlers/committer.hpp"
#include "handlers/contacts.hpp"
#include "handlers/invitations.hpp"
#include "handlers/orders.hpp"
#include "handlers/sessions.hpp"
#include "handlers/staff.hpp"
#include "handlers/tickets.hpp"
#include "handlers/users.hpp"

namespace muster {

template <class Thing>
void PrintTo(const Id<Thing>& id, std::ostream* out) {
    *out << id.number;
}
inline void PrintTo(const Position& position, std::ostream* out) { *out << position.number; }
inline void PrintTo(const Time& time, std::ostream* out) { *out << time.ms << " ms"; }
inline void PrintTo(const StreamId& stream, std::ostream* out) { *out << to_text(stream); }

}  // namespace muster

namespace muster {

// For comparing states only: what is stored seals it.
template <class Key, class Value>
void put(Writer& out, const Personal<Key, Value>& personal) {
    put(out, personal.value);
}

}  // namespace muster

namespace muster::desk {

using namespace std::chrono_literals;

inline constexpr Time monday{1'700'000'000'000};
inline constexpr AccessRule anybody{.anonymous = AccessRule::Anonymous::yes};
inline constexpr AccessRule users_only{.users = AccessRule::Users::signed_in};
inline constexpr AccessRule operators{.staff = AccessRule::Staff::operators};
inline constexpr AccessRule administrators{.staff = AccessRule::Staff::administrators};
inline constexpr AccessRule all_staff{.staff = AccessRule::Staff::everyone};
inline constexpr AccessRule owners{.staff = AccessRule::Staff::operators,
                                   .users = AccessRule::Users::owner,
                                   .manages_users = true};
inline constexpr AccessRule permitted(Permission permission) {
    return {.staff = AccessRule::Staff::operators,
            .users = AccessRule::Users::permitted,
            .permission = permission};
}

inline constexpr Permissions see_tickets{Permission::tickets};
inline constexpr Permissions pay_invoices{Permission::invoices, Permission::quotes};

inline EmailAddress email(std::string_view text) { return EmailAddress::parse(text).value(); }
inline NewUser person(const std::string& first_name, std::optional<std::string> password_hash) {
    return {first_name, "Example", email(first_name + "@example.com"), "en", password_hash};
}
inline NewUser person(const std::string& first_name) {
    return person(first_name, "hash of " + first_name);
}
inline Profile profile_of(const std::string& company) {
    Profile profile;
    profile.company_name = company;
    return profile;
}
inline CommandKey command_key(std::uint8_t id, std::uint8_t digest) {
    CommandKey key;
    key.id.fill(id);
    key.digest.fill(digest);
    return key;
}

// How a failing test shows an answer: the refusal's code, or the events as JSON.
inline std::string shown(const Events& events) {
    std::string text;
    JsonWriter out{text};
    out.begin_array();
    for (const auto& event : events)
        write_planned(out, event);
    out.end_array();
    return text;
}
inline std::string shown(const Result& result) {
    return result ? shown(result->events) : std::string{result.error().code};
}

// Empty where it was accepted.
inline std::string_view code_of(const Result& result) {
    return result ? std::string_view{} : result.error().code;
}

// The first event of a type among those of an answer.
template <class E>
E the(const Result& result) {
    if (result) {
        for (const auto& event : result->events) {
            if (const auto* found = std::get_if<E>(&event)) return *found;
        }
    }
    ADD_FAILURE() << "No " << E::type.name << " in " << shown(result);
    return {};
}
inline std::vector<std::string_view> types_of(const Result& result) {
    std::vector<std::string_view> types;
    if (result) {
        for (const auto& event : result->events)
            types.push_back(type_of(event).name);
    }
    return types;
}
using Types = std::vector<std::string_view>;

// Passes everything on; what a test wants to happen to a log is derived from it.
class PassingLog : public Log {
public:
    explicit PassingLog(Log& log) : log_(log) {}

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        return log_.append(commits);
    }
    Position head() const override { return log_.head(); }
    std::expected<std::size_t, Fault> read(Position after, std::size_t limit,
                                           const Visit& visit) const override {
        return log_.read(after, limit, visit);
    }
    std::expected<std::size_t, Fault> read_stream(const StreamId& stream, std::uint64_t after,
                                                  std::size_t limit,
                                                  const Visit& visit) const override {
        return log_.read_stream(stream, after, limit, visit);
    }
    std::expected<std::size_t, Fault> read_stream_backwards(const StreamId& stream,
                                                            std::uint64_t before, std::size_t limit,
                                                            const Visit& visit) const override {
        return log_.read_stream_backwards(stream, before, limit, visit);
    }
    std::expected<std::uint64_t, Fault> version(const StreamId& stream) const override {
        return log_.version(stream);
    }
    std::expected<void, Fault> visit_streams(const VisitStreams& visit) const override {
        return log_.visit_streams(visit);
    }
    std::expected<std::optional<Duplicate>, Fault> find_command(const CommandId& id,
                                                                Time now) const override {
        return log_.find_command(id, now);
    }
    std::expected<std::optional<std::string>, Fault> vault(std::string_view key) const override {
        return log_.vault(key);
    }
    std::expected<void, Fault> visit_vault(std::string_view from,
                                           const VisitVault& visit) const override {
        return log_.visit_vault(from, visit);
    }
    std::expected<std::uint64_t, Fault> draw(Sequence sequence, std::uint64_t count) override {
        return log_.draw(sequence, count);
    }
    std::expected<std::optional<Snapshot>, Fault> snapshot(const StreamId& stream) const override {
        return log_.snapshot(stream);
    }
    std::expected<void, Fault> keep_snapshot(const StreamId& stream,
                                             const Snapshot& snapshot) override {
        return log_.keep_snapshot(stream, snapshot);
    }
    std::expected<std::optional<Checkpoint>, Fault> checkpoint(
        std::string_view reactor) const override {
        return log_.checkpoint(reactor);
    }
    std::expected<void, Fault> keep_checkpoint(std::string_view reactor,
                                               const Checkpoint& checkpoint) override {
        return log_.keep_checkpoint(reactor, checkpoint);
    }
    std::expected<Hash, Fault> root(std::uint64_t size) const override { return log_.root(size); }
    std::expected<Hash, Fault> node(unsigned level, std::uint64_t index) const override {
        return log_.node(level, index);
    }
    std::expected<void, Fault> visit_nodes(const VisitNodes& visit) const override {
        return log_.visit_nodes(visit);
    }

protected:
    Log& log_;
};

// Everything that the log says, folded.
struct World {
    std::map<UserId, User> users;
    std::map<AccountId, Account> accounts;
    std::map<EmailKey, EmailHolder> holders;
    std::map<SessionId, Session> sessions;
    std::map<MailId, Mail> mails;
    std::map<TicketId, Ticket> tickets;
    Staff staff;
    Settings settings;
    std::map<StreamId, std::uint64_t> versions;
    std::vector<Record> records;

    void fold(const Event& event) {
        std::visit([this](const auto& e) { fold_fields(e, Event{e}); }, event);
    }

private:
    template <class E>
    void fold_fields(const E& e, const Event& event) {
        std::set<StreamId> done;
        for_each_field(e, [&](std::string_view, const auto& field) { visit(field, event, done); });
    }
    void visit(UserId id, const Event& event, std::set<StreamId>& done) {
        apply_to(users, id, event, done);
    }
    void visit(AccountId id, const Event& event, std::set<StreamId>& done) {
        apply_to(accounts, id, event, done);
    }
    void visit(const EmailKey& id, const Event& event, std::set<StreamId>& done) {
        apply_to(holders, id, event, done);
    }
    void visit(SessionId id, const Event& event, std::set<StreamId>& done) {
        apply_to(sessions, id, event, done);
    }
    void visit(MailId id, const Event& event, std::set<StreamId>& done) {
        apply_to(mails, id, event, done);
    }
    void visit(TicketId id, const Event& event, std::set<StreamId>& done) {
        apply_to(tickets, id, event, done);
    }
    void visit(AdminId id, const Event& event, std::set<StreamId>& done) {
        if (done.insert(stream_of(id)).second) evolve(staff, event);
    }
    void visit(ApiKeyId id, const Event& event, std::set<StreamId>& done) {
        if (done.insert(stream_of(id)).second) evolve(staff, event);
    }
    void visit(SettingsKey id, const Event& event, std::set<StreamId>& done) {
        if (done.insert(stream_of(id)).second) evolve(settings, event);
    }
    template <class Key>
    void visit(const std::optional<Key>& key, const Event& event, std::set<StreamId>& done) {
        if constexpr (stream_kind_of<Key>.has_value()) {
            if (key) visit(*key, event, done);
        }
    }
    template <class Key>
    void visit(const std::vector<Key>& keys, const Event& event, std::set<StreamId>& done) {
        if constexpr (stream_kind_of<Key>.has_value()) {
            for (const auto& key : keys)
                visit(key, event, done);
        }
    }
    void visit(const auto&, const Event&, std::set<StreamId>&) {}

    template <class Id, class State>
    static void apply_to(std::map<Id, State>& states, const Id& id, const Event& event,
                         std::set<StreamId>& done) {
        if (!done.insert(stream_of(id)).second) return;
        auto& state = states[id];
        state.id = id;
        evolve(state, event);
    }
};

// A state's fields as bytes, to compare two.
template <class State>
std::string bytes_of(const State& state) {
    std::string bytes;
    Writer out{bytes};
    for_each_field(state, [&](std::string_view, const auto& field) { put(out, field); });
    return bytes;
}

// Folds the whole log, and checks on the way that positions and versions have no gaps, that time
// never goes back, and that every event was allowed by the state before it.
World fold(const Log& log, Keyring* keyring);

// What must hold in any state of the whole.
void expect_sound(const World& world);

class Desk;

// A request in the making: who, by which rule, and how.
class Asking {
public:
    Asking(Committer& committer, std::variant<Credential, AsSystem> who) : committer_(committer) {
        request_.credential = std::move(who);
        request_.rule = anybody;
    }
    Asking may(const AccessRule& rule, std::optional<AccountId> account = {}) && {
        request_.rule = rule;
        request_.account = account;
        return std::move(*this);
    }
    Asking may(const AccessRule& rule, TicketId ticket) && {
        request_.rule = rule;
        request_.ticket = ticket;
        return std::move(*this);
    }
    Asking once(const CommandKey& key) && {
        request_.command = key;
        return std::move(*this);
    }
    Asking if_match(const StreamId& stream, std::vector<std::uint64_t> versions) && {
        request_.expected = Expected{stream, std::move(versions)};
        return std::move(*this);
    }
    Asking dry_run() && {
        request_.mode = Mode::dry_run;
        return std::move(*this);
    }
    Asking from(std::string ip) && {
        request_.ip = std::move(ip);
        return std::move(*this);
    }

    std::future<Result> send(std::function<Decision(Work&)> use_case) && {
        auto promise = std::promise<Result>{};
        auto future = promise.get_future();
        send(std::move(use_case), [promise = std::move(promise)](Result result) mutable {
            promise.set_value(std::move(result));
        });
        return future;
    }
    void send(std::function<Decision(Work&)> use_case, Done done) {
        request_.use_case = std::move(use_case);
        request_.done = std::move(done);
        committer_.submit(std::move(request_));
    }
    Result ask(std::function<Decision(Work&)> use_case) &&;

private:
    Committer& committer_;
    Request request_;
};

// Waits, but not for ever.
inline Result answer(std::future<Result>& future) {
    if (future.wait_for(60s) != std::future_status::ready) throw std::runtime_error("no answer");
    return future.get();
}
inline Result Asking::ask(std::function<Decision(Work&)> use_case) && {
    auto future = std::move(*this).send(std::move(use_case));
    return answer(future);
}

struct SignedIn {
    UserId user;
    AccountId account;
    SessionId session;
};

class Desk {
public:
    Desk() : Desk(Committer::Options{}) {}
    explicit Desk(const Committer::Options& options)
        : own_(std::make_unique<MemoryLog>()), log(*own_), committer_(make(options)) {}
    explicit Desk(Log& shared) : Desk(shared, Committer::Options{}) {}
    Desk(Log& shared, const Committer::Options& options) : log(shared), committer_(make(options)) {}

private:
    std::unique_ptr<MemoryLog> own_;

public:
    Log& log;
    Keys keys{Key{7}};
    Keyring keyring{log, keys};
    std::atomic<std::int64_t> now{monday.ms};
    std::atomic<int> failures{};

    void wait(std::chrono::milliseconds span) { now += span.count(); }
    Time time() const { return {now.load()}; }
    Committer& committer() { return *committer_; }

    Asking as(SessionId session) { return {*committer_, Credential{session}}; }
    Asking as(ApiKeyId key) { return {*committer_, Credential{key}}; }
    Asking as_nobody() { return {*committer_, Credential{}}; }
    Asking as_system() { return {*committer_, AsSystem{}}; }

    EmailKey key_of(std::string_view address) const {
        return keys.email_key(email(address).normalised());
    }

    // Registers with an account of the same name.
    SignedIn register_with_account(const std::string& name) {
        const auto result = as_nobody().ask([&](Work& work) {
            return register_visitor(work, person(name), profile_of(name), "Browser");
        });
        return {the<UserRegistered>(result).user, the<AccountOpened>(result).account,
                the<SessionStarted>(result).session};
    }
    // Associated with the account by staff, and signed in, so that it is chosen.
    SignedIn join(AccountId account, const std::string& name, Permissions permissions) {
        const auto result = as_system().ask([&](Work& work) {
            return associate_address(work, account, person(name), permissions);
        });
        const auto user = the<AssociationGranted>(result).user;
        return {user, account, sign_in_again(user)};
    }
    SessionId sign_in_again(UserId user) {
        const auto result = as_nobody().ask([&](Work& work) {
            return sign_in(work, {user.number, work.read(user).password}, "Browser");
        });
        return the<SessionStarted>(result).session;
    }
    SessionId make_admin(const std::string& name, Role role) {
        const NewAdmin admin{name, email(name + "@staff.example"), role, "hash of " + name};
        const auto made = as_system().ask([&](Work& work) { return create_admin(work, admin); });
        const auto id = the<AdminCreated>(made).admin;
        const auto result = as_nobody().ask(
            [&](Work& work) { return sign_in_admin(work, {id.number, 1}, "Browser"); });
        return the<AdminSessionStarted>(result).session;
    }
    InvitationId invite(AccountId account, const std::string& address, Permissions permissions) {
        const auto result = as_system().ask(
            [&](Work& work) { return invite_user(work, account, email(address), permissions); });
        return the<UserInvited>(result).invitation;
    }

    World fold() { return desk::fold(log, &keyring); }

private:
    std::unique_ptr<Committer> make(const Committer::Options& options) {
        return std::make_unique<Committer>(
            log, keyring, keys, [this] { return time(); },
            [](std::vector<Committer::Completion> completions, Position) {
                for (auto& each : completions)
                    each.done(std::move(each.result));
            },
            [this](const Fault&) { ++failures; }, options);
    }

    std::unique_ptr<Committer> committer_;
};

}  // namespace muster::desk
