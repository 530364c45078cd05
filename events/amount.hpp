// An amount of money as decimal text has it: not negative, at most twelve digits before the point
// and four behind it. Sums are exact. What it is an amount of, a currency, stands beside it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

class Amount {
public:
    static constexpr std::uint8_t most_digits = 4;
    static constexpr std::uint64_t unit = 10'000;                        // One, in `parts`.
    static constexpr std::uint64_t most = 1'000'000'000'000 * unit - 1;  // Of one that is parsed.

    constexpr Amount() = default;

    // "12", "0.5", "1234.5600": no sign, no exponent, no leading zeros, no more digits than above.
    static std::optional<Amount> parse(std::string_view text);
    // From ten-thousandths and how many digits stand behind the point; absent if they need more.
    static constexpr std::optional<Amount> from_parts(std::uint64_t parts, std::uint64_t digits) {
        if (digits > most_digits) return std::nullopt;
        std::uint64_t step = unit;
        for (auto n = digits; n > 0; --n)
            step /= 10;
        if (parts % step != 0) return std::nullopt;
        Amount amount;
        amount.parts_ = parts;
        amount.digits_ = static_cast<std::uint8_t>(digits);
        return amount;
    }
    constexpr std::uint64_t parts() const { return parts_; }
    constexpr std::uint8_t digits() const { return digits_; }

    // As exact as the more exact of the two. A thousand amounts that were parsed can be added.
    constexpr Amount operator+(const Amount& other) const {
        Amount sum;
        sum.parts_ = parts_ + other.parts_;
        sum.digits_ = std::max(digits_, other.digits_);
        return sum;
    }
    constexpr bool operator==(const Amount&) const = default;

private:
    std::uint64_t parts_{};
    std::uint8_t digits_{};
};

// With as many digits behind the point as it was given: "9.90" stays so.
std::string to_text(Amount amount);

}  // namespace muster
