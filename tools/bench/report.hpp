// What was measured, against what was promised.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::bench {

// One figure, a value a round.
class Samples {
public:
    void add(double value) { values_.push_back(value); }
    const std::vector<double>& values() const { return values_; }
    double median() const;  // Of at least one.
    double least() const;
    double most() const;

private:
    std::vector<double> values_;
};

// What a server and the load generator used for one request.
struct CpuTime {
    double server_us{}, generator_us{};
};

class Report {
public:
    // The round's value of a line, and the ceiling's measured beside it where the line has one.
    // `line` is one of those in report.cpp.
    void add(std::string_view line, double ours, double ceiling = 0, CpuTime cpu = {});

    // As a Markdown table. The ratio is the median of the rounds' ratios.
    std::string to_markdown() const;
    std::string to_json() const;

private:
    struct Line {
        Samples ours, ceiling, ratio, server_us, generator_us;
    };
    std::map<std::string_view, Line> lines_;
};

}  // namespace muster::bench
