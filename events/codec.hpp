// The binary form of values and of structs that list their fields: in records, in the views' rows,
// in snapshots.
//
//   number, id, enum, time, permissions (bits)    varint
//   digest                                        16 bytes
//   amount                                        varint ten-thousandths, digits(1)
//   text                                          text
//   optional                                      0 | 1 field
//   list, set, map                                varint count, fields (of a map: key value)
//   mention                                       as its key
//   struct                                        its fields in their order
//
// Reading checks everything: what does not fit its type fails the Reader.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "events/amount.hpp"
#include "events/bytes.hpp"
#include "events/fields.hpp"
#include "events/id.hpp"
#include "events/permissions.hpp"
#include "events/settings.hpp"
#include "events/time.hpp"

namespace muster {

// Containers may hold one another in any order.
template <class T>
void put(Writer& out, const std::optional<T>& value);
template <class T>
void put(Writer& out, const std::vector<T>& list);
template <class K, class V>
void put(Writer& out, const std::map<K, V>& map);
template <class T>
void put(Writer& out, const std::set<T>& set);
template <class T>
void get(Reader& in, std::optional<T>& value);
template <class T>
void get(Reader& in, std::vector<T>& list);
template <class K, class V>
void get(Reader& in, std::map<K, V>& map);
template <class T>
void get(Reader& in, std::set<T>& set);

inline void put(Writer& out, std::integral auto value) {
    out.varint(static_cast<std::uint64_t>(value));
}
inline void put(Writer& out, Time time) { out.varint(static_cast<std::uint64_t>(time.ms)); }
inline void put(Writer& out, Permissions permissions) { out.varint(permissions.bits()); }
inline void put(Writer& out, Amount amount) {
    out.varint(amount.parts());
    out.byte(amount.digits());
}
inline void put(Writer& out, const std::string& text) { out.text(text); }
inline void put(Writer&, SettingsKey) {}
template <class Thing>
void put(Writer& out, const Digest<Thing>& digest) {
    out.raw(digest.bytes);
}
template <class Thing>
void put(Writer& out, Id<Thing> id) {
    out.varint(id.number);
}
template <class Enum>
    requires std::is_enum_v<Enum>
void put(Writer& out, Enum value) {
    out.varint(static_cast<std::uint64_t>(value));
}
template <class K>
void put(Writer& out, const Mention<K>& mention) {
    put(out, mention.key);
}
template <class T>
void put(Writer& out, const std::optional<T>& value) {
    out.byte(value.has_value());
    if (value) put(out, *value);
}
template <class T>
void put(Writer& out, const std::vector<T>& list) {
    out.varint(list.size());
    for (const auto& value : list)
        put(out, value);
}
template <class K, class V>
void put(Writer& out, const std::map<K, V>& map) {
    out.varint(map.size());
    for (const auto& [key, value] : map) {
        put(out, key);
        put(out, value);
    }
}
template <class T>
void put(Writer& out, const std::set<T>& set) {
    out.varint(set.size());
    for (const auto& value : set)
        put(out, value);
}
template <Listed Struct>
void put(Writer& out, const Struct& value) {
    for_each_field(value, [&](std::string_view, const auto& field) { put(out, field); });
}

inline void get(Reader& in, bool& value) {
    const auto byte = in.byte();
    if (byte > 1) in.fail();
    value = byte == 1;
}
inline void get(Reader& in, std::uint64_t& value) { value = in.varint(); }
inline void get(Reader& in, std::uint32_t& value) {
    const auto wide = in.varint();
    if (wide > UINT32_MAX) in.fail();
    value = static_cast<std::uint32_t>(wide);
}
inline void get(Reader& in, Time& time) {
    const auto wide = in.varint();
    if (wide > INT64_MAX) in.fail();
    time.ms = static_cast<std::int64_t>(wide);
}
inline void get(Reader& in, Permissions& permissions) {
    const auto known = Permissions::from_bits(in.varint());
    if (!known) return in.fail();
    permissions = *known;
}
inline void get(Reader& in, Amount& amount) {
    const auto parts = in.varint();
    const auto known = Amount::from_parts(parts, in.byte());
    if (!known || parts > Amount::most) return in.fail();
    amount = *known;
}
inline void get(Reader& in, std::string& text) { text = in.text(); }
inline void get(Reader&, SettingsKey&) {}
template <class Thing>
void get(Reader& in, Digest<Thing>& digest) {
    const auto bytes = in.raw(digest.bytes.size());
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
}
template <class Thing>
void get(Reader& in, Id<Thing>& id) {
    id.number = in.varint();
}
template <class Enum>
    requires std::is_enum_v<Enum>
void get(Reader& in, Enum& value) {
    const auto wide = in.varint();
    value = static_cast<Enum>(wide);
    if (wide > UINT8_MAX || !valid(value)) in.fail();
}
template <class K>
void get(Reader& in, Mention<K>& mention) {
    get(in, mention.key);
}
template <class T>
void get(Reader& in, std::optional<T>& value) {
    const auto there = in.byte();
    if (there > 1) in.fail();
    value.reset();
    if (there == 1) get(in, value.emplace());
}
template <class T>
void get(Reader& in, std::vector<T>& list) {
    list.resize(in.count());
    for (auto& value : list)
        get(in, value);
}
template <class K, class V>
void get(Reader& in, std::map<K, V>& map) {
    for (auto count = in.count(); count > 0 && in.ok(); --count) {
        K key{};
        get(in, key);
        get(in, map[key]);
    }
}
template <class T>
void get(Reader& in, std::set<T>& set) {
    for (auto count = in.count(); count > 0 && in.ok(); --count) {
        T value{};
        get(in, value);
        set.insert(value);
    }
}
template <Listed Struct>
void get(Reader& in, Struct& value) {
    for_each_field(value, [&](std::string_view, auto& field) { get(in, field); });
}

// The whole value as bytes, and back; absent if the bytes are not exactly one value.
template <class T>
std::string to_bytes(const T& value) {
    std::string bytes;
    Writer out{bytes};
    put(out, value);
    return bytes;
}
template <class T>
std::optional<T> from_bytes(std::string_view bytes) {
    Reader in{bytes};
    T value{};
    get(in, value);
    if (!in.done()) return std::nullopt;
    return value;
}

}  // namespace muster
