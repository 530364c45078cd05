// How far a long piece of work is, told on stderr: a bar that moves on a terminal, elsewhere a line
// every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::tools {

struct Pace {
    double fraction{};  // Of the work, 0 to 1.
    std::uint64_t events{};
    double seconds{};  // Since it began.
};

// "rebuild [#####...............]  25%  120,000 events/s  0:12 left". The rest of the time is a
// guess from what is done.
std::string progress_line(std::string_view what, const Pace& pace,
                          std::string_view unit = "events");

// "1,234,567"
std::string grouped(std::uint64_t number);

class Progress {
public:
    explicit Progress(std::string_view what, std::string_view unit = "events");
    ~Progress();  // Takes the bar away.
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Cheap enough for every hundredth event. `total` may be a guess.
    void at(std::uint64_t events, std::uint64_t total);

private:
    using Clock = std::chrono::steady_clock;

    std::string what_, unit_;
    bool terminal_;
    Clock::time_point start_, next_;
    std::size_t shown_{};  // Length of the bar's line.
};

}  // namespace muster::tools
