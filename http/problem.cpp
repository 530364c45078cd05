#include "http/problem.hpp"

#include <algorithm>

#include "events/bytes.hpp"
#include "events/json.hpp"
#include "events/text.hpp"

namespace muster::http {
namespace {

int status_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::malformed:
            return 400;
        case ErrorKind::unauthenticated:
            return 401;
        case ErrorKind::forbidden:
            return 403;
        case ErrorKind::not_found:
            return 404;
        case ErrorKind::conflict:
            return 409;
        case ErrorKind::gone:
            return 410;
        case ErrorKind::stale:
            return 412;
        case ErrorKind::invalid:
            return 422;
        case ErrorKind::limited:
            return 429;
        case ErrorKind::busy:
            return 503;
    }
    return 500;
}

std::string_view title_of(int status) {
    switch (status) {
        case 400:
            return "Malformed request";
        case 401:
            return "Not signed in";
        case 403:
            return "Not allowed";
        case 404:
            return "Not found";
        case 405:
            return "Method not allowed";
        case 408:
            return "Request timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Expired";
        case 412:
            return "Stale";
        case 413:
            return "Too large";
        case 415:
            return "Not JSON";
        case 422:
            return "Invalid";
        case 429:
            return "Too many requests";
        case 431:
            return "Header too large";
        case 503:
            return "Overloaded";
        case 505:
            return "HTTP version not supported";
        case 507:
            return "Insufficient storage";
        default:
            return "Internal error";
    }
}

// Every code that a client may meet, with its status. `account.not_associated` is 409 where the
// user is the target of a transfer.
constexpr std::pair<std::string_view, int> statuses[]{
    {"request.malformed", 400},
    {"session.invalid_credentials", 401},
    {"session.required", 401},
    {"session.second_factor_required", 401},
    {"access.address", 403},
    {"access.denied", 403},
    {"access.role", 403},
    {"account.not_owner", 403},
    {"code.wrong", 403},
    {"email_verification.disabled", 403},
    {"password.wrong", 403},
    {"profile.locked", 403},
    {"registration.disabled", 403},
    {"request.cross_site", 403},
    {"security_answer.wrong", 403},
    {"setup.invalid_token", 403},
    {"user_management.disabled", 403},
    {"account.not_associated", 404},
    {"account.not_found", 404},
    {"admin.not_found", 404},
    {"api_key.not_found", 404},
    {"contact.not_found", 404},
    {"invitation.not_found", 404},
    {"mail.not_found", 404},
    {"tile.not_found", 404},
    {"projection.not_found", 404},
    {"rebuild.not_running", 404},
    {"route.not_found", 404},
    {"session.not_found", 404},
    {"ticket.not_found", 404},
    {"token.not_found", 404},
    {"user.not_found", 404},
    {"route.method_not_allowed", 405},
    {"account.already_associated", 409},
    {"account.closed", 409},
    {"account.contacts_full", 409},
    {"account.owner_cannot_be_removed", 409},
    {"account.owner_cannot_leave", 409},
    {"account.owner_permissions", 409},
    {"admin.email_taken", 409},
    {"admin.last_administrator", 409},
    {"idempotency.running", 409},
    {"invitation.accepted", 409},
    {"invitation.pending", 409},
    {"mail.link_dead", 409},
    {"mail.sent", 409},
    {"rebuild.needed", 409},
    {"rebuild.not_built", 409},
    {"rebuild.running", 409},
    {"session.account_required", 409},
    {"session.other_account", 409},
    {"setup.done", 409},
    {"ticket.full", 409},
    {"log.record_too_long", 409},
    {"subject.forgotten", 409},
    {"two_factor.not_started", 409},
    {"two_factor.on", 409},
    {"user.email_taken", 409},
    {"user.is_owner", 409},
    {"user.no_email", 409},
    {"user.several_accounts", 409},
    {"token.expired", 410},
    {"request.stale", 412},
    {"request.too_large", 413},
    {"request.unsupported_media_type", 415},
    {"idempotency.reused", 422},
    {"password.common", 422},
    {"password.too_short", 422},
    {"permissions.empty", 422},
    {"permissions.unknown", 422},
    {"request.invalid", 422},
    {"security_answer.required", 422},
    {"rate.limited", 429},
    {"request.header_too_large", 431},
    {"server.fault", 500},
    {"server.busy", 503},
    {"view.behind", 503},
};

}  // namespace

int status_of(std::string_view code) {
    const auto found =
        std::ranges::find(statuses, code, [](const auto& each) { return each.first; });
    return found == std::end(statuses) ? 0 : found->second;
}

Problem problem_of(const Error& error) {
    Problem problem{status_of(error.kind), error.code, std::string(error.message)};
    if (!error.pointer.empty()) {
        problem.errors.push_back(
            {std::string(error.pointer), error.code, std::string(error.message)});
    }
    if (error.held) {
        problem.members += ",\"permissions\":";
        JsonWriter{problem.members}.permissions(*error.held);
    }
    if (error.invitation)
        problem.members += ",\"invitation_id\":" + std::to_string(error.invitation->number);
    if (error.retry_after_s != 0)
        problem.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
    if (problem.status == 503) problem.headers.emplace_back("Retry-After", "1");
    if (problem.status == 401) problem.headers.emplace_back("WWW-Authenticate", "Bearer");
    return problem;
}

Problem invalid(std::vector<FieldError> errors) {
    const auto named = [](const FieldError& error) { return error.code.contains('.'); };
    const auto first = std::ranges::find_if(errors, named);
    if (first != errors.end() && errors.size() == 1) {
        return {422, first->code, first->detail, std::move(errors)};
    }
    std::string detail = errors.size() == 1 ? errors.front().pointer + ": " + errors.front().detail
                                            : "Several fields are not valid.";
    return {422, "request.invalid", std::move(detail), std::move(errors)};
}

Problem malformed(std::string detail) { return {400, "request.malformed", std::move(detail)}; }

Response to_response(const Problem& problem, const TraceId& trace) {
    Response response{problem.status, "application/problem+json", problem.headers, {}, false};
    JsonWriter out{response.body};
    out.begin_object().key("type").text(std::string("/problems/").append(problem.code));
    out.key("title").text(title_of(problem.status));
    out.key("status").number(static_cast<std::uint64_t>(problem.status));
    out.key("detail").text(problem.detail).key("code").text(problem.code);
    out.key("trace_id").text(to_hex(as_text(trace)));
    if (!problem.errors.empty()) {
        out.key("errors").begin_array();
        for (const auto& error : problem.errors) {
            out.begin_object().key("pointer").text(error.pointer);
            out.key("code").text(error.code).key("detail").text(error.detail).end_object();
        }
        out.end_array();
    }
    response.body += problem.members;
    out.end_object();
    return response;
}

}  // namespace muster::http
