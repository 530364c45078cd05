#include "handlers/legacy_hash.hpp"

#include <algorithm>
#include <array>
#include <crypt.h>
#include <memory>
#include <openssl/evp.h>
#include <string.h>

#include "events/sealing.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::size_t md5_digits = 32, longest_md5_salt = 64;
constexpr std::size_t bcrypt_size = 60, bcrypt_cost_at = 4, bcrypt_salt_at = 7;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_bcrypt64(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}
bool is_printable(char c) { return c > ' ' && c <= '~'; }

bool is_bcrypt(std::string_view hash) {
    const bool named =
        hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
    return named && hash.size() == bcrypt_size && is_digit(hash[bcrypt_cost_at]) &&
           is_digit(hash[bcrypt_cost_at + 1]) && hash[bcrypt_salt_at - 1] == '$' &&
           std::ranges::all_of(hash.substr(bcrypt_salt_at), is_bcrypt64);
}

unsigned cost_of(std::string_view bcrypt) {
    return static_cast<unsigned>(10 * (bcrypt[bcrypt_cost_at] - '0') +
                                 (bcrypt[bcrypt_cost_at + 1] - '0'));
}

bool is_salted_md5(std::string_view hash) {
    if (hash.size() <= md5_digits + 1 || hash[md5_digits] != ':') return false;
    const auto salt = hash.substr(md5_digits + 1);
    return std::ranges::all_of(hash.substr(0, md5_digits), is_hex) &&
           salt.size() <= longest_md5_salt && std::ranges::all_of(salt, is_printable);
}

bool verify_bcrypt(const std::string& hash, const std::string& password) {
    if (password.contains('\0')) return false;
    const auto room = std::make_unique<crypt_data>();
    const auto* made = crypt_r(password.c_str(), hash.c_str(), room.get());
    const bool right = made != nullptr && equal_in_constant_time(made, hash);
    explicit_bzero(room.get(), sizeof *room);
    return right;
}

bool verify_md5(std::string_view hash, const std::string& password) {
    const auto salted = std::string{hash.substr(md5_digits + 1)} + password;
    std::array<unsigned char, 16> digest{};
    if (EVP_Digest(salted.data(), salted.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1)
        return false;
    std::string wanted{hash.substr(0, md5_digits)};
    for (auto& c : wanted)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return equal_in_constant_time(
        to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}), wanted);
}

}  // namespace

HashKind kind_of_hash(std::string_view hash) {
    if (hash.starts_with("$argon2id$")) return HashKind::ours;
    if (is_salted_md5(hash)) return HashKind::salted_md5;
    if (!is_bcrypt(hash)) return HashKind::unknown;
    const auto cost = cost_of(hash);
    if (cost < 4 || cost > 31) return HashKind::unknown;
    return cost > dearest_bcrypt ? HashKind::too_dear : HashKind::bcrypt;
}

bool verify_legacy(const std::string& hash, const std::string& password) {
    const auto kind = kind_of_hash(hash);
    if (kind == HashKind::bcrypt) return verify_bcrypt(hash, password);
    return kind == HashKind::salted_md5 && verify_md5(hash, password);
}

}  // namespace muster
