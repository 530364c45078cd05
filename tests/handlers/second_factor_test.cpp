// One-time passwords against the published vectors and another implementation of the same standard;
// passwords that are refused because they are common.
#include "handlers/second_factor.hpp"

#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>

#include "events/bytes.hpp"
#include "handlers/common_passwords.hpp"

namespace muster {
namespace {

FactorSecret secret_of(std::string_view text) {
    FactorSecret secret{};
    std::copy(text.begin(), text.end(), secret.begin());
    return secret;
}

// RFC 6238, appendix B: the SHA-1 rows; six of its eight digits.
TEST(OneTimePassword, IsThatOfTheStandard) {
    const auto secret = secret_of("12345678901234567890");
    const std::array<std::pair<std::int64_t, std::string>, 6> vectors{{{59, "287082"},
                                                                       {1'111'111'109, "081804"},
                                                                       {1'111'111'111, "050471"},
                                                                       {1'234'567'890, "005924"},
                                                                       {2'000'000'000, "279037"},
                                                                       {20'000'000'000, "353130"}}};
    for (const auto& [seconds, expected] : vectors)
        EXPECT_EQ(one_time_password(secret, time_step(Time{seconds * 1000})), expected) << seconds;
}

// RFC 4226, appendix D.
TEST(OneTimePassword, CountsAsTheStandardDoes) {
    const auto secret = secret_of("12345678901234567890");
    const std::array<std::string, 10> expected{"755224", "287082", "359152", "969429", "338314",
                                               "254676", "287922", "162583", "399871", "520489"};
    for (std::uint64_t n = 0; n < expected.size(); ++n)
        EXPECT_EQ(one_time_password(secret, n), expected[n]);
}

TEST(OneTimePassword, IsWhatAnotherImplementationSays) {
    if (std::system("oathtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no oathtool";
    for (std::int64_t n = 0; n < 20; ++n) {
        const auto secret = random_bytes<FactorSecret>();
        const Time at{1'777'636'800'000 + n * 7'654'321'000};
        const auto command = fmt::format("oathtool --totp --base32 --now '@{}' {}", at.ms / 1000,
                                         to_base32(as_text(secret)));
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{popen(command.c_str(), "r"),
                                                                   pclose};
        ASSERT_TRUE(pipe);
        std::array<char, 16> line{};
        ASSERT_NE(std::fgets(line.data(), line.size(), pipe.get()), nullptr) << command;
        EXPECT_EQ(one_time_password(secret, time_step(at)) + "\n", line.data()) << command;
    }
}

// RFC 4648, section 10.
TEST(Base32, IsThatOfTheStandard) {
    const std::array<std::pair<std::string, std::string>, 7> vectors{{{"", ""},
                                                                      {"f", "MY"},
                                                                      {"fo", "MZXQ"},
                                                                      {"foo", "MZXW6"},
                                                                      {"foob", "MZXW6YQ"},
                                                                      {"fooba", "MZXW6YTB"},
                                                                      {"foobar", "MZXW6YTBOI"}}};
    for (const auto& [bytes, text] : vectors)
        EXPECT_EQ(to_base32(bytes), text);
}

TEST(RecoveryCodes, AreTenDifferentOnes) {
    const auto codes = draw_recovery_codes();
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), 10U);
    for (const auto& code : codes)
        EXPECT_EQ(code.size(), 19U);
}

TEST(CommonPasswords, AreThoseThatAreTriedFirst) {
    for (const auto* common :
         {"password1234",  "Password123!",      "passwordpassword", "PASSWORD2026",  "123456789012",
          "1234567890123", "qwertyuiop12",      "qwerty123456",     "aaaaaaaaaaaa",  "abcabcabcabc",
          "abcdefghijkl",  "zyxwvutsrqpo",      "iloveyou1234",     "letmein12345",  "admin1234567",
          "welcome12345",  "111111111111",      "P@ssw0rd2024",     "administrator", "qazwsxedc123",
          "987654321098",  "password-password", "Summer2025!!",     "changeme1234"})
        EXPECT_TRUE(is_common_password(common)) << common;
}

TEST(CommonPasswords, AreNotWhatSomebodyThoughtOf) {
    for (const auto* good :
         {"correct horse battery", "analytical engine", "difference engine", "a long pass phrase",
          "another good password", "my dog has fleas", "tr0ub4dor&3xyz", "löwenzahn im mai",
          "passwordless future", "qwerty is a keyboard"})
        EXPECT_FALSE(is_common_password(good)) << good;
}

}  // namespace
}  // namespace muster
