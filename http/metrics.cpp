#include "http/metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace muster::http {
namespace {

// The usual usual_statuses, whose counters are at hand.
constexpr std::array usual_statuses{200, 201, 202, 204, 304, 400, 401, 403, 404, 405,
                                    409, 410, 412, 413, 415, 422, 429, 431, 500, 503};

const prometheus::Histogram::BucketBoundaries seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                      0.05,   0.1,   0.25,   0.5,   1,    2.5};

prometheus::MetricFamily to_family(const Measure& measure) {
    const bool counts = measure.kind == Measure::Kind::counter;
    prometheus::MetricFamily family{
        measure.name,
        measure.help,
        counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
        {}};
    for (const auto& value : measure.values) {
        auto& metric = family.metric.emplace_back();
        if (!measure.label.empty()) metric.label.push_back({measure.label, value.label});
        if (counts) {
            metric.counter.value = value.number;
        } else {
            metric.gauge.value = value.number;
        }
    }
    return family;
}

// The fields of a /proc file behind the last ')', from the third on (proc(5), "stat").
std::vector<double> process_fields() {
    std::ifstream in{"/proc/self/stat"};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    std::vector<double> fields;
    const auto end = text.rfind(')');
    if (end == std::string::npos || end + 4 > text.size()) return fields;
    std::istringstream rest{text.substr(end + 4)};  // Behind the state, which is a letter.
    for (double field; rest >> field;)
        fields.push_back(field);
    return fields;
}

// Of the machine's start, in seconds since 1970; zero where that cannot be told.
double boot_time() {
    std::ifstream in{"/proc/stat"};
    double time{};
    for (std::string word; in >> word;) {
        if (word == "btime") in >> time;
    }
    return time;
}

double open_files() {
    std::error_code error;
    const std::filesystem::directory_iterator files{"/proc/self/fd", error};
    return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

}  // namespace

Measure gauge(std::string name, std::string help, double number) {
    return {std::move(name), std::move(help), Measure::Kind::gauge, {{{}, number}}, {}};
}
Measure counter(std::string name, std::string help, double number) {
    return {std::move(name), std::move(help), Measure::Kind::counter, {{{}, number}}, {}};
}

std::vector<Measure> measure_process() {
    std::vector<Measure> measures;
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        const auto of = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        measures.push_back(counter("process_cpu_seconds_total", "CPU time used.",
                                   of(used.ru_utime) + of(used.ru_stime)));
    }
    measures.push_back(gauge("process_open_fds", "Open files.", open_files()));
    constexpr std::size_t start_ticks = 18, resident_pages = 20;  // Fields 22 and 24.
    const auto fields = process_fields();
    if (fields.size() <= resident_pages) return measures;
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    measures.push_back(
        gauge("process_resident_memory_bytes", "Memory held.", fields[resident_pages] * page));
    measures.push_back(gauge("process_start_time_seconds", "When it started, since 1970.",
                             boot_time() + fields[start_ticks] / ticks));
    return measures;
}

struct Metrics::Answers {
    // Made on the first use, so that only what happened is shown.
    struct Operation {
        std::string_view name;
        std::array<std::atomic<prometheus::Counter*>, usual_statuses.size()> by_status{};
        prometheus::Histogram* took{};
    };

    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& requests =
        prometheus::BuildCounter()
            .Name("muster_http_requests_total")
            .Help("Requests answered, by operation and status.")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& durations =
        prometheus::BuildHistogram()
            .Name("muster_http_request_duration_seconds")
            .Help("From a request's last byte to its answer, by operation.")
            .Register(registry);
    std::vector<std::unique_ptr<Operation>> operations;

    // The family gives the same one to all who ask for the same labels.
    prometheus::Counter& counter_of(Operation& operation, int status) {
        const auto place = std::ranges::find(usual_statuses, status);
        const bool listed = place != usual_statuses.end();
        auto* known =
            listed ? &operation.by_status[static_cast<std::size_t>(place - usual_statuses.begin())]
                   : nullptr;
        auto* found = listed ? known->load(std::memory_order_acquire) : nullptr;
        if (found != nullptr) return *found;
        found = &requests.Add(
            {{"operation", std::string{operation.name}}, {"status", std::to_string(status)}});
        if (listed) known->store(found, std::memory_order_release);
        return *found;
    }
};

Metrics::Metrics(const std::vector<std::string_view>& operations)
    : answers_(std::make_unique<Answers>()) {
    auto names = operations;
    names.emplace_back("none");
    for (const auto name : names) {
        auto& operation =
            *answers_->operations.emplace_back(std::make_unique<Answers::Operation>());
        operation.name = name;
        operation.took = &answers_->durations.Add({{"operation", std::string{name}}}, seconds);
    }
}

Metrics::~Metrics() = default;

void Metrics::answered(std::size_t operation, int status,
                       std::chrono::steady_clock::duration took) {
    auto& counted = *answers_->operations[std::min(operation, answers_->operations.size() - 1)];
    answers_->counter_of(counted, status).Increment();
    counted.took->Observe(std::chrono::duration<double>(took).count());
}

void Metrics::add(Source source) {
    const std::lock_guard lock{mutex_};
    sources_.push_back(std::move(source));
}

std::string Metrics::text() const {
    auto families = answers_->registry.Collect();
    const std::lock_guard lock{mutex_};
    for (const auto& source : sources_) {
        for (const auto& measure : source())
            families.push_back(to_family(measure));
    }
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace muster::http
