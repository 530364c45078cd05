#include "projections/activity.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "events/ip_address.hpp"
#include "projections/accounts.hpp"
#include "projections/activity_text.hpp"
#include "projections/moment.hpp"
#include "projections/search_text.hpp"
#include "projections/staff.hpp"
#include "projections/users.hpp"

namespace muster::views {
namespace {

constexpr std::size_t most_looked_at = 20'000;

// A list's key by who did it.
struct Doer {
    ActorKind kind{};
    std::uint64_t number{};
};
void put_part(Writer& out, const Doer& doer) {
    out.byte(static_cast<std::uint8_t>(doer.kind));
    out.fixed64(doer.number);
}

//   'a' account -> positions    'u' user -> positions    'b' kind(1) number(8) -> positions
//   't' type -> positions       (lists of rows.hpp, newest last)
using LinesByAccount = Table<Activity, 'a', Counted::no, Walked::no, Nothing, AccountId>;
using LinesByUser = Table<Activity, 'u', Counted::no, Walked::no, Nothing, UserId>;
using LinesByDoer = Table<Activity, 'b', Counted::no, Walked::no, Nothing, Doer>;
using LinesByType = Table<Activity, 't', Counted::no, Walked::no, Nothing, std::string>;

// Positions below a bound, from the highest down.
class Positions {
public:
    virtual ~Positions() = default;
    virtual std::optional<Position> next() = 0;
};

class AllPositions final : public Positions {
public:
    explicit AllPositions(Position before) : before_(before) {}
    std::optional<Position> next() override {
        if (before_.number <= 1) return std::nullopt;
        --before_.number;
        return before_;
    }

private:
    Position before_;
};

class ListedPositions final : public Positions {
public:
    ListedPositions(Walk walk, Position before) : walk_(std::move(walk)), before_(before) {
        std::string last;
        Writer{last}.fixed64(before.number - 1);
        load(walk_.seek_back(last));
    }
    std::optional<Position> next() override {
        while (true) {
            if (!held_.empty()) {
                const auto position = held_.back();
                held_.pop_back();
                return position;
            }
            if (!walk_.valid()) return std::nullopt;
            load(walk_.previous());
        }
    }

private:
    void load(bool found) {
        if (!found) return;
        Reader key{walk_.rest()};
        Reader gaps{walk_.value()};
        for (Position at{key.fixed64()}; at < before_; at.number += gaps.varint()) {
            held_.push_back(at);
            if (gaps.left() == 0) break;
        }
    }

    Walk walk_;
    Position before_;
    std::vector<Position> held_;  // Of one row, ascending.
};

std::unique_ptr<Positions> choose(const Reading& reading, const ActivityFilter& filter,
                                  Position before) {
    const auto listed = [&](Walk walk) {
        return std::make_unique<ListedPositions>(std::move(walk), before);
    };
    if (filter.account) return listed(walk<LinesByAccount>(reading, *filter.account));
    if (filter.user) return listed(walk<LinesByUser>(reading, *filter.user));
    if (filter.actor && filter.actor->kind != ActorKind::system)
        return listed(walk<LinesByDoer>(reading, Doer{filter.actor->kind, filter.actor->number}));
    if (!filter.type.empty()) return listed(walk<LinesByType>(reading, filter.type));
    if (filter.actor) return listed(walk<LinesByDoer>(reading, Doer{ActorKind::system, 0}));
    return std::make_unique<AllPositions>(before);
}

std::optional<Record> read_record(const Reading& reading, const Log& log, Keyring& keyring,
                                  Position position) {
    std::optional<Record> record;
    const auto visit = [&](const Stored& stored) {
        auto decoded = decode(stored.bytes, &keyring);
        if (decoded) {
            record = std::move(*decoded);
        } else {
            reading.fail(decoded.error());
        }
        return false;
    };
    if (const auto read = log.read(Position{position.number - 1}, 1, visit); !read)
        reading.fail(read.error());
    return record;
}

// Whom and what an event is about.
struct About {
    std::optional<AccountId> account;
    std::optional<UserId> user;
    std::vector<UserId> users;

    void see(AccountId id) { account = id; }
    void see(const Mention<AccountId>& id) { account = id.key; }
    void see(const std::optional<Mention<AccountId>>& id) {
        if (id) account = id->key;
    }
    void see(UserId id) {
        user = id;  // Of several the last: who an account was transferred to.
        users.push_back(id);
    }
    void see(const Mention<UserId>& id) { see(id.key); }
    void see(const std::optional<Mention<UserId>>& id) {
        if (id) see(*id);
    }
    void see(const std::optional<AccountId>& id) {
        if (id) account = *id;
    }
    void see(const std::optional<UserId>& id) {
        if (id) see(*id);
    }
    void see(const std::vector<UserId>& ids) { users.insert(users.end(), ids.begin(), ids.end()); }
    void see(const auto&) {}
};

About about(const Event& event) {
    About result;
    std::visit(
        [&](const auto& e) {
            for_each_field(e, [&](std::string_view, const auto& field) { result.see(field); });
        },
        event);
    return result;
}

bool passes(const ActivityFilter& filter, const Record& record) {
    const auto concerned = about(record.event);
    if (filter.account && concerned.account != filter.account) return false;
    if (filter.user && std::ranges::count(concerned.users, *filter.user) == 0) return false;
    if (filter.actor &&
        (record.actor.kind != filter.actor->kind || record.actor.number != filter.actor->number))
        return false;
    if (!filter.type.empty() && type_of(record.event).name != filter.type) return false;
    return filter.ip.empty() || record.caller == filter.ip;
}

std::string_view kind_text(ActorKind kind) {
    constexpr std::string_view kinds[]{"system", "admin", "user", "api_key"};
    return kinds[static_cast<std::size_t>(kind)];
}

void append_csv(std::string& out, std::string_view text) {
    const bool formula = !text.empty() && std::string_view{"=+-@\t\r"}.contains(text.front());
    out.push_back('"');
    if (formula) out.push_back('\'');
    for (const auto c : text) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
}

}  // namespace

void Activity::line(const EventType& type, const At& at, Rows& rows) {
    rows.append<LinesByDoer>(at.position, Doer{at.actor.kind, at.actor.number});
    rows.append<LinesByType>(at.position, std::string{type.name});
    rows.count(+1);
}

void Activity::mention(AccountId account, const At& at, Rows& rows) {
    rows.append<LinesByAccount>(at.position, account);
}
void Activity::mention(const Mention<AccountId>& account, const At& at, Rows& rows) {
    rows.append<LinesByAccount>(at.position, account.key);
}
void Activity::mention(const std::optional<Mention<AccountId>>& account, const At& at, Rows& rows) {
    if (account) rows.append<LinesByAccount>(at.position, account->key);
}
void Activity::mention(UserId user, const At& at, Rows& rows) {
    rows.append<LinesByUser>(at.position, user);
}
void Activity::mention(const Mention<UserId>& user, const At& at, Rows& rows) {
    rows.append<LinesByUser>(at.position, user.key);
}
void Activity::mention(const std::optional<AccountId>& account, const At& at, Rows& rows) {
    if (account) mention(*account, at, rows);
}
void Activity::mention(const std::optional<Mention<UserId>>& user, const At& at, Rows& rows) {
    if (user) mention(*user, at, rows);
}
void Activity::mention(const std::optional<UserId>& user, const At& at, Rows& rows) {
    if (user) mention(*user, at, rows);
}
void Activity::mention(const std::vector<UserId>& users, const At& at, Rows& rows) {
    for (const auto user : users)
        rows.append<LinesByUser>(at.position, user);
}

std::expected<Page<ActivityRow>, BadCursor> list_activity(const Reading& reading, const Log& log,
                                                          Keyring& keyring,
                                                          const ActivityFilter& filter,
                                                          const PageRequest& page) {
    const auto* mark = reading.serving(Activity::number);
    Position before{(mark == nullptr ? 0 : mark->position) + 1};
    if (!page.cursor.empty()) {
        const auto key = read_cursor('L', page.cursor);
        if (!key || key->size() != 8) return std::unexpected(BadCursor{});
        before = std::min(before, Position{std::max<std::uint64_t>(1, Reader{*key}.fixed64())});
    }
    if (filter.to) before = find_time(reading, log, *filter.to, true, before);
    const auto first =
        filter.from ? find_time(reading, log, *filter.from, false, before) : Position{1};

    Page<ActivityRow> result;
    const auto text = search_text(filter.text);
    const auto positions = choose(reading, filter, before);
    const auto go_on_before = [&](Position position) {
        std::string key;
        Writer{key}.fixed64(position.number);
        result.next = make_cursor('L', key);
    };
    Position last;
    for (std::size_t looked_at = 0; !reading.fault(); ++looked_at) {
        const auto position = positions->next();
        if (!position || *position < first) break;
        if (result.items.size() == page.limit || looked_at == most_looked_at) {
            go_on_before(last);
            break;
        }
        last = *position;
        const auto record = read_record(reading, log, keyring, *position);
        if (!record || !passes(filter, *record)) continue;
        auto row = make_activity(reading, *record);
        if (text.empty() || search_text(row.text).find(text) != std::string::npos)
            result.items.push_back(std::move(row));
    }
    return result;
}

ActivityRow make_activity(const Reading& reading, const Record& record) {
    const auto concerned = about(record.event);
    return {.position = record.position,
            .at = record.time,
            .type = std::string{type_of(record.event).name},
            .actor = record.actor,
            .actor_name = actor_name(reading, record.actor),
            .account = concerned.account,
            .user = concerned.user,
            .ip = ip_text(record.caller),
            .text = activity_text(reading, record)};
}

void write_activity(JsonWriter& out, const ActivityRow& row) {
    const auto number = [&](std::string_view name, const auto& id) {
        out.key(name);
        if (id) {
            out.number(id->number);
        } else {
            out.null();
        }
    };
    out.begin_object();
    out.key("position").number(row.position.number);
    out.key("at").time(row.at);
    out.key("type").text(row.type);
    out.key("actor").begin_object();
    out.key("kind").text(kind_text(row.actor.kind));
    number("id", row.actor.kind == ActorKind::system ? std::nullopt
                                                     : std::optional{UserId{row.actor.number}});
    out.key("name").text(row.actor_name);
    if (row.actor.on_behalf_of) number("on_behalf_of", row.actor.on_behalf_of);
    out.end_object();
    number("account_id", row.account);
    number("user_id", row.user);
    out.key("ip");
    if (row.ip.empty()) {
        out.null();
    } else {
        out.text(row.ip);
    }
    out.key("text").text(row.text);
    out.end_object();
}

std::string activity_columns() {
    return "position,at,type,actor_kind,actor_id,actor_name,on_behalf_of,account_id,user_id,ip,text"
           "\r\n";
}

void append_activity_csv(std::string& out, const ActivityRow& row) {
    const auto number = [](const auto& id) {
        return id ? fmt::format("{}", id->number) : std::string{};
    };
    const auto actor = row.actor.kind == ActorKind::system
                           ? std::nullopt
                           : std::optional{UserId{row.actor.number}};
    out += fmt::format("{},{},{},{},{},", row.position.number, to_text(row.at), row.type,
                       kind_text(row.actor.kind), number(actor));
    append_csv(out, row.actor_name);
    out += fmt::format(",{},{},{},{},", number(row.actor.on_behalf_of), number(row.account),
                       number(row.user), row.ip);
    append_csv(out, row.text);
    out += "\r\n";
}

std::string actor_name(const Reading& reading, const Actor& actor) {
    switch (actor.kind) {
        case ActorKind::system:
            return "System";
        case ActorKind::user: {
            const auto user = find_user(reading, UserId{actor.number});
            return user ? name_of(*user) : fmt::format("deleted user #{}", actor.number);
        }
        case ActorKind::admin: {
            const auto admin = find_admin(reading, AdminId{actor.number});
            return admin ? admin->name : fmt::format("deleted admin #{}", actor.number);
        }
        case ActorKind::api_key:
            break;
    }
    const auto key = find_api_key(reading, ApiKeyId{actor.number});
    return key ? fmt::format("API key {}", key->name) : fmt::format("API key #{}", actor.number);
}

}  // namespace muster::views
