// An aggregate's state as a snapshot: its fields as codec.hpp writes them, personal ones sealed
// under their subject's key: that of whom the state is about or, inside a map, of what its key
// names.
//
//   snapshot := version(1) salt(12) fields       personal := text, sealed; empty where erased
//
// Raise an aggregate's version when its fields, or what its `apply` functions make of events,
// change: older snapshots are then passed over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aggregates/account.hpp"
#include "aggregates/attempts.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/user.hpp"
#include "events/codec.hpp"
#include "events/sealing.hpp"

namespace muster {

template <class Aggregate>
constexpr std::uint8_t snapshot_version = 1;
template <>
inline constexpr std::uint8_t snapshot_version<Account> = 3;
template <>
inline constexpr std::uint8_t snapshot_version<User> = 3;
template <>
inline constexpr std::uint8_t snapshot_version<Session> = 3;
template <>
inline constexpr std::uint8_t snapshot_version<Staff> = 2;
template <>
inline constexpr std::uint8_t snapshot_version<Settings> = 3;

// Absent where the state cannot be sealed: it is simply folded again.
template <class Aggregate>
std::optional<std::string> to_snapshot(const Aggregate& state, Keyring& keyring);
// Absent where the snapshot is of another version, or damaged.
template <class Aggregate>
std::optional<Aggregate> from_snapshot(std::string_view bytes, Keyring& keyring);

namespace snapshots {

template <class Field>
constexpr bool is_personal = false;
template <class Key, class Value>
constexpr bool is_personal<Personal<Key, Value>> = true;

// A map to structs with personal fields, each about the one that its key names.
template <class List>
constexpr bool any_personal = false;
template <class... Field>
constexpr bool any_personal<FieldTypes<Field...>> = (is_personal<Field> || ...);
template <class Field>
constexpr bool maps_to_personal = false;
template <class Key, Listed Value>
constexpr bool maps_to_personal<std::map<Key, Value>> = any_personal<FieldTypesOf<Value>>;

// Whom a state, or what a key names, is about; absent where the key is erased.
template <class Owner>
std::optional<Key> key_of(Keyring& keyring, const Owner& owner) {
    if constexpr (requires { owner.id; }) {
        return keyring.find(subject_of(owner.id)).value_or(std::nullopt);
    } else {
        return keyring.find(subject_of(owner)).value_or(std::nullopt);
    }
}

struct Sealing {
    Keyring& keyring;
    Salt salt;
    std::uint32_t part = 1;  // The next one's number, so that no nonce is used twice.
    bool sealed = true;
};

template <class Owner, class Field>
void put_field(Writer& out, const Owner& owner, const Field& field, Sealing& with) {
    if constexpr (is_personal<Field>) {
        const auto part = with.part++;
        if (!field.value) return out.text({});
        const auto key = key_of(with.keyring, owner);
        with.sealed = with.sealed && key.has_value();
        if (key) out.text(seal(*key, with.salt, part, to_bytes(*field.value)));
    } else if constexpr (maps_to_personal<Field>) {
        out.varint(field.size());
        for (const auto& [id, value] : field) {
            put(out, id);
            for_each_field(value, [&](std::string_view, const auto& inner) {
                put_field(out, id, inner, with);
            });
        }
    } else {
        put(out, field);
    }
}

template <class Owner, class Field>
void get_field(Reader& in, const Owner& owner, Field& field, Sealing& with) {
    if constexpr (is_personal<Field>) {
        const auto part = with.part++;
        const auto sealed = in.text();
        const auto key = key_of(with.keyring, owner);
        if (sealed.empty() || !key) return;  // Erased.
        const auto plain = open(*key, with.salt, part, sealed);
        using Value = typename decltype(field.value)::value_type;
        field.value = plain ? from_bytes<Value>(*plain) : std::nullopt;
        if (!field.value) in.fail();
    } else if constexpr (maps_to_personal<Field>) {
        for (auto count = in.count(); count > 0 && in.ok(); --count) {
            typename Field::key_type id{};
            get(in, id);
            for_each_field(field[id],
                           [&](std::string_view, auto& inner) { get_field(in, id, inner, with); });
        }
    } else {
        get(in, field);
    }
}

}  // namespace snapshots

template <class Aggregate>
std::optional<std::string> to_snapshot(const Aggregate& state, Keyring& keyring) {
    std::string bytes;
    Writer out{bytes};
    snapshots::Sealing with{keyring, random_bytes<Salt>()};
    out.byte(snapshot_version<Aggregate>);
    out.raw(with.salt);
    for_each_field(state, [&](std::string_view, const auto& field) {
        snapshots::put_field(out, state, field, with);
    });
    return with.sealed ? std::optional{bytes} : std::nullopt;
}

template <class Aggregate>
std::optional<Aggregate> from_snapshot(std::string_view bytes, Keyring& keyring) {
    Reader in{bytes};
    if (in.byte() != snapshot_version<Aggregate>) return std::nullopt;
    snapshots::Sealing with{keyring, {}};
    const auto stored = in.raw(with.salt.size());
    std::copy(stored.begin(), stored.end(), with.salt.begin());
    Aggregate state{};
    for_each_field(state, [&](std::string_view, auto& field) {
        snapshots::get_field(in, state, field, with);
    });
    return in.done() ? std::optional{std::move(state)} : std::nullopt;
}

}  // namespace muster
