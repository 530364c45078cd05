// Legacy hashes, and the use cases of an import.
#include "handlers/legacy.hpp"

#include <crypt.h>
#include <future>

#include "handlers/legacy_hash.hpp"
#include "handlers/passwords.hpp"
#include "tests/handlers/desk.hpp"

namespace muster::legacy_test {

using namespace desk;

// Of "correct horse", as PHP's password_hash makes it, and md5("s4lt!correct horse").
const std::string bcrypt_of_horse = [] {
    crypt_data room{};
    return std::string{crypt_r("correct horse", "$2y$04$abcdefghijklmnopqrstuu", &room)};
}();
const std::string md5_of_horse = "cac9ede682e0c5f206ec20a48eee91e0:s4lt!";

TEST(LegacyHash, IsKnownByItsForm) {
    EXPECT_EQ(kind_of_hash(bcrypt_of_horse), HashKind::bcrypt);
    EXPECT_EQ(kind_of_hash("$2a$10$" + std::string(53, 'a')), HashKind::bcrypt);
    EXPECT_EQ(kind_of_hash("$2b$14$" + std::string(53, 'a')), HashKind::bcrypt);
    EXPECT_EQ(kind_of_hash("$2y$15$" + std::string(53, 'a')), HashKind::too_dear);
    EXPECT_EQ(kind_of_hash("$2y$31$" + std::string(53, 'a')), HashKind::too_dear);
    EXPECT_EQ(kind_of_hash(std::string(32, 'a') + ":salt"), HashKind::salted_md5);
    EXPECT_EQ(kind_of_hash("$argon2id$v=19$..."), HashKind::ours);
    for (const std::string& other :
         {std::string{}, std::string{"plain text"}, std::string(32, 'a'),
          std::string(32, 'a') + ":", std::string(31, 'a') + "g:salt",
          std::string(32, 'a') + ":" + std::string(65, 's'), std::string(32, 'a') + ":with space",
          "$2x$10$" + std::string(53, 'a'), "$2y$10$" + std::string(52, 'a'),
          "$2y$03$" + std::string(53, 'a'), "$2y$1x$" + std::string(53, 'a'),
          "$2y$10$" + std::string(52, 'a') + "*",
          std::string{"$1$abcdefgh$xxxxxxxxxxxxxxxxxxxxxx"}})
        EXPECT_EQ(kind_of_hash(other), HashKind::unknown) << other;
}

TEST(LegacyHash, LetsItsPasswordIn) {  // Rule M8.
    for (const auto& hash : {bcrypt_of_horse, md5_of_horse}) {
        EXPECT_TRUE(verify_legacy(hash, "correct horse")) << hash;
        EXPECT_FALSE(verify_legacy(hash, "correct hors")) << hash;
        EXPECT_FALSE(verify_legacy(hash, "")) << hash;
    }
    EXPECT_FALSE(verify_legacy(bcrypt_of_horse, std::string{"correct horse\0x", 15}));
    auto shouted = md5_of_horse;
    for (std::size_t n = 0; n < 32; ++n)
        shouted[n] = static_cast<char>(std::toupper(shouted[n]));
    EXPECT_TRUE(verify_legacy(shouted, "correct horse"));
    EXPECT_FALSE(verify_legacy("$2y$15$" + std::string(53, 'a'), "x"));
    EXPECT_FALSE(verify_legacy("correct horse", "correct horse"));
}

TEST(LegacyHash, IsVerifiedInThePool) {  // Rule M8.
    PasswordPool pool{{.operations = 1, .memory = 64 << 10}};
    const auto verify = [&](const std::string& password, const std::string& hash) {
        std::promise<bool> promise;
        EXPECT_TRUE(pool.verify(password, hash, [&](bool same) { promise.set_value(same); }));
        return promise.get_future().get();
    };
    EXPECT_TRUE(verify("correct horse", bcrypt_of_horse));
    EXPECT_TRUE(verify("correct horse", md5_of_horse));
    EXPECT_FALSE(verify("wrong horse", bcrypt_of_horse));
    EXPECT_FALSE(verify("wrong horse", md5_of_horse));
    EXPECT_FALSE(verify("", "unknown"));
}

// --- Use cases

LegacyClient client_of(std::uint64_t number, const std::string& name) {
    return {.legacy = {number},
            .owner = {.first_name = name,
                      .last_name = "Example",
                      .email = email(name + "@example.com"),
                      .password_hash = md5_of_horse},
            .profile = profile_of(name + " Ltd"),
            .question = std::nullopt,
            .created_at = Time{1'000'000'000'000},
            .last_sign_in_at = std::nullopt};
}
LegacyContact sub_account_of(std::uint64_t client, std::uint64_t number, const std::string& name) {
    return {.legacy = {number},
            .client = {client},
            .user = client_of(number, name).owner,
            .permissions = see_tickets,
            .contact = std::nullopt,
            .created_at = std::nullopt};
}

struct Importing : testing::Test {
    Result client(const LegacyClient& given) {
        return desk.as_system().ask([&](Work& work) { return import_client(work, given); });
    }
    Result contact(const LegacyContact& given) {
        return desk.as_system().ask([&](Work& work) { return import_contact(work, given); });
    }
    Desk desk;
};

TEST_F(Importing, KeepsTheHashUntilASignInReplacesIt) {  // Rules M2, M8.
    const auto made = client(client_of(7, "ada"));
    const auto user = the<UserRegistered>(made).user;
    EXPECT_EQ(the<LegacyClientImported>(made).legacy, LegacyClientId{7});
    const auto kept = [&] {
        return find_user(desk.log, desk.keys, email("ada@example.com")).value().value();
    };
    EXPECT_EQ(kept().password.hash, md5_of_horse);
    const auto rehash = [&](std::uint32_t password, const std::string& hash) {
        return desk.as_system().ask([&](Work& work) {
            Events events;
            replace_legacy_hash(work, user, password, hash, events);
            return Decision{events};
        });
    };
    EXPECT_TRUE(rehash(2, "of another password")->events.empty());
    EXPECT_EQ(the<PasswordRehashed>(rehash(1, "ours")).password, 1U);
    EXPECT_EQ(kept().password.hash, "ours");
    EXPECT_EQ(kept().password.number, 1U);
    EXPECT_TRUE(rehash(1, "ours again")->events.empty());
    EXPECT_EQ(kept().password.hash, "ours");
}

TEST_F(Importing, ASecondTimeWritesNothing) {  // Rule M7.
    ASSERT_TRUE(client(client_of(7, "ada")));
    ASSERT_TRUE(contact(sub_account_of(7, 7, "bob")));
    const auto head = desk.log.head();
    EXPECT_TRUE(client(client_of(7, "other"))->events.empty());
    EXPECT_TRUE(contact(sub_account_of(7, 7, "other"))->events.empty());
    EXPECT_EQ(desk.log.head(), head);
}

TEST_F(Importing, TwoRecordsWithOneAddressAreTwoUsers) {  // Rules M4, M6.
    const auto first = client(client_of(7, "ada"));
    auto second = client_of(9, "ada");
    const auto made = client(second);
    EXPECT_NE(the<UserRegistered>(made).user, the<UserRegistered>(first).user);
    EXPECT_NE(the<AccountOpened>(made).account, the<AccountOpened>(first).account);
    EXPECT_FALSE(the<UserRegistered>(made).address);
    const auto sub = contact(sub_account_of(9, 1, "ada"));
    EXPECT_FALSE(the<UserRegistered>(sub).address);
    EXPECT_EQ(the<AssociationGranted>(sub).account, the<AccountOpened>(made).account);
}

TEST_F(Importing, AContactNeedsItsClient) {
    EXPECT_EQ(code_of(contact(sub_account_of(7, 1, "bob"))), "legacy.client_not_found");
}

}  // namespace muster::legacy_test
