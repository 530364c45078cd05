#include "handlers/mailer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace muster {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t events_a_step = 4096;             // Between two looks at what else there is.
constexpr std::chrono::milliseconds between_looks{1s};  // How often a thread looks around unasked.
constexpr std::chrono::milliseconds before_asking_again{5s};  // What could not be decided.

// Whether the server as a whole is in trouble, and not this one mail.
bool is_servers(const MailResult& result) {
    return result.outcome == MailResult::Outcome::refused_for_now &&
           result.trouble != MailTrouble::recipient_refused &&
           result.trouble != MailTrouble::message_refused;
}

std::uint32_t by_chance(std::uint32_t most) {
    return random_bytes<std::array<std::uint8_t, 1>>()[0] * most / 255;
}

}  // namespace

Mailer::Mailer(Log& log, Keyring& keyring, const Keys& keys, Committer& committer,
               Committer::Clock clock, Committer::Failure failure, MailOptions options)
    : log_(log),
      keyring_(keyring),
      keys_(keys),
      committer_(committer),
      clock_(std::move(clock)),
      failure_(std::move(failure)),
      options_(std::move(options)) {
    following_ = std::thread([this] { follow(); });
    const auto connections = std::clamp(options_.connections, 1U, 4U);
    for (unsigned n = 0; n < connections; ++n)
        sending_.emplace_back([this] { deliver(); });
}

Mailer::~Mailer() { stop(); }

void Mailer::wake() {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    grown_.notify_one();
}

std::size_t Mailer::pending() {
    const std::lock_guard lock{mutex_};
    return pending_.size();
}

void Mailer::stop() {
    {
        std::unique_lock lock{mutex_};
        stopping_ = true;
        moved_.notify_all();
        moved_.wait_for(lock, options_.grace, [this] { return busy_ == 0 && transports_.empty(); });
        for (auto* transport : transports_)
            transport->abort();
    }
    for (auto& thread : std::exchange(sending_, {}))
        thread.join();
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    grown_.notify_all();
    if (following_.joinable()) following_.join();
}

// --- The following thread

void Mailer::follow() {
    take_up_checkpoint();
    while (true) {
        if (!read_on()) return;
        std::unique_lock lock{mutex_};
        const bool at_head = position_ == log_.head();
        if (at_head && !std::exchange(caught_up_, true)) moved_.notify_all();
        const bool ending = ending_;
        const auto now = std::chrono::steady_clock::now();
        if (at_head && position_ != kept_ &&
            (ending || now - kept_at_ >= options_.checkpoint_every)) {
            lock.unlock();
            keep_checkpoint();
            lock.lock();
        }
        if (ending) return;
        if (at_head) grown_.wait_for(lock, between_looks, [this] { return woken_ || ending_; });
        // Woken for something else than a longer log: by a clock that was moved.
        if (std::exchange(woken_, false) && position_ == log_.head()) moved_.notify_all();
    }
}

void Mailer::take_up_checkpoint() {
    const auto kept = log_.checkpoint(name);
    if (!kept || !*kept) return;  // Without one the whole log is followed.
    auto pending = PendingMails::from_state((*kept)->state);
    if (!pending) return;
    position_ = kept_ = (*kept)->position;
    const std::lock_guard lock{mutex_};
    pending_ = std::move(*pending);
}

// The next events; false after a fault.
bool Mailer::read_on() {
    std::optional<Fault> fault;
    bool moved = false;
    const auto find = [&](MailId mail) -> std::optional<PendingMail> {
        auto found = find_mail_order(log_, mail);
        if (!found) fault = found.error();
        return found.value_or(std::nullopt);
    };
    const auto visit = [&](const Stored& stored) {
        const auto envelope = parse_envelope(stored.bytes);
        if (!envelope) fault = envelope.error();
        if (fault) return false;
        if (PendingMails::concerns(envelope->type)) {
            const auto record = decode(stored.bytes, nullptr);
            if (!record) fault = record.error();
            if (fault) return false;
            const std::lock_guard lock{mutex_};
            pending_.fold(*record, clock_(), find);
            moved = true;
        }
        position_ = stored.position;
        return !fault;
    };
    const auto read = log_.read(position_, events_a_step, visit);
    if (!read) fault = read.error();
    if (fault) failure_(*fault);
    if (moved) moved_.notify_all();
    return !fault;
}

// One that is lost, or cannot be written, costs reading some of the log again.
void Mailer::keep_checkpoint() {
    Checkpoint checkpoint{position_, {}};
    {
        const std::lock_guard lock{mutex_};
        checkpoint.state = pending_.state();
    }
    static_cast<void>(log_.keep_checkpoint(name, checkpoint));
    kept_ = position_;
    kept_at_ = std::chrono::steady_clock::now();
}

// --- The sending threads

void Mailer::deliver() {
    std::unique_ptr<MailTransport> transport;
    auto used = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        const auto now = clock_();
        const bool may = caught_up_ && now >= paused_until_;
        const auto mail = may ? pending_.take(now) : std::nullopt;
        if (mail) {
            ++busy_;
            lock.unlock();
            attempt(*mail, transport);
            used = std::chrono::steady_clock::now();
            lock.lock();
            --busy_;
            moved_.notify_all();
            continue;
        }
        if (transport && std::chrono::steady_clock::now() - used >= options_.idle) {
            lock.unlock();
            close(transport);
            lock.lock();
            continue;
        }
        moved_.wait_for(lock, between_looks);
    }
    lock.unlock();
    close(transport);
}

void Mailer::attempt(const PendingMail& mail, std::unique_ptr<MailTransport>& transport) {
    const auto brief = ask(mail);
    if (!brief) return put_back(mail.id, before_asking_again);
    if (brief->verdict == Brief::Verdict::send) {
        const auto result = send(mail, *brief, transport);
        pause_or_go_on(result);
        if (result.outcome == MailResult::Outcome::interrupted)
            return put_back(mail.id, before_asking_again);
        return record(mail, *brief, result);
    }
    const std::lock_guard lock{mutex_};
    if (brief->verdict == Brief::Verdict::wait) return pending_.put_back(mail.id, brief->due);
    pending_.drop(mail.id);
}

// On the committing thread, once everything that it rests on is durable. Absent: not now.
std::optional<Brief> Mailer::ask(const PendingMail& mail) {
    const auto origin = find_origin(log_, keyring_, mail);
    if (!origin) {
        failure_(origin.error());
        return std::nullopt;
    }
    const auto brief = std::make_shared<Brief>();
    const bool asked = commit_as_system(committer_, [=, origin = *origin](Work& work) {
        *brief = brief_on(work, mail, origin);
        return already_so;
    });
    return asked ? std::optional{*brief} : std::nullopt;
}

MailResult Mailer::send(const PendingMail& mail, const Brief& brief,
                        std::unique_ptr<MailTransport>& transport) {
    auto facts = brief.facts;
    facts.site = site_of(options_.public_url);
    facts.link = link_of(mail.order, options_.public_url, keys_);
    const MessageHead heading{options_.from, *brief.to,
                              message_id(mail.id, mail.asked_at, facts.site), mail.asked_at,
                              facts.language};
    open(transport);
    return transport->send({wire_form(options_.from.address), wire_form(*brief.to),
                            to_message(heading, write_letter(facts))});
}

// What the server took must be recorded, or it is sent again: this does not give up before the end.
void Mailer::record(const PendingMail& mail, const Brief& brief, const MailResult& result) {
    using Finality = RecordFailure::Finality;
    const RecordFailure failure{.attempt = brief.attempt,
                                .trouble = result.trouble,
                                .reply = result.reply,
                                .finality = result.outcome == MailResult::Outcome::refused_for_good
                                                ? Finality::for_good
                                                : Finality::for_now,
                                .at = {},
                                .jitter = by_chance(1000)};
    const bool accepted = result.outcome == MailResult::Outcome::accepted;
    const auto use_case = [=](Work& work) {
        return accepted ? record_delivery(work, mail.id) : record_failure(work, mail.id, failure);
    };
    for (auto tries = 0; !commit_as_system(committer_, use_case); ++tries) {
        std::unique_lock lock{mutex_};
        if (stopping_ && tries > 0) return;
        moved_.wait_for(lock, 200ms, [this] { return stopping_; });
    }
}

void Mailer::open(std::unique_ptr<MailTransport>& transport) {
    if (transport) return;
    transport = options_.transport();
    const std::lock_guard lock{mutex_};
    transports_.insert(transport.get());
}

// It can be told to abort until then: a server may hang in its farewell, too.
void Mailer::close(std::unique_ptr<MailTransport>& transport) {
    if (!transport) return;
    transport->close();
    {
        const std::lock_guard lock{mutex_};
        transports_.erase(transport.get());
    }
    moved_.notify_all();
    transport.reset();
}

void Mailer::pause_or_go_on(const MailResult& result) {
    const std::lock_guard lock{mutex_};
    if (!is_servers(result)) {
        if (result.outcome != MailResult::Outcome::interrupted) pause_ = {};
        return;
    }
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    paused_until_ = clock_() + pause_;
}

void Mailer::put_back(MailId mail, std::chrono::milliseconds delay) {
    const std::lock_guard lock{mutex_};
    pending_.put_back(mail, clock_() + delay);
}

}  // namespace muster
