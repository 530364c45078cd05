#include "handlers/committer.hpp"

#include <gtest/gtest.h>

#include "tests/handlers/desk.hpp"
#include "tests/handlers/logs.hpp"

namespace muster::committer_test {

using namespace desk;

using Use = std::function<Decision(Work&)>;

Use registering(const std::string& name) {
    return [name](Work& work) {
        return register_visitor(work, person(name), profile_of(name), "Browser");
    };
}
Use transferring(AccountId account, UserId to) {
    return [=](Work& work) { return transfer_ownership(work, account, to); };
}
Use setting(AccountId account, UserId user, Permissions permissions) {
    return [=](Work& work) { return set_permissions(work, account, user, permissions); };
}
Use removing(AccountId account, UserId user) {
    return [=](Work& work) { return remove_user(work, account, user); };
}
Decision nothing(Work&) { return already_so; }

// A use case that tells when it was run.
class Watched {
public:
    explicit Watched(Use use) : use_(std::move(use)) {}
    Use use() {
        return [this](Work& work) {
            runs_.fetch_add(1);
            runs_.notify_all();
            return use_(work);
        };
    }
    void wait_until_run() { runs_.wait(0); }
    int runs() const { return runs_.load(); }

private:
    Use use_;
    std::atomic<int> runs_{};
};

// Names in the order in which their answers came.
class Order {
public:
    Done note(const std::string& name) {
        return [this, name](const Result&) {
            const std::lock_guard lock{mutex_};
            names_.push_back(name);
        };
    }
    std::vector<std::string> names() {
        const std::lock_guard lock{mutex_};
        return names_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> names_;
};

bool waits(std::future<Result>& future) {
    return future.wait_for(20ms) == std::future_status::timeout;
}
bool there(std::future<Result>& future) { return future.wait_for(0s) == std::future_status::ready; }

// --- Order and durability

TEST(Committer, NothingIsAnsweredBeforeItIsDurable) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log};
    log.close();
    auto ada = desk.as_nobody().send(registering("ada"));
    log.wait_until_held();
    EXPECT_TRUE(waits(ada));
    EXPECT_EQ(memory.head(), Position{0});
    log.open();
    const auto result = answer(ada);
    ASSERT_TRUE(result.has_value()) << shown(result);
    EXPECT_EQ(result->position, memory.head());
    EXPECT_EQ(memory.head(), Position{3});
}

TEST(Committer, RefusalsAndWhatIsSoAlreadyWaitForWhatWasDecidedBeforeThem) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log};
    log.close();
    auto ada = desk.as_nobody().send(registering("ada"));
    log.wait_until_held();
    Watched again{registering("ada")}, so{nothing}, dry{registering("bob")};
    auto refused = desk.as_nobody().send(again.use());
    auto already = desk.as_nobody().send(so.use());
    auto planned = desk.as_nobody().dry_run().send(dry.use());
    dry.wait_until_run();
    EXPECT_TRUE(waits(refused));
    EXPECT_FALSE(there(already));
    EXPECT_FALSE(there(planned));
    log.open();
    EXPECT_EQ(code_of(answer(refused)), "user.email_taken");
    EXPECT_EQ(answer(already)->position, Position{3});
    EXPECT_EQ(answer(planned)->position, Position{3});
    EXPECT_TRUE(answer(ada).has_value());
}

TEST(Committer, WhileABatchIsWrittenTheNextIsDecidedOnWhatItStaged) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log};
    Order order;
    log.close();
    desk.as_nobody().send(registering("ada"), order.note("ada"));
    log.wait_until_held();
    desk.as_nobody().send(registering("bob"), order.note("bob"));
    desk.as_nobody().send(registering("ada"), order.note("ada again"));
    Watched last{registering("eve")};
    desk.as_nobody().send(last.use(), order.note("eve"));
    last.wait_until_run();
    EXPECT_EQ(log.appends(), 1);
    EXPECT_EQ(order.names(), std::vector<std::string>{});
    log.open();
    desk.committer().stop();
    EXPECT_EQ(order.names(), (std::vector<std::string>{"ada", "bob", "ada again", "eve"}));
    EXPECT_EQ(log.appends(), 2);
    EXPECT_EQ(memory.head(), Position{9});
    EXPECT_EQ(last.runs(), 1);
    expect_sound(desk.fold());
}

TEST(Committer, AFullQueueRefusesAtOnce) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log, {.queue = 2, .batch = 1}};
    log.close();
    auto written = desk.as_nobody().send(registering("ada"));
    log.wait_until_held();
    Watched bob{registering("bob")};
    auto decided = desk.as_nobody().send(bob.use());
    bob.wait_until_run();
    auto first = desk.as_nobody().send(registering("eve"));
    auto second = desk.as_nobody().send(registering("zoe"));
    auto too_many = desk.as_nobody().send(registering("max"));
    ASSERT_TRUE(there(too_many));
    EXPECT_EQ(code_of(answer(too_many)), "server.busy");
    log.open();
    for (auto* each : {&written, &decided, &first, &second})
        EXPECT_TRUE(answer(*each).has_value());
    EXPECT_TRUE(desk.as_nobody().ask(registering("max")).has_value());
}

TEST(Committer, StoppingFinishesWhatWasAcceptedAndTakesNoMore) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log, {.batch = 1}};
    log.close();
    std::vector<std::future<Result>> accepted;
    for (const auto* name : {"ada", "bob", "eve"})
        accepted.push_back(desk.as_nobody().send(registering(name)));
    log.wait_until_held();
    std::thread stopper{[&] { desk.committer().stop(); }};
    while (true) {
        auto more = desk.as_nobody().send(nothing);
        if (there(more)) {
            EXPECT_EQ(code_of(answer(more)), "server.busy");
            break;
        }
        accepted.push_back(std::move(more));
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(memory.head(), Position{0});
    log.open();
    stopper.join();
    for (auto& each : accepted) {
        ASSERT_TRUE(there(each));
        EXPECT_TRUE(answer(each).has_value());
    }
    EXPECT_EQ(memory.head(), Position{9});
    desk.committer().stop();
    EXPECT_EQ(code_of(desk.as_nobody().ask(nothing)), "server.busy");
}

// --- Faults

TEST(Committer, AFaultInWritingEndsEverythingAndAcknowledgesNothing) {
    MemoryLog memory;
    BrokenLog broken{memory};
    GatedLog log{broken};
    Desk desk{log};
    const auto ada = desk.register_with_account("ada");
    broken.writing_fails = true;
    log.close();
    Order order;
    desk.as_nobody().send(registering("bob"), order.note("bob"));
    log.wait_until_held();
    Watched eve{registering("eve")};
    desk.as_nobody().send(eve.use(), order.note("eve"));
    desk.as(ada.session).send(nothing, order.note("already so"));
    eve.wait_until_run();
    log.open();
    while (desk.failures == 0)
        std::this_thread::yield();
    auto later = desk.as_nobody().send(registering("zoe"));
    ASSERT_TRUE(there(later));
    EXPECT_EQ(code_of(answer(later)), "server.busy");
    desk.committer().stop();
    EXPECT_EQ(desk.failures, 1);
    EXPECT_EQ(order.names(), std::vector<std::string>{});
    EXPECT_EQ(memory.head(), Position{3});
    EXPECT_EQ(log.appends(), 2) << "no second write after a failed one";
}

TEST(Committer, AFaultInReadingEndsEverythingToo) {
    MemoryLog memory;
    BrokenLog log{memory};
    Desk desk{log};
    log.reading_fails = true;
    Order order;
    desk.as_nobody().send(registering("ada"), order.note("ada"));
    while (desk.failures == 0)
        std::this_thread::yield();
    EXPECT_EQ(code_of(desk.as_nobody().ask(nothing)), "server.busy");
    desk.committer().stop();
    EXPECT_EQ(desk.failures, 1);
    EXPECT_EQ(order.names(), std::vector<std::string>{});
    EXPECT_EQ(memory.head(), Position{0});
}

// --- Other writers

// Ada owns an account that Bob and Eve have access to; somebody else writes the same log.
struct Shared {
    MemoryLog memory;
    GatedLog gate{memory};
    RivalLog log{gate};
    Desk desk{log};
    Desk rival{memory};
    SignedIn ada = desk.register_with_account("ada");
    SignedIn bob = desk.join(ada.account, "bob", see_tickets);
    SignedIn eve = desk.join(ada.account, "eve", see_tickets);
    AccountId account = ada.account;
};

TEST(Committer, WhoLosesARaceIsDecidedAgainOnWhatIsSo) {  // Rule O7.
    Shared shared;
    shared.log.before = [&] {
        const auto won =
            shared.rival.as_system().ask(transferring(shared.account, shared.bob.user));
        shared.log.before = nullptr;
        EXPECT_EQ(the<OwnershipTransferred>(won).from, shared.ada.user);
    };
    const auto result = shared.desk.as_system().ask(transferring(shared.account, shared.eve.user));
    EXPECT_EQ(the<OwnershipTransferred>(result).from, shared.bob.user);
    const auto world = shared.desk.fold();
    EXPECT_EQ(world.accounts.at(shared.account).owner, shared.eve.user);
    expect_sound(world);
}

TEST(Committer, WhatASecondWriterDidMayMakeItARefusal) {
    Shared shared;
    shared.log.before = [&] {
        (void)shared.rival.as_system().ask(removing(shared.account, shared.eve.user));
        shared.log.before = nullptr;
    };
    EXPECT_EQ(code_of(shared.desk.as_system().ask(transferring(shared.account, shared.eve.user))),
              "account.not_associated");
}

TEST(Committer, AfterFiveConflictsTheServerIsBusy) {
    Shared shared;
    int conflicts = 0;
    shared.log.before = [&] {
        const auto permissions = ++conflicts % 2 == 0 ? see_tickets : pay_invoices;
        (void)shared.rival.as_system().ask(setting(shared.account, shared.bob.user, permissions));
    };
    Watched lost{setting(shared.account, shared.eve.user, pay_invoices)};
    EXPECT_EQ(code_of(shared.desk.as_system().ask(lost.use())), "server.busy");
    EXPECT_EQ(conflicts, 5);
    EXPECT_EQ(lost.runs(), 5);
    shared.log.before = nullptr;
    EXPECT_TRUE(shared.desk.as_system()
                    .ask(setting(shared.account, shared.eve.user, pay_invoices))
                    .has_value());
    expect_sound(shared.desk.fold());
}

TEST(Committer, WhatWasDecidedOnALostDecisionIsNeverWritten) {
    Shared shared;
    shared.gate.close();
    auto transfer = shared.desk.as_system().send(transferring(shared.account, shared.bob.user));
    shared.gate.wait_until_held();
    // Allowed once Bob is the owner, which he will never be: he goes first.
    Watched removal{removing(shared.account, shared.ada.user)};
    auto removed = shared.desk.as_system().send(removal.use());
    removal.wait_until_run();
    ASSERT_TRUE(
        shared.rival.as_system().ask(removing(shared.account, shared.bob.user)).has_value());
    shared.gate.open();
    EXPECT_EQ(code_of(answer(transfer)), "account.not_associated");
    EXPECT_EQ(code_of(answer(removed)), "account.owner_cannot_be_removed");
    expect_sound(shared.desk.fold());
}

TEST(Committer, WhatIsSoByALostDecisionIsDecidedAgain) {
    Shared shared;
    shared.gate.close();
    auto other = shared.desk.as_system().send(registering("zoe"));
    shared.gate.wait_until_held();
    auto transfer = shared.desk.as_system().send(transferring(shared.account, shared.bob.user));
    Watched again{transferring(shared.account, shared.bob.user)};
    auto same = shared.desk.as_system().send(again.use());
    again.wait_until_run();
    ASSERT_TRUE(
        shared.rival.as_system().ask(removing(shared.account, shared.bob.user)).has_value());
    shared.gate.open();
    EXPECT_TRUE(answer(other).has_value());
    EXPECT_EQ(code_of(answer(transfer)), "account.not_associated");
    EXPECT_EQ(code_of(answer(same)), "account.not_associated");
    EXPECT_GE(again.runs(), 2);
}

TEST(Committer, AConflictLeavesNoOldStateBehind) {
    Shared shared;
    const auto zoe = shared.desk.register_with_account("zoe");
    const auto max = shared.desk.join(zoe.account, "max", see_tickets);
    shared.gate.close();
    auto lost = shared.desk.as_system().send(transferring(shared.account, shared.bob.user));
    shared.gate.wait_until_held();
    Watched removal{removing(zoe.account, max.user)};
    auto removed = shared.desk.as_system().send(removal.use());
    removal.wait_until_run();
    (void)shared.rival.as_system().ask(removing(shared.account, shared.bob.user));
    shared.gate.let_one_pass();
    shared.gate.wait_until_held();
    Watched look{nothing};
    auto looked = shared.desk.as(max.session)
                      .may(permitted(Permission::tickets), zoe.account)
                      .send(look.use());
    auto marker = shared.desk.as_nobody().send(nothing);
    shared.gate.open();
    EXPECT_EQ(code_of(answer(lost)), "account.not_associated");
    EXPECT_TRUE(answer(removed).has_value());
    (void)answer(looked);
    (void)answer(marker);
    EXPECT_EQ(code_of(shared.desk.as(max.session)
                          .may(permitted(Permission::tickets), zoe.account)
                          .ask(nothing)),
              "account.not_found");
}

TEST(Committer, WhatOneWriterDidTheOtherKnowsAtOnce) {
    Shared shared;
    const auto may = [&](Desk& desk) {
        return code_of(desk.as(shared.bob.session)
                           .may(permitted(Permission::tickets), shared.account)
                           .ask(nothing));
    };
    for (int n = 0; n < 20; ++n) {
        EXPECT_EQ(may(shared.desk), "");
        EXPECT_EQ(may(shared.rival), "");
        auto& one = n % 2 == 0 ? shared.desk : shared.rival;
        auto& other = n % 2 == 0 ? shared.rival : shared.desk;
        ASSERT_TRUE(one.as_system().ask(removing(shared.account, shared.bob.user)).has_value());
        EXPECT_EQ(may(other), "account.not_found");
        ASSERT_TRUE(other.as_system()
                        .ask([&](Work& work) {
                            return associate_user(work, shared.account, shared.bob.user,
                                                  see_tickets);
                        })
                        .has_value());
    }
}

TEST(Committer, WhatOneWriterDidTheOtherKnowsAlsoWhileItIsWriting) {
    Shared shared;
    ASSERT_TRUE(shared.desk.as(shared.bob.session)
                    .may(permitted(Permission::tickets), shared.account)
                    .ask(nothing)
                    .has_value());
    shared.gate.close();
    auto other = shared.desk.as_nobody().send(registering("zoe"));
    shared.gate.wait_until_held();
    ASSERT_TRUE(
        shared.rival.as_system().ask(removing(shared.account, shared.bob.user)).has_value());
    Watched look{nothing};
    auto denied = shared.desk.as(shared.bob.session)
                      .may(permitted(Permission::tickets), shared.account)
                      .send(look.use());
    look.wait_until_run();
    shared.gate.open();
    EXPECT_TRUE(answer(other).has_value());
    EXPECT_EQ(code_of(answer(denied)), "account.not_found");
}

// Two writers and four threads that get in one another's way as much as they can.
void expect_no_harm(std::size_t batch) {
    MemoryLog memory;
    ChainingLog chaining{memory}, other_chaining{memory};
    Desk one{chaining, {.batch = batch}}, two{other_chaining, {.batch = batch}};
    const auto ada = one.register_with_account("ada");
    const auto zoe = one.register_with_account("zoe");
    std::vector<UserId> people{ada.user, zoe.user};
    for (const auto* name : {"bob", "eve", "max"})
        people.push_back(one.join(ada.account, name, see_tickets).user);

    struct Told {
        std::string what;
        Result result;
    };
    std::mutex mutex;
    std::vector<Told> told;
    const auto busy_work = [&](Desk& desk, unsigned seed) {
        std::uint64_t state = seed;
        const auto pick = [&](std::uint64_t bound) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            return (state >> 33) % bound;
        };
        std::vector<std::future<Result>> sent;
        for (int n = 0; n < 120; ++n) {
            const auto account = pick(2) == 0 ? ada.account : zoe.account;
            const auto user = people[pick(people.size())];
            const auto permissions = pick(2) == 0 ? see_tickets : pay_invoices;
            const auto name = fmt::format("guest{}", pick(12));
            const InvitationId invitation{pick(6) + 1};
            const std::array<Use, 8> uses{
                transferring(account, user),
                setting(account, user, permissions),
                removing(account, user),
                [=](Work& work) { return associate_user(work, account, user, permissions); },
                registering(name),
                [=](Work& work) {
                    const auto holder = work.read(work.keys().email_key(name + "@example.com"));
                    return delete_account(
                        work,
                        only_open_account(work, work.read(holder.user)).value_or(AccountId{999}),
                        DeleteAccount::Users::go);
                },
                [=](Work& work) {
                    return invite_user(work, account, email(name + "@example.com"), permissions);
                },
                [=](Work& work) {
                    return accept_registering(work, {account, invitation, 1}, person(name + "x"),
                                              "Browser");
                },
            };
            sent.push_back(desk.as_system().send(uses[pick(uses.size())]));
            if (pick(4) == 0) std::this_thread::yield();
            if (sent.size() < 4) continue;
            for (auto& each : sent) {
                auto result = answer(each);
                const std::lock_guard lock{mutex};
                told.push_back({shown(result), std::move(result)});
            }
            sent.clear();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned n = 0; n < 4; ++n)
        threads.emplace_back(busy_work, std::ref(n % 2 == 0 ? one : two), n + 1);
    for (auto& thread : threads)
        thread.join();

    const auto world = desk::fold(memory, nullptr);
    expect_sound(world);
    // What was told is what was written, each at a place of its own.
    std::set<std::uint64_t> positions;
    for (const auto& [what, result] : told) {
        if (!result || result->events.empty()) continue;
        const auto first = result->position.number - result->events.size();
        for (std::size_t n = 0; n < result->events.size(); ++n) {
            EXPECT_TRUE(positions.insert(first + n).second);
            EXPECT_EQ(type_of(world.records.at(first + n).event).name,
                      type_of(result->events[n]).name);
            EXPECT_EQ(streams_of(world.records[first + n].event), streams_of(result->events[n]));
        }
    }
    EXPECT_EQ(one.failures + two.failures, 0);
}

TEST(Committer, TwoWritersLoseNothingAndWriteNothingTwice) { expect_no_harm(512); }  // Rule O7.
TEST(Committer, TwoWritersOfSingleCommitsLoseNothingEither) { expect_no_harm(1); }   // Rule O7.

TEST(Committer, OfTwoWritersExactlyOneGetsAnAddress) {  // Rule E13.
    MemoryLog memory;
    Desk one{memory}, two{memory};
    int won = 0;
    for (int n = 0; n < 50; ++n) {
        const auto name = fmt::format("ada{}", n);
        auto first = one.as_nobody().send(registering(name));
        auto second = two.as_nobody().send(registering(name));
        const auto a = answer(first), b = answer(second);
        won += a.has_value() + b.has_value();
        EXPECT_EQ(a ? code_of(b) : code_of(a), "user.email_taken");
    }
    EXPECT_EQ(won, 50);
    expect_sound(one.fold());
}

// --- Commands that come again

TEST(Committer, ACommandThatComesAgainGetsTheSameAnswer) {
    Desk desk;
    const auto first = desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    desk.wait(1h);
    const auto again = desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    ASSERT_TRUE(first && again) << shown(again);
    EXPECT_FALSE(first->repeated);
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(again->position, first->position);
    EXPECT_EQ(again->at, first->at);
    EXPECT_EQ(again->actor, first->actor);
    EXPECT_EQ(shown(again->events), shown(first->events));
    EXPECT_EQ(desk.log.head(), first->position);
}

TEST(Committer, ACommandThatComesAgainIsKnownAfterARestart) {
    MemoryLog memory;
    std::string before;
    {
        Desk desk{memory};
        before = shown(desk.as_nobody().once(command_key(1, 1)).ask(registering("ada")));
    }
    Desk desk{memory};
    const auto again = desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    EXPECT_TRUE(again && again->repeated);
    EXPECT_EQ(shown(again), before);
}

TEST(Committer, ACommandsNameCannotAskForSomethingElse) {
    Desk desk;
    (void)desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    EXPECT_EQ(code_of(desk.as_nobody().once(command_key(1, 2)).ask(registering("bob"))),
              "idempotency.reused");
    EXPECT_TRUE(desk.as_nobody().once(command_key(2, 2)).ask(registering("bob")).has_value());
}

TEST(Committer, ACommandsNameIsNewAgainAfterADay) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto opening = [](Work& work) { return open_own_account(work, profile_of("Acme")); };
    const auto ask = [&] { return desk.as(ada.session).once(command_key(1, 1)).ask(opening); };
    const auto first = the<AccountOpened>(ask()).account;
    desk.wait(24h);
    EXPECT_EQ(the<AccountOpened>(ask()).account, first);
    desk.wait(1ms);
    const auto later = ask();
    EXPECT_FALSE(later->repeated);
    EXPECT_EQ(the<AccountOpened>(later).account.number, first.number + 1);
}

TEST(Committer, OnlyAcceptedCommandsAreRemembered) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto inviting = [&](Work& work) {
        return invite_user(work, ada.account, email("bob@example.com"), see_tickets);
    };
    const auto closing = [&](AccountStatus status) {
        return desk.as_system().ask(
            [&](Work& work) { return update_account(work, ada.account, {{}, status}); });
    };
    ASSERT_TRUE(closing(AccountStatus::closed).has_value());
    EXPECT_EQ(code_of(desk.as_system().once(command_key(1, 1)).ask(inviting)), "account.closed");
    ASSERT_TRUE(closing(AccountStatus::active).has_value());
    const auto result = desk.as_system().once(command_key(1, 1)).ask(inviting);
    EXPECT_TRUE(result && !result->repeated);
}

TEST(Committer, ACommandThatComesAgainWhileItIsWrittenIsRecordedOnce) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log};
    const auto ada = desk.register_with_account("ada");
    const Use opening = [](Work& work) { return open_own_account(work, profile_of("Second")); };
    log.close();
    auto first = desk.as(ada.session).once(command_key(1, 1)).send(opening);
    log.wait_until_held();
    Watched second{opening};
    auto again = desk.as(ada.session).once(command_key(1, 1)).send(second.use());
    second.wait_until_run();
    log.open();
    const auto one = answer(first), other = answer(again);
    ASSERT_TRUE(one && other) << desk::shown(other);
    EXPECT_FALSE(one->repeated);
    EXPECT_TRUE(other->repeated);
    EXPECT_EQ(other->position, one->position);
    EXPECT_EQ(memory.head(), Position{4});
    expect_sound(desk.fold());
}

TEST(Committer, ACommandWhoseAnswerWasLostIsRecordedOnce) {
    MemoryLog memory;
    ForgetfulLog log{memory};
    Desk desk{log};
    log.forgets = true;
    const auto result = desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    ASSERT_TRUE(result.has_value()) << shown(result);
    EXPECT_TRUE(result->repeated);
    EXPECT_EQ(the<UserRegistered>(result).user, UserId{1});
    EXPECT_EQ(memory.head(), Position{3});
}

// --- Versions, dry runs, ids, time

TEST(Committer, AVersionThatIsNoLongerTheOneReadIsRefused) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto stream = stream_of(ada.account);
    const auto rename = [&](const std::string& company) {
        return [&, company](Work& work) {
            UpdateAccount command;
            command.profile.company_name = company;
            return update_account(work, ada.account, command);
        };
    };
    EXPECT_TRUE(desk.as_system().if_match(stream, {1}).ask(rename("Acme")).has_value());
    EXPECT_EQ(code_of(desk.as_system().if_match(stream, {1}).ask(rename("Other"))),
              "request.stale");
    EXPECT_TRUE(desk.as_system().if_match(stream, {1, 2}).ask(rename("Other")).has_value());
    EXPECT_EQ(code_of(desk.as_system().if_match(stream, {}).ask(rename("None"))), "request.stale");
    EXPECT_EQ(desk.fold().versions[stream], 3U);
}

TEST(Committer, EveryKindOfStreamHasAVersion) {
    Desk desk;
    const auto root = desk.make_admin("root", Role::administrator);
    const auto ada = desk.register_with_account("ada");
    (void)desk.as_system().ask([](Work& work) {
        return change_settings(work, {.client_registration = Switch::off,
                                      .client_area_user_management = std::nullopt});
    });
    (void)desk.as_system().ask(
        [&](Work& work) { return open_ticket(work, ada.account, {"Help", "It is broken."}); });
    const auto world = desk.fold();
    EXPECT_EQ(world.versions.size(), 8U);
    for (const auto& [stream, version] : world.versions) {
        EXPECT_TRUE(desk.as(root).if_match(stream, {version}).ask(nothing).has_value())
            << to_text(stream);
        EXPECT_EQ(code_of(desk.as(root).if_match(stream, {version + 1}).ask(nothing)),
                  "request.stale")
            << to_text(stream);
    }
    EXPECT_TRUE(desk.as(ada.session).if_match(stream_of(UserId{9}), {0}).ask(nothing).has_value());
}

TEST(Committer, ADryRunWritesNothingAndDrawsNoIds) {
    Desk desk;
    const auto planned = desk.as_nobody().once(command_key(1, 1)).dry_run().ask(registering("ada"));
    EXPECT_EQ(types_of(planned), (Types{"user.registered", "account.opened", "session.started"}));
    EXPECT_EQ(planned->position, Position{0});
    EXPECT_EQ(desk.log.head(), Position{0});
    int kept = 0;
    (void)desk.log.visit_vault({}, [&](auto, auto) { return ++kept, true; });
    EXPECT_EQ(kept, 0);
    const auto done = desk.as_nobody().once(command_key(1, 1)).ask(registering("ada"));
    EXPECT_EQ(shown(done), shown(planned));
    EXPECT_FALSE(done->repeated);
    EXPECT_EQ(code_of(desk.as_nobody().dry_run().ask(registering("ada"))), "user.email_taken");
}

TEST(Committer, RefusedCommandsGiveTheirIdsBack) {
    Desk desk;
    for (std::uint64_t n = 1; n <= 70; ++n) {  // More than one block of them.
        const auto made = desk.register_with_account(fmt::format("ada{}", n));
        EXPECT_EQ(made.user, UserId{n});
        EXPECT_EQ(made.account, AccountId{n});
        EXPECT_EQ(made.session, SessionId{n});
        EXPECT_EQ(code_of(desk.as_nobody().ask(registering("ada1"))), "user.email_taken");
        EXPECT_EQ(code_of(desk.as_nobody().ask(
                      [&](Work& work) { return sign_in(work, {n, 7}, "Browser"); })),
                  "session.invalid_credentials");
        (void)desk.as_nobody().dry_run().ask(registering("bob"));
    }
}

TEST(Committer, TimeNeverGoesBackWhenTheClockDoes) {
    Desk desk;
    const auto first = desk.as_nobody().ask(registering("ada"));
    desk.wait(-1h);
    const auto second = desk.as_nobody().ask(registering("bob"));
    EXPECT_EQ(second->at, first->at);
    EXPECT_EQ(the<SessionStarted>(second).expires_at, monday + session_lifetime);
    desk.wait(2h);
    const auto third = desk.as_nobody().ask(registering("eve"));
    EXPECT_EQ(third->at, monday + 1h);
    EXPECT_EQ(desk.fold().records.back().time, third->at);
}

// --- The cache of states

// Anything at all, by numbers from a seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t operator()(std::uint64_t bound) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return (state_ >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

Use any_use(Dice& dice) {
    const AccountId account{dice(15) + 1};
    const UserId user{dice(25) + 1};
    const InvitationId invitation{dice(20) + 1};
    const auto permissions = dice(2) == 0 ? see_tickets : pay_invoices;
    const auto name = fmt::format("p{}", dice(30));
    const auto link = static_cast<std::uint32_t>(dice(2) + 1);
    switch (dice(14)) {
        case 0:
        case 1:
            return registering(name);
        case 2:
            return [=](Work& work) { return delete_user(work, user); };
        case 3:
            return [=](Work& work) { return associate_user(work, account, user, permissions); };
        case 4:
            return setting(account, user, permissions);
        case 5:
            return removing(account, user);
        case 6:
            return transferring(account, user);
        case 7:
            return [=](Work& work) {
                return invite_user(work, account, email(name + "@example.com"), permissions);
            };
        case 8:
            return [=](Work& work) { return resend_invitation(work, account, invitation); };
        case 9:
            return [=](Work& work) {
                return accept_registering(work, {account, invitation, link}, person(name), "B");
            };
        case 10:
            return [=](Work& work) { return sign_in(work, {user.number, link}, "Browser"); };
        case 11:
            return [=](Work& work) {
                return change_password(work, user, "hash", {Proof::Kind::staff});
            };
        case 12:
            return [=](Work& work) {
                UserChanges changes;
                changes.email = email(name + "@example.com");
                return update_user(work, user, changes, {Proof::Kind::staff});
            };
        default:
            return [=](Work& work) {
                const auto users =
                    link == 1 ? DeleteAccount::Users::go : DeleteAccount::Users::stay;
                return delete_account(work, account, users);
            };
    }
}

struct Outcomes {
    std::vector<std::string> answers;
    std::string log;
};

Outcomes run_commands(std::uint64_t seed, const Committer::Options& options) {
    MemoryLog memory;
    SlowLog log{memory};
    Desk desk{log, options};
    Dice dice{seed};
    Outcomes outcomes;
    for (int n = 0; n < 600; ++n) {
        desk.as_system().send(any_use(dice),
                              [&](Result result) { outcomes.answers.push_back(shown(result)); });
    }
    desk.committer().stop();
    JsonWriter out{outcomes.log};
    for (const auto& record : desk.fold().records)
        write_planned(out, record.event);
    return outcomes;
}

TEST(Committer, ATinyCacheDecidesAsALargeOne) {
    for (const std::uint64_t seed : {1U, 2U}) {
        const auto large = run_commands(seed, {});
        EXPECT_EQ(large.answers.size(), 600U);
        for (const std::size_t batch : {7U, 512U}) {
            const auto tiny = run_commands(seed, {.batch = batch, .cache_bytes = 1});
            EXPECT_EQ(tiny.answers, large.answers) << "seed " << seed;
            EXPECT_EQ(tiny.log, large.log) << "seed " << seed;
        }
    }
}

// --- Snapshots

struct LongStream {
    MemoryLog memory;
    SignedIn ada, bob;

    LongStream() {
        Desk desk{memory};
        ada = desk.register_with_account("ada-canary");
        bob = desk.join(ada.account, "bob-canary", see_tickets);
        std::vector<std::future<Result>> sent;
        for (int n = 0; n < 1300; ++n) {
            sent.push_back(desk.as_system().send(
                setting(ada.account, bob.user, n % 2 == 0 ? pay_invoices : see_tickets)));
        }
        for (auto& each : sent)
            EXPECT_TRUE(answer(each).has_value());
        // Wherever the batches ended: at least one event follows the newest snapshot.
        for (const auto& permissions : {pay_invoices, see_tickets}) {
            EXPECT_TRUE(
                desk.as_system().ask(setting(ada.account, bob.user, permissions)).has_value());
        }
    }
    StreamId account() const { return stream_of(ada.account); }
    StreamId user() const { return stream_of(bob.user); }
    Snapshot kept(const StreamId& stream) const {
        return memory.snapshot(stream)->value_or(Snapshot{});
    }
};

// The states as a use case sees them, when somebody has just started.
template <class Id>
std::string state_after_restart(Log& log, Id id) {
    Desk desk{log};
    std::string bytes;
    (void)desk.as_system().ask([&](Work& work) {
        bytes = bytes_of(work.read(id));
        return already_so;
    });
    return bytes;
}

TEST(Snapshots, ALongStreamsStateIsThatOfFoldingAllOfIt) {
    LongStream it;
    EXPECT_GE(it.kept(it.account()).version, 512U);
    EXPECT_GE(it.kept(it.user()).version, 512U);
    EXPECT_LT(it.kept(it.account()).version, *it.memory.version(it.account()));
    Keys keys{Key{7}};
    Keyring keyring{it.memory, keys};
    const auto world = desk::fold(it.memory, &keyring);
    EXPECT_EQ(state_after_restart(it.memory, it.ada.account),
              bytes_of(world.accounts.at(it.ada.account)));
    EXPECT_EQ(state_after_restart(it.memory, it.bob.user), bytes_of(world.users.at(it.bob.user)));
}

TEST(Snapshots, WhatASnapshotSaysIsUsed) {
    LongStream it;
    Keys keys{Key{7}};
    Keyring keyring{it.memory, keys};
    auto kept = it.kept(it.account());
    auto state = from_snapshot<Account>(kept.state, keyring).value();
    state.profile.value->company_name = "Marked";
    (void)it.memory.keep_snapshot(it.account(), {kept.version, *to_snapshot(state, keyring)});
    EXPECT_NE(state_after_restart(it.memory, it.ada.account).find("Marked"), std::string::npos);
}

TEST(Snapshots, OneThatCannotBeReadIsPassedOver) {
    LongStream it;
    const auto kept = it.kept(it.account());
    const auto expected = state_after_restart(it.memory, it.ada.account);
    auto newer = kept;
    ++newer.state.front();
    auto cut = kept;
    cut.state.resize(cut.state.size() / 2);
    auto longer = kept;
    longer.state.push_back('x');
    auto flipped = kept;
    flipped.state[30] = static_cast<char>(flipped.state[30] ^ 1);
    for (const auto& damaged : {newer, cut, longer, flipped, Snapshot{kept.version, {}}}) {
        (void)it.memory.keep_snapshot(it.account(), damaged);
        EXPECT_EQ(state_after_restart(it.memory, it.ada.account), expected);
    }
}

TEST(Snapshots, PersonalDataInOneIsSealed) {
    LongStream it;
    for (const auto& stream : {it.account(), it.user()})
        EXPECT_EQ(it.kept(stream).state.find("canary"), std::string::npos) << to_text(stream);
    EXPECT_NE(state_after_restart(it.memory, it.bob.user).find("canary"), std::string::npos);
}

TEST(Snapshots, WhoIsErasedIsInNone) {
    LongStream it;
    const auto before = it.kept(it.user());
    {
        Desk desk{it.memory};
        ASSERT_TRUE(
            desk.as_system().ask([&](Work& work) { return delete_user(work, it.bob.user); }));
    }
    Keys keys{Key{7}};
    Keyring keyring{it.memory, keys};
    const auto old = from_snapshot<User>(before.state, keyring);
    ASSERT_TRUE(old.has_value());
    EXPECT_EQ(old->person.value, std::nullopt);
    EXPECT_EQ(state_after_restart(it.memory, it.bob.user).find("canary"), std::string::npos);
    const auto again = to_snapshot(*old, keyring);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(from_snapshot<User>(*again, keyring)->accounts, old->accounts);
}

TEST(Snapshots, WithoutAKeyNothingPersonalIsWritten) {
    MemoryLog memory;
    Keys keys{Key{7}};
    Keyring keyring{memory, keys};
    User ada{};
    ada.id = UserId{1};
    EXPECT_TRUE(to_snapshot(ada, keyring).has_value());
    ada.person.value = Person{"Ada", "Lovelace", "ada@example.com"};
    EXPECT_FALSE(to_snapshot(ada, keyring).has_value());
}

// --- Erasing

TEST(Committer, DeletingAUserErasesTheKeyAndThePassword) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto bob = desk.join(ada.account, "bob", see_tickets);
    const auto has = [&](const std::string& key) { return desk.log.vault(key)->has_value(); };
    const auto key = vault_key(subject_of(bob.user));
    const auto password = vault_key(SecretKind::user_password, bob.user.number);
    EXPECT_TRUE(has(key) && has(password));
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) { return delete_user(work, bob.user); }));
    EXPECT_FALSE(has(key) || has(password));
    EXPECT_TRUE(has(vault_key(subject_of(ada.user))));
    EXPECT_EQ(desk.keyring.find(subject_of(bob.user)).value(), std::nullopt);

    const auto world = desk.fold();
    for (const auto& record : world.records) {
        if (const auto* e = std::get_if<UserRegistered>(&record.event)) {
            EXPECT_EQ(e->person.value.has_value(), e->user == ada.user);
        }
        if (const auto* e = std::get_if<SessionStarted>(&record.event)) {
            EXPECT_EQ(e->client.value.has_value(), e->user == ada.user);
        }
    }
    expect_sound(world);
}

TEST(Committer, DeletingAnAccountErasesItsKey) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    ASSERT_TRUE(desk.as_system().ask(
        [&](Work& work) { return delete_account(work, ada.account, DeleteAccount::Users::go); }));
    int kept = 0;
    (void)desk.log.visit_vault({}, [&](auto, auto) { return ++kept, true; });
    EXPECT_EQ(kept, 0);
    EXPECT_FALSE(std::get<AccountOpened>(desk.fold().records[1].event).profile.value);
}

TEST(Committer, AKeyThatWasLookedUpDuringADeletionIsForgottenAfterIt) {
    MemoryLog memory;
    GatedLog log{memory};
    Desk desk{log};
    const auto ada = desk.register_with_account("ada");
    const auto bob = desk.join(ada.account, "bob", see_tickets);
    log.close();
    auto deleted = desk.as_system().send([&](Work& work) { return delete_user(work, bob.user); });
    log.wait_until_held();
    EXPECT_TRUE(desk.keyring.find(subject_of(bob.user))->has_value());
    log.open();
    ASSERT_TRUE(answer(deleted).has_value());
    EXPECT_FALSE(desk.keyring.find(subject_of(bob.user))->has_value());
}

// After a restore somebody may be there whose key had to go. Rule X18.
TEST(Committer, WhatIsAboutSomebodyForgottenIsRefusedAndTheRestGoesOn) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto bob = desk.join(ada.account, "bob", see_tickets);
    ASSERT_TRUE(desk.as_system().ask(
        [&](Work&) { return Events{SubjectForgotten{{}, SubjectKind::user, bob.user.number}}; }));
    const auto opening = [](Work& work) { return open_own_account(work, profile_of("Bobs")); };
    const auto head = desk.log.head();
    EXPECT_EQ(code_of(desk.as(bob.session).from("\x7f\1\1\1").ask(opening)), "subject.forgotten");
    EXPECT_EQ(desk.log.head(), head);
    // The number that was drawn for it is the next one's, under a key of its own.
    const auto opened = desk.as(ada.session).ask(opening);
    const auto account = the<AccountOpened>(opened).account;
    EXPECT_EQ(account.number, ada.account.number + 1);
    Keyring fresh{desk.log, desk.keys};
    EXPECT_EQ(fresh.find(subject_of(account)).value(),
              desk.keyring.find(subject_of(account)).value());
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) { return delete_user(work, bob.user); }));
    expect_sound(desk.fold());
}

TEST(Committer, ADeletionThatLosesARaceErasesNothing) {
    Shared shared;
    shared.log.before = [&] {
        (void)shared.rival.as_system().ask(transferring(shared.account, shared.bob.user));
        shared.log.before = nullptr;
    };
    EXPECT_EQ(code_of(shared.desk.as_system().ask(
                  [&](Work& work) { return delete_user(work, shared.bob.user); })),
              "user.is_owner");
    EXPECT_TRUE(shared.desk.keyring.find(subject_of(shared.bob.user))->has_value());
}

}  // namespace muster::committer_test
