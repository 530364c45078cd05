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

Answer own_user(Call& call) {
    return user_answer(200, call.caller.user,
                       {call.services, *call.reading, call.now, call.on_loopback()});
}

struct OwnChanges {
    UserChanges changes;
    std::optional<std::string> password;
};

OwnChanges own_changes_in(Fields& body) {
    OwnChanges form{{body.text("first_name"), body.text("last_name"), body.language("language"),
                     body.email("email")},
                    body.optional_secret("current_password")};
    if (form.changes.first_name == "")
        body.refuse("first_name", "empty", "This must not be empty.");
    if (form.changes.last_name == "") body.refuse("last_name", "empty", "This must not be empty.");
    return form;
}

Change own_update(Call& call, const OwnChanges& form) {
    return {.use_case =
                [changes = form.changes](Work& work, const Secrets& secrets) {
                    return muster::update_user(work, work.caller().user, changes, secrets.proof());
                },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    return user_answer(200, accepted.caller.user, with);
                },
            .check = own_password(call, form.password),
            .versioned = stream_of(call.caller.user)};
}

struct OwnPassword {
    std::string present, next;
};

OwnPassword own_password_in(Fields& body) {
    return {body.secret("current_password"), body.new_password("password")};
}

Change own_password_change(Call& call, const OwnPassword& form) {
    return {.use_case =
                [](Work& work, const Secrets& secrets) {
                    return muster::change_password(work, work.caller().user, secrets.hash,
                                                   secrets.proof());
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .check = own_password(call, form.present),
            .new_password = form.next,
            .versioned = stream_of(call.caller.user)};
}

Answer own_accounts(Call& call, const views::PageRequest& page) {
    return page_answer(call, views::list_accounts_of(*call.reading, call.caller.user, page),
                       views::write_account_summary);
}

Profile own_profile_in(Fields& body) { return to_profile(body.profile()); }

Change own_opening(Call&, const Profile& profile) {
    return {.use_case = [profile](Work& work,
                                  const Secrets&) { return open_own_account(work, profile); },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    const auto* opened = find_event<AccountOpened>(accepted);
                    return json_answer(201, [&](JsonWriter& out) {
                        write_account_or_null(out, with.reading, opened->account, opened->owner);
                    });
                }};
}

Change leaving(Call& call) {
    return {.use_case = [account = call.account()](
                            Work& work,
                            const Secrets&) { return muster::leave_account(work, account); },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .versioned = stream_of(call.account())};
}

Answer own_sessions(Call& call, const views::PageRequest& page) {
    return page_answer(
        call, views::list_sessions(*call.reading, call.caller.user, call.now, idle_limits, page),
        [&](JsonWriter& out, const views::SessionRow& row) {
            views::write_session(out, *call.reading, row, call.caller.session);
        });
}

Answer own_session(Call& call) {
    const auto row = views::find_session(*call.reading, call.session());
    if (!row || row->user != call.caller.user || !views::is_live(*row, call.now, idle_limits))
        return std::unexpected(problem_of(no_such_session));
    return json_answer(200, [&](JsonWriter& out) {
        views::write_session(out, *call.reading, *row, call.caller.session);
    });
}

Change own_session_ending(Call& call) {
    return {.use_case = [session = call.session()](
                            Work& work, const Secrets&) { return end_own_session(work, session); },
            .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Change other_sessions_ending(Call&) {
    return {.use_case = [](Work& work, const Secrets&) { return end_other_sessions(work); },
            .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

struct Question {
    std::string question, answer, present;
};

Question question_in(Fields& body) {
    return {body.required_text("question"), body.security_answer("answer"),
            body.secret("current_password")};
}

Change question_setting(Call& call, const Question& form) {
    return {.use_case =
                [question = form.question](Work& work, const Secrets& secrets) {
                    return set_security_question(work, work.caller().user, question, secrets.hash,
                                                 secrets.proof());
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .check = own_password(call, form.present),
            .new_password = form.answer,
            .versioned = stream_of(call.caller.user)};
}

std::string own_present_password_in(Fields& body) { return body.secret("current_password"); }

Change question_clearing(Call& call, const std::string& present) {
    return {.use_case =
                [](Work& work, const Secrets& secrets) {
                    return clear_security_question(work, work.caller().user, secrets.proof());
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .check = own_password(call, present),
            .versioned = stream_of(call.caller.user)};
}

// Only whose address is verified sees what was sent to it.
Answer own_invitations(Call& call, const views::PageRequest& page) {
    const auto user = views::find_user(*call.reading, call.caller.user);
    const auto email = user && user->email_verified ? EmailAddress::parse(user->email)
                                                    : std::optional<EmailAddress>{};
    const auto address = email ? call.services.keys.email_key(email->normalised()) : EmailKey{};
    return page_answer(call, views::list_invitations_to(*call.reading, address, call.now, page),
                       [&](JsonWriter& out, const views::InvitationRow& row) {
                           views::write_own_invitation(out, *call.reading, row);
                       });
}

}  // namespace

const Query get_me = asking<own_user>;
const Command update_me = changing<own_update, own_changes_in>;
const Command change_my_password = changing<own_password_change, own_password_in>;
const Query list_my_accounts = asking<own_accounts, page_in>;
const Command open_my_account = changing<own_opening, own_profile_in>;
const Command leave_account = doing<leaving>;
const Query list_my_sessions = asking<own_sessions, page_in>;
const Query get_my_session = asking<own_session>;
const Command end_my_session = doing<own_session_ending>;
const Command end_my_other_sessions = doing<other_sessions_ending>;
const Command set_my_security_question = changing<question_setting, question_in>;
const Command clear_my_security_question = changing<question_clearing, own_present_password_in>;
const Query list_my_invitations = asking<own_invitations, page_in>;

}  // namespace muster::http
