#include "tools/audit_checkpoints.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/std.h>
#include <fstream>
#include <iterator>
#include <optional>

#include "events/tree.hpp"

namespace muster::tools {
namespace {

std::optional<std::string> content_of(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>{in}, {}};
}

std::optional<std::vector<VerifierKey>> keys_of(const std::string& given) {
    if (auto keys = parse_verifier_keys(given)) return keys;
    const auto content = content_of(given);
    return content ? parse_verifier_keys(*content) : std::nullopt;
}

// Several notes in one file: each ends with its last signature.
std::vector<std::string> notes_in(std::string_view content) {
    std::vector<std::string> notes;
    bool signed_already = true;
    while (!content.empty()) {
        const auto end = std::min(content.find('\n'), content.size() - 1) + 1;
        const auto line = content.substr(0, end);
        content.remove_prefix(end);
        const bool signature = line.starts_with("\u2014 ");
        if (signed_already && !signature) {
            if (line == "\n") continue;  // Between two.
            notes.emplace_back();
        }
        if (notes.empty()) notes.emplace_back();
        notes.back().append(line);
        signed_already = signature;
    }
    return notes;
}

}  // namespace

std::expected<std::vector<SignedHead>, std::string> read_checkpoints(
    const std::vector<std::filesystem::path>& files, const std::string& keys, Findings& findings) {
    const auto known = keys_of(keys);
    if (!known) return std::unexpected(fmt::format("no verifier key: {}", keys));
    std::vector<SignedHead> heads;
    for (const auto& file : files) {
        const auto content = content_of(file);
        if (!content) return std::unexpected(fmt::format("{} cannot be read", file.native()));
        const auto notes = notes_in(*content);
        if (notes.empty()) return std::unexpected(fmt::format("{} is empty", file.native()));
        for (const auto& text : notes) {
            const auto note = SignedNote::parse(text);
            const auto head = note ? SignedHead::parse(note->text) : std::nullopt;
            if (!head) return std::unexpected(fmt::format("{} is no checkpoint", file.native()));
            if (!note->verified_by(*known)) {
                findings.add(fmt::format("the checkpoint of {}", head->size),
                             "it is not signed with this key");
                continue;
            }
            heads.push_back(*head);
        }
    }
    return heads;
}

CheckpointsAudit::CheckpointsAudit(std::vector<SignedHead> heads, Findings& findings)
    : heads_(std::move(heads)), findings_(findings) {
    std::ranges::sort(heads_, {}, &SignedHead::size);
    if (asks_for({})) judge(empty_root());
}

void CheckpointsAudit::judge(const Hash& root) {
    for (const auto size = heads_[next_].size; asks_for({size}); ++next_) {
        if (heads_[next_].root == root) {
            proven_ = size;
        } else {
            findings_.add(fmt::format("positions {} to {}", proven_ + 1, size),
                          fmt::format("these are not the records that were signed at {}", size));
        }
    }
}

void CheckpointsAudit::finish(Position last) {
    for (; next_ < heads_.size(); ++next_)
        findings_.add(last.next(),
                      fmt::format("the log ends here; {} records were signed", heads_[next_].size));
}

}  // namespace muster::tools
