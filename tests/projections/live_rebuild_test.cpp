// Views that are built anew while they answer: limits, cancelling, comparing, stopping, kills.
#include "projections/live_rebuild.hpp"

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "projections/runner.hpp"
#include "tests/projections/world.hpp"

namespace muster::views::live_rebuild_test {

using namespace test;
using enum OrderAnswer;
using enum RebuildOrder;

// Counts registrations; may be told to stumble over accounts.
struct Moody {
    static constexpr std::string_view name = "moody";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 101;
    using Seen = Table<Moody, 's', Counted::yes, Walked::no, Nothing, UserId>;
    static std::atomic<bool> stumbles;

    static void on(const UserRegistered& event, const At&, Rows& rows) {
        rows.insert<Seen>({}, event.user);
    }
    static void on(const AccountOpened&, const At&, Rows& rows) {
        if (stumbles) rows.fail("not today");
    }
    static void on(const auto&, const auto&, Rows&) {}
};
std::atomic<bool> Moody::stumbles = false;

bool soon(auto&& test) {
    for (int n = 0; n < 1000; ++n) {
        if (test()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

// A log of some hundred events, views that have seen them, and the thread that keeps them.
class Rebuilding : public testing::Test {
protected:
    Rebuilding() {
        story(world);
        for (std::uint64_t n = 100; n < 300; ++n)
            world.append(by_system(), noon + 5min, {registered(UserId{n}, "A", "B", "")});
        EXPECT_TRUE(catch_up(world.log, world.keyring, *world.store));
        runner.emplace(world.log, world.keyring, *world.store);
        EXPECT_TRUE(soon([&] { return state() == ViewState::running; }));
    }

    ViewStatus status(std::string_view name = "users") const {
        for (auto& each : runner->status()) {
            if (each.name == name) return each;
        }
        return {};
    }
    ViewState state() const { return status().state; }
    std::uint32_t generation() const { return world.now().serving(Users::number)->generation; }
    bool has_rows(std::uint32_t view, std::uint32_t of) const {
        const auto now = world.now();
        return now.walk({static_cast<char>(view), static_cast<char>(of)}).first();
    }
    bool is_over() const {
        return soon([&] { return !status().rebuild; });
    }
    bool becomes(RebuildState wanted) const {
        return soon([&] {
            const auto now = status();
            return now.rebuild && now.rebuild->state == wanted;
        });
    }
    bool becomes_visible(Position position) {
        std::promise<bool> answer;
        std::vector<Runner::Waiter> waiters;
        waiters.push_back({position, Runner::Clock::now() + 10s,
                           [&](bool visible) { answer.set_value(visible); }});
        runner->when_visible(std::move(waiters));
        return answer.get_future().get();
    }

    World world;
    std::optional<Runner> runner;
};

TEST_F(Rebuilding, TheOldOneAnswersUntilTheNewOneIsThere) {
    ASSERT_EQ(runner->order(start, "users"), taken);
    EXPECT_TRUE(soon([&] {
        EXPECT_TRUE(find_user(world.now(), ada));  // At every moment.
        EXPECT_EQ(list_users(world.now(), {}, {.total = true})->total, 202U);
        return generation() == 2U;
    }));
    EXPECT_TRUE(is_over());
    EXPECT_TRUE(soon([&] { return state() == ViewState::running; }));
    EXPECT_FALSE(has_rows(Users::number, 1));
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Rebuilding, AllViewsAtOnceComeOutTheSame) {
    for (const auto& view : all_views())
        ASSERT_EQ(runner->order(start, view.name), taken);
    for (std::uint64_t n = 300; n < 400; ++n) {
        world.append(by_system(), noon + 6min, {registered(UserId{n}, "C", "D", "")});
        runner->wake(world.log.head());
    }
    for (const auto& view : all_views())
        EXPECT_TRUE(soon([&] { return !status(view.name).rebuild; })) << view.name;
    EXPECT_TRUE(becomes_visible(world.log.head()));
    for (const auto& view : all_views())
        EXPECT_EQ(world.now().serving(view.number)->generation, 2U) << view.name;
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Rebuilding, ALimitIsKeptAndProgressIsTold) {
    const auto began = Runner::Clock::now();
    ASSERT_EQ(runner->order(start, "users", {.events_per_second = 400}), taken);
    EXPECT_EQ(state(), ViewState::rebuilding);
    ASSERT_TRUE(soon([&] { return !status().rebuild || status().rebuild->position.number > 0; }));
    const auto halfway = status().rebuild;
    ASSERT_TRUE(halfway);
    EXPECT_EQ(halfway->target, world.log.head());
    EXPECT_LT(halfway->position, halfway->target);
    EXPECT_LE(halfway->events_per_second, 400);
    ASSERT_TRUE(is_over());
    // The last of it comes at once, as much as a twentieth of a second may bring.
    const auto least =
        std::chrono::duration<double>(static_cast<double>(world.log.head().number) / 400 - 0.1);
    EXPECT_GE(Runner::Clock::now() - began, least);
    EXPECT_EQ(generation(), 2U);
}

TEST_F(Rebuilding, ASecondStartIsRefused) {
    EXPECT_EQ(runner->order(start, "nothing"), no_such_view);
    EXPECT_EQ(runner->order(cancel, "users"), not_running);
    EXPECT_EQ(runner->order(swap, "users"), not_running);
    ASSERT_EQ(runner->order(start, "users", {.events_per_second = 1}), taken);
    EXPECT_EQ(runner->order(start, "users"), running);
    EXPECT_EQ(runner->order(swap, "users"), not_built);
    EXPECT_EQ(runner->order(start, "accounts"), taken);
    EXPECT_TRUE(soon([&] { return !status("accounts").rebuild; }));
    EXPECT_TRUE(status().rebuild);
}

TEST_F(Rebuilding, WhatIsCancelledLeavesTheOldOneAndNothingElse) {
    ASSERT_EQ(runner->order(start, "users", {.events_per_second = 200}), taken);
    ASSERT_TRUE(soon([&] { return has_rows(Users::number, 2); }));
    ASSERT_EQ(runner->order(cancel, "users"), taken);
    EXPECT_FALSE(status().rebuild);
    EXPECT_EQ(runner->order(cancel, "users"), not_running);
    EXPECT_TRUE(soon([&] { return !has_rows(Users::number, 2); }));
    EXPECT_EQ(generation(), 1U);
    EXPECT_EQ(state(), ViewState::running);
    ASSERT_EQ(runner->order(start, "users"), taken);
    EXPECT_TRUE(is_over());
    EXPECT_EQ(generation(), 2U);
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Rebuilding, OrdersInARowAreFollowedInTheirOrder) {
    for (int n = 0; n < 50; ++n) {
        ASSERT_EQ(runner->order(start, "users", {.events_per_second = n % 2 == 0 ? 0U : 2000U}),
                  taken);
        if (n % 3 == 0) std::this_thread::sleep_for(2ms);
        const auto cancelled = runner->order(cancel, "users");
        ASSERT_TRUE(cancelled == taken || cancelled == not_running);
    }
    ASSERT_EQ(runner->order(start, "users"), taken);
    EXPECT_TRUE(is_over());
    EXPECT_TRUE(becomes_visible(world.log.head()));
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Rebuilding, WhatHappensMeanwhileIsVisibleAtOnceAndInTheNewOne) {
    ASSERT_EQ(runner->order(start, "users", {.events_per_second = 500}), taken);
    for (std::uint64_t n = 300; status().rebuild; ++n) {
        world.append(by_system(), noon + 6min, {registered(UserId{n}, "C", "D", "")});
        runner->wake(world.log.head());
        ASSERT_TRUE(becomes_visible(world.log.head()));
        ASSERT_TRUE(find_user(world.now(), UserId{n}));
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(generation(), 2U);
    EXPECT_TRUE(world.differences().empty());
}

// --- Comparing

class Comparing : public Rebuilding {
protected:
    // Behind the back of whoever projects: nobody writes while the runner is away.
    void damage() {
        runner.reset();
        const std::string table{static_cast<char>(Users::number), '\1', 'u'};
        StoreBatch batch;
        const auto gone = key(table, bob.number), changed = key(table, eve.number + 100),
                   added = key(table, 99'999);
        batch.rows = {{gone, std::nullopt}, {changed, "of another shape"}, {added, "?"}};
        batch.marks = world.store->marks();
        ASSERT_TRUE(world.store->write(batch));
        runner.emplace(world.log, world.keyring, *world.store);
    }
    static std::string key(std::string table, std::uint64_t number) {
        Writer{table}.fixed64(number);
        return table;
    }
};

TEST_F(Comparing, WithoutADifferenceItWaitsForTheSwap) {
    ASSERT_EQ(runner->order(start, "users", {.then = RebuildOptions::Then::compare}), taken);
    ASSERT_TRUE(becomes(RebuildState::compared));
    const auto rebuild = status().rebuild;
    ASSERT_TRUE(rebuild->comparison);
    EXPECT_EQ(rebuild->comparison->total, 0U);
    EXPECT_EQ(rebuild->comparison->position, world.log.head());
    EXPECT_EQ(generation(), 1U);

    world.append(by_system(), noon + 6min, {registered(UserId{300}, "C", "D", "")});
    runner->wake(world.log.head());
    EXPECT_TRUE(soon([&] { return status().rebuild->position == world.log.head(); }));
    EXPECT_EQ(generation(), 1U);
    ASSERT_EQ(runner->order(swap, "users"), taken);
    EXPECT_FALSE(status().rebuild);
    EXPECT_TRUE(soon([&] { return generation() == 2U; }));
    EXPECT_TRUE(find_user(world.now(), UserId{300}));
    EXPECT_FALSE(has_rows(Users::number, 1));
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Comparing, RowsThatDifferAreTold) {
    damage();
    EXPECT_FALSE(find_user(world.now(), bob));
    ASSERT_EQ(runner->order(start, "users", {.then = RebuildOptions::Then::compare}), taken);
    ASSERT_TRUE(becomes(RebuildState::compared));
    const auto comparison = status().rebuild->comparison;
    EXPECT_EQ(comparison->total, 3U);
    ASSERT_EQ(comparison->rows.size(), 3U);
    EXPECT_EQ(comparison->rows[0].what, RowDifference::What::only_new);
    EXPECT_EQ(comparison->rows[0].key, key("u", bob.number));
    EXPECT_EQ(comparison->rows[1].what, RowDifference::What::differs);
    EXPECT_EQ(comparison->rows[2].what, RowDifference::What::only_old);

    std::string json;
    JsonWriter out{json};
    write_rebuild(out, *status().rebuild);
    EXPECT_TRUE(json.contains(R"("comparison":{"position":)")) << json;
    EXPECT_TRUE(json.contains(R"({"key":"750000000000000002","what":"only_new"})")) << json;
    ASSERT_EQ(runner->order(swap, "users"), taken);
    EXPECT_TRUE(soon([&] { return find_user(world.now(), bob).has_value(); }));
    EXPECT_TRUE(world.differences().empty());
}

TEST_F(Comparing, WhatIsNotWantedIsDropped) {
    damage();
    ASSERT_EQ(runner->order(start, "users", {.then = RebuildOptions::Then::compare}), taken);
    ASSERT_TRUE(becomes(RebuildState::compared));
    ASSERT_EQ(runner->order(cancel, "users"), taken);
    EXPECT_TRUE(soon([&] { return !has_rows(Users::number, 2); }));
    EXPECT_EQ(generation(), 1U);
    EXPECT_FALSE(find_user(world.now(), bob));
}

TEST(Comparisons, AreBoundedAndCountAll) {
    World world;
    story(world);
    for (std::uint64_t n = 100; n < 300; ++n)
        world.append(by_system(), noon + 5min, {registered(UserId{n}, "A", "B", "")});
    ASSERT_TRUE(catch_up(world.log, world.keyring, *world.store));
    const auto nothing = ViewStore::temporary().value();
    const auto now = world.now(), empty = nothing->now();
    const auto& users = all_views().front();
    const Generation old{now, *now.serving(users.number)}, fresh{empty, old.mark};
    const auto compared = compare_rows(users, old, fresh, 100, [] { return true; });
    EXPECT_EQ(compared.rows.size(), 100U);
    EXPECT_GT(compared.total, 202U);  // And those of the indexes.
    EXPECT_EQ(compare_rows(users, old, fresh, 100, [] { return false; }).total, 0U);
}

// --- Stopping

class Stopping : public testing::Test {
protected:
    Stopping() {
        Moody::stumbles = true;
        world.append(
            by_system(), noon,
            {registered(bob, "Bob", "Stone", "b@example.com"),
             registered(ada, "Ada", "Lovelace", "ada@example.com"), opened(acme, ada, "Acme"),
             registered(eve, "Eve", "Black", "eve@example.com")});
    }
    ViewStatus status() const {
        for (auto& each : runner.status()) {
            if (each.name == Moody::name) return each;
        }
        return {};
    }
    bool stops() const {
        return soon([&] { return status().state == ViewState::stopped; });
    }

    World world;
    const std::vector<View> views{view_of<Moody>(), view_of<Users>()};
    Runner runner{world.log, world.keyring, *world.store, views};
};

TEST_F(Stopping, IsRetriedWithoutARestart) {
    ASSERT_TRUE(stops());
    EXPECT_EQ(status().error, "position 3, account.opened: not today");
    ASSERT_EQ(runner.order(start, Moody::name), taken);  // It stumbles again.
    ASSERT_TRUE(soon([&] { return !status().rebuild; }));
    EXPECT_EQ(status().state, ViewState::stopped);
    EXPECT_EQ(status().position, Position{2});
    EXPECT_EQ(status().error, "position 3, account.opened: not today");

    Moody::stumbles = false;
    ASSERT_EQ(runner.order(start, Moody::name), taken);
    EXPECT_TRUE(soon([&] { return status().state == ViewState::running; }));
    EXPECT_EQ(status().position, Position{4});
    EXPECT_EQ(status().rows, 3U);
    EXPECT_EQ(status().error, "");
}

TEST_F(Stopping, IsComparedWhereItStopped) {
    ASSERT_TRUE(stops());
    Moody::stumbles = false;
    ASSERT_EQ(runner.order(start, Moody::name, {.then = RebuildOptions::Then::compare}), taken);
    ASSERT_TRUE(soon([&] { return status().rebuild->state == RebuildState::compared; }));
    EXPECT_EQ(status().rebuild->comparison->position, Position{2});
    EXPECT_EQ(status().rebuild->comparison->total, 0U);
    EXPECT_TRUE(soon([&] { return status().rebuild->position == Position{4}; }));
    EXPECT_EQ(status().position, Position{2});  // The old one answers.
    ASSERT_EQ(runner.order(swap, Moody::name), taken);
    EXPECT_TRUE(soon([&] { return status().state == ViewState::running; }));
    EXPECT_EQ(status().rows, 3U);
}

TEST(ARebuildThatFails, LeavesTheOldOneRunning) {
    World world;
    Moody::stumbles = false;
    world.append(by_system(), noon,
                 {registered(ada, "Ada", "Lovelace", "ada@example.com"), opened(acme, ada, "")});
    const std::vector<View> views{view_of<Moody>()};
    Runner runner{world.log, world.keyring, *world.store, views};
    ASSERT_TRUE(soon([&] { return runner.status()[0].state == ViewState::running; }));
    Moody::stumbles = true;
    ASSERT_EQ(runner.order(start, Moody::name), taken);
    ASSERT_TRUE(soon([&] { return !runner.status()[0].rebuild; }));
    const auto status = runner.status()[0];
    EXPECT_EQ(status.state, ViewState::running);
    EXPECT_EQ(status.error, "position 2, account.opened: not today");
    world.append(by_system(), noon, {registered(bob, "Bob", "Stone", "b@example.com")});
    runner.wake(world.log.head());
    EXPECT_TRUE(soon([&] { return runner.status()[0].position == Position{3}; }));
}

// --- Ends

class AKill : public testing::Test {
protected:
    AKill() {
        auto name = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
        path = ::mkdtemp(name.data());
        story(world);
        for (std::uint64_t n = 100; n < 200; ++n)
            world.append(by_system(), noon + 5min, {registered(UserId{n}, "A", "B", "")});
    }
    ~AKill() override { std::filesystem::remove_all(path); }
    std::unique_ptr<ViewStore> open(const char* name) const {
        return ViewStore::open(path / name, {}).value();
    }

    std::filesystem::path path;
    World world;
};

// What the files hold at some moment of a rebuild is what a kill leaves.
TEST_F(AKill, LeavesAViewThatServes) {
    const auto store = open("views");
    ASSERT_TRUE(catch_up(world.log, world.keyring, *store));
    {
        Runner runner{world.log, world.keyring, *store};
        ASSERT_EQ(runner.order(start, "users", {.events_per_second = 200}), taken);
        ASSERT_TRUE(soon([&] {
            return runner.status()[0].rebuild && runner.status()[0].rebuild->position.number > 20;
        }));
        ASSERT_TRUE(store->flush());
        std::filesystem::copy(path / "views", path / "killed",
                              std::filesystem::copy_options::recursive);
    }
    const auto killed = open("killed");
    const auto views = all_views().size();
    ASSERT_TRUE(killed->marks().size() == views + 1);
    EXPECT_TRUE(find_user(killed->now(), ada));
    Runner runner{world.log, world.keyring, *killed};
    EXPECT_FALSE(runner.status()[0].rebuild);
    EXPECT_TRUE(soon([&] { return killed->marks().size() == views; }));
    const auto now = killed->now();
    EXPECT_FALSE(now.walk({static_cast<char>(Users::number), '\2'}).first());
    EXPECT_EQ(now.serving(Users::number)->generation, 1U);
    EXPECT_EQ(list_users(now, {}, {.total = true})->total, 102U);
    ASSERT_EQ(runner.order(start, "users"), taken);
    EXPECT_TRUE(soon([&] { return killed->now().serving(Users::number)->generation == 2U; }));
    EXPECT_EQ(list_users(killed->now(), {}, {.total = true})->total, 102U);
}

TEST_F(AKill, DoesNotEndWhatANewVersionNeeds) {
    const auto store = open("views");
    ASSERT_TRUE(catch_up(world.log, world.keyring, *store));
    std::vector<View> views{all_views().begin(), all_views().end()};
    ++views.front().version;
    for (int round = 0; round < 2; ++round) {  // The second goes on where the first was.
        Projector projector{world.log, world.keyring, *store, views};
        LiveRebuilds rebuilds{projector, *store, [] {}};
        EXPECT_EQ(rebuilds.judge(cancel, "users"), needed);
        EXPECT_EQ(rebuilds.judge(RebuildOrder::start, "users"), running);
        const auto from = rebuilds.status("users", world.log.head())->position;
        EXPECT_EQ(from, Position{round == 0 ? 0U : 10U});
        auto* track = projector.building("users");
        projector.move(std::span{&track, 1}, 10);
        ASSERT_TRUE(projector.settle());
    }
    Runner runner{world.log, world.keyring, *store, views};
    EXPECT_TRUE(soon([&] { return store->now().serving(Users::number)->generation == 2U; }));
    EXPECT_EQ(list_users(store->now(), {}, {.total = true})->total, 102U);
}

}  // namespace muster::views::live_rebuild_test
