// What every fuzzer has: its entry point, and a promise that ends it where it is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace muster {

inline void expect(bool holds) {
    if (!holds) std::abort();
}

}  // namespace muster
