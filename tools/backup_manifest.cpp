#include "tools/backup_manifest.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>

#include "events/bytes.hpp"
#include "events/sha256.hpp"
#include "events/text.hpp"

namespace muster::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view manifest_kind = "muster backup ";
constexpr std::uint64_t manifest_format = 1;
constexpr std::string_view end_word = "end ";
constexpr std::size_t id_digits = 16;
constexpr std::size_t largest_manifest = 64 << 20;  // Far more files than a log has.

std::string hex_of(const Hash& hash) { return to_hex(as_text(hash)); }

std::string checksum_of(std::string_view text) { return hex_of(Sha256{}.begin().add(text).end()); }

std::optional<std::uint8_t> nibble(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

std::optional<Hash> parse_hash(std::string_view text) {
    Hash hash{};
    if (text.size() != 2 * hash.size()) return std::nullopt;
    for (std::size_t n = 0; n < hash.size(); ++n) {
        const auto high = nibble(text[2 * n]), low = nibble(text[2 * n + 1]);
        if (!high || !low) return std::nullopt;
        hash[n] = static_cast<std::uint8_t>(*high << 4 | *low);
    }
    return hash;
}

// A path of a file that leads nowhere else.
bool leads_inside(std::string_view path) {
    if (path.empty() || path.starts_with('/')) return false;
    return std::ranges::none_of(fs::path{path}, [](const fs::path& part) {
        return part == ".." || part == "." || part.empty();
    });
}

// Reads a manifest piece by piece. What is wrong once stays wrong.
class ManifestReader {
public:
    explicit ManifestReader(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool starts_with(std::string_view word) const { return ok_ && rest_.starts_with(word); }
    bool at_end() const { return rest_.empty(); }

    ManifestReader& word(std::string_view expected) {
        if (!rest_.starts_with(expected)) return fail();
        rest_.remove_prefix(expected.size());
        return *this;
    }
    // What stands before the next of these.
    std::string_view until(char end) {
        const auto at = rest_.find(end);
        if (at == std::string_view::npos) {
            fail();
            return {};
        }
        const auto found = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return found;
    }
    template <class Number>
    Number number(char end) {
        const auto text = until(end);
        Number value{};
        const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || last != text.data() + text.size()) fail();
        return value;
    }
    Hash hash(char end) {
        const auto found = parse_hash(until(end));
        if (!found) fail();
        return found.value_or(Hash{});
    }
    ManifestReader& fail() {
        ok_ = false;
        rest_ = {};
        return *this;
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

BackupFile read_file_line(ManifestReader& in) {
    BackupFile file;
    file.hash = in.word("file ").hash(' ');
    file.size = in.number<std::uint64_t>(' ');
    file.modified_ns = in.number<std::int64_t>(' ');
    file.path = in.until('\n');
    if (!leads_inside(file.path)) in.fail();
    return file;
}

// Of what stands between the first line and the last.
std::optional<Manifest> parse_body(std::string_view text) {
    ManifestReader in{text};
    Manifest manifest;
    manifest.id = in.word("id ").until('\n');
    const auto time = parse_time(in.word("time ").until('\n'));
    manifest.head.position.number = in.word("position ").number<std::uint64_t>('\n');
    manifest.head.root = in.word("root ").hash('\n');
    while (in.starts_with("file "))
        manifest.files.push_back(read_file_line(in));
    if (!in.ok() || !in.at_end() || !time || !is_backup_id(manifest.id)) return std::nullopt;
    manifest.time = *time;
    return manifest;
}

std::unexpected<Fault> manifest_fault(Fault::Kind kind, const fs::path& path,
                                      std::string_view why) {
    return std::unexpected(Fault{kind, fmt::format("{} {}", path.native(), why)});
}

std::expected<Manifest, Fault> parse_manifest(std::string_view text, const fs::path& path) {
    const auto damaged = [&] {
        return manifest_fault(Fault::Kind::damaged, path, "is damaged: it cannot be read");
    };
    ManifestReader start{text};
    const auto format = start.word(manifest_kind).number<std::uint64_t>('\n');
    if (!start.ok() || format == 0) return damaged();
    if (format > manifest_format)
        return manifest_fault(Fault::Kind::newer_version, path, "is of a newer version");

    const auto last_line = text.rfind('\n', text.size() - 2) + 1;
    const auto body = text.substr(0, last_line);
    if (text.substr(last_line) != fmt::format("{}{}\n", end_word, checksum_of(body)))
        return damaged();
    auto manifest = parse_body(body.substr(body.find('\n') + 1));
    if (!manifest) return damaged();
    return *std::move(manifest);
}

// Whether a backup was here, by what else there is.
bool has_backup_files(const fs::path& backup) {
    std::error_code error;
    for (fs::directory_iterator at{backup, error}, end; !error && at != end; at.increment(error)) {
        if (is_backup_id(at->path().filename().native())) return true;
    }
    return false;
}

}  // namespace

std::uint64_t Manifest::bytes() const {
    return std::accumulate(files.begin(), files.end(), std::uint64_t{},
                           [](auto sum, const BackupFile& file) { return sum + file.size; });
}

const BackupFile* Manifest::find(std::string_view path) const {
    const auto found = std::ranges::find(files, path, &BackupFile::path);
    return found == files.end() ? nullptr : &*found;
}

bool is_backup_id(std::string_view name) {
    return name.size() == id_digits &&
           std::ranges::all_of(name, [](char c) { return nibble(c).has_value(); });
}

std::string to_text(const Manifest& manifest) {
    auto text = fmt::format("{}{}\nid {}\ntime {}\nposition {}\nroot {}\n", manifest_kind,
                            manifest_format, manifest.id, to_text(manifest.time),
                            manifest.head.position.number, hex_of(manifest.head.root));
    for (const auto& file : manifest.files) {
        text += fmt::format("file {} {} {} {}\n", hex_of(file.hash), file.size, file.modified_ns,
                            file.path);
    }
    return text + fmt::format("{}{}\n", end_word, checksum_of(text));
}

std::expected<Manifest, Fault> read_manifest(const fs::path& backup) {
    std::error_code error;
    if (!fs::is_directory(backup, error))
        return manifest_fault(Fault::Kind::unavailable, backup, "is not a folder");
    const auto path = backup / manifest_name;
    if (!fs::exists(path, error)) {
        if (has_backup_files(backup))
            return manifest_fault(Fault::Kind::damaged, path, "is missing");
        return manifest_fault(Fault::Kind::unavailable, backup, "is not a backup");
    }
    std::ifstream in{path, std::ios::binary};
    if (!in) return manifest_fault(Fault::Kind::unavailable, path, "cannot be read");
    std::string text;
    for (char c = 0; text.size() < largest_manifest && in.get(c);)
        text.push_back(c);
    return parse_manifest(text, path);
}

}  // namespace muster::tools
