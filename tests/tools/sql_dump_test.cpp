// Reading dumps: what mysqldump and mariadb-dump write, and what is left of it when it is damaged.
#include "tools/sql_dump.hpp"

#include <cstring>
#include <gtest/gtest.h>

#include "tests/tools/folders.hpp"

namespace muster::tools::sql_dump_test {

ReadAt bytes_of(std::string text) {
    return [text = std::move(text)](std::uint64_t offset,
                                    std::span<char> into) -> std::expected<std::size_t, Fault> {
        if (offset >= text.size()) return 0;
        const auto count = std::min<std::size_t>(into.size(), text.size() - offset);
        std::memcpy(into.data(), text.data() + offset, count);
        return count;
    };
}

// A row as "1|Ada|NULL", a broken one as "!line: why".
struct ReadDump {
    std::vector<std::string> rows;
    std::vector<std::uint32_t> lines;
    std::string error;
    bool says_complete{};
};

std::string shown(const SqlRow& row) {
    std::string text;
    for (const auto& value : row)
        text += (text.empty() ? "" : "|") + value.value_or("NULL");
    return text;
}

ReadDump read(const std::string& text) {
    ReadDump result;
    SqlDump dump{bytes_of(text), {"t"}};
    std::vector<RowPlace> places;
    std::vector<SqlRow> seen;
    const auto done = dump.read({.row =
                                     [&](const RowPlace& place, const SqlRow& row) {
                                         places.push_back(place);
                                         seen.push_back(row);
                                         result.rows.push_back(shown(row));
                                         result.lines.push_back(place.line);
                                     },
                                 .broken =
                                     [&](const BrokenRow& broken) {
                                         result.rows.push_back(
                                             fmt::format("!{}: {}", broken.place.line, broken.why));
                                     },
                                 .progress = {}});
    if (!done) result.error = done.error();
    result.says_complete = dump.says_complete();
    for (std::size_t n = places.size(); n-- > 0;)  // Each is found again, in any order.
        EXPECT_EQ(dump.row_at(places[n]), seen[n]);
    return result;
}

constexpr std::string_view table =
    "CREATE TABLE `t` (\n  `id` int(10) NOT NULL,\n  `name` text);\n";
std::vector<std::string> rows_of(const std::string& text) {
    const auto result = read(std::string{table} + text);
    EXPECT_EQ(result.error, "");
    return result.rows;
}
using Rows = std::vector<std::string>;

TEST(SqlDump, HasRowsOnOneLineAndOnMany) {
    EXPECT_EQ(rows_of("INSERT INTO `t` VALUES (1,'Ada'),(2,'Bob');\n"), (Rows{"1|Ada", "2|Bob"}));
    EXPECT_EQ(
        rows_of("INSERT INTO `t` VALUES\n(1,'Ada'),\n(2,'Bob');\nINSERT INTO t VALUES (3,'Eve');"),
        (Rows{"1|Ada", "2|Bob", "3|Eve"}));
    EXPECT_EQ(
        rows_of(
            "insert ignore into `db`.`t` values (1 , 'Ada') ;\r\nREPLACE INTO t VALUES(2,\"B\");"),
        (Rows{"1|Ada", "2|B"}));
}

TEST(SqlDump, HasValuesOfAllForms) {
    EXPECT_EQ(
        rows_of("INSERT INTO t VALUES (-1.5e+3,NULL),(0x4164,x'61'),(_binary 'a',_utf8mb4'b'),"
                "(TRUE,false),(b'101',N'x'),(_binary 0x41,'');"),
        (Rows{"-1.5e+3|NULL", "Ad|a", "a|b", "1|0", "5|x", "A|"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'O\\'Brien ''x'' \\\"y\\\" \\\\ \\n\\r\\t\\b\\Z\\% "
                      ";),( /* -- ');"),
              (Rows{"1|O'Brien 'x' \"y\" \\ \n\r\t\b\x1a\\% ;),( /* -- "}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a\\0b');"), (Rows{std::string{"1|a\0b", 5}}));
}

TEST(SqlDump, HasItsColumnsFromTheTableOrTheStatement) {
    SqlDump dump{
        bytes_of("CREATE TABLE IF NOT EXISTS `T` (`Id` int unsigned NOT NULL DEFAULT '0' COMMENT "
                 "'a, (b)',\n `Full Name` decimal(10,2), PRIMARY KEY (`Id`), UNIQUE KEY `k` "
                 "(`a`,`b`), KEY x (y), CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `b` (`c`)) "
                 "ENGINE=InnoDB /*!50100 PARTITION BY HASH (id) */;\nINSERT INTO t VALUES "
                 "(1,2);INSERT INTO t (`name`, id) VALUES ('x',1);"),
        {"t"}};
    EXPECT_TRUE(dump.read({[](const auto&, const auto&) {}, [](const auto&) {}, {}}));
    ASSERT_EQ(dump.layouts().size(), 2U);
    EXPECT_EQ(dump.layouts()[0].columns, (Rows{"id", "full name"}));
    EXPECT_EQ(dump.layouts()[1].columns, (Rows{"name", "id"}));
    EXPECT_EQ(dump.layouts()[1].find("id"), 1U);
    EXPECT_NE(read("INSERT INTO t VALUES (1,2);").error.find("no column names"), std::string::npos);
}

TEST(SqlDump, PassesOverWhatIsNotWanted) {
    EXPECT_EQ(
        rows_of(
            "-- INSERT INTO t VALUES (1,'a');\n# (2,'b')\n--\n/* (3,'c') ; ' */\n"
            "/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n/*M!999999\\- enable */\n"
            "LOCK TABLES `t` WRITE;\nINSERT INTO `other` VALUES (4,'; INSERT INTO t VALUES (5)');\n"
            "INSERT INTO t VALUES (6,'f');\nUNLOCK TABLES;\n"
            "DELIMITER ;;\nCREATE TRIGGER x BEGIN INSERT INTO t VALUES (7,'it is\n open'); END ;;\n"
            "DELIMITER ;\nINSERT INTO t VALUES (8,'h') ON DUPLICATE KEY UPDATE id=';';\n"
            "INSERT INTO t SELECT * FROM x;\n)(;\nINSERT INTO t VALUES (9,'i');\n"),
        (Rows{"6|f", "8|h", "9|i"}));
}

TEST(SqlDump, TellsWhetherItIsComplete) {
    EXPECT_TRUE(read(std::string{table} + "-- Dump completed on 2026-11-22\n").says_complete);
    EXPECT_FALSE(read(std::string{table}).says_complete);
}

TEST(SqlDump, IsRefusedInAnotherCharset) {
    EXPECT_NE(read("/*!40101 SET NAMES latin1 */;\n").error.find("latin1"), std::string::npos);
    EXPECT_NE(read("SET NAMES cp1251;\n").error.find("cp1251"), std::string::npos);
    for (const auto* good :
         {"/*!40101 SET NAMES utf8mb4 */;", "SET NAMES utf8;", "SET NAMES binary;",
          "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;",
          "SET NAMES 'utf8mb4';"})
        EXPECT_EQ(read(good).error, "") << good;
}

TEST(SqlDump, ABrokenRowStopsNoOther) {
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a'),(2,'O'Brien'),(3,'c'),(4,'d');\n"
                      "INSERT INTO t VALUES (5,'e');\n"),
              (Rows{"1|a", "!4: behind value 2 stands neither a comma nor a bracket", "3|c", "4|d",
                    "5|e"}));
    EXPECT_EQ(
        rows_of("INSERT INTO t VALUES\n(1,'a'),\n(2,'b),\n(3,'c');\nINSERT INTO t VALUES (4,'d');"),
        (Rows{"1|a", "!6: a quote is not closed", "3|c", "4|d"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a);\nINSERT INTO t VALUES (2,'b');\n"),
              (Rows{"!4: a quote is not closed", "2|b"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,),(2,'b'),(3,0x1),(4,what),(5,'e');\n"),
              (Rows{"!4: a value is missing, or none", "2|b",
                    "!4: a hexadecimal value has an odd number of digits", "5|e"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a') (2,'b');\nINSERT INTO t VALUES (3,'c');"),
              (Rows{"!4: it is followed by neither a comma nor the statement's end", "3|c"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a'),(2,'b"),
              (Rows{"1|a", "!4: a quote is not closed"}));
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'a'),(2"), (Rows{"1|a", "!4: the file ends in it"}));
    EXPECT_EQ(rows_of("INSERT INTO other VALUES (1,'a);\nINSERT INTO t VALUES (2,'b');\n"),
              (Rows{"2|b"}));
}

// What should not be there, or is missing, takes no row of the next statement with it.
TEST(SqlDump, WhatIsNoStatementStopsNoOther) {
    const std::string created = "CREATE TABLE `t` (`a` int, `b` text);\n";
    const std::vector<std::string> all{"1|x", "2|y", "3|z"};
    EXPECT_EQ(read(created + "INSERT INTO `t` VALUES (1,'x');\nmysqldump: [Warning] Help\n"
                             "INSERT INTO `t` VALUES (2,'y'),(3,'z');\n")
                  .rows,
              all);
    EXPECT_EQ(read(created + "INSERT INTO `t` VALUES (1,'x')\nINSERT INTO `t` VALUES (2,'y');\n"
                             "insert into t values (3,'z')")
                  .rows,
              all);
    EXPECT_EQ(read("mysqldump: [Warning] Help\n" + created +
                   "UNLOCK TABLES\nREPLACE INTO `t` VALUES (1,'x'),(2,'y'),(3,'z');\n")
                  .rows,
              all);
}

TEST(SqlDump, ARowOfTooManyBytesIsNone) {
    const std::string much(SqlDump::longest_row + 1, 'x');
    EXPECT_EQ(rows_of("INSERT INTO t VALUES (1,'" + much + "'),(2,'b');\n"),
              (Rows{fmt::format("!4: it is longer than {} bytes", SqlDump::longest_row), "2|b"}));
}

TEST(SqlDump, CountsLines) {
    const auto result =
        read(std::string{table} + "\n\nINSERT INTO t VALUES\n(1,'a\\\n'),\n\n(2,'b');");
    EXPECT_EQ(result.lines, (std::vector<std::uint32_t>{7, 10}));
}

TEST(SqlDump, IsLongerThanItsBuffer) {
    std::string text{table};
    for (int n = 0; n < 200; ++n)
        text += fmt::format("INSERT INTO t VALUES ({},'{}'),({},'b');\n", 2 * n,
                            std::string(9000, 'x'), 2 * n + 1);
    const auto result = read(text);
    EXPECT_EQ(result.rows.size(), 400U);
    EXPECT_EQ(result.rows[399], "399|b");
    EXPECT_EQ(result.lines[399], 203U);
}

TEST(SqlDump, IsAFileThatCanBeReadTwice) {
    const TemporaryFolder folder;
    EXPECT_FALSE(open_dump(folder.path() / "none"));
    EXPECT_FALSE(open_dump(folder.path()));
    write_content(folder.path() / "dump", "x");
    EXPECT_EQ(open_dump(folder.path() / "dump").value().size, 1U);
}

}  // namespace muster::tools::sql_dump_test
