// The committing thread: takes every request that waits, decides each on the states, and makes all
// of a batch durable in one write, while the next batch is decided already. Two threads: one
// decides, one writes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "aggregates/access.hpp"
#include "events/log.hpp"
#include "handlers/work.hpp"

namespace muster {

// Who a request says it is, by what was verified already: a token's MAC.
using Credential = std::variant<std::monostate, SessionId, ApiKeyId>;

// Whose key, and whose secrets, go with the event.
std::optional<Subject> erased_by(const Event& event);

// For timers and tools: acts as System.
struct AsSystem {};

// The version that a stream must have (If-Match, RFC 9110 section 13.1.1).
struct Expected {
    StreamId stream;
    std::vector<std::uint64_t> versions;  // Any of them.
};

enum class Mode : std::uint8_t { commit, dry_run };

// What was decided and is durable; or would be written, in a dry run; or stands since an earlier
// time.
struct Accepted {
    Position position;  // Of the last event; the log's head where nothing was written.
    Time at;
    Actor actor;
    Caller caller;    // As the decision found it.
    Events events;    // With personal data open, unless erased since.
    bool repeated{};  // Answered before, to the same command id.
};
using Result = std::expected<Accepted, Error>;
using Done = std::move_only_function<void(Result)>;

struct Request {
    std::variant<Credential, AsSystem> credential;
    std::string ip;  // The caller's, 4 or 16 bytes; may be empty.
    TraceId trace{};
    AccessRule rule;
    std::optional<AccountId> account;  // The one that the rule is about,
    std::optional<TicketId> ticket;    // or the ticket whose account it is about.
    std::optional<CommandKey> command;
    std::optional<Expected> expected;
    Mode mode{};
    std::function<Decision(Work&)> use_case;
    Done done;
};

inline constexpr Error busy{ErrorKind::busy, "server.busy",
                            "The server is busy; try again in a moment."};
inline constexpr Error stale{ErrorKind::stale, "request.stale",
                             "This has changed since you read it."};

class Committer {
public:
    struct Options {
        std::size_t queue = 4096;  // Requests that may wait; more are refused at once.
        std::size_t batch = 512;   // Requests in one batch at most.
        std::size_t cache_bytes = 24 << 20;
        RateLimits limits = RateLimits::on;
    };
    // What a batch came to, in order, once it is durable. Called from the writing thread, `head`
    // being the newest position.
    struct Completion {
        Done done;
        Result result;
    };
    using Sink = std::function<void(std::vector<Completion>, Position head)>;
    // A fault of the log: no answer will come any more, and the process has to end.
    using Failure = std::function<void(const Fault&)>;
    using Clock = std::function<Time()>;

    Committer(Log& log, Keyring& keyring, const Keys& keys, Clock clock, Sink sink, Failure failure,
              Options options);
    Committer(Log& log, Keyring& keyring, const Keys& keys, Clock clock, Sink sink, Failure failure)
        : Committer(log, keyring, keys, std::move(clock), std::move(sink), std::move(failure),
                    Options{}) {}
    ~Committer();  // As `stop`.
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    // From any thread. Calls `done` at once, with `busy`, when the queue is full or the committer
    // stopped.
    void submit(Request request);

    // Finishes what was accepted; then takes no more. Idempotent.
    void stop();

    struct Counts {
        std::size_t waiting{};    // Requests that nobody decides yet.
        std::uint64_t batches{};  // That were made durable.
    };
    Counts counts();

private:
    struct Item {
        Request request;
        Result result;
        std::optional<std::size_t> commit;  // Its place in the batch's commits.
        unsigned attempts{};
    };
    struct Batch {
        std::uint64_t number{};
        std::vector<Item> items{};
        std::vector<Commit> commits{};
        std::vector<std::pair<StreamId, Snapshot>> snapshots{};
    };

    void decide_all();
    void write_all();
    bool take(std::vector<Item>& taken, Batch& batch);
    void decide(Item item, Batch& batch);
    Result judge(Item& item, Work& work);
    std::optional<Result> repeated(const Request& request, const Work& work);
    bool stage(Item& item, Work& work, Batch& batch);
    void settle(Batch& batch, const std::vector<Outcome>& outcomes);
    std::pair<Position, bool> end_writing(std::uint64_t batch, std::uint64_t written,
                                          bool conflicted, std::vector<Item> again);
    void decide_again(Batch& batch);
    void fail(const Fault& fault);

    Log& log_;
    Keyring& keyring_;
    const Keys& keys_;
    Clock clock_;
    Sink sink_;
    Failure failure_;
    Options options_;
    States states_;
    Ids ids_;
    Time latest_;

    std::mutex mutex_;
    std::condition_variable decider_, writer_;
    std::deque<Item> queue_;
    std::optional<Batch> handed_;  // Waits for the writing thread.
    bool writing_{};
    std::uint64_t durable_{};  // The newest batch that is durable.
    Position head_;            // The log's, as far as the states follow it.
    bool stale_{};             // The states hold what never was, or lack what others wrote.
    std::vector<Item> again_;  // What has to be decided again for that.
    bool stopping_{}, failed_{}, decided_{};
    std::thread deciding_, writing_thread_;
};

// For reactors: has System do it, and waits. Whether it was decided; false, too, where that takes
// half a minute.
bool commit_as_system(Committer& committer, const std::function<Decision(Work&)>& use_case);

}  // namespace muster
