#include "projections/page.hpp"

#include "events/text.hpp"

namespace muster::views {

std::string make_cursor(char list, std::string_view key) {
    return to_base64url(std::string{list}.append(key));
}

std::optional<std::string> read_cursor(char list, std::string_view cursor) {
    auto bytes = from_base64url(cursor);
    if (!bytes || bytes->empty() || bytes->front() != list) return std::nullopt;
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
