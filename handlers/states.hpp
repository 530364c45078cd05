// The states of aggregates as the committing thread knows them: folded from the log when first
// asked for, then kept up with every decision, durable or not yet. Least recently used ones are
// dropped beyond a bound in bytes. One thread only.
#pragma once

#include <cstdint>
#include <list>
#include <tuple>
#include <unordered_map>

#include "aggregates/access.hpp"
#include "aggregates/account.hpp"
#include "aggregates/attempts.hpp"
#include "aggregates/evolve.hpp"
#include "aggregates/legacy.hpp"
#include "aggregates/mail.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/ticket.hpp"
#include "aggregates/user.hpp"
#include "events/log.hpp"
#include "handlers/snapshot.hpp"

namespace muster {

template <class Aggregate>
struct Versioned {
    Aggregate state;
    std::uint64_t version{};   // The stream's, staged events included.
    std::uint64_t snapshot{};  // The version of the newest snapshot.
    std::uint64_t batch{};     // The newest batch that staged an event of it.
    std::size_t weight{};      // About how many bytes it takes.
    std::list<StreamId>::iterator place{};
};

class States {
public:
    States(const Log& log, Keyring& keyring, std::size_t capacity_bytes);

    // The state of a stream; empty, with its key, where there is none. The reference holds until
    // the next `drop_stale`. A fault leaves an empty state and shows in `fault`.
    template <class Aggregate>
    const Versioned<Aggregate>& read(const StreamId& stream, const typename Aggregate::Key& key);

    // Of any stream.
    std::uint64_t version(const StreamId& stream);

    // Folds a decided event of a batch into the states of its streams.
    void evolve(const Event& event, const std::vector<StreamId>& streams, std::uint64_t batch);

    // Long streams among those that grew since the last call, with their states as of now.
    std::vector<std::pair<StreamId, Snapshot>> take_snapshots();

    // Drops what is over the bound, but for states that hold events of batches after `durable`.
    // Between decisions only.
    void drop_stale(std::uint64_t durable);
    void clear();

    const std::optional<Fault>& fault() const { return fault_; }

private:
    template <class Aggregate>
    using Map = std::unordered_map<StreamId, Versioned<Aggregate>>;

    template <class Aggregate>
    Versioned<Aggregate>& find(const StreamId& stream, const typename Aggregate::Key& key);
    template <class Aggregate>
    void fold(Versioned<Aggregate>& entry, const StreamId& stream);
    template <class Aggregate>
    void weigh(Versioned<Aggregate>& entry);
    // Calls visit(entry) with the state of a stream, folded if need be.
    template <class Visit>
    void with(const StreamId& stream, Visit&& visit);

    const Log& log_;
    Keyring& keyring_;
    std::size_t capacity_;
    std::size_t weight_{};
    std::list<StreamId> recent_;  // Newest first.
    std::tuple<Map<User>, Map<Account>, Map<EmailHolder>, Map<Session>, Map<Staff>, Map<Settings>,
               Map<Attempts>, Map<Mail>, Map<Ticket>, Map<LegacyRecord>>
        maps_;
    std::vector<StreamId> long_;
    std::optional<Fault> fault_;
};

}  // namespace muster
