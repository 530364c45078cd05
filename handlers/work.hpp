// What a use case works with while it decides: who asks, what time it is, the states, new ids, the
// vault. It lives on the committing thread for one command.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/access.hpp"
#include "handlers/states.hpp"

namespace muster {

// Numbers drawn from the log in blocks; a refused command gives its own back. One thread.
class Ids {
public:
    explicit Ids(Log& log) : log_(log) {}

    std::expected<std::uint64_t, Fault> next(Sequence sequence);
    // What one command drew and did not use, in the order of its drawing.
    void give_back(const std::vector<Drawn>& drawn);

private:
    struct Block {
        std::uint64_t next{}, end{};
    };
    Log& log_;
    std::map<Sequence, Block> blocks_;
};

// Whether what may not be done without end is refused; off for load tests.
enum class RateLimits : std::uint8_t { on, off };

class Work {
public:
    Work(States& states, Ids& ids, const Keys& keys, Time now, RateLimits limits = RateLimits::on)
        : states_(states), ids_(ids), keys_(keys), now_(now), limits_(limits) {}

    Time now() const { return now_; }
    RateLimits limits() const { return limits_; }
    const Keys& keys() const { return keys_; }
    const Caller& caller() const { return caller_; }
    void set_caller(const Caller& caller) { caller_ = caller; }
    // Where the caller becomes somebody by the command itself: signs in, registers.
    void acts_as(Actor actor) { actor_ = actor; }
    Actor actor() const;

    const User& read(UserId id) { return state<User>(stream_of(id), id); }
    const Account& read(AccountId id) { return state<Account>(stream_of(id), id); }
    const Session& read(SessionId id) { return state<Session>(stream_of(id), id); }
    const EmailHolder& read(EmailKey key) { return state<EmailHolder>(stream_of(key), key); }
    const Attempts& read(AttemptsKey key) { return state<Attempts>(stream_of(key), key); }
    const Mail& read(MailId id) { return state<Mail>(stream_of(id), id); }
    const Ticket& read(TicketId id) { return state<Ticket>(stream_of(id), id); }
    const LegacyRecord& read(LegacyClientId id) { return state<LegacyRecord>(stream_of(id), {}); }
    const LegacyRecord& read(LegacyContactId id) { return state<LegacyRecord>(stream_of(id), {}); }
    const Staff& staff() { return state<Staff>(stream_of(AdminId{}), {}); }
    const Settings& settings() { return state<Settings>(stream_of(SettingsKey{}), {}); }

    // Of any stream.
    std::uint64_t version(const StreamId& stream);

    template <class Id>
    Id next();

    // Kept with the command's events, sealed; a password's number is kept before its hash.
    void keep_secret(SecretKind kind, std::uint64_t number, std::string_view secret);
    void erase_secret(SecretKind kind, std::uint64_t number);

    const std::vector<StreamVersion>& reads() const { return reads_; }
    const std::vector<Drawn>& drawn() const { return drawn_; }
    std::vector<VaultWrite>& vault() { return vault_; }
    const std::optional<Fault>& fault() const { return fault_ ? fault_ : states_.fault(); }

private:
    template <class Aggregate>
    const Aggregate& state(const StreamId& stream, const typename Aggregate::Key& key) {
        const auto& entry = states_.read<Aggregate>(stream, key);
        reads_.push_back({stream, entry.version});
        return entry.state;
    }
    std::uint64_t draw(Sequence sequence);

    States& states_;
    Ids& ids_;
    const Keys& keys_;
    Time now_;
    RateLimits limits_;
    Caller caller_;
    std::optional<Actor> actor_;
    std::vector<StreamVersion> reads_;
    std::vector<Drawn> drawn_;
    std::vector<VaultWrite> vault_;
    std::optional<Fault> fault_;
};

constexpr Sequence sequence_of(UserId) { return Sequence::user; }
constexpr Sequence sequence_of(AccountId) { return Sequence::account; }
constexpr Sequence sequence_of(InvitationId) { return Sequence::invitation; }
constexpr Sequence sequence_of(SessionId) { return Sequence::session; }
constexpr Sequence sequence_of(AdminId) { return Sequence::admin; }
constexpr Sequence sequence_of(ApiKeyId) { return Sequence::api_key; }
constexpr Sequence sequence_of(ContactId) { return Sequence::contact; }
constexpr Sequence sequence_of(OrderId) { return Sequence::order; }
constexpr Sequence sequence_of(TicketId) { return Sequence::ticket; }

template <class Id>
Id Work::next() {
    return Id{draw(sequence_of(Id{}))};
}

}  // namespace muster
