#include "events/forgotten.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace muster::forgotten_test {

namespace fs = std::filesystem;

class Ledger : public testing::Test {
protected:
    Ledger() {
        auto name = (fs::temp_directory_path() / "muster-ledger-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~Ledger() override { fs::remove_all(folder_); }
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    fs::path file() const { return folder_ / "forgotten"; }
    void write(std::string_view text) const {
        std::ofstream{file(), std::ios::binary | std::ios::app} << text;
    }

private:
    fs::path folder_;
};

const Forgotten ada{{12}, {SubjectKind::user, 3}};
const Forgotten acme{{13}, {SubjectKind::account, 7}};
const Forgotten letter{{UINT64_MAX}, {SubjectKind::invitation, UINT64_MAX}};

TEST_F(Ledger, KeepsWhatIsAppendedInItsOrder) {
    EXPECT_EQ(read_forgotten(file()).value(), std::vector<Forgotten>{});
    ASSERT_TRUE(append_forgotten(file(), std::vector{acme, ada}));
    ASSERT_TRUE(append_forgotten(file(), std::vector{letter, acme}));
    EXPECT_EQ(read_forgotten(file()).value(), (std::vector{acme, ada, letter}));
}

TEST_F(Ledger, KnowsEveryKind) {
    std::vector<Forgotten> all;
    for (const auto kind : {SubjectKind::user, SubjectKind::account, SubjectKind::invitation,
                            SubjectKind::admin, SubjectKind::contact, SubjectKind::ticket})
        all.push_back({{1}, {kind, 2}});
    ASSERT_TRUE(append_forgotten(file(), all));
    EXPECT_EQ(read_forgotten(file()).value(), all);
}

TEST_F(Ledger, LeavesOutALineThatWasNeverFinished) {
    ASSERT_TRUE(append_forgotten(file(), std::vector{ada}));
    write("13 acc");
    EXPECT_EQ(read_forgotten(file()).value(), std::vector{ada});
    ASSERT_TRUE(append_forgotten(file(), std::vector{acme}));
    EXPECT_EQ(read_forgotten(file()).value(), (std::vector{ada, acme}));
}

TEST_F(Ledger, TellsWhichLineIsNone) {
    for (const auto* line : {"x user 3", "1 user", "1 user 3 4", "1 User 3", "0 user 3", "1 user 0",
                             "1 user -3", "", "1  user 3", "18446744073709551616 user 3"}) {
        std::error_code ignored;
        fs::remove(file(), ignored);
        ASSERT_TRUE(append_forgotten(file(), std::vector{ada}));
        write(std::string{line} + "\n");
        const auto read = read_forgotten(file());
        ASSERT_FALSE(read) << line;
        EXPECT_EQ(read.error().kind, Fault::Kind::damaged);
        EXPECT_TRUE(read.error().message.contains("line 2")) << read.error().message;
    }
}

TEST_F(Ledger, SaysWhereItCannotBeWritten) {
    const auto done = append_forgotten(file() / "in a file", std::vector{ada});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Fault::Kind::unavailable);
}

}  // namespace muster::forgotten_test
