#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <map>
#include <set>

#include "events/forgotten.hpp"
#include "events/json.hpp"
#include "handlers/committer.hpp"
#include "handlers/forgetter.hpp"
#include "projections/rebuild.hpp"
#include "tools/audit_checkpoints.hpp"
#include "tools/audit_domain.hpp"
#include "tools/audit_records.hpp"
#include "tools/audit_vault.hpp"
#include "tools/commands.hpp"
#include "tools/log_reading.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

constexpr std::size_t most_differences = 100;

// What an audit came to.
struct Verdict {
    Findings findings;
    std::vector<std::string> notes;  // What could not be looked at, and why that is no damage.
    std::uint64_t records{}, streams{}, users{}, accounts{};
    double records_s{}, seconds{};  // The pass over the records alone, and all.

    double rate() const { return records_s > 0 ? static_cast<double>(records) / records_s : 0; }
};

class Stopwatch {
public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

constexpr auto ledger_place = "the ledger of the forgotten";

// The ledger against the log: it has everybody up to where the forgetter came, and nobody of it has
// a key. One that is not there at all is written anew at the next start.
std::expected<void, Fault> audit_ledger(const LogReading& reading,
                                        const std::map<Subject, Position>& erased,
                                        Verdict& verdict) {
    const auto file = reading.folder.forgotten();
    const auto ledger = read_forgotten(file, reading.folder.keys().check_value());
    if (!ledger && ledger.error().kind != Fault::Kind::damaged)
        return std::unexpected(ledger.error());
    if (!ledger) verdict.findings.add(ledger_place, ledger.error().message);
    if (!ledger) return {};
    std::set<Subject> listed;
    for (const auto& [position, subject] : *ledger) {
        listed.insert(subject);
        const auto seed = reading.log->vault(vault_key(subject));
        if (!seed) return std::unexpected(seed.error());
        if (*seed)
            verdict.findings.add(ledger_place, fmt::format("{} #{} stands in it, and has a key",
                                                           to_text(subject.kind), subject.number));
    }
    std::error_code error;
    const auto come_to = reading.log->checkpoint(Forgetter::name);
    if (!come_to) return std::unexpected(come_to.error());
    if (!*come_to || !std::filesystem::exists(file, error)) return {};
    for (const auto& [subject, position] : erased) {
        if (position <= (*come_to)->position && !listed.contains(subject))
            verdict.findings.add(ledger_place, fmt::format("{} #{} does not stand in it",
                                                           to_text(subject.kind), subject.number));
    }
    return {};
}

std::expected<void, Fault> audit_log(LogReading& reading, Keyring& keyring,
                                     const std::vector<SignedHead>& signed_heads,
                                     Verdict& verdict) {
    auto heads = HeadFile::open(reading.folder.head());
    if (!heads) return std::unexpected(heads.error());
    CheckpointsAudit checkpoints{signed_heads, verdict.findings};
    RecordsAudit records{*reading.log, keyring, heads->heads(), checkpoints, verdict.findings};
    DomainAudit domain{reading.folder.keys(), verdict.findings};

    std::map<Subject, Position> erased;

    const Stopwatch watch;
    {
        Progress progress{"records"};
        const auto head = reading.log->head();
        const auto judge = [&](Record&& record) {
            if (const auto subject = erased_by(record.event))
                erased.emplace(*subject, record.position);
            domain.judge(record);
        };
        const auto done =
            records.run(judge, [&](Position at) { progress.at(at.number, head.number); });
        if (!done) return done;
    }
    verdict.records = records.records();
    verdict.users = domain.world().users.size();
    verdict.accounts = domain.world().accounts.size();
    verdict.records_s = watch.seconds();
    if (!records.readable()) {
        verdict.notes.emplace_back(
            "the states, the streams and the vault were not judged, for not "
            "every record could be read");
        return {};
    }
    // What is left needs nothing of each other.
    Findings of_index, of_vault;
    auto index = std::async(std::launch::async, [&] {
        Progress progress{"index", "entries"};
        return records.run_streams(
            [&](std::uint64_t done, std::uint64_t all) { progress.at(done, all); }, of_index);
    });
    auto vault = std::async(std::launch::async, [&] {
        return audit_vault(*reading.log, reading.folder.keys(), domain.world(), of_vault);
    });
    domain.finish(*reading.log);
    auto done = vault.get();
    if (done) done = index.get();
    verdict.findings.add(std::move(of_vault));
    if (done) done = audit_ledger(reading, erased, verdict);
    verdict.findings.add(std::move(of_index));
    verdict.streams = records.streams();
    return done;
}

// Those that are not stored, or not in this version, answer nothing yet: they are built at the next
// start.
bool note_missing(const views::ViewStore& stored, Verdict& verdict) {
    const auto now = stored.now();
    bool any = false;
    for (const auto& view : views::all_views()) {
        const auto* mark = now.serving(view.number);
        const bool built = mark != nullptr && std::cmp_equal(mark->version, view.version);
        if (!built) verdict.notes.push_back(fmt::format("view {} is not stored", view.name));
        any = any || built;
    }
    return any;
}

// Whether views are behind the log, as a kill leaves them. What was erased since where they are can
// be compared at the log's head only: until then they have what a fresh one cannot read any more.
bool trails(const views::ViewStore& stored, Position head) {
    return std::ranges::any_of(stored.marks(), [&](const views::Mark& mark) {
        return mark.serving && mark.position < head.number;
    });
}

std::expected<void, Fault> audit_views(const LogReading& reading, Keyring& keyring,
                                       Verdict& verdict) {
    std::error_code error;
    if (!std::filesystem::exists(reading.folder.views(), error)) {
        verdict.notes.emplace_back("there are no views; they are built at the next start");
        return {};
    }
    views::ViewStore::Options options;
    options.mode = views::ViewStore::Options::Mode::read;
    const auto stored = views::ViewStore::open(reading.folder.views(), options);
    if (!stored) return std::unexpected(stored.error());
    if (!note_missing(**stored, verdict)) return {};
    const auto fresh = views::ViewStore::temporary();
    if (!fresh) return std::unexpected(fresh.error());
    std::expected<std::unique_ptr<views::ViewStore>, Fault> caught_up;
    if (trails(**stored, reading.log->head())) {
        caught_up = views::ViewStore::temporary_copy(reading.folder.views());
        if (!caught_up) return std::unexpected(caught_up.error());
        const auto done = views::catch_up(*reading.log, keyring, **caught_up);
        if (!done) return done;
    }
    const auto differences = views::compare(
        *reading.log, keyring, *caught_up ? **caught_up : **stored, **fresh, most_differences);
    if (!differences) return std::unexpected(differences.error());
    for (const auto& [view, what] : *differences)
        verdict.findings.add("view " + view, what);
    return {};
}

// A fault that is no damage is given back.
std::expected<void, Fault> look(const AuditOptions& options,
                                const std::vector<SignedHead>& signed_heads, Verdict& verdict) {
    const auto judged = [&](std::string_view place,
                            const std::expected<void, Fault>& done) -> std::expected<void, Fault> {
        if (done || done.error().kind != Fault::Kind::damaged) return done;
        verdict.findings.add(std::string{place}, done.error().message);
        return {};
    };
    // The log opens after the newest record only: all are read below.
    auto reading = open_for_reading(options.data, DataFolder::Open::reading, 1);
    if (!reading) return judged("the folder", std::unexpected(reading.error()));
    Keyring keyring{*reading->log, reading->folder.keys(), keys_remembered};
    if (auto done = judged("the log", audit_log(*reading, keyring, signed_heads, verdict)); !done)
        return done;
    if (options.log_only) return {};
    return judged("the views", audit_views(*reading, keyring, verdict));
}

void print_json(const Verdict& verdict) {
    std::string text;
    JsonWriter out{text};
    out.begin_object().key("ok").boolean(verdict.findings.count() == 0);
    out.key("records").number(verdict.records).key("streams").number(verdict.streams);
    out.key("users").number(verdict.users).key("accounts").number(verdict.accounts);
    out.key("seconds").raw(fmt::format("{:.3f}", verdict.seconds));
    out.key("events_per_second").raw(fmt::format("{:.0f}", verdict.rate()));
    out.key("found").number(verdict.findings.count()).key("findings").begin_array();
    for (const auto& [place, what] : verdict.findings.kept())
        out.begin_object().key("place").text(place).key("what").text(what).end_object();
    out.end_array().key("notes").begin_array();
    for (const auto& note : verdict.notes)
        out.text(note);
    out.end_array().end_object();
    fmt::print("{}\n", text);
}

void print_text(const Verdict& verdict) {
    for (const auto& [place, what] : verdict.findings.kept())
        fmt::print("{}: {}\n", place, what);
    const auto left_out = verdict.findings.count() - verdict.findings.kept().size();
    if (left_out != 0) fmt::print("and {} more\n", left_out);
    fmt::print("{}: {} records, {} streams, {} users, {} accounts; {:.1f} s, {} events/s\n",
               verdict.findings.count() == 0
                   ? "clean"
                   : fmt::format("{} findings", grouped(verdict.findings.count())),
               grouped(verdict.records), grouped(verdict.streams), grouped(verdict.users),
               grouped(verdict.accounts), verdict.seconds,
               grouped(static_cast<std::uint64_t>(verdict.rate())));
}

}  // namespace

int audit(const AuditOptions& options) {
    Verdict verdict;
    const Stopwatch watch;
    std::vector<SignedHead> signed_heads;
    if (!options.checkpoints.empty()) {
        auto read = read_checkpoints(options.checkpoints, options.keys, verdict.findings);
        if (!read) {
            fmt::print(stderr, "muster: {}\n", read.error());
            return 2;
        }
        signed_heads = std::move(*read);
    }
    if (const auto looked = look(options, signed_heads, verdict); !looked)
        return report(looked.error());
    verdict.seconds = watch.seconds();
    for (const auto& note : verdict.notes)
        fmt::print(stderr, "muster: {}\n", note);
    options.json ? print_json(verdict) : print_text(verdict);
    return verdict.findings.count() == 0 ? 0 : 3;
}

}  // namespace muster::tools
