// A command's way through the service: what it needs to be verified and hashed, to the committing
// thread, to its answer.
#include <algorithm>
#include <iterator>
#include <utility>

#include "events/text.hpp"
#include "handlers/legacy_hash.hpp"
#include "handlers/users.hpp"
#include "http/answers.hpp"
#include "http/credential.hpp"
#include "http/service.hpp"

namespace muster::http {
namespace {

constexpr std::size_t longest_idempotency_key = 255;

bool is_json(std::string_view content_type) {
    const auto semicolon = content_type.find(';');
    if (!same_name(trimmed(content_type.substr(0, semicolon)), "application/json")) return false;
    if (semicolon == std::string_view::npos) return true;
    const auto parameter = trimmed(content_type.substr(semicolon + 1));
    return same_name(parameter, "charset=utf-8") || same_name(parameter, "charset=\"utf-8\"");
}

std::optional<Problem> refuse_media(const Request& request) {
    const auto coding = request.headers.find("content-encoding");
    if (coding)
        return Problem{415, "request.unsupported_media_type", "Bodies are taken without a coding."};
    if (request.body.empty()) return std::nullopt;
    const auto type = request.headers.find("content-type");
    if (type && is_json(*type)) return std::nullopt;
    return Problem{415, "request.unsupported_media_type",
                   "A body must be application/json in UTF-8."};
}

// The versions that If-Match names; absent where it is not sent or takes any.
std::expected<std::optional<std::vector<std::uint64_t>>, Problem> wanted_versions(
    const Request& request) {
    const auto header = request.headers.find("if-match");
    if (!header || *header == "*") return std::nullopt;
    std::vector<std::uint64_t> versions;
    auto rest = *header;
    while (!rest.empty()) {
        const auto end = rest.find(',');
        const auto tag = trimmed(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (tag.starts_with("W/"))
            continue;  // Weak tags never match here (RFC 9110, section 13.1.1).
        if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) {
            return std::unexpected(malformed("If-Match holds no entity tag."));
        }
        const auto whole = tag.substr(1, tag.size() - 2);
        const auto text = whole.substr(0, whole.find('-'));  // Behind it: which answer it was.
        const auto version = parse_id(text);
        if (version != 0 || text == "0") versions.push_back(version);  // Else it is none of ours.
    }
    return versions;
}

void write_caller(std::string& out, const Credential& credential) {
    if (const auto* session = std::get_if<SessionId>(&credential))
        out += "session " + std::to_string(session->number);
    if (const auto* key = std::get_if<ApiKeyId>(&credential))
        out += "key " + std::to_string(key->number);
    out.push_back('\0');
}

// An Idempotency-Key names a command of this caller at this route.
std::expected<std::optional<CommandKey>, Problem> command_key(const Call& call, const Route& route,
                                                              const std::string& body,
                                                              const Keys& keys) {
    const auto header = call.request.headers.find("idempotency-key");
    if (!header || route.method != Method::post) return std::nullopt;
    if (header->empty() || header->size() > longest_idempotency_key) {
        return std::unexpected(malformed("An Idempotency-Key has 1 to 255 bytes."));
    }
    std::string name;
    write_caller(name, call.credential);
    name.append(route.operation).append(1, '\0');
    for (const auto& [parameter, value] : call.path)  // However the path was spelled.
        name.append(value).append(1, '\0');
    name.append(*header);
    CommandKey key;
    std::ranges::copy_n(keys.request_mac(name).begin(), key.id.size(), key.id.begin());
    std::ranges::copy_n(keys.request_mac(body).begin(), key.digest.size(), key.digest.begin());
    return key;
}

Problem fault_problem(const Fault& fault) { return {500, "server.fault", fault.message}; }

Response dry_run_answer(const Accepted& accepted, Change::DryRun dry_run) {
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("events").begin_array();
        for (const auto& event : accepted.events) {
            if (dry_run != Change::DryRun::shown) continue;
            std::string planned;
            JsonWriter hiding{planned, JsonWriter::Digests::hidden};
            write_planned(hiding, event);
            out.raw(planned);
        }
        out.end_array().end_object();
    });
}

// With the sign-in that proved it right. Rule M8.
void replace_hash(Work& work, const Secrets& secrets, Events& events) {
    if (secrets.renewed.empty()) return;
    const auto signs_in = [](const Event& event) {
        return std::holds_alternative<SessionStarted>(event);
    };
    if (std::ranges::none_of(events, signs_in)) return;
    const auto& who = secrets.verified;
    replace_legacy_hash(work, UserId{who.id}, who.password, secrets.renewed, events);
}

}  // namespace

// A command with everything that it still needs.
struct Service::Pending {
    Call call;
    const Route& route;
    Responder responder;
    Change change;
    Secrets secrets{};
    std::string legacy_password{};  // One that an imported hash is to verify.
    Mode mode{};
    std::optional<CommandKey> command{};
    std::optional<Expected> expected{};
    // Where something is verified: whom it is about, and where what fails is counted.
    Attempted target{};
    std::optional<AttemptsKey> attempts{};

    // A code that is none of the holder's; one that was used already is no guess.
    bool guessed_code() const {
        const auto& code = secrets.verified.code;
        return code.given == GivenCode::Given::yes && code.step == 0 && code.recovery_code == 0;
    }
};

// --- Commands

void Service::start_command(Call&& call, const Route& route, Responder responder) {
    const auto trace = call.trace;
    const auto refuse = [&](const Problem& problem) { responder(to_response(problem, trace)); };
    if (const auto problem = refuse_media(call.request)) return refuse(*problem);
    const auto dry_run = call.query().boolean("dry_run");
    const auto versions = wanted_versions(call.request);
    if (!versions) return refuse(versions.error());

    // Who asks is found again when the command is decided; this look spares work for those who may
    // not.
    const auto reading = store_.now();
    auto caller = caller_of(call.credential, reading, call.now, call.ip);
    const bool open_to_all = route.rule.anonymous == AccessRule::Anonymous::yes;
    if (!caller && (!open_to_all || caller.error().code == wrong_address.code))
        return refuse(problem_of(caller.error()));
    if (caller) {
        call.caller = caller->caller;
        if (caller->use_is_due) record_use(call);
    }
    if (!route.rule.about_an_account()) {
        if (const auto error = muster::refuse(route.rule, call.caller, {}, Switch::on))
            return refuse(problem_of(*error));
    }

    auto change = std::get<Command>(route.function).ask(call);
    if (!change) return refuse(change.error());
    const auto key = command_key(call, route, change->body, keys_);
    if (!key) return refuse(key.error());

    auto pending =
        std::make_shared<Pending>(std::move(call), route, std::move(responder), std::move(*change));
    pending->mode = dry_run.value_or(false) ? Mode::dry_run : Mode::commit;
    pending->command = *key;
    if (*versions && pending->change.versioned)
        pending->expected = Expected{*pending->change.versioned, **versions};
    // What has no version matches none.
    if (*versions && !pending->change.versioned && route.method != Method::post)
        return this->refuse(*pending, problem_of(stale));
    if (const auto problem = claim(*pending)) return this->refuse(*pending, *problem);
    check_password(std::move(pending));
}

std::optional<Problem> Service::claim(Pending& pending) {
    if (!pending.command) return std::nullopt;
    const std::lock_guard lock{mutex_};
    if (running_.insert(pending.command->id).second) return std::nullopt;
    pending.command.reset();  // It is the other one's.
    return Problem{409, "idempotency.running",
                   "The first request with this Idempotency-Key is still running."};
}

void Service::release(Pending& pending) {
    if (!pending.command) return;
    const std::lock_guard lock{mutex_};
    running_.erase(pending.command->id);
}

// The password, or what else is verified, and whose it is.
std::expected<std::optional<Holder>, Fault> Service::find_holder(const Check& check) const {
    using enum Check::Whose;
    if (check.whose == user_by_email) return find_user(log_, keys_, *check.email);
    if (check.whose == admin_by_email) return find_admin(log_, keys_, *check.email);
    if (check.code_only()) return Holder{check.id, {}};
    const auto kind = check.whose == user_by_id    ? SecretKind::user_password
                      : check.whose == admin_by_id ? SecretKind::admin_password
                                                   : SecretKind::user_security_answer;
    auto password = find_password(log_, keys_, kind, check.id);
    if (!password) return std::unexpected(password.error());
    return password->transform([&](Password& found) { return Holder{check.id, std::move(found)}; });
}

void Service::check_password(std::shared_ptr<Pending> pending) {
    auto& check = pending->change.check;
    if (!check) return hash_password(std::move(pending));
    auto holder = find_holder(*check);
    if (!holder) return refuse(*pending, fault_problem(holder.error()));
    auto& target = pending->target;
    if (const auto id = *holder ? (*holder)->id : check->id; id != 0) {
        (check->of_admin() ? target.admin.number : target.user.number) = id;
    } else {
        target.address = keys_.email_key(check->email->normalised());
    }
    pending->attempts = attempts_of(keys_, target, pending->call.ip);
    if (options_.committer.limits == RateLimits::on) {
        const auto refused = refused_now(log_, *pending->attempts, pending->call.now);
        if (!refused) return refuse(*pending, fault_problem(refused.error()));
        if (*refused) return refuse(*pending, problem_of(**refused));
    }
    std::optional<std::string> hash;
    if (*holder) {
        pending->secrets.verified = {(*holder)->id, (*holder)->password.number, {}};
        hash = std::move((*holder)->password.hash);
    }
    if (check->code_only()) return check_code(std::move(pending));
    const bool signs_in = check->whose == Check::Whose::user_by_email;
    if (signs_in && hash && lets_in(kind_of_hash(*hash)))
        pending->legacy_password = check->password;
    const bool taken =
        passwords_.verify(std::move(check->password), std::move(hash), [this, pending](bool right) {
            if (right) return renew_hash(pending);
            const auto kind = pending->change.check->whose == Check::Whose::answer_of_user
                                  ? AttemptKind::answer
                                  : AttemptKind::password;
            refuse_attempt(pending, problem_of(pending->change.check->failed), kind);
        });
    if (!taken) refuse(*pending, problem_of(busy));
}

// Where the pool has no room, another sign-in will do. Rule M8.
void Service::renew_hash(std::shared_ptr<Pending> pending) {
    if (pending->legacy_password.empty()) return check_code(std::move(pending));
    const bool taken = passwords_.hash(std::exchange(pending->legacy_password, {}),
                                       [this, pending](std::string hash) {
                                           pending->secrets.renewed = std::move(hash);
                                           check_code(pending);
                                       });
    if (!taken) check_code(std::move(pending));
}

// Whether the code is right is found out here; whether it is needed, and still counts, is decided
// with the command.
void Service::check_code(std::shared_ptr<Pending> pending) {
    const auto& check = *pending->change.check;
    if (!check.code) return hash_password(std::move(pending));
    const auto place =
        check.of_admin() ? factor_place(pending->target.admin) : factor_place(pending->target.user);
    const auto code = judge_code(log_, keys_, place, *check.code, pending->call.now);
    if (!code) return refuse(*pending, fault_problem(code.error()));
    pending->secrets.verified.code = *code;
    hash_password(std::move(pending));
}

// Counts it before it is answered, so that no restart forgets it.
void Service::refuse_attempt(std::shared_ptr<Pending> pending, const Problem& problem,
                             AttemptKind kind) {
    muster::Request request;
    request.credential = AsSystem{};
    request.ip = pending->call.ip;
    request.trace = pending->call.trace;
    request.use_case = [pending, kind](Work& work) {
        return count_failure(work, *pending->attempts, pending->target, kind);
    };
    request.done = [this, pending, problem](Result counted) {
        refuse(*pending, counted ? problem : problem_of(counted.error()));
    };
    committer_.submit(std::move(request));
}

void Service::hash_password(std::shared_ptr<Pending> pending) {
    auto& password = pending->change.new_password;
    if (!password) return submit(std::move(pending));
    const bool taken = passwords_.hash(std::move(*password), [this, pending](std::string hash) {
        pending->secrets.hash = std::move(hash);
        submit(pending);
    });
    if (!taken) refuse(*pending, problem_of(busy));
}

void Service::submit(std::shared_ptr<Pending> pending) {
    auto& call = pending->call;
    muster::Request request;
    request.credential = call.credential;
    request.ip = call.ip;
    request.trace = call.trace;
    request.rule = pending->route.rule;
    if (call.has_account()) request.account = call.account();
    if (call.has_ticket()) request.ticket = call.ticket();
    request.command = pending->command;
    request.expected = pending->expected;
    request.mode = pending->mode;
    request.use_case = [pending](Work& work) {
        const auto use_case = [&](Work& within) {
            auto decision = pending->change.use_case(within, pending->secrets);
            if (decision) replace_hash(within, pending->secrets, *decision);
            return decision;
        };
        return pending->attempts ? decide_attempt(work, *pending->attempts, use_case)
                                 : use_case(work);
    };
    request.done = [this, pending](Result result) {
        const bool guessed = !result && pending->attempts && pending->guessed_code() &&
                             (result.error().code == invalid_credentials.code ||
                              result.error().code == wrong_code.code);
        if (guessed) return refuse_attempt(pending, problem_of(result.error()), AttemptKind::code);
        if (result && pending->change.retires && !result->repeated)
            return retire(pending, std::move(*result));
        answer(*pending, std::move(result));
    };
    committer_.submit(std::move(request));
}

// What was asked for is durable; what System did then is answered with it.
void Service::retire(std::shared_ptr<Pending> pending, Accepted accepted) {
    const auto* started = find_event<RetentionRunStarted>(accepted);
    if (started == nullptr) return answer(*pending, std::move(accepted));  // Nothing is set.
    const Retention retention{started->prune_after_months, started->delete_users,
                              started->deactivate_after_months};
    const auto start = accepted.position;
    const auto done = [this, pending, accepted = std::move(accepted)](
                          std::expected<RetentionReport, Error> report) mutable {
        if (!report) return answer(*pending, std::unexpected(report.error()));
        std::ranges::move(report->events, std::back_inserter(accepted.events));
        accepted.events.emplace_back(RetentionRunEnded{{},
                                                       accepted.position.number,
                                                       report->accounts_deleted,
                                                       report->users_deleted,
                                                       report->accounts_deactivated});
        accepted.position = std::max(accepted.position, report->last);
        answer(*pending, std::move(accepted));
    };
    retirer_.ask({pending->mode, retention, start, pending->call.trace, done});
}

void Service::answer(Pending& pending, Result result) {
    if (!result) {
        auto problem = problem_of(result.error());
        if (result.error().other_account) {
            add_other_account(problem, result.error(), store_.now(), pending.call.caller.user);
        }
        return refuse(pending, problem);
    }
    release(pending);
    if (pending.mode == Mode::dry_run)
        return pending.responder(dry_run_answer(*result, pending.change.dry_run));
    const Answering with{services_, store_.now(), pending.call.now, pending.call.on_loopback()};
    auto response = pending.change.answer(*result, with);
    response.headers.emplace_back("Muster-Position", std::to_string(result->position.number));
    response.headers.emplace_back("Cache-Control", "no-store");
    pending.responder(std::move(response));
}

void Service::refuse(Pending& pending, const Problem& problem) {
    release(pending);
    pending.responder(to_response(problem, pending.call.trace));
}

}  // namespace muster::http
