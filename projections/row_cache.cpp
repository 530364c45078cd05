#include "projections/row_cache.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

namespace muster::views {
namespace {

constexpr std::size_t largest_entry = 8 << 10;
constexpr std::size_t slot_bytes = 2 * sizeof(void*);  // Tables are half full.

}  // namespace

// The key's and the value's bytes follow.
struct RowCache::Entry {
    Moment since;
    std::uint64_t hash;
    std::uint32_t key_size, value_size;
    bool present, asked_for = true;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    std::string_view key() { return {bytes(), key_size}; }
    std::string_view value() { return {bytes() + key_size, value_size}; }
    std::size_t size() const { return sizeof(Entry) + key_size + value_size + slot_bytes; }

    static Entry* make(std::string_view key, std::optional<std::string_view> value, Moment since,
                       std::uint64_t hash) {
        const auto held = value.value_or(std::string_view{});
        void* place = ::operator new(sizeof(Entry) + key.size() + held.size());
        auto* entry = new (place) Entry{since, hash, static_cast<std::uint32_t>(key.size()),
                                        static_cast<std::uint32_t>(held.size()), value.has_value()};
        std::ranges::copy(held, std::ranges::copy(key, entry->bytes()).out);
        return entry;
    }
    static void destroy(Entry* entry) { ::operator delete(entry); }
};

RowCache::RowCache(std::size_t capacity_bytes) : shard_capacity_(capacity_bytes / 16) {}

RowCache::~RowCache() { clear(); }

std::size_t RowCache::Shard::slot_of(std::string_view key, std::uint64_t hash) const {
    const auto mask = slots.size() - 1;
    auto at = hash & mask;
    while (slots[at] != nullptr && (slots[at]->hash != hash || slots[at]->key() != key))
        at = (at + 1) & mask;
    return at;
}

void RowCache::Shard::grow() {
    auto old = std::move(slots);
    slots.assign(std::max<std::size_t>(64, 2 * old.size()), nullptr);
    hand = 0;
    for (auto* entry : old) {
        if (entry != nullptr) slots[slot_of(entry->key(), entry->hash)] = entry;
    }
}

// Takes the entry out and closes the gap, so that every chain stays whole.
void RowCache::Shard::drop(std::size_t at) {
    bytes -= slots[at]->size();
    --count;
    Entry::destroy(slots[at]);
    slots[at] = nullptr;
    const auto mask = slots.size() - 1;
    for (auto next = (at + 1) & mask; slots[next] != nullptr; next = (next + 1) & mask) {
        const auto home = slots[next]->hash & mask;
        const bool reaches = ((next - home) & mask) >= ((next - at) & mask);
        if (!reaches) continue;
        slots[at] = std::exchange(slots[next], nullptr);
        at = next;
    }
}

void RowCache::Shard::make_room(std::size_t capacity) {
    while (bytes > capacity) {
        hand = (hand + 1) & (slots.size() - 1);
        if (slots[hand] == nullptr) continue;
        if (!std::exchange(slots[hand]->asked_for, false)) drop(hand);
    }
}

std::optional<RowCache::Known> RowCache::find(std::string_view key, Moment moment) {
    const auto hash = std::hash<std::string_view>{}(key);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    if (shard.slots.empty()) return std::nullopt;
    auto* entry = shard.slots[shard.slot_of(key, hash)];
    if (entry == nullptr || entry->since > moment) return std::nullopt;
    entry->asked_for = true;
    if (!entry->present) return Known{};
    return Known{std::string{entry->value()}};
}

void RowCache::keep(std::string_view key, std::optional<std::string_view> value, Moment moment) {
    if (key.size() + value.value_or(std::string_view{}).size() > largest_entry) return;
    const auto hash = std::hash<std::string_view>{}(key);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    if (newest_ != moment) return;
    if (2 * (shard.count + 1) > shard.slots.size()) shard.grow();
    auto& slot = shard.slots[shard.slot_of(key, hash)];
    if (slot != nullptr) return;  // Somebody was faster: it holds from then on.
    slot = Entry::make(key, value, moment, hash);
    shard.bytes += slot->size();
    ++shard.count;
    shard.make_room(shard_capacity_);
}

void RowCache::begin(Moment moment) { newest_ = moment; }

void RowCache::erase(std::string_view key) {
    const auto hash = std::hash<std::string_view>{}(key);
    auto& shard = shard_of(hash);
    const std::lock_guard lock{shard.mutex};
    if (shard.slots.empty()) return;
    const auto at = shard.slot_of(key, hash);
    if (shard.slots[at] != nullptr) shard.drop(at);
}

void RowCache::clear() {
    for (auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        std::ranges::for_each(shard.slots, Entry::destroy);
        shard.slots.clear();
        shard.count = shard.bytes = 0;
    }
}

}  // namespace muster::views
