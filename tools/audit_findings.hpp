// What an audit found wrong: where, and what. Many findings are counted, the first ones kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/id.hpp"

namespace muster::tools {

struct Finding {
    std::string place;  // "position 7", "user-3", "the vault", "view users".
    std::string what;
};

class Findings {
public:
    static constexpr std::size_t most_kept = 1000;

    void add(std::string place, std::string what) {
        if (kept_.size() < most_kept) kept_.push_back({std::move(place), std::move(what)});
        ++count_;
    }
    void add(Position position, std::string what) {
        add(fmt::format("position {}", position.number), std::move(what));
    }
    void add(Findings&& others) {
        const auto room = std::min(most_kept - kept_.size(), others.kept_.size());
        std::move(others.kept_.begin(), others.kept_.begin() + static_cast<std::ptrdiff_t>(room),
                  std::back_inserter(kept_));
        count_ += others.count_;
    }
    std::uint64_t count() const { return count_; }
    const std::vector<Finding>& kept() const { return kept_; }

private:
    std::vector<Finding> kept_;
    std::uint64_t count_{};
};

}  // namespace muster::tools
