#include "http/answers.hpp"

#include <fmt/format.h>
#include <functional>

#include "events/text.hpp"
#include "projections/accounts.hpp"
#include "projections/associations.hpp"
#include "projections/staff.hpp"
#include "projections/users.hpp"

namespace muster::http {

bool ever_was(const Call& call, const StreamId& stream) {
    return call.services.log.version(stream).value_or(0) != 0;
}

Check credentials_in(Fields& body) {
    Check check{.whose = Check::Whose::user_by_email, .email = body.required_email("email")};
    check.password = body.secret("password");
    check.code = body.optional_secret("code");
    return check;
}

void with_etag(Response& response, std::uint64_t version) {
    const auto which = static_cast<std::uint32_t>(std::hash<std::string_view>{}(response.body));
    response.headers.emplace_back("ETag", fmt::format("\"{}-{:08x}\"", version, which));
}

void add_other_account(Problem& problem, const Error& error, const views::Reading& reading,
                       UserId user) {
    if (!error.other_account) return;
    const auto summary = views::find_account_summary(reading, *error.other_account, user);
    if (!summary) return;
    problem.members += ",\"account\":";
    JsonWriter out{problem.members};
    views::write_account_summary(out, *summary);
}

Problem bad_cursor() {
    return invalid({{"?cursor", "parameter", "This list gave out no such cursor."}});
}

std::string link_to_next(const Call& call, const std::string& cursor) {
    const auto& target = call.request.target;
    std::string link = "<" + target.substr(0, target.find('?'));
    char separator = '?';
    for (const auto& [name, value] : call.target.parameters.given) {
        if (name == "cursor") continue;
        link.append(1, separator)
            .append(percent_encoded(name))
            .append("=")
            .append(percent_encoded(value));
        separator = '&';
    }
    return link.append(1, separator).append("cursor=").append(cursor).append(">; rel=\"next\"");
}

void write_account_or_null(JsonWriter& out, const views::Reading& reading,
                           std::optional<AccountId> account, UserId user) {
    const auto summary =
        account ? views::find_account_summary(reading, *account, user) : std::nullopt;
    if (!summary) {
        out.null();
        return;
    }
    views::write_account_summary(out, *summary);
}

void write_user_or_null(JsonWriter& out, const views::Reading& reading, UserId user) {
    const auto row = views::find_user(reading, user);
    if (!row) {
        out.null();
        return;
    }
    views::write_user(out, *row);
}

Response signed_in_answer(int status, const Accepted& accepted, const Answering& with) {
    const auto* session = find_event<SessionStarted>(accepted);
    const auto user = session != nullptr ? session->user : UserId{accepted.actor.number};
    auto account = session != nullptr && session->account ? std::optional{session->account->key}
                                                          : std::nullopt;
    std::string token;
    if (session != nullptr && !accepted.repeated) {
        token =
            to_text(Token{TokenPurpose::session, session->session.number, 1}, with.services.keys);
    }
    auto response = json_answer(status, [&](JsonWriter& out) {
        out.begin_object();
        if (!token.empty()) out.key("token").text(token);
        out.key("user");
        write_user_or_null(out, with.reading, user);
        out.key("account");
        write_account_or_null(out, with.reading, account, user);
        out.key("accounts").begin_array();
        for (const auto& each : views::accounts_of(with.reading, user))
            views::write_account_summary(out, each);
        out.end_array().end_object();
    });
    if (!token.empty()) {
        response.headers.emplace_back("Set-Cookie",
                                      session_cookie(user_cookie, token, with.on_loopback));
    }
    return response;
}

Response account_answer(int status, AccountId account, const Answering& with,
                        const Caller& reader) {
    const auto row = views::find_account(with.reading, account);
    if (!row) return no_content();  // Gone again before the answer.
    auto response = json_answer(status, [&](JsonWriter& out) {
        views::write_account(out, with.reading, *row,
                             reader.staff() ? views::Audience::staff : views::Audience::client);
    });
    with_etag(response, views::account_version(with.reading, account));
    return response;
}

Response user_answer(int status, UserId user, const Answering& with) {
    const auto row = views::find_user(with.reading, user);
    if (!row) return no_content();  // Gone again before the answer.
    auto response = json_answer(status, [&](JsonWriter& out) {
        views::write_user_with_accounts(out, *row, views::accounts_of(with.reading, user));
    });
    with_etag(response, row->version);
    return response;
}

}  // namespace muster::http
