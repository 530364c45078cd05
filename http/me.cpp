// What a signed-in user does with the own record and the own accounts.
#include "handlers/accounts.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/associations.hpp"
#include "projections/invitations.hpp"
#include "projections/sessions.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

// The present password, where it was given. Rule L12.
std::optional<Check> own_password(const Call& call, std::optional<std::string> password) {
    if (!password) return std::nullopt;
    return Check{.whose = Check::Whose::user_by_id,
                 .email = {},
                 .id = call.caller.user.number,
                 .password = std::move(*password),
                 .failed = wrong_password};
}

}  // namespace

Answer get_me(Call& call) {
    return user_answer(200, call.caller.user,
                       {call.services, *call.reading, call.now, call.on_loopback()});
}

Asked update_me(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    UserChanges changes{body->text("first_name"), body->text("last_name"),
                        body->language("language"), body->email("email")};
    if (changes.first_name == "") body->refuse("first_name", "empty", "This must not be empty.");
    if (changes.last_name == "") body->refuse("last_name", "empty", "This must not be empty.");
    const auto password = body->optional_secret("current_password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [changes](Work& work, const Secrets& secrets) {
                          return muster::update_user(work, work.caller().user, changes,
                                                     secrets.proof());
                      },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          return user_answer(200, accepted.caller.user, with);
                      },
                  .body = canonical,
                  .check = own_password(call, password),
                  .versioned = stream_of(call.caller.user)};
}

Asked change_my_password(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto present = body->secret("current_password");
    const auto password = body->new_password("password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [](Work& work, const Secrets& secrets) {
                          return muster::change_password(work, work.caller().user, secrets.hash,
                                                         secrets.proof());
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .body = canonical,
                  .check = own_password(call, present),
                  .new_password = password,
                  .versioned = stream_of(call.caller.user)};
}

Answer list_my_accounts(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_accounts_of(*call.reading, call.caller.user, page),
                       views::write_account_summary);
}

Asked open_my_account(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    if (body->has("notes")) body->refuse("notes", "unknown", "There is no such field here.");
    const auto profile = to_profile(body->profile());
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case = [profile](Work& work,
                                        const Secrets&) { return open_own_account(work, profile); },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          const auto* opened = find_event<AccountOpened>(accepted);
                          return json_answer(201, [&](JsonWriter& out) {
                              write_account_or_null(out, with.reading, opened->account,
                                                    opened->owner);
                          });
                      },
                  .body = canonical};
}

Asked leave_account(Call& call) {
    return Change{.use_case = [account = call.account()](
                                  Work& work,
                                  const Secrets&) { return muster::leave_account(work, account); },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .versioned = stream_of(call.account())};
}

Answer list_my_sessions(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return page_answer(
        call, views::list_sessions(*call.reading, call.caller.user, call.now, idle_limits, page),
        [&](JsonWriter& out, const views::SessionRow& row) {
            views::write_session(out, *call.reading, row, call.caller.session);
        });
}

Answer get_my_session(Call& call) {
    const auto row = views::find_session(*call.reading, call.session());
    if (!row || row->user != call.caller.user || !views::is_live(*row, call.now, idle_limits))
        return std::unexpected(problem_of(no_such_session));
    return json_answer(200, [&](JsonWriter& out) {
        views::write_session(out, *call.reading, *row, call.caller.session);
    });
}

Asked end_my_session(Call& call) {
    return Change{
        .use_case = [session = call.session()](
                        Work& work, const Secrets&) { return end_own_session(work, session); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Asked end_my_other_sessions(Call&) {
    return Change{.use_case = [](Work& work, const Secrets&) { return end_other_sessions(work); },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Asked set_my_security_question(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto question = body->required_text("question");
    const auto answer = canonical_answer(body->secret("answer"));
    if (body->has("answer") && answer.empty())
        body->refuse("answer", "empty", "This must not be empty.");
    if (answer.size() > longest_password)
        body->refuse("answer", "too_long", "This must have at most 256 bytes.");
    const auto present = body->secret("current_password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [question](Work& work, const Secrets& secrets) {
                          return set_security_question(work, work.caller().user, question,
                                                       secrets.hash, secrets.proof());
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .body = canonical,
                  .check = own_password(call, present),
                  .new_password = answer,
                  .versioned = stream_of(call.caller.user)};
}

Asked clear_my_security_question(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto present = body->secret("current_password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [](Work& work, const Secrets& secrets) {
                          return clear_security_question(work, work.caller().user, secrets.proof());
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .body = canonical,
                  .check = own_password(call, present),
                  .versioned = stream_of(call.caller.user)};
}

// Only whose address is verified sees what was sent to it.
Answer list_my_invitations(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    const auto user = views::find_user(*call.reading, call.caller.user);
    const auto email = user && user->email_verified ? EmailAddress::parse(user->email)
                                                    : std::optional<EmailAddress>{};
    const auto address = email ? call.services.keys.email_key(email->normalised()) : EmailKey{};
    return page_answer(call, views::list_invitations_to(*call.reading, address, call.now, page),
                       [&](JsonWriter& out, const views::InvitationRow& row) {
                           views::write_own_invitation(out, *call.reading, row);
                       });
}

}  // namespace muster::http
