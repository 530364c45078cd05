#include "tools/audit_records.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <utility>

namespace muster::tools {
namespace {

constexpr std::uint64_t told_every = 4096;
constexpr std::size_t batch_records = 4096, batches_ahead = 8;

std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ value >> 32) * 0xd6e8feb86659fd93U;
    value = (value ^ value >> 32) * 0xd6e8feb86659fd93U;
    return value ^ value >> 32;
}

std::array<std::uint64_t, 5> entry_of(const StreamVersion& at, Position position) {
    return {static_cast<std::uint64_t>(at.stream.kind), at.stream.high, at.stream.low, at.version,
            position.number};
}
std::array<std::uint64_t, 6> entry_of(unsigned level, std::uint64_t index, const Hash& hash) {
    std::array<std::uint64_t, 6> parts{level, index};
    std::memcpy(&parts[2], hash.data(), hash.size());
    return parts;
}

// Damage is a finding; anything else ends the audit.
std::expected<void, Fault> take(const Fault& fault, std::string place, Findings& findings) {
    if (fault.kind != Fault::Kind::damaged && fault.kind != Fault::Kind::newer_version)
        return std::unexpected(fault);
    findings.add(std::move(place), fault.message);
    return {};
}

}  // namespace

// Reading with hashing, opening, and judging: each has a thread, and the machine shares its cores
// out among them.
Ahead<RecordsAudit::Read> RecordsAudit::read_ahead() const {
    return {batches_ahead, [this, at = Position{}, over = false]() mutable -> std::optional<Read> {
                if (over) return std::nullopt;
                Read batch;
                const auto read = log_.read(at, batch_records, [&](const Stored& stored) {
                    batch.records.push_back({stored.position, stored.leaf, leaf_hash(stored.bytes),
                                             batch.bytes.size(), stored.bytes.size()});
                    batch.bytes += stored.bytes;
                    return true;
                });
                at.number += batch.records.size();
                over = !read || batch.records.empty();
                if (!read) batch.fault = read.error();
                return batch;
            }};
}

Ahead<RecordsAudit::Batch> RecordsAudit::open_ahead(Ahead<Read>& read) const {
    return {batches_ahead, [this, &read, decodes = readable_]() mutable -> std::optional<Batch> {
                auto taken = read.take();
                if (!taken) return std::nullopt;
                Batch batch;
                batch.records.reserve(taken->records.size());
                for (const auto& each : taken->records) {
                    auto& opened = batch.records.emplace_back(
                        Opened{each.position, each.kept, each.leaf, std::nullopt, std::nullopt});
                    if (!decodes) continue;
                    open(std::string_view{taken->bytes}.substr(each.begin, each.size), opened);
                    // Behind one that cannot be read only the proof goes on.
                    decodes = opened.record->has_value();
                }
                batch.fault = std::move(taken->fault);
                return batch;
            }};
}

void RecordsAudit::open(std::string_view bytes, Opened& opened) const {
    opened.record = decode(bytes, &keyring_);
    if (opened.record->has_value()) return;
    auto closed = decode(bytes, nullptr);
    if (closed) opened.sealed = opened.record->error();
    opened.record = std::move(closed);
}

std::expected<void, Fault> RecordsAudit::run(const Judge& judge, const Tell& tell) {
    std::optional<Fault> fault;
    auto read = read_ahead();
    auto ahead = open_ahead(read);
    while (auto batch = ahead.take()) {
        for (auto& opened : batch->records) {
            check_proof(opened);
            check_record(opened, judge);
        }
        fault = std::move(batch->fault);
        tell({frontier_.size()});
    }
    checkpoints_.finish({frontier_.size()});
    if (fault) {
        readable_ = false;
        return take(*fault, "the records", findings_);
    }
    const auto root = log_.root(frontier_.size());
    if (!root) return take(root.error(), "the proof's tree", findings_);
    if (*root != frontier_.root())
        findings_.add("the proof's tree", "its root is not that of the records");
    return check_nodes();
}

std::expected<void, Fault> RecordsAudit::run_proof(const Tell& tell) {
    readable_ = false;
    return run([](Record&&) {}, tell);
}

// --- The proof

void RecordsAudit::check_proof(const Opened& opened) {
    if (opened.leaf != opened.kept)
        findings_.add(opened.position, "the record is not the one that was hashed");
    frontier_.append(opened.leaf, [&](unsigned level, std::uint64_t index, const Hash& hash) {
        if (level >= Log::lowest_visited_level) nodes_.add(entry_of(level, index, hash));
    });
    check_root(opened.position);
}

// Lower nodes are made of leaves, which were compared.
std::expected<void, Fault> RecordsAudit::check_nodes() {
    auto kept = nodes_.emptied();
    const auto read = log_.visit_nodes([&](unsigned level, std::uint64_t index, const Hash& hash) {
        kept.add(entry_of(level, index, hash));
        return true;
    });
    if (!read) return take(read.error(), "the proof's tree", findings_);
    return kept == nodes_ ? std::expected<void, Fault>{} : name_nodes();
}

// One finding a position, however many nodes it completes.
std::expected<void, Fault> RecordsAudit::name_nodes() {
    Frontier frontier;
    const auto before = findings_.count();
    const auto read = log_.read({}, SIZE_MAX, [&](const Stored& stored) {
        bool agrees = true;
        const auto compare = [&](unsigned level, std::uint64_t index, const Hash& hash) {
            if (level < Log::lowest_visited_level || !agrees) return;
            const auto node = log_.node(level, index);
            agrees = node && *node == hash;
        };
        frontier.append(leaf_hash(stored.bytes), compare);
        if (!agrees)
            findings_.add(stored.position,
                          "the proof's tree is not that of the records up to here");
        return true;
    });
    if (!read) return take(read.error(), "the records", findings_);
    if (findings_.count() == before)
        findings_.add("the proof's tree", "it has nodes that are not of the records");
    return {};
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

void RecordsAudit::check_record(Opened& opened, const Judge& judge) {
    if (opened.sealed) findings_.add(opened.position, opened.sealed->message);
    if (!opened.record) return;
    if (!*opened.record) {
        readable_ = false;
        findings_.add(opened.position, opened.record->error().message);
        return;
    }
    check_envelope(**opened.record, opened.position);
    judge(*std::move(*opened.record));
}

void RecordsAudit::check_envelope(const Record& record, Position position) {
    if (record.position != position)
        findings_.add(position,
                      fmt::format("the record is of position {}", record.position.number));
    if (record.time < time_) findings_.add(position, "the time goes back");
    time_ = std::max(time_, record.time);
    if (!std::ranges::equal(record.streams, streams_of(record.event), {}, &StreamVersion::stream))
        findings_.add(position, "the record does not stand in its event's streams");
    for (const auto& at : record.streams)
        entries_.add(entry_of(at, position));
    entries_seen_ += record.streams.size();
}

// --- The streams

SeededSum::SeededSum() {
    for (auto& factor : factors_) {
        std::array<std::uint8_t, sizeof factor> bytes{};
        draw_random(bytes);
        factor = std::bit_cast<std::uint64_t>(bytes) | 1;
    }
}

void SeededSum::add(std::span<const std::uint64_t> parts) {
    std::uint64_t product = 0;
    for (std::size_t n = 0; n < parts.size(); ++n)
        product = mixed(product + parts[n] * factors_[n]);
    sum_ += product;
    ++count_;
}

SeededSum SeededSum::emptied() const {
    auto empty = *this;
    empty.sum_ = empty.count_ = 0;
    return empty;
}

// Where both have the same entries, and the index has each stream's versions without a gap and in
// the order of their positions, so have the records.
std::expected<void, Fault> RecordsAudit::run_streams(
    const std::function<void(std::uint64_t, std::uint64_t)>& tell, Findings& findings) {
    auto indexed = entries_.emptied();
    StreamVersion before;
    Position last;
    bool dense = true;
    std::uint64_t done = 0;
    const auto read = log_.visit_streams([&](const StreamVersion& at, Position position) {
        if (at.stream != before.stream || done == 0) {
            ++streams_;
            before = {at.stream, 0};
            last = {};
        }
        dense = dense && at.version == before.version + 1 && position > last;
        before = at;
        last = position;
        indexed.add(entry_of(at, position));
        if (++done % told_every == 0) tell(done, entries_seen_);
        return true;
    });
    if (!read) return take(read.error(), "the index", findings);
    return dense && indexed == entries_ ? std::expected<void, Fault>{} : name_strays(findings);
}

std::expected<void, Fault> RecordsAudit::name_strays(Findings& findings) const {
    using Entries = std::map<StreamId, std::vector<std::pair<std::uint64_t, Position>>>;
    Entries recorded, indexed;
    const auto read = log_.read({}, SIZE_MAX, [&](const Stored& stored) {
        const auto envelope = parse_envelope(stored.bytes);
        if (!envelope) return false;  // It could be read a moment ago.
        for (const auto& [stream, version] : envelope->streams) {
            auto& entries = recorded[stream];
            const auto before = entries.empty() ? 0 : entries.back().first;
            if (version != before + 1) {
                findings.add(stored.position, fmt::format("{} has version {} after version {}",
                                                          to_text(stream), version, before));
            }
            entries.emplace_back(version, stored.position);
        }
        return true;
    });
    if (!read) return take(read.error(), "the records", findings);
    const auto visited = log_.visit_streams([&](const StreamVersion& at, Position position) {
        indexed[at.stream].emplace_back(at.version, position);
        return true;
    });
    if (!visited) return take(visited.error(), "the index", findings);
    for (const auto& [stream, entries] : recorded) {
        const auto found = indexed.find(stream);
        if (found == indexed.end() || found->second != entries)
            findings.add(to_text(stream), "the index does not have the stream's events");
    }
    for (const auto& [stream, entries] : indexed) {
        if (!recorded.contains(stream))
            findings.add(to_text(stream), "the index has events that are not in the records");
    }
    return {};
}

}  // namespace muster::tools
