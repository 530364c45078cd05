// The version of a stream, kept beside a row so that every event of the stream moves it without the
// row being read.
#pragma once

#include <cstdint>

namespace muster::views {

struct StreamVersionRow {
    std::uint64_t version{};

    bool operator==(const StreamVersionRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("version", self.version);
    }
};

}  // namespace muster::views
