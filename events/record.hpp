// A record: one event as it is stored, with everything about it that is not the event itself.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/fault.hpp"
#include "events/keyring.hpp"
#include "events/personal.hpp"
#include "events/sealing.hpp"
#include "events/stream.hpp"
#include "events/time.hpp"

namespace muster {

using TraceId = std::array<std::uint8_t, 16>;  // W3C Trace Context; all zero is none.
using Hash = std::array<std::uint8_t, 32>;     // SHA-256.

// The numbers are stored.
enum class ActorKind : std::uint8_t { system = 0, admin = 1, user = 2, api_key = 3 };

// Who did it. `number` is the admin's, user's or API key's id; zero for System.
struct Actor {
    ActorKind kind{};
    std::uint64_t number{};
    std::optional<UserId> on_behalf_of;
    bool operator==(const Actor&) const = default;
};

// All that is said about an event beside it. Every event of a commit has the same.
struct Circumstances {
    Time time;
    Actor actor;
    std::string caller;  // IPv4 or IPv6 address in network byte order (4 or 16 bytes); empty: none,
                         // or erased.
    TraceId trace{};
};

// An event ready for the log, its personal data sealed already.
struct Draft {
    std::vector<StreamId> streams;
    std::string body;  // See the grammar in record.cpp.
};

// Seals and encodes. A subject without a key is a fault `erased`, a personal field without a value
// `damaged`.
// Whoever gives a salt (tests do) gets the same bytes again; without one it is drawn.
std::expected<Draft, Fault> draft(const Event& event, const Circumstances& circumstances,
                                  Keyring& keyring, const std::optional<Salt>& salt = {});

// The stored bytes of a draft at its place; what the leaf hash covers.
std::string encode(const Draft& draft, Position position, Time time,
                   const std::vector<StreamVersion>& streams);

// A stored record's envelope. The views point into the bytes that it was parsed from.
struct Envelope {
    Position position;
    Time time;
    std::vector<StreamVersion> streams;
    Actor actor;
    TraceId trace{};
    std::string_view type;
    std::uint32_t version{};
    std::optional<Salt> salt;
    std::string_view sealed_caller;  // Under the actor's key where the actor is a person,
    bool caller_for_concerned{};     // under that of whom the event is about where this says so.
    std::string_view payload;
};
// Truncated or lying bytes are a fault that names the position if it could be read.
std::expected<Envelope, Fault> parse_envelope(std::string_view bytes);

// A record with its event decoded, and upcast where an older version was stored.
struct Record {
    Position position;
    Time time;
    std::vector<StreamVersion> streams;
    Actor actor;
    std::string caller;
    TraceId trace{};
    Event event;
};
// With a keyring personal data is opened; without one it is left absent, which is all that folding
// needs.
std::expected<Record, Fault> decode(std::string_view bytes, Keyring* keyring);

// An absent subject: System and API keys are no persons.
std::optional<Subject> subject_of(const Actor& actor);

}  // namespace muster
