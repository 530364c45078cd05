#include "events/proof.hpp"

#include <algorithm>
#include <bit>

#include "events/tree.hpp"

namespace muster {
namespace {

// A run of leaves that is a subtree of the whole; `first` is a multiple of the power of two that is
// the size's next.
struct Range {
    std::uint64_t first{}, size{};

    // Where it is split: the largest power of two below its size.
    std::uint64_t half() const { return std::bit_floor(size - 1); }
    Range left() const { return {first, half()}; }
    Range right() const { return {first + half(), size - half()}; }
};

std::expected<Hash, Fault> root_of(const Log& log, const Range& range) {
    std::optional<Hash> hash;
    for (auto rest = range.size; rest != 0; rest &= rest - 1) {
        const auto level = static_cast<unsigned>(std::countr_zero(rest));
        const auto left = log.node(level, ((range.first + rest) >> level) - 1);
        if (!left) return left;
        hash = hash ? node_hash(*left, *hash) : *left;
    }
    return hash.value_or(empty_root());
}

// The roots of these, the last first: a descent notes them from the top.
std::expected<std::vector<Hash>, Fault> roots_of(const Log& log, const std::vector<Range>& ranges) {
    std::vector<Hash> hashes;
    hashes.reserve(ranges.size());
    for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
        const auto hash = root_of(log, *range);
        if (!hash) return std::unexpected(hash.error());
        hashes.push_back(*hash);
    }
    return hashes;
}

}  // namespace

std::expected<std::vector<Hash>, Fault> inclusion_proof(const Log& log, std::uint64_t index,
                                                        std::uint64_t size) {
    std::vector<Range> beside;
    for (Range range{0, size}; range.size > 1;) {
        const bool is_left = index < range.right().first;
        beside.push_back(is_left ? range.right() : range.left());
        range = is_left ? range.left() : range.right();
    }
    return roots_of(log, beside);
}

std::expected<std::vector<Hash>, Fault> consistency_proof(const Log& log, std::uint64_t from,
                                                          std::uint64_t to) {
    std::vector<Range> beside;
    Range range{0, to};
    while (range.first + range.size != from) {
        const bool is_left = from <= range.right().first;
        beside.push_back(is_left ? range.right() : range.left());
        range = is_left ? range.left() : range.right();
    }
    // The subtree in which the shorter tree ends; where it is the whole shorter tree its root is
    // known already.
    if (range.first != 0) beside.push_back(range);
    return roots_of(log, beside);
}

}  // namespace muster
