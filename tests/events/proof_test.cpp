// The proofs and notes against an independent verifier, against published vectors where they lie
// beside the project, and with every way of being wrong.
#include "events/proof.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "events/bytes.hpp"
#include "events/signed_note.hpp"
#include "events/text.hpp"
#include "events/tree.hpp"
#include "tests/events/samples.hpp"
#include "tests/events/verifier.hpp"

namespace muster::proof_test {

using nlohmann::json;
using verifier::Sum;

Sum sum(const Hash& hash) { return std::string{as_text(hash)}; }
std::vector<Sum> sums(const std::vector<Hash>& hashes) {
    std::vector<Sum> all;
    for (const auto& hash : hashes)
        all.push_back(sum(hash));
    return all;
}

class Proofs : public testing::Test {
protected:
    void grow(std::size_t size) {
        std::vector<Commit> commits;
        for (auto n = leaves_.size(); n < size; ++n)
            commits.push_back(commit_of({activated(AccountId{n + 1})}));
        ASSERT_TRUE(log_.append(commits));
        ASSERT_TRUE(log_.read({leaves_.size()}, SIZE_MAX, [&](const Stored& stored) {
            leaves_.push_back(verifier::leaf(stored.bytes));
            return true;
        }));
    }
    Sum root(std::size_t size) const { return verifier::root_of(leaves_, 0, size); }
    bool includes(std::uint64_t index, std::uint64_t size, const std::vector<Sum>& path) const {
        return verifier::includes(index, size, leaves_[index], path, root(size));
    }

    MemoryLog log_;
    std::vector<Sum> leaves_;
};

TEST_F(Proofs, EveryRecordIsProvenInEveryTree) {
    const auto most = short_or_long(40, 300);
    grow(most);
    for (std::uint64_t size = 1; size <= most; ++size) {
        ASSERT_EQ(sum(log_.root(size).value()), root(size));
        for (std::uint64_t index = 0; index < size; ++index) {
            const auto path = sums(inclusion_proof(log_, index, size).value());
            EXPECT_TRUE(includes(index, size, path)) << index << " in " << size;
            EXPECT_LE(path.size(), std::bit_width(size - 1));
        }
    }
}

TEST_F(Proofs, EveryTreeIsProvenToExtendEveryShorterOne) {
    const auto most = short_or_long(40, 300);
    grow(most);
    for (std::uint64_t to = 1; to <= most; ++to) {
        for (std::uint64_t from = 1; from <= to; ++from) {
            const auto path = sums(consistency_proof(log_, from, to).value());
            EXPECT_TRUE(verifier::extends(from, to, path, root(from), root(to)))
                << from << " to " << to;
        }
    }
}

// A verifier that takes anything would prove nothing.
TEST_F(Proofs, WhatIsWrongIsNotProven) {
    grow(23);
    auto path = sums(inclusion_proof(log_, 6, 23).value());
    ASSERT_TRUE(includes(6, 23, path));
    EXPECT_FALSE(includes(7, 23, path));
    EXPECT_FALSE(includes(6, 22, path));
    for (auto& each : path) {
        each[5] = static_cast<char>(each[5] ^ 1);
        EXPECT_FALSE(includes(6, 23, path));
        each[5] = static_cast<char>(each[5] ^ 1);
    }
    path.push_back(path.back());
    EXPECT_FALSE(includes(6, 23, path));
    auto extension = sums(consistency_proof(log_, 6, 23).value());
    EXPECT_FALSE(verifier::extends(7, 23, extension, root(7), root(23)));
    EXPECT_FALSE(verifier::extends(6, 23, extension, root(5), root(23)));
    extension.pop_back();
    EXPECT_FALSE(verifier::extends(6, 23, extension, root(6), root(23)));
}

// --- Published vectors. They are not ours to copy; where they do not lie, this is not run.

std::optional<json> vectors(const std::string& name) {
    const auto* folder = std::getenv("MUSTER_VECTORS");
    const std::filesystem::path path =
        folder != nullptr ? std::filesystem::path{folder}
                          : std::filesystem::path{MUSTER_SOURCE_DIR} / ".." / "shared" / "vectors";
    std::ifstream in{path / name};
    if (!in) return std::nullopt;
    return json::parse(in);
}

std::vector<Sum> path_of(const json& proof) {
    std::vector<Sum> path;
    if (proof.is_null()) return path;
    for (const auto& each : proof)
        path.push_back(verifier::unbase64(each.get<std::string>()));
    return path;
}

TEST(PublishedVectors, OfTreesAreOurs) {
    const auto trees = vectors("trees.json");
    if (!trees) GTEST_SKIP() << "no vectors (MUSTER_VECTORS)";
    Frontier frontier;
    std::size_t size = 0;
    EXPECT_EQ(to_hex(as_text(frontier.root())), trees->at("roots").at(size).get<std::string>());
    for (const auto& input : trees->at("leaves")) {
        const auto hex = input.get<std::string>();
        std::string bytes;
        for (std::size_t n = 0; n < hex.size(); n += 2)
            bytes.push_back(static_cast<char>(std::stoi(hex.substr(n, 2), nullptr, 16)));
        frontier.append(leaf_hash(bytes), [](unsigned, std::uint64_t, const Hash&) {});
        EXPECT_EQ(to_hex(as_text(frontier.root())),
                  trees->at("roots").at(++size).get<std::string>());
    }
    EXPECT_EQ(size, 8U);
}

// They hold the verifier that holds the proofs.
TEST(PublishedVectors, OfProofsAreJudgedAsTheySay) {
    const auto inclusion = vectors("inclusion.json"), consistency = vectors("consistency.json");
    if (!inclusion || !consistency) GTEST_SKIP() << "no vectors (MUSTER_VECTORS)";
    EXPECT_GT(inclusion->size(), 50U);
    for (const auto& [name, each] : inclusion->items()) {
        const auto hash = [&](const char* member) {
            return verifier::unbase64(each.at(member).get<std::string>());
        };
        const bool proven = verifier::includes(
            each.at("leafIdx").get<std::uint64_t>(), each.at("treeSize").get<std::uint64_t>(),
            hash("leafHash"), path_of(each.at("proof")), hash("root"));
        EXPECT_EQ(proven, !each.at("wantErr").get<bool>()) << name;
    }
    EXPECT_GT(consistency->size(), 50U);
    for (const auto& [name, each] : consistency->items()) {
        const auto size = [&](const char* member) { return each.at(member).get<std::uint64_t>(); };
        if (size("size1") == 0) continue;  // That anything extends nothing needs no proof.
        const auto hash = [&](const char* member) {
            return verifier::unbase64(each.at(member).get<std::string>());
        };
        const bool proven = verifier::extends(
            size("size1"), size("size2"), path_of(each.at("proof")), hash("root1"), hash("root2"));
        EXPECT_EQ(proven, !each.at("wantErr").get<bool>()) << name;
    }
}

TEST(PublishedVectors, OfNotesAreReadAndVerified) {
    const auto notes = vectors("notes.json");
    if (!notes) GTEST_SKIP() << "no vectors (MUSTER_VECTORS)";
    for (const auto& each : *notes) {
        const auto text = each.at("key").get<std::string>();
        const auto key = VerifierKey::parse(text);
        ASSERT_TRUE(key) << text;
        EXPECT_EQ(key->text(), text);
        auto bytes = each.at("note").get<std::string>();
        const auto note = SignedNote::parse(bytes);
        ASSERT_TRUE(note) << bytes;
        EXPECT_TRUE(note->verified_by({{*key}}));
        EXPECT_EQ(verifier::opened(bytes, text), note->text);
        bytes[3] = '*';
        EXPECT_FALSE(SignedNote::parse(bytes)->verified_by({{*key}}));
        EXPECT_EQ(verifier::opened(bytes, text), "");
    }
}

// --- Notes

const Key one_seed{1}, other_seed{2};

TEST(SignedNote, IsReadByAnybodyWithTheKey) {
    const NoteSigner signer{"log.example/v1/log", one_seed};
    const SignedHead head{"log.example/v1/log", 7, leaf_hash("root")};
    const auto bytes = signer.sign(head.text());
    EXPECT_EQ(bytes, signer.sign(head.text()));
    const auto note = SignedNote::parse(bytes);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->text, head.text());
    EXPECT_EQ(SignedHead::parse(note->text), head);
    EXPECT_TRUE(note->verified_by({{signer.verifier()}}));
    const auto opened = verifier::head_of(verifier::opened(bytes, signer.verifier().text()));
    EXPECT_EQ(opened.origin, head.origin);
    EXPECT_EQ(opened.size, 7U);
    EXPECT_EQ(opened.root, sum(head.root));
}

TEST(SignedNote, IsNotVerifiedByOthersNorWhenItWasTouched) {
    const NoteSigner signer{"log.example", one_seed}, other{"log.example", other_seed},
        elsewhere{"elsewhere.example", one_seed};
    const auto bytes = signer.sign("text\n");
    const std::vector<VerifierKey> strangers{other.verifier(), elsewhere.verifier()};
    EXPECT_FALSE(SignedNote::parse(bytes)->verified_by(strangers));
    const std::vector<VerifierKey> both{other.verifier(), signer.verifier()};
    EXPECT_TRUE(SignedNote::parse(bytes)->verified_by(both));
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        auto touched = bytes;
        touched[n] = static_cast<char>(touched[n] ^ 2);
        const auto note = SignedNote::parse(touched);
        EXPECT_FALSE(note && note->verified_by(both)) << n;
    }
}

// As after the key was changed: two lines, or one of a stranger beside it.
TEST(SignedNote, MayHaveSeveralSignatures) {
    const NoteSigner old{"log.example", one_seed}, young{"log.example", other_seed};
    auto bytes = old.sign("text\n");
    bytes += young.sign("text\n").substr(std::string_view{"text\n\n"}.size());
    const auto note = SignedNote::parse(bytes);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->signatures.size(), 2U);
    EXPECT_TRUE(note->verified_by({{old.verifier()}}));
    EXPECT_TRUE(note->verified_by({{young.verifier()}}));
    auto forged = *note;
    forged.signatures[1].bytes[0] = static_cast<char>(forged.signatures[1].bytes[0] ^ 1);
    EXPECT_TRUE(forged.verified_by({{old.verifier()}}));
    const std::vector<VerifierKey> both{old.verifier(), young.verifier()};
    EXPECT_FALSE(forged.verified_by(both));
}

TEST(SignedNote, NothingElseIsOne) {
    const NoteSigner signer{"log.example", one_seed};
    const auto bytes = signer.sign("text\n");
    const auto line = bytes.substr(std::string_view{"text\n\n"}.size());
    for (const auto& wrong : std::vector<std::string>{
             "", "\n", "\n\n", "text\n", "text\n\n", "text\n" + line,
             bytes.substr(0, bytes.size() - 1), bytes + "\n", bytes + "more\n",
             "te\x01xt\n\n" + line, "te\xffxt\n\n" + line, "text\n\n- log.example AAAA\n",
             "text\n\n\u2014 log.example !!!!\n", "text\n\n\u2014 log.example AAAA\n",
             "text\n\n\u2014 log+example " + line.substr(16)})
        EXPECT_FALSE(SignedNote::parse(wrong)) << wrong;
}

TEST(VerifierKey, IsReadStrictly) {
    const auto text = NoteSigner{"log.example", one_seed}.verifier().text();
    EXPECT_EQ(VerifierKey::parse(text)->text(), text);
    const auto plus = text.find('+');
    for (const auto& wrong : std::vector<std::string>{
             "", "log.example", text.substr(plus), "other" + text, text + "A", text + "\n",
             "log example" + text.substr(plus), text.substr(0, text.size() - 4),
             text.substr(0, plus + 1) + "00000000" + text.substr(plus + 9)})
        EXPECT_FALSE(VerifierKey::parse(wrong)) << wrong;
    EXPECT_EQ(parse_verifier_keys(text + "\n\n  " + text + "\r\n")->size(), 2U);
    for (const auto* wrong : {"", "\n", "no key\n"})
        EXPECT_FALSE(parse_verifier_keys(wrong)) << wrong;
    EXPECT_FALSE(parse_verifier_keys(text + "\nno key\n"));
}

TEST(SignedHead, IsReadStrictly) {
    const auto root = to_base64(as_text(leaf_hash("")));
    EXPECT_EQ(SignedHead::parse("log\n0\n" + root + "\nan extension\n")->size, 0U);
    for (const auto& wrong : std::vector<std::string>{
             "", "log\n7\n" + root, "\n7\n" + root + "\n", "log\n07\n" + root + "\n",
             "log\n-7\n" + root + "\n", "log\n7 \n" + root + "\n", "log\n7\nAAAA\n",
             "log\n18446744073709551616\n" + root + "\n", "log\n7\n" + root + "=\n"})
        EXPECT_FALSE(SignedHead::parse(wrong)) << wrong;
}

}  // namespace muster::proof_test
