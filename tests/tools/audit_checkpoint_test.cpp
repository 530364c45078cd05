// A log that was signed earlier, and what was done to it since: whatever it is, an audit against
// the old head finds it, also where every hash in the folder was made anew.
#include <algorithm>

#include "events/head_file.hpp"
#include "events/signed_note.hpp"
#include "tests/tools/folders.hpp"

namespace muster::tools::audit_checkpoint_test {

bool names(const std::vector<std::string>& places, const std::string& place) {
    return std::ranges::find(places, place) != places.end();
}

class Signed : public testing::Test {
protected:
    Signed() {
        const auto folder = DataFolder::open(copy.data(), DataFolder::Open::existing);
        const auto log = open_rocks_log(folder->log(), folder->head());
        head = (*log)->head().number;
        const NoteSigner signer{"log.example/v1/log", folder->keys().log_seed(1)};
        key = signer.verifier().text();
        write_content(path("key"), key + "\n");
        std::string all;
        for (const auto size : {head / 4, head / 2, head}) {
            const auto root = (*log)->root(size).value();
            const auto note = signer.sign(SignedHead{"log.example/v1/log", size, root}.text());
            write_content(path(std::to_string(size)), note);
            all += note + "\n";
        }
        write_content(path("all"), all);
    }
    fs::path path(const std::string& name) const { return folder_.path() / name; }
    Ran audit(const std::string& checkpoint, const std::string& with_key = {}) const {
        return muster(
            fmt::format("audit --json --checkpoint {} --key {}", path(checkpoint).native(),
                        with_key.empty() ? path("key").native() : with_key),
            copy.data());
    }
    // The places of what is found.
    std::vector<std::string> places(const Ran& ran) const {
        EXPECT_EQ(ran.status, 3) << ran.out << ran.err;
        std::vector<std::string> all;
        const auto verdict = nlohmann::json::parse(ran.out);
        for (const auto& finding : verdict.at("findings"))
            all.push_back(finding.at("place"));
        return all;
    }
    // Writes the log anew from these records: hashes, tree, index and head file as they should be.
    void rewrite(const std::function<void(std::vector<std::string>&)>& change) {
        std::vector<std::string> records;
        const auto fresh = path("fresh");
        {
            const auto folder = DataFolder::open(copy.data(), DataFolder::Open::existing);
            const auto log = open_rocks_log(folder->log(), folder->head());
            ASSERT_TRUE((*log)->read({}, SIZE_MAX, [&](const Stored& stored) {
                records.emplace_back(stored.bytes);
                return true;
            }));
        }
        change(records);
        copy.edit([&](RocksStore& store) {
            Frontier frontier;
            for (std::uint64_t n = 1; n <= records.size(); ++n) {
                const auto leaf = leaf_hash(records[n - 1]);
                DemoCopy::put_record(store, n, records[n - 1] + std::string{as_text(leaf)});
                std::string nodes;
                frontier.append(leaf, [&](unsigned level, std::uint64_t, const Hash& hash) {
                    if (level >= 3) nodes.append(as_text(hash));
                });
                if (nodes.empty()) continue;
                ASSERT_TRUE(
                    store.db()
                        .Put({}, store.family(Family::tree), DemoCopy::key_of(n / 8 - 1), nodes)
                        .ok());
            }
            for (auto n = records.size() + 1; n <= head; ++n)
                ASSERT_TRUE(
                    store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(n)).ok());
            HeadFile heads{copy.data() / "head"};
            ASSERT_TRUE(heads.keep({{records.size()}, frontier.root()}));
        });
    }

    DemoCopy copy;
    std::uint64_t head{};
    std::string key;

private:
    TemporaryFolder folder_;
};

TEST_F(Signed, AnUntouchedLogIsWhatWasSigned) {
    for (const auto size : {head / 4, head / 2, head})
        EXPECT_EQ(audit(std::to_string(size)).status, 0);
    EXPECT_EQ(audit("all").status, 0);
    EXPECT_EQ(audit("all", "'" + key + "'").status, 0);
}

TEST_F(Signed, ACutTailIsFound) {
    rewrite([](auto& records) { records.pop_back(); });
    EXPECT_EQ(audit(std::to_string(head / 2)).status, 3);  // The index and the vault tell, too.
    const auto found = places(audit("all"));
    EXPECT_TRUE(names(found, fmt::format("position {}", head)));
}

TEST_F(Signed, AChangedRecordIsFoundWithAllHashesMadeAnew) {
    rewrite([&](auto& records) {
        auto& byte = records[head / 3].back();
        byte = static_cast<char>(byte ^ 1);
    });
    const auto found = places(audit("all"));
    EXPECT_TRUE(names(found, fmt::format("positions {} to {}", head / 4 + 1, head / 2)));
    EXPECT_FALSE(names(found, fmt::format("positions 1 to {}", head / 4)));
}

TEST_F(Signed, ASwappedPairIsFound) {
    rewrite([&](auto& records) { std::swap(records[4], records[5]); });
    EXPECT_TRUE(names(places(audit("all")), fmt::format("positions 1 to {}", head / 4)));
}

TEST_F(Signed, AWrongSignatureIsFound) {
    const auto other = NoteSigner{"log.example/v1/log", Key{9}}.verifier().text();
    EXPECT_EQ(places(audit(std::to_string(head), other)),
              (std::vector{fmt::format("the checkpoint of {}", head)}));
    auto note = content_of(path(std::to_string(head)));
    note.replace(note.find('\n') + 1, 1, "9");
    write_content(path("forged"), note);
    EXPECT_EQ(audit("forged").status, 3);
}

TEST_F(Signed, WhatIsNoCheckpointOrKeyIsWrongUsage) {
    write_content(path("nothing"), "");
    write_content(path("text"), "a text\n");
    write_content(path("note"), NoteSigner{"log", Key{9}}.sign("a text\n"));
    for (const auto* file : {"nothing", "text", "note"})
        EXPECT_EQ(audit(file).status, 2) << file;
    EXPECT_EQ(audit("all", "no+key").status, 2);
    EXPECT_EQ(audit("none").status, 2);
    EXPECT_EQ(muster("audit --checkpoint " + path("all").native(), copy.data()).status, 2);
}

}  // namespace muster::tools::audit_checkpoint_test
