// Time as the log keeps it: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

struct Time {
    std::int64_t ms{};
    auto operator<=>(const Time&) const = default;
    Time operator+(std::chrono::milliseconds span) const { return {ms + span.count()}; }
    Time operator-(std::chrono::milliseconds span) const { return {ms - span.count()}; }
    std::chrono::milliseconds operator-(Time other) const {
        return std::chrono::milliseconds{ms - other.ms};
    }
};

// The machine's clock.
Time system_time();

// RFC 3339 in UTC with milliseconds: 2026-11-22T00:48:33.125Z.
using TimeText = std::array<char, 24>;
TimeText rfc3339(Time time);
std::string to_text(Time time);

// Any RFC 3339 date-time between the years 1970 and 9999, with an offset and any number of decimals
// (cut to milliseconds); absent if the text is none. A plain date, YYYY-MM-DD, is its first moment
// in UTC.
std::optional<Time> parse_time(std::string_view text);

}  // namespace muster
