#include "tools/bench/report.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/bench/failure.hpp"

namespace muster::bench {
namespace {

enum class Must : unsigned char {
    nothing,
    ratio_at_least,
    ratio_at_most,
    value_at_least,
    value_at_most
};

struct Promise {
    std::string_view line, work, ceiling;
    Must must{};
    double limit{};
};

// Everything that is measured, in the order of the table.
constexpr std::array promises{
    Promise{"commands", "durable commands/s", "bare queue", Must::ratio_at_least, 0.25},
    Promise{"commands, synced", "durable commands/s", "fdatasync", Must::ratio_at_least, 3.5},
    Promise{"commands, CPU", "CPU of a durable command, µs", "", Must::value_at_most, 50},
    Promise{"commands, p99", "p99 of a durable command, µs", "bare queue", Must::ratio_at_most, 5},
    Promise{"proof keeping", "CPU of keeping the proof of an event, µs", "a command's",
            Must::ratio_at_most, 0.1},
    Promise{"one account", "durable commands/s, one account", "many accounts", Must::ratio_at_least,
            0.7},
    Promise{"commands, rebuilding", "p99 of a durable command while all views are rebuilt, µs",
            "p99 without", Must::ratio_at_most, 2},
    Promise{"point", "point queries/s", "Beast", Must::ratio_at_least, 0.45},
    Promise{"point, CPU", "CPU of a point query, µs", "", Must::value_at_most, 25},
    Promise{"cold point", "the same, right after the start", "Beast", Must::nothing, 0},
    Promise{"list", "lists of 25 users/s", "Beast", Must::ratio_at_least, 0.2},
    Promise{"edge", "constant answers/s of our edge", "Beast", Must::nothing, 0},
    Promise{"sign-ins", "sign-ins/s", "Argon2id", Must::ratio_at_least, 0.7},
    Promise{"sign-ins, two-factor", "the same with a second factor", "without one",
            Must::ratio_at_least, 0.95},
    Promise{"proofs", "proofs that a record is in the log/s", "", Must::nothing, 0},
    Promise{"proofs, CPU", "CPU of such a proof, µs", "", Must::value_at_most, 1000},
    Promise{"feed", "the feed's backlog to one reader, events/s", "", Must::value_at_least,
            200'000},
    Promise{"rebuild", "rebuild of all views, events/s", "raw scan", Must::ratio_at_least, 0.13},
    Promise{"audit", "audit of the log, events/s", "", Must::value_at_least, 166'667},
    Promise{"audit, views", "the same, and of all views, events/s", "", Must::nothing, 0},
    Promise{"log", "log, bytes an event", "", Must::value_at_most, 250},
    Promise{"views", "views, bytes an event", "", Must::nothing, 0},
    Promise{"alive", "first answer after start, s", "", Must::value_at_most, 1},
    Promise{"first user", "first user after start, s", "", Must::value_at_most, 1},
    Promise{"memory", "memory under mixed load, MiB", "", Must::value_at_most, 150},
    Promise{"peak memory", "the same, at its peak, MiB", "", Must::value_at_most, 150},
};

std::string to_text(double value) {
    return fmt::format(fmt::runtime(value < 10    ? "{:.2f}"
                                    : value < 100 ? "{:.1f}"
                                                  : "{:.0f}"),
                       value);
}

std::string to_text(const Samples& samples) {
    if (samples.values().size() == 1) return to_text(samples.median());
    return fmt::format("{} ({}..{})", to_text(samples.median()), to_text(samples.least()),
                       to_text(samples.most()));
}

std::string required(const Promise& promise) {
    switch (promise.must) {
        case Must::nothing:
            break;
        case Must::ratio_at_least:
            return fmt::format("≥ {}", promise.limit);
        case Must::ratio_at_most:
            return fmt::format("≤ {} ×", promise.limit);
        case Must::value_at_least:
            return fmt::format("≥ {}", promise.limit);
        case Must::value_at_most:
            return fmt::format("≤ {}", promise.limit);
    }
    return "";
}

std::optional<bool> met(const Promise& promise, double value, double ratio) {
    switch (promise.must) {
        case Must::nothing:
            break;
        case Must::ratio_at_least:
            return ratio >= promise.limit;
        case Must::ratio_at_most:
            return ratio <= promise.limit;
        case Must::value_at_least:
            return value >= promise.limit;
        case Must::value_at_most:
            return value <= promise.limit;
    }
    return std::nullopt;
}

}  // namespace

double Samples::median() const {
    auto sorted = values_;
    std::ranges::sort(sorted);
    const auto middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
double Samples::least() const { return std::ranges::min(values_); }
double Samples::most() const { return std::ranges::max(values_); }

void Report::add(std::string_view line, double ours, double ceiling, CpuTime cpu) {
    if (std::ranges::find(promises, line, &Promise::line) == promises.end())
        throw Failure(fmt::format("no line {}", line));
    auto& to = lines_[line];
    to.ours.add(ours);
    if (ceiling > 0) {
        to.ceiling.add(ceiling);
        to.ratio.add(ours / ceiling);
    }
    if (cpu.server_us > 0) to.server_us.add(cpu.server_us);
    if (cpu.generator_us > 0) to.generator_us.add(cpu.generator_us);
}

std::string Report::to_markdown() const {
    std::string out =
        "| Work | ours | ceiling | ratio | required | CPU µs, server + generator | met |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const auto& promise : promises) {
        const auto found = lines_.find(promise.line);
        if (found == lines_.end()) continue;
        const auto& line = found->second;
        const bool compared = !line.ratio.values().empty();
        const auto ceiling =
            compared ? fmt::format("{}: {}", promise.ceiling, to_text(line.ceiling)) : "";
        auto cpu = line.server_us.values().empty() ? "" : to_text(line.server_us.median());
        if (!line.generator_us.values().empty()) cpu += " + " + to_text(line.generator_us.median());
        const auto good = met(promise, line.ours.median(), compared ? line.ratio.median() : 0);
        out += fmt::format(
            "| {} | {} | {} | {} | {} | {} | {} |\n", promise.work, to_text(line.ours), ceiling,
            compared ? fmt::format("{:.2f}", line.ratio.median()) : "", required(promise), cpu,
            !good   ? ""
            : *good ? "yes"
                    : "**no**");
    }
    return out;
}

std::string Report::to_json() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& promise : promises) {
        const auto found = lines_.find(promise.line);
        if (found == lines_.end()) continue;
        const auto& line = found->second;
        nlohmann::ordered_json one{{"line", promise.line},
                                   {"work", promise.work},
                                   {"required", required(promise)},
                                   {"ours", line.ours.values()}};
        if (!line.ratio.values().empty()) {
            one["ceiling"] = line.ceiling.values();
            one["ceiling_name"] = promise.ceiling;
            one["ratio"] = line.ratio.median();
        }
        one["server_cpu_us"] = line.server_us.values();
        one["generator_cpu_us"] = line.generator_us.values();
        const auto good =
            met(promise, line.ours.median(), line.ratio.values().empty() ? 0 : line.ratio.median());
        if (good) one["met"] = *good;
        all.push_back(std::move(one));
    }
    return all.dump(2) + "\n";
}

}  // namespace muster::bench
