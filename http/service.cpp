#include "http/service.hpp"

#include <algorithm>
#include <utility>

#include "aggregates/ticket.hpp"
#include "events/ip_address.hpp"
#include "events/text.hpp"
#include "http/answers.hpp"
#include "http/credential.hpp"
#include "projections/tickets.hpp"

namespace muster::http {
namespace {

constexpr Error no_such_route = not_found("route.not_found", "There is nothing at this path.");

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

Area area_of(const Route& route) {
    const bool for_staff = route.rule.staff != AccessRule::Staff::nobody &&
                           route.rule.users == AccessRule::Users::nobody;
    return for_staff || route.path.starts_with("/v1/admin") ? Area::admin : Area::client;
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

constexpr std::string_view metrics_path = "/metrics";

std::vector<std::string_view> operations() {
    std::vector<std::string_view> names;
    for (const auto& route : routes())
        names.push_back(route.operation);
    return names;
}

std::string origin_of(std::string_view public_url) {
    const auto scheme = public_url.find("://");
    const auto rest = scheme == public_url.npos ? public_url : public_url.substr(scheme + 3);
    return std::string{rest} + "/v1/log";
}

}  // namespace

Service::Service(Log& log, const Keys& keys, views::ViewStore& store, ServiceOptions options,
                 Committer::Failure failure)
    : log_(log),
      keys_(keys),
      store_(store),
      options_(std::move(options)),
      keyring_(log, keys),
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
                          .check_value = keys_.check_value(),
                          .purge = [this](Position position, const std::stop_token& stop) {
                              return purge(position, stop);
                          }});
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

}  // namespace muster::http
