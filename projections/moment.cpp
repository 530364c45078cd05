#include "projections/moment.hpp"

namespace muster::views {

Position find_time(const Reading& reading, const Log& log, Time moment, bool after, Position end) {
    std::uint64_t low = 1, high = end.number;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        bool is_behind = true;
        const auto visit = [&](const Stored& stored) {
            const auto envelope = parse_envelope(stored.bytes);
            if (!envelope) reading.fail(envelope.error());
            if (envelope) is_behind = after ? envelope->time > moment : envelope->time >= moment;
            return false;
        };
        if (const auto read = log.read(Position{middle - 1}, 1, visit); !read)
            reading.fail(read.error());
        (is_behind ? high : low) = is_behind ? middle : middle + 1;
    }
    return Position{low};
}

}  // namespace muster::views
