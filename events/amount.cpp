#include "events/amount.hpp"

#include <fmt/format.h>

namespace muster {
namespace {

constexpr std::size_t most_before_point = 12;

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits)
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return number;
}

}  // namespace

std::optional<Amount> Amount::parse(std::string_view text) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto behind = point == text.npos ? std::string_view{} : text.substr(point + 1);
    if (!is_number(whole) || whole.size() > most_before_point) return std::nullopt;
    if (whole.size() > 1 && whole.starts_with('0')) return std::nullopt;
    if (point != text.npos && (!is_number(behind) || behind.size() > most_digits))
        return std::nullopt;
    auto fraction = number_of(behind);
    for (auto n = behind.size(); n < most_digits; ++n)
        fraction *= 10;
    return from_parts(number_of(whole) * unit + fraction, behind.size());
}

std::string to_text(Amount amount) {
    const auto whole = amount.parts() / Amount::unit;
    if (amount.digits() == 0) return fmt::format("{}", whole);
    const auto fraction = fmt::format("{:04}", amount.parts() % Amount::unit);
    return fmt::format("{}.{}", whole, fraction.substr(0, amount.digits()));
}

}  // namespace muster
