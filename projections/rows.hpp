// Rows of views: typed tables, and what a view is handed to change them.
//
//   key   := view(1) generation(1) table(1) part*
//   part  := id(8, big-endian) | position(8, big-endian) | email key(16) | text | time
//   text  := 0 bytes 0        bytes without 0, so that texts sort as their bytes do
//          | 1                no text: sorts last
//   time  := 0 milliseconds(8, big-endian) | 1
//   value := the row's fields as codec.hpp writes them
//          | gap(varint)*     of a list of positions: the key ends in the first one, each gap leads
//                             to the next. How a list is cut into rows is left to the writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/record.hpp"
#include "projections/view_store.hpp"

namespace muster::views {

// Where and how an event happened.
struct At {
    Position position;
    Time time;
    const Actor& actor;
    std::string_view caller;  // Address bytes; empty: none, erased, or the event has no personal
                              // data, so that nothing was opened.
    const std::vector<StreamVersion>& streams;
};

// The row of an index: its key says it all.
struct Nothing {
    bool operator==(const Nothing&) const = default;
    static constexpr auto fields(auto&, auto&& field) { return field; }
};

// Whether a view's `on` walks the table by the first part of its keys.
enum class Walked : std::uint8_t { no, yes };
// Whether its rows are the view's rows as GET /v1/projections counts them.
enum class Counted : std::uint8_t { no, yes };

void put_part(Writer& out, const std::string& text);
void put_part(Writer& out, const std::optional<Time>& time);
template <class Thing>
void put_part(Writer& out, const Digest<Thing>& digest) {
    out.raw(digest.bytes);
}
inline void put_part(Writer& out, Position position) { out.fixed64(position.number); }
inline void put_part(Writer& out, const EmailKey& key) { out.raw(key.bytes); }
template <class Thing>
void put_part(Writer& out, Id<Thing> id) {
    out.fixed64(id.number);
}

// A table of a view: rows of one type by keys of one form.
template <class View_, char tag_, Counted counted_, Walked walked_, class Row_, class... Part>
struct Table {
    using View = View_;
    using Row = Row_;
    static constexpr char tag = tag_;
    static constexpr bool counted = counted_ == Counted::yes;
    static constexpr Walked walked = walked_;

    static std::string prefix(std::uint32_t generation) {
        return {static_cast<char>(View::number), static_cast<char>(generation), tag};
    }
    template <class... Given>
    static std::string rest(const Given&... parts) {
        std::string key;
        Writer out{key};
        (put_part(out, parts), ...);
        return key;
    }
    static std::string key(std::uint32_t generation, const Part&... parts) {
        auto key = prefix(generation);
        Writer out{key};
        (put_part(out, parts), ...);
        return key;
    }
};

class Overlay;

// Changes of one view during a step: read through to the store, kept in memory, written together.
class Rows {
public:
    Rows(Overlay& overlay, std::uint32_t generation) : overlay_(overlay), generation_(generation) {}

    template <class T, class... Part>
    std::optional<typename T::Row> find(const Part&... parts) {
        const auto value = read(T::key(generation_, parts...));
        if (!value) return std::nullopt;
        auto row = from_bytes<typename T::Row>(*value);
        if (!row) fail("a row does not decode");
        return row;
    }
    // A row that was not there before.
    template <class T, class... Part>
    void insert(const typename T::Row& row, const Part&... parts) {
        if constexpr (T::counted) count(+1);
        write(T::key(generation_, parts...), to_bytes(row), T::walked);
    }
    template <class T, class... Part>
    void replace(const typename T::Row& row, const Part&... parts) {
        write(T::key(generation_, parts...), to_bytes(row), T::walked);
    }
    // A row that is there.
    template <class T, class... Part>
    void erase(const Part&... parts) {
        if constexpr (T::counted) count(-1);
        write(T::key(generation_, parts...), std::nullopt, T::walked);
    }
    // Adds the position to the list under these parts, which end up behind its first position.
    template <class T, class... Part>
    void append(Position position, const Part&... parts) {
        append_to(T::prefix(generation_) + T::rest(parts...), position);
    }
    // One more row that is counted, or one less, where inserting and erasing do not tell.
    void count(int change);
    // Changes the row, if it is there: change(row).
    template <class T, class... Part>
    void change(auto&& change, const Part&... parts) {
        if (auto row = find<T>(parts...)) {
            change(*row);
            replace<T>(*row, parts...);
        }
    }
    // The second parts of the keys that begin with `first`, in order. The table is a walked one
    // with two ids.
    template <class T, class Second, class First>
    std::vector<Second> seconds(const First& first) {
        static_assert(T::walked == Walked::yes);
        std::vector<Second> list;
        for (const auto number : numbers_behind(T::prefix(generation_) + T::rest(first)))
            list.push_back(Second{number});
        return list;
    }

    // The view cannot follow: it stops at this event.
    void fail(std::string message);

private:
    std::optional<std::string_view> read(std::string_view key);  // Until the next change.
    void write(std::string_view key, std::optional<std::string_view> value, Walked walked);
    void append_to(std::string_view list, Position position);
    std::vector<std::uint64_t> numbers_behind(const std::string& prefix);

    Overlay& overlay_;
    std::uint32_t generation_;
};

// Queries: the row that the stored bytes are. Absent, and the reading fails, where they are none:
// of an older version of the view, which answers until the new one is built, or damaged.
template <class T>
std::optional<typename T::Row> decoded(const Reading& reading, std::string_view value) {
    auto row = from_bytes<typename T::Row>(value);
    if (!row) {
        const auto* mark = reading.serving(T::View::number);
        const bool older = mark != nullptr && mark->version != T::View::version;
        reading.fail({older ? Fault::Kind::unavailable : Fault::Kind::damaged,
                      older ? "a view is being built anew" : "a view's row does not decode"});
    }
    return row;
}

// Queries: a row of the generation that is read.
template <class T, class... Part>
std::optional<typename T::Row> find(const Reading& reading, const Part&... parts) {
    const auto* mark = reading.serving(T::View::number);
    if (mark == nullptr) return std::nullopt;
    const auto value = reading.get(T::key(mark->generation, parts...));
    return value ? decoded<T>(reading, *value) : std::nullopt;
}

// Queries: every row whose key begins with this id, in order, where there are a few. visit(row).
template <class T, class Thing>
void each(const Reading& reading, Id<Thing> first, auto&& visit) {
    const auto* mark = reading.serving(T::View::number);
    if (mark == nullptr) return;
    reading.each(T::prefix(mark->generation) + T::rest(first),
                 [&](std::string_view, std::string_view value) {
                     if (const auto row = decoded<T>(reading, value)) visit(*row);
                 });
}

// Queries: the prefix of the keys that begin with these parts.
template <class T, class... Part>
std::string index_of(const Reading& reading, const Part&... parts) {
    const auto* mark = reading.serving(T::View::number);
    return T::prefix(mark == nullptr ? 0 : mark->generation) + T::rest(parts...);
}

// Queries: the rows whose keys begin with these parts.
template <class T, class... Part>
Walk walk(const Reading& reading, const Part&... parts) {
    return reading.walk(index_of<T>(reading, parts...));
}

}  // namespace muster::views
