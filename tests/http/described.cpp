#include "tests/http/described.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>

#include "events/email_address.hpp"
#include "events/time.hpp"
#include "http/description.hpp"
#include "http/route.hpp"

namespace muster::http {
namespace {

using Document = nlohmann::ordered_json;

// Without the one before the first slash: "#/components/schemas/User".
const Document& resolved(const Document& node) {
    const auto reference = node.find("$ref");
    if (reference == node.end()) return node;
    const auto text = reference->get<std::string>();
    return description().at(Document::json_pointer(text.substr(1)));
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_type(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    throw std::logic_error("a type that nobody knows: " + type);
}

bool has_one_type(const Document& types, const Json& value) {
    if (types.is_string()) return has_type(types, value);
    return std::ranges::any_of(types, [&](const auto& each) { return has_type(each, value); });
}

bool matches(const std::string& pattern, const Json& value) {
    static thread_local std::map<std::string, std::regex> known;
    const auto found = known.try_emplace(pattern, pattern).first;
    return !value.is_string() || std::regex_match(value.get<std::string>(), found->second);
}

bool has_format(const std::string& format, const Json& value) {
    if (!value.is_string()) return true;
    const auto text = value.get<std::string>();
    if (format == "date-time") return text.size() == 24 && parse_time(text).has_value();
    if (format == "idn-email") return EmailAddress::parse(text).has_value();
    if (format == "uri-reference") return text.starts_with('/');
    throw std::logic_error("a format that nobody knows: " + format);
}

std::string properties_misfit(const Document& properties, const Json& value) {
    for (const auto& [name, schema] : properties.items()) {
        const auto member = value.find(name);
        if (member == value.end()) continue;
        if (const auto flaw = misfit(schema, *member); !flaw.empty()) return "/" + name + flaw;
    }
    return {};
}

std::string unknown_member(const Document& properties, const Json& value) {
    for (const auto& [name, member] : value.items()) {
        if (!properties.contains(name)) return "/" + name + " is not described";
    }
    return {};
}

std::string items_misfit(const Document& items, const Json& value) {
    for (std::size_t n = 0; n < value.size(); ++n) {
        if (const auto flaw = misfit(items, value[n]); !flaw.empty())
            return "/" + std::to_string(n) + flaw;
    }
    return {};
}

std::string one_of_misfit(const Document& schemas, const Json& value) {
    std::string flaws;
    int fitting = 0;
    for (const auto& each : schemas) {
        const auto flaw = misfit(each, value);
        fitting += flaw.empty() ? 1 : 0;
        flaws += " [" + flaw + "]";
    }
    return fitting == 1 ? "" : " fits " + std::to_string(fitting) + " of:" + flaws;
}

std::string all_of_misfit(const Document& schemas, const Json& value) {
    for (const auto& each : schemas) {
        if (const auto flaw = misfit(each, value); !flaw.empty()) return flaw;
    }
    return {};
}

std::string required_misfit(const Document& names, const Json& value) {
    for (const std::string name : names) {
        if (value.is_object() && !value.contains(name)) return "/" + name + " is missing";
    }
    return {};
}

// One keyword. What is about another type than the value's says nothing (JSON Schema, 7.6.1).
std::string keyword_misfit(const Document& schema, const std::string& keyword,
                           const Document& wanted, const Json& value) {
    const auto unless = [&](bool fits) { return fits ? "" : " breaks " + keyword; };
    const auto length = [&] { return characters(value.get<std::string>()); };
    if (keyword == "description") return {};
    if (keyword == "$ref") return misfit(resolved(schema), value);
    if (keyword == "type") return unless(has_one_type(wanted, value));
    if (keyword == "enum")
        return unless(std::ranges::find(wanted, Document(value)) != wanted.end());
    if (keyword == "const") return unless(wanted == Document(value));
    if (keyword == "pattern") return unless(matches(wanted, value));
    if (keyword == "format") return unless(wanted == "int64" || has_format(wanted, value));
    if (keyword == "oneOf") return one_of_misfit(wanted, value);
    if (keyword == "allOf") return all_of_misfit(wanted, value);
    if (keyword == "minLength") return unless(!value.is_string() || length() >= wanted);
    if (keyword == "maxLength") return unless(!value.is_string() || length() <= wanted);
    if (keyword == "minimum") return unless(!value.is_number() || Document(value) >= wanted);
    if (keyword == "maximum") return unless(!value.is_number() || Document(value) <= wanted);
    if (keyword == "minItems") return unless(!value.is_array() || value.size() >= wanted);
    if (keyword == "maxItems") return unless(!value.is_array() || value.size() <= wanted);
    if (keyword == "items") return value.is_array() ? items_misfit(wanted, value) : "";
    if (keyword == "required") return required_misfit(wanted, value);
    if (keyword == "properties") return value.is_object() ? properties_misfit(wanted, value) : "";
    if (keyword == "additionalProperties" && wanted == false)
        return value.is_object() ? unknown_member(schema.at("properties"), value) : "";
    throw std::logic_error("a keyword that nobody knows: " + keyword);
}

// --- Exchanges

std::optional<Method> method_of(std::string_view text) {
    using enum Method;
    for (const auto method : {get, post, put, patch, del}) {
        if (text_of(method) == text) return method;
    }
    return text == "HEAD" ? std::optional{get} : std::nullopt;
}

std::string lower(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += static_cast<char>(std::tolower(c));
    return out;
}

std::string parameters_flaw(const Document& operation, const Target& target) {
    std::set<std::string> known;
    for (const auto& each : operation.at("parameters")) {
        const auto& parameter = resolved(each);
        if (parameter.at("in") == "query") known.insert(parameter.at("name"));
    }
    for (const auto& [name, value] : target.parameters.given) {
        if (!known.contains(name)) return "the parameter " + name + " was taken";
    }
    return {};
}

std::string body_flaw(const Document& operation, std::string_view body) {
    const auto described = operation.find("requestBody");
    if (described == operation.end())
        return body.empty() || Json::parse(body).empty() ? "" : "a body was taken";
    if (body.empty()) return described->at("required") ? "no body was taken" : "";
    const auto flaw =
        misfit(described->at("content").at("application/json").at("schema"), Json::parse(body));
    return flaw.empty() ? "" : "a body was taken that has no such schema: " + flaw;
}

// What the edge may answer to whatever is asked.
bool from_the_edge(int status) {
    return std::set{408, 413, 431, 500, 501, 505, 507}.contains(status);
}

std::string answer_flaw(const Document& answers, const Reply& reply, bool head) {
    const auto status = std::to_string(reply.status);
    if (!answers.contains(status) && !from_the_edge(reply.status))
        return "the status is not described";
    const auto& answer =
        resolved(answers.contains(status) ? answers.at(status) : answers.at("default"));
    if (!answer.contains("content")) return reply.text.empty() ? "" : "a body is not described";
    const auto whole = reply.header("Content-Type");
    const auto type = whole.substr(0, whole.find(';'));
    const auto& content = answer.at("content");
    if (!content.contains(type)) return "the type " + type + " is not described";
    if (head || (type != "application/json" && type != "application/problem+json")) return {};
    const auto flaw = misfit(content.at(type).at("schema"), reply.body);
    return flaw.empty() ? "" : "the answer does not fit: " + flaw;
}

}  // namespace

const Document& description() {
    static const auto document = Document::parse(describe_interface("https://muster.example").text);
    return document;
}

std::string misfit(const Document& schema, const Json& value) {
    for (const auto& [keyword, wanted] : schema.items()) {
        if (const auto flaw = keyword_misfit(schema, keyword, wanted, value); !flaw.empty())
            return flaw;
    }
    return {};
}

std::string undescribed(const Exchange& exchange) {
    const auto method = method_of(exchange.method);
    const auto target = parse_target(exchange.target);
    const auto* route = method && target ? find_route(*method, target->segments).route : nullptr;
    if (route == nullptr || exchange.reply.status == 0) return {};
    const auto& operation =
        description().at("paths").at(described_path(route->path)).at(lower(text_of(*method)));
    if (operation.at("operationId") != route->operation) return "another operation is described";
    const auto& reply = exchange.reply;
    auto flaw = answer_flaw(operation.at("responses"), reply, exchange.method == "HEAD");
    if (flaw.empty() && reply.status < 300) flaw = parameters_flaw(operation, *target);
    if (flaw.empty() && reply.status < 300) flaw = body_flaw(operation, exchange.body);
    return flaw;
}

}  // namespace muster::http
