// The log as those read it who trust nobody: everything here is judged by a verifier that shares no
// code with the server.
#include <gtest/gtest.h>

#include "tests/events/verifier.hpp"
#include "tests/http/house.hpp"

namespace muster::http::log_test {

using verifier::Sum;

std::vector<Sum> sums_of(const Json& texts) {
    std::vector<Sum> sums;
    for (const auto& each : texts)
        sums.push_back(verifier::unbase64(each.get<std::string>()));
    return sums;
}
Sum sum_of(const Json& text) { return verifier::unbase64(text.get<std::string>()); }

// Sums in a row.
std::vector<Sum> split(const std::string& bytes) {
    std::vector<Sum> sums;
    for (std::size_t at = 0; at < bytes.size(); at += 32)
        sums.push_back(bytes.substr(at, 32));
    return sums;
}

struct Log : testing::Test {
    // Events, as many as there are wanted.
    void grow(std::uint64_t size) {
        for (bool on = false; house.head().number < size; on = !on)
            ASSERT_EQ(root.patch("/v1/settings", {{"email_verification", on}}).status, 200);
    }
    // Every record, by way of the pages of the log.
    std::vector<Sum> leaves() {
        std::vector<Sum> all;
        Json next = "";
        while (!next.is_null()) {
            const auto cursor = next.get<std::string>();
            const auto page =
                root.get("/v1/events?limit=100" + (cursor.empty() ? "" : "&cursor=" + cursor)).body;
            for (const auto& event : page.at("items")) {
                EXPECT_EQ(event.at("position"), all.size() + 1);
                all.push_back(verifier::leaf(sum_of(event.at("record"))));
                EXPECT_EQ(sum_of(event.at("leaf_hash")), all.back());
            }
            next = page.at("next");
        }
        return all;
    }
    std::string keys() { return root.get("/v1/log/key").text; }
    // The checkpoint's head, signed with one of the keys.
    verifier::Head checkpoint() {
        const auto reply = root.get("/v1/log/checkpoint");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.header("Content-Type"), "text/plain; charset=utf-8");
        const auto key = verifier::lines_of(keys()).front();
        const auto text = verifier::opened(reply.text, key);
        EXPECT_NE(text, "") << reply.text;
        return verifier::head_of(text);
    }
    Reply tile(const std::string& path) { return root.get("/v1/log/tile/" + path); }

    House house;
    Visitor& root = house.root();
};

TEST_F(Log, TheSignedHeadIsThatOfAllRecords) {
    auto ada = house.person("ada");
    const auto all = leaves();
    const auto head = checkpoint();
    EXPECT_EQ(head.size, house.head().number);
    EXPECT_EQ(head.size, all.size());
    EXPECT_EQ(head.root, verifier::root_of(all, 0, all.size()));
    EXPECT_TRUE(head.origin.ends_with("/v1/log"));
    EXPECT_EQ(root.get("/v1/log/checkpoint").text, root.get("/v1/log/checkpoint").text);
    const auto vkey = verifier::lines_of(keys()).front();
    EXPECT_TRUE(vkey.starts_with(head.origin + "+")) << vkey;
    ada.patch("/v1/me", {{"language", "de"}});
    EXPECT_EQ(checkpoint().size, head.size + 1);
}

TEST_F(Log, EveryRecordIsProvenToBeInIt) {
    grow(40);
    const auto all = leaves();
    for (const std::uint64_t size : {1UL, 2UL, 7UL, 8UL, 33UL, house.head().number}) {
        for (std::uint64_t position = 1; position <= size; position += 3) {
            const auto proof =
                root.get("/v1/log/proofs/inclusion?position=" + std::to_string(position) +
                         "&size=" + std::to_string(size))
                    .body;
            EXPECT_EQ(sum_of(proof.at("leaf_hash")), all[position - 1]);
            EXPECT_EQ(sum_of(proof.at("root")), verifier::root_of(all, 0, size));
            EXPECT_TRUE(verifier::includes(position - 1, size, all[position - 1],
                                           sums_of(proof.at("hashes")), sum_of(proof.at("root"))));
        }
    }
    const auto whole = root.get("/v1/log/proofs/inclusion?position=1").body;
    EXPECT_EQ(whole.at("size"), house.head().number);
}

TEST_F(Log, EveryLaterHeadIsProvenToExtendAnEarlierOne) {
    const auto before = checkpoint();
    grow(before.size + 20);
    const auto after = checkpoint();
    const auto proof = root.get("/v1/log/proofs/consistency?from=" + std::to_string(before.size) +
                                "&to=" + std::to_string(after.size))
                           .body;
    EXPECT_EQ(sum_of(proof.at("from_root")), before.root);
    EXPECT_EQ(sum_of(proof.at("to_root")), after.root);
    EXPECT_TRUE(verifier::extends(before.size, after.size, sums_of(proof.at("hashes")), before.root,
                                  after.root));
    const auto same = root.get("/v1/log/proofs/consistency?from=5&to=5").body;
    EXPECT_TRUE(same.at("hashes").empty());
    EXPECT_EQ(same.at("from_root"), same.at("to_root"));
}

TEST_F(Log, ProofsOfWhatIsNotThereAreRefused) {
    const auto beyond = std::to_string(house.head().number + 1);
    for (const auto& query : std::vector<std::string>{
             "inclusion", "inclusion?size=3", "inclusion?position=0", "inclusion?position=4&size=3",
             "inclusion?position=x", "inclusion?position=1&size=" + beyond, "consistency",
             "consistency?to=3", "consistency?from=0&to=3", "consistency?from=4&to=3",
             "consistency?from=1&to=" + beyond, "consistency?from=1&to=-1",
             "consistency?from=1&bogus=1"}) {
        const auto reply = root.get("/v1/log/proofs/" + query);
        EXPECT_EQ(reply.status, 422) << query << " " << reply;
        EXPECT_EQ(reply.flaw(), "") << reply;
        EXPECT_EQ(reply.body.at("errors").size(), 1U) << reply;
    }
}

TEST_F(Log, TilesHaveEveryHash) {
    grow(300);
    const auto all = leaves();
    const auto first = split(tile("0/000").text);
    ASSERT_EQ(first.size(), 256U);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), all.begin()));
    const auto rest = split(tile("0/001.p/44").text);
    ASSERT_EQ(rest.size(), 44U);
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), all.begin() + 256));
    EXPECT_EQ(split(tile("0/001.p/3").text).size(), 3U);
    EXPECT_EQ(tile("1/000.p/1").text, verifier::root_of(all, 0, 256));
}

TEST_F(Log, TilesHaveEveryRecord) {
    grow(260);
    const auto all = leaves();
    std::size_t read = 0;
    for (const auto* path : {"entries/000", "entries/001.p/4"}) {
        const auto reply = tile(path);
        EXPECT_EQ(reply.header("Content-Type"), "application/octet-stream");
        const auto& bytes = reply.text;
        for (std::size_t at = 0; at < bytes.size(); ++read) {
            const auto size = std::size_t{static_cast<unsigned char>(bytes.at(at))} << 8 |
                              static_cast<unsigned char>(bytes.at(at + 1));
            EXPECT_EQ(verifier::leaf(bytes.substr(at + 2, size)), all.at(read));
            at += 2 + size;
        }
    }
    EXPECT_EQ(read, 260U);
}

TEST_F(Log, ATileHasOneSpelling) {
    grow(300);
    for (const auto* path : {"0/002",
                             "0/001",
                             "0/001.p/45",
                             "0/000.p/0",
                             "0/000.p/256",
                             "0/000.p/07",
                             "0/0",
                             "0/00",
                             "0/0000",
                             "0/x000/000",
                             "0/x001/000",
                             "00/000",
                             "8/000",
                             "1/001.p/1",
                             "-1/000",
                             "x/000",
                             "0/000.p",
                             "0/000.p/",
                             "0/000.p/1/2",
                             "0/000/1",
                             "0/x001",
                             "entries/002",
                             "entries/1",
                             "0/x999/x999/x999/x999/x999/x999/999",
                             "0/x018/x446/x744/x073/x709/x551/615"}) {
        const auto reply = tile(path);
        EXPECT_EQ(reply.status, 404) << path;
        EXPECT_EQ(reply.flaw(), "") << reply;
    }
    EXPECT_EQ(root.get("/v1/log/tile/0").code(), "route.not_found");
}

TEST_F(Log, ARotatedKeySignsFromThenOnAndTheOldOneStaysKnown) {
    const auto old_note = root.get("/v1/log/checkpoint").text;
    const auto old_key = keys();
    const auto rotated = root.post("/v1/log/key/rotation");
    EXPECT_EQ(rotated.status, 201) << rotated;
    EXPECT_EQ(rotated.body.at("number"), 2);
    const auto both = verifier::lines_of(keys());
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0], rotated.body.at("key").get<std::string>());
    EXPECT_EQ(both[1] + "\n", old_key);
    EXPECT_NE(both[0], both[1]);
    const auto new_note = root.get("/v1/log/checkpoint").text;
    EXPECT_NE(verifier::opened(new_note, both[0]), "");
    EXPECT_EQ(verifier::opened(new_note, both[1]), "");
    EXPECT_NE(verifier::opened(old_note, both[1]), "");
    EXPECT_EQ(verifier::opened(old_note, both[0]), "");
    EXPECT_NE(root.get("/v1/activity?type=log.key_rotated").text.find("signed with key 2"),
              std::string::npos);
}

TEST(LogAfterARestart, IsSignedWithTheSameKey) {
    const Folder folder;
    std::string keys, note, token;
    {
        House house{folder.path()};
        house.root().post("/v1/log/key/rotation");
        keys = house.root().get("/v1/log/key").text;
        note = house.root().get("/v1/log/checkpoint").text;
        token = house.root().token();
    }
    House house{folder.path()};
    // The ports differ and with them, here, the origins: the key itself is the same.
    const auto key_of = [](const std::string& text) {
        const auto line = verifier::lines_of(text).front();
        return verifier::unbase64(line.substr(line.find('+', line.find('+') + 1) + 1));
    };
    EXPECT_EQ(key_of(house.visitor(token).get("/v1/log/key").text), key_of(keys));
    EXPECT_NE(verifier::opened(note, verifier::lines_of(keys).front()), "");
}

TEST_F(Log, ANoteIsForStaffAlone) {
    auto ada = house.person("ada");
    for (const auto* path : {"/v1/log/checkpoint", "/v1/log/key", "/v1/log/tile/0/000.p/1",
                             "/v1/events", "/v1/events/stream"})
        EXPECT_EQ(ada.get(path).code(), "access.role") << path;
    EXPECT_EQ(house.staff("auditor").get("/v1/log/checkpoint").status, 200);
    EXPECT_EQ(house.key("auditor").get("/v1/log/checkpoint").status, 200);
}

}  // namespace muster::http::log_test
