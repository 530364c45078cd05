// Durations by their size, to within 3 percent.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace muster::bench {

class Histogram {
public:
    void add(std::chrono::nanoseconds took) {
        ++counts_[place(static_cast<std::uint64_t>(took.count()))];
        ++total_;
    }
    void add(const Histogram& other) {
        for (std::size_t n = 0; n < counts_.size(); ++n)
            counts_[n] += other.counts_[n];
        total_ += other.total_;
    }
    std::uint64_t total() const { return total_; }

    // In microseconds: so many of them in a hundred took no longer. Zero where there are none.
    double percentile(double percent) const {
        const auto wanted = percent / 100 * static_cast<double>(total_);
        std::uint64_t passed = 0;
        for (std::size_t n = 0; n < counts_.size(); ++n) {
            passed += counts_[n];
            if (passed > 0 && static_cast<double>(passed) >= wanted) return upper_us(n);
        }
        return 0;
    }

private:
    // 32 places for each doubling.
    static constexpr unsigned fine_bits = 5;
    static std::size_t place(std::uint64_t ns) {
        const auto width = static_cast<unsigned>(std::bit_width(ns));
        if (width <= fine_bits + 1) return ns;
        const auto shift = width - fine_bits - 1;
        return (static_cast<std::size_t>(shift) << fine_bits) + (ns >> shift);
    }
    static double upper_us(std::size_t n) {
        const auto fine = std::size_t{1} << fine_bits;
        const auto shift = n < 2 * fine ? 0 : (n >> fine_bits) - 1;
        const auto top = static_cast<double>(n - (shift << fine_bits) + 1);
        return top * static_cast<double>(std::uint64_t{1} << shift) / 1000;
    }

    std::array<std::uint64_t, std::size_t{60} << fine_bits> counts_{};
    std::uint64_t total_{};
};

}  // namespace muster::bench
