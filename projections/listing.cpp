#include "projections/listing.hpp"

#include <charconv>

#include "events/bytes.hpp"

namespace muster::views {

bool IndexWalk::check(bool found) {
    if (!marked_ || order_ == Order::ascending) return found;
    const bool without = found && walk_.rest().starts_with('\1');
    if (without_) return without;
    return (found && !without) || to_last_without();
}

bool IndexWalk::to_last_without() {
    without_ = true;
    return check(walk_.last());
}

bool IndexWalk::start() {
    if (order_ == Order::ascending) return walk_.first();
    return check(marked_ ? walk_.seek_back("\1") : walk_.last());
}

bool IndexWalk::start_behind(const std::string& rest) {
    without_ = order_ == Order::descending && rest.starts_with('\1') && marked_;
    const bool found = order_ == Order::ascending ? walk_.seek(rest) : walk_.seek_back(rest);
    if (found && walk_.rest() == rest) return next();
    return check(found);
}

bool IndexWalk::next() {
    return check(order_ == Order::ascending ? walk_.next() : walk_.previous());
}

bool comes_before(std::string_view one, std::string_view other, bool marked, Order order) {
    if (order == Order::ascending) return one < other;
    if (marked && one.front() != other.front()) return one.front() < other.front();
    return one > other;
}

std::optional<std::set<std::uint64_t>> find_candidates(const Reading& reading,
                                                       const std::vector<std::string>& prefixes) {
    std::set<std::uint64_t> found;
    for (const auto& prefix : prefixes) {
        auto walk = reading.walk(prefix);
        for (bool more = walk.first(); more; more = walk.next()) {
            found.insert(last_number(walk.rest()));
            if (found.size() > most_candidates) return std::nullopt;
        }
    }
    return found;
}

std::uint64_t last_number(std::string_view key) {
    if (key.size() < 8) return 0;
    return Reader{key.substr(key.size() - 8)}.fixed64();
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace muster::views
