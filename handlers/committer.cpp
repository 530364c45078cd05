#include "handlers/committer.hpp"

#include <algorithm>
#include <utility>

#include "handlers/caller.hpp"

namespace muster {
namespace {

constexpr unsigned most_attempts = 5;

constexpr Error reused{ErrorKind::invalid, "idempotency.reused",
                       "This Idempotency-Key came with another request."};

// Whose key comes to be with this event.
std::optional<Subject> created_by(const Event& event) {
    if (const auto* e = std::get_if<UserRegistered>(&event)) return subject_of(e->user);
    if (const auto* e = std::get_if<AccountOpened>(&event)) return subject_of(e->account);
    if (const auto* e = std::get_if<UserInvited>(&event)) return subject_of(e->invitation);
    if (const auto* e = std::get_if<AdminCreated>(&event)) return subject_of(e->admin);
    return std::nullopt;
}

// Whose key, and whose secrets, go with it.
std::optional<Subject> erased_by(const Event& event) {
    if (const auto* e = std::get_if<UserDeleted>(&event)) return subject_of(e->user);
    if (const auto* e = std::get_if<AccountDeleted>(&event)) return subject_of(e->account);
    return std::nullopt;
}

void sort_and_merge(std::vector<StreamVersion>& reads) {
    std::ranges::sort(reads);
    const auto [first, last] = std::ranges::unique(reads);
    reads.erase(first, last);
}

}  // namespace

Committer::Committer(Log& log, Keyring& keyring, const Keys& keys, Clock clock, Sink sink,
                     Failure failure, Options options)
    : log_(log),
      keyring_(keyring),
      keys_(keys),
      clock_(std::move(clock)),
      sink_(std::move(sink)),
      failure_(std::move(failure)),
      options_(options),
      states_(log, keyring, options.cache_bytes),
      ids_(log) {
    deciding_ = std::thread([this] { decide_all(); });
    writing_thread_ = std::thread([this] { write_all(); });
}

Committer::~Committer() { stop(); }

void Committer::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    decider_.notify_all();
    writer_.notify_all();
    if (deciding_.joinable()) deciding_.join();
    if (writing_thread_.joinable()) writing_thread_.join();
}

void Committer::submit(Request request) {
    bool wake = false;
    {
        const std::lock_guard lock{mutex_};
        if (!stopping_ && !failed_ && queue_.size() < options_.queue) {
            wake = queue_.empty();
            queue_.push_back({std::move(request), std::unexpected(busy), {}, 0});
        }
    }
    if (wake) decider_.notify_one();
    if (request.done) request.done(std::unexpected(busy));
}

// --- The deciding thread
// ---------------------------------------------------------------------------------------------

void Committer::decide_all() {
    Batch batch;
    batch.number = 1;
    std::vector<Item> taken;
    while (take(taken, batch)) {
        for (auto& item : taken)
            decide(std::move(item), batch);
        taken.clear();
        if (states_.fault()) fail(*states_.fault());
    }
    const std::lock_guard lock{mutex_};
    decided_ = true;
    writer_.notify_all();
}

// Waits until there is something to decide, having handed the batch over if the writing thread is
// free. False: all is decided and handed over.
bool Committer::take(std::vector<Item>& taken, Batch& batch) {
    std::unique_lock lock{mutex_};
    while (true) {
        if (failed_) return false;
        if (!batch.items.empty() && !handed_ && !writing_) {
            batch.snapshots = states_.take_snapshots();
            const auto number = batch.number;
            handed_ = std::exchange(batch, Batch{.number = number + 1, .epoch = known_epoch_});
            writer_.notify_one();
        }
        if (known_epoch_ != epoch_ && batch.items.empty()) {
            known_epoch_ = batch.epoch = epoch_;
            states_.clear();
        }
        const bool room = batch.items.size() < options_.batch && known_epoch_ == epoch_;
        if (room && !queue_.empty()) break;
        // A conflict may still send requests back, so the end comes only after the last batch.
        if (stopping_ && queue_.empty() && batch.items.empty() && !handed_ && !writing_)
            return false;
        decider_.wait(lock);
    }
    const auto count = std::min(queue_.size(), options_.batch - batch.items.size());
    for (std::size_t n = 0; n < count; ++n) {
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    states_.drop_stale(durable_);
    return true;
}

void Committer::decide(Item item, Batch& batch) {
    latest_ = std::max(latest_, clock_());  // Time never goes back, whatever the clock does.
    if (item.request.command && item.request.mode == Mode::commit) {
        if (auto earlier = repeated(item.request, latest_)) {
            item.result = std::move(*earlier);
            batch.items.push_back(std::move(item));
            return;
        }
    }
    Work work{states_, ids_, keys_, latest_};
    item.result = judge(item, work);
    if (work.fault()) return fail(*work.fault());
    if (item.result && !item.result->events.empty() && item.request.mode == Mode::commit) {
        stage(item, work, batch);
    } else {
        ids_.give_back(work.drawn());
    }
    batch.items.push_back(std::move(item));
}

Result Committer::judge(Item& item, Work& work) {
    const auto& request = item.request;
    const auto caller = find_caller(work, request.credential);
    if (!caller) return std::unexpected(caller.error());
    work.set_caller(*caller);
    if (const auto error = refuse_caller(work, request.rule, request.account))
        return std::unexpected(*error);
    if (request.expected) {
        const auto version = work.version(request.expected->stream);
        if (std::ranges::find(request.expected->versions, version) ==
            request.expected->versions.end()) {
            return std::unexpected(stale);
        }
    }
    auto decision = request.use_case(work);
    if (!decision) return std::unexpected(decision.error());
    return Accepted{{}, work.now(), work.actor(), work.caller(), std::move(*decision), false};
}

// The answer to a command that came before, if it did.
std::optional<Result> Committer::repeated(const Request& request, Time now) {
    const auto found = log_.find_command(request.command->id, now);
    if (!found) {
        fail(found.error());
        return std::nullopt;
    }
    if (!*found) return std::nullopt;
    const auto& earlier = **found;
    if (earlier.digest != request.command->digest) return std::unexpected(reused);
    Accepted accepted{earlier.last, earlier.time, {}, {}, {}, true};
    const auto read =
        log_.read({earlier.first.number - 1}, earlier.last.number - earlier.first.number + 1,
                  [&](const Stored& stored) {
                      auto record = decode(stored.bytes, &keyring_);
                      if (!record) {
                          fail(record.error());
                          return false;
                      }
                      accepted.actor = record->actor;
                      accepted.events.push_back(std::move(record->event));
                      return true;
                  });
    if (!read) fail(read.error());
    return accepted;
}

void Committer::stage(Item& item, Work& work, Batch& batch) {
    auto& accepted = *item.result;
    Commit commit;
    commit.command = item.request.command;
    commit.read = work.reads();
    sort_and_merge(commit.read);
    commit.time = work.now();
    commit.vault = std::move(work.vault());
    commit.drawn = work.drawn();
    for (const auto& event : accepted.events) {
        if (const auto subject = created_by(event)) {
            const auto seed = random_bytes<Seed>();
            keyring_.remember(*subject, seed);
            commit.vault.push_back({vault_key(*subject), std::string(as_text(seed))});
        }
    }
    const Circumstances about{work.now(), accepted.actor, item.request.ip, item.request.trace};
    for (const auto& event : accepted.events) {
        auto drafted = draft(event, about, keyring_);
        if (!drafted) return fail(drafted.error());
        states_.evolve(event, drafted->streams, batch.number);
        commit.events.push_back(std::move(*drafted));
    }
    for (const auto& event : accepted.events) {
        if (const auto subject = erased_by(event)) {
            commit.vault.push_back({vault_key(*subject), std::nullopt});
            if (subject->kind == SubjectKind::user) {
                commit.vault.push_back(
                    {vault_key(SecretKind::user_password, subject->number), std::nullopt});
            }
            keyring_.forget(*subject);
        }
    }
    item.commit = batch.commits.size();
    batch.commits.push_back(std::move(commit));
}

// --- The writing thread
// ----------------------------------------------------------------------------------------------

void Committer::write_all() {
    std::unique_lock lock{mutex_};
    while (true) {
        writer_.wait(lock, [this] { return handed_ || failed_ || (decided_ && !handed_); });
        if (failed_ || !handed_) return;
        auto batch = std::move(*handed_);
        handed_.reset();
        writing_ = true;
        lock.unlock();
        const auto number = batch.number;
        const bool settled = settle(batch);
        lock.lock();
        writing_ = false;
        if (!settled) return;
        durable_ = number;
        decider_.notify_one();
    }
}

// Makes a batch durable and gives its results away.
bool Committer::settle(Batch& batch) {
    std::vector<Outcome> outcomes;
    if (!batch.commits.empty()) {
        auto appended = log_.append(batch.commits);
        if (!appended) {
            fail(appended.error());
            return false;
        }
        outcomes = std::move(*appended);
    }
    const auto lost = [](const Outcome& outcome) {
        return !std::holds_alternative<Recorded>(outcome);
    };
    const bool conflicted = std::ranges::any_of(outcomes, lost);
    bool trusted =
        true;  // Whether what was decided without an event rests on states that really are.
    {
        const std::lock_guard lock{mutex_};
        if (conflicted) ++epoch_;
        trusted = batch.epoch == epoch_;
    }
    const auto head = log_.head();
    std::vector<Completion> completions;
    completions.reserve(batch.items.size());
    for (auto& item : batch.items) {
        const bool recorded =
            item.commit && std::holds_alternative<Recorded>(outcomes[*item.commit]);
        if (item.commit ? !recorded : !trusted) {
            retry(std::move(item));
            continue;
        }
        if (item.result && !item.result->repeated) {
            item.result->position =
                recorded ? std::get<Recorded>(outcomes[*item.commit]).last : head;
        }
        completions.push_back({std::move(item.request.done), std::move(item.result)});
    }
    if (trusted) {
        for (const auto& [stream, snapshot] : batch.snapshots)
            (void)log_.keep_snapshot(stream, snapshot);
    }
    sink_(std::move(completions), head);
    return true;
}

// Decided again, on what the log says now: another writer was first, or an earlier answer was lost.
void Committer::retry(Item item) {
    item.commit.reset();
    if (++item.attempts >= most_attempts) return item.request.done(std::unexpected(busy));
    const std::lock_guard lock{mutex_};
    queue_.push_front(std::move(item));
}

void Committer::fail(const Fault& fault) {
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(failed_, true)) return;
    }
    decider_.notify_all();
    writer_.notify_all();
    failure_(fault);
}

}  // namespace muster
