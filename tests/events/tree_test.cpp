#include "events/tree.hpp"

#include <bit>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>

#include "events/bytes.hpp"
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

// Of Certificate Transparency's tests, which others compute, too.
TEST(Tree, ThePublishedVectorsHold) {
    std::ifstream in{MUSTER_SOURCE_DIR "/../shared/vectors/trees.json"};
    if (!in) GTEST_SKIP() << "the published vectors are not here";
    const auto vectors = nlohmann::json::parse(in);
    const auto from_hex = [](const std::string& text) {
        std::string bytes;
        for (std::size_t n = 0; n + 1 < text.size(); n += 2)
            bytes.push_back(static_cast<char>(std::stoi(text.substr(n, 2), nullptr, 16)));
        return bytes;
    };
    Frontier frontier;
    EXPECT_EQ(hex(frontier.root()), vectors["roots"][0].get<std::string>());
    for (std::size_t n = 0; n < vectors["leaves"].size(); ++n) {
        frontier.append(leaf_hash(from_hex(vectors["leaves"][n].get<std::string>())),
                        [](auto&&...) {});
        EXPECT_EQ(hex(frontier.root()), vectors["roots"][n + 1].get<std::string>()) << n + 1;
    }
}

}  // namespace
}  // namespace muster
