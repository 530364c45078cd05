#include "events/json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "events/text.hpp"
#include "events/tree.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

std::string quoted(std::string_view text) {
    std::string json;
    JsonWriter{json}.text(text);
    return json;
}

TEST(Json, TextIsEscapedAsRfc8259Asks) {
    EXPECT_EQ(quoted("Ada"), R"("Ada")");
    EXPECT_EQ(quoted("\"\\/"), R"("\"\\/")");
    EXPECT_EQ(quoted("\n\r\t\b\x01\x1f"), R"("\n\r\t\u0008\u0001\u001f")");
    EXPECT_EQ(quoted(std::string_view{"a\0b", 3}), R"("a\u0000b")");
    EXPECT_EQ(quoted("Löwe 日本 🦊 <&>"), "\"Löwe 日本 🦊 <&>\"");
}

TEST(Json, WhereACharacterStandsMakesNoDifference) {
    constexpr std::string_view around = "sixteen and more characters of plain text";
    for (int c = 0; c < 0x80; ++c) {
        const std::string_view named = "\"\\\n\r\t", escapes = "\"\\nrt";
        const auto at = c == 0 ? named.npos : named.find(static_cast<char>(c));
        std::string shown(1, static_cast<char>(c));
        if (at != named.npos) {
            shown = {'\\', escapes[at]};
        } else if (c < 0x20 || c == 0x7f) {
            shown = fmt::format("\\u{:04x}", c);
        }
        for (std::size_t before = 0; before <= around.size(); ++before) {
            std::string text{around}, expected{around};
            text.insert(before, 1, static_cast<char>(c));
            expected.insert(before, shown);
            ASSERT_EQ(quoted(std::string_view{text}), '"' + expected + '"')
                << c << " at " << before;
        }
    }
}

TEST(Json, WhatATerminalWouldObeyIsEscapedAndMeansTheSame) {
    const std::string text = "\u009b2J\u202egnp.exe\u2066\u2028\u200f\ufeff\U000e0041\x1b[31m";
    const auto json = quoted(std::string_view{text});
    EXPECT_EQ(json, R"("\u009b2J\u202egnp.exe\u2066\u2028\u200f\ufeff\udb40\udc41\u001b[31m")");
    EXPECT_EQ(nlohmann::json::parse(json), text);
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
    EXPECT_EQ(quoted("a\xff\xc3z"), "\"a\ufffd\ufffdz\"");
    EXPECT_EQ(quoted("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\"");
}

TEST(Json, CommasStandBetweenValuesOnly) {
    std::string json;
    JsonWriter out{json};
    out.begin_object().key("a").begin_array().end_array();
    out.key("b").begin_array().number(std::uint64_t{1}).begin_object().end_object();
    out.number(std::int64_t{-2}).boolean(true).null().raw("[0]").end_array();
    out.key("c").time(Time{}).key("d").permissions({Permission::orders, Permission::profile});
    out.end_object();
    EXPECT_EQ(json, R"({"a":[],"b":[1,{},-2,true,null,[0]],"c":"1970-01-01T00:00:00.000Z",)"
                    R"("d":["profile","orders"]})");
}

TEST(Json, EveryEventIsJsonWithAllItsFields) {
    Vault vault;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        for (const auto& event : one_of_each(seed)) {
            std::string json;
            JsonWriter out{json};
            write_data(out, event);
            const auto parsed = nlohmann::json::parse(json);
            const auto check = [&]<class Field>(std::string_view name, const Field&) {
                constexpr bool is_told = !std::is_same_v<Field, SettingsKey>;
                EXPECT_EQ(parsed.contains(std::string{name}), is_told) << json;
            };
            std::visit([&](const auto& e) { for_each_field(e, check); }, event);
        }
    }
}

TEST(Json, APlannedEventSaysWhatADryRunShows) {
    std::string json;
    JsonWriter out{json};
    write_planned(out, AssociationGranted{acme, bob, {Permission::emails}, {}});
    EXPECT_EQ(json, R"({"type":"account.association_granted","version":1,)"
                    R"("streams":["account-1","user-2"],"data":{"account":1,"user":2,)"
                    R"("permissions":["emails"],"invitation":null}})");
    const auto released = UserDeleted{.user = bob, .released = {EmailKey{{0xab}}}};
    std::string shown, hidden;
    JsonWriter showing{shown}, hiding{hidden, JsonWriter::Digests::hidden};
    write_planned(showing, released);
    write_planned(hiding, released);
    EXPECT_TRUE(shown.contains(R"("email-ab0000)")) << shown;
    EXPECT_TRUE(hidden.contains(R"(["user-2","email"])")) << hidden;
    EXPECT_FALSE(hidden.contains("ab0000")) << hidden;
}

TEST(Json, ARecordHasItsBytesAndItsHash) {
    Vault vault;
    const Circumstances about{noon, {ActorKind::admin, 4, bob}, "", {0xab}};
    const auto bytes = stored_bytes(AccountClosed{acme}, about, Position{7}, vault);
    std::string json;
    JsonWriter out{json};
    write_record(out, decode(bytes, nullptr).value(), {Position{7}, bytes, leaf_hash(bytes)});
    EXPECT_EQ(json, R"({"position":7,"at":"2026-09-21T14:13:20.000Z","type":"account.closed",)"
                    R"("version":1,"streams":[{"stream":"account-1","version":1}],)"
                    R"("actor":{"kind":"admin","id":4,"on_behalf_of":2},"data":{"account":1},)"
                    R"("trace_id":"ab000000000000000000000000000000","leaf_hash":")" +
                        to_base64(as_text(leaf_hash(bytes))) + R"(","record":")" +
                        to_base64(bytes) + "\"}");
}

TEST(Json, ErasedDataAndSystemAreNull) {
    std::string json;
    JsonWriter out{json};
    write_data(out, UserRenamed{ada, {}});
    EXPECT_EQ(json, R"({"user":1,"name":null})");
    json.clear();
    JsonWriter actor{json};
    write_actor(actor, {});
    EXPECT_EQ(json, R"({"kind":"system","id":null})");
}

}  // namespace
}  // namespace muster
