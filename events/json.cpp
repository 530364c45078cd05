#include "events/json.hpp"

#include <concepts>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <type_traits>
#include <utf8proc.h>

#include "events/bytes.hpp"
#include "events/fields.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"':
            out.append("\\\"");
            return;
        case '\\':
            out.append("\\\\");
            return;
        case '\n':
            out.append("\\n");
            return;
        case '\r':
            out.append("\\r");
            return;
        case '\t':
            out.append("\\t");
            return;
        default:
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    }
}

// What a terminal or an editor would obey rather than show: C1 controls, bidi and other formatting
// characters, line and paragraph separators.
bool is_invisible(utf8proc_int32_t c) {
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            return true;
        default:
            return false;
    }
}

// As UTF-16 (RFC 8259, section 7).
void append_escaped(std::string& out, utf8proc_int32_t c) {
    const auto unit = [&](utf8proc_int32_t value) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
    };
    if (c < 0x10000) return unit(c);
    unit(0xd800 + ((c - 0x10000) >> 10));
    unit(0xdc00 + ((c - 0x10000) & 0x3ff));
}

bool is_plain(char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f; }

// Eight plain bytes at once. Exact up to the first that is not: above it a borrow may mark others.
bool all_plain(std::uint64_t eight) {
    constexpr std::uint64_t ones = 0x0101010101010101U, highs = 0x80 * ones;
    const auto has = [](std::uint64_t bytes, std::uint64_t c) {
        const auto zero = bytes ^ (c * ones);
        return (zero - ones) & ~zero;
    };
    const auto control = (eight - 0x20 * ones) & ~eight;
    return ((eight | control | has(eight, '"') | has(eight, '\\') | has(eight, 0x7f)) & highs) == 0;
}

std::size_t plain_prefix(std::string_view text) {
    std::size_t size = 0;
    for (std::uint64_t eight{}; size + sizeof eight <= text.size(); size += sizeof eight) {
        std::memcpy(&eight, text.data() + size, sizeof eight);
        if (!all_plain(eight)) break;
    }
    while (size < text.size() && is_plain(text[size]))
        ++size;
    return size;
}

void append_json_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto plain = plain_prefix(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) return;
        if (static_cast<unsigned char>(text.front()) < 0x80) {
            append_escaped(out, text.front());
            text.remove_prefix(1);
            continue;
        }
        utf8proc_int32_t c{};
        const auto size =
            utf8proc_iterate(as_bytes(text).data(), static_cast<utf8proc_ssize_t>(text.size()), &c);
        const auto bytes = size > 0 ? static_cast<std::size_t>(size) : 1;
        if (size <= 0) {
            out.append(replacement);
        } else if (is_invisible(c)) {
            append_escaped(out, c);
        } else {
            out.append(text.substr(0, bytes));
        }
        text.remove_prefix(bytes);
    }
}

// Containers may hold one another in any order.
template <class T>
void write_value(JsonWriter& out, const std::optional<T>& value);
template <class T>
void write_value(JsonWriter& out, const std::vector<T>& list);
template <class T>
void write_value(JsonWriter& out, const std::set<T>& set);
template <class Key, class Value>
void write_value(JsonWriter& out, const Personal<Key, Value>& personal);
template <Listed Struct>
void write_value(JsonWriter& out, const Struct& value);

void write_value(JsonWriter& out, std::unsigned_integral auto value) {
    out.number(std::uint64_t{value});
}
void write_value(JsonWriter& out, const std::string& value) { out.text(value); }
void write_value(JsonWriter& out, Time value) { out.time(value); }
void write_value(JsonWriter& out, Permissions value) { out.permissions(value); }
template <class Thing>
void write_value(JsonWriter& out, const Digest<Thing>& digest) {
    out.digest(as_text(digest.bytes));
}
void write_value(JsonWriter& out, Amount value) { out.text(to_text(value)); }
template <class Thing>
void write_value(JsonWriter& out, Id<Thing> id) {
    out.number(id.number);
}
template <class Key>
void write_value(JsonWriter& out, const Mention<Key>& mention) {
    write_value(out, mention.key);
}
template <class Enum>
    requires std::is_enum_v<Enum>
void write_value(JsonWriter& out, Enum value) {
    out.text(to_text(value));
}
template <class T>
void write_value(JsonWriter& out, const std::optional<T>& value) {
    if (value) {
        write_value(out, *value);
    } else {
        out.null();
    }
}
template <class T>
void write_value(JsonWriter& out, const std::vector<T>& list) {
    out.begin_array();
    for (const auto& value : list)
        write_value(out, value);
    out.end_array();
}
template <class T>
void write_value(JsonWriter& out, const std::set<T>& set) {
    out.begin_array();
    for (const auto& value : set)
        write_value(out, value);
    out.end_array();
}
template <Listed Struct>
void write_value(JsonWriter& out, const Struct& value) {
    out.begin_object();
    for_each_field(value, [&]<class Field>(std::string_view name, const Field& field) {
        if constexpr (!std::is_same_v<Field, SettingsKey>) {  // There is one: nothing to tell.
            out.key(name);
            write_value(out, field);
        }
    });
    out.end_object();
}
template <class Key, class Value>
void write_value(JsonWriter& out, const Personal<Key, Value>& personal) {
    write_value(out, personal.value);
}

std::string_view kind_text(ActorKind kind) {
    constexpr std::string_view names[]{"system", "admin", "user", "api_key"};
    return names[static_cast<std::size_t>(kind)];
}

void write_type(JsonWriter& out, EventType type) {
    out.key("type").text(type.name).key("version").number(std::uint64_t{type.version});
}

}  // namespace

void JsonWriter::separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_.push_back('{');
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    out_.push_back('}');
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_.push_back('[');
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    out_.push_back(']');
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    out_.push_back('"');
    out_.append(name).append("\":");
    first_ = true;  // No comma between a key and its value.
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    out_.push_back('"');
    append_json_text(out_, value);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::base64(std::string_view bytes) {
    separate();
    out_.push_back('"');
    append_base64(out_, bytes);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::digest(std::string_view bytes) {
    return shows_digests() ? text(to_hex(bytes)) : null();
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::time(Time value) {
    const auto digits = rfc3339(value);
    separate();
    out_.push_back('"');
    out_.append(digits.data(), digits.size());
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::permissions(Permissions value) {
    begin_array();
    value.for_each([&](Permission permission) { text(to_text(permission)); });
    return end_array();
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

void write_data(JsonWriter& out, const Event& event) {
    std::visit([&](const auto& e) { write_value(out, e); }, event);
}

void write_planned(JsonWriter& out, const Event& event) {
    out.begin_object();
    write_type(out, type_of(event));
    out.key("streams").begin_array();
    for (const auto& stream : streams_of(event)) {
        const auto name = to_text(stream);
        const bool hidden = of_digest(stream.kind) && !out.shows_digests();
        out.text(hidden ? name.substr(0, name.find('-')) : name);
    }
    out.end_array().key("data");
    write_data(out, event);
    out.end_object();
}

void write_record(JsonWriter& out, const Record& record, const Stored& stored) {
    out.begin_object();
    out.key("position").number(record.position.number).key("at").time(record.time);
    write_type(out, type_of(record.event));
    out.key("streams").begin_array();
    for (const auto& [stream, version] : record.streams) {
        out.begin_object().key("stream").text(to_text(stream));
        out.key("version").number(version).end_object();
    }
    out.end_array().key("actor");
    write_actor(out, record.actor);
    out.key("data");
    write_data(out, record.event);
    out.key("trace_id");
    if (record.trace == TraceId{}) {
        out.null();
    } else {
        out.text(to_hex(as_text(record.trace)));
    }
    out.key("leaf_hash").base64(as_text(stored.leaf));
    out.key("record").base64(stored.bytes).end_object();
}

void write_actor(JsonWriter& out, const Actor& actor) {
    out.begin_object().key("kind").text(kind_text(actor.kind)).key("id");
    if (actor.kind == ActorKind::system) {
        out.null();
    } else {
        out.number(actor.number);
    }
    if (actor.on_behalf_of) out.key("on_behalf_of").number(actor.on_behalf_of->number);
    out.end_object();
}

}  // namespace muster
