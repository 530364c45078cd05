// Streams: the log's events as one user, account, address, session ... sees them. An event stands
// in the stream of every key among its fields; a mention puts it into none.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "events/fields.hpp"
#include "events/id.hpp"
#include "events/settings.hpp"

namespace muster {

// The numbers are stored: append, never renumber.
enum class StreamKind : std::uint8_t {
    user = 1,
    account = 2,
    email = 3,
    session = 4,
    staff = 5,
    settings = 6,
    ticket = 7,
    mail = 8,
    attempts = 9,
    legacy = 10
};
constexpr bool valid(StreamKind kind) {
    return kind >= StreamKind::user && kind <= StreamKind::legacy;
}

// Whether such a stream is named by 16 bytes, and not by a number.
constexpr bool of_digest(StreamKind kind) {
    return kind == StreamKind::email || kind == StreamKind::attempts;
}

struct StreamId {
    StreamKind kind{};
    std::uint64_t high{};  // Of a 16-byte key the first half, big-endian; else zero.
    std::uint64_t low{};   // An id's number, or the second half of a key. Zero where there is one
                           // stream only.
    auto operator<=>(const StreamId&) const = default;
};

// How many events the stream has; its newest one has this version.
struct StreamVersion {
    StreamId stream;
    std::uint64_t version{};
    auto operator<=>(const StreamVersion&) const = default;
};

StreamId stream_of(EmailKey key);
StreamId stream_of(AttemptsKey key);
// The key that such a stream is of.
EmailKey email_key_of(const StreamId& stream);
AttemptsKey attempts_key_of(const StreamId& stream);
constexpr StreamId stream_of(UserId id) { return {StreamKind::user, 0, id.number}; }
constexpr StreamId stream_of(AccountId id) { return {StreamKind::account, 0, id.number}; }
constexpr StreamId stream_of(SessionId id) { return {StreamKind::session, 0, id.number}; }
constexpr StreamId stream_of(AdminId) { return {StreamKind::staff, 0, 0}; }
constexpr StreamId stream_of(ApiKeyId) { return {StreamKind::staff, 0, 0}; }
constexpr StreamId stream_of(SettingsKey) { return {StreamKind::settings, 0, 0}; }
constexpr StreamId stream_of(MailId id) { return {StreamKind::mail, 0, id.number}; }
constexpr StreamId stream_of(TicketId id) { return {StreamKind::ticket, 0, id.number}; }
// Clients have the even numbers, contacts the odd ones.
constexpr StreamId stream_of(LegacyClientId id) { return {StreamKind::legacy, 0, 2 * id.number}; }
constexpr StreamId stream_of(LegacyContactId id) {
    return {StreamKind::legacy, 0, 2 * id.number + 1};
}

// "user-7", "account-3", "email-<32 hex digits>", "session-9", "staff", "settings", "ticket-5",
// "mail-42", "attempts-<32 hex digits>", "legacy-client-6", "legacy-contact-8".
std::string to_text(const StreamId& stream);

// The kind of stream that a field of this type puts an event into; absent if none.
template <class Field>
constexpr std::optional<StreamKind> stream_kind_of = std::nullopt;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<UserId> = StreamKind::user;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<AccountId> = StreamKind::account;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<EmailKey> = StreamKind::email;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<SessionId> = StreamKind::session;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<AdminId> = StreamKind::staff;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<ApiKeyId> = StreamKind::staff;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<SettingsKey> = StreamKind::settings;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<AttemptsKey> = StreamKind::attempts;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<MailId> = StreamKind::mail;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<TicketId> = StreamKind::ticket;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<LegacyClientId> = StreamKind::legacy;
template <>
inline constexpr std::optional<StreamKind> stream_kind_of<LegacyContactId> = StreamKind::legacy;
template <class Key>
inline constexpr std::optional<StreamKind> stream_kind_of<std::optional<Key>> = stream_kind_of<Key>;
template <class Key>
inline constexpr std::optional<StreamKind> stream_kind_of<std::vector<Key>> = stream_kind_of<Key>;

template <class List, StreamKind kind>
constexpr bool any_of_kind = false;
template <class... Field, StreamKind kind>
constexpr bool any_of_kind<FieldTypes<Field...>, kind> = ((stream_kind_of<Field> == kind) || ...);

// An event concerns the aggregate whose streams are of this kind when one of its fields is a key of
// that kind.
template <class Event, StreamKind kind>
concept Concerns = any_of_kind<FieldTypesOf<Event>, kind>;

// The streams of one event, in the order of its fields, each once.
template <Listed Event>
std::vector<StreamId> streams_of(const Event& event) {
    std::vector<StreamId> streams;
    const auto add = [&](const auto& key) {
        const auto stream = stream_of(key);
        for (const auto& known : streams) {
            if (known == stream) return;
        }
        streams.push_back(stream);
    };
    const auto visit = [&]<class Field>(std::string_view, const Field& field) {
        if constexpr (stream_kind_of<Field>.has_value()) {
            if constexpr (requires { stream_of(field); }) {
                add(field);
            } else if constexpr (requires { field.has_value(); }) {
                if (field) add(*field);
            } else {
                for (const auto& key : field)
                    add(key);
            }
        }
    };
    for_each_field(event, visit);
    return streams;
}

}  // namespace muster

template <>
struct std::hash<muster::StreamId> {
    std::size_t operator()(const muster::StreamId& stream) const {
        const auto mixed = (stream.low ^ (stream.high << 1)) * 0x9e3779b97f4a7c15U;
        return static_cast<std::size_t>(mixed ^ (mixed >> 29) ^
                                        static_cast<std::uint64_t>(stream.kind) << 57);
    }
};
