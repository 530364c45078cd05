// Includes point downwards only, and third-party headers have owners.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace muster::layers {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> may_include{
    {"events", {"events"}},
    {"aggregates", {"events", "aggregates"}},
    {"handlers", {"events", "aggregates", "handlers"}},
    {"projections", {"events", "projections"}},
    {"http", {"events", "aggregates", "handlers", "projections", "http"}},
    {"tools", {"events", "aggregates", "handlers", "projections", "http", "tools"}},
};

// Header's beginning -> files whose names begin so.
const std::vector<std::pair<std::string, std::vector<std::string>>> owners{
    {"rocksdb/", {"events/rocks_", "projections/view_store", "tools/bench/"}},
    {"sodium.h",
     {"events/sealing", "events/signed_note", "events/folder", "events/text", "handlers/passwords",
      "tools/bench/"}},
    {"boost/asio",
     {"http/connection.hpp", "http/connection.cpp", "http/server.cpp", "tools/bench/"}},
    {"boost/beast", {"tools/bench/"}},
    {"nlohmann/", {"events/json", "http/", "tools/"}},
    {"CLI/", {"tools/main.cpp", "tools/bench/"}},
    {"toml++/", {"tools/main.cpp"}},
    {"openssl/",
     {"events/sha256", "events/text", "handlers/second_factor", "handlers/legacy_hash"}},
    {"crypt.h", {"handlers/legacy_hash"}},
    {"qrencode.h", {"http/second_factor"}},
    {"curl/", {"handlers/smtp"}},
    {"idn2.h", {"events/email_address"}},
    {"utf8proc.h", {"events/text", "events/json", "events/email_address"}},
};

struct Include {
    std::string file;  // "events/log.hpp"
    std::string target;
    bool quoted{};
};

std::vector<Include> includes() {
    std::vector<Include> found;
    const fs::path top{MUSTER_SOURCE_DIR};
    for (const auto& [folder, below] : may_include) {
        for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
            const auto extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".hpp") continue;
            std::ifstream in{entry.path()};
            for (std::string line; std::getline(in, line);) {
                if (!line.starts_with("#include ")) continue;
                const auto open = line.find_first_of("<\"");
                const auto close = line.find_first_of(">\"", open + 1);
                found.push_back({fs::relative(entry.path(), top).string(),
                                 line.substr(open + 1, close - open - 1), line[open] == '"'});
            }
        }
    }
    return found;
}

bool begins_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
    return std::ranges::any_of(beginnings,
                               [&](const auto& each) { return text.starts_with(each); });
}

}  // namespace

TEST(Layers, PointDownwardsOnly) {
    const auto all = includes();
    ASSERT_GT(all.size(), 500U);
    for (const auto& include : all) {
        if (!include.quoted) continue;
        const auto from = include.file.substr(0, include.file.find('/'));
        const auto to = include.target.substr(0, include.target.find('/'));
        EXPECT_TRUE(may_include.at(from).contains(to))
            << include.file << " includes " << include.target;
    }
}

TEST(Layers, GiveEveryLibraryItsOwners) {
    for (const auto& include : includes()) {
        for (const auto& [header, files] : owners) {
            if (include.quoted || !include.target.starts_with(header)) continue;
            EXPECT_TRUE(begins_with_any(include.file, files))
                << include.file << " includes " << include.target;
        }
    }
}

TEST(Style, KeepsFoldersExplained) {
    for (const auto* folder :
         {"events", "aggregates", "handlers", "projections", "http", "tools", "tests"}) {
        std::ifstream in{fs::path{MUSTER_SOURCE_DIR} / folder / "README.md"};
        ASSERT_TRUE(in) << folder << " has no README.md";
        const auto lines = std::count(std::istreambuf_iterator<char>{in}, {}, '\n');
        EXPECT_LT(lines, 60) << folder << "/README.md";
    }
}

TEST(Style, LeavesNothingForLater) {
    const std::vector<std::string> words{std::string("TO") + "DO", std::string("FIX") + "ME"};
    for (const auto& [folder, below] : may_include) {
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path{MUSTER_SOURCE_DIR} / folder)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in{entry.path()};
            for (std::string line; std::getline(in, line);) {
                for (const auto& word : words)
                    EXPECT_EQ(line.find(word), std::string::npos) << entry.path() << ": " << line;
            }
        }
    }
}

}  // namespace muster::layers
