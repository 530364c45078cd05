#include "tools/audit_records.hpp"

#include <algorithm>
#include <thread>

namespace muster::tools {
namespace {

// The log keeps no lower nodes: it makes them of leaves, which are compared anyway.
constexpr unsigned lowest_stored_level = 3;
constexpr std::uint64_t told_every = 256;

std::uint64_t mixed(std::uint64_t digest, Position position) {
    auto value = (digest ^ position.number) * 0x9e3779b97f4a7c15U;
    value ^= value >> 32;
    return value * 0xd6e8feb86659fd93U;
}

// Damage is a finding; anything else ends the audit.
std::expected<void, Fault> take(const Fault& fault, std::string place, Findings& findings) {
    if (fault.kind != Fault::Kind::damaged && fault.kind != Fault::Kind::newer_version)
        return std::unexpected(fault);
    findings.add(std::move(place), fault.message);
    return {};
}

}  // namespace

std::expected<void, Fault> RecordsAudit::run(const Judge& judge, const Tell& tell) {
    const auto visit = [&](const Stored& stored) {
        check_proof(stored);
        if (stored.position.number % told_every == 0) tell(stored.position);
        if (!readable_) return true;  // Only the proof goes on.
        auto record = open(stored);
        if (!record) {
            readable_ = false;
            findings_.add(stored.position, record.error().message);
            return true;
        }
        check_envelope(*record, stored.position);
        judge(std::move(*record));
        return true;
    };
    if (const auto read = log_.read({}, SIZE_MAX, visit); !read) {
        readable_ = false;
        checkpoints_.finish({frontier_.size()});
        return take(read.error(), "the records", findings_);
    }
    checkpoints_.finish({frontier_.size()});
    const auto root = log_.root(frontier_.size());
    if (!root) return take(root.error(), "the proof's tree", findings_);
    if (*root != frontier_.root())
        findings_.add("the proof's tree", "its root is not that of the records");
    return {};
}

std::expected<void, Fault> RecordsAudit::run_proof(const Tell& tell) {
    readable_ = false;
    return run([](Record&&) {}, tell);
}

// --- The proof

void RecordsAudit::check_proof(const Stored& stored) {
    const auto leaf = leaf_hash(stored.bytes);
    if (leaf != stored.leaf)
        findings_.add(stored.position, "the record is not the one that was hashed");
    check_nodes(stored, leaf);
    check_root(stored.position);
}

// One finding a position, however many nodes it completes.
void RecordsAudit::check_nodes(const Stored& stored, const Hash& leaf) {
    bool agrees = true;
    frontier_.append(leaf, [&](unsigned level, std::uint64_t index, const Hash& hash) {
        if (level < lowest_stored_level || !agrees) return;
        const auto node = log_.node(level, index);
        agrees = node && *node == hash;
    });
    if (!agrees)
        findings_.add(stored.position, "the proof's tree is not that of the records up to here");
}

void RecordsAudit::check_root(Position position) {
    if (checkpoints_.asks_for(position)) checkpoints_.judge(frontier_.root());
    for (const auto& head : heads_) {
        if (head.position != position) continue;
        if (head.root != frontier_.root())
            findings_.add(position, "the records up to here are not those of the head file");
        const auto root = log_.root(position.number);
        if (!root || *root != frontier_.root())
            findings_.add(position, "the proof's root is not that of the records up to here");
    }
}

// --- The records

// Where only what is sealed does not open, the rest can still be judged.
std::expected<Record, Fault> RecordsAudit::open(const Stored& stored) {
    auto record = decode(stored.bytes, &keyring_);
    if (record) return record;
    auto closed = decode(stored.bytes, nullptr);
    if (!closed) return closed;
    findings_.add(stored.position, record.error().message);
    return closed;
}

void RecordsAudit::check_envelope(const Record& record, Position position) {
    if (record.position != position)
        findings_.add(position,
                      fmt::format("the record is of position {}", record.position.number));
    if (record.time < time_) findings_.add(position, "the time goes back");
    time_ = std::max(time_, record.time);
    if (!std::ranges::equal(record.streams, streams_of(record.event), {}, &StreamVersion::stream))
        findings_.add(position, "the record does not stand in its event's streams");
    for (const auto& [stream, version] : record.streams) {
        auto& seen = streams_[stream];
        if (version != seen.version + 1) {
            findings_.add(position, fmt::format("{} has version {} after version {}",
                                                to_text(stream), version, seen.version));
        }
        seen.version = version;
        seen.digest = mixed(seen.digest, position);
    }
}

// --- The streams

std::expected<void, Fault> RecordsAudit::run_streams(
    const std::function<void(std::uint64_t)>& tell) {
    std::vector<StreamId> streams;
    streams.reserve(streams_.size());
    for (const auto& [stream, seen] : streams_)
        streams.push_back(stream);
    std::ranges::sort(streams);  // As the index has them, so that neighbours share what is read.
    std::uint64_t done = 0;
    for (const auto& stream : streams) {
        if (const auto checked = check_stream(stream, streams_.at(stream)); !checked)
            return checked;
        if (++done % told_every == 0) tell(done);
    }
    return {};
}

std::expected<void, Fault> RecordsAudit::check_stream(const StreamId& stream,
                                                      const StreamSeen& seen) {
    std::uint64_t digest = 0;
    const auto read = log_.read_stream(stream, 0, SIZE_MAX, [&](const Stored& stored) {
        digest = mixed(digest, stored.position);
        return true;
    });
    if (!read) return take(read.error(), to_text(stream), findings_);
    const auto version = log_.version(stream);
    if (!version) return take(version.error(), to_text(stream), findings_);
    if (*read != seen.version || digest != seen.digest || *version != seen.version)
        findings_.add(to_text(stream), "the index does not have the stream's events");
    return {};
}

}  // namespace muster::tools
