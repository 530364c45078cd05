#include "projections/accounts.hpp"

#include "projections/listing.hpp"
#include "projections/search_text.hpp"
#include "projections/users.hpp"

namespace muster::views {
namespace {

// The version of an account's stream (ETag), beside the row: every invitation moves it, and few
// events change the row.
struct StreamVersionRow {
    std::uint64_t version{};

    bool operator==(const StreamVersionRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("version", self.version);
    }
};

//   'a' account -> AccountRow      'v' account -> StreamVersionRow
//   'n' name account               't' opening, account
//   's' text account: whatever else finds the account
using AccountTable = Table<Accounts, 'a', Counted::yes, Walked::no, AccountRow, AccountId>;
using AccountVersions = Table<Accounts, 'v', Counted::no, Walked::no, StreamVersionRow, AccountId>;
using AccountsByName =
    Table<Accounts, 'n', Counted::no, Walked::no, Nothing, std::string, AccountId>;
using AccountsByText =
    Table<Accounts, 's', Counted::no, Walked::no, Nothing, std::string, AccountId>;
using AccountsByOpening =
    Table<Accounts, 't', Counted::no, Walked::no, Nothing, std::optional<Time>, AccountId>;

// What else than the name finds the account.
void for_texts(const Profile& profile, auto&& each) {
    const auto person = search_text(profile.first_name, profile.last_name);
    const auto last = search_text(profile.last_name);
    const auto email = search_text(profile.email);
    if (!profile.company_name.empty() && !person.empty()) each(person);
    if (!last.empty() && last != person) each(last);
    if (!email.empty()) each(email);
}

void index_account(const AccountRow& account, Rows& rows) {
    rows.insert<AccountsByName>({}, search_text(name_of(account)), account.id);
    for_texts(account.profile,
              [&](const std::string& text) { rows.insert<AccountsByText>({}, text, account.id); });
}
void unindex_account(const AccountRow& account, Rows& rows) {
    rows.erase<AccountsByName>(search_text(name_of(account)), account.id);
    for_texts(account.profile,
              [&](const std::string& text) { rows.erase<AccountsByText>(text, account.id); });
}

void set_status(AccountId account, AccountStatus status, Rows& rows) {
    rows.change<AccountTable>([&](AccountRow& row) { row.status = status; }, account);
}

bool account_found_by(const AccountRow& account, const std::string& query) {
    bool found = search_text(name_of(account)).starts_with(query) ||
                 number_in(query) == std::optional{account.id.number};
    for_texts(account.profile,
              [&](const std::string& text) { found = found || text.starts_with(query); });
    return found;
}

template <class T>
void walk_account_index(Listing<AccountRow>& list, std::uint32_t generation) {
    list.index = T::prefix(generation);
    list.marked = true;
    list.row_of = [&reading = list.reading](std::string_view rest, std::string_view) {
        return find_account(reading, AccountId{last_number(rest)});
    };
}
std::string key_in(AccountSort sort, const AccountRow& account) {
    if (sort == AccountSort::name)
        return AccountsByName::rest(search_text(name_of(account)), account.id);
    if (sort == AccountSort::created_at)
        return AccountsByOpening::rest(std::optional{account.created_at}, account.id);
    return AccountTable::rest(account.id);
}

void search_accounts(Listing<AccountRow>& list, std::uint32_t generation,
                     const AccountFilter& filter, const std::string& query) {
    const auto found =
        find_candidates(list.reading, {AccountsByName::prefix(generation) + '\0' + query,
                                       AccountsByText::prefix(generation) + '\0' + query});
    if (!found) return;
    auto ids = *found;
    if (const auto number = number_in(query)) ids.insert(*number);
    list.candidates.emplace();
    for (const auto id : ids) {
        if (auto account = find_account(list.reading, AccountId{id})) {
            auto key = key_in(filter.sort, *account);
            list.candidates->emplace_back(std::move(key), std::move(*account));
        }
    }
}

}  // namespace

std::optional<AccountStatus> parse_account_status(std::string_view text) {
    for (std::uint8_t n = 0; valid(AccountStatus{n}); ++n) {
        if (to_text(AccountStatus{n}) == text) return AccountStatus{n};
    }
    return std::nullopt;
}

std::string name_of(const AccountRow& account) {
    const auto& profile = account.profile;
    if (!profile.company_name.empty()) return profile.company_name;
    if (profile.first_name.empty() && profile.last_name.empty()) return profile.email;
    if (profile.first_name.empty() || profile.last_name.empty())
        return profile.first_name + profile.last_name;
    return profile.first_name + ' ' + profile.last_name;
}

std::string shown_name(const Reading& reading, const AccountRow& account) {
    auto name = name_of(account);
    if (!name.empty()) return name;
    const auto owner = find_user(reading, account.owner);
    return owner ? name_of(*owner) : name;
}

void Accounts::every(const At& at, Rows& rows) {
    for (const auto& [stream, reached] : at.streams) {
        if (stream.kind == StreamKind::account)
            rows.replace<AccountVersions>({reached}, AccountId{stream.low});
    }
}

void Accounts::on(const AccountOpened& event, const At& at, Rows& rows) {
    const AccountRow account{event.account,
                             AccountStatus::active,
                             event.owner,
                             at.time,
                             event.profile.value.value_or(Profile{}),
                             false};
    rows.insert<AccountTable>(account, account.id);
    rows.insert<AccountsByOpening>({}, std::optional{account.created_at}, account.id);
    index_account(account, rows);
}

void Accounts::on(const ProfileChanged& event, const At&, Rows& rows) {
    if (!event.profile.value) return;
    rows.change<AccountTable>(
        [&](AccountRow& account) {
            unindex_account(account, rows);
            merge(account.profile, *event.profile.value);
            index_account(account, rows);
        },
        event.account);
}

void Accounts::on(const AccountActivated& event, const At&, Rows& rows) {
    set_status(event.account, AccountStatus::active, rows);
}
void Accounts::on(const AccountDeactivated& event, const At&, Rows& rows) {
    set_status(event.account, AccountStatus::inactive, rows);
}
void Accounts::on(const AccountClosed& event, const At&, Rows& rows) {
    set_status(event.account, AccountStatus::closed, rows);
}

void Accounts::on(const AccountDeleted& event, const At&, Rows& rows) {
    rows.erase<AccountVersions>(event.account);
    const auto account = rows.find<AccountTable>(event.account);
    if (!account) return;
    unindex_account(*account, rows);
    rows.erase<AccountsByOpening>(std::optional{account->created_at}, account->id);
    rows.erase<AccountTable>(account->id);
}

void Accounts::on(const OwnershipTransferred& event, const At&, Rows& rows) {
    rows.change<AccountTable>([&](AccountRow& row) { row.owner = event.to; }, event.account);
}

// With the date that the legacy system had, where it had one. Rule M9.
void Accounts::on(const LegacyClientImported& event, const At&, Rows& rows) {
    rows.change<AccountTable>(
        [&](AccountRow& row) {
            row.imported = true;
            if (!event.created_at) return;
            rows.erase<AccountsByOpening>(std::optional{row.created_at}, row.id);
            row.created_at = *event.created_at;
            rows.insert<AccountsByOpening>({}, std::optional{row.created_at}, row.id);
        },
        event.account);
}

std::optional<AccountRow> find_account(const Reading& reading, AccountId account) {
    return find<AccountTable>(reading, account);
}

std::uint64_t account_version(const Reading& reading, AccountId account) {
    return find<AccountVersions>(reading, account).value_or(StreamVersionRow{}).version;
}

Paged<AccountRow> list_accounts(const Reading& reading, const AccountFilter& filter,
                                const PageRequest& page) {
    const auto* mark = reading.serving(Accounts::number);
    const auto generation = mark == nullptr ? 0 : mark->generation;
    const auto query = search_text(filter.search);
    Listing<AccountRow> list{.reading = reading,
                             .cursor = static_cast<char>('k' + 2 * static_cast<int>(filter.sort) +
                                                         static_cast<int>(filter.order)),
                             .index = AccountTable::prefix(generation),
                             .order = filter.order,
                             .row_of = [&reading](std::string_view, std::string_view value) {
                                 return decoded<AccountTable>(reading, value);
                             }};
    if (filter.sort == AccountSort::name) walk_account_index<AccountsByName>(list, generation);
    if (filter.sort == AccountSort::created_at)
        walk_account_index<AccountsByOpening>(list, generation);
    if (!query.empty()) search_accounts(list, generation, filter, query);
    if (filter.status || !query.empty()) {
        list.test = [&filter, query](const AccountRow& account) {
            return account.status == filter.status.value_or(account.status) &&
                   (query.empty() || account_found_by(account, query));
        };
    }
    if (mark != nullptr) list.known_total = mark->rows;
    return answer(std::move(list), page);
}

void write_account(JsonWriter& out, const Reading& reading, const AccountRow& account,
                   Audience audience) {
    out.begin_object();
    out.key("id").number(account.id.number);
    out.key("name").text(shown_name(reading, account));
    for_each_field(account.profile, [&](std::string_view name, const std::string& value) {
        if (name != "notes" || audience == Audience::staff) out.key(name).text(value);
    });
    out.key("status").text(to_text(account.status));
    out.key("owner_user_id").number(account.owner.number);
    out.key("created_at").time(account.created_at);
    out.end_object();
}

}  // namespace muster::views
