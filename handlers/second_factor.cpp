// In the vault, both sealed:
//   secret         := varint number, 20 bytes
//   recovery codes := varint number, 10 * digest(32)    SHA-256 of the code without its hyphens
#include "handlers/second_factor.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "events/bytes.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::int64_t step_ms = 30'000;
constexpr std::size_t recovery_code_bytes = 10, recovery_digest_size = 32;

// RFC 4226, section 5.3.
std::uint32_t truncated(const std::array<std::uint8_t, 20>& mac) {
    const auto offset = static_cast<std::size_t>(mac.back() & 0xf);
    return (static_cast<std::uint32_t>(mac[offset] & 0x7f) << 24) |
           (static_cast<std::uint32_t>(mac[offset + 1]) << 16) |
           (static_cast<std::uint32_t>(mac[offset + 2]) << 8) |
           static_cast<std::uint32_t>(mac[offset + 3]);
}

// Letters large, without spaces and hyphens.
std::string canonical(std::string_view code) {
    std::string out;
    for (const auto c : code) {
        if (c == ' ' || c == '-') continue;
        out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    return out;
}

std::string digest_of(std::string_view canonical_code) {
    std::string digest(recovery_digest_size, '\0');
    EVP_Digest(canonical_code.data(), canonical_code.size(),
               reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(), nullptr);
    return digest;
}

// Empty: there is none.
std::expected<std::string, Fault> open_secret(const Log& log, const Keys& keys, SecretKind kind,
                                              std::uint64_t number) {
    const auto place = vault_key(kind, number);
    const auto sealed = log.vault(place);
    if (!sealed) return std::unexpected(sealed.error());
    if (!*sealed) return std::string{};
    auto secret = keys.open_secret(place, **sealed);
    if (!secret)
        return std::unexpected(Fault{Fault::Kind::damaged, "a secret in the vault does not open"});
    return std::move(*secret);
}

// The step around `now` that the code is of; zero: none.
std::uint64_t step_of(const FactorSecret& secret, std::string_view code, Time now) {
    std::uint64_t found = 0;
    const auto middle = time_step(now);
    for (auto near = middle - 1; near <= middle + 1; ++near) {  // Each looked at, whatever matched.
        if (equal_in_constant_time(one_time_password(secret, near), code)) found = near;
    }
    return found;
}

std::uint32_t which_recovery_code(std::string_view digests, std::string_view code) {
    const auto digest = digest_of(code);
    std::uint32_t found = 0;
    for (std::uint32_t n = 0; n < recovery_code_count; ++n) {
        if (equal_in_constant_time(digests.substr(n * digest.size(), digest.size()), digest))
            found = n + 1;
    }
    return found;
}

}  // namespace

std::uint64_t time_step(Time at) { return static_cast<std::uint64_t>(at.ms / step_ms); }

std::string one_time_password(const FactorSecret& secret, std::uint64_t step) {
    std::string message;
    Writer{message}.fixed64(step);
    std::array<std::uint8_t, 20> mac{};
    unsigned size = 0;
    HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size);
    return fmt::format("{:06}", truncated(mac) % 1'000'000);
}

std::string to_base32(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const auto c : bytes) {
        held = held << 8 | static_cast<std::uint8_t>(c);
        for (bits += 8; bits >= 5; bits -= 5)
            out.push_back(letters[held >> (bits - 5) & 31]);
    }
    if (bits > 0) out.push_back(letters[held << (5 - bits) & 31]);
    return out;
}

std::string provisioning_uri(const FactorSecret& secret, std::string_view issuer,
                             std::string_view name) {
    return fmt::format(
        "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period=30",
        percent_encoded(issuer), percent_encoded(name), to_base32(as_text(secret)));
}

std::vector<std::string> draw_recovery_codes() {
    std::vector<std::string> codes;
    for (std::uint32_t n = 0; n < recovery_code_count; ++n) {
        const auto letters =
            to_base32(as_text(random_bytes<std::array<std::uint8_t, recovery_code_bytes>>()));
        codes.push_back(letters.substr(0, 4) + '-' + letters.substr(4, 4) + '-' +
                        letters.substr(8, 4) + '-' + letters.substr(12, 4));
    }
    return codes;
}

void keep_factor(Work& work, const FactorPlace& place, std::uint32_t factor,
                 const FactorSecret& secret) {
    std::string bytes;
    Writer out{bytes};
    out.varint(factor);
    out.raw(secret);
    work.keep_secret(place.secret, place.number, bytes);
}

void keep_recovery_codes(Work& work, const FactorPlace& place, std::uint32_t factor,
                         const std::vector<std::string>& codes) {
    std::string bytes;
    Writer out{bytes};
    out.varint(factor);
    for (const auto& code : codes)
        out.raw(digest_of(canonical(code)));
    work.keep_secret(place.recovery_codes, place.number, bytes);
}

void erase_factor(Work& work, const FactorPlace& place) {
    work.erase_secret(place.secret, place.number);
    work.erase_secret(place.recovery_codes, place.number);
}

std::expected<GivenCode, Fault> judge_code(const Log& log, const Keys& keys,
                                           const FactorPlace& place, std::string_view code,
                                           Time now) {
    GivenCode given{.given = GivenCode::Given::yes};
    const auto secret = open_secret(log, keys, place.secret, place.number);
    if (!secret) return std::unexpected(secret.error());
    if (secret->empty()) return given;
    const auto text = canonical(code);
    Reader in{*secret};
    given.factor = static_cast<std::uint32_t>(in.varint());
    FactorSecret key{};
    const auto raw = in.raw(key.size());
    std::copy(raw.begin(), raw.end(), key.begin());
    given.step = step_of(key, text, now);

    const auto kept = open_secret(log, keys, place.recovery_codes, place.number);
    if (!kept) return std::unexpected(kept.error());
    Reader codes{*kept};
    const bool of_this_factor = !kept->empty() && codes.varint() == given.factor;
    if (of_this_factor && codes.left() == recovery_code_count * recovery_digest_size)
        given.recovery_code = which_recovery_code(codes.raw(codes.left()), text);
    return given;
}

}  // namespace muster
