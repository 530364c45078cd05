#include "http/service.hpp"

#include <algorithm>
#include <utility>

#include "aggregates/ticket.hpp"
#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "events/tree.hpp"
#include "handlers/legacy_hash.hpp"
#include "handlers/users.hpp"
#include "http/answers.hpp"
#include "http/credential.hpp"
#include "projections/invitations.hpp"
#include "projections/settings.hpp"
#include "projections/tickets.hpp"

namespace muster::http {
namespace {

constexpr Error no_such_route = not_found("route.not_found", "There is nothing at this path.");
constexpr std::size_t longest_user_agent = 256;
constexpr std::size_t longest_idempotency_key = 255;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// The trace id of a traceparent header (W3C Trace Context): 00-<32 hex digits>-<16>-<2>; else a new
// one.
TraceId trace_of(const Request& request) {
    const auto header = request.headers.find("traceparent");
    TraceId trace{};
    bool well_formed = header && header->size() >= 55 && (*header)[2] == '-' &&
                       (*header)[35] == '-' && !header->starts_with("ff");
    for (std::size_t n = 0; well_formed && n < trace.size(); ++n) {
        const auto high = hex_digit((*header)[3 + 2 * n]);
        const auto low = hex_digit((*header)[4 + 2 * n]);
        well_formed = high >= 0 && low >= 0;
        trace[n] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return well_formed && trace != TraceId{} ? trace : random_bytes<TraceId>();
}

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

Area area_of(const Route& route) {
    const bool for_staff = route.rule.staff != AccessRule::Staff::nobody &&
                           route.rule.users == AccessRule::Users::nobody;
    return for_staff || route.path.starts_with("/v1/admin") ? Area::admin : Area::client;
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

bool none_match(const Request& request, const Response& response) {
    const auto header = request.headers.find("if-none-match");
    if (!header) return false;
    const auto tag =
        std::ranges::find(response.headers, "ETag", &std::pair<std::string, std::string>::first);
    if (tag == response.headers.end()) return false;
    return *header == "*" || header->contains(tag->second);
}

std::expected<Position, Problem> least_position(const Call& call) {
    const auto header = call.request.headers.find("muster-min-position");
    if (!header || *header == "0") return Position{};
    const auto number = parse_id(*header);
    if (number == 0) return std::unexpected(malformed("Muster-Min-Position must be a position."));
    return Position{number};
}

// The account that a rule is about: the path's, or that of its ticket.
std::optional<AccountId> account_in_question(const Call& call) {
    if (!call.has_ticket()) return call.account();
    const auto ticket = views::find_ticket(*call.reading, call.ticket());
    return ticket ? ticket->account : std::nullopt;
}

Problem view_behind() {
    return {503, "view.behind",         "The views have not come to this position yet.", {},
            {},  {{"Retry-After", "1"}}};
}

// A position that was given out before the folder was restored, and is lost.
Problem log_ends_earlier(Position head) {
    auto problem = view_behind();
    problem.detail = "The log ends at position " + std::to_string(head.number) +
                     ": it was restored from a backup, and what came later is lost.";
    return problem;
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

constexpr std::string_view metrics_path = "/metrics";

std::vector<std::string_view> operations() {
    std::vector<std::string_view> names;
    for (const auto& route : routes())
        names.push_back(route.operation);
    return names;
}

Problem fault_problem(const Fault& fault) { return {500, "server.fault", fault.message}; }

Response dry_run_answer(const Accepted& accepted, Change::DryRun dry_run) {
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("events").begin_array();
        for (const auto& event : accepted.events) {
            if (dry_run == Change::DryRun::shown) write_planned(out, event);
        }
        out.end_array().end_object();
    });
}

std::string origin_of(std::string_view public_url) {
    const auto scheme = public_url.find("://");
    const auto rest = scheme == public_url.npos ? public_url : public_url.substr(scheme + 3);
    return std::string{rest} + "/v1/log";
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

Time system_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

std::string_view Call::parameter(std::string_view name) const {
    const auto found = std::ranges::find(path, name, &PathParameter::name);
    return found == path.end() ? std::string_view{} : std::string_view{found->value};
}

std::string Call::user_agent() const {
    auto text =
        std::string(request.headers.find("user-agent").value_or("").substr(0, longest_user_agent));
    while (!is_utf8(text))
        text.pop_back();  // A cut character, or no UTF-8 at all.
    return text;
}

bool Call::on_loopback() const {
    auto host = request.headers.find("host").value_or("");
    if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
    if (host == "[::1]" || same_name(host, "localhost")) return true;
    const auto address = parse_ip(host);
    return address.size() == 4 && address[0] == 127;
}

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

Service::Service(Log& log, const Keys& keys, views::ViewStore& store, ServiceOptions options,
                 Committer::Failure failure)
    : log_(log),
      keys_(keys),
      store_(store),
      options_(std::move(options)),
      keyring_(log, keys, options_.keys_remembered),
      opening_(log.head()),
      metrics_(operations()),
      services_{
          log,
          keyring_,
          keys,
          store,
          runner_,
          [clock = options_.clock, offset = options_.clock_offset] { return clock() + offset; },
          options_.public_url,
          options_.log_origin.empty() ? origin_of(options_.public_url) : options_.log_origin,
          options_.clock_offset,
          options_.mail.has_value(),
          metrics_,
          LazyDescription{options_.public_url},
          options_.epoch},
      committer_(
          log, keyring_, keys, services_.clock,
          [this](std::vector<Committer::Completion> completions, Position head) {
              finish(std::move(completions), head);
          },
          failure, options_.committer),
      feed_(log, keyring_, [this](const Feed::Follower& each) { return may_follow(each); }),
      passwords_(options_.passwords),
      retirer_(log, committer_, services_.clock,
               [this](const Retention& retention, Time now, const std::string& after) {
                   return find_unused(retention, now, after);
               }),
      runner_(log, keyring_, store) {
    metrics_.add([this] { return measure(); });
    if (options_.forgetting) {
        forgetter_ = std::make_unique<Forgetter>(
            log_, committer_,
            [this](const EmailKey& address, Time until, Position position) {
                return find_sent(address, until, position);
            },
            ForgetOptions{.ledger = options_.forgetting->ledger,
                          .purge = [this](Position position) { return purge(position); }});
        forgets_ = forgetter_.get();
    }
    if (!options_.mail) return;
    mailer_ = std::make_unique<Mailer>(log_, keyring_, keys_, committer_, services_.clock,
                                       std::move(failure), *options_.mail);
    wakes_ = mailer_.get();
}

Service::~Service() { stop(); }

void Service::stop() {
    exports_.stop();
    feed_.stop();
    retirer_.stop();
    if (mailer_) mailer_->stop();
    if (forgetter_) forgetter_->stop();
    passwords_.stop();
    committer_.stop();
}

Response Service::edge_refusal(int status, std::string_view code, std::string_view detail) {
    Problem problem{status, code, std::string(detail)};
    if (status == 503) problem.headers.emplace_back("Retry-After", "1");
    return to_response(problem, random_bytes<TraceId>());
}

std::string Service::setup_link() const {
    if (log_.version(stream_of(AdminId{})).value_or(1) != 0) return {};
    return options_.public_url + "/setup#" + to_text(Token{TokenPurpose::setup, 0, 0}, keys_);
}

void Service::handle(Request&& request, Responder responder) {
    const auto trace = trace_of(request);
    responder.observe(metrics_, routes().size());
    const auto refuse = [&](const Problem& problem) { responder(to_response(problem, trace)); };
    auto target = parse_target(request.target);
    if (!target) return refuse(problem_of(no_such_route));
    auto match = find_route(request.method, target->segments);
    if (match.route == nullptr) {
        if (match.allowed.empty()) return refuse(problem_of(no_such_route));
        return refuse({405,
                       "route.method_not_allowed",
                       "This path does not take this method.",
                       {},
                       {},
                       {{"Allow", match.allowed}}});
    }
    if (options_.metrics_apart && match.route->path == metrics_path)
        return refuse(problem_of(no_such_route));
    responder.observe(metrics_, static_cast<std::size_t>(match.route - routes().data()));
    auto ip = client_address(request, options_.trusted_proxies);
    const auto is_live = [&](const Credential& each) {
        return caller_of(each, store_.now(), services_.clock(), ip).has_value();
    };
    auto credential =
        credential_of(request, area_of(*match.route), keys_, options_.public_url, is_live);
    if (!credential) return refuse(credential.error());
    Call call{services_,
              std::move(request),
              std::move(*target),
              std::move(match.parameters),
              trace,
              std::move(ip),
              services_.clock(),
              *credential,
              {},
              {}};
    const auto least = least_position(call);
    if (!least) return refuse(least.error());
    const auto needed = std::max(*least, opening_);
    if (runner_.visible() >= needed)
        return start(std::move(call), *match.route, std::move(responder));
    wait_for_views(needed, std::move(call), *match.route, std::move(responder));
}

void Service::handle_metrics(Request&& request, Responder responder) {
    const auto target = parse_target(request.target);
    const bool is_it = target && request.method == Method::get &&
                       target->segments == std::vector<std::string>{"metrics"};
    responder(is_it ? metrics_answer(metrics_)
                    : to_response(problem_of(no_such_route), trace_of(request)));
}

void Service::start(Call&& call, const Route& route, Responder responder) {
    if (route.is_command()) return start_command(std::move(call), route, std::move(responder));
    answer_now(call, route, responder);
}

// Until the views have come to a position: the one that the request names, and after a start the
// one that was reached before, so that what was acknowledged is seen again.
void Service::wait_for_views(Position least, Call&& call, const Route& route, Responder responder) {
    if (!route.path.starts_with("/v1/"))
        return start(std::move(call), route, std::move(responder));  // Of the machine.
    if (const auto head = log_.head(); options_.epoch > 1 && least > head)
        return responder(to_response(log_ends_earlier(head), call.trace));
    struct Waiting {
        Call call;
        Responder responder;
    };
    auto waiting = std::make_shared<Waiting>(std::move(call), std::move(responder));
    std::vector<views::Runner::Waiter> waiters;
    waiters.push_back({least, views::Runner::Clock::now() + options_.longest_wait,
                       [this, waiting, &route](bool visible) {
                           if (visible)
                               return start(std::move(waiting->call), route,
                                            std::move(waiting->responder));
                           waiting->responder(to_response(view_behind(), waiting->call.trace));
                       }});
    runner_.when_visible(std::move(waiters));
}

// --- Queries

void Service::answer_now(Call& call, const Route& route, Responder& responder) {
    const auto refuse = [&](const Problem& problem) {
        responder(to_response(problem, call.trace));
    };
    call.reading = store_.now();
    auto caller = caller_of(call.credential, *call.reading, call.now, call.ip);
    const bool open_to_all = route.rule.anonymous == AccessRule::Anonymous::yes;
    if (!caller && !open_to_all) return refuse(problem_of(caller.error()));
    if (caller) {
        call.caller = caller->caller;
        if (caller->use_is_due) record_use(call);
    }
    Membership membership;
    if (route.rule.about_an_account() && call.caller.kind == Caller::Kind::user) {
        if (const auto account = account_in_question(call))
            membership = membership_of(*call.reading, call.caller.user, *account);
    }
    if (const auto error = muster::refuse(route.rule, call.caller, membership, Switch::on)) {
        auto problem = problem_of(call.has_ticket() ? told_of_ticket(*error) : *error);
        add_other_account(problem, *error, *call.reading, call.caller.user);
        return refuse(problem);
    }
    auto answer = std::get<Query>(route.function).answer(call);
    if (const auto& fault = call.reading->fault()) {
        if (fault->kind == Fault::Kind::unavailable) return refuse(view_behind());
        return refuse({500, "server.fault", "A view could not be read: " + fault->message});
    }
    if (!answer) return refuse(answer.error());
    if (answer->status == 200 && none_match(call.request, *answer)) {
        answer->status = 304;
        answer->body.clear();
        answer->content_type.clear();
    }
    answer->headers.emplace_back("Cache-Control", "private, no-cache");
    if (answer->events_after) {
        Feed::Follower follower{{*answer->events_after}, call.credential, call.ip};
        if (!feed_.add(*answer, responder, std::move(follower))) refuse(problem_of(busy));
    } else if (answer->more) {
        if (!exports_.add(*answer, responder)) refuse(problem_of(busy));
    } else {
        responder(std::move(*answer));
    }
}

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

// Beside the request, which does not wait for it.
void Service::record_use(const Call& call) {
    const auto session = call.caller.session;
    {
        const std::lock_guard lock{mutex_};
        if (!recording_use_.insert(session).second) return;
    }
    muster::Request request;
    request.credential = call.credential;
    request.ip = call.ip;
    request.trace = call.trace;
    request.rule = {.anonymous = AccessRule::Anonymous::yes};
    request.use_case = [](Work& work) { return use_session(work); };
    request.done = [this, session](const Result&) {
        const std::lock_guard lock{mutex_};
        recording_use_.erase(session);
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

// By the views, once they have passed the position.
std::expected<std::vector<Forgetter::Sent>, Fault> Service::find_sent(const EmailKey& address,
                                                                      Time until,
                                                                      Position position) const {
    if (runner_.visible() < position)
        return std::unexpected(Fault{Fault::Kind::unavailable, "the views are behind"});
    const auto reading = store_.now();
    std::vector<Forgetter::Sent> sent;
    for (const auto& row : views::invitations_to(reading, address, until))
        sent.push_back({row.account, row.id});
    if (reading.fault()) return std::unexpected(*reading.fault());
    return sent;
}

// A view that is being built, or has stopped, has rows of its own: while it has not passed the
// position once is enough, and once more when it has.
std::expected<bool, Fault> Service::purge(Position position) {
    if (runner_.visible() < position)
        return std::unexpected(Fault{Fault::Kind::unavailable, "the views are behind"});
    const bool behind = std::ranges::any_of(
        store_.marks(), [&](const views::Mark& mark) { return mark.position < position.number; });
    if (behind && purged_ >= position) return false;
    if (auto done = options_.forgetting->purge_log(); !done) return std::unexpected(done.error());
    const auto all = store_.purge();
    if (!all) return std::unexpected(all.error());
    purged_ = position;
    return *all && !behind;
}

// Called for each durable batch. Its answers leave together, once the views have passed it.
void Service::finish(std::vector<Committer::Completion> completions, Position head) {
    runner_.wake(head);
    feed_.wake();
    if (auto* forgetter = forgets_.load()) {
        const bool erased = std::ranges::any_of(completions, [](const auto& each) {
            return each.result && std::ranges::any_of(each.result->events, [](const Event& event) {
                       return erased_by(event).has_value();
                   });
        });
        forgetter->moved(head, Forgetter::Erased{erased});
    }
    if (auto* mailer = wakes_.load()) mailer->wake();
    auto batch = std::make_shared<std::vector<Committer::Completion>>(std::move(completions));
    std::vector<views::Runner::Waiter> waiters;
    waiters.push_back({head, views::Runner::Clock::now() + options_.longest_wait, [batch](bool) {
                           const Batch together;
                           for (auto& each : *batch)
                               each.done(std::move(each.result));
                       }});
    runner_.when_visible(std::move(waiters));
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
