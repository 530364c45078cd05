#include "events/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace muster {
namespace {

TEST(Text, IsUtf8OrNot) {
    for (const auto* good : {"", "ada", "Löwe", "日本", "🦊", "\u07ff\u0800\uffff", "\U0010ffff"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const auto* bad :
         {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3", "\xe6\x97",
          "\xf0\x9f\xa6", "\xc3(", "ok\xfe"})
        EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_TRUE(is_utf8(std::string_view{"a\0b", 3}));
}

TEST(Text, IsTrimmedOfAllWhiteSpace) {
    EXPECT_EQ(trimmed(" \t\r\n\u00a0\u3000 Ada  L \u2003\u2028\n"), "Ada  L");
    EXPECT_EQ(trimmed(" \u3000 "), "");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed("\xa0 x \x80"), "\xa0 x \x80");
}

TEST(Text, IsFoldedForSearching) {
    EXPECT_EQ(folded("Éloïse  STRASSE"), "eloise strasse");
    EXPECT_EQ(folded("straße"), "strasse");
    EXPECT_EQ(folded("ﬁne \u00a0\t x"), "fine x");
    EXPECT_EQ(folded("e\u0301"), folded("É"));
    EXPECT_EQ(folded("ＡＤＡ"), "ada");
    EXPECT_EQ(folded("so\u00adft"), "soft");
    EXPECT_EQ(folded(""), "");
}

TEST(Text, IsOneHarmlessLine) {
    EXPECT_EQ(one_line("  Ada \r\n\t Lovelace\u2028\u00a0 ", 80), "Ada Lovelace");
    EXPECT_EQ(one_line("a\u202eb\u2066c\u200fd\u200be\ufefff\u00adg", 80), "abcdefg");
    EXPECT_EQ(one_line("a\x01\x7f\u0085\u009b\ue000b", 80), "a b");
    EXPECT_EQ(one_line(std::string_view{"a\0b", 3}, 80), "ab");
    EXPECT_EQ(one_line("a\xff\xc3z", 80), "az");
    EXPECT_EQ(one_line("L\u00f6we \U0001f98a!", 6), "L\u00f6we \U0001f98a!");
    EXPECT_EQ(one_line("\u65e5\u672c\u65e5\u672c", 3), "\u65e5\u672c\u65e5");
    EXPECT_EQ(one_line("\r\n", 80), "");
}

TEST(Text, HasBase64OfRfc4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64("\xff\xfe\xfd"), "//79");
    EXPECT_EQ(to_base64url("\xff\xfe\xfd"), "__79");
    EXPECT_EQ(to_base64url("f"), "Zg");
    EXPECT_EQ(to_base64url("fo"), "Zm8");
    EXPECT_EQ(to_hex(std::string_view{"\0\x7f\xff", 3}), "007fff");
}

RC_GTEST_PROP(Text, AnyBytesAreTakenWithoutHarm, (const std::string& bytes)) {
    static_cast<void>(is_utf8(bytes));
    static_cast<void>(trimmed(bytes));
    RC_ASSERT(folded(folded(bytes)) == folded(bytes) || !is_utf8(bytes));
    RC_ASSERT(is_utf8(one_line(bytes, 9)));
    RC_ASSERT(one_line(one_line(bytes, 9), 9) == one_line(bytes, 9));
    RC_ASSERT(to_hex(bytes).size() == 2 * bytes.size());
    RC_ASSERT(to_base64(bytes).size() == (bytes.size() + 2) / 3 * 4);
}

}  // namespace
}  // namespace muster
