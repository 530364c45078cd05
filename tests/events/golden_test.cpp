// The bytes of every event in every version that was ever stored. They must decode for ever: a line
// is added when an event or a version is, and none is ever changed.
#include "tests/events/golden.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "events/text.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

constexpr std::uint64_t golden_seed = 2026;

std::string golden_name(EventType type) {
    return std::string{type.name} + " " + std::to_string(type.version);
}

std::string bytes_of_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t n = 0; n + 1 < hex.size(); n += 2)
        bytes.push_back(static_cast<char>(std::stoi(std::string{hex.substr(n, 2)}, nullptr, 16)));
    return bytes;
}

// The event of which the bytes were made: seeded by its name, so that the order does not matter.
template <class E>
Event golden_event() {
    std::uint64_t seed = golden_seed;
    for (const char c : golden_name(E::type))
        seed = seed * 31 + static_cast<unsigned char>(c);
    return Maker{seed}.make<E>();
}
template <class... E>
Events golden_events(const std::variant<E...>*) {
    return {golden_event<E>()...};
}

const Circumstances golden_circumstances{
    noon, {ActorKind::admin, 3, UserId{5}}, "\xc0\xa8\1\2", {1, 2, 3, 4}};

TEST(Golden, EveryEventHasItsBytesAndTheyDecodeForEver) {
    std::map<std::string_view, std::string_view> golden;
    for (const auto& [name, hex] : golden_records)
        EXPECT_TRUE(golden.emplace(name, hex).second) << name << " stands twice";

    Vault vault;
    for (const auto& event : golden_events(static_cast<const Event*>(nullptr))) {
        const auto name = golden_name(type_of(event));
        const auto bytes = stored_bytes(event, golden_circumstances, Position{7}, vault);
        if (!golden.contains(name)) {
            ADD_FAILURE() << "{\"" << name << "\", \"" << to_hex(bytes) << "\"},";
            continue;
        }
        EXPECT_EQ(to_hex(bytes), golden[name]) << name << " is not stored as it was";
        const auto record = decode(bytes_of_hex(golden[name]), &vault.keyring);
        ASSERT_TRUE(record) << name << ": " << record.error().message;
        EXPECT_EQ(record->event, event) << name;
        EXPECT_EQ(record->caller, golden_circumstances.caller);
        EXPECT_EQ(record->actor, golden_circumstances.actor);
    }
}

TEST(Golden, WhatWasStoredInAnEarlierVersionIsWhatItIsToday) {
    Vault vault;
    const auto stored = std::ranges::find(golden_records, "ticket.deleted 1", &GoldenRecord::name);
    const auto record = decode(bytes_of_hex(stored->hex), &vault.keyring);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->event, Event{(TicketDeleted{{6}, AccountId{21}})});
}

TEST(Golden, EveryVersionThatWasEverStoredDecodes) {
    Vault vault;
    for (const auto& [name, hex] : golden_records) {
        const auto record = decode(bytes_of_hex(hex), &vault.keyring);
        EXPECT_TRUE(record) << name << ": " << record.error().message;
    }
}

}  // namespace
}  // namespace muster
