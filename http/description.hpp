// The interface described: an OpenAPI 3.1 document, made of the table of routes, of what the
// functions that read bodies and parameters were seen to ask for, and of the components that
// answers are made of.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace muster::http {

struct Description {
    std::string text;
    std::string etag;
};

// A route's path as it stands there: "{tile*}" is "{tile}", for nothing is known of parameters that
// take several segments.
std::string described_path(std::string_view path);

// Of the server at this address.
Description describe_interface(std::string_view public_url);

// The same, made when it is first asked for, by any thread: few ask, and no start waits for it.
class LazyDescription {
public:
    explicit LazyDescription(std::string_view public_url) : public_url_(public_url) {}
    const Description& get() const;

private:
    std::string public_url_;
    mutable std::once_flag made_;
    mutable Description description_;
};

}  // namespace muster::http
