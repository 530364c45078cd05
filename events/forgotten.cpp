#include "events/forgotten.hpp"

#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <unistd.h>

#include "events/descriptor.hpp"
#include "events/folder.hpp"

namespace muster {
namespace {

constexpr std::string_view heading = "folder ";

Fault ledger_fault(const std::filesystem::path& file) {
    return {Fault::Kind::unavailable,
            fmt::format("{}: {}", file.native(), std::system_category().message(errno))};
}

// The next word of a line, taken off its front.
std::string_view next_word(std::string_view& line) {
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

std::optional<std::uint64_t> parse_number(std::string_view word) {
    std::uint64_t number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number == 0)
        return std::nullopt;
    return number;
}

std::optional<SubjectKind> parse_kind(std::string_view word) {
    for (auto kind = SubjectKind::user; valid(kind);
         kind = static_cast<SubjectKind>(static_cast<unsigned>(kind) + 1)) {
        if (to_text(kind) == word) return kind;
    }
    return std::nullopt;
}

std::optional<Forgotten> parse_line(std::string_view line) {
    const auto position = parse_number(next_word(line));
    const auto kind = parse_kind(next_word(line));
    const auto number = parse_number(next_word(line));
    if (!position || !kind || !number || !line.empty()) return std::nullopt;
    return Forgotten{{*position}, {*kind, *number}};
}

}  // namespace

std::expected<void, Fault> append_forgotten(const std::filesystem::path& file,
                                            std::string_view check_value,
                                            std::span<const Forgotten> forgotten) {
    std::string lines;
    for (const auto& [position, subject] : forgotten)
        lines += fmt::format("{} {} {}\n", position.number, to_text(subject.kind), subject.number);
    const Descriptor out{file, O_RDWR | O_CREAT | O_APPEND};
    if (!out.ok()) return std::unexpected(ledger_fault(file));
    // A line that a crash broke off must not run into the next.
    char last = '\n';
    const auto size = ::lseek(out.number(), 0, SEEK_END);
    if (size > 0 && ::pread(out.number(), &last, 1, size - 1) == 1 && last != '\n') {
        auto kept = size;
        while (kept > 0 && ::pread(out.number(), &last, 1, kept - 1) == 1 && last != '\n')
            --kept;
        if (::ftruncate(out.number(), kept) != 0) return std::unexpected(ledger_fault(file));
    }
    if (size > 0 && lines.empty()) return {};
    if (size == 0) lines.insert(0, fmt::format("{}{}\n", heading, check_value));
    for (std::string_view rest = lines; !rest.empty();) {
        const auto written = ::write(out.number(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return std::unexpected(ledger_fault(file));
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fdatasync(out.number()) != 0) return std::unexpected(ledger_fault(file));
    return size > 0 ? std::expected<void, Fault>{} : sync_folder(file.parent_path());
}

std::expected<std::vector<Forgotten>, Fault> read_forgotten(const std::filesystem::path& file,
                                                            std::string_view check_value) {
    std::error_code error;
    if (!std::filesystem::exists(file, error) && !error) return std::vector<Forgotten>{};
    if (!std::filesystem::is_regular_file(file, error)) {
        return std::unexpected(
            Fault{Fault::Kind::damaged, fmt::format("{}: is no file", file.native())});
    }
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (!in.good() && !in.eof()) return std::unexpected(ledger_fault(file));
    std::vector<Forgotten> all;
    std::set<Forgotten> seen;
    std::size_t number = 0;
    const auto damaged = [&](std::string_view what) {
        return std::unexpected(Fault{Fault::Kind::damaged,
                                     fmt::format("{}: line {} {}", file.native(), number, what)});
    };
    for (std::string_view rest = bytes; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        ++number;
        if (line.size() == rest.size()) return damaged("is cut off; mend or remove it");
        rest.remove_prefix(line.size() + 1);
        if (number == 1 && line.starts_with(heading)) {
            if (line.substr(heading.size()) != check_value)
                return damaged("says that it is of another folder");
            continue;
        }
        const auto forgotten = parse_line(line);
        if (!forgotten) return damaged("is none of a ledger");
        if (seen.insert(*forgotten).second) all.push_back(*forgotten);
    }
    return all;
}

}  // namespace muster
