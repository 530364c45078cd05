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

struct InvitationsAsked {
    views::InvitationSelection selection{};
    views::PageRequest page;
};

InvitationsAsked invitations_in(Parameters& query) {
    const bool all = query.choice("status", {"all", "open"}) == "all";
    return {all ? views::InvitationSelection::all : views::InvitationSelection::open, query.page()};
}

Answer invitations(Call& call, const InvitationsAsked& asked) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(
        call, views::list_invitations(*call.reading, call.account(), asked.selection, asked.page),
        [&](JsonWriter& out, const views::InvitationRow& row) {
            views::write_invitation(out, row, call.now);
        });
}

struct Invitee {
    EmailAddress email;
    Permissions permissions;
};

Invitee invitee_in(Fields& body) {
    return {body.required_email("email"), body.required_permissions("permissions")};
}

Response invited_answer(const Accepted& accepted, const Answering& with) {
    const auto* invited = find_event<UserInvited>(accepted);
    if (accepted.repeated) return invitation_answer(201, invited->invitation, with);
    return json_answer(201, [&](JsonWriter& out) {
        out.begin_object().key("id").number(invited->invitation.number);
        out.key("email").text(invited->invitee.value->email);
        out.key("permissions").permissions(invited->permissions);
        out.key("sent_at").time(accepted.at).key("expires_at").time(invited->expires_at);
        out.key("status").text("pending").end_object();
    });
}

Change inviting(Call& call, const Invitee& invitee) {
    return {.use_case =
                [account = call.account(), invitee](Work& work, const Secrets&) {
                    return muster::invite_user(work, account, invitee.email, invitee.permissions);
                },
            .answer = invited_answer};
}

Change resending(Call& call) {
    const InvitationId invitation{parse_id(call.parameter("invitation"))};
    return {.use_case =
                [account = call.account(), invitation](Work& work, const Secrets&) {
                    return muster::resend_invitation(work, account, invitation);
                },
            .answer =
                [invitation](const Accepted&, const Answering& with) {
                    return invitation_answer(200, invitation, with);
                }};
}

Change cancelling(Call& call) {
    const InvitationId invitation{parse_id(call.parameter("invitation"))};
    return {.use_case =
                [account = call.account(), invitation](Work& work, const Secrets&) {
                    return muster::cancel_invitation(work, account, invitation);
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .versioned = stream_of(call.account())};
}

Answer linked_invitation(Call& call) {
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

// By registering, else by signing in, else by whom the session is of.
struct Acceptance {
    std::optional<Fields::Person> person{};
    std::optional<Check> check{};
};

Acceptance acceptance_in(Fields& body) {
    Acceptance acceptance;
    if (body.has("register")) {
        if (auto person = body.object("register"))
            acceptance.person = person->person(Fields::PasswordField::required);
    } else if (body.has("sign_in")) {
        if (auto credentials = body.object("sign_in"))
            acceptance.check = credentials_in(*credentials);
    }
    return acceptance;
}

Asked accepting(Call& call, const Acceptance& form) {
    const auto link = link_of(call);
    if (!link) return std::unexpected(problem_of(no_such_invitation));

    Change change{.answer =
                      [account = link->account](const Accepted& accepted, const Answering& with) {
                          return acceptance_answer(accepted, with, account);
                      },
                  .check = form.check};
    if (form.person) {
        change.new_password = form.person->password;
        change.use_case = [link = *link, user = form.person->user, agent = call.user_agent()](
                              Work& work, const Secrets& secrets) mutable {
            user.password_hash = secrets.hash;
            return accept_registering(work, link, user, agent);
        };
    } else if (form.check) {
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

}  // namespace

const Query list_invitations = asking<invitations, invitations_in>;
const Command invite_user = changing<inviting, invitee_in>;
const Command resend_invitation = doing<resending>;
const Command cancel_invitation = doing<cancelling>;
const Query get_invitation = asking<linked_invitation>;
const Command accept_invitation = changing<accepting, acceptance_in>;

}  // namespace muster::http
