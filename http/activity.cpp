// The activity log: who did what, and when.
#include "projections/activity.hpp"

#include <algorithm>
#include <charconv>

#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

// "system", "admin:7", "user:7", "api_key:7".
std::optional<views::ActivityFilter::By> parse_actor(std::string_view text) {
    if (text == "system") return views::ActivityFilter::By{ActorKind::system, 0};
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto number = parse_id(text.substr(colon + 1));
    const auto kind = text.substr(0, colon);
    if (number == 0) return std::nullopt;
    if (kind == "admin") return views::ActivityFilter::By{ActorKind::admin, number};
    if (kind == "user") return views::ActivityFilter::By{ActorKind::user, number};
    if (kind == "api_key") return views::ActivityFilter::By{ActorKind::api_key, number};
    return std::nullopt;
}

enum class About : std::uint8_t { everything, account, user };

enum class Form : std::uint8_t { json, csv, ndjson };

// How much a client wants what it lists in Accept; 1 where it does not say (RFC 9110, section
// 12.4.2).
double weight_of(std::string_view parameters) {
    const auto q = parameters.find("q=");
    if (q == parameters.npos) return 1;
    const auto text = parameters.substr(q + 2);
    double weight = 0;
    std::from_chars(text.data(), text.data() + text.size(), weight);
    return weight;
}

// What the client names with the most weight, the first of equals; JSON where it names none of
// these (RFC 9110, section 12.5.1).
Form form_of(const Request& request) {
    auto rest = request.headers.find("accept").value_or("");
    auto best = Form::json;
    double most = 0;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto range = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto semicolon = std::min(range.find(';'), range.size());
        const auto type = trimmed(range.substr(0, semicolon));
        const auto weight = weight_of(range.substr(semicolon));
        const bool csv = same_name(type, "text/csv");
        const bool ndjson = same_name(type, "application/x-ndjson");
        const bool json = same_name(type, "application/json");
        if (weight <= most || !(csv || ndjson || json)) continue;
        most = weight;
        best = csv ? Form::csv : ndjson ? Form::ndjson : Form::json;
    }
    return best;
}

// The whole selection, as the views were when it was asked for, a page at a time.
struct Export {
    const Services& services;
    views::Reading reading;
    views::ActivityFilter filter;
    Form form{};
    views::PageRequest page{.limit = 200};

    bool append(std::string& piece) {
        const auto rows =
            views::list_activity(reading, services.log, services.keyring, filter, page);
        if (!rows || reading.fault()) return fail(piece);
        for (const auto& row : rows->items) {
            if (form == Form::csv) {
                views::append_activity_csv(piece, row);
            } else {
                JsonWriter out{piece};
                views::write_activity(out, row);
                piece.push_back('\n');
            }
        }
        page.cursor = rows->next.value_or("");
        return rows->next.has_value();
    }
    // A last line that is no row: what came before it is not all.
    bool fail(std::string& piece) const {
        piece += form == Form::csv ? "\"server.fault\"\r\n" : "{\"code\":\"server.fault\"}\n";
        return false;
    }
};

Response export_answer(const Call& call, const views::ActivityFilter& filter, Form form) {
    const bool csv = form == Form::csv;
    Response response{
        .status = 200,
        .content_type = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson"};
    response.headers.emplace_back(
        "Content-Disposition",
        csv ? "attachment; filename=\"activity.csv\"" : "attachment; filename=\"activity.ndjson\"");
    response.headers.emplace_back("Vary", "Accept");
    if (csv) response.body = views::activity_columns();
    auto rest = std::make_shared<Export>(call.services, *call.reading, filter, form);
    response.more = [rest](std::string& piece) { return rest->append(piece); };
    return response;
}

struct ActivityAsked {
    views::ActivityFilter filter;
    views::PageRequest page;
};

template <About about>
ActivityAsked activity_in(Parameters& query) {
    ActivityAsked asked;
    auto& filter = asked.filter;
    filter.from = query.time("from");
    filter.to = query.time("to");
    if (const auto actor =
            query.text("actor", "Who acted: system, admin:ID, user:ID or api_key:ID.")) {
        filter.actor = parse_actor(*actor);
        if (!filter.actor)
            query.refuse("actor", "This must be system, admin:ID, user:ID or api_key:ID.");
    }
    if (about != About::account) {
        if (const auto account = query.number("account_id", 1, INT64_MAX))
            filter.account = AccountId{*account};
    }
    if (about != About::user) {
        if (const auto user = query.number("user_id", 1, INT64_MAX)) filter.user = UserId{*user};
    }
    filter.type = query.text("type", "The event's name.").value_or("");
    filter.text = query.text("text", "What the line must hold.").value_or("");
    if (const auto ip = query.text("ip", "The caller's address.")) {
        filter.ip = parse_ip(*ip);
        if (filter.ip.empty()) query.refuse("ip", "This must be an IP address.");
    }
    asked.page = query.page();
    return asked;
}

Answer activity(Call& call, const ActivityAsked& asked) {
    const auto form = form_of(call.request);
    if (form != Form::json && !asked.page.cursor.empty())
        return std::unexpected(
            invalid({{"?cursor", "parameter", "An export is the whole selection."}}));
    if (form != Form::json) return export_answer(call, asked.filter, form);
    return page_answer(call,
                       views::list_activity(*call.reading, call.services.log, call.services.keyring,
                                            asked.filter, asked.page),
                       views::write_activity);
}

// Those who were deleted keep their history. Rule X9.
Answer account_activity(Call& call, ActivityAsked asked) {
    if (!ever_was(call, stream_of(call.account())))
        return std::unexpected(problem_of(no_such_account));
    asked.filter.account = call.account();
    return activity(call, asked);
}
Answer user_activity(Call& call, ActivityAsked asked) {
    if (!ever_was(call, stream_of(call.user()))) return std::unexpected(problem_of(no_such_user));
    asked.filter.user = call.user();
    return activity(call, asked);
}

}  // namespace

const Query list_activity = asking<activity, activity_in<About::everything>>;
const Query list_account_activity = asking<account_activity, activity_in<About::account>>;
const Query list_user_activity = asking<user_activity, activity_in<About::user>>;

}  // namespace muster::http
