// The description of the interface: whole, closed, and the same as the routes. That every answer
// and every accepted request is as it says is checked wherever a test asks for something
// (described.hpp).

#include "http/description.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "http/body.hpp"
#include "http/problem.hpp"
#include "http/route.hpp"
#include "http/target.hpp"
#include "tests/http/described.hpp"

namespace muster::http::description_test {

using Document = nlohmann::ordered_json;

// Calls visit(object) for each object in the document.
void for_each_object(const Document& node, const auto& visit) {
    if (node.is_object()) visit(node);
    if (!node.is_structured()) return;
    for (const auto& each : node)
        for_each_object(each, visit);
}

TEST(Description, IsServedToAnyone) {
    House house;
    auto nobody = house.visitor();
    const auto reply = nobody.get("/openapi.json");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Content-Type"), "application/json");
    EXPECT_EQ(reply.body, Json(description()));
    EXPECT_EQ(reply.body.at("openapi"), "3.1.0");
    const auto tag = reply.header("ETag");
    EXPECT_EQ(nobody.get("/openapi.json", {{"If-None-Match", tag}}).status, 304);
    EXPECT_EQ(nobody.get("/openapi.json", {{"If-None-Match", "\"x\""}}).status, 200);
}

TEST(Description, HasEveryRouteAndNoOther) {
    std::size_t described = 0;
    for (const auto& [path, operations] : description().at("paths").items())
        described += operations.size();
    EXPECT_EQ(described, routes().size());
    for (const auto& route : routes()) {
        std::string method;
        for (const char c : text_of(route.method))
            method += static_cast<char>(std::tolower(c));
        const auto& operation = description().at("paths").at(described_path(route.path)).at(method);
        EXPECT_EQ(operation.at("operationId"), route.operation);
        EXPECT_FALSE(operation.at("description").get<std::string>().empty()) << route.operation;
    }
}

TEST(Description, EveryReferenceLeadsSomewhereAndEveryComponentIsUsed) {
    std::set<std::string> used;
    for_each_object(description(), [&](const Document& object) {
        if (object.contains("$ref")) used.insert(object.at("$ref"));
    });
    for (const auto& reference : used)
        EXPECT_TRUE(description().contains(Document::json_pointer(reference.substr(1))))
            << reference;
    for (const auto& [kind, components] : description().at("components").items()) {
        if (kind == "securitySchemes") continue;
        for (const auto& [name, component] : components.items())
            EXPECT_TRUE(used.contains("#/components/" + kind + "/" + name)) << kind << " " << name;
    }
}

TEST(Description, EveryTagIsDescribedAndUsed) {
    std::set<std::string> described, used;
    for (const auto& tag : description().at("tags"))
        described.insert(tag.at("name"));
    for (const auto& route : routes())
        used.emplace(route.words.tag);
    EXPECT_EQ(described, used);
}

TEST(Description, EveryRefusalHasItsStatus) {
    for_each_object(description().at("paths"), [&](const Document& object) {
        if (!object.contains("responses")) return;
        for (const auto& [status, answer] : object.at("responses").items())
            EXPECT_NE(status, "0") << object.at("operationId") << answer;
    });
}

TEST(Description, EveryObjectIsClosedOrAnOpenOne) {
    // What an event holds is described nowhere, and this document has a schema of its own.
    std::size_t open = 0;
    for_each_object(description().at("components").at("schemas"), [&](const Document& object) {
        const bool is_object = object.value("type", Document{}) == "object";
        if (is_object && !object.contains("properties")) ++open;
        if (is_object && object.contains("properties")) {
            EXPECT_EQ(object.at("additionalProperties"), false) << object;
        }
    });
    EXPECT_EQ(open, 3U);
}

// --- What readers are seen to ask for

TEST(Describing, AReaderTellsItsFields) {
    const auto schema = Fields::describe([](Fields& body) {
        body.required_text("name", 40);
        body.id("user_id");
        for (auto& item : body.required_objects("items", 3))
            item.required_text("text");
        if (auto inner = body.object("inner")) inner->boolean("on");
    });
    EXPECT_EQ(schema.at("required"), (Document{"name", "items"}));
    EXPECT_EQ(schema.at("additionalProperties"), false);
    const auto& properties = schema.at("properties");
    EXPECT_EQ(properties.at("name"),
              (Document{{"type", "string"}, {"maxLength", 40}, {"minLength", 1}}));
    EXPECT_EQ(properties.at("user_id").at("minimum"), 1);
    EXPECT_EQ(properties.at("items").at("maxItems"), 3);
    EXPECT_EQ(properties.at("items").at("items").at("required"), Document::array({"text"}));
    EXPECT_EQ(properties.at("inner").at("properties").at("on"), (Document{{"type", "boolean"}}));
    EXPECT_EQ(properties.at("inner").at("required"), Document::array());
}

TEST(Describing, EveryWayThroughAReaderIsAnAlternative) {
    const auto schema = Fields::describe([](Fields& body) {
        if (body.has("a")) {
            body.id("a");
        } else if (body.has("b")) {
            body.id("b");
        } else {
            body.id("c");
        }
    });
    const auto& ways = schema.at("oneOf");
    ASSERT_EQ(ways.size(), 3U);
    EXPECT_EQ(misfit(schema, {{"a", 1}}), "");
    EXPECT_EQ(misfit(schema, {{"b", 1}}), "");
    EXPECT_EQ(misfit(schema, {{"c", 1}}), "");
    EXPECT_EQ(misfit(schema, Json::object()), "");
    EXPECT_NE(misfit(schema, {{"a", 1}, {"b", 1}}), "");
    EXPECT_NE(misfit(schema, {{"b", 1}, {"c", 1}}), "");
    EXPECT_NE(misfit(schema, {{"d", 1}}), "");
}

TEST(Describing, NothingIsRefusedWhileItIsDescribed) {
    const auto schema = Fields::describe([](Fields& body) {
        body.require("name");
        body.refuse("name", "empty", "This must not be empty.");
        EXPECT_EQ(body.required_id("id"), 0U);
    });
    EXPECT_EQ(schema.at("required"), Document::array({"id"}));
    EXPECT_FALSE(schema.at("properties").contains("name"));
}

TEST(Describing, AReaderTellsItsParameters) {
    const auto schemas = Parameters::describe([](Parameters& query) {
        query.page();
        query.choice("sort", {"id", "name"});
        query.required_number("position", 1, 9);
    });
    EXPECT_EQ(schemas.at("limit"),
              (Document{{"type", "integer"}, {"minimum", 1}, {"maximum", 200}}));
    EXPECT_EQ(schemas.at("sort").at("enum"), (Document{"id", "name"}));
    EXPECT_EQ(schemas.at("total").at("type"), "boolean");
    EXPECT_EQ(schemas.at("position").at("required"), true);
    EXPECT_FALSE(schemas.at("limit").contains("required"));
}

TEST(Describing, WhatMustBeThereIsRequired) {
    const auto& document = description();
    const auto& parameters =
        document.at("paths").at("/v1/log/proofs/inclusion").at("get").at("parameters");
    const auto required = [&](std::string_view name) {
        const auto found = std::ranges::find_if(
            parameters, [&](const Document& each) { return each.value("name", "") == name; });
        return found != parameters.end() && found->value("required", false);
    };
    EXPECT_TRUE(required("position"));
    EXPECT_FALSE(required("size"));
}

// --- The check itself

TEST(Misfits, AreFound) {
    const auto user = [] {
        return Json{{"id", 7},
                    {"first_name", "Ada"},
                    {"last_name", "L"},
                    {"email", nullptr},
                    {"language", "en"},
                    {"two_factor", false},
                    {"security_question", false},
                    {"email_verified", true},
                    {"identity_verification", "none"},
                    {"last_sign_in_at", "2026-05-01T12:00:00.000Z"},
                    {"account_count", 0},
                    {"created_at", "2026-05-01T12:00:00.000Z"}};
    };
    const Document schema{{"$ref", "#/components/schemas/User"}};
    EXPECT_EQ(misfit(schema, user()), "");
    const std::vector<std::pair<std::string, Json>> wrong{{"id", 0},
                                                          {"id", "7"},
                                                          {"id", 1.5},
                                                          {"first_name", nullptr},
                                                          {"two_factor", 1},
                                                          {"identity_verification", "sure"},
                                                          {"last_sign_in_at", "yesterday"},
                                                          {"account_count", -1},
                                                          {"password", "x"},
                                                          {"created_at", nullptr}};
    for (const auto& [name, value] : wrong) {
        auto changed = user();
        changed[name] = value;
        EXPECT_NE(misfit(schema, changed), "") << name << value;
    }
    const auto whole = user();
    for (const auto& [name, value] : whole.items()) {
        auto cut = whole;
        cut.erase(name);
        EXPECT_NE(misfit(schema, cut), "") << name;
    }
    EXPECT_THROW(misfit({{"maxProperties", 1}}, {}), std::logic_error);
}

TEST(Misfits, AnAnswerThatIsNotDescribedIsFound) {
    const Reply fine{.status = 200,
                     .headers = {{"Content-Type", "application/json"}},
                     .text = "x",
                     .body = {{"status", "live"}}};
    EXPECT_EQ(undescribed({"GET", "/livez", "", fine}), "");
    EXPECT_NE(undescribed({"GET", "/livez?x=1", "", fine}), "");
    EXPECT_NE(undescribed({"GET", "/readyz", "", fine}), "");
    auto other = fine;
    other.status = 201;
    EXPECT_NE(undescribed({"GET", "/livez", "", other}), "");
    const Reply refused{.status = 403,
                        .headers = {{"Content-Type", "application/problem+json"}},
                        .text = "x",
                        .body = {{"type", "/problems/access.role"},
                                 {"title", "t"},
                                 {"status", 403},
                                 {"detail", "d"},
                                 {"code", "access.role"},
                                 {"trace_id", std::string(32, '0')}}};
    EXPECT_EQ(undescribed({"GET", "/v1/users", "", refused}), "");
    auto unheard = refused;
    unheard.body["code"] = "profile.locked";
    EXPECT_NE(undescribed({"GET", "/v1/users", "", unheard}), "");
    const Reply done{.status = 204};
    EXPECT_EQ(undescribed({"DELETE", "/v1/users/7", "", done}), "");
    EXPECT_NE(undescribed({"DELETE", "/v1/users/7", "{\"x\":1}", done}), "");
    EXPECT_EQ(undescribed({"PUT", "/v1/me/password",
                           R"({"current_password":"a","password":"analytical engine"})", done}),
              "");
    EXPECT_NE(undescribed({"PUT", "/v1/me/password", R"({"current_password":"a"})", done}), "");
    EXPECT_NE(undescribed({"PUT", "/v1/me/password", "", done}), "");
}

}  // namespace muster::http::description_test
