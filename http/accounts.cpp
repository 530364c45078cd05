// Accounts and their users.
#include "handlers/accounts.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "http/schema.hpp"
#include "projections/accounts.hpp"
#include "projections/associations.hpp"

namespace muster::http {
namespace {

// A change of an account that takes no body.
Change bodyless(const Call& call, std::function<Decision(Work&, const Secrets&)> use_case,
                std::function<Response(const Accepted&, const Answering&)> answer) {
    return {.use_case = std::move(use_case),
            .answer = std::move(answer),
            .versioned = stream_of(call.account())};
}

Change change_status(Call& call, AccountStatus status) {
    const auto account = call.account();
    return bodyless(
        call,
        [account, status](Work& work, const Secrets&) {
            return muster::update_account(work, account, {{}, status});
        },
        [account](const Accepted& accepted, const Answering& with) {
            return account_answer(200, account, with, accepted.caller);
        });
}

Response member_answer(int status, AccountId account, UserId user, const Answering& with) {
    const auto row = views::find_account_user(with.reading, account, user);
    if (!row) return no_content();  // Gone again before the answer.
    auto response =
        json_answer(status, [&](JsonWriter& out) { views::write_account_user(out, *row); });
    with_etag(response, views::account_version(with.reading, account));
    return response;
}

std::vector<std::string_view> account_statuses() {
    return schema::texts_of<views::AccountStatus>();
}

struct AccountsAsked {
    views::AccountFilter filter;
    views::PageRequest page;
};

AccountsAsked accounts_in(Parameters& query) {
    views::AccountFilter filter;
    filter.search =
        query.text("search", "The start of the company, a name or the address, or an id.")
            .value_or("");
    if (const auto status = query.choice("status", account_statuses()))
        filter.status = views::parse_account_status(*status);
    const auto sort = query.choice("sort", {"id", "name", "created_at"}).value_or("id");
    filter.sort = sort == "name"         ? views::AccountSort::name
                  : sort == "created_at" ? views::AccountSort::created_at
                                         : views::AccountSort::id;
    filter.order = query.order();
    return {std::move(filter), query.page()};
}

Answer accounts(Call& call, const AccountsAsked& asked) {
    return page_answer(call, views::list_accounts(*call.reading, asked.filter, asked.page),
                       [&](JsonWriter& out, const views::AccountRow& row) {
                           views::write_account(out, *call.reading, row, views::Audience::staff);
                       });
}

// An account for a user who is there, or with a new one, who is made from the account's name,
// e-mail and language. Rules R5, R8.
struct Opening {
    Profile profile;
    Required required{};
    std::optional<UserId> owner{};
    std::optional<Fields::Person> person{};
};

Opening opening_in(Fields& body) {
    Opening opening{.profile = to_profile(body.profile(Fields::Notes::taken))};
    const bool skips = body.boolean("skip_validation").value_or(false);
    opening.required = skips ? Required::skipped : Required::checked;
    if (body.has("owner_user_id")) {
        opening.owner = UserId{body.required_id("owner_user_id")};
        return opening;
    }
    opening.person = body.person(Fields::PasswordField::optional, Fields::Names::optional);
    for (const auto* name : {"first_name", "last_name"}) {
        if (!skips) body.require(name);
    }
    return opening;
}

Response opened_answer(const Accepted& accepted, const Answering& with) {
    const auto* opened = find_event<AccountOpened>(accepted);
    return json_answer(201, [&](JsonWriter& out) {
        out.begin_object().key("account");
        if (const auto row = views::find_account(with.reading, opened->account)) {
            views::write_account(out, with.reading, *row, views::Audience::staff);
        } else {
            out.null();
        }
        out.key("owner");
        write_user_or_null(out, with.reading, opened->owner);
        out.end_object();
    });
}

Change opening(Call&, const Opening& form) {
    Change change{.answer = opened_answer};
    if (form.owner) {
        change.use_case = [form](Work& work, const Secrets&) {
            return open_account_for(work, *form.owner, form.profile, form.required);
        };
        return change;
    }
    change.new_password = form.person->password;
    change.use_case = [form](Work& work, const Secrets& secrets) {
        auto user = form.person->user;
        if (!secrets.hash.empty()) user.password_hash = secrets.hash;
        return open_account_with(work, user, form.profile, form.required);
    };
    return change;
}

Answer one_account(Call& call) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    return account_answer(200, call.account(), with, call.caller);
}

struct AccountChange {
    UpdateAccount command;
    Required required{};

    // Status, notes and what is left out are not for account users.
    bool staff_only() const {
        return command.status || command.profile.notes || required == Required::skipped;
    }
};

AccountChange account_change_in(Fields& body) {
    AccountChange change{.command = {body.profile(Fields::Notes::taken), std::nullopt}};
    if (const auto status = body.choice("status", account_statuses())) {
        change.command.status = *status == "active"   ? AccountStatus::active
                                : *status == "closed" ? AccountStatus::closed
                                                      : AccountStatus::inactive;
    }
    const bool skips = body.boolean("skip_validation").value_or(false);
    change.required = skips ? Required::skipped : Required::checked;
    return change;
}

Change account_update(Call& call, const AccountChange& change) {
    const auto account = call.account();
    return {.use_case =
                [account, change](Work& work, const Secrets&) {
                    if (change.staff_only() && !work.caller().staff()) return Decision{wrong_role};
                    return muster::update_account(work, account, change.command, change.required);
                },
            .answer =
                [account](const Accepted& accepted, const Answering& with) {
                    return account_answer(200, account, with, accepted.caller);
                },
            .versioned = stream_of(account)};
}

Change closing(Call& call) { return change_status(call, AccountStatus::closed); }
Change reopening(Call& call) { return change_status(call, AccountStatus::active); }

DeleteAccount::Users users_in(Parameters& query) {
    const bool go = query.boolean("delete_users").value_or(false);
    return go ? DeleteAccount::Users::go : DeleteAccount::Users::stay;
}

Change account_deletion(Call& call, DeleteAccount::Users users) {
    return bodyless(
        call,
        [account = call.account(), users](Work& work, const Secrets&) {
            return muster::delete_account(work, account, users);
        },
        [](const Accepted&, const Answering&) { return no_content(); });
}

Answer account_users(Call& call, const views::PageRequest& page) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_account_users(*call.reading, call.account(), page),
                       views::write_account_user);
}

// A user who is there, or the address of one who may be.
struct Associated {
    Permissions permissions;
    std::optional<UserId> user{};
    std::optional<NewUser> person{};
};

Associated associated_in(Fields& body) {
    Associated associated{.permissions = body.required_permissions("permissions")};
    if (body.has("user_id")) {
        associated.user = UserId{body.required_id("user_id")};
        return associated;
    }
    associated.person = NewUser{.first_name = body.text("first_name").value_or(""),
                                .last_name = body.text("last_name").value_or(""),
                                .email = body.required_email("email"),
                                .language = body.language("language").value_or("en")};
    return associated;
}

Change association(Call& call, const Associated& associated) {
    const auto account = call.account();
    return {.use_case =
                [account, associated](Work& work, const Secrets&) {
                    const auto& [permissions, user, person] = associated;
                    return user ? muster::associate_user(work, account, *user, permissions)
                                : associate_address(work, account, *person, permissions);
                },
            .answer =
                [account, user = associated.user](const Accepted& accepted, const Answering& with) {
                    const auto* granted = find_event<AssociationGranted>(accepted);
                    return member_answer(
                        201, account, granted != nullptr ? granted->user : user.value_or(UserId{}),
                        with);
                }};
}

Permissions permissions_in(Fields& body) { return body.required_permissions("permissions"); }

Change permitting(Call& call, Permissions permissions) {
    const auto account = call.account();
    const auto user = call.user();
    return {.use_case =
                [account, user, permissions](Work& work, const Secrets&) {
                    return muster::set_permissions(work, account, user, permissions);
                },
            .answer =
                [account, user](const Accepted&, const Answering& with) {
                    return member_answer(200, account, user, with);
                },
            .versioned = stream_of(account)};
}

Change member_removal(Call& call) {
    return bodyless(
        call,
        [account = call.account(), user = call.user()](Work& work, const Secrets&) {
            return muster::remove_user(work, account, user);
        },
        [](const Accepted&, const Answering&) { return no_content(); });
}

UserId new_owner_in(Fields& body) { return {body.required_id("user_id")}; }

Change transfer(Call& call, UserId to) {
    const auto account = call.account();
    return {.use_case =
                [account, to](Work& work, const Secrets&) {
                    return muster::transfer_ownership(work, account, to);
                },
            .answer =
                [account](const Accepted& accepted, const Answering& with) {
                    return account_answer(200, account, with, accepted.caller);
                },
            .versioned = stream_of(account)};
}

}  // namespace

const Query list_accounts = asking<accounts, accounts_in>;
const Command open_account = changing<opening, opening_in>;
const Query get_account = asking<one_account>;
const Command update_account = changing<account_update, account_change_in>;
const Command close_account = doing<closing>;
const Command reopen_account = doing<reopening>;
const Command delete_account = doing<account_deletion, users_in>;
const Query list_account_users = asking<account_users, page_in>;
const Command associate_user = changing<association, associated_in>;
const Command set_permissions = changing<permitting, permissions_in>;
const Command remove_user = doing<member_removal>;
const Command transfer_ownership = changing<transfer, new_owner_in>;

}  // namespace muster::http
