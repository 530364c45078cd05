#include <cstdio>
#include <fmt/format.h>

#include "events/bytes.hpp"
#include "events/json.hpp"
#include "events/text.hpp"
#include "tools/backup_check.hpp"
#include "tools/commands.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

void print_json(const BackupCheck& check) {
    std::string text;
    JsonWriter out{text};
    const auto& manifest = check.manifest();
    out.begin_object().key("ok").boolean(check.findings().count() == 0);
    out.key("id").text(manifest.id).key("at").time(manifest.time);
    out.key("position").number(manifest.head.position.number);
    out.key("root").text(to_base64(as_text(manifest.head.root)));
    out.key("files").number(std::uint64_t{manifest.files.size()});
    out.key("bytes").number(manifest.bytes());
    out.key("seconds").raw(fmt::format("{:.3f}", check.seconds()));
    out.key("found").number(check.findings().count()).key("findings").begin_array();
    for (const auto& [place, what] : check.findings().kept())
        out.begin_object().key("place").text(place).key("what").text(what).end_object();
    out.end_array().end_object();
    fmt::print("{}\n", text);
}

void print_text(const BackupCheck& check) {
    for (const auto& [place, what] : check.findings().kept())
        fmt::print("{}: {}\n", place, what);
    const auto& manifest = check.manifest();
    const auto found = check.findings().count();
    fmt::print("{}: backup {} of {} up to position {}, {} files, {} bytes; {:.1f} s\n",
               found == 0 ? "whole" : fmt::format("damaged, {} findings", grouped(found)),
               manifest.id, to_text(manifest.time), grouped(manifest.head.position.number),
               manifest.files.size(), grouped(manifest.bytes()), check.seconds());
}

}  // namespace

int verify_backup(const VerifyBackupOptions& options) {
    auto check = BackupCheck::open(options.from);
    if (!check) return report(check.error());
    if (const auto done = check->run(); !done) return report(done.error());
    options.json ? print_json(*check) : print_text(*check);
    return check->findings().count() == 0 ? 0 : 3;
}

}  // namespace muster::tools
