#include "handlers/passwords.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <future>
#include <gtest/gtest.h>

#include "tests/handlers/desk.hpp"

namespace muster::passwords_test {

using namespace desk;

constexpr PasswordPool::Options quick{.operations = 1, .memory = 64 << 10};

std::string hash_with(PasswordPool& pool, const std::string& password) {
    std::promise<std::string> promise;
    EXPECT_TRUE(pool.hash(password, [&](std::string hash) { promise.set_value(std::move(hash)); }));
    return promise.get_future().get();
}
bool verify_with(PasswordPool& pool, const std::string& password, std::optional<std::string> hash) {
    std::promise<bool> promise;
    EXPECT_TRUE(
        pool.verify(password, std::move(hash), [&](bool same) { promise.set_value(same); }));
    return promise.get_future().get();
}

// A pool whose one thread is held up until it is let go.
class Held {
public:
    explicit Held(PasswordPool& pool) {
        EXPECT_TRUE(pool.hash("", [this](const std::string&) {
            held_.set_value();
            go_.get_future().wait();
        }));
        held_.get_future().wait();
    }
    void let_go() { go_.set_value(); }

private:
    std::promise<void> held_, go_;
};

TEST(PasswordPool, APasswordIsKnownByItsHash) {
    PasswordPool pool{quick};
    const auto hash = hash_with(pool, "correct horse battery staple");
    EXPECT_TRUE(hash.starts_with("$argon2id$")) << hash;
    EXPECT_TRUE(verify_with(pool, "correct horse battery staple", hash));
    EXPECT_FALSE(verify_with(pool, "Correct horse battery staple", hash));
    EXPECT_FALSE(verify_with(pool, "", hash));
}

TEST(PasswordPool, TheSamePasswordHasAnotherHashEachTime) {
    PasswordPool pool{quick};
    EXPECT_NE(hash_with(pool, "correct horse"), hash_with(pool, "correct horse"));
}

TEST(PasswordPool, APasswordMayHoldAnyBytes) {
    PasswordPool pool{quick};
    const std::string with_zero{"before\0after", 12}, other{"before\0other", 12};
    const auto hash = hash_with(pool, with_zero);
    EXPECT_TRUE(verify_with(pool, with_zero, hash));
    EXPECT_FALSE(verify_with(pool, other, hash));
    const std::string long_one(longest_password, 'x');
    EXPECT_TRUE(verify_with(pool, long_one, hash_with(pool, long_one)));
}

TEST(PasswordPool, NobodyHasNoPassword) {
    PasswordPool pool{quick};
    EXPECT_FALSE(verify_with(pool, "correct horse", std::nullopt));
    EXPECT_FALSE(verify_with(pool, "", std::nullopt));
    EXPECT_FALSE(verify_with(pool, "correct horse", ""));
}

TEST(PasswordPool, AnUnknownAddressTakesAsLongAsAKnownOne) {
    PasswordPool pool{{.threads = 1, .operations = 3, .memory = 4 << 20}};
    const auto hash = hash_with(pool, "correct horse");
    const auto work = [&](const std::optional<std::string>& known) {
        const auto before = std::clock();  // Of all threads: what others do beside us is not in it.
        (void)verify_with(pool, "wrong", known);
        return std::clock() - before;
    };
    auto known = work(hash), unknown = work(std::nullopt);
    for (int n = 0; n < 7; ++n) {
        known = std::min(known, work(hash));
        unknown = std::min(unknown, work(std::nullopt));
    }
    EXPECT_GT(unknown, known / 2);
    EXPECT_LT(unknown, known * 2);
}

TEST(PasswordPool, AFullQueueTurnsAway) {
    auto options = quick;
    options.threads = 1;
    options.queue = 2;
    PasswordPool pool{options};
    Held held{pool};
    std::atomic<int> answered{};
    const auto count = [&](auto&&) { ++answered; };
    EXPECT_TRUE(pool.hash("first", count));
    EXPECT_TRUE(pool.verify("second", std::nullopt, count));
    EXPECT_FALSE(pool.hash("too many", count));
    EXPECT_FALSE(pool.verify("too many", std::nullopt, count));
    EXPECT_EQ(answered, 0);
    held.let_go();
    while (answered < 2)
        std::this_thread::yield();
    EXPECT_FALSE(verify_with(pool, "there is room again", std::nullopt));
    EXPECT_EQ(answered, 2);
}

TEST(PasswordPool, WhatWasTakenIsFinishedBeforeItGoes) {
    std::atomic<int> answered{};
    {
        PasswordPool pool{quick};
        for (int n = 0; n < 20; ++n)
            EXPECT_TRUE(pool.hash("password", [&](const std::string&) { ++answered; }));
    }
    EXPECT_EQ(answered, 20);
}

// --- Where a password is found

struct Found {
    std::uint64_t id{};
    std::uint32_t number{};
    std::string hash;
    bool operator==(const Found&) const = default;
};

std::optional<Found> user_at(const Desk& desk, const std::string& address) {
    const auto found = find_user(desk.log, desk.keys, email(address)).value();
    if (!found) return std::nullopt;
    return Found{found->id, found->password.number, found->password.hash};
}
std::optional<Found> admin_at(const Desk& desk, const std::string& address) {
    const auto found = find_admin(desk.log, desk.keys, email(address)).value();
    if (!found) return std::nullopt;
    return Found{found->id, found->password.number, found->password.hash};
}

TEST(FindUser, AUserIsFoundByTheAddressHoweverItIsSpelled) {  // Rule E14.
    Desk desk;
    EXPECT_EQ(user_at(desk, "ada@example.com"), std::nullopt);
    (void)desk.register_with_account("ada");
    const Found ada{1, 1, "hash of ada"};
    EXPECT_EQ(user_at(desk, "ada@example.com"), ada);
    EXPECT_EQ(user_at(desk, " ADA@Example.COM "), ada);
    EXPECT_EQ(user_at(desk, "bob@example.com"), std::nullopt);
}

TEST(FindUser, AChangedAddressIsTheSignInNameFromThenOn) {  // Rule E10.
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto change = [&](UserId user, const std::string& address) {
        return desk.as_system().ask([&](Work& work) {
            UserChanges changes;
            changes.email = email(address);
            return update_user(work, user, changes, {Proof::Kind::staff});
        });
    };
    ASSERT_TRUE(change(ada.user, "countess@example.com"));
    EXPECT_EQ(user_at(desk, "ada@example.com"), std::nullopt);
    EXPECT_EQ(user_at(desk, "countess@example.com"), (Found{1, 1, "hash of ada"}));
    const auto other = desk.register_with_account("ada");
    EXPECT_EQ(user_at(desk, "ada@example.com"), (Found{2, 1, "hash of ada"}));
    ASSERT_TRUE(change(other.user, "zoe@example.com"));
    ASSERT_TRUE(change(ada.user, "Ada@example.com"));
    EXPECT_EQ(user_at(desk, "ada@example.com")->id, 1U);
    ASSERT_TRUE(change(ada.user, "ADA@example.com"));  // Only the spelling.
    EXPECT_EQ(user_at(desk, "ada@example.com")->id, 1U);
}

TEST(FindUser, AChangedPasswordIsTheOnlyOne) {
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) {
        return change_password(work, ada.user, "second hash", {Proof::Kind::staff});
    }));
    EXPECT_EQ(user_at(desk, "ada@example.com"), (Found{1, 2, "second hash"}));
    const auto known = find_password(desk.log, desk.keys, SecretKind::user_password, 1).value();
    EXPECT_EQ(known->number, 2U);
    EXPECT_EQ(known->hash, "second hash");
}

TEST(FindUser, WhoWasDeletedOrHasNoPasswordIsNotFound) {  // Rules I8, X10.
    Desk desk;
    const auto ada = desk.register_with_account("ada");
    const auto made = desk.as_system().ask([&](Work& work) {
        return associate_address(work, ada.account, person("bob", std::nullopt), see_tickets);
    });
    EXPECT_EQ(user_at(desk, "bob@example.com"), std::nullopt);
    ASSERT_TRUE(desk.as_system().ask([&](Work& work) {
        return change_password(work, the<UserRegistered>(made).user, "hash", {Proof::Kind::staff});
    }));
    EXPECT_EQ(user_at(desk, "bob@example.com"), (Found{2, 1, "hash"}));
    ASSERT_TRUE(desk.as_system().ask([](Work& work) { return delete_user(work, UserId{2}); }));
    EXPECT_EQ(user_at(desk, "bob@example.com"), std::nullopt);
    (void)desk.register_with_account("bob");
    EXPECT_EQ(user_at(desk, "bob@example.com"), (Found{3, 1, "hash of bob"}));
}

TEST(FindAdmin, AnAdminIsFoundAmongAdminsOnly) {
    Desk desk;
    (void)desk.register_with_account("ada");
    (void)desk.make_admin("root", Role::administrator);
    (void)desk.make_admin("olga", Role::operator_);
    EXPECT_EQ(admin_at(desk, "Olga@staff.example"), (Found{2, 1, "hash of olga"}));
    EXPECT_EQ(admin_at(desk, "ada@example.com"), std::nullopt);
    EXPECT_EQ(user_at(desk, "olga@staff.example"), std::nullopt);
    ASSERT_TRUE(desk.as_system().ask([](Work& work) {
        return create_admin(work, {"Nopass", email("n@staff.example"), Role::auditor, {}});
    }));
    EXPECT_EQ(admin_at(desk, "n@staff.example"), std::nullopt);
}

TEST(FindUser, ASecretThatDoesNotOpenIsAFault) {
    Desk desk;
    (void)desk.register_with_account("ada");
    const Keys other{Key{8}};
    EXPECT_EQ(find_user(desk.log, other, email("ada@example.com")).value(), std::nullopt)
        << "another key, another address";
    EXPECT_FALSE(find_password(desk.log, other, SecretKind::user_password, 1).has_value());
}

}  // namespace muster::passwords_test
