#include "http/chunks.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace muster::http {
namespace {

constexpr std::size_t max_chunk_line = 256;
constexpr std::size_t max_overhead = 4096;

// Without quotes: where a quoted text ends is what two readers may disagree on, and nobody uses it.
constexpr CharSet extension_chars = letters_digits_and("!#$%&'*+-.^_`|~;=");

}  // namespace

std::expected<std::size_t, Refused> ChunkReader::read(std::string_view bytes, std::string& body) {
    const auto given = bytes.size();
    while (!bytes.empty() && !done()) {
        if (part_ != Part::data) {
            if (auto line = read_line(bytes, body.size()); !line)
                return std::unexpected{line.error()};
            continue;
        }
        const auto piece = bytes.substr(0, left_);
        body.append(piece);
        bytes.remove_prefix(piece.size());
        left_ -= piece.size();
        if (left_ == 0) part_ = Part::data_end;
    }
    return given - bytes.size();
}

std::expected<void, Refused> ChunkReader::read_line(std::string_view& bytes,
                                                    std::size_t body_size) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end == bytes.npos ? end : end + 1);
    const auto limit = part_ == Part::size       ? max_chunk_line
                       : part_ == Part::data_end ? 2
                                                 : max_overhead;
    if (line_.size() + piece.size() > limit)
        return malformed_request("A line of a chunk is too long.");
    line_.append(piece);
    bytes.remove_prefix(piece.size());
    if (end == bytes.npos) return {};
    if (!line_.ends_with("\r\n")) return malformed_request("A line of a chunk ends without CR.");
    const auto line = std::exchange(line_, {});
    return end_line(std::string_view{line}.substr(0, line.size() - 2), body_size);
}

std::expected<void, Refused> ChunkReader::end_line(std::string_view line, std::size_t body_size) {
    if (part_ == Part::size) return start_chunk(line, body_size);
    if (part_ == Part::data_end) {
        part_ = Part::size;
        return line.empty() ? Checked{} : malformed_request("A chunk is longer than it says.");
    }
    if (line.empty()) {
        part_ = Part::done;
        return {};
    }
    overhead_ += line.size();
    if (overhead_ > max_overhead) return malformed_request("The trailer is too large.");
    return parse_field(line) ? Checked{} : malformed_request("A trailer field is malformed.");
}

// 1*16HEXDIG *( ";" token [ "=" token ] ), RFC 9112 section 7.1.
std::expected<void, Refused> ChunkReader::start_chunk(std::string_view line,
                                                      std::size_t body_size) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const auto length = static_cast<std::size_t>(end - line.data());
    const auto extension = line.substr(length);
    if (error != std::errc{} || length == 0 || length > 16)
        return malformed_request("The size of a chunk is malformed.");
    if (!extension.empty() && (extension[0] != ';' || !consists_of(extension_chars, extension)))
        return malformed_request("The extension of a chunk is malformed.");
    overhead_ += extension.size();
    if (overhead_ > max_overhead)
        return malformed_request("The extensions of the chunks are too large.");
    if (size > max_ - body_size) return too_large_body();
    left_ = static_cast<std::size_t>(size);
    part_ = size == 0 ? Part::trailer : Part::data;
    return {};
}

void append_chunk(std::string& out, std::string_view piece) {
    std::array<char, 16> size;
    const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
    out.append(size.data(), end).append("\r\n").append(piece).append("\r\n");
}

}  // namespace muster::http
