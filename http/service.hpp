// The interface as a whole: takes a request through its route to a query's or a command's answer.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "events/ip_address.hpp"
#include "handlers/committer.hpp"
#include "handlers/forgetter.hpp"
#include "handlers/mailer.hpp"
#include "handlers/passwords.hpp"
#include "handlers/retention.hpp"
#include "http/call.hpp"
#include "http/exports.hpp"
#include "http/feed.hpp"
#include "http/metrics.hpp"
#include "http/route.hpp"
#include "http/server.hpp"
#include "projections/runner.hpp"
#include "projections/view_store.hpp"

namespace muster::http {

// Where erased bytes may lie, beside the views.
struct ForgettingFiles {
    std::filesystem::path ledger;  // See events/forgotten.hpp.
    std::function<std::expected<void, Fault>(const std::stop_token&)> purge_log;
};

struct ServiceOptions {
    std::string public_url = "http://127.0.0.1:8080";
    std::string log_origin{};  // Empty: the public URL without its scheme, and /v1/log.
    std::function<Time()> clock = system_time;  // Any thread.
    std::chrono::seconds clock_offset{};
    std::vector<IpNetwork> trusted_proxies{};  // Whose X-Forwarded-For counts.
    Committer::Options committer{};
    PasswordPool::Options passwords{};
    std::optional<MailOptions> mail{};  // Absent: mail stays in the outbox.
    bool metrics_apart{};               // GET /metrics is `handle_metrics` alone.
    // How long an answer waits for the views, and a query for a position.
    std::chrono::milliseconds longest_wait{2000};
    std::optional<ForgettingFiles>
        forgetting{};         // Absent: what is erased stays in files for a while.
    std::uint64_t epoch = 1;  // Of the folder: above 1 it was restored from a backup.
};

class Service {
public:
    // The log, the keys and the store outlive it. `failure` is called once, when the log can take
    // no more.
    Service(Log& log, const Keys& keys, views::ViewStore& store, ServiceOptions options,
            Committer::Failure failure);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Called on the server's threads; answers from whatever thread has the answer.
    void handle(Request&& request, Responder responder);
    // At an address of its own: GET /metrics, and nothing else.
    void handle_metrics(Request&& request, Responder responder);
    // The words for what the edge refuses.
    static Response edge_refusal(int status, std::string_view code, std::string_view detail);
    // For whoever measures something more.
    Metrics& metrics() { return metrics_; }

    // The one-time link of the first admin; empty once there is one.
    std::string setup_link() const;
    // Whether every view answers.
    bool ready() const { return runner_.ready(); }

    // Decides and makes durable what was accepted, and answers it. Call it after the server took
    // its last request.
    void stop();

private:
    // A command between its steps.
    struct Pending;

    void start(Call&& call, const Route& route, Responder responder);
    void wait_for_views(Position least, Call&& call, const Route& route, Responder responder);
    void answer_now(Call& call, const Route& route, Responder& responder);
    void start_command(Call&& call, const Route& route, Responder responder);
    std::expected<std::optional<Holder>, Fault> find_holder(const Check& check) const;
    void check_password(std::shared_ptr<Pending> pending);
    void renew_hash(std::shared_ptr<Pending> pending);
    void check_code(std::shared_ptr<Pending> pending);
    void refuse_attempt(std::shared_ptr<Pending> pending, const Problem& problem, AttemptKind kind);
    void hash_password(std::shared_ptr<Pending> pending);
    void submit(std::shared_ptr<Pending> pending);
    std::vector<Measure> measure();
    bool may_follow(const Feed::Follower& follower) const;
    void record_use(const Call& call);
    void retire(std::shared_ptr<Pending> pending, Accepted accepted);
    std::expected<Retirer::Candidates, Fault> find_unused(const Retention& retention, Time now,
                                                          const std::string& after) const;
    std::expected<std::vector<Forgetter::Sent>, Fault> find_sent(const EmailKey& address,
                                                                 Time until,
                                                                 Position position) const;
    std::expected<bool, Fault> purge(Position position, const std::stop_token& stop);
    void finish(std::vector<Committer::Completion> completions, Position head);
    void answer(Pending& pending, Result result);
    void refuse(Pending& pending, const Problem& problem);
    std::optional<Problem> claim(Pending& pending);
    void release(Pending& pending);

    Log& log_;
    const Keys& keys_;
    views::ViewStore& store_;
    ServiceOptions options_;
    Keyring keyring_;
    const Position opening_;  // The log's head at the start: nobody is answered from before it.
    Metrics metrics_;
    Services services_;
    std::mutex mutex_;
    std::set<CommandId> running_;  // Commands with an Idempotency-Key that are on their way.
    std::set<SessionId> recording_use_;
    std::atomic<Mailer*> wakes_{};  // Set once, when there is one, as the next.
    std::atomic<Forgetter*> forgets_{};
    Position purged_;  // The forgetter's thread's.
    Committer committer_;
    Exports exports_;
    Feed feed_;
    PasswordPool passwords_;
    Retirer retirer_;
    std::unique_ptr<Mailer> mailer_;
    std::unique_ptr<Forgetter> forgetter_;
    views::Runner runner_;  // Last: what waits for it uses the others.
};

}  // namespace muster::http
