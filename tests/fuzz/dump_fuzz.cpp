// Any bytes are a dump, or none: reading ends, every row is found again by its place, and what is a
// row means a client or a contact, or is refused.
#include <algorithm>
#include <cstring>

#include "events/bytes.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "tools/import_rows.hpp"

namespace muster {
namespace {

using namespace tools;

constexpr std::string_view tables =
    "CREATE TABLE tblclients (id int, firstname text, lastname text, email text, password text, "
    "status text, datecreated date);\n"
    "CREATE TABLE tblcontacts (id int, userid int, firstname text, lastname text, email text, "
    "subaccount int, password text, permissions text);\n";

SqlDump dump_of(const std::string& text) {
    const auto read = [&text](std::uint64_t offset,
                              std::span<char> into) -> std::expected<std::size_t, Fault> {
        if (offset >= text.size()) return 0;
        const auto count = std::min<std::size_t>(into.size(), text.size() - offset);
        std::memcpy(into.data(), text.data() + offset, count);
        return count;
    };
    return {read, {std::string{client_table}, std::string{contact_table}}};
}

void check_row(const SqlLayout& layout, const SqlRow& row) {
    if (row.size() != layout.columns.size() || !missing_columns(layout).empty()) return;
    const RowContext context{.questions = {}, .now = Time{1'700'000'000'000}};
    if (layout.table == client_table) {
        const auto client = parse_client(layout, row, context);
        expect(client || !client.error().empty());
    } else {
        const auto contact = parse_contact(layout, row, context);
        expect(!contact || contact->contact.user || contact->contact.contact);
    }
}

void check_dump(const std::string& text) {
    auto dump = dump_of(text);
    std::vector<std::pair<RowPlace, SqlRow>> rows;
    std::uint64_t last = 0;
    (void)dump.read({.row =
                         [&](const RowPlace& place, const SqlRow& row) {
                             expect(rows.empty() || place.offset > rows.back().first.offset);
                             rows.emplace_back(place, row);
                         },
                     .broken = [](const BrokenRow& broken) { expect(!broken.why.empty()); },
                     .progress =
                         [&](std::uint64_t offset) {
                             expect(offset > last);
                             last = offset;
                         }});
    for (auto each = rows.rbegin(); each != rows.rend(); ++each) {
        expect(dump.row_at(each->first) == each->second);
        check_row(dump.layouts()[each->first.layout], each->second);
    }
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{muster::as_text({data, size})};
    muster::check_dump(text);
    muster::check_dump(std::string{muster::tables} + text);
    return 0;
}
