#include "projections/page.hpp"

#include <array>

#include "events/text.hpp"

namespace muster::views {
namespace {

std::optional<std::string> from_base64url(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string bytes;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(digit)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<char>(held >> bits & 0xff));
        }
    }
    return bytes;
}

}  // namespace

std::string make_cursor(char list, std::string_view key) {
    return to_base64url(std::string{list}.append(key));
}

std::optional<std::string> read_cursor(char list, std::string_view cursor) {
    auto bytes = from_base64url(cursor);
    if (!bytes || bytes->empty() || bytes->front() != list) return std::nullopt;
    if (to_base64url(*bytes) != cursor) return std::nullopt;
    bytes->erase(0, 1);
    return bytes;
}

void write_optional_time(JsonWriter& out, std::optional<Time> time) {
    if (time) {
        out.time(*time);
    } else {
        out.null();
    }
}

}  // namespace muster::views
