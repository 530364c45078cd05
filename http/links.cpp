// One-time links that are mailed to a user: for a new password, and to verify an address.
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/users.hpp"

namespace muster::http {
namespace {

Response accepted_answer() { return {202, {}, {}, {}, false}; }

struct MailedToken {
    UserId user;
    std::uint32_t link{};
};

std::optional<MailedToken> parse_mailed(TokenPurpose purpose, std::string_view text,
                                        const Keys& keys) {
    const auto token = parse_token(purpose, text, keys);
    if (!token || token->sequence > UINT32_MAX) return std::nullopt;
    return MailedToken{{token->id}, static_cast<std::uint32_t>(token->sequence)};
}

// The user behind a link for a new password, while the link works as far as the views know.
std::optional<views::UserRow> holder_of(const std::optional<MailedToken>& token,
                                        const views::Reading& reading, Time now) {
    if (!token) return std::nullopt;
    auto row = views::find_user(reading, token->user);
    if (!row || !row->reset || row->reset->number != token->link || row->reset->expires_at <= now)
        return std::nullopt;
    return row;
}

// The holder who asked for the link answers the question; staff who sent it has vouched.
bool asks_question(const views::UserRow& user) {
    return user.question && user.answer != 0 && user.reset->by == Requester::holder;
}

EmailAddress address_in(Fields& body) { return body.required_email("email"); }

Change reset_request(Call& call, const EmailAddress& email) {
    const auto& keys = call.services.keys;
    const ResetCounts counts{
        attempts_of(keys, Attempted{.address = keys.email_key(email.normalised())}, call.ip),
        attempts_of(keys, call.ip)};
    return {.use_case = [email, counts](
                            Work& work,
                            const Secrets&) { return ask_for_password_reset(work, email, counts); },
            .answer = [](const Accepted&, const Answering&) { return accepted_answer(); },
            .dry_run = Change::DryRun::hidden};
}

Answer present_reset(Call& call) {
    const auto token =
        parse_mailed(TokenPurpose::password_reset, call.parameter("token"), call.services.keys);
    const auto user = holder_of(token, *call.reading, call.now);
    if (!user) return std::unexpected(problem_of(no_such_link));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object();
        if (asks_question(*user)) out.key("security_question").text(*user->question);
        out.end_object();
    });
}

struct Reset {
    std::string password;
    std::optional<std::string> answer;
};

Reset reset_in(Fields& body) {
    return {body.new_password("password"), body.optional_security_answer("security_answer")};
}

Asked resetting(Call& call, const Reset& form) {
    const auto token =
        parse_mailed(TokenPurpose::password_reset, call.parameter("token"), call.services.keys);
    const auto user = holder_of(token, call.services.store.now(), call.now);
    if (!user) return std::unexpected(problem_of(no_such_link));  // Before a hash is made.
    Change change{.use_case =
                      [token = *token](Work& work, const Secrets& secrets) {
                          const ResetPassword command{token.link, secrets.verified.password,
                                                      work.now()};
                          return muster::reset_password(work, token.user, command, secrets.hash);
                      },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); },
                  .new_password = form.password};
    if (form.answer && asks_question(*user)) {
        change.check = Check{.whose = Check::Whose::answer_of_user,
                             .id = token->user.number,
                             .password = *form.answer,
                             .failed = wrong_answer};
    }
    return change;
}

Change reset_sending(Call& call) {
    const auto user = call.user();
    return {.use_case = [user](Work& work,
                               const Secrets&) { return muster::send_password_reset(work, user); },
            .answer = [](const Accepted&, const Answering&) { return accepted_answer(); }};
}

Change verification_sending(Call&) {
    return {.use_case = [](Work& work, const Secrets&) { return send_verification(work); },
            .answer = [](const Accepted&, const Answering&) { return accepted_answer(); }};
}

std::string verification_token_in(Fields& body) { return body.secret("token"); }

Asked verifying(Call& call, const std::string& text) {
    const auto token = parse_mailed(TokenPurpose::email_verification, text, call.services.keys);
    if (!token) return std::unexpected(problem_of(no_such_link));
    return Change{.use_case =
                      [token = *token](Work& work, const Secrets&) {
                          return muster::verify_email(work, token.user, token.link);
                      },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          return user_answer(200, accepted.caller.user, with);
                      }};
}

}  // namespace

const Command request_password_reset = changing<reset_request, address_in>;
const Query get_password_reset = asking<present_reset>;
const Command reset_password = changing<resetting, reset_in>;
const Command send_password_reset = doing<reset_sending>;
const Command send_my_email_verification = doing<verification_sending>;
const Command verify_email = changing<verifying, verification_token_in>;

}  // namespace muster::http
