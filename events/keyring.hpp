// The subjects' keys, read from a log's vault and remembered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "events/fault.hpp"
#include "events/sealing.hpp"

namespace muster {

class Log;

// Thread-safe. Half of `capacity` are always there, those that were asked for last; the other half
// goes at once where it is full.
class Keyring {
public:
    Keyring(const Log& log, const Keys& keys, std::size_t capacity = 3 << 15);

    // Absent where the subject was erased, or never was.
    std::expected<std::optional<Key>, Fault> find(const Subject& subject);
    // A new subject's key, usable before its seed is in the log; instead of another that it had.
    // Fewer than half of `capacity` may be so at any time.
    void remember(const Subject& subject, const Seed& seed);
    void forget(const Subject& subject);

private:
    struct Hash {
        std::size_t operator()(const Subject& s) const noexcept {
            return static_cast<std::size_t>((s.number << 3 | static_cast<std::uint64_t>(s.kind)) *
                                            0x9e3779b97f4a7c15U);
        }
    };
    using Found = std::unordered_map<Subject, Key, Hash>;

    // With the mutex:
    std::optional<Key> known(const Subject& subject);
    void insert(const Subject& subject, const Key& key);
    bool goes_on_from_last_miss(const Subject& subject);

    const Log& log_;
    const Keys& keys_;
    const std::size_t half_;
    std::mutex mutex_;
    std::uint64_t forgettings_{};
    Found newer_, older_;
    std::array<std::uint64_t, 8> last_missed_{};  // By kind.
};

}  // namespace muster
