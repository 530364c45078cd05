// Passwords: hashed with Argon2id (RFC 9106) in threads of their own, so that a flood of sign-ins
// cannot starve the rest; and where an account's password is found.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "events/email_address.hpp"
#include "events/log.hpp"

namespace muster {

// In bytes of UTF-8.
constexpr std::size_t shortest_password = 12;
constexpr std::size_t longest_password = 256;

// A password as the vault keeps it: its number among the user's passwords, and libsodium's text
// form of the hash, or an imported one until its user signs in (legacy_hash.hpp).
struct Password {
    std::uint32_t number{};
    std::string hash;
};
std::string to_secret(const Password& password);

// A password and whose it is: a user's or an admin's id.
struct Holder {
    std::uint64_t id{};
    Password password;
};
// Absent: nobody has this address, or has no password. Reads the log, never a view.
std::expected<std::optional<Holder>, Fault> find_user(const Log& log, const Keys& keys,
                                                      const EmailAddress& email);
std::expected<std::optional<Holder>, Fault> find_admin(const Log& log, const Keys& keys,
                                                       const EmailAddress& email);
// A password, or whatever else the vault keeps as a number and bytes, of whom is known by id.
std::expected<std::optional<Password>, Fault> find_password(const Log& log, const Keys& keys,
                                                            SecretKind kind, std::uint64_t id);
// The same from a row of the vault.
std::expected<Password, Fault> open_password(const Keys& keys, std::string_view place,
                                             std::string_view sealed);

class PasswordPool {
public:
    struct Options {
        unsigned threads = 2;
        std::size_t queue = 256;  // More are turned away.
        unsigned long long operations = 2;
        std::size_t memory = 19 << 20;
    };
    PasswordPool() : PasswordPool(Options{}) {}
    explicit PasswordPool(Options options);
    ~PasswordPool();  // As `stop`.
    PasswordPool(const PasswordPool&) = delete;
    PasswordPool& operator=(const PasswordPool&) = delete;

    // Finishes what was taken; then takes no more. Idempotent.
    void stop();

    std::size_t waiting();  // For a thread.

    // Calls `done` on a thread of the pool. False: too many wait already, and it will not be
    // called.
    bool hash(std::string password, std::move_only_function<void(std::string hash)> done);
    // Without a hash it takes as long, and says no: for addresses that nobody has. An imported hash
    // takes its own time; where that is next to none, as long as one of ours all the same.
    bool verify(std::string password, std::optional<std::string> hash,
                std::move_only_function<void(bool)> done);

private:
    using Job = std::move_only_function<void()>;
    bool add(Job job);
    void work();

    Options options_;
    std::string nobody_;  // A hash that no password has.
    std::mutex mutex_;
    std::condition_variable waiting_;
    std::deque<Job> jobs_;
    bool stopping_{};
    std::vector<std::thread> threads_;
};

}  // namespace muster
