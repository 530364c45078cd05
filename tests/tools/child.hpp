// Programs that run beside a test, and end with it.
#pragma once

#include <chrono>
#include <fcntl.h>
#include <functional>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/tools/folders.hpp"

namespace muster::tools {

using namespace std::chrono_literals;

inline bool wait_until(const std::function<bool()>& holds, std::chrono::seconds longest = 30s) {
    for (const auto end = std::chrono::steady_clock::now() + longest;
         std::chrono::steady_clock::now() < end;) {
        if (holds()) return true;
        std::this_thread::sleep_for(20ms);
    }
    return holds();
}

// A program with its output in files, and a pipe for its stdin that ends with us.
class Child {
public:
    Child(const std::vector<std::string>& command, fs::path output,
          const std::map<std::string, std::string>& variables = {})
        : output_(std::move(output)) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        fs::remove(output_);
        pid_ = fork();
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);  // Also where the test is killed.
            dup2(ends[0], STDIN_FILENO);
            const int out = ::open(output_.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
            dup2(out, STDOUT_FILENO);
            dup2(out, STDERR_FILENO);
            for (const auto& [name, value] : variables)
                setenv(name.c_str(), value.c_str(), 1);
            std::vector<char*> arguments;
            for (const auto& each : command)
                arguments.push_back(const_cast<char*>(each.c_str()));
            arguments.push_back(nullptr);
            execv(arguments[0], arguments.data());
            _exit(99);
        }
        close(ends[0]);
        pipe_ = ends[1];
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { end(SIGKILL); }

    int end(int signal) {
        if (pid_ == 0) return 0;
        kill(pid_, signal);
        int status = 0;
        waitpid(pid_, &status, 0);
        close(pipe_);
        pid_ = 0;
        return status;
    }
    bool ended() {
        siginfo_t about{};
        return pid_ == 0 ||
               (waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                about.si_pid == pid_);
    }
    pid_t pid() const { return pid_; }
    std::string output() const { return content_of(output_); }

private:
    fs::path output_;
    pid_t pid_{};
    int pipe_{};
};

}  // namespace muster::tools
