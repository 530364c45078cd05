// The reactor that does what retention asks for: once a day by itself, and when an administrator
// asks. What it does is done by System, account by account, each decided on the durable states; who
// starts a run decides nothing in it. Rules X11 to X17.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "aggregates/retention.hpp"
#include "handlers/committer.hpp"

namespace muster {

// What a look ahead goes by: what would be set, and which accounts the run would have deleted until
// then. Rule X13.
struct LookAhead {
    Retention retention;
    std::set<AccountId> gone{};
};
// One account that nobody uses any more, as long as that is so and is set. Rules X12, X14, X15,
// X17. Null: no look ahead.
Decision retire_account(Work& work, const LastUse& use, LookAhead* ahead = nullptr);
// With what is set; or, for a look ahead, with what would be set once this is changed. Rule X13.
Decision start_retention_run(Work& work, const ChangeSettings& changes);

// What a run did or, in a dry run, would do.
struct RetentionReport {
    std::uint32_t accounts_deleted{}, users_deleted{}, accounts_deactivated{};
    std::vector<Event> events;  // Of a dry run: those of the first accounts.
    Position last;              // Of the last event; zero where nothing was done.

    bool empty() const { return accounts_deleted + users_deleted + accounts_deactivated == 0; }
};

class Retirer {
public:
    static constexpr std::chrono::minutes first_run_after{1};
    static constexpr std::chrono::hours between_runs{24};
    static constexpr std::size_t most_events_shown = 1000;

    // Accounts that may be meant, from behind `after` on, and where to go on; an empty `next` ends
    // it. Every one that is meant is among them, unless something happened to it just now.
    struct Candidates {
        std::vector<LastUse> accounts;
        std::string next;
    };
    using Find = std::function<std::expected<Candidates, Fault>(
        const Retention& retention, Time now, const std::string& after)>;
    using Done = std::move_only_function<void(std::expected<RetentionReport, Error>)>;
    struct Asked {
        Mode mode{};
        Retention retention;  // A run that is no look ahead ends where it is set otherwise.
        Position start{};     // Zero: the run of the day.
        TraceId trace{};
        Done done;
    };

    // Everything outlives it. By the clock the first run is a minute after the start.
    Retirer(const Log& log, Committer& committer, Committer::Clock clock, Find find);
    ~Retirer();  // As `stop`.
    Retirer(const Retirer&) = delete;
    Retirer& operator=(const Retirer&) = delete;

    // One run after the other. Calls `done` at once, with `busy`, where too many wait.
    void ask(Asked asked);

    std::uint64_t runs() const { return runs_; }  // That have ended, by themselves or asked for.

    // Ends a run between two accounts. Idempotent. Before the committer stops.
    void stop();

private:
    void work();
    void run_daily();
    std::expected<RetentionReport, Error> run(const Asked& asked);
    bool retire(const Asked& asked, const std::shared_ptr<LookAhead>& ahead,
                std::vector<LastUse> accounts, RetentionReport& report);
    std::optional<Error> record_end(const Asked& asked, RetentionReport& report);
    std::vector<Result> commit(const Asked& asked,
                               const std::vector<std::function<Decision(Work&)>>& use_cases);
    bool stopping();

    const Log& log_;
    Committer& committer_;
    Committer::Clock clock_;
    Find find_;
    Time due_;
    std::atomic<std::uint64_t> runs_{};
    std::mutex mutex_;
    std::condition_variable waiting_;
    std::deque<Asked> queue_;
    bool stopping_{};
    std::thread thread_;
};

}  // namespace muster
