// The stored form of the log. Numbers in keys are big-endian, so that keys sort as numbers do.
//
//   meta       'f'                                  -> varint          format of all this, 1 today
//              's' sequence(1)                      -> varint          the last number spoken for
//   records    position(8)                          -> record leaf-hash(32)       see record.cpp
//   index      stream(17) version(8)                -> varint          position
//   tree       block(8)                             -> hash(32)...     see below
//   commands   command-id(16)                       -> time first more digest(16)
//   vault      key                                  -> value           see sealing.hpp
//   snapshots  stream(17)                           -> varint(version) state
//              'r' reactor                          -> varint(position) state
//
//   stream  := kind(1) high(8) low(8)
//   time    := varint, milliseconds since 1970; first more := varint varint: a commit has the
//              positions first..first + more
//
// Leaves are kept with their records. Of the tree's inner nodes those of level 3 and above are
// kept: block b has the nodes that the last leaf of the b-th eight completes, from level 3 up. So
// there is one write for eight records, and a lower node is made of eight leaves at most.
//
// There is no table of the streams' newest versions: the last key of a stream in the index says it.
// That is one write less an event, and nothing that could disagree.
#include "events/rocks_rows.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "events/bytes.hpp"
#include "events/rocks_store.hpp"

namespace muster::rocks {

std::string reactor_key(std::string_view reactor) { return "r" + std::string(reactor); }

std::string sequence_key(Sequence sequence) {
    return {'s', static_cast<char>(static_cast<std::uint8_t>(sequence))};
}

std::string varint_value(std::uint64_t number) {
    std::string value;
    Writer{value}.varint(number);
    return value;
}

std::string command_value(const Duplicate& command) {
    std::string value;
    Writer out{value};
    out.varint(static_cast<std::uint64_t>(command.time.ms));
    out.varint(command.first.number);
    out.varint(command.last.number - command.first.number);
    out.raw(command.digest);
    return value;
}

std::optional<Duplicate> parse_command(std::string_view value) {
    Reader in{value};
    Duplicate command;
    command.time.ms = static_cast<std::int64_t>(in.varint());
    command.first.number = in.varint();
    command.last.number = command.first.number + in.varint();
    const auto digest = in.raw(command.digest.size());
    if (!in.done()) return std::nullopt;
    std::ranges::copy(as_bytes(digest), command.digest.begin());
    return command;
}

std::unexpected<Fault> damaged_log(std::string message) {
    return std::unexpected(Fault{Fault::Kind::damaged, std::move(message)});
}

std::unexpected<Fault> damaged_at(std::uint64_t position, std::string_view what) {
    return damaged_log(fmt::format("position {}: {}", position, what));
}

Hash to_hash(std::string_view bytes) {
    Hash hash;
    std::ranges::copy(as_bytes(bytes), hash.begin());
    return hash;
}

std::optional<Stored> parse_stored(Position position, const rocksdb::Slice& value) {
    if (value.size() < leaf_size) return std::nullopt;
    const auto bytes = value.ToStringView();
    const auto size = bytes.size() - leaf_size;
    return Stored{position, bytes.substr(0, size), to_hash(bytes.substr(size))};
}

std::expected<IndexEntry, Fault> parse_index_entry(const rocksdb::Iterator& row) {
    Reader key{row.key().ToStringView()};
    Reader value{row.value().ToStringView()};
    const StreamId stream{static_cast<StreamKind>(key.byte()), key.fixed64(), key.fixed64()};
    const IndexEntry entry{{stream, key.fixed64()}, {value.varint()}};
    if (!key.done() || !value.done() || !valid(stream.kind))
        return damaged_log(fmt::format("the index of {} is damaged", to_text(stream)));
    return entry;
}

std::expected<std::optional<IndexEntry>, Fault> parse_index_entry(const rocksdb::Iterator& row,
                                                                  const StreamId& stream) {
    if (!row.Valid()) {
        if (!row.status().ok()) return std::unexpected(fault_of(row.status(), to_text(stream)));
        return std::nullopt;
    }
    if (!row.key().starts_with(stream_key(stream))) return std::nullopt;
    return parse_index_entry(row);
}

}  // namespace muster::rocks
