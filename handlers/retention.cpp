#include "handlers/retention.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "handlers/accounts.hpp"
#include "handlers/fold.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 16;
constexpr std::chrono::milliseconds between_looks_at_clock{500};  // Which a drill may move.
constexpr std::chrono::milliseconds before_trying_again{50};
constexpr std::chrono::seconds longest_decision{30};

constexpr Error interrupted{ErrorKind::busy, "server.busy",
                            "The run was broken off; the next one goes on."};

// Whether somebody who is signed in has it chosen: what the views do not show yet, this does.
bool is_chosen(Work& work, const Account& account) {
    return std::ranges::any_of(account.users, [&](const auto& member) {
        return std::ranges::any_of(work.read(member.first).sessions, [&](const auto& each) {
            const auto& session = work.read(each.first);
            return session.live(work.now()) && session.account == account.id;
        });
    });
}

void count(RetentionReport& report, const Accepted& accepted, Mode mode) {
    for (const auto& event : accepted.events) {
        report.accounts_deleted += std::holds_alternative<AccountDeleted>(event);
        report.users_deleted += std::holds_alternative<UserDeleted>(event);
        report.accounts_deactivated += std::holds_alternative<AccountDeactivated>(event);
    }
    if (accepted.events.empty()) return;
    if (mode == Mode::commit) {
        report.last = std::max(report.last, accepted.position);
    } else if (report.events.size() < Retirer::most_events_shown) {
        std::ranges::copy(accepted.events, std::back_inserter(report.events));
    }
}

// As if what the run deleted before were gone, so that who has no other account is known.
Decision delete_ahead(Work& work, const Account& account, DeleteAccount::Users mode,
                      LookAhead& ahead) {
    std::vector<User> users;
    for (const auto& [id, permissions] : account.users) {
        users.push_back(work.read(id));
        std::erase_if(users.back().accounts, [&](const auto& tie) {
            return tie.first != account.id && ahead.gone.contains(tie.first);
        });
    }
    std::vector<const User*> pointers;
    for (const auto& user : users)
        pointers.push_back(&user);
    ahead.gone.insert(account.id);
    return when(account, pointers, DeleteAccount{mode});
}

}  // namespace

Decision retire_account(Work& work, const LastUse& use, LookAhead* ahead) {
    const auto& account = work.read(use.account);
    const auto& retention = ahead != nullptr ? ahead->retention : work.settings().retention;
    switch (retirement_of(account, use, retention, work.now())) {
        case Retirement::none:
            break;
        case Retirement::deactivation:
            if (is_chosen(work, account)) break;
            return update_account(work, use.account, {{}, AccountStatus::inactive});
        case Retirement::pruning: {
            const auto users = retention.delete_users == Switch::on ? DeleteAccount::Users::go
                                                                    : DeleteAccount::Users::stay;
            return ahead != nullptr ? delete_ahead(work, account, users, *ahead)
                                    : delete_account(work, use.account, users);
        }
    }
    return already_so;
}

Decision start_retention_run(Work& work, const ChangeSettings& changes) {
    return when(StartRetentionRun{changed(work.settings().retention, changes)});
}

Retirer::Retirer(const Log& log, Committer& committer, Committer::Clock clock, Find find)
    : log_(log),
      committer_(committer),
      clock_(std::move(clock)),
      find_(std::move(find)),
      due_(clock_() + first_run_after),
      thread_([this] { work(); }) {}

Retirer::~Retirer() { stop(); }

void Retirer::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    waiting_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (auto& asked : std::exchange(queue_, {}))
        asked.done(std::unexpected(interrupted));
}

bool Retirer::stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

void Retirer::ask(Asked asked) {
    {
        const std::lock_guard lock{mutex_};
        if (!stopping_ && queue_.size() < most_waiting) {
            queue_.push_back(std::move(asked));
            waiting_.notify_one();
            return;
        }
    }
    asked.done(std::unexpected(busy));
}

void Retirer::work() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        if (!queue_.empty()) {
            auto asked = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            auto report = run(asked);
            ++runs_;
            asked.done(std::move(report));
            lock.lock();
        } else if (clock_() >= due_) {
            lock.unlock();
            run_daily();
            lock.lock();
        } else {
            waiting_.wait_for(lock, between_looks_at_clock);
        }
    }
}

// What cannot be done today, for a fault or a flood, is tomorrow's.
void Retirer::run_daily() {
    due_ = clock_() + between_runs;
    const auto settings = fold(log_, stream_of(SettingsKey{}), Settings{});
    if (settings) {
        static_cast<void>(
            run({.retention = settings->retention, .trace = random_bytes<TraceId>(), .done = {}}));
    }
    ++runs_;
}

std::expected<RetentionReport, Error> Retirer::run(const Asked& asked) {
    RetentionReport report;
    const auto now = clock_();
    const auto ahead = asked.mode == Mode::dry_run
                           ? std::make_shared<LookAhead>(LookAhead{asked.retention})
                           : nullptr;
    std::string after;
    do {
        auto found = find_(asked.retention, now, after);
        if (!found || stopping()) return std::unexpected(interrupted);
        if (!retire(asked, ahead, std::move(found->accounts), report))
            return std::unexpected(interrupted);
        after = std::move(found->next);
    } while (!after.empty());
    if (asked.mode == Mode::commit && (asked.done || !report.empty())) {
        if (const auto error = record_end(asked, report)) return std::unexpected(*error);
    }
    return report;
}

// All of them, those that the committer had no room for again and again. False: broken off.
bool Retirer::retire(const Asked& asked, const std::shared_ptr<LookAhead>& ahead,
                     std::vector<LastUse> accounts, RetentionReport& report) {
    while (!accounts.empty()) {
        std::vector<std::function<Decision(Work&)>> use_cases;
        for (const auto& use : accounts)
            use_cases.emplace_back(
                [use, ahead](Work& work) { return retire_account(work, use, ahead.get()); });
        const auto results = commit(asked, use_cases);
        if (results.size() != accounts.size()) return false;
        std::vector<LastUse> again;
        for (std::size_t n = 0; n < results.size(); ++n) {
            if (results[n]) {
                count(report, *results[n], asked.mode);
            } else if (results[n].error().kind == ErrorKind::busy) {
                again.push_back(accounts[n]);
            }
        }
        accounts = std::move(again);
        if (accounts.empty()) break;
        std::unique_lock lock{mutex_};
        if (waiting_.wait_for(lock, before_trying_again, [this] { return stopping_; }))
            return false;
    }
    return true;
}

std::optional<Error> Retirer::record_end(const Asked& asked, RetentionReport& report) {
    const EndRetentionRun end{asked.start, report.accounts_deleted, report.users_deleted,
                              report.accounts_deactivated};
    const auto results = commit(asked, {[end](Work&) { return when(end); }});
    if (results.empty()) return interrupted;
    if (!results.front()) return results.front().error();
    report.last = results.front()->position;
    return std::nullopt;
}

// The results, in order; empty where the log failed, which ends the process.
std::vector<Result> Retirer::commit(const Asked& asked,
                                    const std::vector<std::function<Decision(Work&)>>& use_cases) {
    std::vector<std::future<Result>> pending;
    for (const auto& use_case : use_cases) {
        const auto promise = std::make_shared<std::promise<Result>>();
        pending.push_back(promise->get_future());
        Request request;
        request.credential = AsSystem{};
        request.trace = asked.trace;
        request.mode = asked.mode;
        request.use_case = use_case;
        request.done = [promise](Result result) { promise->set_value(std::move(result)); };
        committer_.submit(std::move(request));
    }
    std::vector<Result> results;
    for (auto& each : pending) {
        if (each.wait_for(longest_decision) != std::future_status::ready) return {};
        results.push_back(each.get());
    }
    return results;
}

}  // namespace muster
