#include "events/version_cache.hpp"

#include <gtest/gtest.h>

#include "tests/events/samples.hpp"

namespace muster {
namespace {

TEST(VersionCache, KnowsWhatItWasTold) {
    VersionCache cache{64};
    EXPECT_EQ(cache.find(stream_of(acme)), std::nullopt);
    cache.put(stream_of(acme), 1);
    cache.learn(stream_of(bolt), 0, cache.moves());
    cache.put(stream_of(acme), 2);
    EXPECT_EQ(cache.find(stream_of(acme)), 2U);
    EXPECT_EQ(cache.find(stream_of(bolt)), 0U);
}

TEST(VersionCache, DoesNotLearnWhatMayHaveMovedMeanwhile) {
    VersionCache cache{64};
    const auto before = cache.moves();
    cache.put(stream_of(acme), 1);
    cache.learn(stream_of(acme), 0, before);
    cache.learn(stream_of(bolt), 0, before);
    EXPECT_EQ(cache.find(stream_of(acme)), 1U);
    EXPECT_EQ(cache.find(stream_of(bolt)), std::nullopt);
}

TEST(VersionCache, ForgetsRatherThanGrows) {
    VersionCache cache{64};
    for (std::uint64_t n = 1; n <= 1'000; ++n)
        cache.put(stream_of(AccountId{n}), n);
    std::size_t known = 0;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
        const auto version = cache.find(stream_of(AccountId{n}));
        EXPECT_EQ(version.value_or(n), n);
        if (version) ++known;
    }
    EXPECT_LE(known, 64U);
    EXPECT_EQ(cache.find(stream_of(AccountId{1'000})), 1'000U);
}

}  // namespace
}  // namespace muster
