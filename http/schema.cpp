#include "http/schema.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace muster::http::schema {

Schema text(std::size_t shortest, std::size_t longest) {
    Schema schema{{"type", "string"}};
    if (shortest > 0) schema["minLength"] = shortest;
    schema["maxLength"] = longest;
    return schema;
}

Schema any_text() { return {{"type", "string"}}; }

Schema formatted(std::string_view format) { return {{"type", "string"}, {"format", format}}; }

Schema matching(std::string_view pattern, std::string_view description) {
    return {{"type", "string"}, {"pattern", pattern}, {"description", description}};
}

Schema choice(const std::vector<std::string_view>& values) {
    return {{"type", "string"}, {"enum", values}};
}

Schema integer(std::uint64_t least, std::uint64_t most) {
    return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

Schema count() { return {{"type", "integer"}, {"minimum", 0}}; }

Schema id() { return {{"type", "integer"}, {"format", "int64"}, {"minimum", 1}}; }

Schema boolean() { return {{"type", "boolean"}}; }

Schema list(Schema items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Schema or_null(Schema schema) {
    if (!schema.contains("type") || schema.contains("enum"))
        return {{"oneOf", Schema::array({std::move(schema), Schema{{"type", "null"}}})}};
    schema["type"] = Schema::array({schema["type"], "null"});
    return schema;
}

Schema ref(std::string_view component) {
    return {{"$ref", "#/components/schemas/" + std::string(component)}};
}

Schema described(Schema schema, std::string_view description) {
    schema["description"] = description;
    return schema;
}

Schema object(const std::vector<Member>& members) {
    Schema schema{{"type", "object"},
                  {"properties", Schema::object()},
                  {"required", Schema::array()},
                  {"additionalProperties", false}};
    for (const auto& [name, member] : members) {
        const bool optional = name.ends_with('?');
        const std::string plain{name.substr(0, name.size() - (optional ? 1 : 0))};
        schema["properties"][plain] = member;
        if (!optional) schema["required"].push_back(plain);
    }
    return schema;
}

}  // namespace muster::http::schema
