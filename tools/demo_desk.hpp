// The write side as the demo uses it: commands in waves, each at a time of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <expected>
#include <mutex>
#include <optional>
#include <vector>

#include "handlers/committer.hpp"

namespace muster::tools {

struct DemoCommand {
    std::variant<Credential, AsSystem> who;
    std::string ip;
    AccessRule rule;
    std::optional<AccountId> account;
    std::function<Decision(Work&)> use_case;
    std::function<void(const Events&)> then{};  // Once it is durable, if it was accepted.
};

class DemoDesk {
public:
    DemoDesk(Log& log, const Keys& keys);

    // Gives the commands, in their order, at times spread over a span, and waits for all of them;
    // then calls accepted(events) and the command's own `then` for each that was accepted, in the
    // same order.
    using Accepted = std::function<void(const Events&)>;
    std::expected<void, Fault> settle(std::vector<DemoCommand> wave, Time from, Time until,
                                      const Accepted& accepted);

    std::uint64_t refused() const { return refused_; }

private:
    Time next_time();
    void take(std::vector<Committer::Completion> completions);
    void submit(DemoCommand& command, Time at, std::size_t place);

    Keyring keyring_;
    std::mutex mutex_;
    std::condition_variable settled_;
    std::deque<Time> times_;  // Of what was submitted and is not decided yet.
    Time now_;
    std::vector<std::optional<Result>> results_;
    std::size_t missing_{};
    std::optional<Fault> fault_;
    std::uint64_t refused_{};
    std::optional<Committer> committer_;  // Last: its threads use the others.
};

}  // namespace muster::tools
