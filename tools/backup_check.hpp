// Whether a backup is whole: its files against its manifest, then the log in it against the
// position and the root that the manifest names.
#pragma once

#include <expected>
#include <filesystem>

#include "events/folder.hpp"
#include "tools/audit_findings.hpp"
#include "tools/backup_manifest.hpp"

namespace muster::tools {

class BackupCheck {
public:
    // Locks the backup, so that none is made in its place while it is read.
    static std::expected<BackupCheck, Fault> open(const std::filesystem::path& backup);

    // Damage is found; a fault that is none is given back.
    std::expected<void, Fault> run();

    const Manifest& manifest() const { return manifest_; }
    const Findings& findings() const { return findings_; }
    double seconds() const { return seconds_; }
    // Where the files are, laid out as in a data folder.
    const std::filesystem::path& files() const { return files_; }

private:
    BackupCheck(FolderLock lock, Manifest manifest, std::filesystem::path files)
        : lock_(std::move(lock)), manifest_(std::move(manifest)), files_(std::move(files)) {}
    std::expected<void, Fault> check_files();
    std::expected<void, Fault> check_others();
    std::expected<void, Fault> check_log();

    FolderLock lock_;
    Manifest manifest_;
    std::filesystem::path files_;
    Findings findings_;
    double seconds_{};
};

}  // namespace muster::tools
