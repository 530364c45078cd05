#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "events/forgotten.hpp"
#include "events/json.hpp"
#include "events/rocks_log.hpp"
#include "tools/backup_check.hpp"
#include "tools/backup_files.hpp"
#include "tools/commands.hpp"
#include "tools/forget_again.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

namespace fs = std::filesystem;

Fault restore_fault(const fs::path& path, std::string_view why) {
    return {Fault::Kind::unavailable, fmt::format("{} {}", path.native(), why)};
}

// Nothing, or a folder without anything but a lock.
std::expected<void, Fault> check_empty(const fs::path& data) {
    std::error_code error;
    if (!fs::exists(data, error)) return {};
    if (!fs::is_directory(data, error))
        return std::unexpected(restore_fault(data, "is not a folder"));
    for (fs::directory_iterator at{data, error}, end; !error && at != end; at.increment(error)) {
        if (at->path().filename() != "lock") {
            return std::unexpected(restore_fault(
                data, "is not empty; a backup is restored into a new or an empty folder only"));
        }
    }
    if (error) return std::unexpected(restore_fault(data, "cannot be read: " + error.message()));
    return {};
}

// A new data folder, made from a backup's files. Until the format is there, which comes last, it is
// none.
class Restoration {
public:
    Restoration(const BackupCheck& backup, fs::path data, std::vector<Forgotten> forgotten)
        : backup_(backup), data_(std::move(data)), ledger_(std::move(forgotten)) {}

    std::expected<void, Fault> run();
    std::uint64_t epoch() const { return epoch_; }
    std::size_t forgotten() const { return forgotten_; }  // Whose keys the backup still had.

private:
    std::expected<void, Fault> take_files() const;
    std::expected<void, Fault> take_file(const BackupFile& file, const TellBytes& tell) const;
    std::expected<void, Fault> begin_epoch();
    std::expected<void, Fault> forget_again(FolderLog& log, const Keys& keys);
    std::expected<void, Fault> finish() const;
    void undo() const;

    const BackupCheck& backup_;
    fs::path data_;
    std::vector<Forgotten> ledger_;
    std::uint64_t epoch_{};
    std::size_t forgotten_{};
};

std::expected<void, Fault> Restoration::run() {
    std::error_code error;
    fs::create_directories(data_, error);
    fs::permissions(data_, fs::perms::owner_all, error);
    const auto lock = FolderLock::take(data_, FolderLock::For::changing);
    if (!lock) return std::unexpected(lock.error());
    if (auto empty = check_empty(data_); !empty) return empty;  // Still, now that it is ours.
    if (auto made = make_folders(data_); !made) return made;
    auto done = take_files();
    if (done) done = begin_epoch();
    if (done) done = finish();
    if (!done) undo();
    return done;
}

std::expected<void, Fault> Restoration::take_files() const {
    Progress progress{"restore", "bytes"};
    std::uint64_t taken = 0;
    const auto tell = [&, total = backup_.manifest().bytes()](std::uint64_t bytes) {
        progress.at(taken += bytes, total);
    };
    for (const auto& file : backup_.manifest().files) {
        if (file.path == "format" || file.path == "epoch") continue;
        if (auto done = take_file(file, tell); !done) return done;
    }
    return sync_folders(data_);
}

std::expected<void, Fault> Restoration::take_file(const BackupFile& file,
                                                  const TellBytes& tell) const {
    const auto from = backup_.files() / file.path, to = data_ / file.path;
    if (is_immutable(file) && link_file(from, to)) {
        tell(file.size);
        return {};
    }
    const auto copied = copy_file(from, to, tell);
    if (!copied) return std::unexpected(copied.error());
    if (copied->hash != file.hash) {
        return std::unexpected(
            Fault{Fault::Kind::damaged,
                  fmt::format("{} is not the file that was backed up", from.native())});
    }
    return {};
}

// The numbers that were given out after the backup are not given out again.
std::expected<void, Fault> Restoration::begin_epoch() {
    const auto before = DataFolder::open(backup_.files(), DataFolder::Open::reading);
    if (!before) return std::unexpected(before.error());
    epoch_ = before->epoch() + 1;
    RocksLogOptions options;
    options.restored = true;
    options.verify = 1;  // All were verified.
    const auto log = open_rocks_log(data_ / "log", data_ / "head", options);
    if (!log) return std::unexpected(log.error());
    if (auto done = forget_again(**log, before->keys()); !done) return done;
    return replace_file(data_ / "epoch", fmt::format("{}\n", epoch_));
}

// Whose keys the backup has, and should not. Rule X18.
std::expected<void, Fault> Restoration::forget_again(FolderLog& log, const Keys& keys) {
    if (ledger_.empty()) return {};
    const auto noted = append_forgotten(data_ / "forgotten", keys.check_value(), ledger_);
    if (!noted) return noted;
    const auto readable = still_readable(log, ledger_);
    if (!readable) return std::unexpected(readable.error());
    forgotten_ = readable->size();
    if (readable->empty()) return {};
    if (auto done = tools::forget_again(log, keys, *readable); !done) return done;
    if (auto done = log.purge({}); !done) return done;
    // They hold in plain text what can no longer be read in the log: they are built again from it.
    std::error_code error;
    fs::remove_all(data_ / "views", error);
    return sync_folder(data_);
}

std::expected<void, Fault> Restoration::finish() const {
    std::ifstream in{backup_.files() / "format", std::ios::binary};
    const std::string format{std::istreambuf_iterator<char>{in}, {}};
    return replace_file(data_ / "format", format);
}

// The folder was empty, so all in it is ours.
void Restoration::undo() const {
    std::error_code ignored;
    for (const auto* name : {"format", "log", "views", "key", "head", "epoch", "forgotten"})
        fs::remove_all(data_ / name, ignored);
}

void print_restored(const RestoreOptions& options, const BackupCheck& backup,
                    const Restoration& restoration) {
    const auto& manifest = backup.manifest();
    if (options.json) {
        std::string text;
        JsonWriter out{text};
        out.begin_object().key("id").text(manifest.id).key("at").time(manifest.time);
        out.key("position").number(manifest.head.position.number);
        out.key("epoch").number(restoration.epoch());
        out.key("forgotten").number(std::uint64_t{restoration.forgotten()}).end_object();
        fmt::print("{}\n", text);
        return;
    }
    fmt::print("restored up to position {}, as of {}; this is epoch {} of the folder\n",
               grouped(manifest.head.position.number), to_text(manifest.time), restoration.epoch());
    if (options.forgotten.empty()) {
        fmt::print("no ledger was given: whoever was forgotten since is here again\n");
    } else {
        fmt::print("forgotten again: {}{}\n", restoration.forgotten(),
                   restoration.forgotten() == 0 ? "" : "; the views are built at the next start");
    }
}

std::expected<std::vector<Forgotten>, Fault> ledger_of(const BackupCheck& backup,
                                                       const fs::path& file) {
    const auto folder = DataFolder::open(backup.files(), DataFolder::Open::reading);
    if (!folder) return std::unexpected(folder.error());
    return read_forgotten(file, folder->keys().check_value());
}

}  // namespace

int restore(const RestoreOptions& options) {
    if (const auto empty = check_empty(options.data); !empty) return report(empty.error());
    auto backup = BackupCheck::open(options.from);
    if (!backup) return report(backup.error());
    if (const auto done = backup->run(); !done) return report(done.error());
    for (const auto& [place, what] : backup->findings().kept())
        fmt::print(stderr, "muster: {}: {}\n", place, what);
    if (backup->findings().count() != 0) return 3;
    // No file: nothing was forgotten since.
    auto forgotten = ledger_of(*backup, options.forgotten);
    if (!forgotten) return report(forgotten.error());

    Restoration restoration{*backup, options.data, std::move(*forgotten)};
    if (const auto done = restoration.run(); !done) return report(done.error());
    print_restored(options, *backup, restoration);
    return 0;
}

}  // namespace muster::tools
