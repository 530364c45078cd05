// A stored record. The leaf hash covers exactly these bytes.
//
//   record   := format(1)=1 position time streams body
//   position := varint
//   time     := varint             milliseconds since 1970
//   streams  := varint count, count * (kind(1) key version)
//   key      := 16 bytes where the stream is named by a digest, else varint
//   version  := varint             the stream's, this event included
//   body     := name version flags actor [behalf] [trace] [salt] [caller] payload
//   name     := text               the event type's
//   flags    := 1 byte             bit 0: salt, 1: trace, 2: on behalf of a user, 3: caller,
//                                  4: it is sealed for whom the event is about
//   actor    := kind(1) [varint id, unless System]
//   behalf   := varint user id
//   trace    := 16 bytes
//   salt     := 12 bytes           there when anything is sealed
//   caller   := text               the address; sealed as part 0 where the actor is a person, or
//                                  where flag 4 says so
//   payload  := text               the event's fields in their order, as codec.hpp writes them
//   personal := text               a personal field among them: its fields, sealed as part 1, 2 ...
#include "events/record.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

#include "events/codec.hpp"
#include "events/retired.hpp"

namespace muster {
namespace {

constexpr std::uint8_t record_format = 1;
enum Flag : std::uint8_t {
    has_salt = 1,
    has_trace = 2,
    has_behalf = 4,
    has_caller = 8,
    caller_for_concerned = 16,
    all_flags = 31
};

// --- Personal fields, which need to know whom the event is about

template <class K, class E>
Subject subject_in(const E& event) {
    Subject subject;
    for_each_field(event, [&]<class Field>(std::string_view, const Field& field) {
        if constexpr (std::is_same_v<Field, K>) subject = subject_of(field);
        if constexpr (std::is_same_v<Field, Mention<K>>) subject = subject_of(field.key);
    });
    return subject;
}

template <class>
constexpr bool is_personal = false;
template <class K, class V>
constexpr bool is_personal<Personal<K, V>> = true;
template <class>
struct PersonalKey;
template <class K, class V>
struct PersonalKey<Personal<K, V>> {
    using type = K;
};

template <class List>
constexpr bool any_personal = false;
template <class... Field>
constexpr bool any_personal<FieldTypes<Field...>> = (is_personal<Field> || ...);

struct Sealer {
    const Salt& salt;
    Keyring& keyring;
    std::uint32_t part = 1;
    std::optional<Fault> fault{};
};

std::expected<Key, Fault> key_for_sealing(Keyring& keyring, const Subject& subject) {
    const auto key = keyring.find(subject);
    if (!key) return std::unexpected(key.error());
    if (!*key)
        return std::unexpected(Fault{Fault::Kind::erased, "sealing for somebody without a key"});
    return **key;
}

template <class E>
void put_event(Writer& out, const E& event, Sealer& sealer) {
    for_each_field(event, [&]<class Field>(std::string_view name, const Field& field) {
        if constexpr (is_personal<Field>) {
            const auto subject = subject_in<typename PersonalKey<Field>::type>(event);
            const auto key = key_for_sealing(sealer.keyring, subject);
            if (!key || !field.value) {
                sealer.fault =
                    key ? Fault{Fault::Kind::damaged, fmt::format("{} has no value", name)}
                        : key.error();
                return;
            }
            std::string plain;
            Writer inner{plain};
            put(inner, *field.value);
            out.text(seal(*key, sealer.salt, sealer.part++, plain));
        } else {
            put(out, field);
        }
    });
}

struct Opener {
    const std::optional<Salt>& salt;
    Keyring* keyring;
    std::uint32_t part = 1;
    std::optional<Fault> fault{};
};

// Opens part `part` of a record; absent where the key is erased or nobody asked to open.
std::optional<std::string> open_part(Opener& opener, const Subject& subject, std::uint32_t part,
                                     std::string_view sealed) {
    if (opener.keyring == nullptr) return std::nullopt;
    const auto key = opener.keyring->find(subject);
    if (!key) opener.fault = key.error();
    if (!key || !*key) return std::nullopt;
    auto plain = opener.salt ? open(**key, *opener.salt, part, sealed) : std::nullopt;
    if (!plain) opener.fault = Fault{Fault::Kind::damaged, "sealed data does not open"};
    return plain;
}

template <class Field, class E>
void open_field(Reader& in, Field& field, const E& event, Opener& opener) {
    const auto sealed = in.text();
    const auto subject = subject_in<typename PersonalKey<Field>::type>(event);
    const auto plain = open_part(opener, subject, opener.part++, sealed);
    if (!plain) return;
    Reader inner{*plain};
    get(inner, field.value.emplace());
    if (!inner.done()) in.fail();
}

template <class E>
E get_event(Reader& in, Opener& opener) {
    E event{};
    for_each_field(event, [&]<class Field>(std::string_view, Field& field) {
        if constexpr (is_personal<Field>) {
            open_field(in, field, event, opener);
        } else {
            get(in, field);
        }
    });
    return event;
}

// --- Whom an event is about that System records: whoever asks has not shown who it is

void note_person(std::optional<Subject>& person, const auto& field) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, UserId> || std::is_same_v<Field, AdminId>) {
        if (!person && field) person = subject_of(field);
    }
}
template <class Key>
void note_person(std::optional<Subject>& person, const Mention<Key>& mention) {
    note_person(person, mention.key);
}
template <class Key>
void note_person(std::optional<Subject>& person, const std::optional<Mention<Key>>& mention) {
    if (mention) note_person(person, mention->key);
}

std::optional<Subject> concerned_by(const Event& event) {
    std::optional<Subject> person;
    std::visit(
        [&](const auto& e) {
            for_each_field(
                e, [&](std::string_view, const auto& field) { note_person(person, field); });
        },
        event);
    return person;
}

// --- One decoder for each event that was ever stored

using Decoder = Event (*)(Reader&, Opener&);

struct EventTypeHash {
    std::size_t operator()(const EventType& type) const noexcept {
        return std::hash<std::string_view>{}(type.name) + type.version;
    }
};
using Decoders = std::unordered_map<EventType, Decoder, EventTypeHash>;

template <class... E>
Decoders decoders_of(std::variant<E...>*) {
    return {
        {E::type, [](Reader& in, Opener& opener) -> Event { return get_event<E>(in, opener); }}...};
}
template <class Old>
Decoders::value_type retired() {
    return {Old::type,
            [](Reader& in, Opener& opener) -> Event { return upcast(get_event<Old>(in, opener)); }};
}

// Null where there is none.
Decoder find_decoder(EventType type) {
    static const auto decoders = [] {
        auto all = decoders_of(static_cast<Event*>(nullptr));
        all.insert({retired<TicketDeletedV1>()});
        return all;
    }();
    const auto found = decoders.find(type);
    return found == decoders.end() ? nullptr : found->second;
}

// --- Envelopes

void put_stream(Writer& out, const StreamVersion& at) {
    out.byte(static_cast<std::uint8_t>(at.stream.kind));
    if (of_digest(at.stream.kind)) {
        out.fixed64(at.stream.high);
        out.fixed64(at.stream.low);
    } else {
        out.varint(at.stream.low);
    }
    out.varint(at.version);
}

StreamVersion get_stream(Reader& in) {
    StreamVersion at;
    at.stream.kind = static_cast<StreamKind>(in.byte());
    if (!valid(at.stream.kind)) in.fail();
    if (of_digest(at.stream.kind)) {
        at.stream.high = in.fixed64();
        at.stream.low = in.fixed64();
    } else {
        at.stream.low = in.varint();
    }
    at.version = in.varint();
    return at;
}

template <class Bytes>
std::optional<Bytes> get_array(Reader& in) {
    Bytes bytes{};
    const auto raw = in.raw(bytes.size());
    if (!in.ok()) return std::nullopt;
    std::copy(raw.begin(), raw.end(), bytes.begin());
    return bytes;
}

Actor get_actor(Reader& in, std::uint8_t flags) {
    Actor actor;
    const auto kind = in.byte();
    if (kind > static_cast<std::uint8_t>(ActorKind::api_key)) in.fail();
    actor.kind = static_cast<ActorKind>(kind);
    if (actor.kind != ActorKind::system) actor.number = in.varint();
    if ((flags & has_behalf) != 0) actor.on_behalf_of = UserId{in.varint()};
    return actor;
}

Fault damaged(Position position, std::string_view what) {
    return {Fault::Kind::damaged, fmt::format("position {}: {}", position.number, what)};
}

}  // namespace

std::optional<Subject> subject_of(const Actor& actor) {
    if (actor.kind == ActorKind::user) return subject_of(UserId{actor.number});
    if (actor.kind == ActorKind::admin) return subject_of(AdminId{actor.number});
    return std::nullopt;
}

std::expected<Draft, Fault> draft(const Event& event, const Circumstances& about, Keyring& keyring,
                                  const std::optional<Salt>& given) {
    auto person = subject_of(about.actor);
    auto caller = about.caller;
    const bool for_concerned = about.actor.kind == ActorKind::system && !caller.empty();
    if (for_concerned) {
        person = concerned_by(event);
        const auto key = person ? keyring.find(*person) : std::optional<Key>{};
        if (!key) return std::unexpected(key.error());
        if (person && !*key) caller.clear();  // Forgotten: the event stays, the address does not.
    }
    const bool seals_caller = person && !caller.empty();
    const bool seals_fields =
        std::visit([]<class E>(const E&) { return any_personal<FieldTypesOf<E>>; }, event);
    const bool salted = seals_caller || seals_fields;
    auto salt = given.value_or(Salt{});
    if (salted && !given) salt = random_bytes<Salt>();
    const bool traced = about.trace != TraceId{};

    Draft result{streams_of(event), {}};
    result.body.reserve(256);
    Writer out{result.body};
    const auto type = type_of(event);
    out.text(type.name);
    out.varint(type.version);
    out.byte(static_cast<std::uint8_t>((salted ? has_salt : 0) | (traced ? has_trace : 0) |
                                       (about.actor.on_behalf_of ? has_behalf : 0) |
                                       (caller.empty() ? 0 : has_caller) |
                                       (for_concerned && seals_caller ? caller_for_concerned : 0)));
    out.byte(static_cast<std::uint8_t>(about.actor.kind));
    if (about.actor.kind != ActorKind::system) out.varint(about.actor.number);
    if (about.actor.on_behalf_of) out.varint(about.actor.on_behalf_of->number);
    if (traced) out.raw(about.trace);
    if (salted) out.raw(salt);
    if (seals_caller) {
        const auto key = key_for_sealing(keyring, *person);
        if (!key) return std::unexpected(key.error());
        out.text(seal(*key, salt, 0, caller));
    } else if (!caller.empty()) {
        out.text(caller);
    }

    std::string payload;
    Writer inner{payload};
    Sealer sealer{salt, keyring};
    std::visit([&](const auto& e) { put_event(inner, e, sealer); }, event);
    if (sealer.fault) return std::unexpected(*sealer.fault);
    out.text(payload);
    return result;
}

std::string encode(const Draft& draft, Position position, Time time,
                   const std::vector<StreamVersion>& streams) {
    std::string bytes;
    bytes.reserve(draft.body.size() + 64 + 24 * streams.size());  // And the leaf hash behind it.
    Writer out{bytes};
    out.byte(record_format);
    out.varint(position.number);
    out.varint(static_cast<std::uint64_t>(time.ms));
    out.varint(streams.size());
    for (const auto& at : streams)
        put_stream(out, at);
    out.raw(draft.body);
    return bytes;
}

std::expected<Envelope, Fault> parse_envelope(std::string_view bytes) {
    Reader in{bytes};
    Envelope envelope;
    const auto format = in.byte();
    if (in.ok() && format > record_format) {
        return std::unexpected(Fault{Fault::Kind::newer_version, "a record in a newer format"});
    }
    if (format != record_format) in.fail();
    envelope.position = Position{in.varint()};
    get(in, envelope.time);
    const auto streams = in.count();
    envelope.streams.reserve(streams);
    for (std::size_t n = 0; n < streams && in.ok(); ++n)
        envelope.streams.push_back(get_stream(in));
    envelope.type = in.text();
    get(in, envelope.version);
    const auto flags = in.byte();
    if (flags > all_flags) in.fail();
    envelope.caller_for_concerned = (flags & caller_for_concerned) != 0;
    envelope.actor = get_actor(in, flags);
    if ((flags & has_trace) != 0) envelope.trace = get_array<TraceId>(in).value_or(TraceId{});
    if ((flags & has_salt) != 0) envelope.salt = get_array<Salt>(in);
    if ((flags & has_caller) != 0) envelope.sealed_caller = in.text();
    if (envelope.caller_for_concerned &&
        (envelope.actor.kind != ActorKind::system || envelope.sealed_caller.empty()))
        in.fail();
    envelope.payload = in.text();
    if (!in.done())
        return std::unexpected(damaged(envelope.position, "the record is truncated or malformed"));
    return envelope;
}

std::expected<Record, Fault> decode(std::string_view bytes, Keyring* keyring) {
    auto envelope = parse_envelope(bytes);
    if (!envelope) return std::unexpected(envelope.error());
    const auto decoder = find_decoder({envelope->type, envelope->version});
    if (decoder == nullptr) {
        return std::unexpected(
            Fault{Fault::Kind::newer_version,
                  fmt::format("position {}: unknown event {} version {}", envelope->position.number,
                              envelope->type, envelope->version)});
    }

    Reader in{envelope->payload};
    Opener opener{envelope->salt, keyring};
    Record record{
        envelope->position, envelope->time,     std::move(envelope->streams), envelope->actor, {},
        envelope->trace,    decoder(in, opener)};
    if (!in.done()) return std::unexpected(damaged(record.position, "the event does not decode"));

    const auto person =
        envelope->caller_for_concerned ? concerned_by(record.event) : subject_of(record.actor);
    if (envelope->caller_for_concerned && !person)
        return std::unexpected(damaged(record.position, "its caller is sealed for nobody"));
    if (person) {
        if (!envelope->sealed_caller.empty()) {
            record.caller = open_part(opener, *person, 0, envelope->sealed_caller).value_or("");
        }
    } else {
        record.caller = envelope->sealed_caller;
    }
    if (opener.fault) {
        opener.fault->message.insert(0, fmt::format("position {}: ", record.position.number));
        return std::unexpected(*opener.fault);
    }
    return record;
}

}  // namespace muster
