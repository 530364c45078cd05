#pragma once
// How an answer is put into bytes. No I/O.

#include <cstdint>
#include <string>

#include "http/message.hpp"

namespace muster::http {

struct AnswerFrame {
    enum class Body : std::uint8_t { counted, omitted, chunked, until_close };
    Body body = Body::counted;
    bool keep_alive = true;
    bool http_1_0 = false;
};

// Appends the head and, where the body is counted, the body.
void append_answer(std::string& out, const Response& response, const AnswerFrame& frame);

}  // namespace muster::http
