#include "events/tree.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

#include "events/bytes.hpp"
#include "events/sha256.hpp"

namespace muster {
namespace {

// One a thread, because fetching an algorithm and making a context cost more than hashing a record.
Sha256& hasher() {
    thread_local Sha256 of_this_thread;
    return of_this_thread;
}

}  // namespace

Hash sha256(std::string_view bytes) { return hasher().begin().add(bytes).end(); }

Hash empty_root() { return sha256({}); }

Hash leaf_hash(std::string_view record) {
    return hasher().begin().add(std::string_view{"\0", 1}).add(record).end();
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 1 + 2 * sizeof(Hash)> message{1};
    std::ranges::copy(left, message.begin() + 1);
    std::ranges::copy(right, message.begin() + 1 + sizeof(Hash));
    return hasher().begin().add(as_text(message)).end();
}

Frontier::Frontier(std::uint64_t size, std::vector<Hash> subtrees)
    : size_(size), subtrees_(std::move(subtrees)) {
    if (std::cmp_not_equal(std::popcount(size_), subtrees_.size())) {
        throw std::invalid_argument("a tree's right edge has one subtree for each bit of its size");
    }
}

Hash Frontier::root() const {
    if (subtrees_.empty()) return empty_root();
    auto hash = subtrees_.back();
    for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left)
        hash = node_hash(*left, hash);
    return hash;
}

}  // namespace muster
