#include "projections/background.hpp"

#include <sys/resource.h>
#include <utility>

namespace muster::views {
namespace {

constexpr int not_urgent = 10;  // nice(1): about a tenth of what others get, where all want all.

}  // namespace

Background::Background(std::function<void()> done)
    : done_(std::move(done)), thread_([this] { run(); }) {}

Background::~Background() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Background::give(std::function<void()> work) {
    {
        const std::lock_guard lock{mutex_};
        work_ = std::move(work);
    }
    changed_.notify_one();
}

bool Background::busy() const {
    const std::lock_guard lock{mutex_};
    return work_ != nullptr;
}

void Background::run() {
    setpriority(PRIO_PROCESS, 0, not_urgent);  // On Linux of this thread alone.
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [&] { return work_ != nullptr || stopping_; });
        if (work_ == nullptr) return;
        const auto work = work_;
        lock.unlock();
        work();
        lock.lock();
        work_ = nullptr;
        lock.unlock();
        done_();
        lock.lock();
    }
}

}  // namespace muster::views
