// The log itself, in its order: a page at a time, or followed as it grows.
#include "events/bytes.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"

namespace muster::http {
namespace {

constexpr char list_of_events = 'E';

struct EventsAsked {
    Position after;
    views::PageRequest page;
};

EventsAsked events_in(Parameters& query) {
    return {{query.number("after", 0, INT64_MAX).value_or(0)}, query.page()};
}

std::string cursor_after(Position position) {
    std::string key;
    Writer{key}.fixed64(position.number);
    return views::make_cursor(list_of_events, key);
}

std::optional<Position> parse_cursor(const std::string& cursor) {
    const auto key = views::read_cursor(list_of_events, cursor);
    if (!key) return std::nullopt;
    Reader in{*key};
    const Position position{in.fixed64()};
    return in.done() ? std::optional{position} : std::nullopt;
}

// Positions are those of one epoch: a restored log has others behind what was lost.
void with_epoch(Response& response, const Services& services) {
    response.headers.emplace_back("Muster-Epoch", std::to_string(services.epoch));
}

Problem ends_earlier(std::string_view named, Position head, const Services& services) {
    auto problem = invalid({{std::string{named}, "parameter",
                             "The log ends at " + std::to_string(head.number) + "."}});
    problem.headers.emplace_back("Muster-Epoch", std::to_string(services.epoch));
    return problem;
}

Answer events(Call& call, EventsAsked asked) {
    if (!asked.page.cursor.empty()) {
        const auto after = parse_cursor(asked.page.cursor);
        if (!after) return std::unexpected(bad_cursor());
        asked.after = std::max(asked.after, *after);
    }
    const auto& log = call.services.log;
    const auto head = log.head();
    if (asked.after > head) return std::unexpected(ends_earlier("?after", head, call.services));
    auto last = asked.after;
    std::optional<Fault> fault;
    auto response = json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("items").begin_array();
        const auto read = log.read(asked.after, asked.page.limit, [&](const Stored& stored) {
            const auto record = decode(stored.bytes, &call.services.keyring);
            if (!record) {
                fault = record.error();
                return false;
            }
            write_record(out, *record, stored);
            last = stored.position;
            return true;
        });
        if (!read) fault = read.error();
        out.end_array().key("next");
        if (last < head && last != asked.after) {
            out.text(cursor_after(last));
        } else {
            out.null();
        }
        if (asked.page.total) out.key("total").number(head.number);
        out.end_object();
    });
    if (fault) return std::unexpected(Problem{500, "server.fault", fault->message});
    with_epoch(response, call.services);
    if (last < head && last != asked.after)
        response.headers.emplace_back("Link", link_to_next(call, cursor_after(last)));
    return response;
}

Position start_in(Parameters& query) { return {query.number("after", 0, INT64_MAX).value_or(0)}; }

// Where the client comes back it says what it had last.
Answer follow(Call& call, Position after) {
    std::string_view named = "?after";
    if (const auto header = call.request.headers.find("last-event-id");
        header && !header->empty()) {
        named = "Last-Event-ID";
        after.number = parse_id(*header);
        if (after.number == 0 && *header != "0")
            return std::unexpected(malformed("Last-Event-ID must be a position."));
    }
    const auto head = call.services.log.head();
    if (after > head) return std::unexpected(ends_earlier(named, head, call.services));
    Response response{.status = 200,
                      .content_type = "text/event-stream",
                      .headers = {},
                      .body = "retry: 1000\n\n"};
    with_epoch(response, call.services);
    response.headers.emplace_back("X-Accel-Buffering", "no");  // A proxy must not gather.
    response.events_after = after.number;
    return response;
}

}  // namespace

const Query list_events = asking<events, events_in>;
const Query follow_events = asking<follow, start_in>;

}  // namespace muster::http
