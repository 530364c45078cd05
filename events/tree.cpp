#include "events/tree.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <openssl/evp.h>
#include <stdexcept>
#include <utility>

#include "events/bytes.hpp"

namespace muster {
namespace {

// One a thread, because fetching an algorithm and making a context cost more than hashing a record.
class Sha256 {
public:
    static Sha256& of_this_thread() {
        thread_local Sha256 hasher;
        return hasher;
    }

    Sha256& begin() {
        check(EVP_DigestInit_ex(context_.get(), started_ ? nullptr : algorithm(), nullptr));
        started_ = true;
        return *this;
    }
    Sha256& add(std::string_view bytes) {
        check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
        return *this;
    }
    Hash end() {
        Hash hash;
        check(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr));
        return hash;
    }

private:
    static void check(int success) {
        if (success != 1) throw std::runtime_error("SHA-256 is not available");
    }
    static const EVP_MD* algorithm() {
        static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched{
            EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};
        return fetched.get();
    }

    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free};
    bool started_ = false;
};

}  // namespace

Hash sha256(std::string_view bytes) { return Sha256::of_this_thread().begin().add(bytes).end(); }

Hash empty_root() { return sha256({}); }

Hash leaf_hash(std::string_view record) {
    return Sha256::of_this_thread().begin().add(std::string_view{"\0", 1}).add(record).end();
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<std::uint8_t, 1 + 2 * sizeof(Hash)> message{1};
    std::ranges::copy(left, message.begin() + 1);
    std::ranges::copy(right, message.begin() + 1 + sizeof(Hash));
    return Sha256::of_this_thread().begin().add(as_text(message)).end();
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
