// Identifiers. An Id is a positive number that names one kind of thing, handed out in sequence from
// 1 for each kind, so that a UserId is never passed where an AccountId is meant.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>

namespace muster {

template <class Thing>
struct Id {
    std::uint64_t number{};
    auto operator<=>(const Id&) const = default;
    explicit operator bool() const { return number != 0; }
};

using UserId = Id<struct UserThing>;
using AccountId = Id<struct AccountThing>;
using InvitationId = Id<struct InvitationThing>;  // Lives inside an account: no stream of its own.
using SessionId = Id<struct SessionThing>;  // A user's and an admin's sessions share one sequence.
using AdminId = Id<struct AdminThing>;
using ApiKeyId = Id<struct ApiKeyThing>;
using MailId = Id<struct MailThing>;        // The position of the event that the mail answers to.
using ContactId = Id<struct ContactThing>;  // Lives inside an account, too.
using OrderId = Id<struct OrderThing>;      // As well.
using TicketId = Id<struct TicketThing>;
using ReplyId = Id<struct ReplyThing>;  // From 1 within each ticket.
// As a legacy system numbered them; never handed out here.
using LegacyClientId = Id<struct LegacyClientThing>;
using LegacyContactId = Id<struct LegacyContactThing>;

// A keyed digest: the first 128 bits of HMAC-SHA-256 (RFC 2104). It tells equal things from
// different ones to whoever holds the key, and nothing to anybody else.
template <class Thing>
struct Digest {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Digest&) const = default;
};

using EmailKey = Digest<struct EmailThing>;  // Of a normalised e-mail address.
// Of whom attempts at the door are about, and the network that they come from.
using AttemptsKey = Digest<struct AttemptsThing>;

// A key that is mentioned only: it puts an event into no stream.
template <class Key>
struct Mention {
    Key key{};
    auto operator<=>(const Mention&) const = default;
};

// A place in the log. Positions are dense from 1; zero is "before the first".
struct Position {
    std::uint64_t number{};
    auto operator<=>(const Position&) const = default;
    Position next() const { return {number + 1}; }
};

}  // namespace muster

template <class Thing>
struct std::hash<muster::Id<Thing>> {
    std::size_t operator()(const muster::Id<Thing>& id) const {
        return static_cast<std::size_t>(id.number * 0x9e3779b97f4a7c15U);
    }
};

template <class Thing>
struct std::hash<muster::Digest<Thing>> {
    std::size_t operator()(const muster::Digest<Thing>& digest) const {
        std::size_t value{};
        std::memcpy(&value, digest.bytes.data(), sizeof value);  // As good as random.
        return value;
    }
};
