#include "events/token.hpp"

#include <array>

#include "events/bytes.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::size_t token_mac_size = 24;

struct TokenPrefix {
    TokenPurpose purpose;
    std::string_view text;
};
constexpr std::array<TokenPrefix, 6> token_prefixes{{
    {TokenPurpose::setup, "mu_"},
    {TokenPurpose::session, "ms_"},
    {TokenPurpose::api_key, "mk_"},
    {TokenPurpose::invitation, "mi_"},
    {TokenPurpose::password_reset, "mp_"},
    {TokenPurpose::email_verification, "mv_"},
}};

std::string_view prefix_of(TokenPurpose purpose) {
    return token_prefixes[static_cast<std::size_t>(purpose) - 1].text;
}

}  // namespace

std::string to_text(const Token& token, const Keys& keys) {
    std::string message;
    Writer out{message};
    out.byte(static_cast<std::uint8_t>(token.purpose));
    out.varint(token.id);
    out.varint(token.sequence);
    const auto mac = keys.token_mac(message);

    auto bytes = message.substr(1);
    bytes.append(as_text(mac).substr(0, token_mac_size));
    return std::string{prefix_of(token.purpose)} + to_base64url(bytes);
}

// The numbers are no secret: only what follows from the key is compared, by making the text again.
std::optional<Token> parse_token(TokenPurpose purpose, std::string_view text, const Keys& keys) {
    if (!text.starts_with(prefix_of(purpose))) return std::nullopt;
    const auto bytes = from_base64url(text.substr(prefix_of(purpose).size()));
    if (!bytes) return std::nullopt;
    Reader in{*bytes};
    Token token{purpose, 0, 0};
    token.id = in.varint();
    token.sequence = in.varint();
    if (!in.ok() || in.left() != token_mac_size) return std::nullopt;
    if (!equal_in_constant_time(to_text(token, keys), text)) return std::nullopt;
    return token;
}

std::optional<TokenPurpose> purpose_of(std::string_view text) {
    for (const auto& [purpose, prefix] : token_prefixes) {
        if (text.starts_with(prefix)) return purpose;
    }
    return std::nullopt;
}

}  // namespace muster
