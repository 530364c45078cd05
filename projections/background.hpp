// A thread that gives way to all others: takes one piece of work at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace muster::views {

class Background {
public:
    // `done` is called from the thread after each piece.
    explicit Background(std::function<void()> done);
    ~Background();  // After the piece at hand.
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Only where it is not busy.
    void give(std::function<void()> work);
    // What was given last is not done yet.
    bool busy() const;

private:
    void run();

    const std::function<void()> done_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> work_;
    bool stopping_ = false;
    std::thread thread_;  // Last: it uses the others.
};

}  // namespace muster::views
