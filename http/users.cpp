// Users, as the admin area has them.
#include "handlers/users.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "http/schema.hpp"
#include "projections/users.hpp"

namespace muster::http {

namespace {

struct UsersAsked {
    views::UserFilter filter;
    views::PageRequest page;
};

UsersAsked users_asked_in(Parameters& query) {
    views::UserFilter filter;
    filter.search =
        query.text("search", "The start of any name or of the address, or an id.").value_or("");
    filter.two_factor = query.boolean("two_factor");
    filter.verified = query.boolean("verified");
    filter.account_count = query.number("account_count", 0, UINT32_MAX);
    const auto sort =
        query.choice("sort", {"id", "name", "email", "last_sign_in_at"}).value_or("id");
    filter.sort = sort == "name"              ? views::UserSort::name
                  : sort == "email"           ? views::UserSort::email
                  : sort == "last_sign_in_at" ? views::UserSort::last_sign_in_at
                                              : views::UserSort::id;
    filter.order = query.order();
    return {std::move(filter), query.page()};
}

Answer users(Call& call, const UsersAsked& asked) {
    return page_answer(call, views::list_users(*call.reading, asked.filter, asked.page),
                       views::write_user);
}

Answer one_user(Call& call) {
    auto response = user_answer(200, call.user(), {call.services, *call.reading, call.now, false});
    if (response.status != 200) return std::unexpected(problem_of(no_such_user));
    return response;
}

UserChanges user_changes_in(Fields& body) {
    return {body.text("first_name"), body.text("last_name"), body.language("language"),
            body.email("email")};
}

Change user_update(Call& call, const UserChanges& changes) {
    const auto user = call.user();
    return {.use_case =
                [user, changes](Work& work, const Secrets&) {
                    return muster::update_user(work, user, changes, {Proof::Kind::staff, 0});
                },
            .answer = [user](const Accepted&,
                             const Answering& with) { return user_answer(200, user, with); },
            .versioned = stream_of(user)};
}

Change user_deletion(Call& call) {
    const auto user = call.user();
    return {
        .use_case = [user](Work& work, const Secrets&) { return muster::delete_user(work, user); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); },
        .versioned = stream_of(user)};
}

std::string new_password_in(Fields& body) { return body.new_password("password"); }

Change password_setting(Call& call, const std::string& password) {
    const auto user = call.user();
    return {.use_case =
                [user](Work& work, const Secrets& secrets) {
                    return muster::change_password(work, user, secrets.hash,
                                                   {Proof::Kind::staff, 0});
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .new_password = password,
            .versioned = stream_of(user)};
}

Change sessions_ending(Call& call) {
    return {.use_case = [user = call.user()](
                            Work& work, const Secrets&) { return end_sessions_of(work, user); },
            .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Change factor_removal(Call& call) {
    return {.use_case =
                [user = call.user()](Work& work, const Secrets&) {
                    return disable_second_factor(work, user, {Proof::Kind::staff, 0});
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .versioned = stream_of(call.user())};
}

Change question_removal(Call& call) {
    return {.use_case =
                [user = call.user()](Work& work, const Secrets&) {
                    return clear_security_question(work, user, {Proof::Kind::staff, 0});
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .versioned = stream_of(call.user())};
}

IdentityStatus identity_in(Fields& body) {
    const auto name = body.required_choice("status", schema::texts_of<IdentityStatus>());
    auto status = IdentityStatus::none;
    while (valid(status) && to_text(status) != name)
        status = static_cast<IdentityStatus>(static_cast<int>(status) + 1);
    return status;
}

Change identity_setting(Call& call, IdentityStatus status) {
    const auto user = call.user();
    return {.use_case =
                [user, status](Work& work, const Secrets&) {
                    return muster::set_identity_verification(work, user, status);
                },
            .answer = [user](const Accepted&,
                             const Answering& with) { return user_answer(200, user, with); },
            .versioned = stream_of(user)};
}

}  // namespace

const Query list_users = asking<users, users_asked_in>;
const Query get_user = asking<one_user>;
const Command update_user = changing<user_update, user_changes_in>;
const Command delete_user = doing<user_deletion>;
const Command change_user_password = changing<password_setting, new_password_in>;
const Command end_user_sessions = doing<sessions_ending>;
const Command disable_user_two_factor = doing<factor_removal>;
const Command clear_user_security_question = doing<question_removal>;
const Command set_identity_verification = changing<identity_setting, identity_in>;

}  // namespace muster::http
