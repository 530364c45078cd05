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

constexpr std::string_view folder = "0123456789abcdef";
const Forgotten ada{{12}, {SubjectKind::user, 3}};
const Forgotten acme{{13}, {SubjectKind::account, 7}};
const Forgotten letter{{UINT64_MAX}, {SubjectKind::invitation, UINT64_MAX}};

TEST_F(Ledger, KeepsWhatIsAppendedInItsOrder) {
    EXPECT_EQ(read_forgotten(file(), folder).value(), std::vector<Forgotten>{});
    ASSERT_TRUE(append_forgotten(file(), folder, {}));
    EXPECT_TRUE(fs::exists(file()));
    EXPECT_EQ(read_forgotten(file(), folder).value(), std::vector<Forgotten>{});
    ASSERT_TRUE(append_forgotten(file(), folder, std::vector{acme, ada}));
    ASSERT_TRUE(append_forgotten(file(), folder, std::vector{letter, acme}));
    EXPECT_EQ(read_forgotten(file(), folder).value(), (std::vector{acme, ada, letter}));
}

TEST_F(Ledger, KnowsEveryKind) {
    std::vector<Forgotten> all;
    for (const auto kind : {SubjectKind::user, SubjectKind::account, SubjectKind::invitation,
                            SubjectKind::admin, SubjectKind::contact, SubjectKind::ticket})
        all.push_back({{1}, {kind, 2}});
    ASSERT_TRUE(append_forgotten(file(), folder, all));
    EXPECT_EQ(read_forgotten(file(), folder).value(), all);
}

TEST_F(Ledger, RefusesALineThatIsCutOffAndMendsItWithTheNext) {
    ASSERT_TRUE(append_forgotten(file(), folder, std::vector{ada}));
    for (const auto* end : {"13 acc", "13 user 3"}) {
        write(end);
        const auto read = read_forgotten(file(), folder);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().kind, Fault::Kind::damaged);
        EXPECT_TRUE(read.error().message.contains("line 3 is cut off")) << read.error().message;
        ASSERT_TRUE(append_forgotten(file(), folder, std::vector{ada}));
        EXPECT_EQ(read_forgotten(file(), folder).value(), std::vector{ada});
        fs::remove(file());
        ASSERT_TRUE(append_forgotten(file(), folder, std::vector{ada}));
    }
}

TEST_F(Ledger, KnowsItsFolder) {
    ASSERT_TRUE(append_forgotten(file(), folder, std::vector{ada}));
    const auto other = read_forgotten(file(), "fedcba9876543210");
    ASSERT_FALSE(other);
    EXPECT_TRUE(other.error().message.contains("another folder")) << other.error().message;
    fs::remove(file());
    write("12 user 3\n");  // As the first release wrote it.
    EXPECT_EQ(read_forgotten(file(), folder).value(), std::vector{ada});
}

TEST_F(Ledger, TellsWhichLineIsNone) {
    for (const auto* line : {"x user 3", "1 user", "1 user 3 4", "1 User 3", "0 user 3", "1 user 0",
                             "1 user -3", "", "1  user 3", "18446744073709551616 user 3"}) {
        std::error_code ignored;
        fs::remove(file(), ignored);
        ASSERT_TRUE(append_forgotten(file(), folder, std::vector{ada}));
        write(std::string{line} + "\n");
        const auto read = read_forgotten(file(), folder);
        ASSERT_FALSE(read) << line;
        EXPECT_EQ(read.error().kind, Fault::Kind::damaged);
        EXPECT_TRUE(read.error().message.contains("line 3")) << read.error().message;
    }
}

TEST_F(Ledger, SaysWhereItCannotBeWritten) {
    const auto done = append_forgotten(file() / "in a file", folder, std::vector{ada});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Fault::Kind::unavailable);
}

}  // namespace muster::forgotten_test
