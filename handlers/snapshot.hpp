// An aggregate's state as a snapshot: its fields as codec.hpp writes them, personal ones sealed
// under their subject's key.
//
//   snapshot := version(1) salt(12) fields       personal := text, sealed; empty where erased
//
// Raise an aggregate's version when its fields, or what its `apply` functions make of events,
// change: older snapshots are then passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

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
inline constexpr std::uint8_t snapshot_version<Account> = 2;
template <>
inline constexpr std::uint8_t snapshot_version<User> = 2;
template <>
inline constexpr std::uint8_t snapshot_version<Session> = 2;
template <>
inline constexpr std::uint8_t snapshot_version<Staff> = 2;
template <>
inline constexpr std::uint8_t snapshot_version<Settings> = 2;

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

// The key of whom the state is about.
template <class Aggregate>
std::optional<Key> key_of(Keyring& keyring, const Aggregate& state) {
    return keyring.find(subject_of(state.id)).value_or(std::nullopt);
}

}  // namespace snapshots

template <class Aggregate>
std::optional<std::string> to_snapshot(const Aggregate& state, Keyring& keyring) {
    std::string bytes;
    Writer out{bytes};
    bool sealed = true;
    const auto salt = random_bytes<Salt>();
    out.byte(snapshot_version<Aggregate>);
    out.raw(salt);
    for_each_field(state, [&]<class Field>(std::string_view, const Field& field) {
        if constexpr (snapshots::is_personal<Field>) {
            if (!field.value) return out.text({});
            const auto key = snapshots::key_of(keyring, state);
            sealed = sealed && key.has_value();
            if (key) out.text(seal(*key, salt, 1, to_bytes(*field.value)));
        } else {
            put(out, field);
        }
    });
    return sealed ? std::optional{bytes} : std::nullopt;
}

template <class Aggregate>
std::optional<Aggregate> from_snapshot(std::string_view bytes, Keyring& keyring) {
    Reader in{bytes};
    if (in.byte() != snapshot_version<Aggregate>) return std::nullopt;
    Salt salt{};
    const auto stored = in.raw(salt.size());
    std::copy(stored.begin(), stored.end(), salt.begin());
    Aggregate state{};
    for_each_field(state, [&]<class Field>(std::string_view, Field& field) {
        if constexpr (snapshots::is_personal<Field>) {
            const auto sealed = in.text();
            const auto key = snapshots::key_of(keyring, state);
            if (sealed.empty() || !key) return;  // Erased.
            const auto plain = open(*key, salt, 1, sealed);
            using Value = typename decltype(field.value)::value_type;
            field.value = plain ? from_bytes<Value>(*plain) : std::nullopt;
            if (!field.value) in.fail();
        } else {
            get(in, field);
        }
    });
    return in.done() ? std::optional{std::move(state)} : std::nullopt;
}

}  // namespace muster
