// The audit's pass over the records: their hashes, the proof's tree, the head file, the streams.
// Every record that decodes goes on to whoever judges what it says.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/ahead.hpp"
#include "events/head_file.hpp"
#include "events/keyring.hpp"
#include "events/log.hpp"
#include "events/tree.hpp"
#include "tools/audit_checkpoints.hpp"
#include "tools/audit_findings.hpp"

namespace muster::tools {

// What a set has, as a sum that does not depend on the order. It is seeded, so that nobody can
// prepare another set with the same.
class SeededSum {
public:
    static constexpr std::size_t most_parts = 6;

    SeededSum();
    void add(std::span<const std::uint64_t> parts);  // Of one element; `most_parts` at most.
    // Of nothing yet, and with the same seed, so that the two can be compared.
    SeededSum emptied() const;
    bool operator==(const SeededSum&) const = default;

private:
    std::array<std::uint64_t, most_parts> factors_{};
    std::uint64_t sum_{}, count_{};
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

    // Reads the log's index, and compares. Where it is another than the records', reads these once
    // more to name the streams. Calls tell(entries, all of them) now and then.
    std::expected<void, Fault> run_streams(
        const std::function<void(std::uint64_t, std::uint64_t)>& tell, Findings& findings);

    std::uint64_t records() const { return frontier_.size(); }
    std::uint64_t streams() const { return streams_; }  // Once they were read.
    // Whether every record could be read and decoded.
    bool readable() const { return readable_; }

private:
    struct Read {
        struct Place {
            Position position;
            Hash kept{}, leaf{};          // The hash beside the record, and the one that it has.
            std::size_t begin{}, size{};  // In `bytes`.
        };
        std::string bytes;
        std::vector<Place> records;
        std::optional<Fault> fault;  // Why there is no more.
    };
    // One record, opened if it can be.
    struct Opened {
        Position position;
        Hash kept{}, leaf{};
        std::optional<std::expected<Record, Fault>> record;  // Absent where it is not asked for.
        std::optional<Fault> sealed;  // It can be judged, but what is sealed does not open.
    };
    struct Batch {
        std::vector<Opened> records;
        std::optional<Fault> fault;
    };

    Ahead<Read> read_ahead() const;
    Ahead<Batch> open_ahead(Ahead<Read>& read) const;
    void open(std::string_view bytes, Opened& opened) const;
    void check_proof(const Opened& opened);
    void check_root(Position position);
    std::expected<void, Fault> check_nodes();
    std::expected<void, Fault> name_nodes();
    void check_record(Opened& opened, const Judge& judge);
    void check_envelope(const Record& record, Position position);
    std::expected<void, Fault> name_strays(Findings& findings) const;

    const Log& log_;
    Keyring& keyring_;
    std::vector<LogHead> heads_;
    CheckpointsAudit& checkpoints_;
    Findings& findings_;
    Frontier frontier_;
    Time time_;
    SeededSum entries_;  // Which positions are which versions of which streams.
    SeededSum nodes_;    // Of the tree, above those that are made of leaves.
    std::uint64_t entries_seen_{}, streams_{};
    bool readable_ = true;
};

}  // namespace muster::tools
