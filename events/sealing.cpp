#include "events/sealing.hpp"

#include <algorithm>
#include <sodium.h>
#include <stdexcept>

#include "events/bytes.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

constexpr auto tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr auto nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
using Nonce = std::array<std::uint8_t, nonce_size>;

// The numbers are stored, in effect: another number is another key.
enum class Purpose : std::uint64_t {
    email = 1,
    token = 2,
    request = 3,
    secret = 4,
    subject = 5,
    check = 6,
    log = 7
};

Key derive(const Key& root, Purpose purpose) {
    Key key;
    crypto_kdf_derive_from_key(key.data(), key.size(), static_cast<std::uint64_t>(purpose),
                               "muster-1", root.data());
    return key;
}

Nonce nonce_of(const Salt& salt, std::uint32_t part) {
    Nonce nonce{};
    std::copy(salt.begin(), salt.end(), nonce.begin());
    for (std::size_t n = 0; n < 4; ++n)
        nonce[nonce_size - 1 - n] = static_cast<std::uint8_t>(part >> (8 * n));
    return nonce;
}

std::string encrypt(const Key& key, const Nonce& nonce, std::string_view bound,
                    std::string_view plain) {
    std::string sealed(plain.size() + tag_size, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        reinterpret_cast<unsigned char*>(sealed.data()), nullptr, as_bytes(plain).data(),
        plain.size(), as_bytes(bound).data(), bound.size(), nullptr, nonce.data(), key.data());
    return sealed;
}

std::optional<std::string> decrypt(const Key& key, const Nonce& nonce, std::string_view bound,
                                   std::string_view sealed) {
    if (sealed.size() < tag_size) return std::nullopt;
    std::string plain(sealed.size() - tag_size, '\0');
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        reinterpret_cast<unsigned char*>(plain.data()), nullptr, nullptr, as_bytes(sealed).data(),
        sealed.size(), as_bytes(bound).data(), bound.size(), nonce.data(), key.data());
    if (failed != 0) return std::nullopt;
    return plain;
}

// libsodium chooses among its implementations here, and whoever seals or opens meanwhile in another
// thread would begin with one and go on with another: before there is one.
const bool sodium_ready = sodium_init() >= 0;

void ask_system(std::span<std::uint8_t> out) {
    if (!sodium_ready) throw std::runtime_error("libsodium cannot be initialised");
    randombytes_buf(out.data(), out.size());
}

// Random bytes in stock, for a system call costs as much as the rest of drawing a salt a few times
// over. Each byte is given away once and wiped. A fork without an exec would hand both processes
// the same bytes; nothing here forks so.
class RandomPool {
public:
    RandomPool() = default;
    RandomPool(const RandomPool&) = delete;
    RandomPool& operator=(const RandomPool&) = delete;
    ~RandomPool() { sodium_memzero(bytes_.data(), bytes_.size()); }

    void draw(std::span<std::uint8_t> out) {
        if (out.size() > bytes_.size() / 4) return ask_system(out);
        if (out.size() > left_) {
            ask_system(bytes_);
            left_ = bytes_.size();
        }
        const auto given = std::span{bytes_}.subspan(bytes_.size() - left_, out.size());
        std::ranges::copy(given, out.begin());
        sodium_memzero(given.data(), given.size());
        left_ -= out.size();
    }

private:
    std::array<std::uint8_t, 512> bytes_{};
    std::size_t left_ = 0;
};

}  // namespace

void draw_random(std::span<std::uint8_t> out) {
    thread_local RandomPool pool;
    pool.draw(out);
}

struct Mac::Prepared {
    crypto_auth_hmacsha256_state state;

    explicit Prepared(const Key& key) {
        crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    }
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() { sodium_memzero(&state, sizeof state); }
};

Mac::Mac(const Key& key) : prepared_(std::make_shared<const Prepared>(key)) {}

Key Mac::of(std::string_view message) const {
    auto state = prepared_->state;
    crypto_auth_hmacsha256_update(&state, as_bytes(message).data(), message.size());
    Key result;
    crypto_auth_hmacsha256_final(&state, result.data());
    return result;
}

bool equal_in_constant_time(std::string_view one, std::string_view other) {
    return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

Keys::Keys(const Key& root)
    : email_(derive(root, Purpose::email)),
      token_(derive(root, Purpose::token)),
      request_(derive(root, Purpose::request)),
      secret_(derive(root, Purpose::secret)),
      log_(derive(root, Purpose::log)),
      subject_(derive(root, Purpose::subject)) {
    const auto check = derive(root, Purpose::check);
    check_value_ = to_hex(as_text(check).substr(0, 8));
}

Key Keys::log_seed(std::uint32_t number) const {
    Key seed;
    crypto_kdf_derive_from_key(seed.data(), seed.size(), number, "log-head", log_.data());
    return seed;
}

EmailKey Keys::email_key(std::string_view normalised) const {
    const auto digest = email_.of(normalised);
    EmailKey key;
    std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
    return key;
}

AttemptsKey Keys::attempts_key(std::string_view whose, std::string_view network) const {
    std::string message{whose};
    message.append(1, '\0').append(network);
    const auto digest = request_.of(message);
    AttemptsKey key;
    std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
    return key;
}

Key Keys::subject_key(const Subject& subject, const Seed& seed) const {
    auto message = vault_key(subject);
    message.append(as_text(seed));
    return subject_.of(message);
}

std::string Keys::seal_secret(std::string_view place, std::string_view secret) const {
    const auto nonce = random_bytes<Nonce>();
    return std::string(as_text(nonce)) + encrypt(secret_, nonce, place, secret);
}

std::optional<std::string> Keys::open_secret(std::string_view place,
                                             std::string_view sealed) const {
    if (sealed.size() < nonce_size) return std::nullopt;
    Nonce nonce;
    std::copy_n(as_bytes(sealed).begin(), nonce_size, nonce.begin());
    return decrypt(secret_, nonce, place, sealed.substr(nonce_size));
}

std::string seal(const Key& key, const Salt& salt, std::uint32_t part, std::string_view plain) {
    return encrypt(key, nonce_of(salt, part), {}, plain);
}

std::optional<std::string> open(const Key& key, const Salt& salt, std::uint32_t part,
                                std::string_view sealed) {
    return decrypt(key, nonce_of(salt, part), {}, sealed);
}

std::string vault_key(const Subject& subject) {
    std::string key;
    Writer writer{key};
    writer.byte('k');
    writer.byte(static_cast<std::uint8_t>(subject.kind));
    writer.fixed64(subject.number);
    return key;
}

std::optional<VaultPlace> parse_vault_place(std::string_view key) {
    Reader in{key};
    const VaultPlace place{static_cast<VaultPlace::Table>(in.byte()), in.byte(), in.fixed64()};
    const bool valid =
        place.table == VaultPlace::Table::keys || place.table == VaultPlace::Table::secrets;
    return in.done() && valid ? std::optional{place} : std::nullopt;
}

std::span<const SecretKind> secrets_of(SubjectKind kind) {
    static constexpr SecretKind users[]{SecretKind::user_password, SecretKind::user_second_factor,
                                        SecretKind::user_recovery_codes,
                                        SecretKind::user_security_answer};
    static constexpr SecretKind admins[]{SecretKind::admin_password,
                                         SecretKind::admin_second_factor,
                                         SecretKind::admin_recovery_codes};
    if (kind == SubjectKind::user) return users;
    if (kind == SubjectKind::admin) return admins;
    return {};
}

std::string vault_key(SecretKind kind, std::uint64_t number) {
    std::string key;
    Writer writer{key};
    writer.byte('s');
    writer.byte(static_cast<std::uint8_t>(kind));
    writer.fixed64(number);
    return key;
}

}  // namespace muster
