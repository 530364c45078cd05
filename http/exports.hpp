// Answers too long for one piece, made and sent piece by piece in threads of their own, as fast as
// their readers take them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/server.hpp"

namespace muster::http {

class Exports {
public:
    struct Options {
        unsigned threads = 2;
        std::size_t queue = 8;  // More are turned away.
        std::size_t ahead_bytes = 256
                                  << 10;  // Waiting for one reader, at most, before the next piece.
    };
    Exports() : Exports(Options{}) {}
    explicit Exports(Options options);
    ~Exports();  // As `stop`.
    Exports(const Exports&) = delete;
    Exports& operator=(const Exports&) = delete;

    // Ends those that are running where they are; then takes no more. Idempotent.
    void stop();

    // A response with more to come. False: too many are running already; the responder is
    // untouched.
    bool add(Response& response, Responder& responder);

private:
    using Job = std::pair<Response, Responder>;
    void work();
    void send(Response response, Responder responder);
    bool wait_for_reader(const Stream& stream);

    Options options_;
    std::mutex mutex_;
    std::condition_variable waiting_;
    std::deque<Job> jobs_;
    bool stopping_{};
    std::vector<std::thread> threads_;
};

}  // namespace muster::http
