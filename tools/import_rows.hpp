// A legacy system's rows as what they mean here. The tables are WHMCS's, of the time before users
// and accounts were two things: tblclients, tblcontacts, tbladminsecurityquestions.
//
// Texts are taken as they are, but for control characters, which become spaces, and white space
// at both ends. Dates are UTC. What cannot be taken over is left out and told as a remark; where
// the row as a whole makes no sense, it is refused.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/legacy.hpp"
#include "tools/sql_dump.hpp"

namespace muster::tools {

inline constexpr std::string_view client_table = "tblclients";
inline constexpr std::string_view contact_table = "tblcontacts";
inline constexpr std::string_view question_table = "tbladminsecurityquestions";

// The needed columns that a table lacks.
std::vector<std::string> missing_columns(const SqlLayout& layout);

// Something that was left out or changed, and why: `code` is for programs, `text` for people.
struct Remark {
    std::string_view code;
    std::string text;
};

struct ClientRow {
    LegacyClient client;
    bool had_answer{};         // A security answer, which is encrypted.
    bool had_second_factor{};  // Whose secret is encrypted, too.
    std::vector<Remark> remarks;
};
struct ContactRow {
    LegacyContact contact;
    std::vector<Remark> remarks;
};

// What rows rest on.
struct RowContext {
    std::map<std::uint64_t, std::string> questions;  // Those that are not encrypted, by their ids.
    Time now;
};

// The number in a row's id column, where it has one: from 1 to what a MySQL integer holds.
std::optional<std::uint64_t> id_in(const SqlLayout& layout, const SqlRow& row,
                                   std::string_view column = "id");

// Why the row is refused.
std::expected<ClientRow, std::string> parse_client(const SqlLayout& layout, const SqlRow& row,
                                                   const RowContext& context);
std::expected<ContactRow, std::string> parse_contact(const SqlLayout& layout, const SqlRow& row,
                                                     const RowContext& context);
// Adds a question, where it is a text that people can read.
void note_question(const SqlLayout& layout, const SqlRow& row, RowContext& context);

// "english" is "en"; absent where the name is not known.
std::optional<std::string> language_of(std::string_view name);

}  // namespace muster::tools
