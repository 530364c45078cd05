#include "events/stream.hpp"

#include <fmt/format.h>

namespace muster {

namespace {

template <class Thing>
StreamId stream_of_digest(StreamKind kind, const Digest<Thing>& digest) {
    StreamId stream{kind, 0, 0};
    for (std::size_t n = 0; n < 8; ++n) {
        stream.high = stream.high << 8 | digest.bytes[n];
        stream.low = stream.low << 8 | digest.bytes[n + 8];
    }
    return stream;
}

template <class Digest>
Digest digest_of(const StreamId& stream) {
    Digest digest;
    for (std::size_t n = 0; n < 8; ++n) {
        digest.bytes[n] = static_cast<std::uint8_t>(stream.high >> (56 - 8 * n));
        digest.bytes[n + 8] = static_cast<std::uint8_t>(stream.low >> (56 - 8 * n));
    }
    return digest;
}

}  // namespace

StreamId stream_of(EmailKey key) { return stream_of_digest(StreamKind::email, key); }
StreamId stream_of(AttemptsKey key) { return stream_of_digest(StreamKind::attempts, key); }
EmailKey email_key_of(const StreamId& stream) { return digest_of<EmailKey>(stream); }
AttemptsKey attempts_key_of(const StreamId& stream) { return digest_of<AttemptsKey>(stream); }

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
        case StreamKind::attempts:
            return fmt::format("attempts-{:016x}{:016x}", stream.high, stream.low);
        case StreamKind::mail:
            return fmt::format("mail-{}", stream.low);
        case StreamKind::ticket:
            return fmt::format("ticket-{}", stream.low);
        case StreamKind::legacy:
            return fmt::format("legacy-{}-{}", stream.low % 2 == 0 ? "client" : "contact",
                               stream.low / 2);
    }
    return "unknown";
}

}  // namespace muster
