#include "events/ip_address.hpp"

#include <gtest/gtest.h>

namespace muster {
namespace {

std::string canonical(std::string_view text) { return ip_text(parse_ip(text)); }

TEST(IpAddress, HasOneText) {
    EXPECT_EQ(canonical("127.0.0.1"), "127.0.0.1");
    EXPECT_EQ(canonical("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");  // RFC 5952.
    EXPECT_EQ(canonical("::"), "::");
    EXPECT_EQ(canonical("1:0:0:2:0:0:0:3"), "1:0:0:2::3");
    EXPECT_EQ(canonical("::ffff:10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(parse_ip("10.1.2.3").size(), 4U);
    EXPECT_EQ(parse_ip("::1").size(), 16U);
}

TEST(IpAddress, IsNotAnyText) {
    for (const auto* text : {"", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ",
                             "::1%eth0", "1::2::3", "12345::", "localhost", "[::1]", "0x7f.1"})
        EXPECT_EQ(parse_ip(text), "") << text;
    EXPECT_EQ(parse_ip(std::string_view{"1.2.3.4\0x", 9}), "");
    EXPECT_EQ(parse_ip(std::string(1'000, '1')), "");
    EXPECT_EQ(ip_text(""), "");
    EXPECT_EQ(ip_text("12345"), "");
}

bool contains(std::string_view network, std::string_view address) {
    return IpNetwork::parse(network)->contains(parse_ip(address));
}

TEST(IpNetwork, ContainsWhatHasItsPrefix) {
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.1.2"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(contains("192.168.4.0/22", "192.168.7.255"));
    EXPECT_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
    EXPECT_TRUE(contains("0.0.0.0/0", "1.2.3.4"));
    EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(contains("1.2.3.4", "1.2.3.4"));
    EXPECT_FALSE(contains("1.2.3.4", "1.2.3.5"));
    EXPECT_TRUE(contains("1.2.3.4", "::ffff:1.2.3.4"));
    EXPECT_TRUE(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
    EXPECT_FALSE(contains("1.2.3.4/32", ""));
}

TEST(IpNetwork, IsNotAnyText) {
    for (const auto* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
          "10.0.0.1/8", "10.0.0.0/+8", "10.0.0.0/ 8", "::/129", "::1/64", "::ffff:10.0.0.0/8",
          "10.0.0.0/4294967304"})
        EXPECT_FALSE(IpNetwork::parse(text)) << text;
}

}  // namespace
}  // namespace muster
