#include "http/framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "http/syntax.hpp"

namespace muster::http {
namespace {

constexpr std::size_t max_fields = 100;

constexpr CharSet visible_but_hash() {
    CharSet set{};
    for (unsigned c = '!'; c <= '~'; ++c)
        set[c] = c != '#';
    return set;
}

constexpr CharSet host_chars = letters_digits_and("-._");
constexpr CharSet address_chars = letters_digits_and(":.");
constexpr CharSet digit_chars = [] {
    CharSet set{};
    for (unsigned c = '0'; c <= '9'; ++c)
        set[c] = true;
    return set;
}();
constexpr CharSet target_chars = visible_but_hash();

std::unexpected<Refused> too_large_head() {
    return std::unexpected{
        Refused{431, "request.header_too_large", "The request's header is too large."}};
}

// The text up to the next CRLF, which is taken away with it.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    if (end == rest.npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

bool is_port(std::string_view text) { return text.size() <= 5 && consists_of(digit_chars, text); }

// host [":" port], RFC 9110 section 7.2, of the characters that hosts are named with in fact.
bool is_host(std::string_view text) {
    const bool address = text.starts_with('[');
    const auto end = address ? text.find(']') : text.find(':');
    if (address && end == text.npos) return false;
    const auto host = address ? text.substr(1, end - 1) : text.substr(0, end);
    if (host.empty() || !consists_of(address ? address_chars : host_chars, host)) return false;
    const auto rest = end == text.npos ? std::string_view{} : text.substr(address ? end + 1 : end);
    return rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
}

Method method_named(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Method>, 7> known{
        {{"GET", Method::get},
         {"POST", Method::post},
         {"PATCH", Method::patch},
         {"PUT", Method::put},
         {"DELETE", Method::del},
         {"HEAD", Method::head},
         {"OPTIONS", Method::options}}};
    for (const auto& [text, method] : known)
        if (text == name) return method;
    return Method::other;
}

bool is_version(std::string_view text) {
    return text.size() == 8 && text.starts_with("HTTP/") &&
           consists_of(digit_chars, text.substr(5, 1)) && text[6] == '.' &&
           consists_of(digit_chars, text.substr(7));
}

// The fields that frame a message or say where it is meant to go. Each may stand once.
struct Framing {
    std::optional<std::string_view> host, length, coding, authorization, expect;
    bool close = false;
    bool keep_alive = false;

    void connection(std::string_view options) {
        while (!options.empty()) {
            const auto comma = options.find(',');
            const auto option = strip_blanks(options.substr(0, comma));
            close |= same_name(option, "close");
            keep_alive |= same_name(option, "keep-alive");
            options.remove_prefix(comma == options.npos ? options.size() : comma + 1);
        }
    }

    static bool once(std::optional<std::string_view>& place, std::string_view value) {
        if (place) return false;
        place = value;
        return true;
    }

    // False for one that stands twice.
    bool note(const Header& header) {
        const auto is = [&](std::string_view name) { return same_name(header.name, name); };
        switch (header.name.size()) {
            case 4:
                return !is("host") || once(host, header.value);
            case 6:
                return !is("expect") || once(expect, header.value);
            case 10:
                if (is("connection")) connection(header.value);
                return true;
            case 13:
                return !is("authorization") || once(authorization, header.value);
            case 14:
                return !is("content-length") || once(length, header.value);
            case 17:
                return !is("transfer-encoding") || once(coding, header.value);
            default:
                return true;
        }
    }
};

// method SP target SP version, with nothing more nor less between them.
Checked read_request_line(std::string_view line, Head& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || first == last)
        return malformed_request("The request line is malformed.");
    const auto method = line.substr(0, first);
    const auto place = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (method.empty() || !consists_of(token_chars, method) || place.empty() ||
        !consists_of(target_chars, place) || !is_version(version))
        return malformed_request("The request line is malformed.");
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return std::unexpected{Refused{505, "request.version", "Only HTTP/1.0 and 1.1 here."}};
    head.http_1_0 = version.back() == '0';
    head.request.method = method_named(method);
    head.request.method_text = method;
    head.request.target = place;
    return {};
}

Checked read_fields(std::string_view rest, Head& head, Framing& framing) {
    while (auto line = take_line(rest)) {
        if (line->empty())
            return rest.empty() ? Checked{} : malformed_request("The header is malformed.");
        const auto header = parse_field(*line);
        if (!header) return malformed_request("A header field is malformed.");
        if (!framing.note(*header)) return malformed_request("A header field stands twice.");
        if (head.request.headers.size() == max_fields) return too_large_head();
        head.request.headers.add(header->name, header->value);
    }
    return malformed_request("The header has no end.");
}

// A proxy's form "http://host/path" becomes "/path"; it must not name another host than Host does.
Checked read_target(const Framing& framing, Head& head) {
    auto& place = head.request.target;
    if (place.front() == '/') return {};
    if (place == "*" && head.request.method == Method::options) return {};
    const auto scheme = place.find("://");
    if (scheme == place.npos) return malformed_request("The request's target is malformed.");
    const auto named = std::string_view{place}.substr(0, scheme);
    if (!same_name(named, "http") && !same_name(named, "https"))
        return malformed_request("The request's target is malformed.");
    const auto end = std::min(place.find_first_of("/?", scheme + 3), place.size());
    const auto authority = std::string_view{place}.substr(scheme + 3, end - scheme - 3);
    if (!is_host(authority) || !same_name(authority, framing.host.value_or(authority)))
        return malformed_request("The request's target and its Host differ.");
    place.erase(0, end);
    if (!place.starts_with('/')) place.insert(0, 1, '/');
    return {};
}

Checked read_host(const Framing& framing, const Head& head) {
    if (!framing.host)
        return head.http_1_0 ? Checked{} : malformed_request("The header Host is missing.");
    return is_host(*framing.host) ? Checked{} : malformed_request("The header Host is malformed.");
}

Checked read_length(std::string_view text, std::size_t max_body, Head& head) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || !consists_of(digit_chars, text) || error != std::errc{} ||
        end != text.data() + text.size())
        return malformed_request("The header Content-Length is malformed.");
    if (length > max_body) return too_large_body();
    head.length = static_cast<std::size_t>(length);
    return {};
}

Checked read_body_framing(const Framing& framing, std::size_t max_body, Head& head) {
    if (framing.coding && framing.length)
        return malformed_request("Both Content-Length and Transfer-Encoding are given.");
    if (framing.length) return read_length(*framing.length, max_body, head);
    if (!framing.coding) return {};
    if (head.http_1_0 || !same_name(*framing.coding, "chunked"))
        return malformed_request("No Transfer-Encoding but chunked on HTTP/1.1 is understood.");
    head.chunked = true;
    return {};
}

Checked read_expectation(const Framing& framing, Head& head) {
    if (!framing.expect || head.http_1_0) return {};
    if (!same_name(*framing.expect, "100-continue"))
        return std::unexpected{
            Refused{417, "request.expectation", "No expectation but 100-continue is met."}};
    head.expects_continue = head.chunked || head.length > 0;
    return {};
}

}  // namespace

std::expected<std::size_t, Refused> HeadScanner::find_end(std::string_view bytes) {
    // Another protocol's greeting need not wait for the deadline.
    if (!bytes.empty() && bytes[0] != '\r' && !consists_of(token_chars, bytes.substr(0, 1)))
        return malformed_request("This is not HTTP.");
    for (auto end = bytes.find('\n', seen_); end != bytes.npos; end = bytes.find('\n', seen_)) {
        if (end >= max_) return too_large_head();
        if (end == 0 || bytes[end - 1] != '\r') return malformed_request("A line ends without CR.");
        const bool empty = end == line_ + 1;
        line_ = seen_ = end + 1;
        if (empty && end > 1) return seen_;  // One empty line before a request is forgiven.
    }
    seen_ = bytes.size();
    if (seen_ >= max_) return too_large_head();
    return 0;
}

std::expected<Head, Refused> parse_head(std::string_view bytes, std::size_t max_body) {
    Head head;
    Framing framing;
    if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    const auto line = take_line(bytes);
    if (!line) return malformed_request("The header has no end.");
    if (auto read = read_request_line(*line, head); !read) return std::unexpected{read.error()};
    head.request.headers.reserve(8, bytes.size());
    auto read = read_fields(bytes, head, framing);
    if (read) read = read_host(framing, head);
    if (read) read = read_target(framing, head);
    if (read) read = read_body_framing(framing, max_body, head);
    if (read) read = read_expectation(framing, head);
    if (!read) return std::unexpected{read.error()};
    head.request.keep_alive = !framing.close && (!head.http_1_0 || framing.keep_alive);
    return head;
}

}  // namespace muster::http
