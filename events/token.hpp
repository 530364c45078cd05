// Tokens: what a session, an API key or a one-time link is known by. A token is derived (a MAC over
// purpose, id and sequence), so it is stored nowhere, and it is bound to its purpose, its object
// and its sequence.
//
//   text   := prefix base64url(number number mac)    without padding (RFC 4648)
//   prefix := "mu_" set-up | "ms_" session | "mk_" API key | "mi_" invitation
//           | "mp_" password reset | "mv_" e-mail verification
//   number := varint                                 the id, then the sequence
//   mac    := the first 24 bytes of HMAC-SHA-256 over purpose(1) number number
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/sealing.hpp"

namespace muster {

// The numbers are part of every token's MAC: append, never renumber.
enum class TokenPurpose : std::uint8_t {
    setup = 1,
    session = 2,
    api_key = 3,
    invitation = 4,
    password_reset = 5,
    email_verification = 6,
};

struct Token {
    TokenPurpose purpose{};
    std::uint64_t id{};        // Of the session, key, invitation or user; zero for the set-up.
    std::uint64_t sequence{};  // E.g. which of an invitation's links.
    bool operator==(const Token&) const = default;
};

std::string to_text(const Token& token, const Keys& keys);

// Absent for anything but the exact text of a token of this purpose. Takes a time that does not
// depend on where a guess goes wrong.
std::optional<Token> parse_token(TokenPurpose purpose, std::string_view text, const Keys& keys);

// The purpose that the text's prefix names, nothing else checked.
std::optional<TokenPurpose> purpose_of(std::string_view text);

}  // namespace muster
