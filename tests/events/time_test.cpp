#include "events/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace muster {
namespace {

std::string normal(std::string_view text) {
    const auto time = parse_time(text);
    return time ? to_text(*time) : "none";
}

TEST(Time, IsReadAndWrittenAsRfc3339) {
    EXPECT_EQ(to_text(Time{}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_text(Time{1'795'308'513'125}), "2026-11-22T00:48:33.125Z");
    EXPECT_EQ(normal("2026-11-22T00:48:33Z"), "2026-11-22T00:48:33.000Z");
    EXPECT_EQ(normal("2026-11-22t00:48:33.5z"), "2026-11-22T00:48:33.500Z");
    EXPECT_EQ(normal("2026-11-22T00:48:33.1259999999999Z"), "2026-11-22T00:48:33.125Z");
    EXPECT_EQ(normal("2026-11-22T01:18:33+00:30"), "2026-11-22T00:48:33.000Z");
    EXPECT_EQ(normal("2026-11-21T16:48:33-08:00"), "2026-11-22T00:48:33.000Z");
    EXPECT_EQ(normal("2028-02-29T00:00:00-00:00"), "2028-02-29T00:00:00.000Z");
    EXPECT_EQ(normal("9999-12-31T23:59:59.999Z"), "9999-12-31T23:59:59.999Z");
}

TEST(Time, ADateIsItsFirstMoment) { EXPECT_EQ(normal("2026-11-22"), "2026-11-22T00:00:00.000Z"); }

TEST(Time, ALeapSecondEndsADayOnly) {
    EXPECT_EQ(normal("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z");
    EXPECT_EQ(normal("2017-01-01T00:59:60.25+01:00"), "2017-01-01T00:00:00.250Z");
    EXPECT_EQ(normal("2016-12-31T12:00:60Z"), "none");
}

TEST(Time, IsNotAnyText) {
    for (const auto* text : {"",
                             "2026",
                             "2026-11",
                             "2026-11-31",
                             "2027-02-29",
                             "2026-13-01",
                             "2026-00-01",
                             "2026-11-22T",
                             "2026-11-22T00:48Z",
                             "2026-11-22T00:48:33",
                             "2026-11-22 00:48:33Z",
                             "2026-11-22T24:00:00Z",
                             "2026-11-22T00:60:00Z",
                             "2026-11-22T00:48:61Z",
                             "2026-11-22T00:48:33.Z",
                             "2026-11-22T00:48:33,5Z",
                             "2026-11-22T00:48:33+0030",
                             "2026-11-22T00:48:33+24:00",
                             "2026-11-22T00:48:33ZZ",
                             "+026-11-22",
                             "2026-1-22",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "yesterday",
                             "2026-11-22T-1:00:00Z"})
        EXPECT_EQ(normal(text), "none") << text;
}

RC_GTEST_PROP(Time, EveryMillisecondComesBack, ()) {
    const auto ms = *rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999);
    RC_ASSERT(parse_time(to_text(Time{ms})) == Time{ms});
}

}  // namespace
}  // namespace muster
