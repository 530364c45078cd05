#include "tools/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace muster::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto between_bars = 100ms;
constexpr auto between_lines = 5s;
constexpr std::size_t bar_width = 20;

std::string minutes(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::min(std::ceil(seconds), 1e9));
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string grouped(std::uint64_t number) {
    auto text = std::to_string(number);
    for (auto at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

std::string progress_line(std::string_view what, const Pace& pace, std::string_view unit) {
    const auto fraction = std::clamp(pace.fraction, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(bar_width));
    auto line = fmt::format("{} [{}{}] {:3.0f}%", what, std::string(filled, '#'),
                            std::string(bar_width - filled, '.'), std::floor(100 * fraction));
    if (pace.seconds <= 0 || fraction <= 0) return line;
    const auto rate = static_cast<double>(pace.events) / pace.seconds;
    return line + fmt::format("  {} {}/s  {} left", grouped(static_cast<std::uint64_t>(rate)), unit,
                              minutes(pace.seconds / fraction * (1 - fraction)));
}

Progress::Progress(std::string_view what, std::string_view unit)
    : what_(what), unit_(unit), terminal_(::isatty(STDERR_FILENO) == 1), start_(Clock::now()) {
    next_ = start_ + (terminal_ ? Clock::duration{between_bars} : between_lines);
}

Progress::~Progress() {
    if (shown_ != 0) fmt::print(stderr, "\r{}\r", std::string(shown_, ' '));
}

void Progress::at(std::uint64_t events, std::uint64_t total) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? Clock::duration{between_bars} : between_lines);
    const std::chrono::duration<double> spent = now - start_;
    const auto fraction =
        total == 0 ? 1.0 : static_cast<double>(events) / static_cast<double>(total);
    const auto line = progress_line(what_, {fraction, events, spent.count()}, unit_);
    if (!terminal_) {
        fmt::print(stderr, "{}\n", line);
        return;
    }
    fmt::print(stderr, "\r{:<{}}", line, shown_);
    std::fflush(stderr);
    shown_ = std::max(shown_, line.size());
}

}  // namespace muster::tools
