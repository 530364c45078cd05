// A database dump as mysqldump and mariadb-dump write it, read row by row. Memory is bounded by one
// row, whatever the file's size: rows that are to be read in another order are found again by their
// places.
//
//   dump      := (comment | "DELIMITER" text line-end | statement)*
//   statement := "CREATE TABLE" name "(" column-or-key {"," column-or-key} ")" ... ";"
//              | ("INSERT" | "REPLACE") ... "INTO" name ["(" column {"," column} ")"]
//                "VALUES" row {"," row} ";"
//              | anything else ";"                                    (passed over)
//   row       := "(" value {"," value} ")"
//   value     := NULL | number | [_charset] string | 0xHEX | x'HEX' | b'BITS'
//   string    := '...' | "...", with backslash escapes and doubled quotes, on one line
//
// What stands in no table that is wanted is passed over. A row that is none is told and left out;
// reading goes on at the next one, on the same line where one can be found there.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/fault.hpp"

namespace muster::tools {

using SqlValue = std::optional<std::string>;  // Absent: NULL.
using SqlRow = std::vector<SqlValue>;

// Which table a row is of, and its columns (in lower case) in the order of its values.
struct SqlLayout {
    std::string table;
    std::vector<std::string> columns;

    bool operator==(const SqlLayout&) const = default;
    std::optional<std::size_t> find(std::string_view column) const;
};

struct RowPlace {
    std::uint64_t offset{};
    std::uint32_t line{};    // From 1.
    std::uint32_t layout{};  // Among SqlDump::layouts.
};

// A row that is none: what of it could be read, and why it ends there.
struct BrokenRow {
    RowPlace place;
    SqlRow values;
    std::string why;
};

// Bytes of the dump from an offset on; how many there were. None at its end.
using ReadAt = std::function<std::expected<std::size_t, Fault>(std::uint64_t, std::span<char>)>;
// Of a file, with its size. `unavailable` where it is not there, or no file that can be read twice.
struct DumpFile {
    ReadAt read;
    std::uint64_t size{};
};
std::expected<DumpFile, Fault> open_dump(const std::filesystem::path& path);

// The dump's bytes, one after the other, with the number of the line.
class DumpCursor {
public:
    static constexpr int end = -1;

    explicit DumpCursor(ReadAt read);

    int peek() { return at_ < buffer_.size() ? as_byte(buffer_[at_]) : fill(); }
    int ahead(std::size_t count);  // `end` beyond it; only a few bytes ahead.
    void skip() {
        if (buffer_[at_] == '\n') ++line_;
        ++at_;
    }
    std::uint64_t offset() const { return base_ + at_; }
    std::uint32_t line() const { return line_; }
    void seek(std::uint64_t offset, std::uint32_t line);

    const std::optional<Fault>& fault() const { return fault_; }

private:
    static int as_byte(char c) { return static_cast<unsigned char>(c); }
    int fill();

    ReadAt read_;
    std::string buffer_;
    std::uint64_t base_{};
    std::size_t at_{};
    std::uint64_t size_ = UINT64_MAX;  // Of the whole, once it is known.
    std::uint32_t line_ = 1;
    std::optional<Fault> fault_;
};

class SqlDump {
public:
    // A row with all its escapes; longer ones are none.
    static constexpr std::uint64_t longest_row = 4 << 20;

    // Only rows of these tables are read (names in lower case).
    SqlDump(ReadAt read, std::set<std::string> wanted);

    struct Visitor {
        std::function<void(const RowPlace&, const SqlRow&)> row;  // Of any number of values.
        std::function<void(const BrokenRow&)> broken;
        std::function<void(std::uint64_t offset)> progress;  // After each statement.
    };
    // All of it, once. What makes the whole dump useless is an error.
    std::expected<void, std::string> read(const Visitor& visitor);

    // One row again. Absent: it is none, as it was before.
    std::optional<SqlRow> row_at(const RowPlace& place);

    const std::vector<SqlLayout>& layouts() const { return layouts_; }
    // Whether the last line says that the dump is complete.
    bool says_complete() const { return says_complete_; }
    const std::optional<Fault>& fault() const { return cursor_.fault(); }

private:
    enum class Step : std::uint8_t { row, end_of_rows, lost };

    void statement(const Visitor& visitor);
    void create_table();
    void insert(const Visitor& visitor);
    void rows(const Visitor& visitor, std::uint32_t layout);
    Step behind_row();
    Step recover(const Visitor& visitor, const RowPlace& broken);
    std::optional<std::uint32_t> layout_of(const std::string& table,
                                           std::vector<std::string> columns);
    std::vector<std::string> column_list();
    void column_definition(std::vector<std::string>& columns);

    std::string row(SqlRow& values);  // Why it is none; empty where it is one.
    std::string value(SqlValue& value);
    std::string quoted(std::string& text);
    std::string hexadecimal(std::string& text);
    std::string bits(std::string& text);
    std::string word_value(SqlValue& value);
    void escape(std::string& text);

    void blanks();
    void line_comment();
    void block_comment();
    void note_charset(std::string_view text);
    bool at_line_comment();
    bool at_delimiter();
    bool at_statement();
    void skip_delimiter();
    void skip_statement();
    bool skip_quoted(char quote);
    void skip_to_line_end();
    void set_delimiter();
    std::string word();
    std::string name();
    std::string table_name();
    void fail(std::string why);

    DumpCursor cursor_;
    std::set<std::string> wanted_;
    std::map<std::string, std::vector<std::string>> created_;  // Columns by table.
    std::vector<SqlLayout> layouts_;
    std::string delimiter_ = ";";
    std::string error_;
    std::uint64_t row_end_{};  // No row goes on behind it.
    bool says_complete_{};
};

}  // namespace muster::tools
