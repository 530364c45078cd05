#include "events/folder.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/events/samples.hpp"

namespace muster {
namespace {

using How = DataFolder::Open;

class Folder : public testing::Test {
protected:
    Fault::Kind fault(How how) const {
        const auto opened = DataFolder::open(path_, how);
        EXPECT_FALSE(opened);
        return opened ? Fault::Kind{} : opened.error().kind;
    }
    void make() const { ASSERT_TRUE(DataFolder::open(path_, How::create)); }
    void put(std::string_view name, std::string_view content) const {
        std::ofstream{path_ / name} << content;
    }

    TemporaryFolder parent_;
    std::filesystem::path path_ = parent_.path() / "some" / "data";
};

TEST_F(Folder, IsMadeOnceAndKeepsItsKey) {
    EmailKey key;
    {
        const auto made = DataFolder::open(path_, How::create);
        ASSERT_TRUE(made) << made.error().message;
        key = made->keys().email_key("ada@example.org");
        EXPECT_EQ(made->log(), path_ / "log");
    }
    for (const auto how : {How::create, How::existing, How::reading}) {
        const auto again = DataFolder::open(path_, how);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->keys().email_key("ada@example.org"), key);
    }
}

TEST_F(Folder, AnotherFolderHasAnotherKey) {
    make();
    const auto one = DataFolder::open(path_, How::existing);
    const auto other = DataFolder::open(parent_.path() / "other", How::create);
    EXPECT_NE(one->keys().email_key("a"), other->keys().email_key("a"));
}

TEST_F(Folder, ItsKeyIsReadByItsOwnerOnly) {
    make();
    struct stat status{};
    ASSERT_EQ(::stat((path_ / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(Folder, IsNotMadeByWhoeverExpectsOne) {
    EXPECT_EQ(fault(How::existing), Fault::Kind::unavailable);
    EXPECT_EQ(fault(How::reading), Fault::Kind::unavailable);
    EXPECT_FALSE(std::filesystem::exists(path_));
    std::filesystem::create_directories(path_);
    EXPECT_EQ(fault(How::existing), Fault::Kind::unavailable);
    EXPECT_TRUE(std::filesystem::is_empty(path_));
}

TEST_F(Folder, IsUsedByOneProcess) {
    const auto first = DataFolder::open(path_, How::create);
    ASSERT_TRUE(first);
    EXPECT_EQ(fault(How::create), Fault::Kind::in_use);
    EXPECT_EQ(fault(How::existing), Fault::Kind::in_use);
    EXPECT_EQ(fault(How::reading), Fault::Kind::in_use);
}

TEST_F(Folder, IsReadByMany) {
    make();
    const auto one = DataFolder::open(path_, How::reading);
    const auto other = DataFolder::open(path_, How::reading);
    EXPECT_TRUE(one);
    EXPECT_TRUE(other);
    EXPECT_EQ(fault(How::existing), Fault::Kind::in_use);
}

TEST_F(Folder, AMovedFolderHoldsItsLock) {
    auto first = DataFolder::open(path_, How::create);
    {
        const auto second = std::move(*first);
        EXPECT_EQ(fault(How::existing), Fault::Kind::in_use);
    }
    EXPECT_TRUE(DataFolder::open(path_, How::existing));
}

TEST_F(Folder, SomebodyElsesFolderIsLeftAlone) {
    std::filesystem::create_directories(path_);
    put("thesis.txt", "years of work");
    EXPECT_EQ(fault(How::create), Fault::Kind::unavailable);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{path_}, {}), 1);
}

TEST_F(Folder, AFileIsNoFolder) {
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream{path_} << "x";
    EXPECT_EQ(fault(How::create), Fault::Kind::unavailable);
    EXPECT_EQ(fault(How::existing), Fault::Kind::unavailable);
}

TEST_F(Folder, OneThatCannotBeMadeIsUnavailable) {
    const auto opened = DataFolder::open("/proc/muster", How::create);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, Fault::Kind::unavailable);
}

TEST_F(Folder, AnInterruptedMakingIsFinished) {
    std::filesystem::create_directories(path_);
    put("lock", "");
    put("key", "half of a k");
    put("format.new", "mus");
    EXPECT_TRUE(DataFolder::open(path_, How::create));
    EXPECT_TRUE(DataFolder::open(path_, How::existing));
}

TEST_F(Folder, CountsItsLives) {
    make();
    EXPECT_EQ(DataFolder::open(path_, How::existing)->epoch(), 1U);
    put("epoch", "7\n");
    EXPECT_EQ(DataFolder::open(path_, How::reading)->epoch(), 7U);
    for (const auto* epoch : {"", "7", "x\n", "0\n", "-1\n", "7\n\n", "99999999999999999999\n"}) {
        put("epoch", epoch);
        EXPECT_EQ(fault(How::existing), Fault::Kind::damaged) << epoch;
    }
}

TEST_F(Folder, ACopyWithoutItsLockCanBeRead) {
    make();
    std::filesystem::remove(path_ / "lock");
    EXPECT_TRUE(DataFolder::open(path_, How::reading));
    EXPECT_FALSE(std::filesystem::exists(path_ / "lock"));
}

TEST_F(Folder, ANewerOneIsNotOpened) {
    make();
    put("format", "muster 2\n");
    for (const auto how : {How::create, How::existing, How::reading})
        EXPECT_EQ(fault(how), Fault::Kind::newer_version);
}

TEST_F(Folder, ADamagedFormatOrKeyIsNamed) {
    make();
    for (const auto* format : {"", "muster", "muster \n", "muster 1", "muster 1 \n", "muster x\n",
                               "muster 0\n", "mustard 1\n"}) {
        put("format", format);
        EXPECT_EQ(fault(How::existing), Fault::Kind::damaged) << format;
    }
    put("format", "muster 1\n");
    const std::string key(64, 'a');
    for (const auto& text : {std::string{}, key, key + "a\n", key.substr(1) + "\n",
                             key.substr(1) + "g\n", key + "\n\n"}) {
        put("key", text);
        EXPECT_EQ(fault(How::existing), Fault::Kind::damaged) << text;
        const auto opened = DataFolder::open(path_, How::existing);
        EXPECT_NE(opened.error().message.find((path_ / "key").native()), std::string::npos);
    }
    put("key", key + "\n");
    EXPECT_TRUE(DataFolder::open(path_, How::reading));
    EXPECT_TRUE(DataFolder::open(path_, How::existing));
    put("key", std::string(64, 'b') + "\n");  // From now on it knows its key.
    EXPECT_EQ(fault(How::existing), Fault::Kind::damaged);
}

TEST_F(Folder, AnotherKeyIsNotTaken) {
    make();
    ASSERT_TRUE(DataFolder::open(parent_.path() / "other", How::create));
    std::filesystem::remove(path_ / "key");
    EXPECT_EQ(fault(How::existing), Fault::Kind::damaged);
    std::filesystem::copy(parent_.path() / "other" / "key", path_ / "key");
    for (const auto how : {How::create, How::existing, How::reading})
        EXPECT_EQ(fault(how), Fault::Kind::damaged);
}

TEST_F(Folder, AFileIsReplacedAsAWhole) {
    const auto file = parent_.path() / "file";
    ASSERT_TRUE(replace_file(file, "one"));
    ASSERT_TRUE(replace_file(file, std::string(100'000, 'x')));
    EXPECT_EQ(std::filesystem::file_size(file), 100'000U);
    EXPECT_FALSE(std::filesystem::exists(parent_.path() / "file.new"));
    EXPECT_FALSE(replace_file(parent_.path() / "none" / "file", ""));
}

}  // namespace
}  // namespace muster
