// A file descriptor that closes itself.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace muster {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    // Opens; see ok() and errno.
    Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0600)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    bool ok() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_ = -1;
};

}  // namespace muster
