#include "http/body.hpp"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "handlers/common_passwords.hpp"
#include "handlers/passwords.hpp"

namespace muster::http {

using nlohmann::json;

struct Fields::Node {
    json object;
    std::string pointer;
    std::set<std::string, std::less<>> asked;
    std::shared_ptr<std::vector<FieldError>> errors;
    std::vector<std::shared_ptr<Node>> inner;
};

namespace {

constexpr int deepest = 16;

struct NotTaken : std::exception {
    explicit NotTaken(std::string what) : detail(std::move(what)) {}
    const char* what() const noexcept override { return detail.c_str(); }
    std::string detail;
};

// Parses while looking for what nlohmann lets pass: duplicate names, and depth.
json parse_strictly(std::string_view text) {
    std::vector<std::set<std::string, std::less<>>> names;
    const auto watch = [&](int depth, json::parse_event_t event, json& value) {
        if (depth > deepest) throw NotTaken("The JSON is nested too deeply.");
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end) names.pop_back();
        if (event == json::parse_event_t::key &&
            !names.back().insert(value.get<std::string>()).second) {
            throw NotTaken("A name stands twice in one JSON object.");
        }
        return true;
    };
    return json::parse(text, watch);
}

// Unicode's control characters (Cc) and, where lines may not end, its line separators. UTF-8.
bool has_control(std::string_view text, std::string_view allowed) {
    for (std::size_t n = 0; n < text.size(); ++n) {
        const char c = text[n];
        if ((static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && !allowed.contains(c))
            return true;
        const auto rest = text.substr(n);
        if (c == '\xc2' && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0)
            return true;
        const bool separates = rest.starts_with("\u2028") || rest.starts_with("\u2029");
        if (separates && !allowed.contains('\n')) return true;
    }
    return false;
}

// RFC 6901, section 3.
std::string escaped(std::string_view name) {
    std::string out;
    for (const auto c : name) {
        if (c == '~' || c == '/') {
            out.append(c == '~' ? "~0" : "~1");
        } else {
            out.push_back(c);
        }
    }
    return out;
}

bool is_language(std::string_view tag) {
    const auto alnum = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (tag.size() < 2 || tag.size() > 35) return false;
    std::size_t part = 0;
    for (const auto c : tag) {
        if (c == '-') {
            if (part == 0) return false;
            part = 0;
        } else if (!alnum(c) || ++part > 8) {
            return false;
        }
    }
    return part > 0;
}

}  // namespace

Fields::Fields(std::shared_ptr<Node> node) : node_(std::move(node)) {}
Fields::Fields(Fields&&) noexcept = default;
Fields& Fields::operator=(Fields&&) noexcept = default;
Fields::~Fields() = default;

std::expected<Fields, Problem> Fields::parse(std::string_view body) {
    auto node = std::make_shared<Node>();
    node->errors = std::make_shared<std::vector<FieldError>>();
    node->object = json::object();
    if (body.empty()) return Fields{std::move(node)};
    if (body.contains('\0'))
        return std::unexpected(malformed("The body is not JSON: it holds a NUL byte."));
    try {
        node->object = parse_strictly(body);
    } catch (const NotTaken& reason) {
        return std::unexpected(malformed(reason.detail));
    } catch (const json::exception&) {
        return std::unexpected(malformed("The body is not well-formed JSON in UTF-8."));
    }
    if (!node->object.is_object())
        return std::unexpected(malformed("The body must be a JSON object."));
    return Fields{std::move(node)};
}

void Fields::refuse(std::string_view name, std::string_view code, std::string detail) {
    node_->errors->push_back({node_->pointer + "/" + escaped(name), code, std::move(detail)});
}

const json* Fields::find(std::string_view name) {
    node_->asked.emplace(name);
    const auto found = node_->object.find(name);
    return found == node_->object.end() ? nullptr : &*found;
}

bool Fields::has(std::string_view name) const { return node_->object.contains(name); }

std::optional<std::string> Fields::optional_secret(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        refuse(name, "type", "This must be a text.");
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t longest) {
    auto value = optional_secret(name);
    if (!value) return std::nullopt;
    value = std::string(trimmed(*value));
    if (value->size() > longest)
        refuse(name, "too_long", "This is longer than " + std::to_string(longest) + " bytes.");
    if (has_control(*value, ""))
        refuse(name, "control_character", "This holds a control character.");
    return value;
}

std::optional<std::string> Fields::long_text(std::string_view name, std::size_t longest) {
    auto value = optional_secret(name);
    if (!value) return std::nullopt;
    if (value->size() > longest)
        refuse(name, "too_long", "This is longer than " + std::to_string(longest) + " bytes.");
    if (has_control(*value, "\r\n\t"))
        refuse(name, "control_character", "This holds a control character.");
    return value;
}

std::string Fields::required(std::string_view name, std::optional<std::string> value) {
    if (!has(name)) {
        refuse(name, "required", "This is required.");
    } else if (value && value->empty()) {
        refuse(name, "empty", "This must not be empty.");
    }
    return value.value_or("");
}

std::string Fields::required_text(std::string_view name, std::size_t longest) {
    return required(name, text(name, longest));
}
std::string Fields::required_long_text(std::string_view name, std::size_t longest) {
    const auto value = long_text(name, longest);
    return required(name, value && trimmed(*value).empty() ? std::string{} : value);
}
std::string Fields::secret(std::string_view name) { return required(name, optional_secret(name)); }

std::optional<std::string> Fields::optional_new_password(std::string_view name) {
    auto value = optional_secret(name);
    if (!value) return std::nullopt;
    if (value->size() < shortest_password) {
        refuse(name, "password.too_short",
               "A password has at least " + std::to_string(shortest_password) + " bytes.");
    }
    if (value->size() > longest_password) {
        refuse(name, "too_long",
               "A password has at most " + std::to_string(longest_password) + " bytes.");
    }
    if (value->size() >= shortest_password && is_common_password(*value))
        refuse(name, "password.common", "This password is one of those that are tried first.");
    return value;
}

std::string Fields::new_password(std::string_view name) {
    if (!has(name)) refuse(name, "required", "This is required.");
    return optional_new_password(name).value_or("");
}

std::optional<std::uint64_t> Fields::id(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() == 0 ||
        value->get<std::uint64_t>() > INT64_MAX) {
        refuse(name, "type", "This must be a positive integer.");
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

std::uint64_t Fields::required_id(std::string_view name) {
    if (!has(name)) refuse(name, "required", "This is required.");
    return id(name).value_or(0);
}

std::optional<EmailAddress> Fields::email(std::string_view name) {
    const auto value = optional_secret(name);
    if (!value) return std::nullopt;
    auto address = EmailAddress::parse(*value);
    if (!address) refuse(name, "email", "This is not an e-mail address.");
    return address;
}

EmailAddress Fields::required_email(std::string_view name) {
    if (!has(name)) refuse(name, "required", "This is required.");
    static const auto nobody = *EmailAddress::parse("nobody@example.com");
    return email(name).value_or(nobody);
}

std::optional<std::string> Fields::language(std::string_view name) {
    auto value = text(name, 35);
    if (value && !is_language(*value))
        refuse(name, "language", "This is not a language tag (BCP 47).");
    return value;
}

std::optional<bool> Fields::boolean(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) {
        refuse(name, "type", "This must be true or false.");
        return std::nullopt;
    }
    return value->get<bool>();
}

std::optional<Switch> Fields::on_off(std::string_view name) {
    return boolean(name).transform([](bool on) { return on ? Switch::on : Switch::off; });
}

std::optional<std::optional<std::uint32_t>> Fields::number_or_off(std::string_view name,
                                                                  std::uint32_t most) {
    if (!has(name)) return std::nullopt;
    const auto& value = node_->object.at(std::string{name});
    node_->asked.emplace(name);
    if (value.is_null()) return std::optional<std::uint32_t>{};
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() == 0 ||
        value.get<std::uint64_t>() > most) {
        refuse(name, "range", "This must be null, or from 1 to " + std::to_string(most) + ".");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(value.get<std::uint64_t>());
}

Role Fields::required_role(std::string_view name) {
    const auto value = required_text(name);
    for (const auto role : {Role::administrator, Role::operator_, Role::auditor}) {
        if (to_text(role) == value) return role;
    }
    if (!value.empty()) refuse(name, "role", "A role is administrator, operator or auditor.");
    return Role::auditor;
}

Permissions Fields::required_permissions(std::string_view name) {
    Permissions permissions;
    const auto* value = find(name);
    if (value == nullptr) {
        refuse(name, "required", "This is required.");
        return permissions;
    }
    if (value->is_string() && *value == "all") return Permissions::all();
    if (!value->is_array()) {
        refuse(name, "type", "This must be a list of permissions, or \"all\".");
        return permissions;
    }
    for (const auto& key : *value) {
        const auto permission =
            key.is_string() ? parse_permission(key.get_ref<const std::string&>()) : std::nullopt;
        if (permission) {
            permissions.insert(*permission);
        } else {
            refuse(name, "permissions.unknown",
                   "There is no such permission: " + key.dump() + ".");  // Rule I23.
            return permissions;
        }
    }
    return permissions;
}

std::vector<std::string> Fields::texts(std::string_view name) {
    std::vector<std::string> list;
    const auto* value = find(name);
    if (value == nullptr) return list;
    if (!value->is_array() || value->size() > 100 ||
        !std::ranges::all_of(*value, [](const json& each) { return each.is_string(); })) {
        refuse(name, "type", "This must be a list of at most 100 texts.");
        return list;
    }
    for (const auto& each : *value)
        list.push_back(each.get<std::string>());
    return list;
}

std::optional<std::set<MailTopic>> Fields::mail_topics(std::string_view name) {
    if (!has(name)) return std::nullopt;
    std::set<MailTopic> topics;
    for (const auto& each : texts(name)) {
        if (const auto topic = parse_mail_topic(each)) {
            topics.insert(*topic);
        } else {
            refuse(name, "choice", "This is none of the values that are possible.");
            return topics;
        }
    }
    return topics;
}

std::optional<Fields> Fields::object(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
        refuse(name, "type", "This must be an object.");
        return std::nullopt;
    }
    return within(*value, escaped(name));
}

Fields Fields::within(const json& object, const std::string& place) {
    auto inner = std::make_shared<Node>();
    inner->object = object;
    inner->pointer = node_->pointer + "/" + place;
    inner->errors = node_->errors;
    node_->inner.push_back(inner);
    return Fields{std::move(inner)};
}

std::vector<Fields> Fields::required_objects(std::string_view name, std::size_t most) {
    std::vector<Fields> list;
    const auto* value = find(name);
    if (value == nullptr) {
        refuse(name, "required", "This is required.");
        return list;
    }
    const auto is_object = [](const json& each) { return each.is_object(); };
    if (!value->is_array() || !std::ranges::all_of(*value, is_object)) {
        refuse(name, "type", "This must be a list of objects.");
        return list;
    }
    if (value->empty() || value->size() > most) {
        refuse(name, "count", "This must have 1 to " + std::to_string(most) + " entries.");
        return list;
    }
    for (const auto& each : *value)
        list.push_back(within(each, escaped(name) + "/" + std::to_string(list.size())));
    return list;
}

Amount Fields::required_amount(std::string_view name) {
    const auto value = required_text(name);
    const auto amount = Amount::parse(value);
    if (!amount && !value.empty())
        refuse(name, "amount",
               "This must be an amount as decimal text, as \"9.95\": at most 12 digits before the "
               "point and 4 behind it.");
    return amount.value_or(Amount{});
}

std::string Fields::required_currency(std::string_view name) {
    auto value = required_text(name);
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (!value.empty() && (value.size() != 3 || !std::ranges::all_of(value, is_capital)))
        refuse(name, "currency", "This must be a currency's code of three capitals (ISO 4217).");
    return value;
}

std::optional<std::string> Fields::choice(std::string_view name,
                                          std::initializer_list<std::string_view> values) {
    auto value = optional_secret(name);
    if (value && std::ranges::find(values, *value) == values.end()) {
        refuse(name, "choice", "This is none of the values that are possible.");
    }
    return value;
}

ProfileChange Fields::profile() {
    ProfileChange change;
    for_each_field(change, [this](std::string_view name, std::optional<std::string>& value) {
        if (name == "notes") {
            value = long_text(name, 16'384);
        } else if (name == "email") {
            value = text(name, 254);
            if (value && !value->empty() && !EmailAddress::parse(*value)) {
                refuse(name, "email", "This is not an e-mail address.");
            }
        } else {
            value = text(name);
        }
    });
    return change;
}

Fields::Person Fields::person(PasswordField password, Names names) {
    const auto name = [&](std::string_view field) {
        return names == Names::required ? required_text(field) : text(field).value_or("");
    };
    auto first_name = name("first_name");
    auto last_name = name("last_name");
    auto address = required_email("email");
    auto tag = language("language").value_or("en");
    auto secret = password == PasswordField::required ? std::optional{new_password("password")}
                                                      : optional_new_password("password");
    return {{std::move(first_name), std::move(last_name), std::move(address), std::move(tag),
             std::nullopt},
            std::move(secret)};
}

std::optional<Problem> Fields::problem() {
    for (const auto& [name, value] : node_->object.items()) {
        if (!node_->asked.contains(name)) refuse(name, "unknown", "There is no such field here.");
    }
    for (auto& inner : node_->inner) {
        for (const auto& [name, value] : inner->object.items()) {
            if (!inner->asked.contains(name))
                Fields{inner}.refuse(name, "unknown", "There is no such field here.");
        }
    }
    if (node_->errors->empty()) return std::nullopt;
    return invalid(std::move(*node_->errors));
}

std::string Fields::canonical() const { return node_->object.dump(); }

Profile to_profile(const ProfileChange& given) {
    Profile profile;
    std::vector<const std::optional<std::string>*> values;
    for_each_field(given, [&](std::string_view, const auto& value) { values.push_back(&value); });
    auto next = values.begin();
    for_each_field(profile,
                   [&](std::string_view, std::string& value) { value = (*next++)->value_or(""); });
    return profile;
}

}  // namespace muster::http
