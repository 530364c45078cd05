// What cannot be measured ends the benchmark: it is thrown, and main tells it.
#pragma once

#include <expected>
#include <stdexcept>
#include <string>
#include <utility>

#include "events/fault.hpp"

namespace muster::bench {

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// With what errno says.
[[noreturn]] void fail_by_errno(const std::string& what);

template <class T>
T or_fail(std::expected<T, Fault> value) {
    if (!value) throw Failure(value.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

}  // namespace muster::bench
