// Heads of the log that were signed earlier, held against the log as it is today.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "events/log.hpp"
#include "events/signed_note.hpp"
#include "tools/audit_findings.hpp"

namespace muster::tools {

// The checkpoints of these files, one or several in each, with the keys: the text of verifier keys,
// or a file that has it. The error says which of them cannot be read as what it is said to be.
// Signatures that are wrong, or of no such key, are findings.
std::expected<std::vector<SignedHead>, std::string> read_checkpoints(
    const std::vector<std::filesystem::path>& files, const std::string& keys, Findings& findings);

class CheckpointsAudit {
public:
    CheckpointsAudit(std::vector<SignedHead> heads, Findings& findings);

    bool asks_for(Position position) const {
        return next_ < heads_.size() && heads_[next_].size == position.number;
    }
    // The root of the records up to a position that it asks for.
    void judge(const Hash& root);
    // The log ends here, or cannot be read any further.
    void finish(Position last);

private:
    std::vector<SignedHead> heads_;  // By their sizes.
    Findings& findings_;
    std::size_t next_ = 0;
    std::uint64_t proven_ = 0;  // Up to here the log is what was signed.
};

}  // namespace muster::tools
