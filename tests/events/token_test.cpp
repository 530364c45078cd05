#include "events/token.hpp"

#include <array>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

#include "tests/events/samples.hpp"

namespace muster {
namespace {

const Keys token_keys{sample_root};
constexpr std::array all_purposes{TokenPurpose::setup,          TokenPurpose::session,
                                  TokenPurpose::api_key,        TokenPurpose::invitation,
                                  TokenPurpose::password_reset, TokenPurpose::email_verification};

TEST(Token, ComesBackFromItsText) {
    for (const auto purpose : all_purposes) {
        for (const auto id : {std::uint64_t{}, std::uint64_t{1}, std::uint64_t{300}, UINT64_MAX}) {
            for (const auto sequence : {std::uint64_t{}, std::uint64_t{7}, UINT64_MAX}) {
                const Token token{purpose, id, sequence};
                const auto text = to_text(token, token_keys);
                EXPECT_EQ(parse_token(purpose, text, token_keys), token) << text;
                EXPECT_EQ(purpose_of(text), purpose);
            }
        }
    }
}

TEST(Token, IsRefusedWithAnyByteChanged) {
    const Token token{TokenPurpose::invitation, 12'345, 2};
    const auto text = to_text(token, token_keys);
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            auto changed = text;
            changed[at] = static_cast<char>(byte);
            if (changed == text) continue;
            EXPECT_FALSE(parse_token(token.purpose, changed, token_keys)) << at << ": " << byte;
        }
    }
}

TEST(Token, IsRefusedCutOrLengthened) {
    const auto text = to_text({TokenPurpose::session, 5, 0}, token_keys);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_token(TokenPurpose::session, text.substr(0, size), token_keys));
    for (const auto* more : {"A", "=", "==", " ", "\n", "AAAA"})
        EXPECT_FALSE(parse_token(TokenPurpose::session, text + more, token_keys));
    EXPECT_FALSE(parse_token(TokenPurpose::session, " " + text, token_keys));
    EXPECT_FALSE(parse_token(TokenPurpose::session, text + std::string(1'000, 'A'), token_keys));
    EXPECT_FALSE(parse_token(TokenPurpose::session, text + '\0', token_keys));
}

TEST(Token, IsBoundToItsPurpose) {
    for (const auto purpose : all_purposes) {
        auto text = to_text({purpose, 5, 1}, token_keys);
        for (const auto other : all_purposes) {
            if (other == purpose) continue;
            EXPECT_FALSE(parse_token(other, text, token_keys));
            auto renamed = text;
            renamed.replace(0, 3, to_text({other, 5, 1}, token_keys).substr(0, 3));
            EXPECT_FALSE(parse_token(other, renamed, token_keys));
        }
    }
}

TEST(Token, IsBoundToItsFolder) {
    const auto text = to_text({TokenPurpose::session, 5, 0}, token_keys);
    EXPECT_FALSE(parse_token(TokenPurpose::session, text, Keys{Key{99}}));
}

TEST(Token, FitsIntoALinkAsItIs) {
    const auto text = to_text({TokenPurpose::session, UINT64_MAX, UINT64_MAX}, token_keys);
    for (const char c : text)
        EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') << c;
}

TEST(Token, NoOtherTextHasAPurpose) {
    for (const auto* text : {"", "m", "ms", "mx_abc", "MS_abc", "bearer"})
        EXPECT_FALSE(purpose_of(text)) << text;
}

TEST(RandomBytes, AreNeverTheSameTwice) {
    std::array<std::vector<Salt>, 2> drawn;
    const auto draw = [](std::vector<Salt>& salts) {
        for (int n = 0; n < 1'000; ++n)
            salts.push_back(random_bytes<Salt>());
    };
    std::thread other{[&] { draw(drawn[1]); }};
    draw(drawn[0]);
    other.join();
    std::set<Salt> all;
    for (const auto& salts : drawn)
        all.insert(salts.begin(), salts.end());
    EXPECT_EQ(all.size(), 2'000U);
    EXPECT_NE((random_bytes<std::array<std::uint8_t, 1'000>>()),
              (random_bytes<std::array<std::uint8_t, 1'000>>()));
}

}  // namespace
}  // namespace muster
