// The subcommands of `muster`. Each returns the process's exit status: 0 done, 1 failed, 2 wrong
// usage, 3 damage found, 4 the data folder is in use. Data goes to stdout, messages to stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "events/fault.hpp"

namespace muster::tools {

struct ServeOptions {
    std::filesystem::path data = "data";
    std::string listen = "127.0.0.1:8080";
    std::string public_url;  // Empty: http:// and what is listened on.
    std::string log_origin;  // Empty: the public URL without its scheme, and /v1/log.
    unsigned threads = 2;
    std::int64_t clock_offset_s{};
    std::vector<std::string> trusted_proxies;
    std::string metrics;  // ADDRESS:PORT of GET /metrics; empty: where the rest is.
    bool accept_loss{};
    std::string rate_limits = "on";  // Or "off": for load tests.
    // Mail: empty `smtp` leaves it in the outbox.
    std::string smtp;           // See parse_smtp_url.
    std::string smtp_password;  // From a variable or the file: a command line can be seen by all.
    std::string smtp_ca;        // A file of trusted certificates; empty: the machine's.
    unsigned smtp_connections = 2;
    std::string mail_from;  // Empty: muster@ the public host.
};
int serve(const ServeOptions& options);

struct CreateAdminOptions {
    std::filesystem::path data = "data";
    std::string email, name, role = "administrator";
    bool password_stdin{};  // The first line of stdin.
};
int create_admin(const CreateAdminOptions& options);

struct AuditOptions {
    std::filesystem::path data = "data";
    std::vector<std::filesystem::path> checkpoints;  // Heads that were signed earlier.
    std::string keys;                                // Verifier keys, or a file that has them.
    bool log_only{};  // Without the views, which are no evidence.
    bool json{};
};
// Every record decodes; hashes, tree and head agree; every invariant of the domain holds in a fold
// of the whole log; every view equals one built afresh; the log extends what was signed. Changes
// nothing in the folder.
int audit(const AuditOptions& options);

struct LogOptions {
    std::filesystem::path data = "data";
    std::uint64_t from = 1;
    std::optional<std::uint64_t> account, user;
    std::string type;          // The event's name, or its beginning and "*"; empty: any.
    std::string since, until;  // RFC 3339, both inclusive; empty: no bound.
};
// Events as JSON lines.
int log(const LogOptions& options);

struct RebuildOptions {
    std::filesystem::path data = "data";
    std::string view;  // Empty: all.
};
int rebuild(const RebuildOptions& options);

struct DemoOptions {
    std::filesystem::path data = "data";
    std::uint64_t users = 100, accounts = 50, seed = 1;
};
// Made-up people, the same for the same options. Only into a folder without events.
int demo(const DemoOptions& options);

struct ImportOptions {
    std::filesystem::path data = "data";
    std::filesystem::path legacy;  // A dump of the old database.
    bool dry_run{}, json{};
};
// The clients, sub-accounts and contacts of a legacy system; those that were imported before are
// passed over. A dry run reads and says the same, and writes nothing.
int import_legacy(const ImportOptions& options);

struct BackupOptions {
    std::filesystem::path data = "data";
    std::filesystem::path to;
    bool json{};
};
// A whole copy of the folder as it is at one moment, also while it is served. Takes only what the
// backup that is there does not have.
int backup(const BackupOptions& options);

struct VerifyBackupOptions {
    std::filesystem::path from;
    bool json{};
};
// Every file is what it was, and the log in it is that which the manifest names.
int verify_backup(const VerifyBackupOptions& options);

struct RestoreOptions {
    std::filesystem::path from;
    std::filesystem::path forgotten;  // A ledger of what was forgotten since; may be empty.
    std::filesystem::path data = "data";
    bool json{};
};
// A data folder from a backup that was verified, where none is. It begins a new epoch.
int restore(const RestoreOptions& options);

// Tells a fault on stderr; the exit status that it has.
int report(const Fault& fault);

}  // namespace muster::tools
