#include "http/answer_frame.hpp"

#include <string_view>

#include "events/text.hpp"
#include "http/syntax.hpp"

namespace muster::http {
namespace {

// Status and reason; the reason may be empty (RFC 9112 section 4).
std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "";
    }
}

// Nothing that comes from a user may begin a header of its own.
void append_header(std::string& out, std::string_view name, std::string_view value) {
    if (name.empty() || !consists_of(token_chars, name) || !consists_of(field_chars, value)) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

void append_body_framing(std::string& out, const Response& response, AnswerFrame::Body body) {
    if (body == AnswerFrame::Body::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (body == AnswerFrame::Body::chunked || body == AnswerFrame::Body::until_close) return;
    if (has_no_body(response.status)) return;
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
}

}  // namespace

void append_answer(std::string& out, const Response& response, const AnswerFrame& frame) {
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out.append(" ").append(reason_phrase(response.status)).append("\r\n");
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers)
        append_header(out, name, value);
    append_body_framing(out, response, frame.body);
    if (!frame.keep_alive) out.append("Connection: close\r\n");
    if (frame.keep_alive && frame.http_1_0) out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
    if (frame.body == AnswerFrame::Body::counted && !has_no_body(response.status))
        out.append(response.body);
}

}  // namespace muster::http
