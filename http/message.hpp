#pragma once
// What passes between the edge and the layers above it: a request as it came, and the answer to it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

// Whether two names are the same to HTTP, which ignores the case of ASCII letters.
constexpr bool same_name(std::string_view left, std::string_view right) {
    constexpr auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return left.size() == right.size() && std::ranges::equal(left, right, {}, lower, lower);
}

struct Header {
    std::string_view name;
    std::string_view value;
};

// A request's header fields in the order in which they came, all in one text, so that a request
// costs two allocations and not two a field. Views are valid as long as nothing is added or moved.
class Headers {
public:
    void reserve(std::size_t fields, std::size_t bytes) {
        places_.reserve(fields);
        text_.reserve(bytes);
    }

    void add(std::string_view name, std::string_view value) {
        places_.push_back({text_.size(), name.size(), value.size()});
        text_.append(name).append(value);
    }

    std::size_t size() const { return places_.size(); }

    Header operator[](std::size_t index) const {
        const auto& place = places_[index];
        const std::string_view both{text_.data() + place.start, place.name + place.value};
        return {both.substr(0, place.name), both.substr(place.name)};
    }

    // The first field of that name, in whatever case.
    std::optional<std::string_view> find(std::string_view name) const {
        for (std::size_t i = 0; i < size(); ++i)
            if (const auto field = (*this)[i]; same_name(field.name, name)) return field.value;
        return std::nullopt;
    }

private:
    struct Place {
        std::size_t start;
        std::size_t name;
        std::size_t value;
    };

    std::string text_;
    std::vector<Place> places_;
};

struct Request {
    Method method = Method::get;
    std::string method_text;
    std::string target;  // As it came, in origin form ("/path?query") or "*".
    Headers headers;
    std::string body;
    std::string peer;  // The client's address in text, without its port.
    bool keep_alive = true;
};

// Content-Length and Connection are the edge's. A header with a control character is left out.
struct Response {
    int status = 200;
    std::string content_type{};  // Empty: no such header.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    bool close = false;  // Whether the connection ends with this answer.
    // The rest of the body: appends the next piece, and says whether there is another. Empty: the
    // body is all there is.
    std::function<bool(std::string& piece)> more{};
    // The rest of the body: the log's events after this position, as they happen.
    std::optional<std::uint64_t> events_after{};
};

}  // namespace muster::http
