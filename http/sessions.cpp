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

struct Registration {
    Fields::Person person;
    Profile profile{};
};

Registration registration_in(Fields& body) {
    Registration registration{body.person(Fields::PasswordField::required)};
    if (auto account = body.object("account"))
        registration.profile = to_profile(account->profile());
    return registration;
}

Change registering(Call& call, const Registration& form) {
    return {.use_case =
                [user = form.person.user, profile = form.profile, agent = call.user_agent()](
                    Work& work, const Secrets& secrets) mutable {
                    user.password_hash = secrets.hash;
                    return register_visitor(work, user, profile, agent);
                },
            .answer = [](const Accepted& accepted,
                         const Answering& with) { return signed_in_answer(201, accepted, with); },
            .new_password = form.person.password};
}

Change signing_in(Call& call, const Check& check) {
    return {.use_case =
                [agent = call.user_agent()](Work& work, const Secrets& secrets) {
                    return muster::sign_in(work, secrets.verified, agent);
                },
            .answer = [](const Accepted& accepted,
                         const Answering& with) { return signed_in_answer(201, accepted, with); },
            .check = check};
}

Answer present_session(Call& call) {
    return session_answer(*call.reading, call.caller.user, call.caller.account, call.caller.acting);
}

Asked signing_out(Call& call) {
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

AccountId chosen_in(Fields& body) { return {body.required_id("account_id")}; }

Change choosing(Call&, AccountId account) {
    return {.use_case = [account](Work& work,
                                  const Secrets&) { return muster::choose_account(work, account); },
            .answer =
                [account](const Accepted& accepted, const Answering& with) {
                    return session_answer(with.reading, accepted.caller.user, account,
                                          accepted.caller.acting);
                }};
}

UserId impersonated_in(Fields& body) { return {body.required_id("user_id")}; }

Response impersonation_answer(const Accepted& accepted, const Answering& with) {
    const auto* session = find_event<ImpersonationStarted>(accepted);
    return json_answer(201, [&](JsonWriter& out) {
        out.begin_object();
        if (!accepted.repeated) {
            const Token token{TokenPurpose::session, session->session.number, 1};
            out.key("token").text(to_text(token, with.services.keys));
        }
        out.key("user");
        write_user_or_null(out, with.reading, session->user);
        out.key("account");
        write_account_or_null(out, with.reading, session->account.key, session->user);
        out.end_object();
    });
}

Change impersonating(Call& call, UserId user) {
    return {
        .use_case = [account = call.account(), user, agent = call.user_agent()](
                        Work& work,
                        const Secrets&) { return muster::impersonate(work, account, user, agent); },
        .answer = impersonation_answer};
}

}  // namespace

const Command register_user = changing<registering, registration_in>;
const Command sign_in = changing<signing_in, credentials_in>;
const Query get_session = asking<present_session>;
const Command sign_out = doing<signing_out>;
const Command choose_account = changing<choosing, chosen_in>;
const Command impersonate = changing<impersonating, impersonated_in>;

}  // namespace muster::http
