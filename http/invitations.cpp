// Invitations: sending, listing, and what the holder of a link does.
#include "handlers/invitations.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/associations.hpp"
#include "projections/invitations.hpp"

namespace muster::http {
namespace {

constexpr Error no_such_invitation =
    not_found("invitation.not_found", "This invitation is not valid.");

Response invitation_answer(int status, InvitationId invitation, const Answering& with) {
    const auto row = views::find_invitation(with.reading, invitation);
    if (!row) return no_content();  // Gone again before the answer.
    return json_answer(status,
                       [&](JsonWriter& out) { views::write_invitation(out, *row, with.now); });
}

// The invitation behind a link's token. The account comes from the view; whether the link still
// works is decided later.
std::optional<Link> link_of(const Call& call) {
    const auto token =
        parse_token(TokenPurpose::invitation, call.parameter("token"), call.services.keys);
    if (!token || token->sequence > UINT32_MAX) return std::nullopt;
    const auto reading = call.services.store.now();
    const auto row = views::find_invitation(reading, {token->id});
    if (!row) return std::nullopt;
    return Link{row->account, row->id, static_cast<std::uint32_t>(token->sequence)};
}

Response acceptance_answer(const Accepted& accepted, const Answering& with, AccountId account) {
    const auto* session = find_event<SessionStarted>(accepted);
    const auto user = session != nullptr ? session->user : UserId{accepted.actor.number};
    std::string token;
    if (session != nullptr && !accepted.repeated) {
        token =
            to_text(Token{TokenPurpose::session, session->session.number, 1}, with.services.keys);
    }
    auto response = json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("user");
        write_user_or_null(out, with.reading, user);
        out.key("account");
        write_account_or_null(out, with.reading, account, user);
        if (!token.empty()) out.key("token").text(token);
        out.end_object();
    });
    if (!token.empty()) {
        response.headers.emplace_back("Set-Cookie",
                                      session_cookie(user_cookie, token, with.on_loopback));
    }
    return response;
}

}  // namespace

Answer list_invitations(Call& call) {
    const auto status = call.query().choice("status", {"all", "open"}).value_or("open");
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    const auto selection =
        status == "all" ? views::InvitationSelection::all : views::InvitationSelection::open;
    return page_answer(call,
                       views::list_invitations(*call.reading, call.account(), selection, page),
                       [&](JsonWriter& out, const views::InvitationRow& row) {
                           views::write_invitation(out, row, call.now);
                       });
}

Asked invite_user(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    auto email = body->required_email("email");
    const auto permissions = body->required_permissions("permissions");
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [account = call.account(), email = std::move(email), permissions](
                          Work& work, const Secrets&) {
                          return muster::invite_user(work, account, email, permissions);
                      },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          const auto* invited = find_event<UserInvited>(accepted);
                          if (accepted.repeated)
                              return invitation_answer(201, invited->invitation, with);
                          return json_answer(201, [&](JsonWriter& out) {
                              out.begin_object().key("id").number(invited->invitation.number);
                              out.key("email").text(invited->invitee.value->email);
                              out.key("permissions").permissions(invited->permissions);
                              out.key("sent_at")
                                  .time(accepted.at)
                                  .key("expires_at")
                                  .time(invited->expires_at);
                              out.key("status").text("pending").end_object();
                          });
                      },
                  .body = std::move(canonical)};
}

Asked resend_invitation(Call& call) {
    const InvitationId invitation{parse_id(call.parameter("invitation"))};
    return Change{.use_case =
                      [account = call.account(), invitation](Work& work, const Secrets&) {
                          return muster::resend_invitation(work, account, invitation);
                      },
                  .answer =
                      [invitation](const Accepted&, const Answering& with) {
                          return invitation_answer(200, invitation, with);
                      }};
}

Asked cancel_invitation(Call& call) {
    const InvitationId invitation{parse_id(call.parameter("invitation"))};
    return Change{.use_case =
                      [account = call.account(), invitation](Work& work, const Secrets&) {
                          return muster::cancel_invitation(work, account, invitation);
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .versioned = stream_of(call.account())};
}

Answer get_invitation(Call& call) {
    const auto link = link_of(call);
    if (!link) return std::unexpected(problem_of(no_such_invitation));
    const auto row = views::find_invitation(*call.reading, link->invitation);
    const auto account = views::find_account(*call.reading, link->account);
    if (!row || !account || row->link != link->number ||
        views::status_at(*row, call.now) != views::InvitationStatus::pending) {
        return std::unexpected(problem_of(no_such_invitation));
    }
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("account_name").text(views::shown_name(*call.reading, *account));
        out.key("sender_name").text(views::sender_name(*call.reading, *row));
        out.key("permissions").permissions(row->permissions);
        out.key("expires_at").time(row->expires_at).end_object();
    });
}

Asked accept_invitation(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    std::optional<Fields::Person> person;
    std::optional<Check> check;
    if (auto fields = body->object("register"))
        person = fields->person(Fields::PasswordField::required);
    if (auto fields = body->object("sign_in")) {
        check =
            Check{.whose = Check::Whose::user_by_email, .email = fields->required_email("email")};
        check->password = fields->secret("password");
        check->code = fields->optional_secret("code");
    }
    if (person && check) body->refuse("sign_in", "choice", "Either register or sign in.");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto link = link_of(call);
    if (!link) return std::unexpected(problem_of(no_such_invitation));

    Change change{.answer =
                      [account = link->account](const Accepted& accepted, const Answering& with) {
                          return acceptance_answer(accepted, with, account);
                      },
                  .body = canonical,
                  .check = check};
    if (person) {
        change.new_password = person->password;
        change.use_case = [link = *link, user = person->user, agent = call.user_agent()](
                              Work& work, const Secrets& secrets) mutable {
            user.password_hash = secrets.hash;
            return accept_registering(work, link, user, agent);
        };
    } else if (check) {
        change.use_case = [link = *link, agent = call.user_agent()](Work& work,
                                                                    const Secrets& secrets) {
            return accept_signing_in(work, link, secrets.verified, agent);
        };
    } else {
        change.use_case = [link = *link](Work& work, const Secrets&) {
            if (work.caller().staff()) return Decision{wrong_role};
            if (work.caller().kind != Caller::Kind::user) return Decision{session_required};
            return accept_signed_in(work, link);
        };
    }
    return change;
}

}  // namespace muster::http
