// Who did what, and when: GET /v1/activity. One line for each event (Rule A6). Only indexes are
// stored; a line is made from its record when it is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/log.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct ActivityRow {
    Position position;
    Time at;
    std::string type;
    Actor actor;
    std::string actor_name;
    std::optional<AccountId> account;
    std::optional<UserId> user;  // Whom it concerns.
    std::string ip;              // As text; empty: none, or erased.
    std::string text;
};

struct Activity {
    static constexpr std::string_view name = "activity";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 6;

    // How lists are cut into rows is no difference between two stores.
    static constexpr bool keeps_lists = true;

    // Every event moves this view.
    static void on(const auto& event, const At& at, Rows& rows) {
        for_each_field(event,
                       [&](std::string_view, const auto& field) { mention(field, at, rows); });
        line(event.type, at, rows);
    }

private:
    static void line(const EventType& type, const At& at, Rows& rows);
    static void mention(AccountId account, const At& at, Rows& rows);
    static void mention(const Mention<AccountId>& account, const At& at, Rows& rows);
    static void mention(const std::optional<Mention<AccountId>>& account, const At& at, Rows& rows);
    static void mention(UserId user, const At& at, Rows& rows);
    static void mention(const Mention<UserId>& user, const At& at, Rows& rows);
    static void mention(const std::optional<AccountId>& account, const At& at, Rows& rows);
    static void mention(const std::optional<Mention<UserId>>& user, const At& at, Rows& rows);
    static void mention(const std::optional<UserId>& user, const At& at, Rows& rows);
    static void mention(const std::vector<UserId>& users, const At& at, Rows& rows);
    static void mention(const auto&, const At&, Rows&) {}
};

struct ActivityFilter {
    std::optional<Time> from{}, to{};  // Both inclusive.
    struct By {
        ActorKind kind{};
        std::uint64_t number{};
    };
    std::optional<By> actor{};
    std::optional<AccountId> account{};
    std::optional<UserId> user{};
    std::string type{};  // A whole name.
    std::string text{};  // Anywhere in the text, without regard to case and accents.
    std::string ip{};    // Address bytes.
};

// Newest first. Looks at 20,000 records at most: the page may end early, with a cursor to go on.
// Never counts a total.
std::expected<Page<ActivityRow>, BadCursor> list_activity(const Reading& reading, const Log& log,
                                                          Keyring& keyring,
                                                          const ActivityFilter& filter,
                                                          const PageRequest& page);

// One record as a line; names are those of the reading.
ActivityRow make_activity(const Reading& reading, const Record& record);

void write_activity(JsonWriter& out, const ActivityRow& row);

// As comma-separated values (RFC 4180): the names of the columns, and a row. A text that a
// spreadsheet would take for a formula begins with an apostrophe.
std::string activity_columns();
void append_activity_csv(std::string& out, const ActivityRow& row);

// "Ada Lovelace", "deleted user #7", "API key backup", "System".
std::string actor_name(const Reading& reading, const Actor& actor);

}  // namespace muster::views
