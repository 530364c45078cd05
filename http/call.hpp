// One request on its way: what was asked, by whom, and what the parts that answer it need.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/access.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "events/token.hpp"
#include "handlers/attempts.hpp"
#include "handlers/committer.hpp"
#include "handlers/passwords.hpp"
#include "handlers/sessions.hpp"
#include "http/body.hpp"
#include "http/description.hpp"
#include "http/message.hpp"
#include "http/target.hpp"
#include "projections/runner.hpp"
#include "projections/view_store.hpp"

namespace muster::http {

class Metrics;

// What every call may use; outlives them all.
struct Services {
    const Log& log;
    Keyring& keyring;
    const Keys& keys;
    const views::ViewStore& store;
    views::Runner& runner;
    std::function<Time()> clock;
    std::string public_url;  // Without a slash at its end.
    std::string log_origin;  // Whom the log's heads are of.
    std::chrono::seconds clock_offset{};
    bool sends_mail{};  // By a mail server; else an admin reads it in the outbox.
    const Metrics& metrics;
    LazyDescription description;
    std::uint64_t epoch = 1;  // Of the data folder.
};

struct PathParameter {
    std::string_view name;
    std::string value;
};

struct Call {
    const Services& services;
    Request request;
    Target target;
    std::vector<PathParameter> path;
    TraceId trace{};
    std::string ip;  // Address bytes.
    Time now;
    Credential credential;
    // For queries, and for commands that hash a password before they are decided: as the views have
    // it.
    Caller caller;
    std::optional<views::Reading> reading;

    std::string_view parameter(std::string_view name) const;
    AccountId account() const { return {parse_id(parameter("account"))}; }
    UserId user() const { return {parse_id(parameter("user"))}; }
    SessionId session() const { return {parse_id(parameter("session"))}; }
    TicketId ticket() const { return {parse_id(parameter("ticket"))}; }
    bool has_account() const { return !parameter("account").empty(); }
    bool has_ticket() const { return !parameter("ticket").empty(); }
    std::string user_agent() const;  // At most 256 bytes of it.
    bool on_loopback() const;        // Whether the client calls the server by a loopback name.
    Parameters& query() { return target.parameters; }
};

// What is verified before a command is decided: a password or the answer to a security question,
// and a code with it or alone. Whoever fails too often has to wait.
struct Check {
    enum class Whose : std::uint8_t {
        user_by_email,
        admin_by_email,
        user_by_id,
        admin_by_id,
        answer_of_user,
        code_of_user,
        code_of_admin
    };
    Whose whose{};
    std::optional<EmailAddress> email{};
    std::uint64_t id{};  // Of the user or the admin, where it is not by e-mail.
    std::string password{};
    std::optional<std::string> code{};
    Error failed = invalid_credentials;

    bool of_admin() const {
        return whose == Whose::admin_by_email || whose == Whose::admin_by_id ||
               whose == Whose::code_of_admin;
    }
    bool code_only() const { return whose == Whose::code_of_user || whose == Whose::code_of_admin; }
};

// What was verified, for the use case.
struct Secrets {
    Verified verified;
    std::string hash;     // Of the new password.
    std::string renewed;  // Of the one that was verified by an imported hash, where it was.

    // That the present password was given. Rule L12.
    Proof proof() const {
        if (verified.id == 0) return {};
        return {Proof::Kind::password, verified.password};
    }
};

// What an answer is made with, once the command is durable and visible.
struct Answering {
    const Services& services;
    views::Reading reading;
    Time now;
    bool on_loopback{};
};

// A command, ready to be decided.
struct Change {
    std::function<Decision(Work&, const Secrets&)> use_case{};
    std::function<Response(const Accepted&, const Answering&)> answer{};
    std::string body{};  // Canonical: what a repetition must repeat.
    std::optional<Check> check{};
    std::optional<std::string> new_password{};
    std::optional<StreamId> versioned{};  // Whose version If-Match is about.
    // Whether a dry run shows what would be written: not where that tells who is known here.
    enum class DryRun : std::uint8_t { shown, hidden };
    DryRun dry_run{};
    // Whether System retires unused accounts before it is answered, with what came of it.
    bool retires{};
};

}  // namespace muster::http
