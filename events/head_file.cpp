// The head file holds two slots, the newest head in the first. Either will do where the other is
// damaged.
//
//   file     := slot [slot]
//   slot     := format(1)=1 position(8, big-endian) root(32) checksum(8)
//   checksum := the first 8 bytes of SHA-256 over the slot's bytes before it
#include "events/head_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "events/bytes.hpp"
#include "events/folder.hpp"
#include "events/sealing.hpp"
#include "events/tree.hpp"

namespace muster {
namespace {

constexpr std::uint8_t head_format = 1;
constexpr std::size_t slot_size = 1 + 8 + 32 + 8;

std::string slot_checksum(std::string_view body) {
    // A leaf hash begins with another byte than a slot has, so neither passes for the other.
    const auto hash = leaf_hash(body);
    return std::string{as_text(hash).substr(0, 8)};
}

std::string slot_of(const LogHead& head) {
    std::string slot;
    Writer out{slot};
    out.byte(head_format);
    out.fixed64(head.position.number);
    out.raw(head.root);
    out.raw(slot_checksum(slot));
    return slot;
}

std::optional<LogHead> parse_slot(std::string_view bytes) {
    Reader in{bytes};
    LogHead head;
    const auto format = in.byte();
    head.position.number = in.fixed64();
    const auto root = in.raw(head.root.size());
    if (in.left() != 8 || format != head_format) return std::nullopt;
    if (in.raw(8) != slot_checksum(bytes.substr(0, slot_size - 8))) return std::nullopt;
    std::ranges::copy(as_bytes(root), head.root.begin());
    return head;
}

}  // namespace

std::expected<HeadFile, Fault> HeadFile::open(const std::filesystem::path& path) {
    HeadFile file{path};
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) return file;
    std::ifstream in{path, std::ios::binary};
    std::string bytes(4 * slot_size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    for (std::size_t at = 0; at < bytes.size(); at += slot_size) {
        if (const auto head = parse_slot(std::string_view{bytes}.substr(at, slot_size))) {
            file.heads_.push_back(*head);
        }
    }
    if (file.heads_.empty()) {
        return std::unexpected(
            Fault{Fault::Kind::damaged, fmt::format("{} cannot be read", path.native())});
    }
    return file;
}

std::expected<void, Fault> HeadFile::keep(const LogHead& head) {
    if (!heads_.empty() && heads_.front() == head) return {};
    std::vector<LogHead> heads{head};
    if (!heads_.empty() && heads_.front().position < head.position) {
        heads.push_back(heads_.front());
    }
    std::string content;
    for (const auto& kept : heads)
        content.append(slot_of(kept));
    if (auto done = replace_file(path_, content); !done) return done;
    heads_ = std::move(heads);
    return {};
}

}  // namespace muster
