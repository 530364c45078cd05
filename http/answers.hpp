// What several routes take, and answer with.
#pragma once

#include <string>
#include <string_view>

#include "events/json.hpp"
#include "http/call.hpp"
#include "http/credential.hpp"
#include "http/route.hpp"
#include "projections/outbox.hpp"

namespace muster::http {

// A JSON answer; write(JsonWriter&) writes the body.
Response json_answer(int status, auto&& write) {
    Response response{status, "application/json", {}, {}, false};
    JsonWriter out{response.body};
    write(out);
    return response;
}
inline Response no_content() { return {204, {}, {}, {}, false}; }

// A page of rows. RFC 8288: with a Link to the next one.
template <class Row>
Answer page_answer(Call& call, const views::Paged<Row>& page, auto&& write_row);

// What a list without filters takes.
inline views::PageRequest page_in(Parameters& parameters) { return parameters.page(); }

// Whether there is such a stream, of somebody or something that may be deleted by now. Rule X9.
bool ever_was(const Call& call, const StreamId& stream);

// {email, password, code?}: who signs in, as a user where nobody says otherwise.
Check credentials_in(Fields& body);

// The event of this type among those that were recorded.
template <class E>
const E* find_event(const Accepted& accepted) {
    for (const auto& event : accepted.events) {
        if (const auto* found = std::get_if<E>(&event)) return found;
    }
    return nullptr;
}

// "<version>-<which answer>": If-Match compares the version alone; If-None-Match all of it, for
// what is answered may hold more than the stream's own (a user's accounts).
void with_etag(Response& response, std::uint64_t version);

// Where a refusal is about another account of the user's own: its summary. Rule L7.
void add_other_account(Problem& problem, const Error& error, const views::Reading& reading,
                       UserId user);

// {"token"?, "user", "account", "accounts", ...}: who has just signed in, and may go on with what.
// `account` is named otherwise where the route says so; absent is null.
Response signed_in_answer(int status, const Accepted& accepted, const Answering& with);

void write_account_or_null(JsonWriter& out, const views::Reading& reading,
                           std::optional<AccountId> account, UserId user);
void write_user_or_null(JsonWriter& out, const views::Reading& reading, UserId user);

// One account as its reader may see it; one user.
Response account_answer(int status, AccountId account, const Answering& with, const Caller& reader);
Response user_answer(int status, UserId user, const Answering& with);

// One of the outbox, with its text where the links in it may be seen.
enum class Links : bool { hidden, shown };
void write_mail(JsonWriter& out, const views::Reading& reading, const Services& services,
                const views::OutboxRow& row, Links links);

Response metrics_answer(const Metrics& metrics);

std::string link_to_next(const Call& call, const std::string& cursor);
Problem bad_cursor();

template <class Row>
Answer page_answer(Call& call, const views::Paged<Row>& page, auto&& write_row) {
    if (!page) return std::unexpected(bad_cursor());
    auto response =
        json_answer(200, [&](JsonWriter& out) { views::write_page(out, *page, write_row); });
    if (page->next) response.headers.emplace_back("Link", link_to_next(call, *page->next));
    return response;
}

}  // namespace muster::http
