#include "events/tree.hpp"

#include <bit>
#include <gtest/gtest.h>
#include <span>
#include <thread>
#include <utility>

#include "events/bytes.hpp"
#include "events/sha256.hpp"
#include "events/text.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

std::string hex(const Hash& hash) { return to_hex(as_text(hash)); }

Hash root_by_the_book(std::span<const Hash> leaves) {
    if (leaves.empty()) return empty_root();
    if (leaves.size() == 1) return leaves.front();
    const auto left = std::bit_floor(leaves.size() - 1);
    return node_hash(root_by_the_book(leaves.first(left)), root_by_the_book(leaves.subspan(left)));
}

TEST(Sha256, IsTheSameInPiecesAndForEachMessage) {  // FIPS 180-4, appendix B.
    Sha256 hasher;
    for (int twice = 0; twice < 2; ++twice) {
        EXPECT_EQ(hex(hasher.begin().add("a").add("").add("bc").end()),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

TEST(Tree, HashesAreThoseOfRfc9162) {
    EXPECT_EQ(hex(empty_root()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(leaf_hash("")),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_EQ(hex(node_hash(leaf_hash(""), leaf_hash(std::string_view{"\0", 1}))),
              "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

TEST(Tree, AFrontierHasTheRootsAndNodesOfTheWholeTree) {
    Frontier frontier;
    std::vector<Hash> leaves;
    for (unsigned n = 0; n < short_or_long(130, 2'000); ++n) {
        leaves.push_back(leaf_hash(std::to_string(n)));
        const std::span all{leaves};
        frontier.append(leaves.back(), [&](unsigned level, std::uint64_t index, const Hash& hash) {
            const auto width = std::size_t{1} << level;
            EXPECT_EQ(hash, root_by_the_book(all.subspan(index * width, width)));
        });
        EXPECT_EQ(frontier.size(), leaves.size());
        EXPECT_EQ(frontier.root(), root_by_the_book(leaves)) << n;
    }
}

TEST(Tree, AFrontierIsTakenUpFromItsSubtrees) {
    const auto one = leaf_hash("1");
    const auto two = leaf_hash("2");
    const auto three = leaf_hash("3");
    const Frontier frontier{3, {node_hash(one, two), three}};
    EXPECT_EQ(frontier.root(), node_hash(node_hash(one, two), three));
    EXPECT_THROW((Frontier{3, {one}}), std::invalid_argument);
}

TEST(Tree, EveryThreadHasAHasherOfItsOwn) {
    const auto expected = leaf_hash("record");
    std::vector<std::jthread> threads;
    for (int n = 0; n < 4; ++n) {
        threads.emplace_back([&] {
            for (int round = 0; round < 1'000; ++round)
                EXPECT_EQ(leaf_hash("record"), expected);
        });
    }
}

// The leaves of Certificate Transparency's tests, which other implementations compute, too, and the
// root of the tree that ends with each.
TEST(Tree, ThePublishedVectorsHold) {
    const std::pair<std::string_view, std::string_view> vectors[]{
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    Frontier frontier;
    for (const auto& [leaf, root] : vectors) {
        std::string bytes;
        for (std::size_t n = 0; n < leaf.size(); n += 2) {
            const std::string byte{leaf.substr(n, 2)};
            bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
        }
        frontier.append(leaf_hash(bytes), [](auto&&...) {});
        EXPECT_EQ(hex(frontier.root()), root) << frontier.size();
    }
}

}  // namespace
}  // namespace muster
