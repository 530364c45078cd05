#include "tools/import_report.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "events/json.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

std::string name_of(const LegacyPlace& place) {
    return place.id ? fmt::format("{} {}", place.record, *place.id)
                    : fmt::format("a {}", place.record);
}

std::string describe(const AddressConflict& conflict) {
    return fmt::format("{} is {}'s; the user is made without an address", conflict.email,
                       conflict.holder);
}
const std::string& describe(const Rejection& rejection) { return rejection.why; }
const std::string& describe(const Noted& noted) { return noted.text; }

std::string row_of(std::string_view what, const RecordCounts& counts) {
    return fmt::format("{}: {} read, {} imported, {} imported before, {} rejected\n", what,
                       grouped(counts.read), grouped(counts.imported),
                       grouped(counts.imported_before), grouped(counts.rejected));
}

template <class Lines>
void append_lines(std::string& out, std::string_view what, const Lines& lines) {
    out += fmt::format("{}: {}\n", what, grouped(lines.count));
    for (const auto& line : lines.kept)
        out += fmt::format("  line {}: {}: {}\n", line.place.line, name_of(line.place),
                           describe(line));
    if (lines.count > lines.kept.size())
        out += fmt::format("  and {} more\n", grouped(lines.count - lines.kept.size()));
}

void write_counts(JsonWriter& out, std::string_view name, const RecordCounts& counts) {
    out.key(name).begin_object();
    out.key("read").number(counts.read).key("imported").number(counts.imported);
    out.key("imported_before").number(counts.imported_before);
    out.key("rejected").number(counts.rejected).end_object();
}

void write_place(JsonWriter& out, const LegacyPlace& place) {
    out.key("line").number(std::uint64_t{place.line}).key("record").text(place.record).key("id");
    if (place.id)
        out.number(*place.id);
    else
        out.null();
}

void write_line(JsonWriter& out, const AddressConflict& conflict) {
    out.key("email").text(conflict.email).key("holder").text(conflict.holder);
}
void write_line(JsonWriter& out, const Rejection& rejection) { out.key("why").text(rejection.why); }
void write_line(JsonWriter& out, const Noted& noted) {
    out.key("code").text(noted.code).key("text").text(noted.text);
}

template <class Lines>
void write_lines(JsonWriter& out, std::string_view name, const Lines& lines) {
    out.key(name).begin_object().key("count").number(lines.count).key("lines").begin_array();
    for (const auto& line : lines.kept) {
        out.begin_object();
        write_place(out, line.place);
        write_line(out, line);
        out.end_object();
    }
    out.end_array().end_object();
}

}  // namespace

template <class Line>
void ImportReport::Lines<Line>::add(Line line) {
    ++count;
    if (kept.size() < most_lines) kept.push_back(std::move(line));
}

template <class Line>
void ImportReport::Lines<Line>::sort() {
    std::ranges::stable_sort(kept, {}, [](const Line& line) { return line.place.line; });
}

void ImportReport::conflict(AddressConflict conflict) { conflicts_.add(std::move(conflict)); }
void ImportReport::reject(Rejection rejection) {
    ++counts_of(rejection.place.record).rejected;
    rejections_.add(std::move(rejection));
}
void ImportReport::note(Noted noted) { remarks_.add(std::move(noted)); }

void ImportReport::sort() {
    conflicts_.sort();
    rejections_.sort();
    remarks_.sort();
}

std::string ImportReport::text() {
    sort();
    std::string out;
    if (dry_run) out += "dry run: nothing was written\n";
    out += row_of("clients", clients) + row_of("contacts", contacts);
    out += fmt::format("made: {} users, {} accounts, {} associations beside owners, {} contacts\n",
                       grouped(users), grouped(accounts), grouped(associations),
                       grouped(account_contacts));
    append_lines(out, "conflicts", conflicts_);
    append_lines(out, "rejected", rejections_);
    append_lines(out, "remarks", remarks_);
    out += fmt::format(
        "to be set anew, because the dump has them encrypted: {} security answers, "
        "{} second factors\n",
        grouped(answers), grouped(second_factors));
    if (!says_complete)
        out += "the dump does not say that it is complete; it may have been cut off\n";
    return out;
}

std::string ImportReport::json() {
    sort();
    std::string text;
    JsonWriter out{text};
    out.begin_object().key("dry_run").boolean(dry_run);
    write_counts(out, "clients", clients);
    write_counts(out, "contacts", contacts);
    out.key("made").begin_object().key("users").number(users).key("accounts").number(accounts);
    out.key("associations").number(associations);
    out.key("contacts").number(account_contacts).end_object();
    write_lines(out, "conflicts", conflicts_);
    write_lines(out, "rejections", rejections_);
    write_lines(out, "remarks", remarks_);
    out.key("to_be_set_anew").begin_object().key("security_answers").number(answers);
    out.key("second_factors").number(second_factors).end_object();
    out.key("says_complete").boolean(says_complete).end_object();
    return text + '\n';
}

}  // namespace muster::tools
