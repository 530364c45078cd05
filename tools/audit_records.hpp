// The audit's pass over the records: their hashes, the proof's tree, the head file, the streams.
// Every record that decodes goes on to whoever judges what it says.
#pragma once

#include <expected>
#include <functional>
#include <unordered_map>
#include <vector>

#include "events/head_file.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "events/tree.hpp"
#include "tools/audit_checkpoints.hpp"
#include "tools/audit_findings.hpp"

namespace muster::tools {

// A stream as the records tell it.
struct StreamSeen {
    std::uint64_t version{};
    std::uint64_t digest{};  // Of its positions in their order.
};

class RecordsAudit {
public:
    RecordsAudit(const Log& log, Keyring& keyring, std::vector<LogHead> heads,
                 CheckpointsAudit& checkpoints, Findings& findings)
        : log_(log),
          keyring_(keyring),
          heads_(std::move(heads)),
          checkpoints_(checkpoints),
          findings_(findings) {}

    // Reads everything once. Calls judge(record), in order, up to the first record that cannot be
    // read, and tell(position) now and then. A fault that is no damage is given back.
    using Judge = std::function<void(Record&&)>;
    using Tell = std::function<void(Position)>;
    std::expected<void, Fault> run(const Judge& judge, const Tell& tell);

    // The same without opening or judging a record: only that each is the one that was hashed.
    std::expected<void, Fault> run_proof(const Tell& tell);

    // Reads every stream by the log's index, and compares.
    std::expected<void, Fault> run_streams(const std::function<void(std::uint64_t streams)>& tell);

    std::uint64_t records() const { return frontier_.size(); }
    std::uint64_t streams() const { return streams_.size(); }
    // Whether every record could be read and decoded.
    bool readable() const { return readable_; }

private:
    void check_proof(const Stored& stored);
    void check_root(Position position);
    void check_nodes(const Stored& stored, const Hash& leaf);
    std::expected<Record, Fault> open(const Stored& stored);
    void check_envelope(const Record& record, Position position);
    std::expected<void, Fault> check_stream(const StreamId& stream, const StreamSeen& seen);

    const Log& log_;
    Keyring& keyring_;
    std::vector<LogHead> heads_;
    CheckpointsAudit& checkpoints_;
    Findings& findings_;
    Frontier frontier_;
    Time time_;
    std::unordered_map<StreamId, StreamSeen> streams_;
    bool readable_ = true;
};

}  // namespace muster::tools
