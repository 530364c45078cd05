// Password hashes as legacy systems made them. They let their people in once: the first sign-in
// that is right replaces them by Argon2id. Rule M8.
//
//   bcrypt := "$2a$" | "$2b$" | "$2y$"  cost(2 digits) "$" salt(22) hash(31)     (crypt(5))
//   md5    := 32 hexadecimal digits of MD5(salt password) ":" salt
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

enum class HashKind : std::uint8_t {
    ours,      // Argon2id, as libsodium writes it.
    bcrypt,    // With a cost that we bear.
    too_dear,  // bcrypt that would take longer than anybody should wait; verifies nothing.
    salted_md5,
    unknown,  // Verifies nothing.
};
HashKind kind_of_hash(std::string_view hash);
constexpr bool lets_in(HashKind kind) {
    return kind == HashKind::bcrypt || kind == HashKind::salted_md5;
}

// 2^14 rounds take about a second.
constexpr unsigned dearest_bcrypt = 14;

// Of the two kinds that let in; false for any other. bcrypt looks at the first 72 bytes, as it did
// there, and knows no NUL: a password that holds one is not right.
bool verify_legacy(const std::string& hash, const std::string& password);

}  // namespace muster
