// What is measured: each work ours and its ceiling, one right after the other.
#pragma once

#include <filesystem>
#include <string_view>

#include "tools/bench/data_set.hpp"
#include "tools/bench/report.hpp"

namespace muster::bench {

struct Bench {
    const DataSet& data;
    Report& report;
    std::filesystem::path folder;        // For what is written while measuring.
    std::filesystem::path muster, self;  // The programs to start.
    double seconds{};                    // For each measurement.
};

struct Work {
    std::string_view name;
    void (*measure)(const Bench&);
    bool every_round{};  // Else once: it is not a matter of time.
};

// Durable commands, queries, sign-ins, proofs, feed, rebuild, size, start and memory.
extern const std::vector<Work> works;

}  // namespace muster::bench
