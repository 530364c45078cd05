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

}  // namespace

Asked request_password_reset(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto email = body->required_email("email");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto& keys = call.services.keys;
    const ResetCounts counts{
        attempts_of(keys, Attempted{.address = keys.email_key(email.normalised())}, call.ip),
        attempts_of(keys, call.ip)};
    return Change{.use_case =
                      [email, counts](Work& work, const Secrets&) {
                          return ask_for_password_reset(work, email, counts);
                      },
                  .answer = [](const Accepted&, const Answering&) { return accepted_answer(); },
                  .body = canonical,
                  .dry_run = Change::DryRun::hidden};
}

Answer get_password_reset(Call& call) {
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

Asked reset_password(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto password = body->new_password("password");
    const auto answer = body->optional_secret("security_answer");
    if (answer && answer->size() > longest_password)
        body->refuse("security_answer", "too_long", "This must have at most 256 bytes.");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
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
                  .body = canonical,
                  .new_password = password};
    if (answer && asks_question(*user)) {
        change.check = Check{.whose = Check::Whose::answer_of_user,
                             .id = token->user.number,
                             .password = canonical_answer(*answer),
                             .failed = wrong_answer};
    }
    return change;
}

Asked send_password_reset(Call& call) {
    const auto user = call.user();
    return Change{
        .use_case = [user](Work& work,
                           const Secrets&) { return muster::send_password_reset(work, user); },
        .answer = [](const Accepted&, const Answering&) { return accepted_answer(); }};
}

Asked send_my_email_verification(Call&) {
    return Change{.use_case = [](Work& work, const Secrets&) { return send_verification(work); },
                  .answer = [](const Accepted&, const Answering&) { return accepted_answer(); }};
}

Asked verify_email(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto text = body->secret("token");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto token = parse_mailed(TokenPurpose::email_verification, text, call.services.keys);
    if (!token) return std::unexpected(problem_of(no_such_link));
    return Change{.use_case =
                      [token = *token](Work& work, const Secrets&) {
                          return muster::verify_email(work, token.user, token.link);
                      },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          return user_answer(200, accepted.caller.user, with);
                      },
                  .body = canonical};
}

}  // namespace muster::http
