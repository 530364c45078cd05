#include "http/description.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "http/route.hpp"
#include "http/schemas.hpp"

namespace muster::http {
namespace {

constexpr std::string_view program_version = "0.1.0";

constexpr std::string_view conventions =
    "JSON in snake_case. Ids are integers from 1; times are RFC 3339 in UTC; unknown fields and "
    "parameters are refused.\n\n"
    "**Commands** answer with `Muster-Position`, once they are durable and visible to queries; a "
    "query with `Muster-Min-Position` waits for it. With `dry_run=true` everything is checked and "
    "nothing stored. A repetition of what is already so is accepted. Where what was changed is "
    "gone "
    "again before the answer is made, that is 204.\n\n"
    "**Problems** are documents as RFC 9457 has them, with a stable `code`. An operation names "
    "those "
    "that are its own; `default` stands for what may meet any request: a header or a body that "
    "comes too slowly or is too large (408, 413, 431), a fault (500), no space left (507).\n\n"
    "**Who asks**: a bearer token (of a session, or an API key), or a cookie; with a cookie, "
    "whatever "
    "is not a GET must come from the same origin.";

constexpr std::pair<std::string_view, std::string_view> tags[]{
    {"Staff", "The first admin, admins, their sessions, API keys."},
    {"Settings", "What is on, off, required and limited."},
    {"Sessions", "Registering, signing in and out, choosing an account."},
    {"Mailed links", "Links for a new password, and to verify an address."},
    {"Own user", "What a signed-in user does with the own record and accounts."},
    {"Accounts", "The billable parties."},
    {"Account users", "Who has access to an account, with which permissions."},
    {"Invitations", "Access that was offered by mail."},
    {"Contacts", "Addresses that belong to an account and never sign in."},
    {"Orders", "What an account ordered."},
    {"Tickets", "Questions to the staff, and mail that came in."},
    {"Users", "People who can sign in, as the staff sees them."},
    {"Activity", "Who did what, and when."},
    {"Log", "The events themselves, and what proves them."},
    {"Machine", "Views, mail, health."},
};

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// "InviteUser" is "Invite user".
std::string spaced(std::string_view operation) {
    std::string out;
    for (const char c : operation) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital && !out.empty()) out += ' ';
        out += capital && !out.empty() ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = text.find(' ');
        parts.push_back(text.substr(0, end));
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    return parts;
}

std::vector<std::string_view> names_in(std::string_view path) {
    std::vector<std::string_view> names;
    for (auto start = path.find('{'); start != path.npos; start = path.find('{', start + 1))
        names.push_back(path.substr(start + 1, path.find_first_of("*}", start) - start - 1));
    return names;
}

bool is_open(const Route& route) { return route.rule.anonymous == AccessRule::Anonymous::yes; }

// --- Who may

std::string staff_text(AccessRule::Staff staff) {
    constexpr std::string_view texts[]{"", "Administrators.", "Administrators and operators.",
                                       "All staff."};
    return std::string(texts[static_cast<std::size_t>(staff)]);
}

std::string users_text(const AccessRule& rule) {
    using enum AccessRule::Users;
    if (rule.users == signed_in) return "Any user.";
    if (rule.users == owner) return "The account's owner, who has it chosen.";
    if (rule.users == permitted)
        return fmt::format("Users of the account, who have it chosen, with `{}`.",
                           to_text(rule.permission));
    return {};
}

std::string who_may(const Route& route) {
    if (is_open(route)) return "Anyone.";
    const auto staff = staff_text(route.rule.staff);
    const auto users = users_text(route.rule);
    return staff.empty() || users.empty() ? staff + users : staff + " " + users;
}

Schema security_of(const Route& route) {
    const auto by = [](std::string_view scheme) { return Schema{{scheme, Schema::array()}}; };
    auto list = Schema::array();
    if (is_open(route)) list.push_back(Schema::object());
    list.push_back(by("bearer"));
    const bool staff = route.rule.staff != AccessRule::Staff::nobody;
    const bool users = route.rule.users != AccessRule::Users::nobody;
    const bool admin_area = route.path.starts_with("/v1/admin");
    if (users || (is_open(route) && !admin_area)) list.push_back(by("user_cookie"));
    if (staff || (is_open(route) && admin_area)) list.push_back(by("admin_cookie"));
    return list;
}

// --- What is refused

// What is not found where a name in the path names nothing.
std::string_view missing(std::string_view name, std::string_view path) {
    if (name == "user")
        return path.starts_with("/v1/accounts/") ? "account.not_associated" : "user.not_found";
    constexpr std::pair<std::string_view, std::string_view> codes[]{
        {"account", "account.not_found"}, {"invitation", "invitation.not_found"},
        {"contact", "contact.not_found"}, {"ticket", "ticket.not_found"},
        {"session", "session.not_found"}, {"admin", "admin.not_found"},
        {"key", "api_key.not_found"},     {"mail", "mail.not_found"},
        {"name", "projection.not_found"}};
    const auto found = std::ranges::find(codes, name, [](const auto& each) { return each.first; });
    return found == std::end(codes) ? std::string_view{} : found->second;
}

std::vector<std::string_view> refusals_of_rule(const Route& route) {
    const auto& rule = route.rule;
    std::vector<std::string_view> codes;
    if (!is_open(route)) codes = {"session.required", "access.role", "access.address"};
    if (!rule.about_an_account()) return codes;
    codes.insert(codes.end(),
                 {"session.account_required", "session.other_account",
                  rule.users == AccessRule::Users::owner ? "account.not_owner" : "access.denied"});
    if (rule.manages_users) codes.push_back("user_management.disabled");
    return codes;
}

std::vector<std::string_view> refusals_of_kind(const Route& route) {
    std::vector<std::string_view> codes{"request.malformed", "request.invalid"};
    if (route.path.starts_with("/v1/")) codes.push_back("view.behind");
    if (route.words.answers == Words::Answers::page_or_export) codes.push_back("server.busy");
    if (!route.is_command()) return codes;
    codes.insert(codes.end(),
                 {"access.address", "request.cross_site", "request.too_large",
                  "request.unsupported_media_type", "server.busy", "subject.forgotten"});
    if (route.method == Method::post) {
        codes.insert(codes.end(), {"idempotency.running", "idempotency.reused"});
    } else {
        codes.push_back("request.stale");
    }
    return codes;
}

// By status.
std::map<int, std::set<std::string_view>> refusals_of(const Route& route) {
    std::map<int, std::set<std::string_view>> all;
    const auto add = [&](const std::vector<std::string_view>& codes) {
        for (const auto code : codes) {
            const auto colon = code.find(':');  // "409:account.not_associated"
            if (colon == code.npos) all[status_of(code)].insert(code);
            if (colon != code.npos) all[409].insert(code.substr(colon + 1));
        }
    };
    add(refusals_of_kind(route));
    add(refusals_of_rule(route));
    add(split(route.words.refusals));
    for (const auto name : names_in(route.path)) {
        if (const auto code = missing(name, route.path); !code.empty()) add({code});
    }
    return all;
}

// --- Answers

Schema content(std::string_view type, Schema schema) {
    return {{type, {{"schema", std::move(schema)}}}};
}

Schema problem_answer(const std::set<std::string_view>& codes) {
    Schema narrowed{{"type", "object"},
                    {"properties", {{"code", schema::choice({codes.begin(), codes.end()})}}},
                    {"required", Schema::array({"code"})}};
    return {{"description", fmt::format("`{}`", fmt::join(codes, "`, `"))},
            {"content",
             content("application/problem+json",
                     {{"allOf", Schema::array({schema::ref("Problem"), std::move(narrowed)})}})}};
}

Schema header_ref(std::string_view name) {
    return {{"$ref", "#/components/headers/" + std::string(name)}};
}

Schema answer_content(const Words& words) {
    using enum Words::Answers;
    if (words.answers == text) return content("text/plain", schema::any_text());
    if (words.answers == bytes) return content("application/octet-stream", schema::any_text());
    if (words.answers == feed) return content("text/event-stream", schema::any_text());
    if (words.answers == one || words.answers == file)
        return content("application/json", schema::ref(words.schema));
    auto types = content("application/json", page_of(words.schema));
    if (words.answers == page_or_export) {
        types.update(content("text/csv", schema::any_text()));
        types.update(content("application/x-ndjson", schema::any_text()));
    }
    return types;
}

Schema answer_of(const Route& route) {
    const auto& words = route.words;
    Schema answer{
        {"description", words.answers == Words::Answers::nothing ? "Done." : "The answer."},
        {"headers", Schema::object()}};
    if (route.is_command()) answer["headers"]["Muster-Position"] = header_ref("Position");
    if (words.answers == Words::Answers::one) answer["headers"]["ETag"] = header_ref("ETag");
    if (words.answers == Words::Answers::file)
        answer["headers"]["Content-Disposition"] = header_ref("Disposition");
    if (words.answers >= Words::Answers::page) answer["headers"]["Link"] = header_ref("Link");
    if (words.answers == Words::Answers::feed || words.schema == "Event")
        answer["headers"]["Muster-Epoch"] = header_ref("Epoch");
    if (words.answers != Words::Answers::nothing) answer["content"] = answer_content(words);
    return answer;
}

// A dry run's answer is 200 whatever the command's own is.
void add_dry_run(Schema& answers, const Route& route) {
    const auto planned = schema::ref("PlannedEvents");
    if (route.words.status != 200) {
        answers["200"] = {{"description", "What a dry run would have written."},
                          {"content", content("application/json", planned)}};
        return;
    }
    auto& own = answers["200"]["content"]["application/json"]["schema"];
    own = Schema{{"oneOf", Schema::array({own, planned})}};
}

Schema answers_of(const Route& route) {
    auto answers = Schema::object();
    answers[std::to_string(route.words.status)] = answer_of(route);
    if (route.is_command()) add_dry_run(answers, route);
    if (!route.is_command() && route.words.answers == Words::Answers::one)
        answers["304"] = {{"description", "What If-None-Match names is still so."}};
    for (const auto& [status, codes] : refusals_of(route))
        answers[std::to_string(status)] = problem_answer(codes);
    if (route.operation == "GetReady")
        answers["503"] = {{"description", "Not yet."},
                          {"content", content("application/json", schema::ref("Readiness"))}};
    answers["default"] = {{"$ref", "#/components/responses/Problem"}};
    return answers;
}

// --- What is taken

Schema parameter(std::string_view name, std::string_view in, Schema schema) {
    Schema parameter{{"name", name}, {"in", in}};
    if (in == "path" || schema.erase("required") != 0) parameter["required"] = true;
    if (const auto words = schema.find("description"); words != schema.end()) {
        parameter["description"] = *words;
        schema.erase("description");
    }
    parameter["schema"] = std::move(schema);
    return parameter;
}

Schema parameter_ref(std::string_view name) {
    return {{"$ref", "#/components/parameters/" + std::string(name)}};
}

Schema parameters_of(const Route& route) {
    auto list = Schema::array();
    for (const auto name : names_in(route.path)) {
        const bool text = name == "token" || name == "name" || name == "level" || name == "tile";
        list.push_back(parameter(name, "path", text ? schema::any_text() : schema::id()));
    }
    const auto read =
        std::visit([](const auto& function) { return function.parameters; }, route.function);
    if (read != nullptr) {
        const auto described = Parameters::describe(read);
        for (const auto& [name, schema] : described.items())
            list.push_back(parameter(name, "query", schema));
    }
    if (route.words.answers == Words::Answers::feed) list.push_back(parameter_ref("LastEventId"));
    if (route.is_command()) list.push_back(parameter_ref("DryRun"));
    if (route.path.starts_with("/v1/")) list.push_back(parameter_ref("MinPosition"));
    if (!route.is_command() && route.words.answers == Words::Answers::one)
        list.push_back(parameter_ref("IfNoneMatch"));
    if (route.is_command())
        list.push_back(parameter_ref(route.method == Method::post ? "IdempotencyKey" : "IfMatch"));
    return list;
}

// An empty body is an empty object, so one is required where a field is.
bool requires_field(const Schema& body) {
    if (!body.contains("oneOf")) return !body.at("required").empty();
    return std::ranges::all_of(body.at("oneOf"), requires_field);
}

Schema operation_of(const Route& route) {
    Schema operation{
        {"operationId", route.operation},
        {"summary", spaced(route.operation)},
        {"description", std::string(route.words.does) + "\n\nWho may: " + who_may(route)},
        {"tags", Schema::array({route.words.tag})},
        {"security", security_of(route)},
        {"parameters", parameters_of(route)}};
    const auto* command = std::get_if<Command>(&route.function);
    if (command != nullptr && command->body != nullptr) {
        auto body = Fields::describe(command->body);
        const bool required = requires_field(body);
        operation["requestBody"] = {{"required", required},
                                    {"content", content("application/json", std::move(body))}};
    }
    operation["responses"] = answers_of(route);
    return operation;
}

// --- The document

Schema shared_parameters() {
    const auto header = [](std::string_view name, Schema schema, std::string_view description) {
        return parameter(name, "header", schema::described(std::move(schema), description));
    };
    return {
        {"DryRun", parameter("dry_run", "query",
                             schema::described(schema::boolean(),
                                               "Check everything, store nothing, and show "
                                               "what would be written."))},
        {"MinPosition", header("Muster-Min-Position", schema::count(),
                               "Wait until the views have come to this position.")},
        {"LastEventId", header("Last-Event-ID", schema::count(),
                               "The position that the reader had last, instead of `after`.")},
        {"IfMatch", header("If-Match", schema::any_text(), "Only as long as it is this version.")},
        {"IfNoneMatch", header("If-None-Match", schema::any_text(), "Only where it has changed.")},
        {"IdempotencyKey",
         header("Idempotency-Key", schema::text(1, 255),
                "The same key again within 24 hours gives the first answer again.")}};
}

Schema shared_headers() {
    const auto header = [](Schema schema, std::string_view description) {
        return Schema{{"description", description}, {"schema", std::move(schema)}};
    };
    return {{"Position", header(schema::count(), "The position of the last event.")},
            {"ETag", header(schema::any_text(), "Where the resource has a version.")},
            {"Link", header(schema::any_text(), "The next page, where there is one (RFC 8288).")},
            {"Disposition", header(schema::any_text(), "The name of a file (RFC 6266).")},
            {"Epoch", header(schema::count(),
                             "Of the folder: after a restore there are other events behind a "
                             "position than were lost.")}};
}

Schema security_schemes() {
    const auto cookie = [](std::string_view name) {
        return Schema{{"type", "apiKey"}, {"in", "cookie"}, {"name", name}};
    };
    return {{"bearer",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description", "The token of a session, or an API key."}}},
            {"user_cookie", cookie("muster_session")},
            {"admin_cookie", cookie("muster_admin")}};
}

Schema components() {
    Schema problem{{"description", "A problem that any request may meet."},
                   {"content", content("application/problem+json", schema::ref("Problem"))}};
    return {{"schemas", component_schemas()},
            {"responses", {{"Problem", std::move(problem)}}},
            {"parameters", shared_parameters()},
            {"headers", shared_headers()},
            {"securitySchemes", security_schemes()}};
}

Schema info_of(std::string_view public_url) {
    return {{"title", "Muster"},
            {"version", program_version},
            {"summary", "Users and accounts."},
            {"description", conventions},
            {"contact", {{"name", "Who runs this server"}, {"url", public_url}}},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
}

}  // namespace

std::string described_path(std::string_view path) {
    std::string described{path};
    std::erase(described, '*');
    return described;
}

Description describe_interface(std::string_view public_url) {
    Schema document{{"openapi", "3.1.0"},
                    {"info", info_of(public_url)},
                    {"servers", Schema::array({Schema{{"url", public_url}}})},
                    {"tags", Schema::array()},
                    {"paths", Schema::object()},
                    {"components", components()}};
    for (const auto& [name, description] : tags)
        document["tags"].push_back({{"name", name}, {"description", description}});
    for (const auto& route : routes()) {
        document["paths"][described_path(route.path)][lower(text_of(route.method))] =
            operation_of(route);
    }
    Description description{document.dump(), {}};
    description.etag = fmt::format("\"{:016x}\"", std::hash<std::string>{}(description.text));
    return description;
}

const Description& LazyDescription::get() const {
    std::call_once(made_, [this] { description_ = describe_interface(public_url_); });
    return description_;
}

}  // namespace muster::http
