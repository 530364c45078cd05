// What is measured, as Prometheus reads it (text format 0.0.4).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/server.hpp"

namespace muster::http {

// A number as it is at the moment of the asking; or several of one name, told apart by a label.
struct Measure {
    enum class Kind : std::uint8_t { gauge, counter };

    std::string name, help;
    Kind kind{};
    struct Value {
        std::string label{};  // Of the measure's `label`; empty where it has none.
        double number{};
    };
    std::vector<Value> values{};
    std::string label{};
};
Measure gauge(std::string name, std::string help, double number);
Measure counter(std::string name, std::string help, double number);
// This process: memory, CPU time, open files, start.
std::vector<Measure> measure_process();

// Counts answers as they are given, and asks the rest when it is read. Any thread.
class Metrics : public AnswerObserver {
public:
    using Source = std::function<std::vector<Measure>()>;

    // Answers are counted by operation; the last one is for those that no operation gave.
    explicit Metrics(const std::vector<std::string_view>& operations);
    ~Metrics();

    void answered(std::size_t operation, int status,
                  std::chrono::steady_clock::duration took) override;

    void add(Source source);
    std::string text() const;

private:
    struct Answers;
    std::unique_ptr<Answers> answers_;
    mutable std::mutex mutex_;
    std::vector<Source> sources_;
};

}  // namespace muster::http
