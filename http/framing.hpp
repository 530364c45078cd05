#pragma once
// Where a request's head ends in a client's bytes, what it says and how its body is framed (RFC
// 9112), read strictly: whatever two programs could read in two ways is refused. No I/O.

#include <cstddef>
#include <expected>
#include <string_view>

#include "http/message.hpp"
#include "http/syntax.hpp"

namespace muster::http {

// A request without its body, and how the body is framed.
struct Head {
    Request request;
    std::size_t length = 0;  // Of the body, in bytes, unless it is chunked.
    bool chunked = false;
    bool expects_continue = false;
    bool http_1_0 = false;
};

// Finds the end of a head that arrives in pieces, reading every byte once.
class HeadScanner {
public:
    explicit HeadScanner(std::size_t max_head) : max_(max_head) {}

    // `bytes` is all that has come since the head's start. 0: its end is not among them.
    std::expected<std::size_t, Refused> find_end(std::string_view bytes);

private:
    std::size_t max_;
    std::size_t line_ = 0;
    std::size_t seen_ = 0;
};

// `bytes` is a whole head with its empty line.
std::expected<Head, Refused> parse_head(std::string_view bytes, std::size_t max_body);

}  // namespace muster::http
