// A load generator that costs little beside what it measures: one thread, raw sockets, epoll, a
// closed loop on each of its keep-alive connections, and of an answer only the status and the
// length are read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tools/bench/histogram.hpp"

namespace muster::bench {

struct Load {
    std::uint16_t port{};
    unsigned connections = 64;
    double warm_up_s = 0.5;
    double seconds = 3;
    // Appends the next request of a connection.
    std::function<void(unsigned connection, std::string& out)> write;
    // The CPU time that the server has used, asked at the beginning and at the end.
    std::function<double()> server_cpu_s;
};

struct LoadResult {
    double per_second{};
    double p50_us{}, p99_us{};
    double server_cpu_us{}, own_cpu_us{};  // For each answer.
};

// Any status but 2xx is a failure.
LoadResult run_load(const Load& load);

// One answer, for what is asked now and then.
struct HttpAnswer {
    int status{};
    std::string body;
};
HttpAnswer ask(std::uint16_t port, std::string_view request);

// Reads what is answered, and throws it away, until this text has come.
void read_until(std::uint16_t port, std::string_view request, std::string_view text);

// With no body where it is empty; a token where there is one.
std::string to_request(std::string_view method, std::string_view target, std::string_view token,
                       std::string_view body = {});

// The CPU time that this process has used, all threads.
double own_cpu_s();

}  // namespace muster::bench
