#include "tools/sql_dump.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::tools {
namespace {

constexpr std::size_t buffer_size = 256 << 10;
constexpr std::size_t longest_name_in_dump = 256, longest_noted = 512;
// Bytes that are looked at again behind a broken row; beyond, the rest of its line is left out.
constexpr std::uint64_t most_recovered = std::uint64_t{64} << 20;

bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_number_part(int c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}
bool is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(int c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '$'; }
char lower(int c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }
int hex_value(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// What a table's definition has beside columns.
bool is_key_word(const std::string& word) {
    static const std::set<std::string, std::less<>> words{
        "primary",  "key",     "unique", "constraint", "index",
        "fulltext", "spatial", "check",  "foreign",    "period"};
    return words.contains(word);
}

}  // namespace

std::optional<std::size_t> SqlLayout::find(std::string_view column) const {
    const auto found = std::ranges::find(columns, column);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

std::expected<DumpFile, Fault> open_dump(const std::filesystem::path& path) {
    const auto unavailable = [&](std::string_view why) {
        return std::unexpected(
            Fault{Fault::Kind::unavailable, fmt::format("{}: {}", path.native(), why)});
    };
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return unavailable("it cannot be opened");
    const std::shared_ptr<const int> file(new int{opened}, [](const int* open) {
        ::close(*open);
        delete open;
    });
    struct stat about{};
    if (::fstat(opened, &about) != 0 || !S_ISREG(about.st_mode))
        return unavailable("it is no file");
    const auto read = [file, unavailable](
                          std::uint64_t offset,
                          std::span<char> into) -> std::expected<std::size_t, Fault> {
        ssize_t got = 0;
        do
            got = ::pread(*file, into.data(), into.size(), static_cast<off_t>(offset));
        while (got < 0 && errno == EINTR);
        if (got < 0) return unavailable("it cannot be read");
        return static_cast<std::size_t>(got);
    };
    return DumpFile{read, static_cast<std::uint64_t>(about.st_size)};
}

// --- Bytes

DumpCursor::DumpCursor(ReadAt read) : read_(std::move(read)) {
    if (ahead(0) == 0xef && ahead(1) == 0xbb && ahead(2) == 0xbf) at_ = 3;  // A byte order mark.
}

int DumpCursor::fill() {
    const auto from = base_ + buffer_.size();
    if (fault_ || from >= size_) return end;
    // A little of what was read stays, for short steps back.
    const auto kept = std::min<std::size_t>(buffer_.size(), buffer_size / 4);
    const auto dropped = buffer_.size() - kept;
    std::string room(kept + buffer_size, '\0');
    std::copy(buffer_.end() - static_cast<std::ptrdiff_t>(kept), buffer_.end(), room.begin());
    const auto got = read_(from, std::span{room}.subspan(kept));
    if (!got) {
        fault_ = got.error();
        return end;
    }
    if (*got == 0) {
        size_ = from;
        return end;
    }
    room.resize(kept + *got);
    buffer_ = std::move(room);
    base_ += dropped;
    at_ -= dropped;
    return as_byte(buffer_[at_]);
}

int DumpCursor::ahead(std::size_t count) {
    while (at_ + count >= buffer_.size()) {
        const auto before = base_ + buffer_.size();
        fill();
        if (base_ + buffer_.size() == before) return end;
    }
    return as_byte(buffer_[at_ + count]);
}

void DumpCursor::seek(std::uint64_t offset, std::uint32_t line) {
    line_ = line;
    if (offset >= base_ && offset <= base_ + buffer_.size()) {
        at_ = static_cast<std::size_t>(offset - base_);
        return;
    }
    buffer_.clear();
    base_ = offset;
    at_ = 0;
}

// --- Statements

SqlDump::SqlDump(ReadAt read, std::set<std::string> wanted)
    : cursor_(std::move(read)), wanted_(std::move(wanted)) {}

std::expected<void, std::string> SqlDump::read(const Visitor& visitor) {
    while (error_.empty()) {
        blanks();
        if (!error_.empty() || cursor_.peek() == DumpCursor::end) break;
        says_complete_ = false;
        const auto before = cursor_.offset();
        statement(visitor);
        if (cursor_.offset() == before) cursor_.skip();  // Something that begins no statement.
        if (visitor.progress) visitor.progress(cursor_.offset());
    }
    if (fault()) return std::unexpected(fault()->message);
    if (!error_.empty()) return std::unexpected(error_);
    return {};
}

void SqlDump::statement(const Visitor& visitor) {
    const auto first = word();
    if (first == "delimiter") return set_delimiter();
    if (delimiter_ == ";") {
        if (first == "create") return create_table();
        if (first == "insert" || first == "replace") return insert(visitor);
        if (first == "set") {
            blanks();
            if (word() == "names") {
                blanks();
                note_charset("set names " + name());
            }
        }
    }
    skip_statement();
}

void SqlDump::create_table() {
    blanks();
    if (word() != "table") return skip_statement();
    const auto table = table_name();
    if (!wanted_.contains(table)) return skip_statement();
    std::vector<std::string> columns;
    blanks();
    if (cursor_.peek() == '(') {
        do {
            cursor_.skip();
            column_definition(columns);
        } while (cursor_.peek() == ',');
    }
    if (columns.empty())
        fail(fmt::format("line {}: the columns of {} cannot be read", cursor_.line(), table));
    created_[table] = std::move(columns);
    skip_statement();
}

// Up to the comma or the bracket behind it.
void SqlDump::column_definition(std::vector<std::string>& columns) {
    blanks();
    const bool quoted_name = cursor_.peek() == '`' || cursor_.peek() == '"';
    const auto column = name();
    if (quoted_name || (!column.empty() && !is_key_word(column))) columns.push_back(column);
    for (int depth = 0;;) {
        blanks();
        const int c = cursor_.peek();
        if (c == DumpCursor::end || at_delimiter()) return;
        if (depth == 0 && (c == ',' || c == ')')) return;
        cursor_.skip();
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if ((c == '\'' || c == '"' || c == '`') && !skip_quoted(static_cast<char>(c))) return;
    }
}

void SqlDump::insert(const Visitor& visitor) {
    for (auto next = word(); next != "into"; next = word()) {  // LOW_PRIORITY, IGNORE ...
        if (next.empty()) return skip_statement();
    }
    const auto table = table_name();
    if (!wanted_.contains(table)) return skip_statement();
    blanks();
    std::vector<std::string> columns;
    if (cursor_.peek() == '(') columns = column_list();
    blanks();
    const auto values = word();
    if (values != "values" && values != "value") return skip_statement();
    const auto layout = layout_of(table, std::move(columns));
    if (!layout)
        return fail(
            fmt::format("line {}: {} has rows and no column names: neither CREATE TABLE "
                        "before them nor a list of columns with them",
                        cursor_.line(), table));
    rows(visitor, *layout);
}

std::vector<std::string> SqlDump::column_list() {
    std::vector<std::string> columns;
    do {
        cursor_.skip();
        blanks();
        columns.push_back(name());
        blanks();
    } while (cursor_.peek() == ',');
    if (cursor_.peek() == ')') cursor_.skip();
    return columns;
}

std::optional<std::uint32_t> SqlDump::layout_of(const std::string& table,
                                                std::vector<std::string> columns) {
    if (columns.empty()) {
        const auto found = created_.find(table);
        if (found == created_.end()) return std::nullopt;
        columns = found->second;
    }
    const SqlLayout layout{table, std::move(columns)};
    const auto found = std::ranges::find(layouts_, layout);
    const auto number = static_cast<std::uint32_t>(found - layouts_.begin());
    if (found == layouts_.end()) layouts_.push_back(layout);
    return number;
}

// --- Rows

void SqlDump::rows(const Visitor& visitor, std::uint32_t layout) {
    SqlRow values;
    for (auto step = Step::row; step == Step::row;) {
        blanks();
        const RowPlace place{cursor_.offset(), cursor_.line(), layout};
        auto why = row(values);
        step = why.empty() ? behind_row() : Step::lost;
        if (step != Step::lost) {
            visitor.row(place, values);
            continue;
        }
        if (cursor_.fault()) return;
        if (why.empty()) why = "it is followed by neither a comma nor the statement's end";
        visitor.broken({place, values, why});
        step = recover(visitor, place);
    }
}

// Behind a row that is whole.
SqlDump::Step SqlDump::behind_row() {
    blanks();
    if (cursor_.peek() == ',') {
        cursor_.skip();
        return Step::row;
    }
    if (at_delimiter()) {
        skip_delimiter();
        return Step::end_of_rows;
    }
    if (cursor_.peek() == DumpCursor::end || at_statement()) return Step::end_of_rows;
    if (!is_letter(cursor_.peek())) return Step::lost;
    skip_statement();  // ON DUPLICATE KEY UPDATE ...
    return Step::end_of_rows;
}

// Behind a row that is none: the next one that is whole, on its line or at the beginning of the
// next.
SqlDump::Step SqlDump::recover(const Visitor& visitor, const RowPlace& broken) {
    const auto columns = layouts_[broken.layout].columns.size();
    std::uint64_t spent = 0;
    cursor_.seek(broken.offset + 1, broken.line);
    while (cursor_.peek() != DumpCursor::end && cursor_.peek() != '\n') {
        const bool between = spent < most_recovered && cursor_.peek() == ')' &&
                             cursor_.ahead(1) == ',' && cursor_.ahead(2) == '(';
        cursor_.skip();
        if (!between) continue;
        cursor_.skip();
        const RowPlace place{cursor_.offset(), cursor_.line(), broken.layout};
        SqlRow values;
        const bool whole = row(values).empty() && values.size() == columns;
        spent += cursor_.offset() - place.offset;
        if (const auto step = whole ? behind_row() : Step::lost; step != Step::lost) {
            visitor.row(place, values);
            return step;
        }
        cursor_.seek(place.offset, place.line);
    }
    blanks();
    return cursor_.peek() == '(' ? Step::row : Step::end_of_rows;
}

std::optional<SqlRow> SqlDump::row_at(const RowPlace& place) {
    cursor_.seek(place.offset, place.line);
    SqlRow values;
    if (!row(values).empty()) return std::nullopt;
    return values;
}

std::string SqlDump::row(SqlRow& values) {
    values.clear();
    row_end_ = cursor_.offset() + longest_row;
    if (cursor_.peek() != '(') return "it does not begin with a bracket";
    do {
        cursor_.skip();
        if (auto why = value(values.emplace_back()); !why.empty()) {
            values.pop_back();
            return why;
        }
        if (cursor_.offset() > row_end_)
            return fmt::format("it is longer than {} bytes", longest_row);
        while (is_blank(cursor_.peek()))
            cursor_.skip();
    } while (cursor_.peek() == ',');
    if (cursor_.peek() == DumpCursor::end) return "the file ends in it";
    if (cursor_.peek() != ')')
        return fmt::format("behind value {} stands neither a comma nor a bracket", values.size());
    cursor_.skip();
    return {};
}

std::string SqlDump::value(SqlValue& value) {
    while (is_blank(cursor_.peek()))
        cursor_.skip();
    const int c = cursor_.peek();
    if (c == '\'' || c == '"') return quoted(value.emplace());
    if (c == '0' && (cursor_.ahead(1) == 'x' || cursor_.ahead(1) == 'X')) {
        cursor_.skip();
        cursor_.skip();
        return hexadecimal(value.emplace());
    }
    if (is_letter(c)) return word_value(value);
    auto& number = value.emplace();
    while (is_number_part(cursor_.peek()) && number.size() < 128) {
        number.push_back(static_cast<char>(cursor_.peek()));
        cursor_.skip();
    }
    if (c == DumpCursor::end) return "the file ends in it";
    return number.empty() ? "a value is missing, or none" : "";
}

// NULL, TRUE, x'..', b'..', _binary '..', N'..'
std::string SqlDump::word_value(SqlValue& value) {
    std::string name;
    while (is_name_part(cursor_.peek()) && name.size() < 64) {
        name.push_back(lower(cursor_.peek()));
        cursor_.skip();
    }
    if (name == "null") return {};
    if (name == "true" || name == "false") {
        value = name == "true" ? "1" : "0";
        return {};
    }
    const bool introduces = name.starts_with('_') || name == "n";
    if (introduces) {
        while (is_blank(cursor_.peek()))
            cursor_.skip();
        if (cursor_.peek() == '0') return this->value(value);
        if (cursor_.peek() == 'x' || cursor_.peek() == 'X' || cursor_.peek() == 'b')
            return word_value(value);
    }
    if (cursor_.peek() == '\'' && (introduces || name == "x" || name == "b")) {
        if (introduces) return quoted(value.emplace());
        cursor_.skip();
        auto why = name == "x" ? hexadecimal(value.emplace()) : bits(value.emplace());
        if (!why.empty()) return why;
        if (cursor_.peek() != '\'') return "a quote is not closed";
        cursor_.skip();
        return {};
    }
    return fmt::format("{} is no value", name);
}

std::string SqlDump::hexadecimal(std::string& text) {
    std::size_t digits = 0;
    for (int digit = hex_value(cursor_.peek()); digit >= 0; digit = hex_value(cursor_.peek())) {
        if (digits++ % 2 == 0)
            text.push_back(static_cast<char>(digit));
        else
            text.back() = static_cast<char>(static_cast<unsigned char>(text.back()) << 4 | digit);
        if (cursor_.offset() > row_end_) break;
        cursor_.skip();
    }
    return digits % 2 == 0 ? "" : "a hexadecimal value has an odd number of digits";
}

// As many as fit a number, which is what flags are.
std::string SqlDump::bits(std::string& text) {
    std::uint64_t number = 0;
    for (int count = 0; cursor_.peek() == '0' || cursor_.peek() == '1'; cursor_.skip()) {
        if (++count > 63) return "a bit value is too long";
        number = number << 1 | static_cast<std::uint64_t>(cursor_.peek() - '0');
    }
    text = std::to_string(number);
    return {};
}

std::string SqlDump::quoted(std::string& text) {
    const int quote = cursor_.peek();
    cursor_.skip();
    while (true) {
        const int c = cursor_.peek();
        if (c == '\n' || c == DumpCursor::end) return "a quote is not closed";
        if (cursor_.offset() > row_end_)
            return fmt::format("it is longer than {} bytes", longest_row);
        cursor_.skip();
        if (c == '\\') {
            if (cursor_.peek() == DumpCursor::end) return "a quote is not closed";
            escape(text);
        } else if (c != quote) {
            text.push_back(static_cast<char>(c));
        } else if (cursor_.peek() == quote) {
            text.push_back(static_cast<char>(c));
            cursor_.skip();
        } else {
            return {};
        }
    }
}

// Behind a backslash.
void SqlDump::escape(std::string& text) {
    const int c = cursor_.peek();
    cursor_.skip();
    switch (c) {
        case '0':
            return text.push_back('\0');
        case 'n':
            return text.push_back('\n');
        case 'r':
            return text.push_back('\r');
        case 't':
            return text.push_back('\t');
        case 'b':
            return text.push_back('\b');
        case 'Z':
            return text.push_back('\x1a');
        case '%':
        case '_':  // They mean themselves in patterns only.
            text.push_back('\\');
            [[fallthrough]];
        default:
            return text.push_back(static_cast<char>(c));
    }
}

// --- What stands between

void SqlDump::blanks() {
    while (error_.empty()) {
        if (is_blank(cursor_.peek())) {
            cursor_.skip();
        } else if (cursor_.peek() == '#' || at_line_comment()) {
            line_comment();
        } else if (cursor_.peek() == '/' && cursor_.ahead(1) == '*') {
            block_comment();
        } else {
            return;
        }
    }
}

bool SqlDump::at_line_comment() {
    if (cursor_.peek() != '-' || cursor_.ahead(1) != '-') return false;
    const int third = cursor_.ahead(2);
    return is_blank(third) || third == DumpCursor::end;
}

void SqlDump::line_comment() {
    std::string text;
    for (int c = cursor_.peek(); c != '\n' && c != DumpCursor::end; c = cursor_.peek()) {
        if (text.size() < longest_noted) text.push_back(static_cast<char>(c));
        cursor_.skip();
    }
    if (text.starts_with("-- Dump completed")) says_complete_ = true;
}

void SqlDump::block_comment() {
    std::string text;
    cursor_.skip();
    cursor_.skip();
    while (cursor_.peek() != DumpCursor::end &&
           !(cursor_.peek() == '*' && cursor_.ahead(1) == '/')) {
        if (text.size() < longest_noted) text.push_back(lower(cursor_.peek()));
        cursor_.skip();
    }
    if (cursor_.peek() == DumpCursor::end) return;
    cursor_.skip();
    cursor_.skip();
    if (const auto at = text.find("set names "); at != std::string::npos && text.starts_with('!'))
        note_charset(std::string_view{text}.substr(at));
}

void SqlDump::note_charset(std::string_view text) {
    text.remove_prefix(std::string_view{"set names "}.size());
    const auto charset = text.substr(0, text.find_first_of(" ;*"));
    if (charset.empty() || charset.starts_with("utf8") || charset == "binary") return;
    fail(
        fmt::format("line {}: the dump is in {}; dump it anew with --default-character-set=utf8mb4",
                    cursor_.line(), charset));
}

bool SqlDump::at_delimiter() {
    for (std::size_t n = 0; n < delimiter_.size(); ++n) {
        if (cursor_.ahead(n) != static_cast<unsigned char>(delimiter_[n])) return false;
    }
    return true;
}

void SqlDump::skip_delimiter() {
    for (std::size_t n = 0; n < delimiter_.size(); ++n)
        cursor_.skip();
}

// A text that is not closed on its line ends a statement of a dump, and the next line begins one;
// the bodies of routines, which have a delimiter of their own, may have such texts.
void SqlDump::skip_statement() {
    while (cursor_.peek() != DumpCursor::end) {
        if (at_delimiter()) return skip_delimiter();
        const int c = cursor_.peek();
        if (c == '#' || at_line_comment()) {
            line_comment();
        } else if (c == '/' && cursor_.ahead(1) == '*') {
            block_comment();
        } else {
            cursor_.skip();
            if ((c == '\'' || c == '"' || c == '`') && !skip_quoted(static_cast<char>(c))) return;
            if (c == '\n' && at_statement()) return;
        }
    }
}

// Whether a line begins a statement that matters here: where the one before it was not ended, or
// something else came between, its rows must not be lost with that.
bool SqlDump::at_statement() {
    if (delimiter_ != ";") return false;
    const auto begins_with = [&](std::string_view words) {
        for (std::size_t n = 0; n < words.size(); ++n) {
            const int c = cursor_.ahead(n);
            if (c == DumpCursor::end || lower(c) != words[n]) return false;
        }
        return true;
    };
    return begins_with("insert ") || begins_with("replace ") || begins_with("create table ");
}

// Behind the quote. False: it was not closed on its line.
bool SqlDump::skip_quoted(char quote) {
    const bool in_routine = delimiter_ != ";";
    while (cursor_.peek() != DumpCursor::end) {
        const int c = cursor_.peek();
        if (c == '\n' && !in_routine) return false;
        cursor_.skip();
        if (c == quote) return true;  // A doubled one opens the text again.
        if (c == '\\' && quote != '`' && cursor_.peek() != DumpCursor::end) cursor_.skip();
    }
    return false;
}

void SqlDump::skip_to_line_end() {
    while (cursor_.peek() != '\n' && cursor_.peek() != DumpCursor::end)
        cursor_.skip();
}

// A command of the client's, on a line of its own.
void SqlDump::set_delimiter() {
    while (cursor_.peek() == ' ' || cursor_.peek() == '\t')
        cursor_.skip();
    std::string delimiter;
    while (!is_blank(cursor_.peek()) && cursor_.peek() != DumpCursor::end &&
           delimiter.size() < 16) {
        delimiter.push_back(static_cast<char>(cursor_.peek()));
        cursor_.skip();
    }
    if (!delimiter.empty()) delimiter_ = delimiter;
    skip_to_line_end();
}

// In lower case; empty where none stands here.
std::string SqlDump::word() {
    blanks();
    std::string text;
    while (is_letter(cursor_.peek()) && text.size() < longest_name_in_dump) {
        text.push_back(lower(cursor_.peek()));
        cursor_.skip();
    }
    return text;
}

// With or without quotes, in lower case.
std::string SqlDump::name() {
    std::string text;
    const int quote = cursor_.peek();
    if (quote != '`' && quote != '"') {
        while (is_name_part(cursor_.peek()) && text.size() < longest_name_in_dump) {
            text.push_back(lower(cursor_.peek()));
            cursor_.skip();
        }
        return text;
    }
    cursor_.skip();
    while (cursor_.peek() != quote && cursor_.peek() != '\n' && cursor_.peek() != DumpCursor::end &&
           text.size() < longest_name_in_dump) {
        text.push_back(lower(cursor_.peek()));
        cursor_.skip();
    }
    if (cursor_.peek() == quote) cursor_.skip();
    return text;
}

// "IF NOT EXISTS" and the database's name are passed over.
std::string SqlDump::table_name() {
    blanks();
    auto text = name();
    if (text == "if") {
        word();
        word();
        blanks();
        text = name();
    }
    blanks();
    if (cursor_.peek() != '.') return text;
    cursor_.skip();
    blanks();
    return name();
}

void SqlDump::fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
}

}  // namespace muster::tools
