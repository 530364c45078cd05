#include "events/email_address.hpp"

#include <gtest/gtest.h>

#include "events/sealing.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

std::string normalised(std::string_view text) {
    const auto address = EmailAddress::parse(text);
    return address ? address->normalised() : "none";
}

TEST(EmailAddress, IsComparedTrimmedAndCaseFolded) {  // Rule E14.
    EXPECT_EQ(normalised("ada@example.org"), "ada@example.org");
    EXPECT_EQ(normalised(" \t\u00a0Ada@EXAMPLE.org \r\n"), "ada@example.org");
    EXPECT_EQ(normalised("ÉLODIE@example.org"), "élodie@example.org");
    EXPECT_EQ(normalised("E\u0301lodie@example.org"), "élodie@example.org");
    EXPECT_EQ(normalised("straße@example.org"), normalised("STRASSE@example.org"));
    EXPECT_NE(normalised("a.da@example.org"), normalised("ada@example.org"));
    EXPECT_NE(normalised("ada+x@example.org"), normalised("ada@example.org"));
}

TEST(EmailAddress, ItsDomainIsComparedInItsAsciiForm) {  // Rule E14.
    EXPECT_EQ(normalised("ada@Bücher.example"), "ada@xn--bcher-kva.example");
    EXPECT_EQ(normalised("ada@XN--BCHER-KVA.example"), "ada@xn--bcher-kva.example");
    EXPECT_EQ(normalised("ada@bu\u0308cher.example"), "ada@xn--bcher-kva.example");
    EXPECT_EQ(normalised("ada@例え.テスト"), "ada@xn--r8jz45g.xn--zckzah");
    EXPECT_EQ(normalised("ada@例え。テスト"), normalised("ada@例え.テスト"));
    EXPECT_EQ(normalised("ada@faß.example"), "ada@xn--fa-hia.example");
    EXPECT_EQ(normalised("ada@r3---sn.example"), "ada@r3---sn.example");
}

TEST(EmailAddress, IsShownAsItWasTyped) {  // Rule E14.
    EXPECT_EQ(EmailAddress::parse("  Ada@Bücher.EXAMPLE ")->text(), "Ada@Bücher.EXAMPLE");
}

TEST(EmailAddress, IsNotAnyText) {
    for (const auto* text : {"",
                             " ",
                             "ada",
                             "@",
                             "ada@",
                             "@example.org",
                             "ada@@example.org",
                             "a b@example.org",
                             ".ada@example.org",
                             "ada.@example.org",
                             "a..a@example.org",
                             "ada@example..org",
                             "ada@.org",
                             "ada@example.org.",
                             "ada@-example.org",
                             "ada@example-.org",
                             "ada@exa mple.org",
                             "ada@exa_mple.org",
                             "ada@[127.0.0.1]",
                             "ada@127.0.0.1",
                             "ada@1",
                             "\"ada\"@example.org",
                             "ada@example.org\nbcc: eve@example.org",
                             "<ada@example.org>",
                             "ada,bob@example.org",
                             "ada@xn--zzzzzz.example",
                             "ada@exam\u00adple\u202e.org",
                             "ada\u202e@example.org",
                             "ada\u200b@example.org",
                             "ada\u0007@example.org",
                             "ada\xff@example.org",
                             "ada@example\xff.org"}) {
        EXPECT_FALSE(EmailAddress::parse(text)) << text;
    }
    EXPECT_FALSE(EmailAddress::parse(std::string_view{"ada@example.org\0.evil.org", 25}));
    EXPECT_FALSE(EmailAddress::parse(std::string_view{"a\0da@example.org", 16}));
}

TEST(EmailAddress, HasTheLengthsOfRfc5321) {
    const std::string local(64, 'a');
    EXPECT_TRUE(EmailAddress::parse(local + "@example.org"));
    EXPECT_FALSE(EmailAddress::parse(local + "a@example.org"));
    const std::string label(63, 'b');
    EXPECT_TRUE(EmailAddress::parse("a@" + label + ".org"));
    EXPECT_FALSE(EmailAddress::parse("a@" + label + "b.org"));
    const auto domain = label + "." + label + "." + label + ".";
    EXPECT_TRUE(EmailAddress::parse("a@" + domain + std::string(60, 'c')));  // 254 bytes.
    EXPECT_FALSE(EmailAddress::parse("a@" + domain + std::string(61, 'c')));
    EXPECT_FALSE(EmailAddress::parse(std::string(100'000, 'a') + "@example.org"));
}

TEST(EmailAddress, ItsNormalFormIsItsOwnNormalForm) {  // Rule E14.
    for (const auto* text : {"Ada@Example.org", "ÉLODIE@bücher.example", "ΣΊΣΥΦΟΣ@example.org",
                             "İ@example.org", "ǰ@example.org", "ﬃ@example.org", "ᾳ@example.org"}) {
        const auto once = normalised(text);
        EXPECT_NE(once, "none") << text;
        EXPECT_EQ(normalised(once), once) << text;
    }
}

TEST(EmailKey, TellsEqualAddressesFromDifferentOnes) {
    const Keys keys{sample_root};
    EXPECT_EQ(keys.email_key(normalised("Ada@Example.org")),
              keys.email_key(normalised("ada@example.ORG")));
    EXPECT_NE(keys.email_key("ada@example.org"), keys.email_key("bob@example.org"));
    EXPECT_NE(keys.email_key("ada@example.org"), Keys{Key{3}}.email_key("ada@example.org"));
}

}  // namespace
}  // namespace muster
