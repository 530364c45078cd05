// A request's target: its path in segments and its query's parameters, decoded (RFC 3986).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/time.hpp"
#include "http/problem.hpp"
#include "projections/page.hpp"

namespace muster::http {

// The parameters of a query. Reading one that is wrong notes the error; `problem` must be asked
// before use. As with a body (http/body.hpp), the function that reads them describes them.
class Parameters {
public:
    // The schema of each parameter that a reader asks for, by name, in its order; with
    // "required": true where it must be there.
    static nlohmann::ordered_json describe(const std::function<void(Parameters&)>& reader);

    std::optional<std::string> text(std::string_view name);
    // A text that means more than it says.
    std::optional<std::string> text(std::string_view name, std::string_view description);
    std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least,
                                        std::uint64_t most);
    // `least` where it is missing or wrong.
    std::uint64_t required_number(std::string_view name, std::uint64_t least, std::uint64_t most);
    std::optional<bool> boolean(std::string_view name);
    std::optional<Time> time(std::string_view name);
    std::optional<std::string> choice(std::string_view name,
                                      const std::vector<std::string_view>& values);
    // limit, cursor, total.
    views::PageRequest page();
    views::Order order();

    void refuse(std::string_view name, std::string detail);
    // Also notes what nobody asked for, and what stands twice.
    std::optional<Problem> problem();

    std::vector<std::pair<std::string, std::string>> given;

private:
    std::optional<std::string> find(std::string_view name, auto&& shape);

    std::shared_ptr<nlohmann::ordered_json> noted_;  // Where what is asked for is described.
    std::vector<std::string> asked_;
    std::vector<FieldError> errors_;
};

struct Target {
    std::vector<std::string> segments;  // "/v1/users/7" is three.
    Parameters parameters;
};

// Malformed escapes, bytes that are no UTF-8, empty segments and NUL make no target.
std::optional<Target> parse_target(std::string_view target);

// An id in a path: a positive decimal number without leading zeros; zero for anything else.
std::uint64_t parse_id(std::string_view segment);

}  // namespace muster::http
