#include "projections/overlay.hpp"

#include <algorithm>
#include <cstring>

#include "events/bytes.hpp"

namespace muster::views {
namespace {

constexpr std::size_t block_size = 256 << 10;
constexpr std::size_t entry_overhead = 64;  // Entry and slots.
constexpr std::size_t list_overhead = 160;
// So that a reader of the newest few lines of a long list reads little more than those.
constexpr std::size_t longest_list = 256;

std::uint32_t hash_of(std::string_view key) {
    std::uint64_t mixed = key.size() * 0x9e3779b97f4a7c15U;
    for (; key.size() >= 8; key.remove_prefix(8)) {
        std::uint64_t word{};
        std::memcpy(&word, key.data(), 8);
        mixed = (mixed ^ word) * 0xff51afd7ed558ccdU;
        mixed ^= mixed >> 32;
    }
    std::uint64_t rest{};
    std::memcpy(&rest, key.data(), key.size());
    mixed = (mixed ^ rest) * 0xff51afd7ed558ccdU;
    return static_cast<std::uint32_t>(mixed >> 32 ^ mixed);
}

// Entries of one view begin with the same two bytes: what follows tells most of them apart.
struct Sortable {
    std::uint8_t table;
    std::uint64_t start;
    const Overlay::Entry* entry;
};
Sortable sortable(const Overlay::Entry& entry) {
    std::uint64_t start = 0;
    for (std::size_t n = 3; n < 11; ++n)
        start = start << 8 | (n < entry.key.size() ? static_cast<std::uint8_t>(entry.key[n]) : 0U);
    return {static_cast<std::uint8_t>(entry.key.size() > 2 ? entry.key[2] : 0), start, &entry};
}

}  // namespace

std::uint32_t Overlay::slot_of(std::string_view key, std::uint32_t hash) const {
    const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
    auto at = hash & mask;
    while (slots_[at].entry != 0 &&
           (slots_[at].hash != hash || entries_[slots_[at].entry - 1].key != key))
        at = (at + 1) & mask;
    return at;
}

const Overlay::Entry* Overlay::find(std::string_view key) const {
    if (slots_.empty()) return nullptr;
    const auto& slot = slots_[slot_of(key, hash_of(key))];
    return slot.entry == 0 ? nullptr : &entries_[slot.entry - 1];
}

void Overlay::grow() {
    auto old = std::move(slots_);
    slots_.assign(std::max<std::size_t>(64, 2 * old.size()), {});
    for (const auto& slot : old) {
        if (slot.entry != 0) slots_[slot_of(entries_[slot.entry - 1].key, slot.hash)] = slot;
    }
}

std::string_view Overlay::keep(std::string_view bytes) {
    if (bytes.size() > block_left_) {
        block_left_ = std::max(block_size, bytes.size());
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_left_));
        block_end_ = blocks_.back().get() + block_left_;
    }
    auto* at = block_end_ - block_left_;
    std::ranges::copy(bytes, at);
    block_left_ -= bytes.size();
    bytes_ += bytes.size();
    return {at, bytes.size()};
}

void Overlay::put(std::string_view key, std::optional<std::string_view> value, How how) {
    if (2 * (entries_.size() + 1) > slots_.size()) grow();
    const auto hash = hash_of(key);
    auto& slot = slots_[slot_of(key, hash)];
    if (slot.entry == 0) {
        entries_.push_back({keep(key), std::nullopt, false});
        slot = {hash, static_cast<std::uint32_t>(entries_.size())};
        bytes_ += entry_overhead;
    }
    auto& entry = entries_[slot.entry - 1];
    if (!value) {
        entry.value.reset();
    } else if (entry.value && value->size() <= entry.value->size()) {
        auto* at = const_cast<char*>(entry.value->data());  // In a block of ours.
        std::ranges::copy(*value, at);
        entry.value = std::string_view{at, value->size()};
    } else {
        entry.value = keep(*value);
    }
    entry.changed = entry.changed || how == How::changed;
}

std::size_t Overlay::Hash::operator()(std::string_view key) const { return hash_of(key); }

void Overlay::append(std::string_view list, Position position) {
    auto at = lists_.find(list);
    if (at == lists_.end()) {
        at = lists_.try_emplace(std::string{list}).first;
        bytes_ += list_overhead;
    }
    auto& open = at->second;
    if (open.count == 0) {
        open.first = position;
    } else {
        Writer{open.gaps}.varint(position.number - open.last.number);
        ++bytes_;
    }
    open.last = position;
    if (++open.count == longest_list) close(at->first, open);
}

void Overlay::close(std::string_view list, List& open) {
    std::string key{list};
    Writer{key}.fixed64(open.first.number);
    put(key, open.gaps, How::changed);
    open = {};
}

void Overlay::note_walked(std::string_view key) {
    const auto split = key.size() - 8;
    auto at = walked_.find(key.substr(0, split));
    if (at == walked_.end()) at = walked_.try_emplace(std::string{key.substr(0, split)}).first;
    at->second.push_back(Reader{key.substr(split)}.fixed64());
}

const std::vector<std::uint64_t>* Overlay::walked(const std::string& prefix) const {
    const auto found = walked_.find(prefix);
    return found == walked_.end() ? nullptr : &found->second;
}

void Overlay::collect(StoreBatch& batch) {
    for (auto& [list, open] : lists_) {
        if (open.count > 0) close(list, open);
    }
    std::vector<Sortable> sorted;
    sorted.reserve(entries_.size());
    for (const auto& entry : entries_) {
        if (entry.changed) sorted.push_back(sortable(entry));
    }
    std::ranges::sort(sorted, [](const Sortable& one, const Sortable& other) {
        if (one.table != other.table) return one.table < other.table;
        if (one.start != other.start) return one.start < other.start;
        return one.entry->key < other.entry->key;
    });
    batch.rows.reserve(batch.rows.size() + sorted.size());
    for (const auto& row : sorted)
        batch.rows.emplace_back(row.entry->key, row.entry->value);
}

void Overlay::clear() {
    entries_.clear();
    slots_.clear();
    blocks_.clear();
    block_left_ = 0;
    bytes_ = 0;
    walked_.clear();
    lists_.clear();
    counted = 0;
}

}  // namespace muster::views
