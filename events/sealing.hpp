// Keys, and what is sealed under them. One root key a data folder; every other key is derived from
// it or, for subjects, from it and a random seed in the vault, so that erasing the seed erases the
// key.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/id.hpp"
#include "events/personal.hpp"

namespace muster {

using Key = std::array<std::uint8_t, 32>;
using Salt = std::array<std::uint8_t, 12>;
using Seed = std::array<std::uint8_t, 16>;

// Fills with bytes from the system's generator.
void draw_random(std::span<std::uint8_t> out);
template <class Bytes>
Bytes random_bytes() {
    Bytes bytes;
    draw_random(bytes);
    return bytes;
}

// HMAC-SHA-256 (RFC 2104) under one key, which is worked in once: that is half of a short MAC.
class Mac {
public:
    explicit Mac(const Key& key);
    Key of(std::string_view message) const;

private:
    struct Prepared;
    std::shared_ptr<const Prepared> prepared_;
};
// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view one, std::string_view other);

// The keys of a data folder, each for one purpose (derived with BLAKE2b as libsodium's crypto_kdf
// has it).
class Keys {
public:
    explicit Keys(const Key& root);

    // The key of the normalised address (EmailAddress::normalised).
    EmailKey email_key(std::string_view normalised) const;
    // Of whom attempts are about ("user 7", an address's digest) and a network's address bytes.
    AttemptsKey attempts_key(std::string_view whose, std::string_view network) const;
    // Names one caller's request: never shown, never guessed.
    Key request_mac(std::string_view message) const { return request_.of(message); }
    // 16 hexadecimal digits that tell this key from others, and nothing about it.
    const std::string& check_value() const { return check_value_; }
    // The MAC of a token; see token.hpp.
    Key token_mac(std::string_view message) const { return token_.of(message); }
    Key subject_key(const Subject& subject, const Seed& seed) const;
    // Of the log's signing key of this number, as RFC 8032 makes a key of a seed.
    Key log_seed(std::uint32_t number) const;

    // A secret (password hash, two-factor secret ...) as the vault keeps it: XChaCha20-Poly1305
    // with a random nonce before it, bound to its place in the vault.
    std::string seal_secret(std::string_view place, std::string_view secret) const;
    std::optional<std::string> open_secret(std::string_view place, std::string_view sealed) const;

private:
    Mac email_, token_, request_;
    Key secret_, log_;
    Mac subject_;
    std::string check_value_;
};

// Sealed with XChaCha20-Poly1305 under a subject's key. The nonce is the record's salt and the
// number of the sealed part within the record, so it is kept once a record and never repeats under
// a key.
std::string seal(const Key& key, const Salt& salt, std::uint32_t part, std::string_view plain);
// Absent if the bytes are not what was sealed.
std::optional<std::string> open(const Key& key, const Salt& salt, std::uint32_t part,
                                std::string_view sealed);

// Where things lie in the vault. Grammar of a vault key:
//   key    := 'k' kind(1) number(8, big-endian)            -> the subject's seed(16)
//           | 's' secret-kind(1) number(8, big-endian)     -> a sealed secret
std::string vault_key(const Subject& subject);
struct VaultPlace {
    enum class Table : char { keys = 'k', secrets = 's' };
    Table table{};
    std::uint8_t kind{};
    std::uint64_t number{};
};
std::optional<VaultPlace> parse_vault_place(std::string_view key);
// The numbers are stored.
enum class SecretKind : std::uint8_t {
    user_password = 1,
    admin_password = 2,
    user_second_factor = 3,
    user_recovery_codes = 4,
    user_security_answer = 5,
    admin_second_factor = 6,
    admin_recovery_codes = 7
};
std::string vault_key(SecretKind kind, std::uint64_t number);
// Every kind of secret that such a subject may have in the vault.
std::span<const SecretKind> secrets_of(SubjectKind kind);

}  // namespace muster
