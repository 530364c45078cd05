#include "projections/associations.hpp"

#include <algorithm>

#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'u' user account -> AssociationRow           'a' account user
using AssociationTable =
    Table<Associations, 'u', Counted::yes, Walked::yes, AssociationRow, UserId, AccountId>;
using AssociationsByAccount =
    Table<Associations, 'a', Counted::no, Walked::no, Nothing, AccountId, UserId>;

void associate(const AssociationRow& row, Rows& rows) {
    rows.insert<AssociationTable>(row, row.user, row.account);
    rows.insert<AssociationsByAccount>({}, row.account, row.user);
}

void dissociate(AccountId account, UserId user, Rows& rows) {
    if (!rows.find<AssociationTable>(user, account)) return;
    rows.erase<AssociationTable>(user, account);
    rows.erase<AssociationsByAccount>(account, user);
}

// Rule E12.
void choose(AccountId account, UserId user, Time at, Rows& rows) {
    rows.change<AssociationTable>([&](AssociationRow& row) { row.last_sign_in_at = at; }, user,
                                  account);
}

// What a legacy system knew of it. Rule M9.
void note_import_of_access(AccountId account, UserId user, const std::optional<Time>& created_at,
                           const std::optional<Time>& last_sign_in_at, Rows& rows) {
    rows.change<AssociationTable>(
        [&](AssociationRow& row) {
            row.associated_at = created_at.value_or(row.associated_at);
            row.last_sign_in_at = last_sign_in_at;
        },
        user, account);
}

}  // namespace

void Associations::on(const AccountOpened& event, const At& at, Rows& rows) {
    associate({event.account, event.owner, true, Permissions::all(), at.time, std::nullopt}, rows);
}

void Associations::on(const AssociationGranted& event, const At& at, Rows& rows) {
    associate({event.account, event.user, false, event.permissions, at.time, std::nullopt}, rows);
}

void Associations::on(const PermissionsSet& event, const At&, Rows& rows) {
    rows.change<AssociationTable>([&](AssociationRow& row) { row.permissions = event.permissions; },
                                  event.user, event.account);
}

void Associations::on(const AssociationEnded& event, const At&, Rows& rows) {
    dissociate(event.account, event.user, rows);
}

void Associations::on(const OwnershipTransferred& event, const At&, Rows& rows) {
    const auto hand = [&](UserId user, bool is_owner, Permissions permissions) {
        rows.change<AssociationTable>(
            [&](AssociationRow& row) {
                row.is_owner = is_owner;
                row.permissions = permissions;
            },
            user, event.account);
    };
    hand(event.from, false, event.permissions);  // Rule O4.
    hand(event.to, true, Permissions::all());    // Rule E5.
}

void Associations::on(const AccountDeleted& event, const At&, Rows& rows) {
    for (const auto user : event.users)
        dissociate(event.account, user, rows);
}

void Associations::on(const UserDeleted& event, const At&, Rows& rows) {
    for (const auto account : rows.seconds<AssociationTable, AccountId>(event.user))
        dissociate(account, event.user, rows);
}

void Associations::on(const SessionStarted& event, const At& at, Rows& rows) {
    if (event.account) choose(event.account->key, event.user, at.time, rows);
}

void Associations::on(const AccountChosen& event, const At& at, Rows& rows) {
    if (at.actor.on_behalf_of) return;  // An admin who acts as the user does not sign in.
    choose(event.account.key, event.user, at.time, rows);
}

void Associations::on(const LegacyClientImported& event, const At&, Rows& rows) {
    note_import_of_access(event.account, event.user, event.created_at, event.last_sign_in_at, rows);
}
void Associations::on(const LegacyContactImported& event, const At&, Rows& rows) {
    if (event.user)
        note_import_of_access(event.account, *event.user, event.created_at, std::nullopt, rows);
}

std::optional<AssociationRow> find_association(const Reading& reading, AccountId account,
                                               UserId user) {
    return find<AssociationTable>(reading, user, account);
}

std::vector<AssociationRow> associations_of(const Reading& reading, UserId user) {
    std::vector<AssociationRow> list;
    each<AssociationTable>(reading, user, [&](const AssociationRow& row) { list.push_back(row); });
    return list;
}

std::optional<AccountSummary> find_account_summary(const Reading& reading, AccountId account,
                                                   UserId user) {
    const auto association = find_association(reading, account, user);
    if (!association) return std::nullopt;
    auto row = find_account(reading, account);
    if (!row) return std::nullopt;
    auto name = shown_name(reading, *row);
    return AccountSummary{std::move(*row), *association, std::move(name)};
}

std::vector<AccountSummary> accounts_of(const Reading& reading, UserId user) {
    std::vector<AccountSummary> list;
    for (const auto& association : associations_of(reading, user)) {
        if (auto account = find_account(reading, association.account)) {
            auto name = shown_name(reading, *account);
            list.push_back({std::move(*account), association, std::move(name)});
        }
    }
    return list;
}

Paged<AccountSummary> list_accounts_of(const Reading& reading, UserId user,
                                       const PageRequest& page) {
    Listing<AccountSummary> list{.reading = reading,
                                 .cursor = 'U',
                                 .index = index_of<AssociationTable>(reading, user),
                                 .row_of = [&](std::string_view rest, std::string_view) {
                                     return find_account_summary(
                                         reading, AccountId{last_number(rest)}, user);
                                 }};
    return answer(std::move(list), page);
}

void write_account_summary(JsonWriter& out, const AccountSummary& summary) {
    out.begin_object();
    out.key("id").number(summary.account.id.number);
    out.key("name").text(summary.name);
    out.key("company_name").text(summary.account.profile.company_name);
    out.key("status").text(to_text(summary.account.status));
    out.key("is_owner").boolean(summary.association.is_owner);
    out.key("permissions").permissions(summary.association.permissions);
    out.key("last_sign_in_at");
    write_optional_time(out, summary.association.last_sign_in_at);
    out.end_object();
}

std::optional<AccountUser> find_account_user(const Reading& reading, AccountId account,
                                             UserId user) {
    const auto association = find_association(reading, account, user);
    if (!association) return std::nullopt;
    auto row = find_user(reading, user);
    if (!row) return std::nullopt;
    return AccountUser{std::move(*row), *association};
}

std::optional<Time> last_sign_in_of(const Reading& reading, AccountId account) {
    std::optional<Time> last;
    auto users = walk<AssociationsByAccount>(reading, account);
    for (bool more = users.first(); more; more = users.next()) {
        const auto row = find_association(reading, account, UserId{last_number(users.rest())});
        if (row) last = std::max(last, row->last_sign_in_at);
    }
    return last;
}

Paged<AccountUser> list_account_users(const Reading& reading, AccountId account,
                                      const PageRequest& page) {
    Listing<AccountUser> list{.reading = reading,
                              .cursor = 'A',
                              .index = index_of<AssociationsByAccount>(reading, account),
                              .row_of = [&](std::string_view rest, std::string_view) {
                                  return find_account_user(reading, account,
                                                           UserId{last_number(rest)});
                              }};
    return answer(std::move(list), page);
}

void write_account_user(JsonWriter& out, const AccountUser& row) {
    out.begin_object();
    out.key("user_id").number(row.user.id.number);
    out.key("first_name").text(row.user.first_name);
    out.key("last_name").text(row.user.last_name);
    write_email(out, row.user);
    out.key("is_owner").boolean(row.association.is_owner);
    out.key("permissions").permissions(row.association.permissions);
    out.key("two_factor").boolean(row.user.two_factor);
    out.key("last_sign_in_at");
    write_optional_time(out, row.association.last_sign_in_at);
    out.key("associated_at").time(row.association.associated_at);
    out.end_object();
}

void write_user_with_accounts(JsonWriter& out, const UserRow& user,
                              const std::vector<AccountSummary>& accounts) {
    out.begin_object();
    write_user_members(out, user);
    out.key("accounts").begin_array();
    for (const auto& account : accounts)
        write_account_summary(out, account);
    out.end_array().end_object();
}

}  // namespace muster::views
