// The proof's tree: RFC 9162, section 2.1, over SHA-256.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "events/record.hpp"

namespace muster {

// A hasher is not shared between threads.
Hash sha256(std::string_view bytes);
Hash empty_root();                                    // SHA-256("")
Hash leaf_hash(std::string_view record);              // SHA-256(0x00 || record)
Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)

// The right edge of a growing tree: the roots of its complete subtrees, largest first.
class Frontier {
public:
    Frontier() = default;
    // `subtrees` of a tree of `size` leaves, one for each bit set in size, the highest first.
    Frontier(std::uint64_t size, std::vector<Hash> subtrees);

    // Appends a leaf and calls completed(level, index, hash) for every subtree of two leaves or
    // more that it completes.
    template <class Completed>
    void append(const Hash& leaf, Completed&& completed);

    std::uint64_t size() const { return size_; }
    Hash root() const;

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> subtrees_;
};

template <class Completed>
void Frontier::append(const Hash& leaf, Completed&& completed) {
    auto hash = leaf;
    auto index = size_;
    for (unsigned level = 1; (index & 1) != 0; ++level) {
        hash = node_hash(subtrees_.back(), hash);
        subtrees_.pop_back();
        index >>= 1;
        completed(level, index, hash);
    }
    subtrees_.push_back(hash);
    ++size_;
}

}  // namespace muster
