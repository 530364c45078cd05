// Backups: made of a folder at rest and of a running server under load, brought up to date,
// damaged in every way, restored.
#include <atomic>
#include <httplib.h>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "events/sha256.hpp"
#include "events/text.hpp"
#include "tests/tools/server.hpp"
#include "tools/backup_manifest.hpp"

namespace muster::tools::backup_test {

using namespace std::chrono_literals;
using nlohmann::json;

std::string with_json(std::string_view command, const fs::path& backup) {
    return fmt::format("{} {} --json", command, backup.native());
}
Ran back_up(const fs::path& data, const fs::path& backup) {
    return muster(with_json("backup --to", backup), data);
}
Ran verify(const fs::path& backup, std::string_view options = {}) {
    return shell(
        fmt::format("{} verify-backup --from {} {}", MUSTER_PROGRAM, backup.native(), options));
}
Ran restore(const fs::path& backup, const fs::path& data) {
    return muster(with_json("restore --from", backup), data);
}
json expect_backed_up(const fs::path& data, const fs::path& backup) {
    const auto ran = back_up(data, backup);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? json::parse(ran.out) : json{};
}
void expect_whole(const fs::path& backup) {
    const auto ran = verify(backup);
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

Manifest manifest_of(const fs::path& backup) {
    const auto manifest = read_manifest(backup);
    EXPECT_TRUE(manifest) << manifest.error().message;
    return manifest.value_or(Manifest{});
}
// Where a backup's files are.
fs::path files_of(const fs::path& backup) { return backup / manifest_of(backup).id; }

// The largest table of the log.
std::string largest_table(const Manifest& manifest) {
    const BackupFile* largest = nullptr;
    for (const auto& file : manifest.files) {
        const bool table = file.path.starts_with("log/") && file.path.ends_with(".sst");
        if (table && (largest == nullptr || file.size > largest->size)) largest = &file;
    }
    EXPECT_NE(largest, nullptr);
    return largest == nullptr ? std::string{} : largest->path;
}

ino_t inode_of(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_ino;
}

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator{folder})
        names.insert(entry.path().filename());
    return names;
}

class Backup : public testing::Test {
protected:
    fs::path data() const { return copy_.data(); }
    fs::path to() const { return folder_.path() / "backup"; }
    fs::path again() const { return folder_.path() / "again"; }

    DemoCopy copy_;
    TemporaryFolder folder_;
};

// --- Of a folder at rest

TEST_F(Backup, OfAFolderThatNobodyServesIsWholeAndChangesNothing) {
    const auto before = contents_of(data());
    const auto made = expect_backed_up(data(), to());
    EXPECT_EQ(contents_of(data()), before);
    EXPECT_GT(made["position"], 200);
    EXPECT_EQ(made["new_files"], made["files"]);
    expect_whole(to());
    const auto verdict = json::parse(verify(to(), "--json").out);
    EXPECT_TRUE(verdict["ok"]);
    EXPECT_EQ(verdict["position"], made["position"]);
    EXPECT_EQ(verdict["root"], made["root"]);
    EXPECT_EQ(verdict["id"], made["id"]);
}

TEST_F(Backup, CanBeAuditedAndReadLikeItsFolder) {
    expect_backed_up(data(), to());
    const auto before = contents_of(to());
    const auto audited = muster("audit --json", to());
    EXPECT_EQ(audited.status, 0) << audited.out << audited.err;
    EXPECT_TRUE(json::parse(audited.out)["notes"].empty());  // It has the views.
    EXPECT_EQ(muster("log", to()).out, muster("log", data()).out);
    EXPECT_EQ(contents_of(to()), before);
}

TEST_F(Backup, IsNoFolderToServe) {
    expect_backed_up(data(), to());
    const auto before = contents_of(to());
    EXPECT_EQ(muster("serve --listen 127.0.0.1:0", to()).status, 1);
    EXPECT_EQ(muster("rebuild", to()).status, 1);
    EXPECT_EQ(contents_of(to()), before);
}

TEST_F(Backup, IsItsOwnersAlone) {
    expect_backed_up(data(), to());
    struct stat status{};
    ASSERT_EQ(::stat((files_of(to()) / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    for (const auto& folder : {to(), files_of(to())}) {
        ASSERT_EQ(::stat(folder.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0700U) << folder;
    }
}

TEST_F(Backup, SharesItsTablesWithTheFolder) {
    expect_backed_up(data(), to());
    const auto table = largest_table(manifest_of(to()));
    EXPECT_EQ(inode_of(files_of(to()) / table), inode_of(data() / table));
}

TEST_F(Backup, ASecondOneTakesWhatIsNew) {
    const auto first = expect_backed_up(data(), to());
    const auto table = largest_table(manifest_of(to()));
    const auto inode = inode_of(files_of(to()) / table);
    ASSERT_EQ(muster("admin create --email g@example.com --name Grace --password-stdin", data(),
                     "a long enough password\n")
                  .status,
              0);
    const auto second = expect_backed_up(data(), to());
    EXPECT_GT(second["position"], first["position"]);
    EXPECT_NE(second["id"], first["id"]);
    EXPECT_LT(second["new_bytes"], first["bytes"].get<std::uint64_t>() / 4);
    EXPECT_EQ(inode_of(files_of(to()) / table), inode);
    EXPECT_EQ(names_in(to()), (std::set<std::string>{"lock", "manifest", second["id"]}));
    expect_whole(to());
}

// A folder in another file system, where there is one.
class OtherDisk {
public:
    OtherDisk() {
        auto name = std::string{"/dev/shm/muster-backup-XXXXXX"};
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    OtherDisk(const OtherDisk&) = delete;
    OtherDisk& operator=(const OtherDisk&) = delete;
    ~OtherDisk() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }
    bool is_another_than(const fs::path& place) const {
        struct stat here{}, there{};
        return !path_.empty() && ::stat(path_.c_str(), &here) == 0 &&
               ::stat(place.c_str(), &there) == 0 && here.st_dev != there.st_dev;
    }

private:
    fs::path path_;
};

TEST_F(Backup, OnAnotherDiskIsCopiedOnce) {
    const OtherDisk disk;
    if (!disk.is_another_than(data())) GTEST_SKIP() << "there is no other file system here";
    const auto backup = disk.path() / "backup";
    const auto first = expect_backed_up(data(), backup);
    const auto table = largest_table(manifest_of(backup));
    const auto inode = inode_of(files_of(backup) / table);
    const auto second = expect_backed_up(data(), backup);
    EXPECT_EQ(inode_of(files_of(backup) / table), inode);
    EXPECT_LT(second["new_bytes"], first["bytes"].get<std::uint64_t>() / 4);
    expect_whole(backup);
    EXPECT_EQ(restore(backup, again()).status, 0);
    EXPECT_EQ(muster("audit", again()).status, 0);
}

// As after a folder was restored: its tables are counted on from the backup.
TEST_F(Backup, ATableThatWasWrittenAtAnotherTimeIsAnotherOne) {
    expect_backed_up(data(), to());
    const auto table = largest_table(manifest_of(to()));
    fs::rename(data() / table, folder_.path() / "table");
    fs::copy_file(folder_.path() / "table", data() / table);
    EXPECT_GE(expect_backed_up(data(), to())["new_bytes"], fs::file_size(data() / table));
    EXPECT_EQ(inode_of(files_of(to()) / table), inode_of(data() / table));
    expect_whole(to());
}

TEST_F(Backup, OfAnotherFolderIsNotReplaced) {
    const auto other = folder_.path() / "other";
    ASSERT_EQ(muster("demo --users 1 --accounts 1", other).status, 0);
    expect_backed_up(other, to());
    const auto before = contents_of(to());
    const auto ran = back_up(data(), to());
    EXPECT_EQ(ran.status, 1);
    EXPECT_NE(ran.err.find("is a backup of another folder"), std::string::npos) << ran.err;
    EXPECT_EQ(contents_of(to()), before);
}

TEST_F(Backup, AFolderOfSomethingElseIsRefused) {
    fs::create_directories(to());
    write_content(to() / "letter", "Dear Ada");
    const auto ran = back_up(data(), to());
    EXPECT_EQ(ran.status, 1);
    EXPECT_NE(ran.err.find("neither empty nor a backup"), std::string::npos) << ran.err;
    EXPECT_EQ(names_in(to()), std::set<std::string>{"letter"});
    EXPECT_EQ(back_up(data(), data()).status, 2);
    EXPECT_EQ(back_up(data(), data() / "new" / "backup").status, 2);
}

TEST_F(Backup, SaysWhyThereIsNone) {
    EXPECT_EQ(back_up(folder_.path() / "none", to()).status, 1);
    EXPECT_FALSE(fs::exists(to()));
    EXPECT_EQ(muster("backup", data()).status, 2);
    const auto locked =
        muster_locked_out(with_json("backup --to", to()), data());  // Not by a server.
    EXPECT_EQ(locked.status, 4) << locked.err;
    expect_backed_up(data(), to());
    const auto busy = shell(fmt::format("flock {} {}", (to() / "lock").native(),
                                        muster_command(with_json("backup --to", to()), data())));
    EXPECT_EQ(busy.status, 4) << busy.err;
    EXPECT_EQ(verify(data()).status, 1);
    EXPECT_EQ(verify(folder_.path() / "none").status, 1);
    EXPECT_EQ(shell(fmt::format("{} verify-backup", MUSTER_PROGRAM)).status, 2);
}

TEST_F(Backup, OneThatWasInterruptedIsNotInTheWay) {
    fs::create_directories(to() / "0123456789abcdef.new" / "log");
    expect_backed_up(data(), to());
    fs::create_directories(to() / "0123456789abcdef" / "log");
    fs::create_directories(to() / "fedcba9876543210.new");
    expect_whole(to());
    const auto second = expect_backed_up(data(), to());
    EXPECT_EQ(names_in(to()), (std::set<std::string>{"lock", "manifest", second["id"]}));
    expect_whole(to());
}

// --- Damage

struct Damage {
    std::string_view name;
    std::string_view found;  // What is said of it.
    std::function<void(const fs::path& backup, const Manifest& manifest)> done;
};

// Writes a file anew, so that the folder that shares it stays whole.
void replace_content(const fs::path& path, std::string_view content) {
    fs::remove(path);
    write_content(path, content);
}
void flip_a_byte(const fs::path& path) {
    auto content = content_of(path);
    ASSERT_FALSE(content.empty());
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    replace_content(path, content);
}
std::string path_like(const Manifest& manifest, std::string_view part) {
    for (const auto& file : manifest.files) {
        if (file.path.contains(part)) return file.path;
    }
    ADD_FAILURE() << "no file like " << part;
    return {};
}
auto flip(std::string_view part) {
    return [part](const fs::path& backup, const Manifest& manifest) {
        flip_a_byte(backup / manifest.id / path_like(manifest, part));
    };
}
auto lose(std::string_view part) {
    return [part](const fs::path& backup, const Manifest& manifest) {
        fs::remove(backup / manifest.id / path_like(manifest, part));
    };
}
auto forge(std::function<void(Manifest&)> change) {
    return [change = std::move(change)](const fs::path& backup, Manifest manifest) {
        change(manifest);
        replace_content(backup / manifest_name, to_text(manifest));
    };
}

const std::vector<Damage> damages{
    {"FlippedTable", ".sst: is not the file that was backed up", flip(".sst")},
    {"FlippedView", "views/CURRENT: is not the file", flip("views/CURRENT")},
    {"FlippedKey", "key: is not the file", flip("key")},
    {"FlippedHead", "head: is not the file", flip("head")},
    {"FlippedCurrent", "CURRENT: is not the file", flip("CURRENT")},
    {"FlippedManifestOfTheDatabase", "is not the file", flip("log/MANIFEST")},
    {"MissingTable", ".sst: is missing", lose(".sst")},
    {"MissingWriteAheadLog", ".log: is missing", lose(".log")},
    {"MissingKey", "key: is missing", lose("key")},
    {"MissingFormat", "format: is missing", lose("format")},
    {"MissingFiles", "is missing",
     [](const fs::path& backup, const Manifest& manifest) {
         fs::remove_all(backup / manifest.id);
     }},
    {"MissingManifest", "manifest is missing",
     [](const fs::path& backup, const Manifest&) { fs::remove(backup / manifest_name); }},
    {"CutManifest", "manifest is damaged",
     [](const fs::path& backup, const Manifest&) {
         fs::resize_file(backup / manifest_name, fs::file_size(backup / manifest_name) / 2);
     }},
    {"EmptyManifest", "manifest is damaged",
     [](const fs::path& backup, const Manifest&) { replace_content(backup / manifest_name, ""); }},
    {"FlippedManifest", "manifest is damaged",
     [](const fs::path& backup, const Manifest&) { flip_a_byte(backup / manifest_name); }},
    {"CutTable", "bytes, and",
     [](const fs::path& backup, const Manifest& manifest) {
         const auto path = backup / manifest.id / largest_table(manifest);
         auto content = content_of(path);
         content.pop_back();
         replace_content(path, content);
     }},
    {"SwappedTables", ".sst: ",
     [](const fs::path& backup, const Manifest& manifest) {
         const auto one = backup / manifest.id / largest_table(manifest);
         const auto other = backup / manifest.id / path_like(manifest, ".sst");
         ASSERT_NE(one, other);  // The first table is not the largest.
         fs::rename(one, backup / "x");
         fs::rename(other, one);
         fs::rename(backup / "x", other);
     }},
    {"OneFileTooMany", "999999.log: is not in the manifest",
     [](const fs::path& backup, const Manifest& manifest) {
         write_content(backup / manifest.id / "log" / "999999.log", "");
     }},
    {"AnotherPosition", "ends at position",
     forge([](Manifest& manifest) { --manifest.head.position.number; })},
    {"AnotherRoot", "the records up to here are not those",
     forge([](Manifest& manifest) { manifest.head.root[7] ^= 1; })},
};

class Damaged : public Backup, public testing::WithParamInterface<Damage> {};

TEST_P(Damaged, BackupIsFoundAndNotRestored) {
    expect_backed_up(data(), to());
    GetParam().done(to(), manifest_of(to()));
    const auto verified = verify(to());
    EXPECT_EQ(verified.status, 3) << verified.out << verified.err;
    EXPECT_NE((verified.out + verified.err).find(GetParam().found), std::string::npos)
        << verified.out << verified.err;
    const auto restored = restore(to(), again());
    EXPECT_EQ(restored.status, 3) << restored.out << restored.err;
    EXPECT_NE(restored.err.find(GetParam().found), std::string::npos) << restored.err;
    EXPECT_FALSE(fs::exists(again()));
    EXPECT_EQ(muster("audit", data()).status, 0);  // The folder that it was made of.
}

INSTANTIATE_TEST_SUITE_P(Each, Damaged, testing::ValuesIn(damages),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST_F(Backup, OfADamagedFolderIsNotMade) {
    copy_.edit([](RocksStore& store) {
        EXPECT_TRUE(
            store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(60)).ok());
    });
    const auto ran = back_up(data(), to());
    EXPECT_EQ(ran.status, 3) << ran.err;
    EXPECT_NE(ran.err.find("position 60"), std::string::npos) << ran.err;
    EXPECT_EQ(names_in(to()), std::set<std::string>{"lock"});
}

TEST_F(Backup, OneThatIsDamagedIsNotReplaced) {
    expect_backed_up(data(), to());
    flip_a_byte(to() / manifest_name);
    const auto before = contents_of(to());
    EXPECT_EQ(back_up(data(), to()).status, 3);
    EXPECT_EQ(contents_of(to()), before);
}

TEST(ManifestText, ReadsAsItWasWrittenAndNotWhenItWasCut) {
    const TemporaryFolder folder;
    Manifest manifest{"0123456789abcdef", {1'700'000'000'000}, {{42}, leaf_hash("x")}, {}};
    manifest.files = {{"log/a b.sst", 7, 1'700'000'000'123'456'789, leaf_hash("y")},
                      {"key", 65, 1, leaf_hash("z")}};
    const auto path = folder.path() / manifest_name;
    const auto text = to_text(manifest);
    write_content(path, text);
    EXPECT_EQ(manifest_of(folder.path()), manifest);
    for (std::size_t size = 0; size < text.size(); ++size) {
        write_content(path, text.substr(0, size));
        const auto cut = read_manifest(folder.path());
        ASSERT_FALSE(cut) << size;
        EXPECT_EQ(cut.error().kind, Fault::Kind::damaged);
    }
    manifest.files.front().path = "../key";
    write_content(path, to_text(manifest));
    EXPECT_FALSE(read_manifest(folder.path()));
    write_content(path, "muster backup 2\n");
    EXPECT_EQ(read_manifest(folder.path()).error().kind, Fault::Kind::newer_version);
}

// --- A running server

// Opens accounts until the server is gone or it is told to stop; what was acknowledged.
class Load {
public:
    explicit Load(const Server& server) : token_(server.sign_in()) {
        for (int n = 0; n < 4; ++n)
            writers_.emplace_back([this, n, port = server.port()] { write(port, n); });
        wait_until([&] { return position() != 0; });
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;
    ~Load() { stop(); }

    void stop() {
        stopped_ = true;
        for (auto& writer : writers_)
            writer.join();
        writers_.clear();
    }
    std::uint64_t position() const { return position_; }
    std::uint64_t highest_account() const { return account_; }

private:
    static void raise(std::atomic<std::uint64_t>& highest, std::uint64_t to) {
        for (auto known = highest.load();
             known < to && !highest.compare_exchange_weak(known, to);) {
        }
    }
    void write(int port, int writer) {
        httplib::Client client{"127.0.0.1", port};
        client.set_keep_alive(true);
        client.set_read_timeout(20s);
        for (int n = 0; !stopped_; ++n) {
            const auto body =
                json{{"first_name", "Ada"},
                     {"last_name", "Lovelace"},
                     {"email", fmt::format("ada.{}.{}.{}@example.com", port, writer, n)}}
                    .dump();
            const auto answer = client.Post("/v1/accounts", as(token_), body, "application/json");
            if (!answer) return;
            ASSERT_EQ(answer->status, 201) << answer->body;
            raise(position_, std::stoull(answer->get_header_value("Muster-Position")));
            raise(account_, json::parse(answer->body).at("account").at("id"));
        }
    }

    std::string token_;
    std::atomic<bool> stopped_ = false;
    std::atomic<std::uint64_t> position_ = 0, account_ = 0;
    std::vector<std::thread> writers_;
};

class Served : public Backup {
protected:
    Served() {
        EXPECT_EQ(muster("admin create --email keeper@example.net --name Kay --password-stdin",
                         data(), std::string{Server::password} + "\n")
                      .status,
                  0);
    }

    // However long a program takes to start, a kill after this falls into its work. Looks often,
    // for what a kill interrupts is over in milliseconds.
    void await_freezing(Child& backup) const {
        EXPECT_TRUE(wait_until([&] {
            for (int look = 0; look < 100; ++look) {
                if (fs::exists(data() / "frozen")) return true;
                std::this_thread::sleep_for(std::chrono::microseconds{200});
            }
            return backup.ended();
        }));
    }
};

TEST_F(Served, ARunningServerIsBackedUpUnderLoad) {
    Server server{data()};
    std::uint64_t account = 0;
    {
        Load load{server};
        for (int round = 0; round < 6; ++round) {
            const auto acknowledged = load.position();
            account = load.highest_account();
            const auto made = expect_backed_up(data(), to());
            EXPECT_GE(made["position"], acknowledged);
            expect_whole(to());
            EXPECT_TRUE(wait_until([&] { return !fs::exists(data() / "frozen"); }));
        }
    }
    EXPECT_EQ(muster("audit", to()).status, 0);
    EXPECT_TRUE(WIFEXITED(server.stop()));
    EXPECT_FALSE(fs::exists(data() / "control"));

    ASSERT_EQ(restore(to(), again()).status, 0);
    EXPECT_EQ(muster("audit", again()).status, 0);
    const Server restored{again()};
    const auto answer = restored.client().Get(fmt::format("/v1/accounts/{}", account).c_str(),
                                              as(restored.sign_in()));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << answer->body;
}

TEST_F(Served, AKillDuringABackupLeavesTheOneBefore) {
    expect_backed_up(data(), to());
    int made = 0, rounds = 0;
    // The moment in which a kill hurts is short: some rounds, and more until one has met it.
    for (; rounds < 8 || (made == rounds && rounds < 48); ++rounds) {
        Server server{data()};
        {
            Load load{server};
            Child backup{
                {MUSTER_PROGRAM, "backup", "--data", data().native(), "--to", to().native()},
                folder_.path() / fmt::format("out.{}", rounds)};
            await_freezing(backup);
            std::this_thread::sleep_for(std::chrono::milliseconds{rounds % 8});
            server.kill();
            EXPECT_TRUE(wait_until([&] { return backup.ended(); }));
            made +=
                content_of(folder_.path() / fmt::format("out.{}", rounds)).starts_with("backed");
        }
        expect_whole(to());
        EXPECT_EQ(muster("audit", to()).status, 0);
    }
    EXPECT_LT(made, rounds) << "no kill came in time";
    const Server server{data()};
    EXPECT_FALSE(fs::exists(data() / "frozen"));
    expect_backed_up(data(), to());
    expect_whole(to());
}

TEST_F(Served, ABackupThatIsKilledLeavesTheOneBefore) {
    expect_backed_up(data(), to());
    Server server{data()};
    for (int round = 0; round < 8; ++round) {
        Child backup{{MUSTER_PROGRAM, "backup", "--data", data().native(), "--to", to().native()},
                     folder_.path() / fmt::format("out.{}", round)};
        await_freezing(backup);
        std::this_thread::sleep_for(std::chrono::milliseconds{5 * round});
        backup.end(SIGKILL);
        expect_whole(to());
        // The server lets go of what the killed one had.
        EXPECT_TRUE(wait_until([&] { return !fs::exists(data() / "frozen"); }));
    }
    const auto made = expect_backed_up(data(), to());
    EXPECT_EQ(names_in(to()), (std::set<std::string>{"lock", "manifest", made["id"]}));
}

TEST_F(Served, WhatAKilledServerLeftIsNotInTheWay) {
    {
        Server server{data()};
        server.kill();
    }
    EXPECT_TRUE(fs::exists(data() / "control"));
    fs::create_directories(data() / "frozen" / "log");
    expect_backed_up(data(), to());  // Nobody has the folder.
    const Server server{data()};
    EXPECT_FALSE(fs::exists(data() / "frozen"));
    expect_backed_up(data(), to());
    expect_whole(to());
}

// One end of the server's socket.
class Caller {
public:
    explicit Caller(const fs::path& data)
        : folder_(data, O_PATH | O_DIRECTORY), socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
        fmt::format("/proc/self/fd/{}/control", folder_.number())
            .copy(name.sun_path, sizeof(name.sun_path) - 1);
        EXPECT_EQ(
            ::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    }
    void say(std::string_view text) const {  // It may be told to stop before it is through.
        (void)!::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    // What comes first.
    std::string hear() const {
        std::string text(256, '\0');
        const auto size = ::recv(socket_.number(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return text;
    }

private:
    Descriptor folder_, socket_;
};

TEST_F(Served, TheSocketIsItsOwnersAndTakesNothingElse) {
    const Server server{data()};
    struct stat status{};
    ASSERT_EQ(::stat((data() / "control").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    for (const auto* request : {"nothing\n", "backup \n", "BACKUP\n"}) {
        const Caller caller{data()};
        caller.say(request);
        EXPECT_EQ(caller.hear(), "error this is no request\n");
    }
    const Caller silent{data()};
    EXPECT_EQ(silent.hear(), "error this is no request\n");  // After two seconds.
    {
        const Caller endless{data()};
        endless.say(std::string(100'000, 'b'));
    }
    expect_backed_up(data(), to());
}

TEST_F(Served, OneBackupIsMadeAtATime) {
    const Server server{data()};
    {
        const Caller first{data()};
        first.say("backup\n");
        EXPECT_EQ(first.hear(), "ok\n");
        EXPECT_TRUE(fs::exists(data() / "frozen" / "log" / "CURRENT"));
        const auto second = back_up(data(), to());
        EXPECT_EQ(second.status, 4);
        EXPECT_NE(second.err.find("another backup"), std::string::npos) << second.err;
    }
    EXPECT_TRUE(wait_until([&] { return !fs::exists(data() / "frozen"); }));
    expect_backed_up(data(), to());
}

// --- Restoring

TEST_F(Backup, IsRestoredIntoNothingOnly) {
    expect_backed_up(data(), to());
    fs::create_directories(again());
    write_content(again() / "letter", "Dear Ada");
    const auto refused = restore(to(), again());
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("is not empty"), std::string::npos) << refused.err;
    EXPECT_EQ(names_in(again()), std::set<std::string>{"letter"});
    const auto before = contents_of(data());
    EXPECT_EQ(restore(to(), data()).status, 1);
    EXPECT_EQ(contents_of(data()), before);
    fs::remove(again() / "letter");
    EXPECT_EQ(restore(to(), again()).status, 0);  // Empty.
    EXPECT_EQ(restore(to(), folder_.path() / "a" / "b").status, 0);
    EXPECT_EQ(restore(folder_.path() / "none", folder_.path() / "c").status, 1);
    EXPECT_FALSE(fs::exists(folder_.path() / "c"));
}

TEST_F(Backup, IsRestoredAsItWas) {
    expect_backed_up(data(), to());
    const auto before = contents_of(to());
    const auto restored = restore(to(), again());
    ASSERT_EQ(restored.status, 0) << restored.err;
    EXPECT_EQ(json::parse(restored.out)["epoch"], 2);
    EXPECT_EQ(contents_of(to()), before);
    EXPECT_EQ(muster("log", again()).out, muster("log", data()).out);
    const auto audited = muster("audit --json", again());
    EXPECT_EQ(audited.status, 0) << audited.out;
    EXPECT_TRUE(json::parse(audited.out)["notes"].empty());  // The views came along.
    EXPECT_EQ(content_of(again() / "key"), content_of(data() / "key"));
    // And again, from a backup of what was restored.
    const auto third = folder_.path() / "third";
    expect_backed_up(again(), to());
    EXPECT_EQ(json::parse(restore(to(), third).out)["epoch"], 3);
    expect_whole(to());
    EXPECT_EQ(muster("audit", third).status, 0);
}

TEST_F(Served, NumbersAndPositionsFromAfterTheBackupAreToldApart) {
    expect_backed_up(data(), to());
    std::uint64_t account = 0, position = 0;
    {
        Server server{data()};
        Load load{server};
        wait_until([&] { return load.position() > 0; });
        load.stop();
        account = load.highest_account();
        position = load.position();
        server.stop();
    }
    ASSERT_EQ(restore(to(), again()).status, 0);
    const Server server{again()};
    auto client = server.client();
    const auto token = server.sign_in();

    const auto start = std::chrono::steady_clock::now();
    auto headers = as(token);
    headers.emplace("Muster-Min-Position", std::to_string(position + 1'000));
    const auto late = client.Get("/v1/users", headers);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->status, 503);
    EXPECT_EQ(json::parse(late->body).value("code", ""), "view.behind");
    EXPECT_NE(late->body.find("restored from a backup"), std::string::npos) << late->body;
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1500ms);

    const auto made = client.Post(
        "/v1/accounts", as(token),
        json{{"first_name", "Eve"}, {"last_name", "New"}, {"email", "eve@example.com"}}.dump(),
        "application/json");
    ASSERT_TRUE(made);
    ASSERT_EQ(made->status, 201) << made->body;
    EXPECT_GT(json::parse(made->body).at("account").at("id"), account + 900'000);
    EXPECT_GT(json::parse(made->body).at("owner").at("id"), 1'000'000);

    const auto ready = client.Get("/readyz");
    ASSERT_TRUE(ready);
    EXPECT_EQ(json::parse(ready->body).at("epoch"), 2);
}

}  // namespace muster::tools::backup_test
