// JSON Schemas (draft 2020-12) as values: what a field, a parameter or an answer may be.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace muster::http {

using Schema = nlohmann::ordered_json;

namespace schema {

// Lengths are in characters; where the interface counts bytes, they hold for any text that it
// takes.
Schema text(std::size_t shortest, std::size_t longest);
Schema any_text();
Schema formatted(std::string_view format);  // "date-time"
Schema matching(std::string_view pattern, std::string_view description);
Schema choice(const std::vector<std::string_view>& values);
Schema integer(std::uint64_t least, std::uint64_t most);
Schema count();  // From 0.
Schema id();     // From 1.
Schema boolean();
Schema list(Schema items);
Schema or_null(Schema schema);
Schema ref(std::string_view component);  // Of #/components/schemas.
Schema described(Schema schema, std::string_view description);

// An object with these members and no others. A name with a question mark at its end is optional.
struct Member {
    std::string_view name;
    Schema schema;
};
Schema object(const std::vector<Member>& members);

// What an enumeration is told by.
template <class Enum>
std::vector<std::string_view> texts_of() {
    std::vector<std::string_view> texts;
    for (std::uint8_t n = 0; n < UINT8_MAX; ++n) {
        if (valid(Enum{n})) texts.push_back(to_text(Enum{n}));
    }
    return texts;
}

}  // namespace schema
}  // namespace muster::http
