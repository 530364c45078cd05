#include "projections/rows.hpp"

#include <set>

#include "projections/overlay.hpp"

namespace muster::views {
void put_part(Writer& out, const std::string& text) {
    if (text.empty()) return out.byte(1);
    out.byte(0);
    if (text.find('\0') == std::string::npos) {
        out.raw(text);
    } else {
        for (const char c : text) {
            if (c != '\0') out.byte(static_cast<std::uint8_t>(c));
        }
    }
    out.byte(0);
}

void put_part(Writer& out, const std::optional<Time>& time) {
    out.byte(time ? 0 : 1);
    if (time) out.fixed64(static_cast<std::uint64_t>(time->ms));
}

std::optional<std::string_view> Rows::read(std::string_view key) {
    const auto* known = overlay_.find(key);
    if (known != nullptr) return known->value;
    if (overlay_.fresh) return std::nullopt;
    const auto stored = overlay_.store().get(key);
    if (!stored) {
        fail(stored.error().message);
        return std::nullopt;
    }
    overlay_.put(key, *stored, Overlay::How::read);
    return overlay_.find(key)->value;
}

void Rows::write(std::string_view key, std::optional<std::string_view> value, Walked walked) {
    if (walked == Walked::yes && value) overlay_.note_walked(key);
    overlay_.put(key, value, Overlay::How::changed);
}

void Rows::append_to(std::string_view list, Position position) { overlay_.append(list, position); }

void Rows::count(int change) { overlay_.counted += change; }

std::vector<std::uint64_t> Rows::numbers_behind(const std::string& prefix) {
    std::set<std::uint64_t> found;
    const auto reading = overlay_.store().now();
    auto walk = reading.walk(prefix);
    for (bool more = walk.first(); more; more = walk.next())
        found.insert(Reader{walk.rest()}.fixed64());
    if (reading.fault()) fail(reading.fault()->message);
    if (const auto* put = overlay_.walked(prefix)) found.insert(put->begin(), put->end());

    std::vector<std::uint64_t> list;
    for (const auto number : found) {
        auto key = prefix;
        Writer{key}.fixed64(number);
        const auto* known = overlay_.find(key);
        if (known == nullptr || known->value) list.push_back(number);
    }
    return list;
}

void Rows::fail(std::string message) {
    if (!overlay_.error) overlay_.error = std::move(message);
}

}  // namespace muster::views
