// Registering, signing in and out, choosing an account.
#include "handlers/sessions.hpp"

#include "handlers/users.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/associations.hpp"
#include "projections/staff.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

Response session_answer(const views::Reading& reading, UserId user,
                        std::optional<AccountId> account, AdminId acting) {
    const auto chosen =
        account ? views::find_account_summary(reading, *account, user) : std::nullopt;
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("user");
        write_user_or_null(out, reading, user);
        out.key("account");
        write_account_or_null(out, reading, account, user);
        out.key("permissions")
            .permissions(chosen ? chosen->association.permissions : Permissions{});
        out.key("is_owner").boolean(chosen && chosen->association.is_owner);
        out.key("accounts").begin_array();
        for (const auto& each : views::accounts_of(reading, user))
            views::write_account_summary(out, each);
        out.end_array();
        if (acting) {
            out.key("impersonated_by");
            views::write_admin_name(out, reading, acting);
        }
        out.end_object();
    });
}

}  // namespace

Asked register_user(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    auto person = body->person(Fields::PasswordField::required);
    Profile profile;
    if (auto account = body->object("account")) {
        if (account->has("notes"))
            account->refuse("notes", "unknown", "There is no such field here.");
        profile = to_profile(account->profile());
    }
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case =
            [user = person.user, profile, agent = call.user_agent()](
                Work& work, const Secrets& secrets) mutable {
                user.password_hash = secrets.hash;
                return register_visitor(work, user, profile, agent);
            },
        .answer = [](const Accepted& accepted,
                     const Answering& with) { return signed_in_answer(201, accepted, with); },
        .body = canonical,
        .new_password = person.password};
}

Asked sign_in(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    Check check{.whose = Check::Whose::user_by_email, .email = body->required_email("email")};
    check.password = body->secret("password");
    check.code = body->optional_secret("code");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case =
            [agent = call.user_agent()](Work& work, const Secrets& secrets) {
                return muster::sign_in(work, secrets.verified, agent);
            },
        .answer = [](const Accepted& accepted,
                     const Answering& with) { return signed_in_answer(201, accepted, with); },
        .body = canonical,
        .check = check};
}

Answer get_session(Call& call) {
    return session_answer(*call.reading, call.caller.user, call.caller.account, call.caller.acting);
}

Asked sign_out(Call& call) {
    const auto* session = std::get_if<SessionId>(&call.credential);
    if (session == nullptr)
        return std::unexpected(problem_of(call.caller.staff() ? wrong_role : session_required));
    return Change{.use_case =
                      [session = *session](Work& work, const Secrets&) {
                          const auto& state = work.read(session);
                          if (!state.user)
                              return Decision{state.admin ? wrong_role : session_required};
                          const Actor user{ActorKind::user, state.user.number, {}};
                          const Actor acting{ActorKind::admin, state.acting.number, state.user};
                          work.acts_as(state.acting ? acting : user);
                          return when(state, SignOut{});
                      },
                  .answer =
                      [](const Accepted&, const Answering& with) {
                          auto response = no_content();
                          response.headers.emplace_back(
                              "Set-Cookie", ended_cookie(user_cookie, with.on_loopback));
                          return response;
                      }};
}

Asked choose_account(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const AccountId account{body->required_id("account_id")};
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [account](Work& work,
                              const Secrets&) { return muster::choose_account(work, account); },
        .answer =
            [account](const Accepted& accepted, const Answering& with) {
                return session_answer(with.reading, accepted.caller.user, account,
                                      accepted.caller.acting);
            },
        .body = canonical};
}

Asked impersonate(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const UserId user{body->required_id("user_id")};
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [account = call.account(), user, agent = call.user_agent()](
                        Work& work,
                        const Secrets&) { return muster::impersonate(work, account, user, agent); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* session = find_event<ImpersonationStarted>(accepted);
                return json_answer(201, [&](JsonWriter& out) {
                    out.begin_object();
                    if (!accepted.repeated) {
                        out.key("token").text(
                            to_text(Token{TokenPurpose::session, session->session.number, 1},
                                    with.services.keys));
                    }
                    out.key("user");
                    write_user_or_null(out, with.reading, session->user);
                    out.key("account");
                    write_account_or_null(out, with.reading, session->account.key, session->user);
                    out.end_object();
                });
            },
        .body = canonical};
}

}  // namespace muster::http
