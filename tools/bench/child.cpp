#include "tools/bench/child.hpp"

#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bench/failure.hpp"

namespace muster::bench {
namespace {

constexpr int patience_ms = 30'000;

std::string read_file(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// In the child: only what may be called between fork and exec.
[[noreturn]] void become(char* const* arguments, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    execv(arguments[0], arguments);
    _exit(127);
}

pid_t start(const std::vector<std::string>& command, int output) {
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const auto pid = fork();
    if (pid == 0) become(arguments.data(), output);
    if (pid < 0) fail_by_errno("fork");
    return pid;
}

}  // namespace

double run_to_end(const std::vector<std::string>& command) {
    const auto nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) fail_by_errno("open");
    const auto began = std::chrono::steady_clock::now();
    const auto pid = start(command, nowhere);
    ::close(nowhere);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw Failure(fmt::format("{} failed", fmt::join(command, " ")));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

Child::Child(const std::vector<std::string>& command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail_by_errno("pipe2");
    output_ = ends[0];
    pid_ = start(command, ends[1]);
    ::close(ends[1]);
    port_ = read_port();
}

Child::~Child() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    ::close(output_);
}

std::uint16_t Child::read_port() {
    std::string line;
    while (!line.ends_with('\n')) {
        pollfd waiting{output_, POLLIN, 0};
        char c = 0;
        if (poll(&waiting, 1, patience_ms) != 1 || read(output_, &c, 1) != 1)
            throw Failure("a server did not start");
        line.push_back(c);
    }
    std::uint16_t port = 0;
    std::from_chars(line.data() + line.rfind(':') + 1, line.data() + line.size(), port);
    if (port == 0) throw Failure("a server did not name its port: " + line);
    return port;
}

double Child::cpu_s() const {
    const auto text = read_file(fmt::format("/proc/{}/stat", pid_));
    // proc(5): after the name in brackets come fields 3, 4 ...; utime is 14, stime is 15.
    std::istringstream fields{text.substr(text.rfind(')') + 2)};
    const std::vector<std::string> values{std::istream_iterator<std::string>{fields}, {}};
    if (values.size() < 13) throw Failure("a server ended");
    return (std::stod(values[11]) + std::stod(values[12])) /
           static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Child::status_mib(const std::string& name) const {
    const auto text = read_file(fmt::format("/proc/{}/status", pid_));
    const auto found = text.find(name);
    if (found == std::string::npos) throw Failure("a server ended");
    return std::stod(text.substr(found + name.size())) / 1024;
}

void Child::stop() {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Failure("a server ended badly");
}

}  // namespace muster::bench
