// The benchmark: ours and the ceilings in one sitting, by turns. See README.md.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <sodium.h>
#include <thread>

#include "tools/bench/constant_server.hpp"
#include "tools/bench/failure.hpp"
#include "tools/bench/works.hpp"

namespace {

using namespace muster::bench;
namespace fs = std::filesystem;

struct Options {
    unsigned rounds = 5;
    double seconds = 3;
    std::uint64_t events = 1'000'000, seed = 1;
    std::vector<std::string> only;
    fs::path folder, data, muster, json;
};

bool wanted(const Options& options, const Work& work) {
    return options.only.empty() || std::ranges::find(options.only, work.name) != options.only.end();
}

std::string processor() {
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

void measure(const Options& options, const fs::path& self) {
    const TemporaryFolder place{options.folder, "muster-bench"};
    const auto began = std::chrono::steady_clock::now();
    const auto kept = options.data.empty() ? place.path() / "data" : options.data;
    const DataSet data{kept, options.events, options.seed};
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print(stderr, "data set: {} users, {} events, made in {:.0f} s\n", data.people().size(),
               data.events(), took.count());
    Report report;
    const Bench bench{data, report, place.path(), options.muster, self, options.seconds};
    for (unsigned round = 1; round <= options.rounds; ++round) {
        for (const auto& work : works) {
            if (!wanted(options, work) || (round > 1 && !work.every_round)) continue;
            fmt::print(stderr, "round {} of {}: {}\n", round, options.rounds, work.name);
            work.measure(bench);
        }
    }
    fmt::print("{:%Y-%m-%d}, {} cores of {}, {} events, {} rounds of {} s, median (min..max):\n\n",
               fmt::gmtime(std::chrono::system_clock::now()), std::thread::hardware_concurrency(),
               processor(), data.events(), options.rounds, options.seconds);
    fmt::print("{}", report.to_markdown());
    if (!options.json.empty()) std::ofstream{options.json} << report.to_json();
}

}  // namespace

int main(int argc, char** argv) {
    // It starts itself as the servers that it compares with.
    if (argc == 3 && argv[1] == std::string_view{"constant"}) {
        return argv[2] == std::string_view{"beast"} ? serve_constant_by_beast()
                                                    : serve_constant_by_edge();
    }
    const auto self = fs::read_symlink("/proc/self/exe");
    Options options;
    options.folder = self.parent_path();
    options.muster = self.parent_path().parent_path().parent_path() / "muster";
    CLI::App app{"Measures Muster, and what this machine could do at most"};
    // First, so that the others can say otherwise.
    app.add_flag_callback(
        "--quick",
        [&options] {
            options.rounds = 2;
            options.seconds = 2;
            options.events = 50'000;
        },
        "2 rounds of 2 s on 50,000 events: to see that it runs");
    app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--seconds", options.seconds, "For each measurement")->capture_default_str();
    app.add_option("--events", options.events, "In the data set, ten a user")
        ->check(CLI::Range(1'000, 100'000'000))
        ->capture_default_str();
    app.add_option("--seed", options.seed)->capture_default_str();
    app.add_option(
        "--only", options.only,
        "commands, queries, sign-ins, proofs, feed, rebuild, audit, size, start, memory");
    app.add_option("--dir", options.folder, "Where to write; on the disk that is meant");
    app.add_option(
        "--data", options.data,
        "A data set to be used again, made there if there is none; on the disk of --dir");
    app.add_option("--muster", options.muster, "The program to measure");
    app.add_option("--json", options.json, "A file for every value measured");
    CLI11_PARSE(app, argc, argv);
    if (sodium_init() < 0) return 1;
    try {
        measure(options, self);
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
