// What log.hpp promises, of every implementation.
#include <atomic>
#include <bit>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include "events/log.hpp"
#include "events/memory_log.hpp"
#include "events/rocks_log.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

constexpr CommandKey first_request{{1}, {2}};
enum class Kind : std::uint8_t { memory, rocks };

class LogContract : public testing::TestWithParam<Kind> {
protected:
    LogContract() { open(); }

    bool is_durable() const { return GetParam() == Kind::rocks; }
    void open() {
        log_.reset();
        if (!is_durable()) {
            log_ = std::make_unique<MemoryLog>();
            return;
        }
        auto opened = open_rocks_log(folder_.path() / "log", folder_.path() / "head");
        ASSERT_TRUE(opened) << opened.error().message;
        log_ = std::move(*opened);
    }
    Log& log() { return *log_; }

    Outcome append(const Commit& commit) { return log_->append({&commit, 1}).value().front(); }
    std::vector<Outcome> append(const std::vector<Commit>& commits) {
        return log_->append(commits).value();
    }
    std::vector<Record> read(Position after = {}, std::size_t limit = SIZE_MAX) {
        std::vector<Record> records;
        const auto visited = log_->read(after, limit, collector(records));
        EXPECT_EQ(visited.value(), records.size());
        return records;
    }
    std::vector<std::uint64_t> positions(const StreamId& stream, std::uint64_t after,
                                         std::size_t limit) {
        std::vector<Record> records;
        log_->read_stream(stream, after, limit, collector(records)).value();
        return numbers(records);
    }
    std::vector<std::uint64_t> positions_backwards(const StreamId& stream, std::uint64_t before,
                                                   std::size_t limit) {
        std::vector<Record> records;
        log_->read_stream_backwards(stream, before, limit, collector(records)).value();
        return numbers(records);
    }
    static std::vector<std::uint64_t> numbers(const std::vector<Record>& records) {
        std::vector<std::uint64_t> all;
        for (const auto& record : records)
            all.push_back(record.position.number);
        return all;
    }
    static Log::Visit collector(std::vector<Record>& records) {
        return [&records](const Stored& stored) {
            records.push_back(decode(stored.bytes, nullptr).value());
            EXPECT_EQ(records.back().position, stored.position);
            EXPECT_EQ(leaf_hash(stored.bytes), stored.leaf);
            return true;
        };
    }

private:
    TemporaryFolder folder_;
    std::unique_ptr<Log> log_;
};

const auto kind_name = [](const auto& info) {
    return info.param == Kind::memory ? std::string{"Memory"} : std::string{"Rocks"};
};
INSTANTIATE_TEST_SUITE_P(Log, LogContract, testing::Values(Kind::memory, Kind::rocks), kind_name);

Outcome recorded(std::uint64_t first, std::uint64_t last) { return Recorded{{first}, {last}}; }

TEST_P(LogContract, AnEmptyLogHasNothing) {
    EXPECT_EQ(log().head(), Position{});
    EXPECT_TRUE(read().empty());
    EXPECT_EQ(log().version(stream_of(acme)).value(), 0U);
    EXPECT_EQ(log().root(0).value(), empty_root());
    EXPECT_EQ(append(std::vector<Commit>{}).size(), 0U);
}

TEST_P(LogContract, PositionsAreDenseAndInOrder) {
    const auto outcomes = append(
        std::vector{commit_of({activated(acme), activated(bolt)}), commit_of({activated(coda)})});
    EXPECT_EQ(outcomes, (std::vector{recorded(1, 2), recorded(3, 3)}));
    EXPECT_EQ(append(commit_of({activated(acme)})), recorded(4, 4));
    EXPECT_EQ(log().head(), Position{4});
    EXPECT_EQ(numbers(read()), (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(numbers(read({1}, 2)), (std::vector<std::uint64_t>{2, 3}));
    EXPECT_TRUE(read({4}).empty());
    EXPECT_TRUE(read({40}).empty());
}

TEST_P(LogContract, AVisitorThatHasEnoughStopsTheReading) {
    append(commit_of({activated(acme), activated(acme), activated(acme)}));
    const auto once = [](const Stored&) { return false; };
    EXPECT_EQ(log().read({}, 10, once).value(), 1U);
    EXPECT_EQ(log().read_stream(stream_of(acme), 0, 10, once).value(), 1U);
    EXPECT_EQ(log().read_stream_backwards(stream_of(acme), 0, 10, once).value(), 1U);
}

TEST_P(LogContract, AnEventStandsInEveryStreamThatItConcerns) {
    append(commit_of({drafted(AssociationGranted{acme, bob, {}, {}}),
                      drafted(AssociationGranted{bolt, bob, {}, {}}),
                      drafted(OwnershipTransferred{acme, ada, bob, Permissions::all()})}));
    EXPECT_EQ(positions(stream_of(acme), 0, 10), (std::vector<std::uint64_t>{1, 3}));
    EXPECT_EQ(positions(stream_of(bob), 0, 10), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(positions(stream_of(bolt), 0, 10), (std::vector<std::uint64_t>{2}));
    EXPECT_EQ(log().version(stream_of(acme)).value(), 2U);
    const auto streams = read({1}, 1).front().streams;
    EXPECT_EQ(streams, (std::vector<StreamVersion>{{stream_of(bolt), 1}, {stream_of(bob), 2}}));
}

TEST_P(LogContract, AStreamIsReadFromAnyVersionOnAndBackwards) {
    for (int n = 0; n < 5; ++n)
        append(commit_of({activated(acme), activated(bolt)}));
    const auto stream = stream_of(acme);
    EXPECT_EQ(positions(stream, 2, 2), (std::vector<std::uint64_t>{5, 7}));
    EXPECT_EQ(positions(stream, 5, 2), (std::vector<std::uint64_t>{}));
    EXPECT_EQ(positions(stream, 0, 0), (std::vector<std::uint64_t>{}));
    EXPECT_EQ(positions_backwards(stream, 0, 3), (std::vector<std::uint64_t>{9, 7, 5}));
    EXPECT_EQ(positions_backwards(stream, 3, 9), (std::vector<std::uint64_t>{3, 1}));
    EXPECT_EQ(positions_backwards(stream, 1, 9), (std::vector<std::uint64_t>{}));
    EXPECT_EQ(positions_backwards(stream, 99, 1), (std::vector<std::uint64_t>{9}));
    EXPECT_EQ(positions_backwards(stream_of(coda), 0, 9), (std::vector<std::uint64_t>{}));
}

TEST_P(LogContract, AStreamThatMovedIsAConflict) {
    append(commit_of({activated(acme)}, {{stream_of(acme), 0}}));
    EXPECT_EQ(append(commit_of({activated(acme)}, {{stream_of(acme), 0}})),
              Outcome{(Conflict{{stream_of(acme), 1}})});
    EXPECT_EQ(append(commit_of({activated(acme)}, {{stream_of(acme), 1}})), recorded(2, 2));
}

TEST_P(LogContract, AStreamThatWasOnlyReadIsAConflictToo) {
    append(commit_of({activated(acme)}));
    EXPECT_EQ(append(commit_of({activated(bolt)}, {{stream_of(acme), 0}, {stream_of(bolt), 0}})),
              Outcome{(Conflict{{stream_of(acme), 1}})});
    EXPECT_EQ(append(commit_of({activated(bolt)}, {{stream_of(coda), 1}})),
              Outcome{(Conflict{{stream_of(coda), 0}})});
    EXPECT_EQ(log().head(), Position{1});
    EXPECT_EQ(log().version(stream_of(bolt)).value(), 0U);
}

TEST_P(LogContract, AVersionFollowsItsStreamAlsoWhereItWasAskedForBefore) {
    EXPECT_EQ(log().version(stream_of(acme)).value(), 0U);
    append(commit_of({activated(acme), activated(acme)}, {{stream_of(acme), 0}}));
    EXPECT_EQ(log().version(stream_of(acme)).value(), 2U);
    const std::vector batch{
        commit_of({activated(acme)}, {{stream_of(acme), 2}}),
        commit_of({activated(acme), activated(bolt)}, {{stream_of(acme), 2}})};  // Conflicts.
    EXPECT_EQ(append(batch).back(), Outcome{(Conflict{{stream_of(acme), 3}})});
    EXPECT_EQ(log().version(stream_of(acme)).value(), 3U);
    EXPECT_EQ(log().version(stream_of(bolt)).value(), 0U);
    open();
    const std::uint64_t kept = is_durable() ? 3 : 0;
    EXPECT_EQ(log().version(stream_of(acme)).value(), kept);
    EXPECT_EQ(append(commit_of({activated(acme)}, {{stream_of(acme), kept}})),
              recorded(kept + 1, kept + 1));
}

TEST_P(LogContract, AVersionIsRightWhileItsStreamIsBegun) {
    constexpr std::uint64_t streams = 300;  // Begun in one batch.
    const auto rounds = short_or_long(40, 1'000);
    auto draft = activated(acme);
    const auto begin = [&](std::uint64_t account) {
        draft.streams = {stream_of(AccountId{account})};
        return commit_of({draft}, {{draft.streams.front(), 0}});
    };
    std::atomic<std::uint64_t> first = 0;
    std::vector<std::thread> askers;
    for (int n = 0; n < 2; ++n) {
        askers.emplace_back([&] {
            while (first < rounds * streams) {
                const auto from = first.load();
                for (auto account = from; account < from + streams; ++account)
                    EXPECT_LE(log().version(stream_of(AccountId{account})).value(), 1U);
            }
        });
    }
    for (std::uint64_t n = 0; n < rounds; ++n, first += streams) {
        std::vector<Commit> batch;
        for (auto account = first.load(); account < first + streams; ++account)
            batch.push_back(begin(account));
        append(batch);
    }
    for (auto& asker : askers)
        asker.join();
    EXPECT_EQ(log().head(), Position{rounds * streams});
    for (std::uint64_t account = 0; account < first; ++account)
        EXPECT_EQ(log().version(stream_of(AccountId{account})).value(), 1U);
}

TEST_P(LogContract, CommitsOfOneBatchBuildOnOneAnother) {
    const auto outcomes =
        append(std::vector{commit_of({activated(acme)}, {{stream_of(acme), 0}}),
                           commit_of({activated(acme)}, {{stream_of(acme), 1}}),
                           commit_of({activated(bolt)}, {{stream_of(acme), 1}}),  // Conflicts,
                           commit_of({activated(coda)}, {{stream_of(bolt), 1}}),  // so this, too.
                           commit_of({activated(coda)}, {{stream_of(acme), 2}})});
    EXPECT_EQ(outcomes,
              (std::vector<Outcome>{recorded(1, 1), recorded(2, 2), Conflict{{stream_of(acme), 2}},
                                    Conflict{{stream_of(bolt), 0}}, recorded(3, 3)}));
}

TEST_P(LogContract, ACommitIsAllOrNothing) {
    auto commit = commit_of({activated(bolt), activated(coda)}, {{stream_of(acme), 7}});
    commit.command = first_request;
    commit.vault = {{"k", "seed"}};
    commit.drawn = {{Sequence::user, 9}};
    append(commit);
    EXPECT_EQ(log().head(), Position{});
    EXPECT_EQ(log().vault("k").value(), std::nullopt);
    EXPECT_EQ(log().find_command(first_request.id, noon).value(), std::nullopt);
    EXPECT_EQ(log().draw(Sequence::user, 1).value(), 1U);
}

TEST_P(LogContract, ACommandThatComesAgainChangesNothing) {
    auto commit = commit_of({activated(acme), activated(acme)});
    commit.command = first_request;
    append(commit);
    const Duplicate earlier{{1}, {2}, first_request.digest, noon};
    EXPECT_EQ(append(commit), Outcome{earlier});
    EXPECT_EQ(log().head(), Position{2});
    EXPECT_EQ(log().find_command(first_request.id, noon).value(), earlier);
    EXPECT_EQ(log().find_command(CommandId{9}, noon).value(), std::nullopt);
}

TEST_P(LogContract, ACommandThatComesTwiceInOneBatchIsFoundToo) {
    auto commit = commit_of({activated(acme)});
    commit.command = first_request;
    const auto outcomes = append(std::vector{commit, commit});
    EXPECT_EQ(outcomes[1], (Outcome{Duplicate{{1}, {1}, first_request.digest, noon}}));
}

TEST_P(LogContract, ADuplicateIsToldBeforeAConflict) {
    auto commit = commit_of({activated(acme)}, {{stream_of(acme), 0}});
    commit.command = first_request;
    append(commit);
    EXPECT_TRUE(std::holds_alternative<Duplicate>(append(commit)));
}

TEST_P(LogContract, ACommandIsRememberedForADay) {
    auto commit = commit_of({activated(acme)});
    commit.command = first_request;
    append(commit);
    const auto day = Log::command_memory;
    const auto id = first_request.id;
    EXPECT_TRUE(log().find_command(id, noon + day).value());
    EXPECT_FALSE(log().find_command(id, noon + day + std::chrono::milliseconds{1}).value());
    commit.time = noon + day + std::chrono::hours{2};
    EXPECT_EQ(append(commit), recorded(2, 2));
    EXPECT_EQ(log().find_command(id, commit.time).value()->first, Position{2});
}

TEST_P(LogContract, TimeNeverDecreases) {
    auto early = commit_of({activated(bolt)});
    early.time = noon - std::chrono::hours{1};
    append(std::vector{commit_of({activated(acme)}), early});
    append(early);
    for (const auto& record : read())
        EXPECT_EQ(record.time, noon);
}

TEST_P(LogContract, AllStreamsAreVisitedInOrder) {
    append(
        std::vector{commit_of({activated(bolt), activated(acme)}), commit_of({activated(bolt)})});
    append(commit_of({activated(coda), activated(acme)}));
    const auto visited = [&](std::size_t most) {
        std::vector<std::pair<StreamVersion, Position>> seen;
        EXPECT_TRUE(log().visit_streams([&](const StreamVersion& at, Position position) {
            seen.emplace_back(at, position);
            return seen.size() < most;
        }));
        return seen;
    };
    std::vector<std::pair<StreamVersion, Position>> expected{{{stream_of(acme), 1}, {2}},
                                                             {{stream_of(acme), 2}, {5}},
                                                             {{stream_of(bolt), 1}, {1}},
                                                             {{stream_of(bolt), 2}, {3}},
                                                             {{stream_of(coda), 1}, {4}}};
    std::ranges::sort(expected);
    EXPECT_EQ(visited(9), expected);
    expected.resize(3);
    EXPECT_EQ(visited(3), expected);
}

TEST_P(LogContract, TheVaultIsWrittenWithItsCommit) {
    auto commit = commit_of({activated(acme)});
    commit.vault = {{"a", "one"}, {"b", "two"}, {"c", std::string{"\0three", 6}}};
    append(commit);
    commit.vault = {{"b", std::nullopt}, {"a", "changed"}, {"none", std::nullopt}};
    append(commit);

    EXPECT_EQ(log().vault("a").value(), "changed");
    EXPECT_EQ(log().vault("b").value(), std::nullopt);
    EXPECT_EQ(log().vault("c").value(), (std::string{"\0three", 6}));
}

TEST_P(LogContract, TheVaultIsVisitedInOrderFromAKeyOnUntilOneHasEnough) {
    auto commit = commit_of({activated(acme)});
    commit.vault = {{"a", "1"}, {"c", "3"}, {"b", "2"}, {"d", "4"}, {"gone", "0"}};
    append(commit);
    commit.vault = {{"gone", std::nullopt}};
    append(commit);

    const auto visited = [&](std::string_view from, std::size_t most) {
        std::string seen;
        EXPECT_TRUE(log().visit_vault(from, [&](std::string_view key, std::string_view value) {
            seen.append(key).append(value);
            return --most > 0;
        }));
        return seen;
    };
    EXPECT_EQ(visited("", 9), "a1b2c3d4");
    EXPECT_EQ(visited("b", 2), "b2c3");
    EXPECT_EQ(visited("bb", 9), "c3d4");
    EXPECT_EQ(visited("e", 9), "");
}

TEST_P(LogContract, NumbersAreDrawnOnce) {
    EXPECT_EQ(log().draw(Sequence::user, 1).value(), 1U);
    EXPECT_EQ(log().draw(Sequence::user, 10).value(), 2U);
    EXPECT_EQ(log().draw(Sequence::user, 1).value(), 12U);
    EXPECT_EQ(log().draw(Sequence::account, 1).value(), 1U);
    auto commit = commit_of({activated(acme)});
    commit.drawn = {{Sequence::session, 50}};  // Not drawn here, as when a log is copied.
    append(commit);
    EXPECT_EQ(log().draw(Sequence::session, 1).value(), 51U);
}

TEST_P(LogContract, ASnapshotIsKeptAndReplaced) {
    append(commit_of({activated(acme), activated(acme)}));
    EXPECT_FALSE(log().snapshot(stream_of(acme)).value());
    ASSERT_TRUE(log().keep_snapshot(stream_of(acme), {1, "one"}));
    ASSERT_TRUE(log().keep_snapshot(stream_of(acme), {2, "two"}));
    const auto kept = log().snapshot(stream_of(acme)).value().value();
    EXPECT_EQ(kept.version, 2U);
    EXPECT_EQ(kept.state, "two");
    EXPECT_FALSE(log().snapshot(stream_of(bolt)).value());
}

TEST_P(LogContract, ASnapshotAheadOfItsStreamIsNotRead) {
    append(commit_of({activated(acme)}));
    ASSERT_TRUE(log().keep_snapshot(stream_of(acme), {2, "two"}));
    EXPECT_FALSE(log().snapshot(stream_of(acme)).value());
}

TEST_P(LogContract, ACheckpointIsKeptAndReplaced) {
    append(commit_of({activated(acme), activated(acme)}));
    EXPECT_FALSE(log().checkpoint("mail").value());
    ASSERT_TRUE(log().keep_checkpoint("mail", {{1}, "one"}));
    ASSERT_TRUE(log().keep_checkpoint("mail", {{2}, std::string{"t\0o", 3}}));
    ASSERT_TRUE(log().keep_checkpoint("other", {{1}, ""}));
    EXPECT_EQ(log().checkpoint("mail").value(), (Checkpoint{{2}, std::string{"t\0o", 3}}));
    EXPECT_EQ(log().checkpoint("other").value(), (Checkpoint{{1}, ""}));
    EXPECT_FALSE(log().checkpoint("mai").value());
}

TEST_P(LogContract, ACheckpointAheadOfTheLogIsNotRead) {
    append(commit_of({activated(acme)}));
    ASSERT_TRUE(log().keep_checkpoint("mail", {{2}, "two"}));
    EXPECT_FALSE(log().checkpoint("mail").value());
}

TEST_P(LogContract, ACheckpointIsKeptWhileAnotherThreadAppends) {
    append(commit_of({activated(acme)}));
    std::atomic<bool> done = false;
    std::thread reactor{[&] {
        while (!done) {
            const auto head = log().head();
            EXPECT_TRUE(log().keep_checkpoint("mail", {head, "state"}));
            EXPECT_EQ(log().checkpoint("mail").value()->position, head);
        }
    }};
    for (int n = 0; n < 50; ++n)
        append(commit_of({activated(acme)}));
    done = true;
    reactor.join();
    EXPECT_EQ(log().head(), Position{51});
}

// RFC 9162, section 2.1.1, without any cleverness.
Hash naive_root(std::span<const Hash> leaves) {
    if (leaves.empty()) return empty_root();
    if (leaves.size() == 1) return leaves.front();
    std::size_t left = 1;
    while (left * 2 < leaves.size())
        left *= 2;
    return node_hash(naive_root(leaves.first(left)), naive_root(leaves.subspan(left)));
}

TEST_P(LogContract, RootsAndNodesAreThoseOfRfc9162) {
    std::vector<Hash> leaves;
    const auto collect = [&](const Stored& stored) {
        leaves.push_back(stored.leaf);
        return true;
    };
    for (std::size_t n = 0; n < 70; ++n) {
        append(commit_of({activated(acme), activated(bolt)}));
        if (n == 33 && is_durable()) open();
    }
    log().read({}, SIZE_MAX, collect).value();
    const std::span all{leaves};
    for (std::size_t size = 0; size <= all.size(); ++size)
        EXPECT_EQ(log().root(size).value(), naive_root(all.first(size))) << size;
    for (unsigned level = 0; level < 8; ++level) {
        const auto width = std::size_t{1} << level;
        for (std::size_t index = 0; (index + 1) * width <= all.size(); ++index) {
            EXPECT_EQ(log().node(level, index).value(),
                      naive_root(all.subspan(index * width, width)))
                << level << "/" << index;
        }
    }
    EXPECT_FALSE(log().root(all.size() + 1));
    std::uint64_t covered = 0;
    const auto visited =
        log().visit_nodes([&](unsigned level, std::uint64_t index, const Hash& hash) {
            EXPECT_EQ(hash, log().node(level, index).value());
            const auto last = (index + 1) << level;
            EXPECT_GE(last, covered);
            EXPECT_EQ(last, level == Log::lowest_visited_level ? covered + 8 : covered);
            covered = last;
            return true;
        });
    EXPECT_TRUE(visited);
    EXPECT_EQ(covered, all.size() / 8 * 8);
    EXPECT_FALSE(log().node(0, all.size()));
    EXPECT_FALSE(log().node(8, 0));
    EXPECT_FALSE(log().node(64, 0));
}

TEST_P(LogContract, AReaderSeesWholeCommitsOnly) {
    constexpr std::size_t events = 3;
    const auto rounds = short_or_long(200, 5'000);
    std::atomic<bool> done = false;
    std::thread reader{[&] {
        bool last_round = false;
        for (std::uint64_t seen = 0; !last_round;) {
            last_round = done;
            const auto head = log().head().number;
            EXPECT_EQ(head % events, 0U);
            EXPECT_GE(head, seen);
            std::uint64_t count = 0;
            log().read({seen}, SIZE_MAX, [&](const Stored&) { return ++count, true; }).value();
            EXPECT_EQ((seen + count) % events, 0U);
            seen += count;
            const auto version = log().version(stream_of(acme)).value();
            EXPECT_EQ(version % events, 0U);
            std::uint64_t from = version;
            log()
                .read_stream_backwards(stream_of(acme), 0, 2 * events,
                                       [&](const Stored&) { return ++from, true; })
                .value();
            // More may have come since; none may have come in part.
            EXPECT_EQ((from - version) % events, 0U);
            EXPECT_GE(from - version, std::min<std::uint64_t>(seen, 2 * events));
            EXPECT_TRUE(log().root(head).has_value());
        }
        EXPECT_EQ(log().head().number, rounds * events);
    }};
    for (std::size_t n = 0; n < rounds; ++n)
        append(commit_of({activated(acme), activated(acme), activated(acme)}));
    done = true;
    reader.join();
}

TEST_P(LogContract, EverythingIsThereAfterReopening) {
    if (!is_durable()) GTEST_SKIP() << "a log in memory ends with its process";
    auto commit = commit_of({activated(acme), activated(bolt)});
    commit.command = first_request;
    commit.vault = {{"k", "seed"}};
    append(commit);
    ASSERT_TRUE(log().keep_snapshot(stream_of(acme), {1, "one"}));
    ASSERT_TRUE(log().keep_checkpoint("mail", {{2}, "two"}));
    const auto root = log().root(2).value();
    for (int round = 0; round < 3; ++round) {
        open();
        EXPECT_EQ(log().head(), Position{2});
        EXPECT_EQ(numbers(read()), (std::vector<std::uint64_t>{1, 2}));
        EXPECT_EQ(log().version(stream_of(bolt)).value(), 1U);
        EXPECT_EQ(log().vault("k").value(), "seed");
        EXPECT_EQ(log().snapshot(stream_of(acme)).value()->state, "one");
        EXPECT_EQ(log().checkpoint("mail").value()->state, "two");
        EXPECT_TRUE(std::holds_alternative<Duplicate>(append(commit)));
        EXPECT_EQ(log().root(2).value(), root);
    }
    auto early = commit_of({activated(acme)}, {{stream_of(acme), 1}});
    early.time = Time{};
    EXPECT_EQ(append(early), recorded(3, 3));
    EXPECT_EQ(read({2}).front().time, noon);
}

TEST_P(LogContract, NumbersThatACommitUsedAreNotDrawnAgain) {
    if (!is_durable()) GTEST_SKIP() << "a log in memory ends with its process";
    EXPECT_EQ(log().draw(Sequence::user, 5).value(), 1U);
    auto commit = commit_of({activated(acme)});
    commit.drawn = {{Sequence::user, 3}};
    append(commit);
    open();
    EXPECT_EQ(log().draw(Sequence::user, 1).value(), 4U) << "4 and 5 were drawn, but never used";
    EXPECT_EQ(log().draw(Sequence::account, 1).value(), 1U);
}

}  // namespace
}  // namespace muster
