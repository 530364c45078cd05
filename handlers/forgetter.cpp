#include "handlers/forgetter.hpp"

#include <algorithm>
#include <array>

#include "handlers/invitations.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t events_a_reading = 4096;
constexpr std::size_t invitations_a_commit = 256;
constexpr std::chrono::milliseconds before_trying_again{1s};
constexpr std::chrono::milliseconds between_checkpoints{10s};

// What `erased_by` finds something in.
constexpr std::array<std::string_view, 7> erasing{
    UserDeleted::type.name,     AccountDeleted::type.name, AdminDeleted::type.name,
    ContactRemoved::type.name,  TicketDeleted::type.name,  InvitationForgotten::type.name,
    SubjectForgotten::type.name};

}  // namespace

Forgetter::Forgetter(Log& log, Committer& committer, FindSent find, ForgetOptions options)
    : log_(log),
      committer_(committer),
      find_(std::move(find)),
      options_(std::move(options)),
      head_(log.head()),
      erased_(true),
      thread_([this] { work(); }) {}

Forgetter::~Forgetter() { stop(); }

void Forgetter::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    stop_.request_stop();
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Forgetter::moved(Position head, Erased erased) {
    {
        const std::lock_guard lock{mutex_};
        head_ = std::max(head_, head);
        if (erased == Erased::no) return;
        erased_ = true;
    }
    wake_.notify_all();
}

Position Forgetter::done() const {
    const std::lock_guard lock{mutex_};
    return done_;
}

// Where nothing was erased nothing is read: the log grows faster than anybody is forgotten.
void Forgetter::work() {
    take_up_checkpoint();
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        const auto head = head_;
        const bool erased = std::exchange(erased_, false);
        lock.unlock();
        bool well = !erased || read_on(head);
        if (well) position_ = head;
        const bool due =
            unpurged_ && std::chrono::steady_clock::now() - purged_at_ >= options_.pause;
        if (well && due) well = purge();
        // An empty ledger, too: one that is missing was lost.
        if (well && !unpurged_)
            well = append_forgotten(options_.ledger, options_.check_value, {}).has_value();
        const bool all = well && !unpurged_;
        if (all) (void)log_.keep_checkpoint(name, {position_, {}});
        lock.lock();
        if (all) done_ = position_;
        if (!well) erased_ = true;
        const auto longest = well && !unpurged_ ? between_checkpoints
                                                : std::min(options_.pause, before_trying_again);
        wake_.wait_for(lock, longest, [&] { return stopping_ || (well && erased_); });
    }
}

// Without one the whole log is read; and where the ledger was lost, so that it is whole again.
void Forgetter::take_up_checkpoint() {
    std::error_code error;
    if (!std::filesystem::exists(options_.ledger, error)) return;
    const auto kept = log_.checkpoint(name);
    if (kept && *kept) position_ = (*kept)->position;
}

// What was erased up to there is noted, and what it takes along forgotten. False: again later.
bool Forgetter::read_on(Position head) {
    while (position_ < head) {
        std::vector<Record> found;
        auto last = position_;
        bool broken = false;
        const auto visit = [&](const Stored& stored) {
            const auto envelope = parse_envelope(stored.bytes);
            broken = !envelope;
            if (envelope && std::ranges::find(erasing, envelope->type) != erasing.end()) {
                auto record = decode(stored.bytes, nullptr);
                broken = !record;
                if (record) found.push_back(std::move(*record));
            }
            last = stored.position;
            return !broken;
        };
        const auto step = std::min<std::uint64_t>(head.number - position_.number, events_a_reading);
        if (!log_.read(position_, step, visit) || broken) return false;
        for (const auto& record : found) {
            if (!finish(record)) return false;
            position_ = record.position;
        }
        position_ = last;
        const std::lock_guard lock{mutex_};
        if (stopping_) return false;
    }
    return true;
}

bool Forgetter::finish(const Record& record) {
    const Forgotten forgotten{record.position, *erased_by(record.event)};
    if (noted_ < record.position) {
        if (!append_forgotten(options_.ledger, options_.check_value, std::span{&forgotten, 1}))
            return false;
        noted_ = record.position;
    }
    unpurged_ = record.position;
    auto invitations = std::expected<InvitationsByAccount, Fault>{};
    if (const auto* user = std::get_if<UserDeleted>(&record.event))
        invitations = invitations_of(user->user, record);
    if (const auto* account = std::get_if<AccountDeleted>(&record.event))
        invitations = invitations_of(account->account);
    return invitations && forget(*invitations);
}

// That were sent to an address of the person's, or that the person accepted.
std::expected<InvitationsByAccount, Fault> Forgetter::invitations_of(UserId user,
                                                                     const Record& deletion) {
    auto traces = traces_of(log_, user);
    if (!traces) return std::unexpected(traces.error());
    auto found = std::move(traces->accepted);
    for (const auto& [address, holdings] : traces->addresses) {
        const auto sent = find_(address, deletion.time, deletion.position);
        if (!sent) return std::unexpected(sent.error());
        for (const auto& [account, invitation] : *sent)
            found[account].insert(invitation);
    }
    return found;
}

std::expected<InvitationsByAccount, Fault> Forgetter::invitations_of(AccountId account) {
    InvitationsByAccount found;
    std::optional<Fault> fault;
    const auto visit = [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (!record) fault = record.error();
        if (fault) return false;
        if (const auto* invited = std::get_if<UserInvited>(&record->event))
            found[account].insert(invited->invitation);
        return true;
    };
    const auto read = log_.read_stream(stream_of(account), 0, SIZE_MAX, visit);
    if (!read) fault = read.error();
    if (fault) return std::unexpected(*fault);
    return found;
}

bool Forgetter::forget(const InvitationsByAccount& invitations) {
    for (const auto& [account, all] : invitations) {
        ForgetInvitations some;
        for (auto each = all.begin(); each != all.end();) {
            const auto seed = log_.vault(vault_key(subject_of(*each)));
            if (!seed) return false;
            if (*seed) some.readable.insert(*each);
            some.invitations.insert(*each);
            ++each;
            if (some.invitations.size() < invitations_a_commit && each != all.end()) continue;
            const auto use_case = [to = account, some](Work& work) {
                return forget_invitations(work, to, some);
            };
            if (!commit_as_system(committer_, use_case)) return false;
            some = {};
        }
    }
    return true;
}

bool Forgetter::purge() {
    const auto last = *unpurged_;
    const auto all_gone = options_.purge(last, stop_.get_token());
    purged_at_ = std::chrono::steady_clock::now();
    if (all_gone && *all_gone && unpurged_ == last) unpurged_.reset();
    return all_gone.has_value();
}

}  // namespace muster
