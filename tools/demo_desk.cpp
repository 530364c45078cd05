#include "tools/demo_desk.hpp"

#include <algorithm>

namespace muster::tools {
namespace {

// There is nothing beside a demo, so it may take more than a server does.
constexpr std::size_t demo_keys = 1 << 19;
constexpr Committer::Options roomy{
    .queue = SIZE_MAX, .batch = 2048, .cache_bytes = std::size_t{256} << 20};

}  // namespace

DemoDesk::DemoDesk(Log& log, const Keys& keys) : keyring_(log, keys, demo_keys) {
    committer_.emplace(
        log, keyring_, keys, [this] { return next_time(); },
        [this](std::vector<Committer::Completion> completions, Position) {
            take(std::move(completions));
        },
        [this](const Fault& fault) {
            const std::lock_guard lock{mutex_};
            fault_ = fault;
            settled_.notify_all();
        },
        roomy);
}

// The committer asks once a command, in their order, so that each has the time that it was given.
Time DemoDesk::next_time() {
    const std::lock_guard lock{mutex_};
    if (!times_.empty()) {
        now_ = times_.front();
        times_.pop_front();
    }
    return now_;
}

void DemoDesk::take(std::vector<Committer::Completion> completions) {
    for (auto& each : completions)
        each.done(std::move(each.result));
    const std::lock_guard lock{mutex_};
    missing_ -= completions.size();
    if (missing_ == 0) settled_.notify_all();
}

void DemoDesk::submit(DemoCommand& command, Time at, std::size_t place) {
    {
        const std::lock_guard lock{mutex_};
        times_.push_back(at);
    }
    Request request;
    request.credential = command.who;
    request.ip = std::move(command.ip);
    request.rule = command.rule;
    request.account = command.account;
    request.use_case = std::move(command.use_case);
    request.done = [this, place](Result result) { results_[place] = std::move(result); };
    committer_->submit(std::move(request));
}

std::expected<void, Fault> DemoDesk::settle(std::vector<DemoCommand> wave, Time from, Time until,
                                            const Accepted& accepted) {
    results_.assign(wave.size(), std::nullopt);
    missing_ = wave.size();
    const auto step = (until.ms - from.ms) / static_cast<std::int64_t>(wave.size() + 1);
    auto at = from;
    for (std::size_t place = 0; place < wave.size(); ++place) {
        at.ms += step;
        submit(wave[place], at, place);
    }
    {
        std::unique_lock lock{mutex_};
        settled_.wait(lock, [&] { return missing_ == 0 || fault_; });
        if (fault_) return std::unexpected(*fault_);
    }
    for (std::size_t place = 0; place < wave.size(); ++place) {
        const auto& result = *results_[place];
        refused_ += !result;
        if (!result) continue;
        accepted(result->events);
        if (wave[place].then) wave[place].then(result->events);
    }
    return {};
}

}  // namespace muster::tools
