#include <array>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <optional>
#include <thread>

#include "events/bytes.hpp"
#include "events/folder.hpp"
#include "events/json.hpp"
#include "events/text.hpp"
#include "tools/backup_files.hpp"
#include "tools/commands.hpp"
#include "tools/control.hpp"
#include "tools/log_reading.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

// A server that starts or stops has the folder for a moment, and does not listen yet or any more.
constexpr std::chrono::seconds longest_start{5};
constexpr std::string_view unfinished = ".new";

// Where a backup comes from: a folder that nobody changes meanwhile, or what its server has frozen.
struct BackupSource {
    fs::path settings, state;
    std::optional<DataFolder> locked;
    std::optional<Descriptor> server;  // Keeps what is frozen.
};

std::expected<BackupSource, Fault> open_source(const fs::path& data) {
    for (const auto end = SteadyClock::now() + longest_start;;) {
        auto folder = DataFolder::open(data, DataFolder::Open::reading);
        if (folder) return BackupSource{data, data, std::move(*folder), {}};
        if (folder.error().kind != Fault::Kind::in_use) return std::unexpected(folder.error());
        auto server = ask_to_freeze(data);
        if (!server) return std::unexpected(server.error());
        if (*server) return BackupSource{data, data / "frozen", {}, std::move(*server)};
        if (SteadyClock::now() >= end) return std::unexpected(folder.error());
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
}

// What a backup came to.
struct BackupReport {
    Manifest manifest;
    std::uint64_t new_files{}, new_bytes{};  // That the one before did not have.
    double seconds{};
};

// A folder of backups, and how a new one is made in it.
class BackupMaker {
public:
    explicit BackupMaker(fs::path folder) : folder_(std::move(folder)) {}

    // Makes the folder or finds the backup that it has, and locks it.
    std::expected<void, Fault> open();
    // Where it fails the backup that was there stays.
    std::expected<BackupReport, Fault> make(const BackupSource& source);

private:
    std::expected<bool, Fault> is_new() const;
    std::expected<void, Fault> check_source(const BackupSource& source) const;
    std::expected<void, Fault> build(const BackupSource& source, BackupReport& report);
    void remove_leftovers() const;
    std::expected<void, Fault> take(const std::vector<FoundFile>& files, BackupReport& report);
    std::expected<BackupFile, Fault> take_new(const FoundFile& found, const TellBytes& tell) const;
    bool keep(const FoundFile& found, const BackupFile*& kept) const;
    std::expected<LogHead, Fault> find_head() const;
    std::expected<void, Fault> put_in_place(const Manifest& manifest) const;

    fs::path folder_;
    std::optional<FolderLock> lock_;
    std::optional<Manifest> previous_;
    fs::path fresh_;  // What is being made.
};

std::expected<void, Fault> BackupMaker::open() {
    std::error_code error;
    if (!fs::exists(folder_, error)) {
        if (fs::create_directories(folder_, error); error) {
            return std::unexpected(
                Fault{Fault::Kind::unavailable,
                      fmt::format("cannot make {}: {}", folder_.native(), error.message())});
        }
        fs::permissions(folder_, fs::perms::owner_all, error);
    }
    const auto fresh = is_new();
    if (!fresh) return std::unexpected(fresh.error());
    auto lock = FolderLock::take(folder_, FolderLock::For::changing);
    if (!lock) return std::unexpected(lock.error());
    lock_ = std::move(*lock);
    if (*fresh) return {};
    auto manifest = read_manifest(folder_);
    if (!manifest) return std::unexpected(manifest.error());
    previous_ = std::move(*manifest);
    return {};
}

// Whether there is nothing here but what a first backup that was interrupted leaves behind.
std::expected<bool, Fault> BackupMaker::is_new() const {
    std::error_code error;
    bool empty = true, ours = false;
    for (fs::directory_iterator at{folder_, error}, end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().native();
        ours = ours || name == manifest_name || is_backup_id(name);
        empty = empty && (name == "lock" || name.ends_with(unfinished));
    }
    if (error) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable,
                  fmt::format("cannot read {}: {}", folder_.native(), error.message())});
    }
    if (empty || ours) return empty;
    return std::unexpected(
        Fault{Fault::Kind::unavailable,
              fmt::format("{} is neither empty nor a backup", folder_.native())});
}

std::expected<BackupReport, Fault> BackupMaker::make(const BackupSource& source) {
    if (const auto fits = check_source(source); !fits) return std::unexpected(fits.error());
    remove_leftovers();
    BackupReport report;
    const auto done = build(source, report);
    if (done) previous_ = report.manifest;
    remove_leftovers();
    if (!done) return std::unexpected(done.error());
    return report;
}

// Whoever mistakes one folder for another must not lose the other's backup.
std::expected<void, Fault> BackupMaker::check_source(const BackupSource& source) const {
    const auto* known = previous_ ? previous_->find("key") : nullptr;
    if (known == nullptr) return {};
    const auto key = read_file(source.settings / "key", [](std::uint64_t) {});
    if (!key) return std::unexpected(key.error());
    if (key->hash == known->hash) return {};
    return std::unexpected(
        Fault{Fault::Kind::unavailable,
              fmt::format("{} is a backup of another folder", folder_.native())});
}

std::expected<void, Fault> BackupMaker::build(const BackupSource& source, BackupReport& report) {
    report.manifest.id = to_hex(as_text(random_bytes<std::array<std::uint8_t, 8>>()));
    report.manifest.time = system_time();
    fresh_ = folder_ / (report.manifest.id + std::string{unfinished});
    const auto files = find_files(source.settings, source.state);
    if (!files) return std::unexpected(files.error());
    if (auto done = make_folders(fresh_); !done) return done;
    if (auto done = take(*files, report); !done) return done;
    const auto head = find_head();
    if (!head) return std::unexpected(head.error());
    report.manifest.head = *head;
    return put_in_place(report.manifest);
}

// What is neither the backup nor about it: of one that was interrupted, or the one before.
void BackupMaker::remove_leftovers() const {
    std::error_code ignored;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{folder_, ignored}) {
        const auto name = entry.path().filename().native();
        const bool is_old = is_backup_id(name) && previous_ && name != previous_->id;
        if (is_old || name.ends_with(unfinished)) found.push_back(entry.path());
    }
    for (const auto& path : found)
        fs::remove_all(path, ignored);
}

std::expected<void, Fault> BackupMaker::take(const std::vector<FoundFile>& files,
                                             BackupReport& report) {
    std::uint64_t total = 0, done = 0;
    for (const auto& each : files)
        total += each.file.size;
    Progress progress{"backup", "bytes"};
    const auto tell = [&](std::uint64_t bytes) { progress.at(done += bytes, total); };
    for (const auto& found : files) {
        const BackupFile* kept = nullptr;
        if (keep(found, kept)) {
            report.manifest.files.push_back(*kept);
            tell(kept->size);
            continue;
        }
        auto taken = take_new(found, tell);
        if (!taken) return std::unexpected(taken.error());
        ++report.new_files;
        report.new_bytes += taken->size;
        report.manifest.files.push_back(std::move(*taken));
    }
    return {};
}

// Takes a file over from the backup before: one that never changes and has the same size and time
// of writing is the same.
bool BackupMaker::keep(const FoundFile& found, const BackupFile*& kept) const {
    if (!previous_ || !is_immutable(found.file)) return false;
    kept = previous_->find(found.file.path);
    if (kept == nullptr || kept->size != found.file.size ||
        kept->modified_ns != found.file.modified_ns)
        return false;
    const auto there = folder_ / previous_->id / kept->path;
    std::error_code error;
    return fs::file_size(there, error) == kept->size && link_file(there, fresh_ / kept->path);
}

std::expected<BackupFile, Fault> BackupMaker::take_new(const FoundFile& found,
                                                       const TellBytes& tell) const {
    const auto to = fresh_ / found.file.path;
    const bool linked = is_immutable(found.file) && link_file(found.from, to);
    auto taken = linked ? read_file(to, tell) : copy_file(found.from, to, tell);
    if (taken) taken->path = found.file.path;
    return taken;
}

// The log must open; where it ends is where the backup ends.
std::expected<LogHead, Fault> BackupMaker::find_head() const {
    const auto reading = open_for_reading(fresh_, DataFolder::Open::reading);
    if (!reading) return std::unexpected(reading.error());
    const auto position = reading->log->head();
    const auto root = reading->log->root(position.number);
    if (!root) return std::unexpected(root.error());
    return LogHead{position, *root};
}

std::expected<void, Fault> BackupMaker::put_in_place(const Manifest& manifest) const {
    if (auto done = sync_folders(fresh_); !done) return done;
    std::error_code error;
    if (fs::rename(fresh_, folder_ / manifest.id, error); error) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable,
                  fmt::format("cannot rename {}: {}", fresh_.native(), error.message())});
    }
    if (auto done = sync_folder(folder_); !done) return done;
    return replace_file(folder_ / manifest_name, to_text(manifest));
}

// Also by way of links.
bool is_within(const fs::path& inner, const fs::path& outer) {
    std::error_code error;
    const auto of = fs::weakly_canonical(outer, error), at = fs::weakly_canonical(inner, error);
    return !error && std::ranges::mismatch(of, at).in1 == of.end();
}

void print_json(const BackupReport& report) {
    std::string text;
    JsonWriter out{text};
    out.begin_object().key("id").text(report.manifest.id).key("at").time(report.manifest.time);
    out.key("position").number(report.manifest.head.position.number);
    out.key("root").text(to_base64(as_text(report.manifest.head.root)));
    out.key("files").number(std::uint64_t{report.manifest.files.size()});
    out.key("bytes").number(report.manifest.bytes());
    out.key("new_files").number(report.new_files).key("new_bytes").number(report.new_bytes);
    out.key("seconds").raw(fmt::format("{:.3f}", report.seconds)).end_object();
    fmt::print("{}\n", text);
}

void print_text(const BackupReport& report) {
    fmt::print(
        "backed up up to position {}: {} files, {} bytes; new are {} files, {} bytes; {:.1f} s\n",
        grouped(report.manifest.head.position.number), report.manifest.files.size(),
        grouped(report.manifest.bytes()), report.new_files, grouped(report.new_bytes),
        report.seconds);
}

}  // namespace

int backup(const BackupOptions& options) {
    if (is_within(options.to, options.data)) {
        fmt::print(stderr, "muster: {} is in the data folder itself\n", options.to.native());
        return 2;
    }
    const auto start = SteadyClock::now();
    const auto source = open_source(options.data);
    if (!source) return report(source.error());
    BackupMaker maker{options.to};
    if (const auto opened = maker.open(); !opened) return report(opened.error());
    auto made = maker.make(*source);
    if (!made) return report(made.error());
    made->seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    options.json ? print_json(*made) : print_text(*made);
    return 0;
}

}  // namespace muster::tools
