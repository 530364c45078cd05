// Opening, closing and freezing.
#include "events/rocks_log.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "events/rocks_log_class.hpp"

namespace muster {
namespace rocks {
namespace {

constexpr std::chrono::milliseconds head_delay{900};
// The head file is up to a second behind, and nobody knows how far the log went after a backup.
constexpr std::uint64_t numbers_skipped = 1'000'000;

// How many more are skipped at random of what tokens are made of, below this bound: a backup may be
// restored twice, and nobody is to hold a token of the one that somebody else gets from the other.
// People see the numbers of users, so theirs stay shorter.
std::uint64_t bound_of_chance(Sequence sequence) {
    switch (sequence) {
        case Sequence::session:
        case Sequence::invitation:
        case Sequence::api_key:
            return std::uint64_t{1} << 48;
        case Sequence::user:
        case Sequence::admin:
            return std::uint64_t{1} << 31;
        case Sequence::account:
        case Sequence::contact:
        case Sequence::order:
        case Sequence::ticket:
            break;
    }
    return 1;
}

}  // namespace

std::expected<void, Fault> RocksLog::recover(const RocksLogOptions& options) {
    if (auto fits = check_format(); !fits) return fits;
    const auto last = last_position();
    if (!last) return std::unexpected(last.error());
    if (auto done = load_sequences(); !done) return done;
    const auto known = head_file_.heads();
    if (options.accept_loss) head_file_.forget();
    if (!options.accept_loss) {
        if (auto fits = check_length(*last); !fits) return fits;
    }

    // The last record is always read, for its time.
    const auto verified = std::min<std::uint64_t>(last->number, std::max(options.verify, 1UL));
    const auto first = (last->number - verified) / block_leaves * block_leaves;
    head_ = last->number;
    auto frontier = stored_frontier(first);
    if (!frontier) return std::unexpected(frontier.error());
    frontier_ = std::move(*frontier);
    for (const auto& head : head_file_.heads()) {
        if (head.position.number > first) continue;
        const auto stored = root(head.position.number);
        if (!stored) return std::unexpected(stored.error());
        if (auto fits = check_root(head.position.number, *stored); !fits) return fits;
    }
    if (auto done = verify_from(first, *last); !done) return done;
    if (options.accept_loss && store_->writable() && is_loss(known)) {
        const auto known_to = known.empty() ? Position{} : known.front().position;
        const auto lost = std::max(known_to, *last).number - last->number;
        if (auto done = skip_lost_numbers(lost); !done) return done;
    }
    if (options.restored && store_->writable()) {
        if (auto done = skip_lost_numbers(last->number); !done) return done;
    }
    return settle_head(options);
}

std::expected<void, Fault> RocksLog::check_format() {
    rocksdb::PinnableSlice value;
    const auto found = store_->get(Family::meta, "f", value);
    if (!found) return std::unexpected(found.error());
    if (*found) {
        Reader in{value.ToStringView()};
        const auto format = in.varint();
        if (!in.done() || format == 0) return damaged_log("the log's format cannot be read");
        if (format > log_format) {
            return std::unexpected(
                Fault{Fault::Kind::newer_version, "the log is of a newer version"});
        }
        return {};
    }
    const auto last = last_position();
    if (!last) return std::unexpected(last.error());
    if (last->number != 0) return damaged_log("the log's format is missing");
    if (!store_->writable()) return {};
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = store_->db().Put(synced, "f", varint_value(log_format));
    if (!status.ok()) return std::unexpected(fault_of(status, "format"));
    return {};
}

std::expected<Position, Fault> RocksLog::last_position() const {
    const auto records = store_->iterate({}, Family::records);
    records->SeekToLast();
    if (!records->Valid()) {
        if (!records->status().ok()) {
            return std::unexpected(fault_of(records->status(), "the newest record"));
        }
        return Position{};
    }
    Reader key{records->key().ToStringView()};
    const Position last{key.fixed64()};
    if (!key.done() || last.number == 0) return damaged_log("the newest record's key");
    return last;
}

std::expected<void, Fault> RocksLog::check_length(Position last) const {
    const auto& heads = head_file_.heads();
    if (heads.empty() && last.number != 0) {
        return damaged_log("the head file is missing beside a log that has records");
    }
    if (!heads.empty() && heads.front().position > last) {
        return damaged_log(fmt::format("the log ends at position {}, but the head file has {}",
                                       last.number, heads.front().position.number));
    }
    return {};
}

// The right edge of the tree when it had `size` leaves, a multiple of eight.
std::expected<Frontier, Fault> RocksLog::stored_frontier(std::uint64_t size) const {
    std::vector<Hash> subtrees;
    for (unsigned level = 64; level-- > lowest_kept_level;) {
        if ((size >> level & 1) == 0) continue;
        const auto hash = stored_node(level, (size >> level) - 1);
        if (!hash) return std::unexpected(hash.error());
        subtrees.push_back(*hash);
    }
    return Frontier{size, std::move(subtrees)};
}

std::expected<void, Fault> RocksLog::verify_from(std::uint64_t first, Position last) {
    std::expected<void, Fault> verified;
    const auto visit = [&](const Stored& stored) {
        verified = verify_record(stored);
        return verified.has_value();
    };
    const auto visited = read({first}, last.number - first, visit);
    if (!visited) return std::unexpected(visited.error());
    return verified;
}

std::expected<void, Fault> RocksLog::verify_record(const Stored& stored) {
    const auto position = stored.position.number;
    const auto envelope = parse_envelope(stored.bytes);
    if (!envelope) {
        // The position that it was read at is the one that counts, not the one that it may claim.
        const auto kind = envelope.error().kind;
        return std::unexpected(
            Fault{kind, fmt::format("position {}: the record cannot be read", position)});
    }
    if (envelope->position != stored.position) {
        return damaged_at(position, "the record is another position's");
    }
    if (envelope->time < time_) return damaged_at(position, "the record's time goes back");
    if (leaf_hash(stored.bytes) != stored.leaf) {
        return damaged_at(position, "the record is not the one that was hashed");
    }
    time_ = envelope->time;

    std::string nodes;
    frontier_.append(stored.leaf, [&](unsigned level, std::uint64_t, const Hash& hash) {
        if (level >= lowest_kept_level) nodes.append(as_text(hash));
    });
    if (!nodes.empty()) {
        rocksdb::PinnableSlice kept;
        const auto found = store_->get(Family::tree, number_key(position / block_leaves - 1), kept);
        if (!found) return std::unexpected(found.error());
        if (!*found || kept.ToStringView() != nodes) {
            return damaged_at(position, "the proof's tree is not that of the records up to here");
        }
    }
    const auto is_here = [&](const LogHead& head) { return head.position == stored.position; };
    if (std::ranges::any_of(head_file_.heads(), is_here)) {
        return check_root(position, frontier_.root());
    }
    return {};
}

std::expected<void, Fault> RocksLog::check_root(std::uint64_t size, const Hash& root) const {
    for (const auto& head : head_file_.heads()) {
        if (head.position.number == size && head.root != root) {
            return damaged_at(size, "the records up to here are not those of the head file");
        }
    }
    return {};
}

std::expected<void, Fault> RocksLog::load_sequences() {
    const auto all = store_->iterate({}, Family::meta);
    for (all->Seek("s"); all->Valid() && all->key().starts_with("s"); all->Next()) {
        Reader in{all->value().ToStringView()};
        const auto last = in.varint();
        if (!in.done() || all->key().size() != 2) return damaged_log("a sequence's mark");
        const auto sequence = static_cast<std::uint8_t>(all->key()[1]);
        drawn_[sequence] = marks_[sequence] = last;
    }
    if (!all->status().ok()) return std::unexpected(fault_of(all->status(), "sequences"));
    return {};
}

// Whether these heads are not of this log's history.
bool RocksLog::is_loss(const std::vector<LogHead>& known) const {
    if (known.empty()) return head().number != 0;
    return std::ranges::any_of(known, [&](const LogHead& each) {
        if (each.position > head()) return true;
        const auto stored = root(each.position.number);
        return !stored || *stored != each.root;
    });
}

// What was lost may have handed out numbers, and tokens are made of numbers: whoever holds one must
// not find it to be somebody else's.
std::expected<void, Fault> RocksLog::skip_lost_numbers(std::uint64_t lost_events) {
    rocksdb::WriteBatch batch;
    for (const auto sequence : all_sequences) {
        const auto n = static_cast<std::uint8_t>(sequence);
        const auto chance =
            std::bit_cast<std::uint64_t>(random_bytes<std::array<std::uint8_t, 8>>());
        drawn_[n] = marks_[n] += lost_events + numbers_skipped + chance % bound_of_chance(sequence);
        batch.Put(store_->family(Family::meta), sequence_key(sequence), varint_value(marks_[n]));
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = store_->db().Write(synced, &batch);
    if (!status.ok()) return std::unexpected(fault_of(status, "sequences"));
    return {};
}

// An empty log gets its head file before its first record, and a log with an accepted loss a new
// one; from then on the keeper follows.
std::expected<void, Fault> RocksLog::settle_head(const RocksLogOptions& options) {
    if (!store_->writable()) return {};
    const auto head = durable_head();
    if (options.accept_loss) {
        // A snapshot or a checkpoint may be of a state that is lost.
        const auto status = store_->db().DeleteRange(
            rocksdb::WriteOptions{}, store_->family(Family::snapshots), std::string{},
            std::string(stream_key({}).view().size(), '\xff'));
        if (!status.ok()) return std::unexpected(fault_of(status, "snapshots"));
    }
    if (options.accept_loss || head_file_.heads().empty()) {
        if (auto kept = head_file_.keep(head); !kept) return kept;
    }
    head_moved_ = head_file_.heads().front() != head;
    head_keeper_ = std::jthread{[this](const std::stop_token& stop) { keep_heads(stop); }};
    return {};
}

LogHead RocksLog::durable_head() const {
    const std::lock_guard lock{mutex_};
    return {{frontier_.size()}, frontier_.root()};
}

void RocksLog::keep_heads(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock{mutex_};
            if (!moved_.wait(lock, stop, [&] { return head_moved_; })) return;
            moved_.wait_for(lock, stop, head_delay, [] { return false; });
            head_moved_ = false;
        }
        if (const auto kept = head_file_.keep(durable_head()); !kept) {
            const std::lock_guard lock{mutex_};
            failed_ = kept.error();
            return;
        }
    }
}

RocksLog::~RocksLog() {
    if (!head_keeper_.joinable()) return;
    head_keeper_.request_stop();
    head_keeper_.join();
    if (!failed_) static_cast<void>(head_file_.keep(durable_head()));
}

std::expected<void, Fault> RocksLog::freeze(const std::filesystem::path& folder,
                                            const std::filesystem::path& head_file) const {
    // First, so that the log cannot be shorter.
    if (auto kept = HeadFile{head_file}.keep(durable_head()); !kept) return kept;
    return store_->freeze(folder);
}

}  // namespace rocks

std::expected<std::unique_ptr<FolderLog>, Fault> open_rocks_log(
    const std::filesystem::path& folder, const std::filesystem::path& head_file,
    const RocksLogOptions& options) {
    auto heads = HeadFile::open(head_file);
    if (!heads && !options.accept_loss) return std::unexpected(heads.error());
    if (!heads) heads = HeadFile{head_file};

    std::error_code error;
    const bool exists = std::filesystem::exists(folder / "CURRENT", error);
    const bool had_records = !heads->heads().empty() && heads->heads().front().position.number != 0;
    if (!exists && had_records) {
        return rocks::damaged_log(fmt::format("{} is missing", folder.native()));
    }
    if (!exists && options.mode == RocksLogOptions::Mode::read) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable, fmt::format("there is no log in {}", folder.native())});
    }

    auto store = RocksStore::open(folder, options);
    if (!store) return std::unexpected(store.error());
    auto log = std::make_unique<rocks::RocksLog>(std::move(*store), std::move(*heads));
    if (const auto recovered = log->recover(options); !recovered) {
        return std::unexpected(recovered.error());
    }
    return log;
}

}  // namespace muster
