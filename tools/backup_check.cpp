#include "tools/backup_check.hpp"

#include <chrono>
#include <fmt/format.h>

#include "tools/audit_records.hpp"
#include "tools/backup_files.hpp"
#include "tools/log_reading.hpp"
#include "tools/progress.hpp"

namespace muster::tools {

namespace fs = std::filesystem;

std::expected<BackupCheck, Fault> BackupCheck::open(const fs::path& backup) {
    std::error_code error;
    if (!fs::is_directory(backup, error)) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable, fmt::format("{} is not a folder", backup.native())});
    }
    auto lock = FolderLock::take(backup, FolderLock::For::reading);
    if (!lock) return std::unexpected(lock.error());
    auto manifest = read_manifest(backup);
    if (!manifest) return std::unexpected(manifest.error());
    const auto files = backup / manifest->id;
    return BackupCheck{std::move(*lock), std::move(*manifest), files};
}

std::expected<void, Fault> BackupCheck::run() {
    const auto start = std::chrono::steady_clock::now();
    auto done = check_files();
    if (done) done = check_others();
    // What is damaged is not opened: whatever it said would tell no more.
    if (done && findings_.count() == 0) done = check_log();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return done;
}

std::expected<void, Fault> BackupCheck::check_files() {
    Progress progress{"files", "bytes"};
    std::uint64_t read = 0;
    const auto tell = [&, total = manifest_.bytes()](std::uint64_t bytes) {
        progress.at(read += bytes, total);
    };
    for (const auto& file : manifest_.files) {
        const auto path = files_ / file.path;
        std::error_code error;
        if (!fs::is_regular_file(path, error)) {
            findings_.add(path.native(), "is missing");
            continue;
        }
        const auto found = read_file(path, tell);
        if (!found) return std::unexpected(found.error());
        if (found->size != file.size) {
            findings_.add(path.native(), fmt::format("has {} bytes, and {} in the manifest",
                                                     found->size, file.size));
        } else if (found->hash != file.hash) {
            findings_.add(path.native(), "is not the file that was backed up");
        }
    }
    return {};
}

// A file too many may be read by the database as one of its own.
std::expected<void, Fault> BackupCheck::check_others() {
    std::error_code error;
    for (fs::recursive_directory_iterator at{files_, error}, end; !error && at != end;
         at.increment(error)) {
        const auto& path = at->path();
        if (at->is_directory(error)) continue;
        if (manifest_.find(path.lexically_relative(files_).native()) == nullptr)
            findings_.add(path.native(), "is not in the manifest");
    }
    if (error && findings_.count() == 0) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable,
                  fmt::format("cannot read {}: {}", files_.native(), error.message())});
    }
    return {};
}

std::expected<void, Fault> BackupCheck::check_log() {
    const auto judged = [&](const Fault& fault) -> std::expected<void, Fault> {
        if (fault.kind != Fault::Kind::damaged) return std::unexpected(fault);
        findings_.add("the log", fault.message);
        return {};
    };
    // It opens after the newest record only: all are read below.
    const auto reading = open_for_reading(files_, DataFolder::Open::reading, 1);
    if (!reading) return judged(reading.error());
    const auto head = reading->log->head();
    if (head != manifest_.head.position) {
        findings_.add("the log", fmt::format("ends at position {}, and at {} in the manifest",
                                             head.number, manifest_.head.position.number));
    }
    Keyring keyring{*reading->log, reading->folder.keys()};
    CheckpointsAudit checkpoints{{}, findings_};  // None was signed.
    RecordsAudit records{*reading->log, keyring, {manifest_.head}, checkpoints, findings_};
    Progress progress{"records"};
    const auto done = records.run_proof([&](Position at) { progress.at(at.number, head.number); });
    return done ? done : judged(done.error());
}

}  // namespace muster::tools
