#pragma once
// The chunked coding of a body (RFC 9112 section 7.1), read as strictly as the head. No I/O.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "http/syntax.hpp"

namespace muster::http {

// Takes a chunked body apart. Extensions and trailer fields are checked, bounded and dropped.
class ChunkReader {
public:
    explicit ChunkReader(std::size_t max_body) : max_(max_body) {}

    // Appends to the body what `bytes` hold of it and says how many of them belong to the request.
    std::expected<std::size_t, Refused> read(std::string_view bytes, std::string& body);
    bool done() const { return part_ == Part::done; }

private:
    enum class Part : std::uint8_t { size, data, data_end, trailer, done };

    std::expected<void, Refused> read_line(std::string_view& bytes, std::size_t body_size);
    std::expected<void, Refused> end_line(std::string_view line, std::size_t body_size);
    std::expected<void, Refused> start_chunk(std::string_view line, std::size_t body_size);

    std::size_t max_;
    std::size_t left_ = 0;      // Of the chunk's data.
    std::size_t overhead_ = 0;  // Bytes of extensions and trailers so far.
    std::string line_;
    Part part_ = Part::size;
};

void append_chunk(std::string& out, std::string_view piece);

}  // namespace muster::http
