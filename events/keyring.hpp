// The subjects' keys, read from a log's vault and remembered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "events/fault.hpp"
#include "events/sealing.hpp"

namespace muster {

class Log;

// Keys that can be read again: sets of four places, of which the one that was used longest ago
// gives way. One array, for a look-up in a large table costs what memory costs.
class KeyCache {
public:
    explicit KeyCache(std::size_t capacity);  // Rounded up to a power of two, from 8 on.

    const Key* find(const Subject& subject);  // Valid until anything else is called; null: none.
    void insert(const Subject& subject, const Key& key);  // One that it does not have.
    void erase(const Subject& subject);

private:
    struct Entry {
        Subject whose;  // Kind zero: free.
        Key key{};
    };
    static constexpr std::size_t ways = 4;

    std::span<Entry, ways> set_of(const Subject& subject);

    std::vector<Entry> entries_;
    unsigned shift_;  // From a hash to a set's number.
};

// Thread-safe.
class Keyring {
public:
    // Of `capacity` keys, 48 bytes each.
    Keyring(const Log& log, const Keys& keys, std::size_t capacity = 1 << 16);

    // Absent where the subject was erased, or never was.
    std::expected<std::optional<Key>, Fault> find(const Subject& subject);
    // A new subject's key, usable before its seed is in the log; instead of another that it had.
    // Fewer than a quarter of `capacity` may be so at any time.
    void remember(const Subject& subject, const Seed& seed);
    void forget(const Subject& subject);

private:
    struct Hash {
        std::size_t operator()(const Subject& subject) const noexcept;
    };
    using Remembered = std::unordered_map<Subject, Key, Hash>;

    // With the mutex:
    std::optional<Key> known(const Subject& subject);
    void drop(const Subject& subject);
    bool goes_on_from_last_miss(const Subject& subject);

    const Log& log_;
    const Keys& keys_;
    const std::size_t most_new_;
    std::mutex mutex_;
    std::uint64_t forgettings_{};
    KeyCache cache_;
    Remembered newer_, older_;                    // Where the newer are many the older go.
    std::array<std::uint64_t, 8> last_missed_{};  // By kind.
};

}  // namespace muster
