// Refusals as answers: problem documents (RFC 9457), and the one table from kinds of refusal to
// statuses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aggregates/error.hpp"
#include "events/record.hpp"
#include "http/message.hpp"

namespace muster::http {

// What is wrong in one field of a body, or with one parameter of the query.
struct FieldError {
    std::string pointer;  // RFC 6901 into the body; "?name" for a parameter.
    std::string_view code;
    std::string detail;
};

struct Problem {
    int status{};
    std::string_view code;
    std::string detail;
    std::vector<FieldError> errors{};
    std::string members{};  // More members of the document: ,"name":value ...
    std::vector<std::pair<std::string, std::string>> headers{};
};

Problem problem_of(const Error& error);
// 422. The document's code is that of the only thing that is wrong, where the interface names it.
Problem invalid(std::vector<FieldError> errors);
Problem malformed(std::string detail);  // 400

// The status that comes with a code; 0: there is no such code.
int status_of(std::string_view code);

Response to_response(const Problem& problem, const TraceId& trace);

}  // namespace muster::http
