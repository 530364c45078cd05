// Where the import's commands are decided and written: a committer that is kept busy, with so many
// commands on their way at once and no more.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "handlers/committer.hpp"

namespace muster::tools {

class ImportDesk {
public:
    ImportDesk(Log& log, const Keys& keys);

    // Waits until there is room. False: there was a fault.
    bool submit(std::function<Decision(Work&)> use_case);
    // Waits until all is durable. What was refused is a fault here: the plan had looked before.
    std::expected<void, Fault> finish();

private:
    static constexpr std::size_t most_under_way = 8192;
    static constexpr std::size_t keys_of_those = 1 << 18;  // Several subjects a command.

    void take(std::vector<Committer::Completion> completions);
    void fail(const Fault& fault);

    Keyring keyring_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t under_way_{};
    std::optional<Fault> fault_;
    std::optional<Committer> committer_;  // Last: it ends first.
};

}  // namespace muster::tools
