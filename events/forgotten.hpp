// The ledger of what was forgotten, beside the log and not in it: whoever restores an older backup
// needs it. It says numbers only.
//
//   file := [ "folder " check-value '\n' ] line*        check-value as Keys::check_value has it
//   line := position ' ' kind ' ' number '\n'           kind as SubjectKind's text
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "events/fault.hpp"
#include "events/log.hpp"
#include "events/personal.hpp"

namespace muster {

struct Forgotten {
    Position position;  // Of the event with which the key went.
    Subject subject;
    auto operator<=>(const Forgotten&) const = default;
};

// Durable on return. At least once: a line may stand in the file several times. A new file begins
// with the folder's check value, and is made also where there is nothing to append.
std::expected<void, Fault> append_forgotten(const std::filesystem::path& file,
                                            std::string_view check_value,
                                            std::span<const Forgotten> forgotten);

// In the file's order, each once. Nothing where there is no file. Faults: damaged (names the line:
// also one that is cut off, and one of another folder), unavailable.
std::expected<std::vector<Forgotten>, Fault> read_forgotten(const std::filesystem::path& file,
                                                            std::string_view check_value);

}  // namespace muster
