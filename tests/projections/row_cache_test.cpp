// The rows in memory hold for every reading that is shown them.
#include "projections/row_cache.hpp"

#include <gtest/gtest.h>

namespace muster::views::test {
namespace {

std::optional<std::string> value_of(RowCache& cache, const std::string& key,
                                    RowCache::Moment moment) {
    const auto known = cache.find(key, moment);
    return known ? known->value.value_or("(absent)") : std::optional<std::string>{};
}

TEST(RowCache, KnowsWhatWasKept) {
    RowCache cache{1 << 20};
    cache.begin(1);
    EXPECT_EQ(value_of(cache, "one", 1), std::nullopt);
    cache.keep("one", "1", 1);
    cache.keep("none", std::nullopt, 1);
    cache.keep("", "empty", 1);
    EXPECT_EQ(value_of(cache, "one", 1), "1");
    EXPECT_EQ(value_of(cache, "none", 1), "(absent)");
    EXPECT_EQ(value_of(cache, "", 1), "empty");
    EXPECT_EQ(value_of(cache, "on", 1), std::nullopt);
}

TEST(RowCache, WhatIsErasedIsNotBroughtBackByAnOlderReading) {
    RowCache cache{1 << 20};
    cache.begin(1);
    cache.keep("row", "old", 1);
    cache.begin(2);
    cache.erase("row");
    EXPECT_EQ(value_of(cache, "row", 1), std::nullopt);
    cache.keep("row", "old", 1);
    EXPECT_EQ(value_of(cache, "row", 1), std::nullopt);
    EXPECT_EQ(value_of(cache, "row", 2), std::nullopt);
}

TEST(RowCache, AnOlderReadingIsNotShownWhatIsNewer) {
    RowCache cache{1 << 20};
    cache.begin(2);
    cache.keep("row", "new", 2);
    EXPECT_EQ(value_of(cache, "row", 1), std::nullopt);
    EXPECT_EQ(value_of(cache, "row", 2), "new");
    cache.begin(3);
    EXPECT_EQ(value_of(cache, "row", 3), "new");  // Nobody changed it.
}

TEST(RowCache, HoldsNoMoreThanItMay) {
    RowCache cache{64 << 10};
    cache.begin(1);
    const std::string value(200, 'v');
    const auto count_known = [&] {
        int known = 0;
        for (int n = 0; n < 2000; ++n)
            known += cache.find(std::to_string(n), 1).has_value() ? 1 : 0;
        return known;
    };
    for (int n = 0; n < 2000; ++n)
        cache.keep(std::to_string(n), value, 1);
    EXPECT_LE(count_known(), 64 * 1024 / 200);
    EXPECT_GE(count_known(), 100);
    cache.clear();
    EXPECT_EQ(count_known(), 0);
    cache.keep("large", std::string(64 << 10, 'v'), 1);
    EXPECT_EQ(value_of(cache, "large", 1), std::nullopt);
}

TEST(RowCache, WhatIsAskedForStays) {
    RowCache cache{64 << 10};
    cache.begin(1);
    cache.keep("asked for", "1", 1);
    for (int n = 0; n < 5000; ++n) {
        cache.keep(std::to_string(n), std::string(100, 'v'), 1);
        ASSERT_EQ(value_of(cache, "asked for", 1), "1") << n;
    }
}

// Many keys that are put in and taken out, in tables that grow, against a plain model.
TEST(RowCache, AgreesWithAMapWhileThereIsRoom) {
    RowCache cache{64 << 20};
    cache.begin(1);
    std::vector<std::optional<std::string>> model(3000);
    std::uint64_t dice = 1;
    for (int n = 0; n < 60'000; ++n) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        const auto which = (dice >> 33) % model.size();
        const auto key = "key" + std::to_string(which);
        if ((dice >> 60) < 6) {
            cache.erase(key);
            model[which].reset();
        } else if (!model[which]) {
            model[which] = std::to_string(n);
            cache.keep(key, *model[which], 1);
        }
        const auto other = (dice >> 20) % model.size();
        ASSERT_EQ(value_of(cache, "key" + std::to_string(other), 1), model[other]);
    }
}

}  // namespace
}  // namespace muster::views::test
