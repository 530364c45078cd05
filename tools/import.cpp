#include <cstdio>
#include <fmt/format.h>

#include "events/folder.hpp"
#include "events/memory_log.hpp"
#include "events/rocks_log.hpp"
#include "tools/commands.hpp"
#include "tools/import_desk.hpp"
#include "tools/import_plan.hpp"
#include "tools/log_reading.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

int tell(std::string_view why, int status) {
    fmt::print(stderr, "muster: {}\n", why);
    return status;
}

// Where the commands of a plan go, and what it looks at.
struct Destination {
    const Log& log;
    const Keys& keys;
    ImportDesk* desk;  // None: a dry run.
};

class Import {
public:
    Import(const ImportOptions& options, const DumpFile& file)
        : options_(options),
          size_(file.size),
          dump_(file.read, {std::string{client_table}, std::string{contact_table},
                            std::string{question_table}}) {
        report_.dry_run = options.dry_run;
    }

    std::expected<void, std::string> find_rows() {
        Progress progress{"reading", "bytes"};
        return plan_.find_rows([&](std::uint64_t offset) { progress.at(offset, size_); });
    }

    int run(const Destination& destination) {
        if (const auto done = carry_out(destination); !done) return report(done.error());
        fmt::print("{}", options_.json ? report_.json() : report_.text());
        return 0;
    }

private:
    std::expected<void, Fault> carry_out(const Destination& to) {
        Progress progress{to.desk != nullptr ? "import" : "dry run", "records"};
        const auto submit = [&to](auto use_case) {
            if (to.desk != nullptr) (void)to.desk->submit(std::move(use_case));  // See finish.
        };
        const ImportPlan::Visitor visitor{
            .client =
                [&](LegacyClient client) {
                    submit([client = std::move(client)](Work& work) {
                        return import_client(work, client);
                    });
                },
            .contact =
                [&](LegacyContact contact) {
                    submit([contact = std::move(contact)](Work& work) {
                        return import_contact(work, contact);
                    });
                },
            .progress = [&](std::uint64_t rows) { progress.at(rows, plan_.rows()); }};
        const auto planned = plan_.run(to.log, to.keys, visitor);
        const auto written = to.desk != nullptr ? to.desk->finish() : std::expected<void, Fault>{};
        return written ? planned : written;
    }

    const ImportOptions& options_;
    std::uint64_t size_;
    SqlDump dump_;
    ImportReport report_;
    ImportPlan plan_{dump_, system_time(), report_};
};

// Whether there is no folder yet, so that nothing can be in it.
bool is_nothing(const std::filesystem::path& data) {
    std::error_code error;
    return !std::filesystem::exists(data, error) || std::filesystem::is_empty(data, error);
}

int look(const ImportOptions& options, Import& task) {
    if (is_nothing(options.data)) {
        const MemoryLog nothing;
        const Keys keys{random_bytes<Key>()};
        return task.run({nothing, keys, nullptr});
    }
    const auto reading = open_for_reading(options.data, DataFolder::Open::reading);
    if (!reading) return report(reading.error());
    return task.run({*reading->log, reading->folder.keys(), nullptr});
}

}  // namespace

int import_legacy(const ImportOptions& options) {
    const auto file = open_dump(options.legacy);
    if (!file) return tell(file.error().message, 2);
    Import task{options, *file};
    if (const auto found = task.find_rows(); !found)
        return tell(fmt::format("{}: {}", options.legacy.native(), found.error()), 1);
    if (options.dry_run) return look(options, task);

    const auto folder = DataFolder::open(options.data, DataFolder::Open::create);
    if (!folder) return report(folder.error());
    const auto log = open_rocks_log(folder->log(), folder->head());
    if (!log) return report(log.error());
    ImportDesk desk{**log, folder->keys()};
    return task.run({**log, folder->keys(), &desk});
}

}  // namespace muster::tools
