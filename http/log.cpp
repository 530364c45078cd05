// The log as those read it who trust nobody: signed heads, tiles and proofs.
#include <charconv>
#include <fmt/format.h>

#include "events/bytes.hpp"
#include "events/proof.hpp"
#include "events/signed_note.hpp"
#include "events/text.hpp"
#include "events/tree.hpp"
#include "handlers/staff.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/settings.hpp"

namespace muster::http {
namespace {

constexpr std::uint64_t tile_width = 256;
constexpr unsigned tile_height = 8;  // Levels of the tree in one tile.
constexpr unsigned most_tile_levels = 64 / tile_height;
constexpr std::size_t longest_entry = 0xffff;

constexpr Error no_such_tile = not_found("tile.not_found", "The log has no such tile yet.");
constexpr Error record_too_long =
    conflict("log.record_too_long",
             "A record of this tile is longer than an entry may be; GET /v1/events has it.");

Problem fault_of(const Fault& fault) { return {500, "server.fault", fault.message}; }

NoteSigner signer_of(const Services& services, std::uint32_t number) {
    return {services.log_origin, services.keys.log_seed(number)};
}

Response text_answer(std::string text) {
    return {.status = 200,
            .content_type = "text/plain; charset=utf-8",
            .headers = {},
            .body = std::move(text)};
}

// --- Heads and keys

// The head first: what is appended meanwhile is not in it.
Answer checkpoint(Call& call) {
    const auto& services = call.services;
    const auto size = services.log.head().number;
    const auto root = services.log.root(size);
    if (!root) return std::unexpected(fault_of(root.error()));
    const SignedHead head{services.log_origin, size, *root};
    return text_answer(
        signer_of(services, views::settings(*call.reading).log_key).sign(head.text()));
}

Answer log_keys(Call& call) {
    std::string lines;
    for (auto number = views::settings(*call.reading).log_key; number != 0; --number)
        lines.append(signer_of(call.services, number).verifier().text()).append("\n");
    return text_answer(std::move(lines));
}

Response rotated(const Accepted& accepted, const Answering& with) {
    const auto* event = find_event<LogKeyRotated>(accepted);
    return json_answer(201, [&](JsonWriter& out) {
        out.begin_object().key("number").number(std::uint64_t{event->number});
        out.key("key").text(signer_of(with.services, event->number).verifier().text());
        out.end_object();
    });
}

Change key_rotation(Call&) {
    return {.use_case = [](Work& work, const Secrets&) { return muster::rotate_log_key(work); },
            .answer = rotated};
}

// --- Tiles

// Which hashes of which level, or which records.
struct Tile {
    std::uint64_t index{}, width = tile_width;

    std::uint64_t first() const { return index * tile_width; }
    std::uint64_t end() const { return first() + width; }
};

std::optional<std::uint64_t> parse_digits(std::string_view text) {
    std::uint64_t number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string tile_path(std::uint64_t index) {
    auto path = fmt::format("{:03}", index % 1000);
    for (index /= 1000; index != 0; index /= 1000)
        path = fmt::format("x{:03}/{}", index % 1000, path);
    return path;
}

// "x001/x234/067" and "x001/x234/067.p/12"; absent for any other spelling.
std::optional<Tile> parse_tile(std::string_view path) {
    Tile tile;
    if (const auto part = path.find(".p/"); part != path.npos) {
        const auto width = parse_id(path.substr(part + 3));
        if (width == 0 || width >= tile_width) return std::nullopt;
        tile.width = width;
        path = path.substr(0, part);
    }
    std::string digits{path};
    std::erase_if(digits, [](char c) { return c == 'x' || c == '/'; });
    const auto index = parse_digits(digits);
    constexpr auto most = UINT64_MAX / tile_width - 1;
    if (!index || *index > most || tile_path(*index) != path) return std::nullopt;
    tile.index = *index;
    return tile;
}

Response tile_answer(std::string bytes) {
    return {.status = 200,
            .content_type = "application/octet-stream",
            .headers = {},
            .body = std::move(bytes)};
}

Answer hashes_of(const Log& log, unsigned level, const Tile& tile) {
    if (tile.end() > log.head().number >> (tile_height * level))
        return std::unexpected(problem_of(no_such_tile));
    std::string bytes;
    for (auto index = tile.first(); index < tile.end(); ++index) {
        const auto hash = log.node(tile_height * level, index);
        if (!hash) return std::unexpected(fault_of(hash.error()));
        bytes.append(as_text(*hash));
    }
    return tile_answer(std::move(bytes));
}

// Of each record its length in two bytes, big-endian, and the record.
Answer entries_of(const Log& log, const Tile& tile) {
    if (tile.end() > log.head().number) return std::unexpected(problem_of(no_such_tile));
    std::string bytes;
    bool fits = true;
    const auto read = log.read({tile.first()}, tile.width, [&](const Stored& stored) {
        fits = stored.bytes.size() <= longest_entry;
        if (!fits) return false;
        bytes.push_back(static_cast<char>(stored.bytes.size() >> 8));
        bytes.push_back(static_cast<char>(stored.bytes.size() & 0xff));
        bytes.append(stored.bytes);
        return true;
    });
    if (!read) return std::unexpected(fault_of(read.error()));
    if (!fits) return std::unexpected(problem_of(record_too_long));
    return tile_answer(std::move(bytes));
}

Answer log_tile(Call& call) {
    const auto tile = parse_tile(call.parameter("tile"));
    if (!tile) return std::unexpected(problem_of(no_such_tile));
    const auto level = call.parameter("level");
    if (level == "entries") return entries_of(call.services.log, *tile);
    const auto number = parse_digits(level);
    if (!number || *number >= most_tile_levels || std::to_string(*number) != level)
        return std::unexpected(problem_of(no_such_tile));
    return hashes_of(call.services.log, static_cast<unsigned>(*number), *tile);
}

// --- Proofs

// Two sizes of the log, or a position and a size.
struct Span {
    std::uint64_t from{}, to{};
};

template <bool inclusion>
Span span_in(Parameters& query) {
    const auto* const from = inclusion ? "position" : "from";
    const auto* const to = inclusion ? "size" : "to";
    const auto least = query.required_number(from, 1, INT64_MAX);
    return {least, query.number(to, 1, INT64_MAX).value_or(0)};
}

// The sizes as the log has them; the whole log where no second one is named.
std::expected<Span, Problem> in_log(const Log& log, Span span, std::string_view from,
                                    std::string_view to) {
    const auto head = log.head().number;
    const auto wrong = [](std::string_view name, const std::string& why) {
        return std::unexpected(invalid({{fmt::format("?{}", name), "parameter", why}}));
    };
    if (span.to == 0) span.to = head;
    if (span.from > head) return wrong(from, fmt::format("The log ends at {}.", head));
    if (span.to > head) return wrong(to, fmt::format("The log ends at {}.", head));
    if (span.from > span.to) return wrong(to, fmt::format("This must not be less than {}.", from));
    return span;
}

void write_hashes(JsonWriter& out, const std::vector<Hash>& hashes) {
    out.begin_array();
    for (const auto& hash : hashes)
        out.base64(as_text(hash));
    out.end_array();
}

Answer inclusion(Call& call, const Span& asked) {
    const auto& log = call.services.log;
    const auto span = in_log(log, asked, "position", "size");
    if (!span) return std::unexpected(span.error());
    const auto hashes = inclusion_proof(log, span->from - 1, span->to);
    const auto leaf = log.node(0, span->from - 1);
    const auto root = log.root(span->to);
    if (!hashes) return std::unexpected(fault_of(hashes.error()));
    if (!leaf) return std::unexpected(fault_of(leaf.error()));
    if (!root) return std::unexpected(fault_of(root.error()));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("position").number(span->from).key("size").number(span->to);
        out.key("leaf_hash").base64(as_text(*leaf));
        write_hashes(out.key("hashes"), *hashes);
        out.key("root").base64(as_text(*root)).end_object();
    });
}

Answer consistency(Call& call, const Span& asked) {
    const auto& log = call.services.log;
    const auto span = in_log(log, asked, "from", "to");
    if (!span) return std::unexpected(span.error());
    const auto hashes = consistency_proof(log, span->from, span->to);
    const auto from_root = log.root(span->from);
    const auto to_root = log.root(span->to);
    if (!hashes) return std::unexpected(fault_of(hashes.error()));
    if (!from_root) return std::unexpected(fault_of(from_root.error()));
    if (!to_root) return std::unexpected(fault_of(to_root.error()));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("from").number(span->from).key("to").number(span->to);
        write_hashes(out.key("hashes"), *hashes);
        out.key("from_root").base64(as_text(*from_root));
        out.key("to_root").base64(as_text(*to_root)).end_object();
    });
}

}  // namespace

const Query get_checkpoint = asking<checkpoint>;
const Query get_log_keys = asking<log_keys>;
const Command rotate_log_key = doing<key_rotation>;
const Query get_log_tile = asking<log_tile>;
const Query prove_inclusion = asking<inclusion, span_in<true>>;
const Query prove_consistency = asking<consistency, span_in<false>>;

}  // namespace muster::http
