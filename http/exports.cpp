#include "http/exports.hpp"

#include <chrono>
#include <utility>

namespace muster::http {

Exports::Exports(Options options) : options_(options) {
    for (unsigned n = 0; n < options_.threads; ++n)
        threads_.emplace_back([this] { work(); });
}

Exports::~Exports() { stop(); }

void Exports::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        jobs_.clear();
    }
    waiting_.notify_all();
    for (auto& thread : std::exchange(threads_, {}))
        thread.join();
}

bool Exports::add(Response& response, Responder& responder) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || jobs_.size() >= options_.queue) return false;
        jobs_.emplace_back(std::move(response), std::move(responder));
    }
    waiting_.notify_one();
    return true;
}

void Exports::work() {
    std::unique_lock lock{mutex_};
    while (true) {
        waiting_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        auto [response, responder] = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        send(std::move(response), std::move(responder));
        lock.lock();
    }
}

void Exports::send(Response response, Responder responder) {
    const auto more = std::move(response.more);
    response.more = nullptr;
    auto stream = responder.stream(std::move(response));
    std::string piece;
    for (bool goes_on = true; goes_on;) {
        piece.clear();
        goes_on = more(piece);
        if (!piece.empty() && !stream.send(piece)) return;
        if (!wait_for_reader(stream)) return;
    }
}

// False: everything ends.
bool Exports::wait_for_reader(const Stream& stream) {
    constexpr std::chrono::milliseconds look_again{5};
    std::unique_lock lock{mutex_};
    while (!stopping_ && stream.waiting() > options_.ahead_bytes)
        waiting_.wait_for(lock, look_again);
    return !stopping_;
}

}  // namespace muster::http
