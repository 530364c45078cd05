#include "events/stream.hpp"

#include <fmt/format.h>

namespace muster {

StreamId stream_of(EmailKey key) {
    StreamId stream{StreamKind::email, 0, 0};
    for (std::size_t n = 0; n < 8; ++n) {
        stream.high = stream.high << 8 | key.bytes[n];
        stream.low = stream.low << 8 | key.bytes[n + 8];
    }
    return stream;
}

std::string to_text(const StreamId& stream) {
    switch (stream.kind) {
        case StreamKind::user:
            return fmt::format("user-{}", stream.low);
        case StreamKind::account:
            return fmt::format("account-{}", stream.low);
        case StreamKind::email:
            return fmt::format("email-{:016x}{:016x}", stream.high, stream.low);
        case StreamKind::session:
            return fmt::format("session-{}", stream.low);
        case StreamKind::staff:
            return "staff";
        case StreamKind::settings:
            return "settings";
        case StreamKind::ticket:
            return fmt::format("ticket-{}", stream.low);
    }
    return "unknown";
}

}  // namespace muster
