// The log as it grows, as Server-Sent Events (WHATWG HTML, section 9.2), to all who follow it, from
// one thread: what many have to be sent is made once, and who reads slowly is waited for without
// keeping anything for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/log.hpp"
#include "events/sealing.hpp"
#include "handlers/committer.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace muster::http {

class Feed {
public:
    struct Options {
        std::size_t readers = 2000;               // More are turned away.
        std::size_t all_ahead_bytes = 64 << 20;   // Sent and not yet taken, of all readers,
        std::size_t most_ahead_bytes = 1 << 20;   // and of one.
        std::size_t most_behind_bytes = 4 << 20;  // Whoever had all and is farther behind goes.
        std::chrono::milliseconds between_signs{15'000};  // Of life, where nothing happens.
    };
    struct Follower {
        Position after;
        Credential credential;
        std::string ip;  // Address bytes.
    };
    // Asked again every second, for who may read the log now need not always.
    using MayRead = std::function<bool(const Follower&)>;

    Feed(const Log& log, Keyring& keyring, MayRead may_read) : Feed(log, keyring, may_read, {}) {}
    Feed(const Log& log, Keyring& keyring, MayRead may_read, const Options& options);
    ~Feed();  // As `stop`.
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    // Ends all streams; then takes no more. Idempotent.
    void stop();
    // Something was appended. Any thread; cheap.
    void wake();
    // False: too many follow already; the responder is untouched.
    bool add(Response& head, Responder& responder, Follower follower);
    std::size_t readers() const;

private:
    using Clock = std::chrono::steady_clock;

    struct Reader {
        Stream stream;
        Follower follower;
        bool had_all = false;
        bool gone = false;
    };
    // Events after a position, as they are sent.
    struct Piece {
        Position after, last;
        std::string bytes;
    };
    enum class Outcome : std::uint8_t { all_sent, more_to_send, readers_are_full };

    void work();
    Outcome serve();
    bool send(Reader& reader, Position head, std::size_t ahead);
    void make_piece(Position after);
    void look_after_readers(Clock::time_point now);
    bool is_too_far_behind(const Reader& reader, Position head) const;

    const Log& log_;
    Keyring& keyring_;
    MayRead may_read_;
    Options options_;

    mutable std::mutex mutex_;  // Of all up to the next empty line.
    std::condition_variable waiting_;
    std::vector<Reader> newcomers_;
    std::size_t count_{};
    bool woken_{}, stopping_{};

    std::vector<Reader> readers_;  // The thread's, as all below.
    Piece piece_;
    std::uint64_t events_made_{}, bytes_made_{};
    Clock::time_point looked_at_{}, signed_at_{};

    std::thread thread_;
};

}  // namespace muster::http
