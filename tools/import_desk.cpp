#include "tools/import_desk.hpp"

#include <fmt/format.h>

namespace muster::tools {
namespace {

// Nothing else is in memory beside an import.
constexpr Committer::Options import_options{
    .queue = SIZE_MAX, .batch = 2048, .cache_bytes = std::size_t{256} << 20};

}  // namespace

ImportDesk::ImportDesk(Log& log, const Keys& keys) : keyring_(log, keys, keys_of_those) {
    committer_.emplace(
        log, keyring_, keys, system_time,
        [this](std::vector<Committer::Completion> completions, Position) {
            take(std::move(completions));
        },
        [this](const Fault& fault) { fail(fault); }, import_options);
}

bool ImportDesk::submit(std::function<Decision(Work&)> use_case) {
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return under_way_ < most_under_way || fault_; });
        if (fault_) return false;
        ++under_way_;
    }
    Request request;
    request.credential = AsSystem{};
    request.use_case = std::move(use_case);
    request.done = [this](const Result& result) {
        if (!result)
            fail({Fault::Kind::unavailable,
                  fmt::format("a record was refused: {} ({})", result.error().message,
                              result.error().code)});
    };
    committer_->submit(std::move(request));
    return true;
}

std::expected<void, Fault> ImportDesk::finish() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return under_way_ == 0 || fault_; });
    if (fault_) return std::unexpected(*fault_);
    return {};
}

void ImportDesk::take(std::vector<Committer::Completion> completions) {
    for (auto& each : completions)
        each.done(std::move(each.result));
    const std::lock_guard lock{mutex_};
    under_way_ -= completions.size();
    changed_.notify_all();
}

void ImportDesk::fail(const Fault& fault) {
    const std::lock_guard lock{mutex_};
    if (!fault_) fault_ = fault;
    changed_.notify_all();
}

}  // namespace muster::tools
