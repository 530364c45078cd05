// Keys and values in the database of the log; the grammar is in rocks_rows.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <rocksdb/iterator.h>
#include <rocksdb/slice.h>
#include <string>
#include <string_view>

#include "events/log.hpp"

namespace muster::rocks {

inline constexpr std::uint64_t log_format = 1;
inline constexpr std::size_t leaf_size = sizeof(Hash);
// The tree: nodes of this level and above are kept, those that the last of eight leaves completes
// in one row.
inline constexpr unsigned lowest_kept_level = 3;
inline constexpr std::uint64_t block_leaves = 1 << lowest_kept_level;

// Keys of a fixed size, made without allocating: one append makes many.
template <std::size_t size>
class FixedKey {
public:
    FixedKey& byte(std::uint8_t value) {
        bytes_[used_++] = static_cast<char>(value);
        return *this;
    }
    FixedKey& fixed64(std::uint64_t value) {
        for (int shift = 56; shift >= 0; shift -= 8)
            byte(static_cast<std::uint8_t>(value >> shift));
        return *this;
    }
    std::string_view view() const { return {bytes_.data(), used_}; }
    operator rocksdb::Slice() const { return view(); }
    operator std::string_view() const { return view(); }

private:
    std::array<char, size> bytes_;
    std::size_t used_ = 0;
};

inline FixedKey<8> number_key(std::uint64_t number) { return FixedKey<8>{}.fixed64(number); }

inline FixedKey<17> stream_key(const StreamId& stream) {
    FixedKey<17> key;
    return key.byte(static_cast<std::uint8_t>(stream.kind))
        .fixed64(stream.high)
        .fixed64(stream.low);
}

inline FixedKey<25> index_key(const StreamId& stream, std::uint64_t version) {
    FixedKey<25> key;
    return key.byte(static_cast<std::uint8_t>(stream.kind))
        .fixed64(stream.high)
        .fixed64(stream.low)
        .fixed64(version);
}

// Behind every stream's key, for kinds of streams are small numbers.
std::string reactor_key(std::string_view reactor);
std::string sequence_key(Sequence sequence);
std::string varint_value(std::uint64_t number);
std::string command_value(const Duplicate& command);
std::optional<Duplicate> parse_command(std::string_view value);
// A record and its leaf hash from their stored value; absent where it is too short.
std::optional<Stored> parse_stored(Position position, const rocksdb::Slice& value);
Hash to_hash(std::string_view bytes);

// A row of the index.
struct IndexEntry {
    StreamVersion at;
    Position position;
};
std::expected<IndexEntry, Fault> parse_index_entry(const rocksdb::Iterator& row);
// Absent where the iterator is at the end, or at another stream.
std::expected<std::optional<IndexEntry>, Fault> parse_index_entry(const rocksdb::Iterator& row,
                                                                  const StreamId& stream);

std::unexpected<Fault> damaged_log(std::string message);
std::unexpected<Fault> damaged_at(std::uint64_t position, std::string_view what);

}  // namespace muster::rocks
