#include "http/body.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>

#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "handlers/common_passwords.hpp"
#include "handlers/passwords.hpp"
#include "http/schema.hpp"

namespace muster::http {

using nlohmann::json;

// The ways through a reader: each answer of `has` is a turn, taken first without the field, then
// with it.
struct Ways {
    std::vector<bool> turns;
    std::size_t next = 0;

    bool turn() {
        if (next == turns.size()) turns.push_back(false);
        return turns[next++];
    }
    // Whether there is another way.
    bool another() {
        while (!turns.empty() && turns.back())
            turns.pop_back();
        if (!turns.empty()) turns.back() = true;
        next = 0;
        return !turns.empty();
    }
};

// What a reader was seen to ask of one object.
struct Noted {
    Ways& ways;
    Schema schema = schema::object({});
    std::map<std::string, bool, std::less<>> turns;

    void need(std::string_view name) {
        auto& names = schema["required"];
        if (std::ranges::find(names, Schema(name)) == names.end()) names.push_back(name);
    }
};

struct Fields::Node {
    json object;
    std::string pointer;
    std::set<std::string, std::less<>> asked;
    std::shared_ptr<std::vector<FieldError>> errors;
    std::vector<std::shared_ptr<Node>> inner;
    std::optional<Noted> noted;  // Where what is asked for is described, not read.
    std::string place{};         // Of an inner one that is noted: its field's name,
    bool listed{};               // and whether it stands for each of a list.

    // As a schema; what a turn went without is no field of this way.
    Schema described() {
        for (auto& each : inner) {
            auto& member = noted->schema["properties"][each->place];
            (each->listed ? member["items"] : member) = each->described();
        }
        for (const auto& [name, stands] : noted->turns) {
            if (stands) noted->need(name);
            if (!stands) noted->schema["properties"].erase(name);
        }
        return std::move(noted->schema);
    }
};

namespace {

constexpr int deepest = 16;
constexpr std::size_t longest_language = 35;
constexpr std::size_t most_texts = 100;

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
    if (tag.size() < 2 || tag.size() > longest_language) return false;
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

Schema Fields::describe(const std::function<void(Fields&)>& reader) {
    Ways ways;
    auto alternatives = Schema::array();
    do {
        auto node = std::make_shared<Node>();
        node->noted.emplace(ways);
        Fields fields{node};
        reader(fields);
        alternatives.push_back(node->described());
    } while (ways.another());
    return alternatives.size() == 1 ? alternatives.front() : Schema{{"oneOf", alternatives}};
}

void Fields::refuse(std::string_view name, std::string_view code, std::string detail) {
    if (node_->noted) return;
    auto pointer = node_->pointer + "/" + escaped(name);
    const bool told = std::ranges::any_of(*node_->errors, [&](const FieldError& error) {
        return error.pointer == pointer && error.code == code;
    });
    if (!told) node_->errors->push_back({std::move(pointer), code, std::move(detail)});
}

const json* Fields::find(std::string_view name, auto&& shape) {
    if (node_->noted) {
        node_->noted->schema["properties"][std::string(name)] = shape();
        return nullptr;
    }
    node_->asked.emplace(name);
    const auto found = node_->object.find(name);
    return found == node_->object.end() ? nullptr : &*found;
}

bool Fields::has(std::string_view name) {
    if (!node_->noted) return node_->object.contains(name);
    auto& noted = *node_->noted;
    const auto known = noted.turns.find(name);
    if (known != noted.turns.end()) return known->second;
    return noted.turns.emplace(name, noted.ways.turn()).first->second;
}

void Fields::need(std::string_view name) {
    if (node_->noted) return node_->noted->need(name);
    if (!node_->object.contains(name)) refuse(name, "required", "This is required.");
}

std::optional<std::string> Fields::found_text(std::string_view name, auto&& shape) {
    const json* value = find(name, shape);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        refuse(name, "type", "This must be a text.");
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::optional<std::string> Fields::optional_secret(std::string_view name) {
    return found_text(name, schema::any_text);
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t longest) {
    auto value = found_text(name, [&] { return schema::text(0, longest); });
    if (!value) return std::nullopt;
    value = std::string(trimmed(*value));
    if (value->size() > longest)
        refuse(name, "too_long", "This is longer than " + std::to_string(longest) + " bytes.");
    if (has_control(*value, ""))
        refuse(name, "control_character", "This holds a control character.");
    return value;
}

std::optional<std::string> Fields::long_text(std::string_view name, std::size_t longest) {
    auto value = found_text(name, [&] { return schema::text(0, longest); });
    if (!value) return std::nullopt;
    if (value->size() > longest)
        refuse(name, "too_long", "This is longer than " + std::to_string(longest) + " bytes.");
    if (has_control(*value, "\r\n\t"))
        refuse(name, "control_character", "This holds a control character.");
    return value;
}

std::string Fields::required(std::string_view name, std::optional<std::string> value) {
    need(name);
    if (node_->noted) node_->noted->schema["properties"][std::string(name)]["minLength"] = 1;
    if (value && value->empty()) refuse(name, "empty", "This must not be empty.");
    return value.value_or("");
}

void Fields::require(std::string_view name) {
    if (!node_->noted) required(name, found_text(name, schema::any_text));
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
    auto value = found_text(name, [] {
        return schema::described(schema::text(0, longest_password),
                                 "At least " + std::to_string(shortest_password) +
                                     " bytes in UTF-8, none of the common ones.");
    });
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
    need(name);
    return optional_new_password(name).value_or("");
}

std::optional<std::string> Fields::optional_security_answer(std::string_view name) {
    auto answer = found_text(name, [] {
        return schema::described(schema::any_text(),
                                 "Compared without white space at its ends, case and accents; at "
                                 "most 256 bytes then.");
    });
    if (!answer) return std::nullopt;
    answer = canonical_answer(*answer);
    if (answer->size() > longest_password)
        refuse(name, "too_long", "This must have at most 256 bytes.");
    return answer;
}
std::string Fields::security_answer(std::string_view name) {
    return required(name, optional_security_answer(name));
}

std::optional<std::uint64_t> Fields::id(std::string_view name) {
    const auto* value = find(name, schema::id);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() == 0 ||
        value->get<std::uint64_t>() > INT64_MAX) {
        refuse(name, "type", "This must be a positive integer.");
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

std::uint64_t Fields::required_id(std::string_view name) {
    need(name);
    return id(name).value_or(0);
}

std::optional<EmailAddress> Fields::email(std::string_view name) {
    const auto value = found_text(name, [] { return schema::formatted("idn-email"); });
    if (!value) return std::nullopt;
    auto address = EmailAddress::parse(*value);
    if (!address) refuse(name, "email", "This is not an e-mail address.");
    return address;
}

EmailAddress Fields::required_email(std::string_view name) {
    need(name);
    static const auto nobody = *EmailAddress::parse("nobody@example.com");
    return email(name).value_or(nobody);
}

std::optional<std::string> Fields::language(std::string_view name) {
    auto value = text(name, longest_language);
    if (node_->noted) {
        auto& member = node_->noted->schema["properties"][std::string(name)];
        member = schema::described(member, "A language tag (BCP 47).");
    }
    if (value && !is_language(*value))
        refuse(name, "language", "This is not a language tag (BCP 47).");
    return value;
}

std::optional<bool> Fields::boolean(std::string_view name) {
    const auto* value = find(name, schema::boolean);
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
    const auto* value = find(name, [&] { return schema::or_null(schema::integer(1, most)); });
    if (value == nullptr) return std::nullopt;
    if (value->is_null()) return std::optional<std::uint32_t>{};
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() == 0 ||
        value->get<std::uint64_t>() > most) {
        refuse(name, "range", "This must be null, or from 1 to " + std::to_string(most) + ".");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(value->get<std::uint64_t>());
}

std::optional<Role> Fields::role(std::string_view name) {
    const auto value = found_text(name, [] { return schema::ref("Role"); });
    if (!value) return std::nullopt;
    for (const auto role : {Role::administrator, Role::operator_, Role::auditor}) {
        if (to_text(role) == *value) return role;
    }
    refuse(name, "role", "A role is administrator, operator or auditor.");
    return Role::auditor;
}

Role Fields::required_role(std::string_view name) {
    need(name);
    return role(name).value_or(Role::auditor);
}

Permissions Fields::required_permissions(std::string_view name) {
    Permissions permissions;
    need(name);
    const auto* value = find(name, [] { return schema::ref("PermissionsOrAll"); });
    if (value == nullptr) return permissions;
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

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
    const auto* value = find(name, [] {
        auto list = schema::list(schema::any_text());
        list["maxItems"] = most_texts;
        return list;
    });
    if (value == nullptr) return std::nullopt;
    std::vector<std::string> list;
    if (!value->is_array() || value->size() > most_texts ||
        !std::ranges::all_of(*value, [](const json& each) { return each.is_string(); })) {
        refuse(name, "type", "This must be a list of at most 100 texts.");
        return list;
    }
    for (const auto& each : *value)
        list.push_back(each.get<std::string>());
    return list;
}

std::optional<std::set<MailTopic>> Fields::mail_topics(std::string_view name) {
    const auto given = texts(name);
    if (node_->noted)
        node_->noted->schema["properties"][std::string(name)]["items"] = schema::ref("MailTopic");
    if (!given) return std::nullopt;
    std::set<MailTopic> topics;
    for (const auto& each : *given) {
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
    const auto* value = find(name, [] { return Schema::object(); });
    if (node_->noted) return noted_within(name);
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

Fields Fields::noted_within(std::string_view name) {
    auto inner = std::make_shared<Node>();
    inner->noted.emplace(node_->noted->ways);
    inner->place = name;
    node_->inner.push_back(inner);
    return Fields{std::move(inner)};
}

std::vector<Fields> Fields::required_objects(std::string_view name, std::size_t most) {
    std::vector<Fields> list;
    need(name);
    const auto* value =
        find(name, [&] { return Schema{{"type", "array"}, {"minItems", 1}, {"maxItems", most}}; });
    if (node_->noted) {
        list.push_back(noted_within(name));
        list.back().node_->listed = true;
    }
    if (value == nullptr) return list;
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
    need(name);
    const auto value = found_text(name, [] { return schema::ref("Amount"); });
    if (!value) return {};
    const auto amount = Amount::parse(*value);
    if (!amount)
        refuse(name, "amount",
               "This must be an amount as decimal text, as \"9.95\": at most 12 digits before the "
               "point and 4 behind it.");
    return amount.value_or(Amount{});
}

std::string Fields::required_currency(std::string_view name) {
    need(name);
    const auto value = found_text(name, [] { return schema::ref("Currency"); });
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (value && (value->size() != 3 || !std::ranges::all_of(*value, is_capital)))
        refuse(name, "currency", "This must be a currency's code of three capitals (ISO 4217).");
    return value.value_or("");
}

std::optional<std::string> Fields::choice(std::string_view name,
                                          const std::vector<std::string_view>& values) {
    auto value = found_text(name, [&] { return schema::choice(values); });
    if (value && std::ranges::find(values, *value) == values.end()) {
        refuse(name, "choice", "This is none of the values that are possible.");
    }
    return value;
}

std::string Fields::required_choice(std::string_view name,
                                    const std::vector<std::string_view>& values) {
    need(name);
    return choice(name, values).value_or("");
}

ProfileChange Fields::profile(Notes notes) {
    ProfileChange change;
    for_each_field(change, [&](std::string_view name, std::optional<std::string>& value) {
        if (name == "notes") {
            if (notes == Notes::taken) value = long_text(name, 16'384);
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
