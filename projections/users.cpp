#include "projections/users.hpp"

#include "projections/listing.hpp"
#include "projections/search_text.hpp"

namespace muster::views {
namespace {

//   'u' user -> UserRow
//   'n' name user                  'e' address user                  's' last sign-in, user
//   'l' last name, user: where there is a first name, too
using UserTable = Table<Users, 'u', Counted::yes, Walked::no, UserRow, UserId>;
using UsersByName = Table<Users, 'n', Counted::no, Walked::no, Nothing, std::string, UserId>;
using UsersByEmail = Table<Users, 'e', Counted::no, Walked::no, Nothing, std::string, UserId>;
using UsersByLastName = Table<Users, 'l', Counted::no, Walked::no, Nothing, std::string, UserId>;
using UsersBySignIn =
    Table<Users, 's', Counted::no, Walked::no, Nothing, std::optional<Time>, UserId>;

std::string sort_name(const UserRow& user) { return search_text(user.first_name, user.last_name); }

// Every index key of the row, to whom it is to be inserted or erased.
void for_names(const UserRow& user, auto&& each) {
    each(UsersByName{}, sort_name(user));
    if (!user.first_name.empty() && !user.last_name.empty())
        each(UsersByLastName{}, search_text(user.last_name));
}

void index_names(const UserRow& user, Rows& rows) {
    for_names(user, [&]<class T>(T, const std::string& text) {
        rows.template insert<T>({}, text, user.id);
    });
}
void unindex_names(const UserRow& user, Rows& rows) {
    for_names(user,
              [&]<class T>(T, const std::string& text) { rows.template erase<T>(text, user.id); });
}

void change_account_count(UserId user, int change, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& row) {
            row.account_count = static_cast<std::uint32_t>(
                std::max<std::int64_t>(0, std::int64_t{row.account_count} + change));
        },
        user);
}

// From when there is nothing known the time of the import stands.
void note_import_of_user(UserId user, const std::optional<Time>& created_at,
                         const std::optional<Time>& last_sign_in_at, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& row) {
            row.imported = true;
            row.created_at = created_at.value_or(row.created_at);
            if (!last_sign_in_at) return;
            rows.erase<UsersBySignIn>(row.last_sign_in_at, row.id);
            row.last_sign_in_at = last_sign_in_at;
            rows.insert<UsersBySignIn>({}, row.last_sign_in_at, row.id);
        },
        user);
}

bool found_by(const UserRow& user, const std::string& query) {
    return sort_name(user).starts_with(query) || search_text(user.last_name).starts_with(query) ||
           search_text(user.email).starts_with(query) ||
           number_in(query) == std::optional{user.id.number};
}

// Which index a list walks, and the key of a row in it.
template <class T>
void walk_index(Listing<UserRow>& list, std::uint32_t generation) {
    list.index = T::prefix(generation);
    list.marked = true;
    list.row_of = [&reading = list.reading](std::string_view rest, std::string_view) {
        return find_user(reading, UserId{last_number(rest)});
    };
}
std::string key_in(UserSort sort, const UserRow& user) {
    switch (sort) {
        case UserSort::name:
            return UsersByName::rest(sort_name(user), user.id);
        case UserSort::email:
            return UsersByEmail::rest(search_text(user.email), user.id);
        case UserSort::last_sign_in_at:
            return UsersBySignIn::rest(user.last_sign_in_at, user.id);
        case UserSort::id:
            break;
    }
    return UserTable::rest(user.id);
}

void search_users(Listing<UserRow>& list, std::uint32_t generation, const UserFilter& filter,
                  const std::string& query) {
    const auto found =
        find_candidates(list.reading, {UsersByName::prefix(generation) + '\0' + query,
                                       UsersByEmail::prefix(generation) + '\0' + query,
                                       UsersByLastName::prefix(generation) + '\0' + query});
    if (!found) return;
    auto ids = *found;
    if (const auto number = number_in(query)) ids.insert(*number);
    list.candidates.emplace();
    for (const auto id : ids) {
        if (auto user = find_user(list.reading, UserId{id})) {
            auto key = key_in(filter.sort, *user);
            list.candidates->emplace_back(std::move(key), std::move(*user));
        }
    }
}

}  // namespace

std::string name_of(const UserRow& user) {
    if (user.first_name.empty() && user.last_name.empty()) return user.email;
    if (user.first_name.empty() || user.last_name.empty()) return user.first_name + user.last_name;
    return user.first_name + ' ' + user.last_name;
}

void Users::every(const At& at, Rows& rows) {
    for (const auto& [stream, reached] : at.streams) {
        if (stream.kind == StreamKind::user)
            rows.change<UserTable>([&](UserRow& user) { user.version = reached; },
                                   UserId{stream.low});
    }
}

void Users::on(const UserRegistered& event, const At& at, Rows& rows) {
    const auto person = event.person.value.value_or(Person{});
    const UserRow user{event.user,
                       person.first_name,
                       person.last_name,
                       person.email,
                       event.language,
                       std::nullopt,
                       0,
                       at.time,
                       1,
                       false,
                       false,
                       IdentityStatus::none,
                       std::nullopt,
                       std::nullopt,
                       0,
                       0,
                       false};
    rows.insert<UserTable>(user, user.id);
    rows.insert<UsersByEmail>({}, search_text(user.email), user.id);
    rows.insert<UsersBySignIn>({}, std::nullopt, user.id);
    index_names(user, rows);
}

void Users::on(const UserRenamed& event, const At&, Rows& rows) {
    if (!event.name.value) return;
    rows.change<UserTable>(
        [&](UserRow& user) {
            unindex_names(user, rows);
            user.first_name = event.name.value->first_name.value_or(user.first_name);
            user.last_name = event.name.value->last_name.value_or(user.last_name);
            index_names(user, rows);
        },
        event.user);
}

void Users::on(const LanguageChosen& event, const At&, Rows& rows) {
    rows.change<UserTable>([&](UserRow& user) { user.language = event.language; }, event.user);
}

void Users::on(const EmailChanged& event, const At&, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& user) {
            rows.erase<UsersByEmail>(search_text(user.email), user.id);
            user.email = event.address.value.value_or(Address{}).email;
            if (event.released != event.taken) {  // Rule V7.
                user.email_verified = false;
                user.reset.reset();
                user.verification = 0;
            }
            rows.insert<UsersByEmail>({}, search_text(user.email), user.id);
        },
        event.user);
}

void Users::on(const PasswordChanged& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.reset.reset(); }, event.user);
}
void Users::on(const PasswordResetRequested& event, const At&, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& user) { user.reset = {event.link, event.expires_at, event.by}; }, event.user);
}
void Users::on(const PasswordReset& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.reset.reset(); }, event.user);
}
void Users::on(const EmailVerificationRequested& event, const At&, Rows& rows) {
    rows.change<UserTable>([&](UserRow& user) { user.verification = event.link; }, event.user);
}
void Users::on(const EmailVerified& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.email_verified = true; }, event.user);
}
void Users::on(const SecondFactorEnabled<UserId>& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.two_factor = true; }, event.holder);
}
void Users::on(const SecondFactorDisabled<UserId>& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.two_factor = false; }, event.holder);
}
void Users::on(const SecurityQuestionSet& event, const At&, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& user) {
            user.question = event.question.value.value_or(Question{}).question;
            user.answer = event.answer;
        },
        event.user);
}
void Users::on(const SecurityQuestionCleared& event, const At&, Rows& rows) {
    rows.change<UserTable>([](UserRow& user) { user.question.reset(); }, event.user);
}
void Users::on(const IdentityVerificationSet& event, const At&, Rows& rows) {
    rows.change<UserTable>([&](UserRow& user) { user.identity = event.status; }, event.user);
}

void Users::on(const UserDeleted& event, const At&, Rows& rows) {
    const auto user = rows.find<UserTable>(event.user);
    if (!user) return;
    unindex_names(*user, rows);
    rows.erase<UsersByEmail>(search_text(user->email), user->id);
    rows.erase<UsersBySignIn>(user->last_sign_in_at, user->id);
    rows.erase<UserTable>(user->id);
}

void Users::on(const AccountOpened& event, const At&, Rows& rows) {
    change_account_count(event.owner, +1, rows);
}
void Users::on(const AssociationGranted& event, const At&, Rows& rows) {
    change_account_count(event.user, +1, rows);
}
void Users::on(const AssociationEnded& event, const At&, Rows& rows) {
    change_account_count(event.user, -1, rows);
}
void Users::on(const AccountDeleted& event, const At&, Rows& rows) {
    for (const auto user : event.users)
        change_account_count(user, -1, rows);
}

void Users::on(const SessionStarted& event, const At& at, Rows& rows) {
    rows.change<UserTable>(
        [&](UserRow& user) {
            rows.erase<UsersBySignIn>(user.last_sign_in_at, user.id);
            user.last_sign_in_at = at.time;
            rows.insert<UsersBySignIn>({}, user.last_sign_in_at, user.id);
        },
        event.user);
}

void Users::on(const LegacyClientImported& event, const At&, Rows& rows) {
    note_import_of_user(event.user, event.created_at, event.last_sign_in_at, rows);
}
void Users::on(const LegacyContactImported& event, const At&, Rows& rows) {
    if (event.user) note_import_of_user(*event.user, event.created_at, std::nullopt, rows);
}

std::optional<UserRow> find_user(const Reading& reading, UserId user) {
    return find<UserTable>(reading, user);
}

std::optional<UserRow> find_user(const Reading& reading, const EmailAddress& email) {
    auto found = walk<UsersByEmail>(reading, search_text(email.text()));
    for (bool more = found.first(); more; more = found.next()) {
        auto user = find_user(reading, UserId{last_number(found.rest())});
        const auto address = user ? EmailAddress::parse(user->email) : std::nullopt;
        if (address && address->normalised() == email.normalised()) return user;
    }
    return std::nullopt;
}

Paged<UserRow> list_users(const Reading& reading, const UserFilter& filter,
                          const PageRequest& page) {
    const auto* mark = reading.serving(Users::number);
    const auto generation = mark == nullptr ? 0 : mark->generation;
    const auto query = search_text(filter.search);
    Listing<UserRow> list{.reading = reading,
                          .cursor = static_cast<char>('a' + 2 * static_cast<int>(filter.sort) +
                                                      static_cast<int>(filter.order)),
                          .index = UserTable::prefix(generation),
                          .order = filter.order,
                          .row_of = [&reading](std::string_view, std::string_view value) {
                              return decoded<UserTable>(reading, value);
                          }};
    if (filter.sort == UserSort::name) walk_index<UsersByName>(list, generation);
    if (filter.sort == UserSort::email) walk_index<UsersByEmail>(list, generation);
    if (filter.sort == UserSort::last_sign_in_at) walk_index<UsersBySignIn>(list, generation);
    if (!query.empty()) search_users(list, generation, filter, query);

    if (filter.two_factor || filter.verified || filter.account_count || !query.empty()) {
        list.test = [&filter, query](const UserRow& user) {
            return user.two_factor == filter.two_factor.value_or(user.two_factor) &&
                   user.email_verified == filter.verified.value_or(user.email_verified) &&
                   user.account_count ==
                       filter.account_count.value_or(std::uint64_t{user.account_count}) &&
                   (query.empty() || found_by(user, query));
        };
    }
    if (mark != nullptr) list.known_total = mark->rows;
    return answer(std::move(list), page);
}

void write_email(JsonWriter& out, const UserRow& user) {
    out.key("email");
    if (user.email.empty()) {
        out.null();
    } else {
        out.text(user.email);
    }
}

void write_user_members(JsonWriter& out, const UserRow& user) {
    out.key("id").number(user.id.number);
    out.key("first_name").text(user.first_name);
    out.key("last_name").text(user.last_name);
    write_email(out, user);
    out.key("language").text(user.language);
    out.key("two_factor").boolean(user.two_factor);
    out.key("security_question").boolean(user.question.has_value());
    out.key("email_verified").boolean(user.email_verified);
    out.key("identity_verification").text(to_text(user.identity));
    out.key("last_sign_in_at");
    write_optional_time(out, user.last_sign_in_at);
    out.key("account_count").number(std::uint64_t{user.account_count});
    out.key("created_at").time(user.created_at);
}

void write_user(JsonWriter& out, const UserRow& user) {
    out.begin_object();
    write_user_members(out, user);
    out.end_object();
}

}  // namespace muster::views
