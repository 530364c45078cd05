// The newest versions of the streams that were written or asked for last, so that neither a
// decision nor an append often has to ask the database. Bounded: sets of eight, of which the one
// that was touched longest ago gives way.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "events/stream.hpp"

namespace muster {

class VersionCache {
public:
    // `capacity` is rounded up to a power of two, at least eight.
    explicit VersionCache(std::size_t capacity);

    std::optional<std::uint64_t> find(const StreamId& stream) const {
        for (const auto& [known, version] : sets_[set_of(stream)]) {
            if (known == stream) return version;
        }
        return std::nullopt;
    }

    // The stream is at this version from now on.
    void put(const StreamId& stream, std::uint64_t version) {
        ++moves_;
        keep(stream, version);
    }

    // The stream was at this version when `moves` was taken. It may have moved since, so then it is
    // not kept.
    void learn(const StreamId& stream, std::uint64_t version, std::uint64_t moves) {
        if (moves == moves_) keep(stream, version);
    }
    std::uint64_t moves() const { return moves_; }

private:
    void keep(const StreamId& stream, std::uint64_t version) {
        auto& set = sets_[set_of(stream)];
        auto place = std::ranges::find(set, stream, &StreamVersion::stream);
        if (place == set.end()) --place;
        std::shift_right(set.begin(), place + 1, 1);
        set.front() = {stream, version};
    }

    std::size_t set_of(const StreamId& stream) const {
        return (std::hash<StreamId>{}(stream) >> 16) & (sets_.size() - 1);
    }

    std::uint64_t moves_ = 0;
    std::vector<std::array<StreamVersion, 8>> sets_;  // The newest of a set first.
};

inline VersionCache::VersionCache(std::size_t capacity) {
    std::size_t sets = 1;
    while (sets * 8 < capacity)
        sets *= 2;
    sets_.resize(sets);
}

}  // namespace muster
