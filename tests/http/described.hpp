#pragma once
// What happens, held against the description of the interface: every exchange that a test sees.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/http/house.hpp"

namespace muster::http {

// The document of this build, parsed once.
const nlohmann::ordered_json& description();

// What of a value a schema of this document does not allow, and where; empty: nothing. It knows the
// keywords that the interface uses, and throws on any other.
std::string misfit(const nlohmann::ordered_json& schema, const Json& value);

struct Exchange {
    std::string_view method, target, body;
    const Reply& reply;
};
// What of an exchange is not as the document says; empty: nothing. Requests that no route takes are
// none of its business.
std::string undescribed(const Exchange& exchange);

}  // namespace muster::http
