// The interface described: an OpenAPI 3.1 document, made of the table of routes, of what the
// functions that read bodies and parameters were seen to ask for, and of the components that
// answers are made of.
#pragma once

#include <string>
#include <string_view>

namespace muster::http {

struct Description {
    std::string text;
    std::string etag;
};

// Of the server at this address.
// A route's path as it stands there: "{tile*}" is "{tile}", for nothing is known of parameters that
// take several segments.
std::string described_path(std::string_view path);

Description describe_interface(std::string_view public_url);

}  // namespace muster::http
