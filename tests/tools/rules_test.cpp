// Every rule of tests/rules.md is named by a test, and every rule that a test names stands there.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <string>

namespace muster::rules_test {

namespace fs = std::filesystem;
const fs::path tests = fs::path{MUSTER_SOURCE_DIR} / "tests";

std::set<std::string> listed() {
    std::set<std::string> ids;
    std::ifstream in{tests / "rules.md"};
    const std::regex row{R"(\| ([A-Z]\d+) \|.*)"};
    std::smatch found;
    for (std::string line; std::getline(in, line);) {
        if (!std::regex_match(line, found, row)) continue;
        EXPECT_TRUE(ids.insert(found[1]).second) << found[1] << " stands twice";
    }
    return ids;
}

// "Rule I17.", "Rules V1, V2 and V3", "Rules X4 to X7" and the line after it, if it goes on there.
std::set<std::string> named() {
    std::set<std::string> ids;
    const std::regex mention{R"(Rules?[ :]((?:(?:, | and | to |/|; | )*[A-Z]\d+\b)+))"};
    const std::regex id{R"([A-Z]\d+)"};
    for (const auto& entry : fs::recursive_directory_iterator(tests)) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
        std::ifstream in{entry.path()};
        for (std::string line; std::getline(in, line);) {
            for (std::sregex_iterator at{line.begin(), line.end(), mention}, end; at != end; ++at) {
                const auto text = (*at)[1].str();
                for (std::sregex_iterator each{text.begin(), text.end(), id}; each != end; ++each)
                    ids.insert(each->str());
            }
        }
    }
    return ids;
}

TEST(Rules, AreEachProvenByATestThatNamesThem) {
    const auto tested = named();
    const auto rules = listed();
    EXPECT_GT(rules.size(), 100U);
    for (const auto& rule : rules)
        EXPECT_TRUE(tested.contains(rule)) << rule << " has no test";
}

TEST(Rules, ThatATestNamesStandInTheList) {
    const auto rules = listed();
    for (const auto& rule : named())
        EXPECT_TRUE(rules.contains(rule)) << rule << " is not in tests/rules.md";
}

}  // namespace muster::rules_test
