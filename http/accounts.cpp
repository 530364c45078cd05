// Accounts and their users.
#include "handlers/accounts.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
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

}  // namespace

Answer list_accounts(Call& call) {
    auto& query = call.query();
    views::AccountFilter filter;
    filter.search = query.text("search").value_or("");
    if (const auto status = query.choice("status", {"active", "inactive", "closed"})) {
        filter.status = views::parse_account_status(*status);
    }
    const auto sort = query.choice("sort", {"id", "name", "created_at"}).value_or("id");
    filter.sort = sort == "name"         ? views::AccountSort::name
                  : sort == "created_at" ? views::AccountSort::created_at
                                         : views::AccountSort::id;
    filter.order = query.order();
    const auto page = query.page();
    if (auto problem = query.problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_accounts(*call.reading, filter, page),
                       [&](JsonWriter& out, const views::AccountRow& row) {
                           views::write_account(out, *call.reading, row, views::Audience::staff);
                       });
}

Asked open_account(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto owner = body->id("owner_user_id");
    const auto given = body->profile();
    const bool complete = !body->boolean("skip_validation").value_or(false);
    const auto required = complete ? Required::checked : Required::skipped;
    // The new owner is made from the account's name, e-mail and language. Rules R5, R8.
    std::optional<Fields::Person> person;
    if (!body->has("owner_user_id")) {
        person = body->person(Fields::PasswordField::optional,
                              complete ? Fields::Names::required : Fields::Names::optional);
    }
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    Change change{
        .answer =
            [](const Accepted& accepted, const Answering& with) {
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
            },
        .body = canonical};
    const auto profile = to_profile(given);
    if (owner) {
        change.use_case = [owner = UserId{*owner}, profile, required](Work& work, const Secrets&) {
            return open_account_for(work, owner, profile, required);
        };
        return change;
    }
    change.new_password = person->password;
    change.use_case = [user = person->user, profile, required](Work& work,
                                                               const Secrets& secrets) mutable {
        if (!secrets.hash.empty()) user.password_hash = secrets.hash;
        return open_account_with(work, user, profile, required);
    };
    return change;
}

Answer get_account(Call& call) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    return account_answer(200, call.account(), with, call.caller);
}

Asked update_account(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    UpdateAccount command{body->profile(), std::nullopt};
    if (const auto status = body->choice("status", {"active", "inactive", "closed"})) {
        command.status = *status == "active"   ? AccountStatus::active
                         : *status == "closed" ? AccountStatus::closed
                                               : AccountStatus::inactive;
    }
    const bool skips = body->boolean("skip_validation").value_or(false);
    const auto required = skips ? Required::skipped : Required::checked;
    const bool staff_only = body->has("status") || body->has("notes") || skips;
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto account = call.account();
    return Change{.use_case =
                      [account, command, staff_only, required](Work& work, const Secrets&) {
                          if (staff_only && !work.caller().staff()) return Decision{wrong_role};
                          return muster::update_account(work, account, command, required);
                      },
                  .answer =
                      [account](const Accepted& accepted, const Answering& with) {
                          return account_answer(200, account, with, accepted.caller);
                      },
                  .body = canonical,
                  .versioned = stream_of(account)};
}

Asked close_account(Call& call) { return change_status(call, AccountStatus::closed); }
Asked reopen_account(Call& call) { return change_status(call, AccountStatus::active); }

Asked delete_account(Call& call) {
    const bool users = call.query().boolean("delete_users").value_or(false);
    const auto mode = users ? DeleteAccount::Users::go : DeleteAccount::Users::stay;
    return bodyless(
        call,
        [account = call.account(), mode](Work& work, const Secrets&) {
            return muster::delete_account(work, account, mode);
        },
        [](const Accepted&, const Answering&) { return no_content(); });
}

Answer list_account_users(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_account_users(*call.reading, call.account(), page),
                       views::write_account_user);
}

Asked associate_user(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto permissions = body->required_permissions("permissions");
    const auto id = body->id("user_id");
    std::optional<EmailAddress> email;
    NewUser user{.email = *EmailAddress::parse("nobody@example.com"), .language = "en"};
    if (!body->has("user_id")) {
        user.email = body->required_email("email");
        user.first_name = body->text("first_name").value_or("");
        user.last_name = body->text("last_name").value_or("");
        user.language = body->language("language").value_or("en");
    }
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto account = call.account();
    return Change{
        .use_case =
            [account, id, user, permissions](Work& work, const Secrets&) {
                if (id) return muster::associate_user(work, account, UserId{*id}, permissions);
                return associate_address(work, account, user, permissions);
            },
        .answer =
            [account, id](const Accepted& accepted, const Answering& with) {
                const auto* granted = find_event<AssociationGranted>(accepted);
                return member_answer(201, account,
                                     granted != nullptr ? granted->user : UserId{id.value_or(0)},
                                     with);
            },
        .body = canonical};
}

Asked set_permissions(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto permissions = body->required_permissions("permissions");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto account = call.account();
    const auto user = call.user();
    return Change{.use_case =
                      [account, user, permissions](Work& work, const Secrets&) {
                          return muster::set_permissions(work, account, user, permissions);
                      },
                  .answer =
                      [account, user](const Accepted&, const Answering& with) {
                          return member_answer(200, account, user, with);
                      },
                  .body = canonical,
                  .versioned = stream_of(account)};
}

Asked remove_user(Call& call) {
    return bodyless(
        call,
        [account = call.account(), user = call.user()](Work& work, const Secrets&) {
            return muster::remove_user(work, account, user);
        },
        [](const Accepted&, const Answering&) { return no_content(); });
}

Asked transfer_ownership(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const UserId to{body->required_id("user_id")};
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto account = call.account();
    return Change{.use_case =
                      [account, to](Work& work, const Secrets&) {
                          return muster::transfer_ownership(work, account, to);
                      },
                  .answer =
                      [account](const Accepted& accepted, const Answering& with) {
                          return account_answer(200, account, with, accepted.caller);
                      },
                  .body = canonical,
                  .versioned = stream_of(account)};
}

}  // namespace muster::http
