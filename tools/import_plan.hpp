// What an import of a dump comes to, record by record, in the order that decides who has an
// address: clients by their numbers, then contacts by theirs, wherever they stand in the dump. Rule
// M6. What the plan says is what a run reports, dry or not: a dry run only leaves the commands out.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/log.hpp"
#include "events/sealing.hpp"
#include "tools/import_report.hpp"
#include "tools/import_rows.hpp"
#include "tools/sql_dump.hpp"

namespace muster::tools {

class ImportPlan {
public:
    ImportPlan(SqlDump& dump, Time now, ImportReport& report);

    // Reads the dump once and finds the rows. An error makes all of it useless.
    std::expected<void, std::string> find_rows(
        const std::function<void(std::uint64_t offset)>& progress);
    std::uint64_t rows() const { return clients_.size() + contacts_.size(); }

    // Calls the one or the other for each record that is to be imported, and progress after each,
    // whatever became of it.
    struct Visitor {
        std::function<void(LegacyClient)> client;
        std::function<void(LegacyContact)> contact;
        std::function<void(std::uint64_t rows)> progress;
    };
    // What was imported before, and who has an address, is looked up in the log.
    std::expected<void, Fault> run(const Log& log, const Keys& keys, const Visitor& visitor);

private:
    struct Found {
        std::uint32_t id{};
        enum class Here : std::uint8_t {
            no,
            now,
            before
        } here{};  // Imported in this run, or before.
        RowPlace place;
    };

    void take(const RowPlace& place, const SqlRow& row);
    void take_broken(const BrokenRow& broken);
    void run_client(Found& found, const Visitor& visitor);
    void run_contact(const Found& found, const Visitor& visitor);
    SqlRow row_of(const Found& found);
    // Whether the client's account takes one more contact; counts it.
    bool takes_contact(LegacyClientId client);
    // Why a contact cannot be the client's; empty where it can.
    std::string refuse_client(LegacyClientId client);
    void check_address(const LegacyPlace& place, const LegacyPerson& person);
    std::optional<std::string> holder_of(const EmailKey& key);
    bool was_imported(const StreamId& stream);
    LegacyPlace place_of(const Found& found) const;
    void reject(const Found& found, std::string why);
    void note(const LegacyPlace& place, std::vector<Remark> remarks);
    const SqlLayout& layout_of(const RowPlace& place) const;

    SqlDump& dump_;
    const Log* log_{};  // While it runs, as the keys.
    const Keys* keys_{};
    ImportReport& report_;
    RowContext context_;
    std::vector<Found> clients_, contacts_;
    std::unordered_map<std::uint64_t, std::size_t> contacts_of_;  // By client.
    std::unordered_map<EmailKey, std::string> given_;  // Addresses, by whom this run gave them to.
    std::string error_;
    std::optional<Fault> fault_;
};

}  // namespace muster::tools
