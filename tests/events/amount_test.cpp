#include "events/amount.hpp"

#include <gtest/gtest.h>

#include "events/codec.hpp"

namespace muster {
namespace {

std::string again(std::string_view text) {
    const auto amount = Amount::parse(text);
    return amount ? to_text(*amount) : "none";
}

TEST(Amount, StaysAsItWasTyped) {
    for (const auto* text : {"0", "0.0", "0.0000", "1", "10", "9.9", "9.90", "9.9000", "0.5",
                             "1234567.0001", "999999999999", "999999999999.9999"})
        EXPECT_EQ(again(text), text);
}

TEST(Amount, IsDecimalTextAndNothingElse) {
    for (const auto* text : {"",
                             ".",
                             "1.",
                             ".5",
                             "-1",
                             "+1",
                             "00",
                             "01",
                             "00.5",
                             "1e3",
                             "1,5",
                             "1 000",
                             " 1",
                             "1 ",
                             "0x1",
                             "1.00000",
                             "1000000000000",
                             "NaN",
                             "1.5.5",
                             "1.-5",
                             "\xd9\xa1",
                             "1.5e0"})
        EXPECT_EQ(again(text), "none") << text;
    EXPECT_FALSE(Amount::parse(std::string_view{"1\0", 2}));
}

Amount sum(std::initializer_list<std::string_view> texts) {
    Amount total;
    for (const auto text : texts)
        total = total + Amount::parse(text).value();
    return total;
}

TEST(Amount, IsAddedExactly) {
    EXPECT_EQ(to_text(sum({"0.1", "0.2"})), "0.3");
    EXPECT_EQ(to_text(sum({"9.90", "0.1"})), "10.00");
    EXPECT_EQ(to_text(sum({"1", "2"})), "3");
    EXPECT_EQ(to_text(sum({"0.0001", "999999999999.9999"})), "1000000000000.0000");
    EXPECT_EQ(to_text(sum({})), "0");
    Amount total;
    for (int n = 0; n < 1000; ++n)
        total = total + Amount::parse("999999999999.9999").value();
    EXPECT_EQ(to_text(total), "999999999999999.9000");
}

TEST(Amount, IsStoredAndReadBack) {
    for (const auto* text : {"0", "9.90", "999999999999.9999"}) {
        const auto amount = Amount::parse(text).value();
        EXPECT_EQ(from_bytes<Amount>(to_bytes(amount)), amount);
    }
}

TEST(Amount, ThatIsNoneIsNotRead) {
    const auto bytes = [](std::uint64_t parts, std::uint8_t digits) {
        std::string text;
        Writer out{text};
        out.varint(parts);
        out.byte(digits);
        return text;
    };
    EXPECT_TRUE(from_bytes<Amount>(bytes(99'000, 1)));
    EXPECT_FALSE(from_bytes<Amount>(bytes(99'001, 1)));  // More digits than it says.
    EXPECT_FALSE(from_bytes<Amount>(bytes(99'000, 5)));
    EXPECT_FALSE(from_bytes<Amount>(bytes(99'000, 255)));
    EXPECT_TRUE(from_bytes<Amount>(bytes(Amount::most, 4)));
    EXPECT_FALSE(from_bytes<Amount>(bytes(Amount::most + 1, 4)));
    EXPECT_FALSE(from_bytes<Amount>(bytes(1, 4).substr(0, 1)));
}

}  // namespace
}  // namespace muster
