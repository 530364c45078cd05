// Users, as the admin area has them.
#include "handlers/users.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/users.hpp"

namespace muster::http {

Answer list_users(Call& call) {
    auto& query = call.query();
    views::UserFilter filter;
    filter.search = query.text("search").value_or("");
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
    const auto page = query.page();
    if (auto problem = query.problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_users(*call.reading, filter, page), views::write_user);
}

Answer get_user(Call& call) {
    auto response = user_answer(200, call.user(), {call.services, *call.reading, call.now, false});
    if (response.status != 200) return std::unexpected(problem_of(no_such_user));
    return response;
}

Asked update_user(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    UserChanges changes{body->text("first_name"), body->text("last_name"),
                        body->language("language"), body->email("email")};
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto user = call.user();
    return Change{.use_case =
                      [user, changes](Work& work, const Secrets&) {
                          return muster::update_user(work, user, changes, {Proof::Kind::staff, 0});
                      },
                  .answer = [user](const Accepted&,
                                   const Answering& with) { return user_answer(200, user, with); },
                  .body = canonical,
                  .versioned = stream_of(user)};
}

Asked delete_user(Call& call) {
    const auto user = call.user();
    return Change{
        .use_case = [user](Work& work, const Secrets&) { return muster::delete_user(work, user); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); },
        .versioned = stream_of(user)};
}

Asked change_user_password(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto password = body->new_password("password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto user = call.user();
    return Change{.use_case =
                      [user](Work& work, const Secrets& secrets) {
                          return muster::change_password(work, user, secrets.hash,
                                                         {Proof::Kind::staff, 0});
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .body = canonical,
                  .new_password = password,
                  .versioned = stream_of(user)};
}

Asked end_user_sessions(Call& call) {
    return Change{
        .use_case = [user = call.user()](Work& work,
                                         const Secrets&) { return end_sessions_of(work, user); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Asked disable_user_two_factor(Call& call) {
    return Change{.use_case =
                      [user = call.user()](Work& work, const Secrets&) {
                          return disable_second_factor(work, user, {Proof::Kind::staff, 0});
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .versioned = stream_of(call.user())};
}

Asked clear_user_security_question(Call& call) {
    return Change{.use_case =
                      [user = call.user()](Work& work, const Secrets&) {
                          return clear_security_question(work, user, {Proof::Kind::staff, 0});
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .versioned = stream_of(call.user())};
}

Asked set_identity_verification(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    if (!body->has("status")) body->refuse("status", "required", "This is required.");
    const auto name =
        body->choice("status", {"none", "requested", "submitted", "approved", "rejected"})
            .value_or("none");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    auto status = IdentityStatus::none;
    while (to_text(status) != name)
        status = static_cast<IdentityStatus>(static_cast<int>(status) + 1);
    const auto user = call.user();
    return Change{.use_case =
                      [user, status](Work& work, const Secrets&) {
                          return muster::set_identity_verification(work, user, status);
                      },
                  .answer = [user](const Accepted&,
                                   const Answering& with) { return user_answer(200, user, with); },
                  .body = canonical,
                  .versioned = stream_of(user)};
}

}  // namespace muster::http
