// The head file: the newest durable heads of the log, kept beside its database, so that a log that
// lost its end is noticed when it is opened.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/fault.hpp"
#include "events/id.hpp"
#include "events/record.hpp"

namespace muster {

struct LogHead {
    Position position;
    Hash root{};
    bool operator==(const LogHead&) const = default;
};

class HeadFile {
public:
    // Reads what is there: fault `damaged` if no slot of an existing file is whole. A missing file
    // has no heads.
    static std::expected<HeadFile, Fault> open(const std::filesystem::path& path);
    // Reads nothing: for whoever accepts that the file cannot be read.
    explicit HeadFile(std::filesystem::path path) : path_(std::move(path)) {}

    // As if there had been none.
    void forget() { heads_.clear(); }

    // The heads that are there, newest first: two, one or none.
    const std::vector<LogHead>& heads() const { return heads_; }

    // Replaces the file: this head, and the newest one before it. Returns when both are durable.
    std::expected<void, Fault> keep(const LogHead& head);

private:
    std::filesystem::path path_;
    std::vector<LogHead> heads_;
};

}  // namespace muster
