// What only the log on disk promises: it notices damage, and reading changes nothing.
#include "events/rocks_log.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <rocksdb/db.h>
#include <stdexcept>
#include <sys/types.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "events/head_file.hpp"
#include "events/rocks_store.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr int acknowledgements = 100;  // The file descriptor that a child writes them to.

std::string content_of(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}
void overwrite(const fs::path& path, const std::string& content) {
    std::ofstream{path, std::ios::binary} << content;
}
void flip(const fs::path& path, std::size_t at) {
    auto content = content_of(path);
    content.at(at) = static_cast<char>(content.at(at) ^ 0x10);
    overwrite(path, content);
}
std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{folder}) {
        if (entry.path().extension() == extension && entry.file_size() > 0) {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

class LogOnDisk : public testing::Test {
protected:
    using Opened = std::expected<std::unique_ptr<Log>, Fault>;

    Opened open(const RocksLogOptions& options = {}) const {
        return open_rocks_log(log_, head_, options);
    }
    Opened open_for_reading() const { return open({.mode = RocksLogOptions::Mode::read}); }
    Opened open_with_loss() const { return open({.accept_loss = true}); }

    static void fill(Log& log, std::size_t commits) {
        for (std::size_t n = 0; n < commits; ++n) {
            const auto commit = commit_of({activated(acme), activated(bolt)});
            ASSERT_TRUE(log.append({&commit, 1}));
        }
    }
    void fill(std::size_t commits) const {
        const auto log = open();
        ASSERT_TRUE(log) << log.error().message;
        fill(**log, commits);
    }
    // As in a kill: the files are as a running log has them, and nobody has closed it.
    void fill_and_kill(std::size_t commits) const {
        std::optional<TemporaryFolder> copy;
        {
            const auto log = open();
            fill(**log, commits);
            std::error_code error;
            do {  // The head file is replaced every second: one that was listed may be gone.
                copy.emplace();
                fs::copy(folder_.path(), copy->path(), fs::copy_options::recursive, error);
            } while (error == std::errc::no_such_file_or_directory);
            ASSERT_FALSE(error) << error.message();
        }
        fs::remove_all(log_);
        fs::copy(copy->path(), folder_.path(),
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }
    static void expect_damaged(const Opened& opened, std::string_view names) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, Fault::Kind::damaged) << opened.error().message;
        EXPECT_NE(opened.error().message.find(names), std::string::npos) << opened.error().message;
    }

    TemporaryFolder folder_;
    fs::path log_ = folder_.path() / "log";
    fs::path head_ = folder_.path() / "head";
};

std::string key_of(std::uint64_t position) {
    std::string key;
    Writer{key}.fixed64(position);
    return key;
}

// Writes behind the log's back.
class Database {
public:
    explicit Database(const fs::path& path) {
        std::vector<std::string> names;
        check(rocksdb::DB::ListColumnFamilies({}, path.native(), &names));
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto& name : names)
            families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
        rocksdb::DB* db = nullptr;
        check(rocksdb::DB::Open({}, path.native(), families, &handles_, &db));
        db_.reset(db);
    }
    ~Database() {
        for (auto* handle : handles_)
            check(db_->DestroyColumnFamilyHandle(handle));
        check(db_->Close());
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    std::string get(std::string_view family, const std::string& key) const {
        std::string value;
        check(db_->Get({}, find(family), key, &value));
        return value;
    }
    void put(std::string_view family, const std::string& key, const std::string& value) const {
        check(db_->Put({}, find(family), key, value));
    }
    void remove(std::string_view family, const std::string& key) const {
        check(db_->Delete({}, find(family), key));
    }
    void add_family(const std::string& name) {
        check(db_->CreateColumnFamily({}, name, &handles_.emplace_back()));
    }

private:
    static void check(const rocksdb::Status& status) {
        ASSERT_TRUE(status.ok()) << status.ToString();
    }
    rocksdb::ColumnFamilyHandle* find(std::string_view name) const {
        return *std::ranges::find_if(handles_, [&](auto* h) { return h->GetName() == name; });
    }

    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

TEST_F(LogOnDisk, AFlippedByteInTheMiddleOfTheWriteAheadLogIsNoticed) {
    fill_and_kill(100);
    const auto wal = files_of(log_, ".log").at(0);
    flip(wal, fs::file_size(wal) / 2);
    expect_damaged(open(), log_.native());
    expect_damaged(open_for_reading(), log_.native());
}

TEST_F(LogOnDisk, WhatWasBeforeADamageCanBeKeptByWhoeverAcceptsTheLoss) {
    fill_and_kill(100);
    const auto wal = files_of(log_, ".log").at(0);
    flip(wal, fs::file_size(wal) / 2);
    {
        const auto log = open_with_loss();
        ASSERT_TRUE(log) << log.error().message;
        EXPECT_GT((*log)->head(), Position{50});
        EXPECT_LT((*log)->head(), Position{200});
        fill(**log, 3);
    }
    EXPECT_TRUE(open()) << "the head file is that of the shorter log";
}

// What was lost may have been given these numbers.
TEST_F(LogOnDisk, WhoeverAcceptsALossHandsNoNumberOutTwice) {
    const auto draws = [&](const RocksLogOptions& options, std::uint64_t count) {
        const auto log = open(options);
        const auto first = (*log)->draw(Sequence::session, count).value();
        auto commit = commit_of({activated(acme)});
        commit.drawn = {{Sequence::session, first + count - 1}};
        EXPECT_TRUE((*log)->append({&commit, 1}));
        return first;
    };
    EXPECT_EQ(draws({}, 1), 1U);
    TemporaryFolder earlier;
    fs::copy(log_, earlier.path(), fs::copy_options::recursive);
    EXPECT_EQ(draws({.accept_loss = true}, 5), 2U) << "nothing was lost";
    fs::remove_all(log_);
    fs::copy(earlier.path(), log_, fs::copy_options::recursive);
    EXPECT_FALSE(open());
    const auto next = draws({.accept_loss = true}, 1);
    EXPECT_GT(next, 1'000'000U);
    EXPECT_EQ(draws({.accept_loss = true}, 1), next + 1) << "nothing more was lost";
    EXPECT_GT((*open())->draw(Sequence::admin, 1).value(), 1'000'000U);
}

// What came after the backup was given numbers, too.
TEST_F(LogOnDisk, ARestoredLogSkipsNumbersOnce) {
    fill(5);
    EXPECT_EQ((*open())->draw(Sequence::user, 1).value(), 1U);
    ASSERT_TRUE(open({.restored = true}));
    for (const auto sequence : {Sequence::account, Sequence::order, Sequence::ticket})
        EXPECT_EQ((*open())->draw(sequence, 1).value(), 1'000'011U);
    for (const auto sequence : all_sequences)
        EXPECT_GE((*open())->draw(sequence, 1).value(), 1'000'011U);
    EXPECT_EQ((*open())->head(), Position{10});
}

// Else who signs in to the one would hold a token of somebody in the other.
TEST_F(LogOnDisk, WhatIsRestoredTwiceHandsOutOtherNumbersForTokens) {
    fill(5);
    const auto drawn = [&](Sequence sequence) {
        TemporaryFolder copy;
        fs::copy(log_, copy.path() / "log", fs::copy_options::recursive);
        fs::copy(head_, copy.path() / "head");
        const auto log =
            open_rocks_log(copy.path() / "log", copy.path() / "head", {.restored = true});
        return (*log)->draw(sequence, 1).value();
    };
    for (const auto sequence : {Sequence::session, Sequence::invitation, Sequence::api_key,
                                Sequence::user, Sequence::admin}) {
        const auto one = drawn(sequence), other = drawn(sequence);
        EXPECT_GT(one > other ? one - other : other - one, 100U);
    }
}

TEST_F(LogOnDisk, IsFrozenWholeWhileItIsWrittenTo) {
    TemporaryFolder copies;
    auto log = open_rocks_log(log_, head_);
    ASSERT_TRUE(log) << log.error().message;
    std::atomic<bool> stop = false;
    std::jthread writer{[&] {
        while (!stop)
            fill(**log, 20);
    }};
    for (int n = 0; n < 5; ++n) {
        const auto copy = copies.path() / std::to_string(n);
        fs::create_directories(copy);
        const auto before = (*log)->head();
        const auto frozen = (*log)->freeze(copy / "log", copy / "head");
        ASSERT_TRUE(frozen) << frozen.error().message;
        const auto opened = open_rocks_log(
            copy / "log", copy / "head", {.mode = RocksLogOptions::Mode::read, .verify = SIZE_MAX});
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_GE((*opened)->head(), before);
        EXPECT_EQ((*opened)->root(before.number).value(), (*log)->root(before.number).value());
    }
    stop = true;
}

TEST_F(LogOnDisk, AnAcceptedLossForgetsSnapshotsAndCheckpoints) {
    fill(2);
    {
        const auto log = open();
        ASSERT_TRUE((*log)->keep_snapshot(stream_of(acme), {1, "one"}));
        ASSERT_TRUE((*log)->keep_checkpoint("mail", {{2}, "two"}));
    }
    EXPECT_EQ((*open())->checkpoint("mail").value()->state, "two");
    const auto log = open_with_loss();
    EXPECT_FALSE((*log)->snapshot(stream_of(acme)).value());
    EXPECT_FALSE((*log)->checkpoint("mail").value());
}

TEST_F(LogOnDisk, AFlippedByteInATableIsNoticed) {
    for (int n = 0; n < 2; ++n) {
        const auto log = open();
        const std::vector commits(1'000, commit_of({activated(acme), activated(bolt)}));
        ASSERT_TRUE((*log)->append(commits));
    }
    const auto tables = files_of(log_, ".sst");
    ASSERT_FALSE(tables.empty());
    // The largest has the records.
    const auto records =
        *std::ranges::max_element(tables, {}, [](const auto& path) { return fs::file_size(path); });
    const auto content = content_of(records);
    for (std::size_t part = 1; part < 8; ++part) {
        flip(records, content.size() * part / 8);
        const auto opened = open();
        EXPECT_FALSE(opened) << part;
        if (!opened) {
            EXPECT_EQ(opened.error().kind, Fault::Kind::damaged) << opened.error().message;
        }
        overwrite(records, content);
    }
    EXPECT_TRUE(open());
}

TEST_F(LogOnDisk, ATornTailIsNoDamage) {
    fill(1);
    fill_and_kill(100);
    const auto wal = files_of(log_, ".log").back();
    const auto log_size = fs::file_size(wal);
    {
        const auto log = open_for_reading();
        ASSERT_TRUE(log) << log.error().message;
        EXPECT_EQ((*log)->head(), Position{202});
    }
    fs::resize_file(wal, log_size - 3);  // The last batch was never acknowledged.
    const auto log = open();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->head(), Position{200});
    fill(**log, 1);
    EXPECT_EQ((*log)->head(), Position{202});
}

TEST_F(LogOnDisk, ALogThatIsShorterThanItsHeadFileSaysIsNotOpened) {
    fill_and_kill(100);
    LogHead head;
    {
        const auto log = open_for_reading();
        head = {(*log)->head(), (*log)->root(200).value()};
    }
    ASSERT_TRUE(HeadFile{head_}.keep(head));
    ASSERT_TRUE(open_for_reading());
    const auto wal = files_of(log_, ".log").at(0);
    fs::resize_file(wal, fs::file_size(wal) / 2);
    expect_damaged(open(), "head file has 200");
    expect_damaged(open_for_reading(), "head file has 200");
    EXPECT_TRUE(open_with_loss());
    EXPECT_TRUE(open());
}

TEST_F(LogOnDisk, ALogThatIsGoneIsNotBegunAgain) {
    fill(3);
    fs::remove_all(log_);
    expect_damaged(open(), log_.native());
    EXPECT_FALSE(fs::exists(log_));
}

TEST_F(LogOnDisk, AMissingHeadFileIsNoticed) {
    fill(3);
    fs::remove(head_);
    expect_damaged(open(), "head file");
    EXPECT_TRUE(open_with_loss());
    EXPECT_TRUE(open());
}

TEST_F(LogOnDisk, AHeadFileHasASlotToSpare) {
    fill(3);
    fill(3);
    const auto content = content_of(head_);
    ASSERT_EQ(content.size(), 2 * 49U);
    for (std::size_t at = 0; at < content.size(); ++at) {
        flip(head_, at);
        EXPECT_EQ(HeadFile::open(head_)->heads().size(), 1U) << at;
        overwrite(head_, content);
    }
    flip(head_, 10);
    EXPECT_TRUE(open_for_reading());
    flip(head_, 60);
    expect_damaged(open(), head_.native());
    overwrite(head_, "");
    expect_damaged(open(), head_.native());
    EXPECT_TRUE(open_with_loss());
}

TEST_F(LogOnDisk, AHeadOfAnotherLogIsNoticed) {
    fill(3);
    ASSERT_TRUE(HeadFile{head_}.keep({{4}, Hash{1}}));
    expect_damaged(open(), "position 4");
}

TEST_F(LogOnDisk, ARecordThatWasChangedAndHashedAgainIsNoticed) {
    fill(20);
    for (const auto position : {1, 17, 40}) {
        const auto key = key_of(static_cast<std::uint64_t>(position));
        const auto original = Database{log_}.get("records", key);
        auto record = original.substr(0, original.size() - 32);
        record.at(3) = static_cast<char>(record.at(3) ^ 1);  // The time.
        const auto leaf = leaf_hash(record);
        Database{log_}.put("records", key, record + std::string{as_text(leaf)});
        const auto opened = open();
        ASSERT_FALSE(opened) << position;
        EXPECT_NE(opened.error().message.find("position "), std::string::npos);
        Database{log_}.put("records", key, original);
    }
    EXPECT_TRUE(open());
}

TEST_F(LogOnDisk, ARecordThatDoesNotFitItsHashIsNamed) {
    fill(20);
    auto value = Database{log_}.get("records", key_of(17));
    value.at(3) = static_cast<char>(value.at(3) ^ 1);
    Database{log_}.put("records", key_of(17), value);
    expect_damaged(open(), "position 17");
    expect_damaged(open_for_reading(), "position 17");
}

TEST_F(LogOnDisk, ATruncatedRecordIsNamed) {
    fill(20);
    Database{log_}.put("records", key_of(17), "short");
    expect_damaged(open(), "position 17");
    Database{log_}.put("records", key_of(17), std::string(60, '\1'));
    expect_damaged(open(), "position 17");
}

TEST_F(LogOnDisk, AMissingRecordIsNamed) {
    fill(20);
    Database{log_}.remove("records", key_of(17));
    expect_damaged(open(), "position 17");
}

TEST_F(LogOnDisk, ARecordInAnothersPlaceIsNamed) {
    fill(20);
    const auto value = Database{log_}.get("records", key_of(15));
    Database{log_}.put("records", key_of(17), value);
    expect_damaged(open(), "position 17");
}

TEST_F(LogOnDisk, AMissingOrChangedNodeOfTheTreeIsNoticed) {
    fill(20);
    const auto nodes = Database{log_}.get("tree", key_of(3));
    EXPECT_EQ(nodes.size(), 3 * 32U);
    Database{log_}.remove("tree", key_of(3));
    expect_damaged(open(), "position 32");
    Database{log_}.put("tree", key_of(3), std::string(nodes.size(), 'x'));
    expect_damaged(open(), "position 32");
}

TEST_F(LogOnDisk, OnlyTheNewestRecordsAreVerifiedAtTheOpening) {
    fill(100);
    auto value = Database{log_}.get("records", key_of(17));
    value.at(3) = static_cast<char>(value.at(3) ^ 1);
    Database{log_}.put("records", key_of(17), value);
    EXPECT_TRUE(open({.verify = 100}));
    EXPECT_TRUE(open({.verify = 0}));
    expect_damaged(open({.verify = 190}), "position 17");
}

TEST_F(LogOnDisk, ALogOfANewerVersionIsNotOpened) {
    fill(1);
    Database{log_}.put("default", "f", "\2");
    EXPECT_EQ(open().error().kind, Fault::Kind::newer_version);
    Database{log_}.put("default", "f", "\1");
    EXPECT_TRUE(open());
    Database{log_}.add_family("invented later");
    EXPECT_EQ(open().error().kind, Fault::Kind::newer_version);
}

TEST_F(LogOnDisk, IsOpenedByOneAtATime) {
    const auto log = open();
    ASSERT_TRUE(log);
    const auto other = open();
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, Fault::Kind::in_use) << other.error().message;
}

TEST_F(LogOnDisk, AFolderThatCannotBeWrittenIsUnavailable) {
    const auto log = open_rocks_log("/proc/nobody/writes/here", "/proc/nobody/head");
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().kind, Fault::Kind::unavailable) << log.error().message;
    overwrite(log_, "a file");
    EXPECT_FALSE(open());
}

TEST_F(LogOnDisk, AfterAFaultNothingIsTakenAnyMore) {
    const auto log = open();
    ASSERT_TRUE(log);
    fill(**log, 1);
    fs::remove_all(folder_.path());  // The head file cannot be replaced.
    fs::create_directories(folder_.path().parent_path());
    const auto commit = commit_of({activated(acme)});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    auto answer = (*log)->append({&commit, 1});
    while (answer && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        answer = (*log)->append({&commit, 1});
    }
    ASSERT_FALSE(answer);
    const auto again = (*log)->append({&commit, 1});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message, answer.error().message);
}

TEST_F(LogOnDisk, VersionsAreThoseOfWhatIsDurableAlsoAfterAFault) {
    fill(1);
    Database{log_}.put("commands", std::string(16, 'c'), "no command");
    auto damaged = commit_of({activated(acme)});
    damaged.command.emplace().id.fill('c');
    {
        const auto log = open();
        ASSERT_TRUE(log) << log.error().message;
        EXPECT_EQ((*log)->version(stream_of(coda)).value(), 0U);
        EXPECT_FALSE((*log)->append(
            std::vector{commit_of({activated(acme), activated(bolt), activated(coda)}), damaged}));
        for (int n = 0; n < 2; ++n) {
            EXPECT_EQ((*log)->version(stream_of(acme)).value(), 1U);
            EXPECT_EQ((*log)->version(stream_of(bolt)).value(), 1U);
            EXPECT_EQ((*log)->version(stream_of(coda)).value(), 0U);
        }
        EXPECT_FALSE((*log)->append(std::vector{commit_of({activated(acme)})}));
        EXPECT_EQ((*log)->head(), Position{2});
    }
    const auto log = open_for_reading();
    ASSERT_TRUE(log) << log.error().message;
    for (int n = 0; n < 2; ++n) {
        EXPECT_EQ((*log)->version(stream_of(acme)).value(), 1U);
        EXPECT_EQ((*log)->version(stream_of(coda)).value(), 0U);
    }
}

TEST_F(LogOnDisk, TheHeadFileFollowsWithinASecond) {
    const auto log = open();
    fill(**log, 2);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    const LogHead newest{{4}, (*log)->root(4).value()};
    while (HeadFile::open(head_)->heads().front() != newest &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    EXPECT_EQ(HeadFile::open(head_)->heads().front(), newest);
}

// --- Reading only

struct FileState {
    std::uintmax_t size{};
    fs::file_time_type changed;
    std::string content;
    bool operator==(const FileState&) const = default;
};

std::map<std::string, FileState> listing(const fs::path& folder) {
    std::map<std::string, FileState> files;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        auto& file = files[entry.path().native()];
        file.changed = entry.last_write_time();
        if (!entry.is_regular_file()) continue;
        file.size = entry.file_size();
        file.content = content_of(entry.path());
    }
    return files;
}

TEST_F(LogOnDisk, ReadingChangesNothing) {
    fill(20);
    const auto before = listing(folder_.path());
    {
        const auto log = open_for_reading();
        ASSERT_TRUE(log) << log.error().message;
        EXPECT_EQ((*log)->head(), Position{40});
        EXPECT_EQ((*log)->version(stream_of(acme)).value(), 20U);
        const auto commit = commit_of({activated(acme)});
        EXPECT_FALSE((*log)->append({&commit, 1}));
        EXPECT_FALSE((*log)->keep_snapshot(stream_of(acme), {1, ""}));
    }
    EXPECT_EQ(listing(folder_.path()), before);
}

TEST_F(LogOnDisk, ReadingWhereThereIsNoLogMakesNone) {
    EXPECT_FALSE(open_for_reading());
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

// The child of the test below: another process, because RocksDB's threads do not survive a fork.
TEST(LogOnDiskChild, DISABLED_AppendsUntilItIsKilled) {
    const fs::path folder{std::getenv("MUSTER_TEST_FOLDER")};
    const auto log = open_rocks_log(folder / "log", folder / "head");
    ASSERT_TRUE(log) << log.error().message;
    for (std::uint64_t n = 1;; ++n) {
        const auto commit = commit_of({activated(acme), activated(bolt)});
        ASSERT_TRUE((*log)->append({&commit, 1}));
        ASSERT_EQ(::write(acknowledgements, &n, sizeof n), ssize_t{sizeof n});
    }
}

// A child that appends, and what it has acknowledged.
class AppendingChild {
public:
    explicit AppendingChild(const fs::path& folder) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
        ::setenv("MUSTER_TEST_FOLDER", folder.c_str(), 1);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(ends[1], acknowledgements);
            ::execl("/proc/self/exe", "events_test", "--gtest_also_run_disabled_tests",
                    "--gtest_filter=LogOnDiskChild.*", nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    AppendingChild(const AppendingChild&) = delete;
    AppendingChild& operator=(const AppendingChild&) = delete;
    ~AppendingChild() { ::close(pipe_); }

    // Waits until so many commits are acknowledged, kills, and returns how many were in the end.
    std::uint64_t kill_after(std::uint64_t commits) {
        std::uint64_t acknowledged = 0;
        std::uint64_t next = 0;
        while (acknowledged < commits && ::read(pipe_, &next, sizeof next) > 0)
            acknowledged = next;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        while (::read(pipe_, &next, sizeof next) > 0)
            acknowledged = next;
        return acknowledged;
    }

private:
    pid_t process_{};
    int pipe_{};
};

TEST_F(LogOnDisk, AKilledLogIsReadWithoutAChangeAndOpensAgain) {
    const auto acknowledged = AppendingChild{folder_.path()}.kill_after(50);
    ASSERT_GE(acknowledged, 50U);
    const auto before = listing(folder_.path());
    std::uint64_t head = 0;
    {
        const auto log = open_for_reading();
        ASSERT_TRUE(log) << log.error().message;
        head = (*log)->head().number;
        EXPECT_GE(head, 2 * acknowledged);
        EXPECT_EQ(head % 2, 0U);
    }
    EXPECT_EQ(listing(folder_.path()), before);
    const auto log = open();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->head().number, head);
}

TEST_F(LogOnDisk, StreamsAreFoundInTables) {
    constexpr std::uint64_t accounts = 3'000;
    std::vector<Commit> commits;
    for (std::uint64_t n = 1; n <= accounts; ++n)
        commits.push_back(commit_of(std::vector(1 + n % 3, activated(AccountId{n}))));
    ASSERT_TRUE((*open())->append(commits));

    const auto log = open();
    ASSERT_FALSE(files_of(log_, ".sst").empty());
    for (std::uint64_t n = 1; n <= accounts; ++n) {
        const auto stream = stream_of(AccountId{n});
        EXPECT_EQ((*log)->version(stream).value(), 1 + n % 3);
        const auto any = [](const Stored&) { return true; };
        EXPECT_EQ((*log)->read_stream(stream, 0, 9, any).value(), 1 + n % 3);
        EXPECT_EQ((*log)->read_stream_backwards(stream, 0, 9, any).value(), 1 + n % 3);
        EXPECT_EQ((*log)->version(stream_of(UserId{n})).value(), 0U);
        EXPECT_EQ((*log)->version(stream_of(AccountId{n + accounts})).value(), 0U);
    }
}

TEST_F(LogOnDisk, CommandsAreForgottenWhenTheyMayBe) {
    const auto store = RocksStore::open(log_, {}).value();
    const auto put = [&](const std::string& id, std::uint64_t ms) {
        std::string value;
        Writer{value}.varint(ms);
        ASSERT_TRUE(store->db().Put({}, store->family(Family::commands), id, value).ok());
    };
    put("old", 999);
    put("young", 1'000);
    store->forget_commands_before(1'000);
    ASSERT_TRUE(
        store->db().CompactRange({}, store->family(Family::commands), nullptr, nullptr).ok());
    rocksdb::PinnableSlice value;
    EXPECT_FALSE(store->get(Family::commands, "old", value).value());
    EXPECT_TRUE(store->get(Family::commands, "young", value).value());
}

}  // namespace
}  // namespace muster
