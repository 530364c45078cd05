// A state straight from the log, for whoever is not on the committing thread and must not wait for
// it. Personal data stays sealed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "aggregates/evolve.hpp"
#include "events/log.hpp"
#include "events/record.hpp"

namespace muster {

// Of the events behind version `after`, on `state`.
template <class Aggregate>
std::expected<Aggregate, Fault> fold(const Log& log, const StreamId& stream, Aggregate state,
                                     std::uint64_t after = 0) {
    std::optional<Fault> fault;
    const auto read = log.read_stream(stream, after, SIZE_MAX, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (!record) {
            fault = record.error();
            return false;
        }
        evolve(state, record->event);
        return true;
    });
    if (!read) return std::unexpected(read.error());
    if (fault) return std::unexpected(*fault);
    return state;
}

}  // namespace muster
