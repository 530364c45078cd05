#include "handlers/committer.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "handlers/caller.hpp"

namespace muster {
namespace {

constexpr unsigned most_attempts = 5;

constexpr Error reused{ErrorKind::invalid, "idempotency.reused",
                       "This Idempotency-Key came with another request."};

// A key goes with the deletion, after which nobody is found. But after a restore somebody may be
// there whose key had to go.
constexpr Error forgotten_subject =
    conflict("subject.forgotten",
             "Somebody whom this is about was forgotten: nothing can be kept about them any more.");

constexpr std::chrono::seconds longest_answer{30};

// Whose key comes to be with this event.
std::optional<Subject> created_by(const Event& event) {
    if (const auto* e = std::get_if<UserRegistered>(&event)) return subject_of(e->user);
    if (const auto* e = std::get_if<AccountOpened>(&event)) return subject_of(e->account);
    if (const auto* e = std::get_if<UserInvited>(&event)) return subject_of(e->invitation);
    if (const auto* e = std::get_if<AdminCreated>(&event)) return subject_of(e->admin);
    if (const auto* e = std::get_if<ContactAdded>(&event)) return subject_of(e->contact);
    if (const auto* e = std::get_if<TicketOpened>(&event)) return subject_of(e->ticket);
    return std::nullopt;
}

// Only once it is durable: until then the vault has the keys, and whoever asked would bring them
// back.
void forget_erased(const Events& events, Keyring& keyring) {
    for (const auto& event : events) {
        if (const auto subject = erased_by(event)) keyring.forget(*subject);
    }
}

void sort_and_merge(std::vector<StreamVersion>& reads) {
    std::ranges::sort(reads);
    const auto [first, last] = std::ranges::unique(reads);
    reads.erase(first, last);
}

}  // namespace

std::optional<Subject> erased_by(const Event& event) {
    if (const auto* e = std::get_if<UserDeleted>(&event)) return subject_of(e->user);
    if (const auto* e = std::get_if<AccountDeleted>(&event)) return subject_of(e->account);
    if (const auto* e = std::get_if<AdminDeleted>(&event)) return subject_of(e->admin);
    if (const auto* e = std::get_if<ContactRemoved>(&event)) return subject_of(e->contact);
    if (const auto* e = std::get_if<TicketDeleted>(&event)) return subject_of(e->ticket);
    if (const auto* e = std::get_if<InvitationForgotten>(&event)) return subject_of(e->invitation);
    if (const auto* e = std::get_if<SubjectForgotten>(&event)) return Subject{e->kind, e->number};
    return std::nullopt;
}

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
      ids_(log),
      head_(log.head()) {
    deciding_ = std::thread([this] { decide_all(); });
    writing_thread_ = std::thread([this] { write_all(); });
}

Committer::~Committer() { stop(); }

Committer::Counts Committer::counts() {
    const std::lock_guard lock{mutex_};
    return {queue_.size(), durable_};
}

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
        const bool idle = batch.items.empty() && !handed_ && !writing_;
        if (const auto head = log_.head(); idle && head != head_) {  // Somebody else writes, too.
            head_ = head;
            stale_ = true;
        }
        if (stale_) decide_again(batch);
        if (!batch.items.empty() && !handed_ && !writing_) {
            batch.snapshots = states_.take_snapshots();
            const auto number = batch.number;
            handed_ = std::exchange(batch, Batch{.number = number + 1});
            writer_.notify_one();
        }
        if (batch.items.size() < options_.batch && !queue_.empty()) break;
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

// Everything since the last durable batch, on what the log says now. With the lock held.
void Committer::decide_again(Batch& batch) {
    std::ranges::move(batch.items, std::back_inserter(again_));
    for (auto& item : again_)
        item.commit.reset();
    queue_.insert(queue_.begin(), std::move_iterator{again_.begin()},
                  std::move_iterator{again_.end()});
    again_.clear();
    batch = Batch{.number = batch.number};
    states_.clear();
    stale_ = false;
}

void Committer::decide(Item item, Batch& batch) {
    latest_ = std::max(latest_, clock_());  // Time never goes back, whatever the clock does.
    Work work{states_, ids_, keys_, latest_, options_.limits};
    item.result = judge(item, work);
    if (work.fault()) return fail(*work.fault());
    const bool commits = item.request.mode == Mode::commit;
    const bool has_commit =
        commits && item.result && !item.result->repeated && !item.result->events.empty();
    if (!has_commit || !stage(item, work, batch)) ids_.give_back(work.drawn());
    batch.items.push_back(std::move(item));
}

Result Committer::judge(Item& item, Work& work) {
    const auto& request = item.request;
    const auto caller = find_caller(work, request.credential);
    if (!caller && request.rule.anonymous == AccessRule::Anonymous::no)
        return std::unexpected(caller.error());
    work.set_caller(
        caller.value_or(Caller{}));  // Somebody signed out may still do what anyone may.
    if (const auto error = request.ticket ? refuse_caller(work, request.rule, *request.ticket)
                                          : refuse_caller(work, request.rule, request.account))
        return std::unexpected(*error);
    if (request.command && request.mode == Mode::commit) {
        if (auto earlier = repeated(request, work)) return std::move(*earlier);
    }
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
std::optional<Result> Committer::repeated(const Request& request, const Work& work) {
    const auto found = log_.find_command(request.command->id, work.now());
    if (!found) {
        fail(found.error());
        return std::nullopt;
    }
    if (!*found) return std::nullopt;
    const auto& earlier = **found;
    if (earlier.digest != request.command->digest) return std::unexpected(reused);
    Accepted accepted{earlier.last, earlier.time, {}, work.caller(), {}, true};
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

// False: it is refused after all.
bool Committer::stage(Item& item, Work& work, Batch& batch) {
    const auto& accepted = *item.result;
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
        if (!drafted && drafted.error().kind != Fault::Kind::erased) fail(drafted.error());
        if (!drafted) {
            item.result = std::unexpected(forgotten_subject);
            return false;
        }
        commit.events.push_back(std::move(*drafted));
    }
    for (std::size_t n = 0; n < commit.events.size(); ++n)
        states_.evolve(accepted.events[n], commit.events[n].streams, batch.number);
    for (const auto& event : accepted.events) {
        if (const auto subject = erased_by(event)) {
            commit.vault.push_back({vault_key(*subject), std::nullopt});
            for (const auto kind : secrets_of(subject->kind))
                commit.vault.push_back({vault_key(kind, subject->number), std::nullopt});
        }
    }
    item.commit = batch.commits.size();
    batch.commits.push_back(std::move(commit));
    return true;
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
        auto outcomes = batch.commits.empty() ? std::vector<Outcome>{} : log_.append(batch.commits);
        if (!outcomes) return fail(outcomes.error());
        settle(batch, *outcomes);
        lock.lock();
    }
}

// Gives the results of a batch away, now that it is durable, and sends back what the log refused.
void Committer::settle(Batch& batch, const std::vector<Outcome>& outcomes) {
    std::uint64_t written = 0;
    bool conflicted = false;
    for (const auto& outcome : outcomes) {
        const auto* recorded = std::get_if<Recorded>(&outcome);
        if (recorded) written += recorded->last.number - recorded->first.number + 1;
        conflicted = conflicted || !recorded;
    }
    std::vector<Completion> completions;
    completions.reserve(batch.items.size());
    std::vector<Item> again;
    for (auto& item : batch.items) {
        const auto* recorded =
            item.commit ? std::get_if<Recorded>(&outcomes[*item.commit]) : nullptr;
        // What was decided without an event may rest on a state that never was.
        const bool lost = item.commit ? !recorded : conflicted;
        if (lost && ++item.attempts < most_attempts) {
            again.push_back(std::move(item));
            continue;
        }
        if (lost) item.result = std::unexpected(busy);
        if (recorded) item.result->position = recorded->last;
        if (recorded) forget_erased(item.result->events, keyring_);
        completions.push_back({std::move(item.request.done), std::move(item.result)});
    }
    const auto [head, alone] = end_writing(batch.number, written, conflicted, std::move(again));
    if (alone && !conflicted) {
        for (const auto& [stream, snapshot] : batch.snapshots)
            (void)log_.keep_snapshot(stream, snapshot);
    }
    for (auto& [done, result] : completions) {
        if (result && result->position == Position{}) result->position = head;
    }
    sink_(std::move(completions), head);
}

// The log's head, and whether nobody else wrote to it. In one step with the end of the writing, so
// that every decision is made on what others had written when it was asked for, or made again.
std::pair<Position, bool> Committer::end_writing(std::uint64_t batch, std::uint64_t written,
                                                 bool conflicted, std::vector<Item> again) {
    const std::lock_guard lock{mutex_};
    const auto head = log_.head();
    const bool alone = head.number == head_.number + written;
    head_ = head;
    stale_ = conflicted || !alone;
    again_ = std::move(again);
    writing_ = false;
    durable_ = batch;
    decider_.notify_one();
    return {head, alone};
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

bool commit_as_system(Committer& committer, const std::function<Decision(Work&)>& use_case) {
    const auto promise = std::make_shared<std::promise<bool>>();
    auto decided = promise->get_future();
    Request request;
    request.credential = AsSystem{};
    request.rule = AccessRule{};  // Nobody else may.
    request.use_case = use_case;
    request.done = [promise](const Result& result) { promise->set_value(result.has_value()); };
    committer.submit(std::move(request));
    return decided.wait_for(longest_answer) == std::future_status::ready && decided.get();
}

}  // namespace muster
