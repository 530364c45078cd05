// Data folders for the tests of the tools, the program run on them, and damage done to them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <rocksdb/db.h>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "events/bytes.hpp"
#include "events/folder.hpp"
#include "events/rocks_log.hpp"
#include "events/rocks_store.hpp"
#include "events/tree.hpp"

namespace muster::tools {

namespace fs = std::filesystem;

class TemporaryFolder {
public:
    TemporaryFolder() {
        auto name = (fs::temp_directory_path() / "muster-tools-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

inline std::string content_of(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}
inline void write_content(const fs::path& path, std::string_view content) {
    std::ofstream{path, std::ios::binary} << content;
}

// Everything in a folder, by path.
inline std::map<std::string, std::string> contents_of(const fs::path& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        all[entry.path().native()] = entry.is_regular_file() ? content_of(entry.path()) : "";
    }
    return all;
}

struct Ran {
    int status = -1;  // -1: ended by a signal.
    std::string out, err;
};

// Runs a shell command; `input` is its stdin.
inline Ran shell(const std::string& command, std::string_view input = {}) {
    const TemporaryFolder folder;
    const auto in = folder.path() / "in", out = folder.path() / "out", err = folder.path() / "err";
    write_content(in, input);
    const auto status = std::system(
        fmt::format("{{ {}; }} <{} >{} 2>{}", command, in.native(), out.native(), err.native())
            .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
}

// Runs the built program, e.g. muster("audit --json", folder).
inline std::string muster_command(std::string_view arguments, const fs::path& data) {
    return fmt::format("{} {} --data {}", MUSTER_PROGRAM, arguments, data.native());
}
inline Ran muster(std::string_view arguments, const fs::path& data, std::string_view input = {}) {
    return shell(muster_command(arguments, data), input);
}
// While another process has the folder.
inline Ran muster_locked_out(std::string_view arguments, const fs::path& data,
                             std::string_view input = {}) {
    return shell(
        fmt::format("flock {} {}", (data / "lock").native(), muster_command(arguments, data)),
        input);
}

inline std::vector<nlohmann::json> lines_of(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(nlohmann::json::parse(line));
    return lines;
}

// A folder with a demo in it, made once, and copied for each test.
inline const fs::path& demo_folder() {
    static const TemporaryFolder folder;
    static const auto path = [] {
        auto data = folder.path() / "data";
        const auto made = muster("demo --users 200 --accounts 120 --seed 7", data);
        EXPECT_EQ(made.status, 0) << made.err;
        const auto built = muster("rebuild", data);
        EXPECT_EQ(built.status, 0) << built.err;
        return data;
    }();
    return path;
}

class DemoCopy {
public:
    DemoCopy() { fs::copy(demo_folder(), data(), fs::copy_options::recursive); }
    fs::path data() const { return folder_.path() / "data"; }

    // Changes the log's database behind the log's back.
    void edit(const std::function<void(RocksStore&)>& change) const {
        const auto store = RocksStore::open(data() / "log", {});
        ASSERT_TRUE(store) << store.error().message;
        change(**store);
    }
    // A stored record, with its leaf hash behind it.
    static std::string record(const RocksStore& store, std::uint64_t position) {
        rocksdb::PinnableSlice value;
        EXPECT_TRUE(store.get(Family::records, key_of(position), value).value_or(false));
        return value.ToString();
    }
    static void put_record(RocksStore& store, std::uint64_t position, const std::string& value) {
        EXPECT_TRUE(
            store.db().Put({}, store.family(Family::records), key_of(position), value).ok());
    }
    static std::string key_of(std::uint64_t position) {
        std::string key;
        Writer{key}.fixed64(position);
        return key;
    }

private:
    TemporaryFolder folder_;
};

}  // namespace muster::tools
