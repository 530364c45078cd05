#include "events/keyring.hpp"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "events/bytes.hpp"
#include "events/log.hpp"

namespace muster {
namespace {

// Subjects are numbered as they come, so whoever reads the log in its order misses one after the
// other. Neighbours in the vault cost a tenth of a look-up each.
constexpr std::uint64_t neighbours = 64;

Fault of_another_size() { return {Fault::Kind::damaged, "the vault holds a key of another size"}; }

// Multiplicative hashing: numbers that follow each other are spread evenly.
std::uint64_t mixed(const Subject& subject) {
    return (subject.number << 3 | static_cast<std::uint64_t>(subject.kind)) * 0x9e3779b97f4a7c15U;
}

std::optional<Seed> parse_seed(std::string_view value) {
    Seed seed;
    if (value.size() != seed.size()) return std::nullopt;
    std::ranges::copy(as_bytes(value), seed.begin());
    return seed;
}

}  // namespace

KeyCache::KeyCache(std::size_t capacity)
    : entries_(std::bit_ceil(std::max(capacity, 2 * ways))),
      shift_(64U - static_cast<unsigned>(std::countr_zero(entries_.size() / ways))) {}

std::span<KeyCache::Entry, KeyCache::ways> KeyCache::set_of(const Subject& subject) {
    return std::span{entries_}.subspan((mixed(subject) >> shift_) * ways).first<ways>();
}

const Key* KeyCache::find(const Subject& subject) {
    const auto set = set_of(subject);
    const auto found = std::ranges::find(set, subject, &Entry::whose);
    if (found == set.end()) return nullptr;
    std::rotate(set.begin(), found, found + 1);  // The one used last is first.
    return &set.front().key;
}

void KeyCache::insert(const Subject& subject, const Key& key) {
    const auto set = set_of(subject);
    std::shift_right(set.begin(), set.end(), 1);
    set.front() = {subject, key};
}

void KeyCache::erase(const Subject& subject) {
    const auto set = set_of(subject);
    const auto kept = std::ranges::remove(set, subject, &Entry::whose);
    std::ranges::fill(kept, Entry{});
}

Keyring::Keyring(const Log& log, const Keys& keys, std::size_t capacity)
    : log_(log), keys_(keys), most_new_(std::max<std::size_t>(capacity / 4, 1)), cache_(capacity) {}

std::size_t Keyring::Hash::operator()(const Subject& subject) const noexcept {
    return static_cast<std::size_t>(mixed(subject));
}

std::expected<std::optional<Key>, Fault> Keyring::find(const Subject& subject) {
    std::uint64_t forgettings{};
    bool with_neighbours = false;
    {
        const std::lock_guard lock{mutex_};
        if (const auto key = known(subject)) return key;
        forgettings = forgettings_;
        with_neighbours = goes_on_from_last_miss(subject);
    }
    std::vector<std::pair<Subject, Key>> read;
    std::optional<Fault> fault;
    const auto take = [&](const Subject& whose, std::string_view value) {
        if (const auto seed = parse_seed(value)) {
            read.emplace_back(whose, keys_.subject_key(whose, *seed));
        } else if (whose == subject) {
            fault = of_another_size();
        }
    };
    if (with_neighbours) {
        const auto visited =
            log_.visit_vault(vault_key(subject), [&](std::string_view key, std::string_view value) {
                const auto place = parse_vault_place(key);
                const bool near = place && place->table == VaultPlace::Table::keys &&
                                  place->kind == static_cast<std::uint8_t>(subject.kind) &&
                                  place->number - subject.number < neighbours;
                if (near) take({subject.kind, place->number}, value);
                return near;
            });
        if (!visited) return std::unexpected(visited.error());
    } else {
        const auto stored = log_.vault(vault_key(subject));
        if (!stored) return std::unexpected(stored.error());
        if (*stored) take(subject, **stored);
    }
    if (fault) return std::unexpected(*std::move(fault));

    const std::lock_guard lock{mutex_};
    // One that was erased meanwhile is not to come back.
    if (forgettings == forgettings_) {
        for (const auto& [whose, key] : read) {
            if (!known(whose)) cache_.insert(whose, key);  // What was remembered goes before.
        }
    }
    if (read.empty() || read.front().first != subject) return std::nullopt;
    return read.front().second;
}

void Keyring::remember(const Subject& subject, const Seed& seed) {
    const auto key = keys_.subject_key(subject, seed);
    const std::lock_guard lock{mutex_};
    drop(subject);
    if (newer_.size() >= most_new_) older_ = std::exchange(newer_, {});
    newer_.emplace(subject, key);
}

void Keyring::forget(const Subject& subject) {
    const std::lock_guard lock{mutex_};
    ++forgettings_;
    drop(subject);
}

void Keyring::drop(const Subject& subject) {
    cache_.erase(subject);
    newer_.erase(subject);
    older_.erase(subject);
}

std::optional<Key> Keyring::known(const Subject& subject) {
    if (const auto* const key = cache_.find(subject)) return *key;
    for (const auto* remembered : {&newer_, &older_}) {
        const auto found = remembered->find(subject);
        if (found == remembered->end()) continue;
        cache_.insert(subject, found->second);
        return found->second;
    }
    return std::nullopt;
}

bool Keyring::goes_on_from_last_miss(const Subject& subject) {
    auto& last = last_missed_[static_cast<std::size_t>(subject.kind)];
    const auto before = std::exchange(last, subject.number);
    return subject.number - before - 1 < neighbours;
}

}  // namespace muster
