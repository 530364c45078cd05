// The log: every event that ever happened, in one order, and the vault beside it. The interface
// that memory_log.hpp and rocks_log.hpp implement and tests/events/log_contract holds them to.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/fault.hpp"
#include "events/id.hpp"
#include "events/record.hpp"
#include "events/stream.hpp"
#include "events/time.hpp"

namespace muster {

// Names one request for a change: the same id is the same request, come again.
using CommandId = std::array<std::uint8_t, 16>;

struct CommandKey {
    CommandId id{};
    std::array<std::uint8_t, 16>
        digest{};  // Of what was asked, so that one id cannot ask for two things.
};

struct VaultWrite {
    std::string key;                   // See sealing.hpp.
    std::optional<std::string> value;  // Absent: erase.
};

// The kinds of number that are handed out in sequence. The values are stored.
enum class Sequence : std::uint8_t {
    user = 1,
    account = 2,
    invitation = 3,
    session = 4,
    admin = 5,
    api_key = 6,
    contact = 7,
    order = 8,
    ticket = 9
};

inline constexpr Sequence all_sequences[]{
    Sequence::user,    Sequence::account, Sequence::invitation, Sequence::session, Sequence::admin,
    Sequence::api_key, Sequence::contact, Sequence::order,      Sequence::ticket};

// "Every number of this sequence up to `last` is spoken for".
struct Drawn {
    Sequence sequence{};
    std::uint64_t last{};
};

// All or nothing.
struct Commit {
    std::optional<CommandKey> command;  // Absent where nobody can ask again.
    std::vector<StreamVersion> read;  // What the decision saw, streams without an event of it, too.
                                      // Version 0: no such stream.
    Time time;  // The log moves it up to the time of the event before, if that is later.
    std::vector<Draft> events;  // At least one.
    std::vector<VaultWrite> vault;
    std::vector<Drawn> drawn;
};

struct Recorded {
    Position first, last;
    bool operator==(const Recorded&) const = default;
};
// An earlier commit had the same command id.
struct Duplicate {
    Position first, last;
    std::array<std::uint8_t, 16> digest{};
    Time time;
    bool operator==(const Duplicate&) const = default;
};
// A stream is not at the version that the decision saw.
struct Conflict {
    StreamVersion actual;
    bool operator==(const Conflict&) const = default;
};
// The answer of a remote log was lost. Ask again with the same command id.
struct Unknown {
    bool operator==(const Unknown&) const = default;
};
using Outcome = std::variant<Recorded, Duplicate, Conflict, Unknown>;

// A stored record: the bytes that the leaf hash covers, and the hash.
struct Stored {
    Position position;
    std::string_view bytes;  // Valid during the visit only.
    Hash leaf{};
};

// Disposable: a stream's fold at a version, in a format of its maker's.
struct Snapshot {
    std::uint64_t version{};
    std::string state;
};

// How far a reactor has come, and what it has still to do, in a format of its own.
struct Checkpoint {
    Position position;
    std::string state;
    bool operator==(const Checkpoint&) const = default;
};

// Reading is thread-safe and may go on while one thread appends; a reader sees whole commits only.
class Log {
public:
    // How long a command id is remembered, at least.
    static constexpr std::chrono::hours command_memory{24};

    virtual ~Log() = default;

    // Records commits in their order, each by itself, all with one durable write: on return what is
    // Recorded survives a power cut. A commit may build on those before it. One thread at a time.
    // After a fault the log takes no more commits: its state is known again only when it is opened
    // anew.
    virtual std::expected<std::vector<Outcome>, Fault> append(std::span<const Commit> commits) = 0;

    // The newest durable position; zero where the log is empty.
    virtual Position head() const = 0;

    // Visits the records after a position in order, `limit` at most, until `visit` returns false.
    // The number visited.
    using Visit = std::function<bool(const Stored&)>;
    virtual std::expected<std::size_t, Fault> read(Position after, std::size_t limit,
                                                   const Visit& visit) const = 0;

    // The same for one stream, after a version of it.
    virtual std::expected<std::size_t, Fault> read_stream(const StreamId& stream,
                                                          std::uint64_t after, std::size_t limit,
                                                          const Visit& visit) const = 0;
    // The same, from the newest backwards: events with a version below `before` (0: from the newest
    // on).
    virtual std::expected<std::size_t, Fault> read_stream_backwards(const StreamId& stream,
                                                                    std::uint64_t before,
                                                                    std::size_t limit,
                                                                    const Visit& visit) const = 0;
    // Zero where there is no such stream.
    virtual std::expected<std::uint64_t, Fault> version(const StreamId& stream) const = 0;

    // Visits what the streams have, one stream after the other in their order, each from its first
    // version on, until `visit` returns false.
    using VisitStreams = std::function<bool(const StreamVersion&, Position)>;
    virtual std::expected<void, Fault> visit_streams(const VisitStreams& visit) const = 0;

    // The commit that had this command id within `command_memory` of `now`.
    virtual std::expected<std::optional<Duplicate>, Fault> find_command(const CommandId& id,
                                                                        Time now) const = 0;

    virtual std::expected<std::optional<std::string>, Fault> vault(std::string_view key) const = 0;
    // Visits the vault in the order of its keys, from one on, until `visit` returns false.
    using VisitVault = std::function<bool(std::string_view key, std::string_view value)>;
    virtual std::expected<void, Fault> visit_vault(std::string_view from,
                                                   const VisitVault& visit) const = 0;

    // The first of `count` numbers that nobody has and, once a commit with `drawn` has used one,
    // nobody will get again.
    virtual std::expected<std::uint64_t, Fault> draw(Sequence sequence, std::uint64_t count) = 0;

    // Snapshots and reactors' checkpoints may be lost in a crash; never read ahead of what is
    // durable.
    virtual std::expected<std::optional<Snapshot>, Fault> snapshot(
        const StreamId& stream) const = 0;
    virtual std::expected<void, Fault> keep_snapshot(const StreamId& stream,
                                                     const Snapshot& snapshot) = 0;
    // Of the reactor of this name. Keeping one may go on while another thread appends.
    virtual std::expected<std::optional<Checkpoint>, Fault> checkpoint(
        std::string_view reactor) const = 0;
    virtual std::expected<void, Fault> keep_checkpoint(std::string_view reactor,
                                                       const Checkpoint& checkpoint) = 0;

    // The proof's tree (RFC 9162, section 2.1) over the leaf hashes. `root` of the first `size`
    // leaves; of none it is SHA-256 of nothing. `node` is the root of the leaves [index * 2^level,
    // (index + 1) * 2^level), all present.
    virtual std::expected<Hash, Fault> root(std::uint64_t size) const = 0;
    virtual std::expected<Hash, Fault> node(unsigned level, std::uint64_t index) const = 0;
    // Visits the nodes of level 3 and above, in the order in which their last leaves came and from
    // the lowest level up, until `visit` returns false.
    static constexpr unsigned lowest_visited_level = 3;
    using VisitNodes = std::function<bool(unsigned level, std::uint64_t index, const Hash&)>;
    virtual std::expected<void, Fault> visit_nodes(const VisitNodes& visit) const = 0;
};

}  // namespace muster
