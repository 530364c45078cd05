// The projecting thread and the store: lag, stopping, going on, building anew.
#include "projections/runner.hpp"

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

bool becomes_visible(Runner& runner, Position position, std::chrono::milliseconds within = 5s) {
    std::promise<bool> answer;
    auto future = answer.get_future();
    std::vector<Runner::Waiter> waiters;
    waiters.push_back({position, Runner::Clock::now() + within,
                       [&](bool visible) { answer.set_value(visible); }});
    runner.when_visible(std::move(waiters));
    return future.get();
}

// A view that counts registrations and cannot bear accounts.
struct Fragile {
    static constexpr std::string_view name = "fragile";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 100;
    using Seen = Table<Fragile, 's', Counted::yes, Walked::no, Nothing, UserId>;

    static void on(const UserRegistered& event, const At&, Rows& rows) {
        rows.insert<Seen>({}, event.user);
    }
    static void on(const AccountOpened& event, const At&, Rows& rows) {
        rows.insert<Seen>({}, event.owner);
        rows.fail("no accounts, please");
    }
    static void on(const auto&, const auto&, Rows&) {}
};

ViewStatus status_of(const Runner& runner, std::string_view name) {
    for (const auto& status : runner.status()) {
        if (status.name == name) return status;
    }
    return {};
}

// What was published may be a moment older than what is visible.
bool holds_soon(auto&& test) {
    for (int n = 0; n < 500; ++n) {
        if (test()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

TEST(TheRunner, MakesWhatIsAppendedVisible) {
    World world;
    Runner runner{world.log, world.keyring, *world.store};
    world.append(by_system(), noon, {registered(ada, "Ada", "Lovelace", "ada@example.com")});
    runner.wake(world.log.head());
    EXPECT_TRUE(becomes_visible(runner, Position{1}));
    EXPECT_TRUE(find_user(world.now(), ada));
    EXPECT_EQ(status_of(runner, "users").rows, 1U);
    EXPECT_EQ(runner.visible(), Position{1});
}

TEST(TheRunner, TellsAtTheDeadlineWhatIsNotThere) {
    World world;
    Runner runner{world.log, world.keyring, *world.store};
    EXPECT_FALSE(becomes_visible(runner, Position{1}, 100ms));
}

TEST(TheRunner, TellsWhoWaitsWhenItEnds) {
    World world;
    std::promise<bool> answer;
    {
        Runner runner{world.log, world.keyring, *world.store};
        std::vector<Runner::Waiter> waiters;
        waiters.push_back({Position{9}, Runner::Clock::now() + 1h,
                           [&](bool visible) { answer.set_value(visible); }});
        runner.when_visible(std::move(waiters));
    }
    EXPECT_FALSE(answer.get_future().get());
}

TEST(TheRunner, AFailingViewStopsAndTheOthersGoOn) {
    World world;
    const std::vector<View> views{view_of<Fragile>(), view_of<Users>()};
    world.append(
        by_system(), noon,
        {registered(bob, "Bob", "Stone", "b@example.com"),
         registered(ada, "Ada", "Lovelace", "ada@example.com"), opened(acme, ada, "Acme")});
    Runner runner{world.log, world.keyring, *world.store, views};
    world.append(by_system(), noon, {registered(eve, "Eve", "Black", "eve@example.com")});
    runner.wake(world.log.head());
    ASSERT_TRUE(becomes_visible(runner, Position{4}));
    ASSERT_TRUE(
        holds_soon([&] { return status_of(runner, "fragile").state == ViewState::stopped; }));
    const auto fragile = status_of(runner, "fragile");
    EXPECT_EQ(fragile.position, Position{2});  // What came before is kept, nothing half done.
    EXPECT_EQ(fragile.rows, 2U);
    EXPECT_EQ(fragile.error, "position 3, account.opened: no accounts, please");
    EXPECT_TRUE(find_user(world.now(), eve));

    std::string json;
    JsonWriter out{json};
    write_view_status(out, fragile);
    EXPECT_EQ(json, R"({"name":"fragile","version":1,"position":2,"head":4,"lag":2,"rows":2,)"
                    R"("state":"stopped","error":"position 3, account.opened: )"
                    R"(no accounts, please"})");
}

TEST(TheRunner, BuildsAViewAnewBesideTheOneThatAnswers) {
    World world;
    story(world);
    Runner runner{world.log, world.keyring, *world.store};
    ASSERT_TRUE(becomes_visible(runner, world.log.head()));
    const auto before = world.now().serving(Users::number)->generation;
    EXPECT_EQ(runner.order(RebuildOrder::start, "users"), OrderAnswer::taken);
    EXPECT_EQ(runner.order(RebuildOrder::start, "nothing"), OrderAnswer::no_such_view);
    ASSERT_TRUE(holds_soon([&] {
        EXPECT_TRUE(find_user(world.now(), ada));  // At every moment.
        return world.now().serving(Users::number)->generation != before;
    }));
    EXPECT_TRUE(world.differences().empty());
}

TEST(TheRunner, IsReadFromManyThreadsWhileItProjects) {
    World world;
    story(world);
    Runner runner{world.log, world.keyring, *world.store};
    std::atomic<bool> over = false;
    std::vector<std::thread> readers;
    for (int n = 0; n < 3; ++n) {
        readers.emplace_back([&] {
            while (!over) {
                const auto reading = world.now();
                const auto page = list_users(reading, {}, {.limit = 200, .total = true}).value();
                EXPECT_EQ(page.items.size(), std::min<std::uint64_t>(200, *page.total));
            }
        });
    }
    for (std::uint64_t n = 100; n < 400; ++n) {
        world.append(by_system(), noon + 5min, {registered(UserId{n}, "A", "B", "")});
        runner.wake(world.log.head());
    }
    EXPECT_TRUE(becomes_visible(runner, world.log.head()));
    over = true;
    for (auto& reader : readers)
        reader.join();
}

class AFolder : public testing::Test {
protected:
    AFolder() {
        auto name = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~AFolder() override { std::filesystem::remove_all(path_); }
    std::unique_ptr<ViewStore> open(ViewStore::Options options = {}) {
        return ViewStore::open(path_ / "views", options).value();
    }
    std::filesystem::path path_;
    World world_;
};
using TheStore = AFolder;

TEST_F(TheStore, GoesOnFromItsMarks) {
    story(world_);
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *open()));
    const auto store = open();
    EXPECT_EQ(store->now().position(), world_.log.head());
    EXPECT_TRUE(find_user(store->now(), ada));
    Runner runner{world_.log, world_.keyring, *store};
    EXPECT_TRUE(becomes_visible(runner, world_.log.head()));
    EXPECT_EQ(store->now().serving(Users::number)->generation, 1U);
}

TEST_F(TheStore, AChangedVersionIsBuiltBesideTheOld) {
    story(world_);
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *open()));
    const auto store = open();
    std::vector<View> views{all_views().begin(), all_views().end()};
    const auto newer = ++views.front().version;
    Runner runner{world_.log, world_.keyring, *store, views};
    EXPECT_TRUE(find_user(store->now(), ada));
    ASSERT_TRUE(holds_soon([&] {
        return store->now().serving(Users::number)->version == static_cast<std::uint32_t>(newer);
    }));
    EXPECT_EQ(store->now().serving(Users::number)->generation, 2U);
    EXPECT_EQ(store->now().serving(Accounts::number)->generation, 1U);
    EXPECT_EQ(name_of(find_user(store->now(), ada).value()), "Ada Lovelace");
}

TEST_F(TheStore, AnOlderShapeIsNotTakenForAbsent) {
    story(world_);
    const auto store = open();
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *store));
    StoreBatch batch;
    batch.marks = store->marks();
    const auto key = [&] {
        const auto reading = store->now();
        auto users = reading.walk({static_cast<char>(Users::number), '\1', 'u'});
        EXPECT_TRUE(users.first());
        return std::string{static_cast<char>(Users::number), '\1', 'u'}.append(users.rest());
    }();
    batch.rows = {{key, "of another shape"}};
    ASSERT_TRUE(store->write(batch));
    const auto damaged = store->now();
    EXPECT_FALSE(find_user(damaged, ada));
    EXPECT_EQ(damaged.fault()->kind, Fault::Kind::damaged);

    for (auto& mark : batch.marks)
        --mark.version;
    ASSERT_TRUE(store->write(batch));
    for (const bool listed : {false, true}) {
        const auto older = store->now();
        if (listed) {
            (void)list_users(older, {}, {});
        } else {
            EXPECT_FALSE(find_user(older, ada));
        }
        EXPECT_EQ(older.fault()->kind, Fault::Kind::unavailable);
    }
}

TEST_F(TheStore, OfAnotherLogIsBuiltAnew) {
    story(world_);
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *open()));
    World other;
    other.happens(by_system(), noon, {registered(eve, "Eve", "Black", "eve@example.com")});
    const auto store = open();
    ASSERT_TRUE(catch_up(other.log, other.keyring, *store));
    EXPECT_FALSE(find_user(store->now(), ada));
    EXPECT_TRUE(find_user(store->now(), eve));
    EXPECT_EQ(list_users(store->now(), {}, {.total = true})->total, 1U);
}

TEST_F(TheStore, IsDeletedWhereItIsDamaged) {
    story(world_);
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *open()));
    std::ofstream{path_ / "views" / "CURRENT"} << "nonsense";
    ViewStore::Options reading;
    reading.mode = ViewStore::Options::Mode::read;
    EXPECT_FALSE(ViewStore::open(path_ / "views", reading));
    const auto store = open();
    EXPECT_TRUE(store->marks().empty());
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *store));
    EXPECT_TRUE(find_user(store->now(), ada));
}

TEST_F(TheStore, ReadOnlyChangesNothing) {
    story(world_);
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *open()));
    const auto files = [&] {
        std::set<std::pair<std::string, std::filesystem::file_time_type>> found;
        for (const auto& file : std::filesystem::recursive_directory_iterator(path_ / "views"))
            found.emplace(file.path().string(), file.last_write_time());
        return found;
    };
    const auto before = files();
    {
        ViewStore::Options reading;
        reading.mode = ViewStore::Options::Mode::read;
        const auto store = open(reading);
        EXPECT_TRUE(find_user(store->now(), ada));
        auto fresh = ViewStore::temporary().value();
        EXPECT_TRUE(compare(world_.log, world_.keyring, *store, *fresh)->empty());
    }
    EXPECT_EQ(files(), before);
}

TEST_F(TheStore, ARebuildIsTheSame) {
    story(world_);
    const auto store = open();
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *store));
    Position told;
    ASSERT_TRUE(
        rebuild(world_.log, world_.keyring, *store, [&](Position at, Position) { told = at; }));
    EXPECT_EQ(told, world_.log.head());
    EXPECT_EQ(store->now().serving(Users::number)->generation, 2U);
    auto fresh = ViewStore::temporary().value();
    EXPECT_TRUE(compare(world_.log, world_.keyring, *store, *fresh)->empty());
}

TEST_F(TheStore, WhereNothingIsBuiltARebuildBuildsOnce) {
    story(world_);
    const auto store = open();
    ASSERT_TRUE(rebuild(world_.log, world_.keyring, *store, {}));
    for (const auto& mark : store->marks())
        EXPECT_EQ(mark.generation, 1U) << mark.view;
    EXPECT_TRUE(find_user(store->now(), ada));
}

TEST_F(TheStore, DifferencesAreFound) {
    story(world_);
    const auto store = open();
    ASSERT_TRUE(catch_up(world_.log, world_.keyring, *store));
    const std::string extra{"\1\1u12345678", 11};
    StoreBatch batch;
    batch.rows.emplace_back(extra, "?");
    batch.marks = store->marks();
    ASSERT_TRUE(store->write(batch));
    auto fresh = ViewStore::temporary().value();
    const auto found = compare(world_.log, world_.keyring, *store, *fresh).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].view, "users");
    EXPECT_EQ(found[0].what, "only stored: 753132333435363738");
}

}  // namespace
}  // namespace muster::views::test
