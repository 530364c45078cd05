#include "events/keyring.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "tests/events/samples.hpp"

namespace muster {
namespace {

class KeyringTest : public ::testing::Test {
protected:
    static Seed seed_of(const Subject& whom) {
        return {static_cast<std::uint8_t>(whom.kind), static_cast<std::uint8_t>(whom.number),
                static_cast<std::uint8_t>(whom.number >> 8)};
    }
    void write(const Subject& whom, std::optional<std::string> value) {
        Commit commit;
        commit.events.push_back({{stream_of(UserId{1})}, {}});
        commit.vault.push_back({vault_key(whom), std::move(value)});
        ASSERT_TRUE(log_.append({&commit, 1}));
    }
    void add(const Subject& whom) { write(whom, std::string{as_text(seed_of(whom))}); }
    void expect_found(Keyring& keyring, const Subject& whom) {
        EXPECT_EQ(keyring.find(whom).value(), keys_.subject_key(whom, seed_of(whom)))
            << whom.number;
    }

    MemoryLog log_;
    const Keys keys_{sample_root};
};

Key numbered_key(std::uint64_t number) {
    return {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8)};
}

TEST(KeyCacheTest, HasWhatWasPutInUntilItIsTakenOut) {
    KeyCache cache{64};
    cache.insert(subject_of(UserId{1}), numbered_key(1));
    cache.insert(subject_of(AccountId{1}), numbered_key(2));
    ASSERT_NE(cache.find(subject_of(UserId{1})), nullptr);
    EXPECT_EQ(*cache.find(subject_of(UserId{1})), numbered_key(1));
    EXPECT_EQ(*cache.find(subject_of(AccountId{1})), numbered_key(2));
    EXPECT_EQ(cache.find(subject_of(UserId{2})), nullptr);
    cache.erase(subject_of(UserId{1}));
    EXPECT_EQ(cache.find(subject_of(UserId{1})), nullptr);
    EXPECT_NE(cache.find(subject_of(AccountId{1})), nullptr);
}

TEST(KeyCacheTest, TheOneUsedLastStays) {
    KeyCache cache{16};
    cache.insert(subject_of(UserId{1}), numbered_key(1));
    for (std::uint64_t n = 2; n < 1000; ++n) {
        cache.insert(subject_of(UserId{n}), numbered_key(n));
        ASSERT_NE(cache.find(subject_of(UserId{1})), nullptr) << n;
        ASSERT_EQ(*cache.find(subject_of(UserId{n})), numbered_key(n));
    }
    std::size_t kept = 0;
    for (std::uint64_t n = 1; n < 1000; ++n)
        kept += cache.find(subject_of(UserId{n})) != nullptr ? 1 : 0;
    EXPECT_LE(kept, 16U);
    EXPECT_GE(kept, 12U);
}

// Numbers that follow each other share the sets out among them.
TEST(KeyCacheTest, HasRoomForItsCapacity) {
    constexpr std::uint64_t capacity = 1 << 14;
    KeyCache cache{capacity};
    for (std::uint64_t n = 1; n <= capacity; ++n)
        cache.insert(subject_of(UserId{n}), numbered_key(n));
    std::size_t kept = 0;
    for (std::uint64_t n = 1; n <= capacity; ++n)
        kept += cache.find(subject_of(UserId{n})) != nullptr ? 1 : 0;
    EXPECT_GE(kept, capacity * 8 / 10);
}

// Its seed may not be in the log yet, so nothing can be asked.
TEST_F(KeyringTest, OneThatWasRememberedStaysWhileAsManyAsMayAreSo) {
    constexpr std::uint64_t capacity = 256;
    for (std::uint64_t n = 1; n <= 4 * capacity; ++n)
        add(subject_of(AccountId{n}));
    Keyring keyring{log_, keys_, capacity};
    for (std::uint64_t n = 1; n <= capacity / 4; ++n)
        keyring.remember(subject_of(UserId{n}), seed_of(subject_of(UserId{n})));
    for (std::uint64_t n = 1; n <= 4 * capacity; ++n)
        expect_found(keyring, subject_of(AccountId{n}));
    for (std::uint64_t n = 1; n <= capacity / 4; ++n)
        expect_found(keyring, subject_of(UserId{n}));
    keyring.forget(subject_of(UserId{7}));
    EXPECT_EQ(keyring.find(subject_of(UserId{7})).value(), std::nullopt);
}

TEST_F(KeyringTest, FindsWhatTheVaultHolds) {
    const auto ada = subject_of(UserId{1}), eve = subject_of(UserId{3});
    add(ada);
    Keyring keyring{log_, keys_, 2};
    expect_found(keyring, ada);
    EXPECT_EQ(keyring.find(subject_of(UserId{2})).value(), std::nullopt);
    keyring.remember(eve, seed_of(eve));  // Ada's gives way and is found again.
    expect_found(keyring, ada);
}

TEST_F(KeyringTest, ARunOfSubjectsIsFoundWithItsGaps) {
    for (std::uint64_t n = 1; n < 300; ++n) {
        if (n % 7 != 0) add(subject_of(UserId{n}));
        add(subject_of(AccountId{n}));
    }
    for (const std::size_t capacity : {2U, 50U, 4096U}) {
        Keyring keyring{log_, keys_, capacity};
        for (std::uint64_t n = 1; n < 300; ++n) {
            if (n % 7 != 0) {
                expect_found(keyring, subject_of(UserId{n}));
            } else {
                EXPECT_EQ(keyring.find(subject_of(UserId{n})).value(), std::nullopt);
            }
            expect_found(keyring, subject_of(AccountId{n}));
            expect_found(keyring, subject_of(UserId{1}));
        }
        EXPECT_EQ(keyring.find(subject_of(UserId{300})).value(), std::nullopt);
    }
}

TEST_F(KeyringTest, OneThatWasReadWithItsNeighboursIsForgotten) {
    for (std::uint64_t n = 1; n < 9; ++n)
        add(subject_of(UserId{n}));
    Keyring keyring{log_, keys_};
    expect_found(keyring, subject_of(UserId{1}));
    expect_found(keyring, subject_of(UserId{2}));
    write(subject_of(UserId{5}), std::nullopt);
    keyring.forget(subject_of(UserId{5}));
    EXPECT_EQ(keyring.find(subject_of(UserId{5})).value(), std::nullopt);
    expect_found(keyring, subject_of(UserId{6}));
}

TEST_F(KeyringTest, AKeyOfAnotherSizeIsDamageOfThatSubjectAlone) {
    for (std::uint64_t n = 1; n < 9; ++n)
        add(subject_of(UserId{n}));
    write(subject_of(UserId{4}), "short");
    Keyring keyring{log_, keys_};
    for (std::uint64_t n = 1; n < 9; ++n) {
        if (n == 4) {
            EXPECT_EQ(keyring.find(subject_of(UserId{n})).error().kind, Fault::Kind::damaged);
        } else {
            expect_found(keyring, subject_of(UserId{n}));
        }
    }
}

TEST_F(KeyringTest, WhatIsForgottenWhileOthersReadStaysSo) {
    const auto last = short_or_long(400, 5'000);
    for (std::uint64_t n = 1; n <= last; ++n)
        add(subject_of(UserId{n}));
    Keyring keyring{log_, keys_, 128};
    std::atomic<bool> done = false;
    std::thread reader{[&] {
        while (!done) {
            for (std::uint64_t n = 1; n <= last; ++n)
                (void)keyring.find(subject_of(UserId{n}));
        }
    }};
    for (std::uint64_t n = 2; n <= last; n += 2) {
        write(subject_of(UserId{n}), std::nullopt);
        keyring.forget(subject_of(UserId{n}));
        EXPECT_EQ(keyring.find(subject_of(UserId{n})).value(), std::nullopt) << n;
    }
    done = true;
    reader.join();
}

}  // namespace
}  // namespace muster
