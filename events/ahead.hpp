// Makes things one after the other in a thread of its own, ahead of who takes them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace muster {

template <class Thing>
class Ahead {
public:
    // `make` gives the next one, absent at the end; it is called by the thread only, which waits
    // while `most` of them have not been taken.
    Ahead(std::size_t most, std::function<std::optional<Thing>()> make)
        : most_(most), make_(std::move(make)), thread_([this] { run(); }) {}
    ~Ahead() {
        {
            const std::lock_guard lock{mutex_};
            over_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Ahead(const Ahead&) = delete;
    Ahead& operator=(const Ahead&) = delete;

    // In the order in which they were made; absent at the end.
    std::optional<Thing> take() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return !made_.empty() || over_; });
        if (made_.empty()) return std::nullopt;
        auto thing = std::move(made_.front());
        made_.pop_front();
        changed_.notify_all();
        return thing;
    }

private:
    void run() {
        for (auto thing = make_(); thing; thing = make_()) {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return made_.size() < most_ || over_; });
            if (over_) return;
            made_.push_back(*std::move(thing));
            changed_.notify_all();
        }
        const std::lock_guard lock{mutex_};
        over_ = true;
        changed_.notify_all();
    }

    const std::size_t most_;
    const std::function<std::optional<Thing>()> make_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Thing> made_;
    bool over_ = false;
    std::thread thread_;  // Last: it uses the others.
};

}  // namespace muster
