// JSON out: a writer that appends to a string, and events as JSON. (JSON in: http/body.hpp.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/log.hpp"
#include "events/record.hpp"

namespace muster {

// Writes compact JSON (RFC 8259) in the order of the calls, which must make sense: a key before
// each member's value. Text must be UTF-8; bytes that are not are written as U+FFFD. Control
// and formatting characters (bidi controls among them) and U+2028/9 are escaped, so that the text
// may be shown on a terminal; <, > and & are not.
class JsonWriter {
public:
    // Keys of addresses are shown, or null: whoever may ask for any address's key could look for
    // it.
    enum class Digests : bool { hidden, shown };

    explicit JsonWriter(std::string& out, Digests digests = Digests::shown)
        : out_(out), digests_(digests) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);  // Names are plain ASCII.
    JsonWriter& text(std::string_view value);
    JsonWriter& base64(std::string_view bytes);
    JsonWriter& digest(std::string_view bytes);  // Hexadecimal.
    bool shows_digests() const { return digests_ == Digests::shown; }
    JsonWriter& number(std::uint64_t value);
    JsonWriter& number(std::int64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    JsonWriter& time(Time value);  // RFC 3339.
    JsonWriter& permissions(Permissions value);
    JsonWriter& raw(std::string_view json);  // A whole value, written already.

private:
    void separate();

    std::string& out_;
    Digests digests_;
    bool first_ = true;  // Nothing stands before the next value in its object or array.
};

// An event's fields by their names. Ids are numbers, keys of addresses hexadecimal, permissions
// lists, times RFC 3339; a personal field is an object, or null where it is erased.
void write_data(JsonWriter& out, const Event& event);

// {"type","version","streams","data"}: what a dry run shows. A stream that an address's key names
// has no more than its kind where digests are hidden.
void write_planned(JsonWriter& out, const Event& event);

// {"position","at","type","version","streams","actor","data","trace_id","leaf_hash","record"}: as
// GET /v1/events has it. The record is the base64 of exactly the bytes that the leaf hash covers.
void write_record(JsonWriter& out, const Record& record, const Stored& stored);

// {"kind","id"} and, where somebody acts for a user, "on_behalf_of".
void write_actor(JsonWriter& out, const Actor& actor);

}  // namespace muster
