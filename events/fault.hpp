// What can go wrong below the domain: disks, damage, folders. A fault is never a refusal
// (aggregates/error.hpp).
#pragma once

#include <cstdint>
#include <string>

namespace muster {

struct Fault {
    enum class Kind : std::uint8_t {
        damaged,      // Stored bytes are not what was written; `message` names the position or the
                      // file.
        unavailable,  // The medium refuses: full, read-only, gone.
        in_use,       // Another process has the data folder.
        newer_version,  // Written by a newer release.
        erased,         // To be sealed for somebody whose key is gone.
    };
    Kind kind{};
    std::string message;
};

}  // namespace muster
