#include "handlers/states.hpp"

#include <algorithm>

#include "events/record.hpp"

namespace muster {
namespace {

// A snapshot is worth it when about a third of the stream would have to be folded without it.
constexpr std::uint64_t shortest_snapshot = 512;

std::size_t extra(const User& user) {
    return 200 + 64 * (user.accounts.size() + user.sessions.size());
}
std::size_t extra(const Account& account) {
    return 600 + 64 * (account.users.size() + account.former.size()) +
           136 * account.invitations.size() + 80 * account.pending.size() +
           1024 * account.contacts.size() +
           48 * (account.former_contacts.size() + account.tickets.size());
}
std::size_t extra(const Staff& staff) {
    return 192 * (staff.admins.size() + staff.api_keys.size());
}
std::size_t extra(const auto&) { return 0; }

template <class Aggregate>
Aggregate empty_state(const typename Aggregate::Key& key) {
    Aggregate state{};
    if constexpr (requires { state.id = key; }) state.id = key;
    return state;
}

}  // namespace

States::States(const Log& log, Keyring& keyring, std::size_t capacity_bytes)
    : log_(log), keyring_(keyring), capacity_(capacity_bytes) {}

template <class Aggregate>
Versioned<Aggregate>& States::find(const StreamId& stream, const typename Aggregate::Key& key) {
    auto& map = std::get<Map<Aggregate>>(maps_);
    const auto [found, added] = map.try_emplace(stream);
    auto& entry = found->second;
    if (!added) {
        recent_.splice(recent_.begin(), recent_, entry.place);
        return entry;
    }
    recent_.push_front(stream);
    entry.place = recent_.begin();
    entry.state = empty_state<Aggregate>(key);
    fold(entry, stream);
    weigh(entry);
    return entry;
}

template <class Aggregate>
const Versioned<Aggregate>& States::read(const StreamId& stream,
                                         const typename Aggregate::Key& key) {
    return find<Aggregate>(stream, key);
}

template <class Aggregate>
void States::fold(Versioned<Aggregate>& entry, const StreamId& stream) {
    const auto newest = log_.version(stream);
    if (!newest) {
        fault_ = newest.error();
        return;
    }
    if (*newest == 0) return;
    if (*newest >= shortest_snapshot) {
        const auto kept = log_.snapshot(stream);
        if (kept && *kept) {
            if (auto state = from_snapshot<Aggregate>((*kept)->state, keyring_)) {
                entry.state = std::move(*state);
                entry.version = entry.snapshot = (*kept)->version;
            }
        }
    }
    const auto read = log_.read_stream(stream, entry.version, SIZE_MAX, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, &keyring_);
        if (!record) {
            fault_ = record.error();
            return false;
        }
        muster::evolve(entry.state, record->event);
        ++entry.version;
        return true;
    });
    if (!read) fault_ = read.error();
}

template <class Aggregate>
void States::weigh(Versioned<Aggregate>& entry) {
    const auto now = sizeof entry + 128 + extra(entry.state);
    weight_ += now - entry.weight;
    entry.weight = now;
}

template <class Visit>
void States::with(const StreamId& stream, Visit&& visit) {
    switch (stream.kind) {
        case StreamKind::user:
            return visit(find<User>(stream, {stream.low}));
        case StreamKind::account:
            return visit(find<Account>(stream, {stream.low}));
        case StreamKind::email:
            return visit(find<EmailHolder>(stream, email_key_of(stream)));
        case StreamKind::session:
            return visit(find<Session>(stream, {stream.low}));
        case StreamKind::staff:
            return visit(find<Staff>(stream, {}));
        case StreamKind::settings:
            return visit(find<Settings>(stream, {}));
        case StreamKind::attempts:
            return visit(find<Attempts>(stream, attempts_key_of(stream)));
        case StreamKind::mail:
            return visit(find<Mail>(stream, {stream.low}));
        case StreamKind::ticket:
            return visit(find<Ticket>(stream, {stream.low}));
        case StreamKind::legacy:
            return visit(find<LegacyRecord>(stream, {}));
    }
}

std::uint64_t States::version(const StreamId& stream) {
    std::uint64_t version = 0;
    with(stream, [&](const auto& entry) { version = entry.version; });
    return version;
}

void States::evolve(const Event& event, const std::vector<StreamId>& streams, std::uint64_t batch) {
    for (const auto& stream : streams) {
        with(stream, [&](auto& entry) {
            muster::evolve(entry.state, event);
            entry.batch = batch;
            ++entry.version;
            weigh(entry);
            if (entry.version - entry.snapshot >= std::max(shortest_snapshot, entry.snapshot / 2)) {
                long_.push_back(stream);
            }
        });
    }
}

std::vector<std::pair<StreamId, Snapshot>> States::take_snapshots() {
    std::vector<std::pair<StreamId, Snapshot>> snapshots;
    for (const auto& stream : std::exchange(long_, {})) {
        with(stream, [&](auto& entry) {
            if (entry.version == entry.snapshot) return;  // Twice in the list.
            if (auto state = to_snapshot(entry.state, keyring_)) {
                snapshots.push_back({stream, {entry.version, std::move(*state)}});
            }
            entry.snapshot = entry.version;
        });
    }
    return snapshots;
}

void States::drop_stale(std::uint64_t durable) {
    // The oldest few that must stay are stepped over; the newest state is never dropped.
    auto oldest = recent_.end();
    while (weight_ > capacity_ && oldest != recent_.begin()) {
        if (--oldest == recent_.begin()) break;
        const auto stream = *oldest;
        const auto drop = [&]<class Aggregate>(Map<Aggregate>& map) {
            const auto found = map.find(stream);
            if (found->second.batch > durable) return;
            weight_ -= found->second.weight;
            oldest = recent_.erase(oldest);
            map.erase(found);
        };
        switch (stream.kind) {
            case StreamKind::user:
                drop(std::get<Map<User>>(maps_));
                break;
            case StreamKind::account:
                drop(std::get<Map<Account>>(maps_));
                break;
            case StreamKind::email:
                drop(std::get<Map<EmailHolder>>(maps_));
                break;
            case StreamKind::session:
                drop(std::get<Map<Session>>(maps_));
                break;
            case StreamKind::staff:
                drop(std::get<Map<Staff>>(maps_));
                break;
            case StreamKind::settings:
                drop(std::get<Map<Settings>>(maps_));
                break;
            case StreamKind::attempts:
                drop(std::get<Map<Attempts>>(maps_));
                break;
            case StreamKind::mail:
                drop(std::get<Map<Mail>>(maps_));
                break;
            case StreamKind::ticket:
                drop(std::get<Map<Ticket>>(maps_));
                break;
            case StreamKind::legacy:
                drop(std::get<Map<LegacyRecord>>(maps_));
                break;
        }
    }
}

void States::clear() {
    std::apply([](auto&... map) { (map.clear(), ...); }, maps_);
    recent_.clear();
    long_.clear();
    weight_ = 0;
}

template const Versioned<User>& States::read<User>(const StreamId&, const UserId&);
template const Versioned<Account>& States::read<Account>(const StreamId&, const AccountId&);
template const Versioned<EmailHolder>& States::read<EmailHolder>(const StreamId&, const EmailKey&);
template const Versioned<Session>& States::read<Session>(const StreamId&, const SessionId&);
template const Versioned<Staff>& States::read<Staff>(const StreamId&, const Staff::Key&);
template const Versioned<Settings>& States::read<Settings>(const StreamId&, const SettingsKey&);
template const Versioned<Attempts>& States::read<Attempts>(const StreamId&, const AttemptsKey&);
template const Versioned<Mail>& States::read<Mail>(const StreamId&, const MailId&);
template const Versioned<Ticket>& States::read<Ticket>(const StreamId&, const TicketId&);
template const Versioned<LegacyRecord>& States::read<LegacyRecord>(const StreamId&,
                                                                   const LegacyRecord::Key&);

}  // namespace muster
