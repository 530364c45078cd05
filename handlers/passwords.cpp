// A password in the vault:  secret := varint number, hash (libsodium's crypto_pwhash_str, without
// its zeros; or one of legacy_hash.hpp)
#include "handlers/passwords.hpp"

#include <new>
#include <sodium.h>
#include <utility>

#include "aggregates/staff.hpp"
#include "aggregates/user.hpp"
#include "events/bytes.hpp"
#include "handlers/fold.hpp"
#include "handlers/legacy_hash.hpp"

namespace muster {
namespace {

std::expected<std::optional<Holder>, Fault> holder_of(const Log& log, const Keys& keys,
                                                      SecretKind kind, std::uint64_t id) {
    if (id == 0) return std::nullopt;
    auto password = find_password(log, keys, kind, id);
    if (!password) return std::unexpected(password.error());
    if (!*password) return std::nullopt;
    return Holder{id, std::move(**password)};
}

std::string hash_of(const std::string& password, unsigned long long operations,
                    std::size_t memory) {
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), operations, memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw std::bad_alloc();  // The only way in which it fails.
    }
    hash.resize(hash.find('\0'));
    return hash;
}

}  // namespace

std::string to_secret(const Password& password) {
    std::string bytes;
    Writer out{bytes};
    out.varint(password.number);
    out.raw(password.hash);
    return bytes;
}

std::expected<std::optional<Password>, Fault> find_password(const Log& log, const Keys& keys,
                                                            SecretKind kind, std::uint64_t id) {
    const auto place = vault_key(kind, id);
    const auto sealed = log.vault(place);
    if (!sealed) return std::unexpected(sealed.error());
    if (!*sealed) return std::nullopt;
    return open_password(keys, place, **sealed);
}

std::expected<Password, Fault> open_password(const Keys& keys, std::string_view place,
                                             std::string_view sealed) {
    const auto secret = keys.open_secret(place, sealed);
    if (!secret)
        return std::unexpected(Fault{Fault::Kind::damaged, "a secret in the vault does not open"});
    Reader in{*secret};
    const auto number = static_cast<std::uint32_t>(in.varint());
    return Password{number, std::string(in.raw(in.left()))};
}

std::expected<std::optional<Holder>, Fault> find_user(const Log& log, const Keys& keys,
                                                      const EmailAddress& email) {
    const auto key = keys.email_key(email.normalised());
    const auto holder = fold(log, stream_of(key), EmailHolder{.id = key, .user = {}});
    if (!holder) return std::unexpected(holder.error());
    return holder_of(log, keys, SecretKind::user_password, holder->user.number);
}

std::expected<std::optional<Holder>, Fault> find_admin(const Log& log, const Keys& keys,
                                                       const EmailAddress& email) {
    const auto staff = fold(log, stream_of(AdminId{}), Staff{});
    if (!staff) return std::unexpected(staff.error());
    const auto admin = staff->holder_of(keys.email_key(email.normalised()));
    return holder_of(log, keys, SecretKind::admin_password, admin.number);
}

PasswordPool::PasswordPool(Options options)
    : options_(options), nobody_(hash_of("", options.operations, options.memory)) {
    for (unsigned n = 0; n < options_.threads; ++n)
        threads_.emplace_back([this] { work(); });
}

PasswordPool::~PasswordPool() { stop(); }

std::size_t PasswordPool::waiting() {
    const std::lock_guard lock{mutex_};
    return jobs_.size();
}

void PasswordPool::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    waiting_.notify_all();
    for (auto& thread : std::exchange(threads_, {}))
        thread.join();
}

bool PasswordPool::hash(std::string password, std::move_only_function<void(std::string)> done) {
    return add([this, password = std::move(password), done = std::move(done)]() mutable {
        done(hash_of(password, options_.operations, options_.memory));
    });
}

bool PasswordPool::verify(std::string password, std::optional<std::string> hash,
                          std::move_only_function<void(bool)> done) {
    return add([this, password = std::move(password), hash = std::move(hash),
                done = std::move(done)]() mutable {
        const auto kind = hash ? kind_of_hash(*hash) : HashKind::unknown;
        if (kind == HashKind::bcrypt) return done(verify_legacy(*hash, password));
        const auto& ours = kind == HashKind::ours ? *hash : nobody_;
        const bool same =
            crypto_pwhash_str_verify(ours.c_str(), password.data(), password.size()) == 0;
        done(kind == HashKind::salted_md5 ? verify_legacy(*hash, password)
                                          : same && kind == HashKind::ours);
    });
}

bool PasswordPool::add(Job job) {
    {
        const std::lock_guard lock{mutex_};
        if (stopping_ || jobs_.size() >= options_.queue) return false;
        jobs_.push_back(std::move(job));
    }
    waiting_.notify_one();
    return true;
}

void PasswordPool::work() {
    std::unique_lock lock{mutex_};
    while (true) {
        waiting_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace muster
