// Readings show the store as it was at one moment, whatever is kept in memory and however the rows
// came into it.
#include "projections/view_store.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <thread>

namespace muster::views::test {
namespace {

const std::string group = std::string{"\1\1t", 3} + std::string(8, 'g');

std::string key_of(std::uint64_t number) {
    auto key = group;
    for (int shift = 56; shift >= 0; shift -= 8)
        key.push_back(static_cast<char>(number >> shift));
    return key;
}

// Writes like one who projects: rows and marks together.
void write(ViewStore& store, const std::map<std::string, std::optional<std::string>>& rows,
           std::uint64_t position = 1) {
    StoreBatch batch;
    for (const auto& [key, value] : rows)
        batch.rows.emplace_back(key,
                                value ? std::optional<std::string_view>{*value} : std::nullopt);
    batch.marks = {{1, 1, true, 1, position, 0, rows.size()}};
    ASSERT_TRUE(store.write(batch).has_value());
}

std::string rows_of(const Reading& reading) {
    std::string all;
    reading.each(group, [&](std::string_view rest, std::string_view value) {
        all.append(std::to_string(rest.back())).append("=").append(value).append(" ");
    });
    return all;
}

struct Folder {
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "muster-store-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    // Whether some file in it has these bytes.
    bool has(std::string_view bytes) const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{path}) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in{entry.path(), std::ios::binary};
            const std::string content{std::istreambuf_iterator<char>{in}, {}};
            if (content.contains(bytes)) return true;
        }
        return false;
    }

    std::filesystem::path path;
};

TEST(ViewStore, AReadingStaysWithItsMoment) {
    const auto store = ViewStore::temporary().value();
    write(*store, {{key_of(1), "old"}});
    const auto before = store->now();
    write(*store, {{key_of(1), "new"}, {key_of(2), "added"}});
    const auto after = store->now();
    for (int twice = 0; twice < 2; ++twice) {  // From the store, then from memory.
        EXPECT_EQ(after.get(key_of(1)), "new");
        EXPECT_EQ(after.get(key_of(3)), std::nullopt);
        EXPECT_EQ(before.get(key_of(1)), "old");
        EXPECT_EQ(before.get(key_of(2)), std::nullopt);
        EXPECT_EQ(rows_of(after), "1=new 2=added ");
        EXPECT_EQ(rows_of(before), "1=old ");
    }
}

TEST(ViewStore, WhatIsKeptInMemoryFollowsEveryWrite) {
    const auto store = ViewStore::temporary().value();
    EXPECT_EQ(rows_of(store->now()), "");
    EXPECT_EQ(store->now().get(key_of(1)), std::nullopt);
    write(*store, {{key_of(1), "a"}});
    EXPECT_EQ(store->now().get(key_of(1)), "a");
    EXPECT_EQ(rows_of(store->now()), "1=a ");
    EXPECT_EQ(store->get(key_of(1)).value(), "a");
    write(*store, {{key_of(1), std::nullopt}, {key_of(2), "b"}});
    EXPECT_EQ(store->now().get(key_of(1)), std::nullopt);
    EXPECT_EQ(store->get(key_of(1)).value(), std::nullopt);
    EXPECT_EQ(rows_of(store->now()), "2=b ");
    StoreBatch batch;
    batch.dropped = {group.substr(0, 2)};
    ASSERT_TRUE(store->write(batch).has_value());
    EXPECT_EQ(store->now().get(key_of(2)), std::nullopt);
    EXPECT_EQ(rows_of(store->now()), "");
}

TEST(ViewStore, ALargeGroupIsReadWholeEachTime) {
    const auto store = ViewStore::temporary().value();
    std::map<std::string, std::optional<std::string>> rows;
    for (std::uint64_t n = 0; n < 100; ++n)
        rows[key_of(n)] = std::string(100, 'v');
    write(*store, rows);
    for (int twice = 0; twice < 2; ++twice) {
        int count = 0;
        store->now().each(group, [&](std::string_view, std::string_view) { ++count; });
        EXPECT_EQ(count, 100);
    }
}

// Rows, erasures and marks that come as a file are what they would be otherwise, also when the
// store is closed right after.
TEST(ViewStore, MuchAtOnceComesAsAFile) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("muster-view-store-" + std::to_string(::getpid()));
    constexpr std::uint64_t many = 30'000;
    {
        const auto store = ViewStore::open(folder, {}).value();
        write(*store, {{key_of(1), "first"}, {key_of(many + 1), "stays"}}, 1);
        EXPECT_EQ(store->now().get(key_of(1)), "first");
        store->bulk(true);
        std::map<std::string, std::optional<std::string>> rows;
        for (std::uint64_t n = 1; n <= many; ++n)
            rows[key_of(n)] = n % 3 == 0 ? std::nullopt : std::optional{std::to_string(n)};
        write(*store, rows, 2);
        rows.erase(key_of(many));
        rows[key_of(1)] = "third";
        write(*store, rows, 3);
        store->bulk(false);
        EXPECT_EQ(store->now().get(key_of(1)), "third");
        write(*store, {{key_of(2), "fourth"}}, 4);
        ASSERT_TRUE(store->merge().has_value());
    }
    {
        const auto store = ViewStore::open(folder, {}).value();
        const auto now = store->now();
        EXPECT_EQ(now.position(), Position{4});
        EXPECT_EQ(now.get(key_of(1)), "third");
        EXPECT_EQ(now.get(key_of(2)), "fourth");
        EXPECT_EQ(now.get(key_of(3)), std::nullopt);
        EXPECT_EQ(now.get(key_of(many - 1)), std::to_string(many - 1));
        EXPECT_EQ(now.get(key_of(many + 1)), "stays");
        EXPECT_FALSE(std::filesystem::exists(folder / "bulk.sst"));
    }
    std::filesystem::remove_all(folder);
}

// A writer moves all rows of a group together while others read: nobody sees some of them moved.
TEST(ViewStore, IsFrozenAsItIsAtAMoment) {
    const auto store = ViewStore::temporary().value();
    auto name = (std::filesystem::temp_directory_path() / "muster-frozen-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    const auto copy = std::filesystem::path{name} / "views";
    write(*store, {{key_of(1), "old"}}, 5);
    ASSERT_TRUE(store->freeze(copy));
    write(*store, {{key_of(1), "new"}}, 6);
    {
        const auto frozen = ViewStore::open(copy, {.mode = ViewStore::Options::Mode::read});
        ASSERT_TRUE(frozen);
        EXPECT_EQ(rows_of((*frozen)->now()), "1=old ");
        EXPECT_EQ((*frozen)->now().position(), Position{5});
    }
    std::filesystem::remove_all(name);
}

// Rule X18. The manifest has the first and the last key of every table.
TEST(ViewStore, WhatIsPurgedIsInNoFile) {
    const Folder folder;
    const auto store = ViewStore::open(folder.path / "views", {}).value();
    write(*store, {{"\1canary-first", "a"}, {key_of(1), "stays"}, {"\xffzz-canary-last", "b"}});
    ASSERT_TRUE(store->flush());
    write(*store, {{key_of(2), "canary-old"}});
    ASSERT_TRUE(store->flush());
    write(*store, {{"\1canary-first", std::nullopt},
                   {key_of(2), "new"},
                   {"\xffzz-canary-last", std::nullopt}});
    EXPECT_TRUE(folder.has("canary"));
    EXPECT_EQ(store->purge({}), true);
    EXPECT_FALSE(folder.has("canary"));
    EXPECT_EQ(store->now().get(key_of(1)), "stays");
    EXPECT_EQ(store->now().get(key_of(2)), "new");
    EXPECT_EQ(store->purge({}), true);
}

TEST(ViewStore, WhatSomebodyReadsIsPurgedLater) {  // Rule X18.
    const Folder folder;
    const auto store = ViewStore::open(folder.path / "views", {}).value();
    write(*store, {{key_of(1), "canary"}, {key_of(2), "stays"}});
    {
        const auto reading = store->now();
        write(*store, {{key_of(1), std::nullopt}});
        EXPECT_EQ(store->purge({}), false);
        EXPECT_EQ(reading.get(key_of(1)), "canary");
    }
    EXPECT_EQ(store->purge({}), true);
    EXPECT_FALSE(folder.has("canary"));
}

TEST(ViewStore, APurgingThatIsStoppedCanBeDoneAgain) {  // Rule X18.
    const Folder folder;
    const auto store = ViewStore::open(folder.path / "views", {}).value();
    write(*store, {{key_of(1), "canary"}, {key_of(2), "stays"}});
    ASSERT_TRUE(store->flush());
    write(*store, {{key_of(1), std::nullopt}});
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_FALSE(store->purge(stopped.get_token()));
    EXPECT_TRUE(folder.has("canary"));
    write(*store, {{key_of(3), "later"}});
    EXPECT_EQ(store->purge({}), true);
    EXPECT_FALSE(folder.has("canary"));
    EXPECT_EQ(store->now().get(key_of(2)), "stays");
    EXPECT_EQ(store->now().get(key_of(3)), "later");
}

TEST(ViewStore, NobodySeesHalfAWrite) {
    const auto store = ViewStore::temporary().value();
    constexpr std::uint64_t rows_moved = 8;
    const auto move_to = [&](int to) {
        std::map<std::string, std::optional<std::string>> rows;
        for (std::uint64_t n = 0; n < rows_moved; ++n)
            rows[key_of(n)] = std::to_string(to);
        write(*store, rows);
    };
    move_to(0);
    std::atomic<bool> over = false;
    std::atomic<int> mixed = 0, went_back = 0, seen = 0;
    const auto read = [&] {
        int newest = 0;
        while (!over) {
            const auto now = store->now();
            const auto first = now.get(key_of(0)).value_or("none");
            for (std::uint64_t n = 1; n < rows_moved; ++n)
                mixed += now.get(key_of(n)) == first ? 0 : 1;
            now.each(group, [&](std::string_view, std::string_view value) {
                mixed += value == first ? 0 : 1;
            });
            went_back += std::stoi(first) < newest ? 1 : 0;
            newest = std::stoi(first);
            ++seen;
        }
    };
    std::thread one{read}, other{read};
    for (int to = 1; to <= 1000 || seen < 100; ++to)
        move_to(to);
    over = true;
    one.join();
    other.join();
    EXPECT_EQ(mixed, 0);
    EXPECT_EQ(went_back, 0);
}

}  // namespace
}  // namespace muster::views::test
