// A server in a process of its own, so that its CPU time and memory can be told from ours.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace muster::bench {

// Runs a program to its end and drops what it prints; how long that took. Fails unless it exits
// with 0.
double run_to_end(const std::vector<std::string>& command);

class Child {
public:
    // Starts the program and waits for the line on its stdout that ends in ":<port>".
    explicit Child(const std::vector<std::string>& command);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();  // Kills it, if it has not been stopped.

    std::uint16_t port() const { return port_; }
    double cpu_s() const;  // User and system, so far.
    double rss_mib() const { return status_mib("VmRSS:"); }
    double peak_rss_mib() const { return status_mib("VmHWM:"); }

    // With SIGTERM; waits for its end.
    void stop();

private:
    std::uint16_t read_port();
    double status_mib(const std::string& name) const;

    pid_t pid_{};
    int output_ = -1;
    std::uint16_t port_{};
};

}  // namespace muster::bench
