#include "tools/backup_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/descriptor.hpp"
#include "events/folder.hpp"
#include "events/sha256.hpp"

namespace muster::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;
constexpr std::string_view databases[]{"log", "views"};

std::unexpected<Fault> file_fault(std::string_view what, const fs::path& path) {
    return std::unexpected(
        Fault{Fault::Kind::unavailable,
              fmt::format("cannot {} {}: {}", what, path.native(), std::strerror(errno))});
}

std::int64_t modified_ns(const struct stat& status) {
    return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::expected<BackupFile, Fault> look_at(int file, const fs::path& path) {
    struct stat status{};
    if (::fstat(file, &status) != 0) return file_fault("read", path);
    return BackupFile{{}, static_cast<std::uint64_t>(status.st_size), modified_ns(status), {}};
}

// Of a database's folder: what RocksDB makes anew when it opens it does not belong to it.
bool belongs_to_database(const fs::path& path) {
    const auto name = path.filename().native();
    return name != "LOCK" && name != "IDENTITY" && !name.starts_with("LOG") &&
           !name.ends_with(".dbtmp");
}

std::expected<std::vector<std::string>, Fault> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    if (!fs::exists(folder, error)) return names;
    for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
        if (at->is_regular_file(error) && belongs_to_database(at->path()))
            names.push_back(at->path().filename().native());
    }
    if (error) {
        errno = error.value();
        return file_fault("read", folder);
    }
    std::ranges::sort(names);
    return names;
}

std::expected<FoundFile, Fault> find_file(const fs::path& folder, const std::string& path) {
    const auto from = folder / path;
    const Descriptor file{from, O_RDONLY};
    if (!file.ok()) return file_fault("read", from);
    auto found = look_at(file.number(), from);
    if (!found) return std::unexpected(found.error());
    found->path = path;
    return FoundFile{from, std::move(*found)};
}

// Reads a file to its end; use(piece) is false where it cannot go on.
template <class Use>
std::expected<BackupFile, Fault> read_pieces(const fs::path& path, const TellBytes& tell,
                                             const Use& use) {
    const Descriptor file{path, O_RDONLY};
    if (!file.ok()) return file_fault("read", path);
    auto found = look_at(file.number(), path);
    if (!found) return found;
    found->size = 0;
    Sha256 hasher;
    hasher.begin();
    std::string buffer(piece_bytes, '\0');
    while (true) {
        const auto size = ::read(file.number(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return file_fault("read", path);
        if (size == 0) break;
        const auto piece = std::string_view{buffer}.substr(0, static_cast<std::size_t>(size));
        hasher.add(piece);
        if (auto used = use(piece); !used) return std::unexpected(used.error());
        found->size += piece.size();
        tell(piece.size());
    }
    found->hash = hasher.end();
    return found;
}

std::expected<void, Fault> write_piece(const Descriptor& file, const fs::path& path,
                                       std::string_view piece) {
    while (!piece.empty()) {
        const auto written = ::write(file.number(), piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return file_fault("write", path);
        piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace

std::expected<std::vector<FoundFile>, Fault> find_files(const fs::path& settings,
                                                        const fs::path& state) {
    std::vector<FoundFile> files;
    std::optional<Fault> fault;
    const auto add = [&](const fs::path& folder, const std::string& path) {
        auto found = find_file(folder, path);
        if (found) {
            files.push_back(std::move(*found));
        } else if (!fault) {
            fault = found.error();
        }
    };
    add(settings, "format");
    add(settings, "key");
    std::error_code error;
    for (const auto* name : {"epoch", "forgotten"}) {
        if (fs::exists(settings / name, error)) add(settings, name);
    }
    add(state, "head");
    for (const auto database : databases) {
        const auto names = names_in(state / database);
        if (!names) return std::unexpected(names.error());
        for (const auto& name : *names)
            add(state, fmt::format("{}/{}", database, name));
    }
    if (fault) return std::unexpected(*fault);
    return files;
}

bool is_immutable(const BackupFile& file) { return file.path.ends_with(".sst"); }

bool link_file(const fs::path& from, const fs::path& to) {
    return ::link(from.c_str(), to.c_str()) == 0;
}

std::expected<BackupFile, Fault> copy_file(const fs::path& from, const fs::path& to,
                                           const TellBytes& tell) {
    const Descriptor copy{to, O_WRONLY | O_CREAT | O_EXCL};
    if (!copy.ok()) return file_fault("make", to);
    auto copied = read_pieces(from, tell,
                              [&](std::string_view piece) { return write_piece(copy, to, piece); });
    if (!copied) return copied;
    constexpr std::int64_t second = 1'000'000'000;
    const timespec times[2]{
        {.tv_sec = 0, .tv_nsec = UTIME_NOW},
        {.tv_sec = copied->modified_ns / second, .tv_nsec = copied->modified_ns % second}};
    if (::futimens(copy.number(), times) != 0 || ::fsync(copy.number()) != 0)
        return file_fault("write", to);
    return copied;
}

std::expected<BackupFile, Fault> read_file(const fs::path& path, const TellBytes& tell) {
    return read_pieces(path, tell, [](std::string_view) { return std::expected<void, Fault>{}; });
}

std::expected<void, Fault> make_folders(const fs::path& path) {
    const auto make = [](const fs::path& folder) {
        return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST;
    };
    if (!make(path)) return file_fault("make", path);
    for (const auto database : databases) {
        if (!make(path / database)) return file_fault("make", path / database);
    }
    return {};
}

std::expected<void, Fault> sync_folders(const fs::path& path) {
    for (const auto database : databases) {
        if (auto done = sync_folder(path / database); !done) return done;
    }
    return sync_folder(path);
}

}  // namespace muster::tools
