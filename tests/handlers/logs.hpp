// Logs to which something happens: they are held up, slow, broken, or somebody else writes first.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "tests/handlers/desk.hpp"

namespace muster::desk {

// Holds every append up while it is closed.
class GatedLog final : public PassingLog {
public:
    using PassingLog::PassingLog;

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        std::unique_lock lock{mutex_};
        ++appends_;
        ++waiting_;
        moved_.notify_all();
        moved_.wait(lock, [this] { return open_ || passes_ > 0; });
        if (!open_) --passes_;
        --waiting_;
        lock.unlock();
        return log_.append(commits);
    }

    void close() { set(false); }
    void open() { set(true); }
    void let_one_pass() {
        const std::lock_guard lock{mutex_};
        ++passes_;
        moved_.notify_all();
    }
    // Until an append that nobody let pass yet waits here.
    void wait_until_held() {
        std::unique_lock lock{mutex_};
        moved_.wait(lock, [this] { return waiting_ > passes_; });
    }
    int appends() {
        const std::lock_guard lock{mutex_};
        return appends_;
    }

private:
    void set(bool open) {
        const std::lock_guard lock{mutex_};
        open_ = open;
        moved_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable moved_;
    bool open_ = true;
    int waiting_ = 0, passes_ = 0, appends_ = 0;
};

// Calls `before` ahead of each append: room for another writer.
class RivalLog final : public PassingLog {
public:
    using PassingLog::PassingLog;
    std::function<void()> before;

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        if (before) before();
        return log_.append(commits);
    }
};

// A log that takes its time, so that batches grow.
class SlowLog final : public PassingLog {
public:
    using PassingLog::PassingLog;

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        std::this_thread::sleep_for(1ms);
        return log_.append(commits);
    }
};

// What several writers need of a log: a commit that builds on one of the same append that was not
// recorded is not recorded either, even if another writer moved the stream just as far.
class ChainingLog final : public PassingLog {
public:
    using PassingLog::PassingLog;

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        std::vector<Outcome> outcomes;
        std::set<StreamId> missing;
        for (const auto& commit : commits) {
            outcomes.push_back(append_one(commit, missing));
            if (std::holds_alternative<Recorded>(outcomes.back())) continue;
            for (const auto& draft : commit.events)
                missing.insert(draft.streams.begin(), draft.streams.end());
        }
        return outcomes;
    }

private:
    Outcome append_one(const Commit& commit, const std::set<StreamId>& missing) {
        for (const auto& [stream, version] : commit.read) {
            if (missing.contains(stream)) return Conflict{{stream, *log_.version(stream)}};
        }
        return log_.append({&commit, 1})->front();
    }
};

// Records the next append, and loses the answer.
class ForgetfulLog final : public PassingLog {
public:
    using PassingLog::PassingLog;
    std::atomic<bool> forgets{};

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        auto outcomes = log_.append(commits);
        if (forgets.exchange(false)) outcomes->assign(commits.size(), Outcome{Unknown{}});
        return outcomes;
    }
};

// Works until it is broken.
class BrokenLog final : public PassingLog {
public:
    using PassingLog::PassingLog;
    std::atomic<bool> writing_fails{}, reading_fails{};

    std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) override {
        if (writing_fails) return std::unexpected(fault);
        return log_.append(commits);
    }
    std::expected<std::uint64_t, Fault> version(const StreamId& stream) const override {
        if (reading_fails) return std::unexpected(fault);
        return log_.version(stream);
    }

private:
    const Fault fault{Fault::Kind::unavailable, "no space left"};
};

}  // namespace muster::desk
