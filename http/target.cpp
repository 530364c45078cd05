#include "http/target.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "events/text.hpp"
#include "http/schema.hpp"

namespace muster::http {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus : std::uint8_t { is_plus, is_space };

std::optional<std::string> decoded(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t n = 0; n < text.size(); ++n) {
        if (text[n] == '+' && plus == Plus::is_space) {
            out.push_back(' ');
        } else if (text[n] != '%') {
            out.push_back(text[n]);
        } else {
            if (n + 2 >= text.size()) return std::nullopt;
            const auto high = hex_value(text[n + 1]);
            const auto low = hex_value(text[n + 2]);
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
            out.push_back(static_cast<char>(high << 4 | low));
            n += 2;
        }
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

// Calls visit(part) for each part between separators; false as soon as one is not taken.
template <class Visit>
bool split(std::string_view text, char separator, Visit&& visit) {
    while (true) {
        const auto end = text.find(separator);
        if (!visit(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return number;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/') || target.contains('\0')) return std::nullopt;
    target = target.substr(0, target.find('#'));
    const auto question = target.find('?');
    Target result;
    const auto path =
        target.substr(1, question == std::string_view::npos ? question : question - 1);
    const bool well_formed = split(path, '/', [&](std::string_view part) {
        auto segment = decoded(part, Plus::is_plus);
        if (!segment || segment->empty()) return false;
        result.segments.push_back(std::move(*segment));
        return true;
    });
    if (!well_formed) return std::nullopt;
    if (question == std::string_view::npos || question + 1 == target.size()) return result;
    split(target.substr(question + 1), '&', [&](std::string_view part) {
        if (part.empty()) return true;
        const auto equals = part.find('=');
        auto name = decoded(part.substr(0, equals), Plus::is_space);
        auto value = decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1),
                             Plus::is_space);
        if (name && value) {
            result.parameters.given.emplace_back(std::move(*name), std::move(*value));
        } else {
            result.parameters.refuse(name.value_or(""), "This cannot be decoded.");
        }
        return true;
    });
    return result;
}

std::uint64_t parse_id(std::string_view segment) {
    if (segment.starts_with('0')) return 0;
    return parse_number(segment).value_or(0);
}

void Parameters::refuse(std::string_view name, std::string detail) {
    errors_.push_back({"?" + std::string(name), "parameter", std::move(detail)});
}

Schema Parameters::describe(const std::function<void(Parameters&)>& reader) {
    Parameters parameters;
    parameters.noted_ = std::make_shared<Schema>(Schema::object());
    reader(parameters);
    return std::move(*parameters.noted_);
}

std::optional<std::string> Parameters::find(std::string_view name, auto&& shape) {
    if (noted_) {
        (*noted_)[std::string(name)] = shape();
        return std::nullopt;
    }
    asked_.emplace_back(name);
    const auto found = std::ranges::find(given, name, &std::pair<std::string, std::string>::first);
    return found == given.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::string> Parameters::text(std::string_view name) {
    return find(name, schema::any_text);
}

std::optional<std::string> Parameters::text(std::string_view name, std::string_view description) {
    return find(name, [&] { return schema::described(schema::any_text(), description); });
}

std::optional<std::uint64_t> Parameters::number(std::string_view name, std::uint64_t least,
                                                std::uint64_t most) {
    const auto value = find(name, [&] { return schema::integer(least, most); });
    if (!value) return std::nullopt;
    const auto number = parse_number(*value);
    if (!number || *number < least || *number > most) {
        refuse(name, "This must be an integer from " + std::to_string(least) + " to " +
                         std::to_string(most) + ".");
        return std::nullopt;
    }
    return number;
}

std::uint64_t Parameters::required_number(std::string_view name, std::uint64_t least,
                                          std::uint64_t most) {
    const auto errors = errors_.size();
    const auto value = number(name, least, most);
    if (noted_) (*noted_)[std::string(name)]["required"] = true;
    if (!value && errors == errors_.size())
        errors_.push_back({"?" + std::string(name), "required", "This is required."});
    return value.value_or(least);
}

std::optional<bool> Parameters::boolean(std::string_view name) {
    const auto value = find(name, schema::boolean);
    if (!value) return std::nullopt;
    if (value != "true" && value != "false") {
        refuse(name, "This must be true or false.");
        return std::nullopt;
    }
    return value == "true";
}

std::optional<Time> Parameters::time(std::string_view name) {
    const auto value =
        text(name, "A date-time (RFC 3339), or a date, which is its midnight in UTC.");
    if (!value) return std::nullopt;
    const auto time = parse_time(*value);
    if (!time) refuse(name, "This must be a date-time (RFC 3339) or a date.");
    return time;
}

std::optional<std::string> Parameters::choice(std::string_view name,
                                              const std::vector<std::string_view>& values) {
    const auto value = find(name, [&] { return schema::choice(values); });
    if (value && std::ranges::find(values, *value) == values.end()) {
        refuse(name, "This is none of the values that are possible.");
        return std::nullopt;
    }
    return value;
}

views::PageRequest Parameters::page() {
    views::PageRequest request;
    request.limit = static_cast<std::size_t>(number("limit", 1, 200).value_or(request.limit));
    request.cursor = text("cursor").value_or("");
    request.total = boolean("total").value_or(false);
    return request;
}

views::Order Parameters::order() {
    return choice("order", {"asc", "desc"}).value_or("asc") == "desc" ? views::Order::descending
                                                                      : views::Order::ascending;
}

std::optional<Problem> Parameters::problem() {
    for (auto each = given.begin(); each != given.end(); ++each) {
        if (std::ranges::find(asked_, each->first) == asked_.end()) {
            refuse(each->first, "There is no such parameter here.");
        } else if (std::any_of(given.begin(), each,
                               [&](const auto& before) { return before.first == each->first; })) {
            refuse(each->first, "This parameter stands twice.");
        }
    }
    if (errors_.empty()) return std::nullopt;
    return invalid(std::move(errors_));
}

}  // namespace muster::http
