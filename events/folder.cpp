#include "events/folder.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "events/bytes.hpp"
#include "events/text.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr int folder_format = 1;

std::unexpected<Fault> cannot(std::string_view what, const fs::path& path, int error) {
    return std::unexpected(
        Fault{Fault::Kind::unavailable,
              fmt::format("cannot {} {}: {}", what, path.native(), std::strerror(error))});
}

std::unexpected<Fault> folder_fault(Fault::Kind kind, const fs::path& path, std::string_view why) {
    return std::unexpected(Fault{kind, fmt::format("{} {}", path.native(), why)});
}

std::expected<void, Fault> write_synced(const fs::path& path, std::string_view content) {
    const Descriptor file{path, O_WRONLY | O_CREAT | O_TRUNC};
    if (!file.ok()) return cannot("write", path, errno);
    while (!content.empty()) {
        const auto written = ::write(file.number(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot("write", path, errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fdatasync(file.number()) != 0) return cannot("sync", path, errno);
    return {};
}

std::expected<std::string, Fault> read_small_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return cannot("read", path, errno);
    std::string content(4096, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    return content;
}

// What the format file says of its key: the second line, with the key's check value.
std::string key_line(const Keys& keys) { return "key " + keys.check_value() + "\n"; }

// Returns what stands behind the first line.
std::expected<std::string, Fault> check_format(const fs::path& path) {
    const auto text = read_small_file(path);
    if (!text) return std::unexpected(text.error());
    constexpr std::string_view name = "muster ";
    int version = 0;
    std::string_view rest{*text};
    if (rest.starts_with(name)) {
        rest.remove_prefix(name.size());
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), version);
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        if (error != std::errc{} || !rest.starts_with('\n')) version = 0;
    }
    if (version < 1) return folder_fault(Fault::Kind::damaged, path, "cannot be read");
    if (version > folder_format) {
        return folder_fault(Fault::Kind::newer_version, path, "is of a newer version");
    }
    return std::string{rest.substr(1)};
}

std::expected<Key, Fault> read_key(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) return folder_fault(Fault::Kind::damaged, path, "is missing");
    const auto text = read_small_file(path);
    if (!text) return std::unexpected(text.error());
    Key key;
    std::size_t size = 0;
    const char* end = nullptr;
    const int failed =
        sodium_hex2bin(key.data(), key.size(), text->data(), text->size(), nullptr, &size, &end);
    if (failed != 0 || size != key.size() || std::string_view{end} != "\n") {
        return folder_fault(Fault::Kind::damaged, path, "is not a key of 64 hexadecimal digits");
    }
    return key;
}

// Whether the folder has nothing but what an interrupted making of it leaves behind.
std::expected<bool, Fault> is_unmade(const fs::path& path) {
    std::error_code error;
    for (fs::directory_iterator at{path, error}, end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename();
        if (name != "lock" && name != "key" && name != "key.new" && name != "format.new") {
            return false;
        }
    }
    if (error) return cannot("read", path, error.value());
    return true;
}

std::expected<void, Fault> describe(const fs::path& path, const Keys& keys) {
    return replace_file(path / "format",
                        fmt::format("muster {}\n{}", folder_format, key_line(keys)));
}

// The format comes last: a folder without it is no folder yet.
std::expected<void, Fault> make(const fs::path& path) {
    const auto key = random_bytes<Key>();
    if (auto done = replace_file(path / "key", to_hex(as_text(key)) + "\n"); !done) return done;
    return describe(path, Keys{key});
}

// Absent: the first life of a folder.
std::expected<std::uint64_t, Fault> read_epoch(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error) && !error) return 1;
    const auto text = read_small_file(path);
    if (!text) return std::unexpected(text.error());
    std::uint64_t epoch = 0;
    const auto* const last = text->data() + text->size();
    const auto [end, wrong] = std::from_chars(text->data(), last, epoch);
    if (wrong != std::errc{} || std::string_view{end, last} != "\n" || epoch == 0)
        return folder_fault(Fault::Kind::damaged, path, "cannot be read");
    return epoch;
}

}  // namespace

std::expected<FolderLock, Fault> FolderLock::take(const fs::path& folder, For what) {
    const auto path = folder / "lock";
    const bool reads = what == For::reading;
    Descriptor file{path, reads ? O_RDONLY : O_RDWR | O_CREAT};
    if (!file.ok() && reads && errno == ENOENT) return FolderLock{Descriptor{}};
    if (!file.ok()) return cannot("open", path, errno);
    if (::flock(file.number(), (reads ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return cannot("lock", path, errno);
        return folder_fault(Fault::Kind::in_use, folder, "is in use");
    }
    return FolderLock{std::move(file)};
}

std::expected<DataFolder, Fault> DataFolder::open(const fs::path& path, Open how) {
    std::error_code error;
    if (how == Open::create && !fs::exists(path, error)) {
        if (fs::create_directories(path, error); error) return cannot("make", path, error.value());
        fs::permissions(path, fs::perms::owner_all, error);
    }
    if (!fs::is_directory(path, error)) {
        return folder_fault(Fault::Kind::unavailable, path, "is not a folder");
    }
    const bool made = fs::exists(path / "format", error);
    if (!made && fs::exists(path / "key", error) && fs::exists(path / "log", error)) {
        return folder_fault(Fault::Kind::damaged, path / "format", "is missing");
    }
    if (!made && how != Open::create) {
        return folder_fault(Fault::Kind::unavailable, path, "is not a data folder");
    }
    if (!made) {
        const auto unmade = is_unmade(path);
        if (!unmade) return std::unexpected(unmade.error());
        if (!*unmade) {
            return folder_fault(Fault::Kind::unavailable, path,
                                "is neither empty nor a data folder");
        }
    }

    auto lock = FolderLock::take(
        path, how == Open::reading ? FolderLock::For::reading : FolderLock::For::changing);
    if (!lock) return std::unexpected(lock.error());
    DataFolder folder{path, std::move(*lock)};  // Gives it back should something fail below.
    if (!fs::exists(path / "format", error)) {
        if (const auto done = make(path); !done) return std::unexpected(done.error());
    }
    const auto described = check_format(path / "format");
    if (!described) return std::unexpected(described.error());
    const auto key = read_key(path / "key");
    if (!key) return std::unexpected(key.error());
    folder.keys_ = std::make_unique<Keys>(*key);
    // The first folders were made without the second line.
    if (described->empty() && how != Open::reading) {
        const auto done = describe(path, *folder.keys_);
        if (!done) return std::unexpected(done.error());
    } else if (!described->empty() && *described != key_line(*folder.keys_)) {
        return folder_fault(Fault::Kind::damaged, path / "key", "is not the key of this folder");
    }
    const auto epoch = read_epoch(path / "epoch");
    if (!epoch) return std::unexpected(epoch.error());
    folder.epoch_ = *epoch;
    return folder;
}

std::expected<void, Fault> replace_file(const fs::path& path, std::string_view content) {
    auto fresh = path;
    fresh += ".new";
    if (auto written = write_synced(fresh, content); !written) return written;
    if (::rename(fresh.c_str(), path.c_str()) != 0) return cannot("replace", path, errno);
    return sync_folder(path.has_parent_path() ? path.parent_path() : fs::path{"."});
}

std::expected<void, Fault> sync_folder(const fs::path& path) {
    const Descriptor folder{path, O_RDONLY | O_DIRECTORY};
    if (!folder.ok() || ::fsync(folder.number()) != 0) return cannot("sync", path, errno);
    return {};
}

}  // namespace muster
