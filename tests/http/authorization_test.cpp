// Who may do what: every route, asked by every kind of caller about what is theirs, what is
// another's and what is not there. The routes come from the table of routes; who may is written
// down here.

#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <vector>

#include "events/token.hpp"
#include "http/route.hpp"
#include "tests/http/house.hpp"

namespace muster::http::authorization_test {

using namespace std::chrono_literals;

// Kinds of caller. What is said of users is about one account, "the account" below.
enum class Who : std::uint8_t {
    nobody,
    garbage,      // A token that is none.
    ended,        // A user's session that was ended.
    expired,      // One that has expired.
    revoked_key,  // An API key that was revoked.
    foreign_key,  // An administrator's API key, from an address that it may not be used from.
    stranger,     // A user with no account at all.
    former,       // A user who was removed from the account.
    elsewhere,    // A user of the account who has another one chosen.
    unchosen,     // A user of the account who has none chosen.
    without,      // A user who has it chosen, without the permission that is asked for.
    permitted,    // A user who has it chosen, with that permission.
    owner,        // The owner, who has it chosen.
    administrator,
    operator_,
    auditor,
    administrator_key,
    operator_key,
    auditor_key,
};

using Set = std::set<Who>;

Set operator+(Set left, const Set& right) {
    left.insert(right.begin(), right.end());
    return left;
}

const Set nobody_known{Who::nobody,  Who::garbage,     Who::ended,
                       Who::expired, Who::revoked_key, Who::foreign_key};
const Set users{Who::stranger, Who::former,    Who::elsewhere, Who::unchosen,
                Who::without,  Who::permitted, Who::owner};
const Set owners{Who::owner};
const Set permitted{Who::permitted, Who::owner};
const Set admins{Who::administrator, Who::operator_, Who::auditor};
const Set administrators{Who::administrator, Who::administrator_key};
const Set operators = administrators + Set{Who::operator_, Who::operator_key};
const Set staff = operators + Set{Who::auditor, Who::auditor_key};
const Set everyone = nobody_known + users + staff;

const std::map<std::string_view, Set> who_may{
    {"SetUp", everyone},
    {"SignInAdmin", everyone},
    {"GetAdminSession", admins},
    {"SignOutAdmin", admins},
    {"StartAdminTwoFactor", admins},  // Each of the own one.
    {"DisableAdminTwoFactor", admins},
    {"ConfirmAdminTwoFactor", admins},
    {"ListAdmins", administrators},
    {"CreateAdmin", administrators},
    {"UpdateAdmin", administrators},
    {"DeleteAdmin", administrators},
    {"ListApiKeys", administrators},
    {"CreateApiKey", administrators},
    {"RevokeApiKey", administrators},
    {"GetSettings", staff},
    {"ChangeSettings", administrators},

    {"RegisterUser", everyone},
    {"SignIn", everyone},
    {"GetSession", users},
    {"SignOut", users + Set{Who::ended, Who::expired}},  // Twice is as good as once.
    {"ChooseAccount", users},
    {"RequestPasswordReset", everyone},
    {"GetPasswordReset", everyone},
    {"ResetPassword", everyone},
    {"VerifyEmail", users},  // Rule V3.
    {"GetMe", users},
    {"UpdateMe", users},
    {"ChangeMyPassword", users},
    {"StartMyTwoFactor", users},
    {"DisableMyTwoFactor", users},
    {"ConfirmMyTwoFactor", users},
    {"SetMySecurityQuestion", users},
    {"ClearMySecurityQuestion", users},
    {"SendMyEmailVerification", users},
    {"ListMyInvitations", users},
    {"ListMyAccounts", users},
    {"OpenMyAccount", users},
    {"LeaveAccount", users},
    {"ListMySessions", users},
    {"GetMySession", users},
    {"EndMySession", users},
    {"EndMyOtherSessions", users},

    {"ListAccounts", staff},
    {"OpenAccount", operators},
    {"GetAccount", staff + permitted},
    {"UpdateAccount", operators + permitted},
    {"DeleteAccount", administrators},
    {"CloseAccount", operators},
    {"ReopenAccount", operators},
    {"TransferOwnership", operators},  // Rule O1.
    {"ListAccountUsers", staff + owners},
    {"AssociateUser", operators},
    {"SetPermissions", operators + owners},  // Rules P2, P8.
    {"RemoveUser", operators + owners},
    {"ListInvitations", staff + owners},
    {"InviteUser", operators + owners},  // Rules I1, I2.
    {"ResendInvitation", operators + owners},
    {"CancelInvitation", operators + owners},
    {"ListAccountActivity", staff + owners},                // Rule A8.
    {"Impersonate", {Who::administrator, Who::operator_}},  // Rule L10.
    {"ListContacts", staff + permitted},
    {"AddContact", operators + permitted},
    {"GetContact", staff + permitted},
    {"ChangeContact", operators + permitted},
    {"RemoveContact", operators + permitted},
    {"ListOrders", staff + permitted},
    {"PlaceOrder", operators + permitted},
    {"ListAccountTickets", staff + permitted},
    {"OpenTicket", operators + permitted},
    {"GetAccountAccess", staff + owners},

    {"ListTickets", staff},
    {"ReceiveMail", Set{Who::administrator_key, Who::operator_key}},
    {"GetTicket", staff + permitted},  // Rule T5.
    {"DeleteTicket", administrators},
    {"ReplyToTicket", operators + permitted},
    {"CloseTicket", operators + permitted},

    {"GetInvitation", everyone},
    {"AcceptInvitation", users},  // With a body that says no more: the signed-in user accepts.

    {"ListUsers", staff},
    {"GetUser", staff},
    {"UpdateUser", operators},
    {"DeleteUser", administrators},  // Rule X1.
    {"RunRetention", administrators},
    {"ChangeUserPassword", operators},
    {"EndUserSessions", operators},
    {"SendPasswordReset", operators},     // Rule L14.
    {"DisableUserTwoFactor", operators},  // Rule L15.
    {"ClearUserSecurityQuestion", operators},
    {"SetIdentityVerification", operators},
    {"ListUserActivity", staff},
    {"GetUserAccess", staff},
    {"ExportUser", administrators},

    {"ListActivity", staff},  // Rule A8.
    {"ListEvents", staff},
    {"FollowEvents", staff},
    {"GetCheckpoint", staff},
    {"GetLogKeys", staff},
    {"RotateLogKey", administrators},
    {"GetLogTile", staff},
    {"ProveInclusion", staff},
    {"ProveConsistency", staff},
    {"ListProjections", staff},
    {"StartRebuild", administrators},
    {"GetRebuild", administrators},
    {"CancelRebuild", administrators},
    {"SwapRebuild", administrators},
    {"ListOutbox", staff},
    {"RetryMail", operators},
    {"GetLive", everyone},
    {"GetReady", everyone},
    {"GetMetrics", everyone},
    {"GetDescription", everyone},
};

// Where the account that is asked about is, seen by the users of the account.
enum class Place : std::uint8_t { own, other, nowhere };

// One request, and what it comes to for those who may.
struct Attempt {
    std::string path;
    Place place = Place::own;
    std::string lacks{};  // The code, where something is not there.
};

class Authorization : public testing::Test {
protected:
    Authorization();

    Visitor& caller(Who who) { return callers_.at(who); }
    std::vector<Attempt> attempts(const Route& route, Who who);
    Json body(const Route& route, Place place) const;
    std::string refusal(const Route& route, Who who, const Attempt& attempt) const;
    std::string outcome(const Route& route, Who who, const Attempt& attempt) const;
    void check(const Route& route, Who who, const Attempt& attempt);

    House house_;
    std::map<Who, Visitor> callers_;
    std::uint64_t account_{}, others_{};  // The account, and one that none of the users has.
    std::uint64_t member_{}, others_member_{};
    std::uint64_t invitation_{}, others_invitation_{};
    std::uint64_t contact_{}, others_contact_{};
    std::uint64_t ticket_{}, others_ticket_{}, nobodys_ticket_{};
    std::string link_;
    std::uint64_t loner_{};
    std::uint64_t key_{};
    std::uint64_t admin_{};
    std::string reset_;  // The token of a link for a new password.
    std::uint64_t mail_{};
    std::uint64_t others_session_{};  // Of a user who does not ask.
};

Authorization::Authorization() {
    callers_.emplace(Who::expired, house_.person("nina"));
    house_.pass(31 * 24h);
    auto& root = house_.root();

    callers_.emplace(Who::owner, house_.person("olga"));
    const auto& olga = caller(Who::owner);
    account_ = olga.account();
    const auto otto = house_.person("otto");
    others_ = otto.account();
    auto mara = house_.person("mara");
    others_session_ = mara.get("/v1/me/sessions").body.at("items").at(0).at("id");
    member_ = mara.id();
    house_.associate(olga, mara, {"tickets"});
    const auto milo = house_.person("milo");
    others_member_ = milo.id();
    house_.associate(otto, milo, {"tickets"});

    const auto joins = [&](Who who, const std::string& name, const Json& permissions) {
        callers_.emplace(who, house_.person(name));
        house_.associate(olga, caller(who), permissions);
    };
    joins(Who::former, "fay", "all");
    root.del(account_path(account_, "/users/" + std::to_string(caller(Who::former).id())));
    joins(Who::elsewhere, "eva", "all");
    joins(Who::without, "walt", {"invoices", "emails"});
    joins(Who::permitted, "pia", {"profile", "contacts", "tickets", "orders"});
    for (const auto who : {Who::without, Who::permitted})
        caller(who).put("/v1/session/account", {{"account_id", account_}});
    house_.associate(olga, house_.person("una"), "all");
    callers_.emplace(Who::unchosen, house_.signed_in("una"));
    for (const auto* name : {"stan", "lena"}) {
        auto person = house_.person(name);
        EXPECT_EQ(root.del(account_path(person.account())).status, 204);
        if (person.id() > 0) loner_ = person.id();
        if (std::string_view{name} == "stan") callers_.emplace(Who::stranger, std::move(person));
    }

    callers_.emplace(Who::nobody, house_.visitor());
    callers_.emplace(Who::garbage, house_.visitor("ms_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    callers_.emplace(Who::ended, house_.signed_in("otto"));
    EXPECT_EQ(caller(Who::ended).del("/v1/session").status, 204);
    callers_.emplace(Who::revoked_key, house_.key("administrator"));
    root.del("/v1/api-keys/" + std::to_string(caller(Who::revoked_key).id()));
    callers_.emplace(Who::foreign_key,
                     house_.key("administrator", {"10.0.0.0/8", "2001:db8::/32"}));
    callers_.emplace(Who::administrator, house_.staff("administrator"));
    callers_.emplace(Who::operator_, house_.staff("operator"));
    callers_.emplace(Who::auditor, house_.staff("auditor"));
    callers_.emplace(Who::administrator_key, house_.key("administrator", {"127.0.0.0/8"}));
    callers_.emplace(Who::operator_key, house_.key("operator", {"10.0.0.1", "127.0.0.1"}));
    callers_.emplace(Who::auditor_key, house_.key("auditor"));
    key_ = caller(Who::auditor_key).id();

    const auto invite = [&](std::uint64_t account, const char* email) {
        const auto sent = root.post(account_path(account, "/invitations"),
                                    {{"email", email}, {"permissions", {"domains"}}});
        return sent.body.at("id").get<std::uint64_t>();
    };
    invitation_ = invite(account_, "ines@example.com");
    others_invitation_ = invite(others_, "ivan@example.com");
    link_ = house_.link_to("ines@example.com");
    admin_ = caller(Who::auditor).id();
    root.post(user_path(loner_, "/password-reset"));
    reset_ = to_text(Token{TokenPurpose::password_reset, loner_, 1}, house_.keys());
    mail_ = root.get("/v1/outbox").body.at("items").at(1).at("id");

    const auto add_contact = [&](std::uint64_t account) {
        const auto added =
            root.post(account_path(account, "/contacts"), {{"email", "cara@example.com"}});
        return added.body.at("id").get<std::uint64_t>();
    };
    contact_ = add_contact(account_);
    others_contact_ = add_contact(others_);
    const Json ticket{{"subject", "Help"}, {"message", "It is broken."}};
    ticket_ = root.post(account_path(account_, "/tickets"), ticket).body.at("id");
    others_ticket_ = root.post(account_path(others_, "/tickets"), ticket).body.at("id");
    nobodys_ticket_ =
        caller(Who::operator_key)
            .post("/v1/tickets/inbound", {{"from_email", "gus@example.com"}, {"message", "Hello"}})
            .body.at("id");
}

const std::vector<std::string> no_ids{"abc",  "0",    "-1",  "01",  "1.5", "18446744073709551616",
                                      "1%20", "%2B1", "1e0", "null"};

std::vector<Attempt> Authorization::attempts(const Route& route, Who who) {
    const auto text = [](std::uint64_t id) { return std::to_string(id); };
    const auto missing = text(999'999);
    std::vector<Attempt> result;
    const auto add = [&](std::vector<std::string> values, Place place, std::string lacks = {}) {
        std::string path{route.path};
        for (const auto& value : values)
            path.replace(path.find('{'), path.find('}') - path.find('{') + 1, value);
        result.push_back({path, place, std::move(lacks)});
    };
    // What is under an account, its own and the other account's, and why that is not found.
    const auto add_under_account = [&](std::uint64_t own, std::uint64_t other, const char* lacks) {
        add({text(account_), text(own)}, Place::own);
        add({text(others_), text(other)}, Place::other);
        add({text(account_), text(other)}, Place::own, lacks);
        add({text(others_), text(own)}, Place::other, lacks);
        add({missing, text(own)}, Place::nowhere, "account.not_found");
        add({text(account_), missing}, Place::own, lacks);
        for (const auto& no_id : no_ids) {
            add({no_id, text(own)}, Place::nowhere, "account.not_found");
            add({text(account_), no_id}, Place::own, lacks);
        }
    };
    const auto has = [&](std::string_view name) { return route.path.contains(name); };
    if (has("{account}") && has("{user}")) {
        add_under_account(member_, others_member_, "account.not_associated");
    } else if (has("{account}") && has("{invitation}")) {
        add_under_account(invitation_, others_invitation_, "invitation.not_found");
    } else if (has("{account}") && has("{contact}")) {
        add_under_account(contact_, others_contact_, "contact.not_found");
    } else if (has("{account}")) {
        add({text(account_)}, Place::own);
        add({text(others_)}, Place::other);
        add({missing}, Place::nowhere, "account.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::nowhere, "account.not_found");
    } else if (has("{ticket}")) {
        add({text(ticket_)}, Place::own);
        add({text(others_ticket_)}, Place::other);
        add({text(nobodys_ticket_)}, Place::other);
        add({missing}, Place::nowhere, "ticket.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::nowhere, "ticket.not_found");
    } else if (has("{user}")) {
        add({text(loner_)}, Place::own);
        if (users.contains(who)) add({text(caller(who).id())}, Place::own);
        add({missing}, Place::own, "user.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::own, "user.not_found");
    } else if (has("{session}")) {
        add({text(999'999)}, Place::own, "session.not_found");
        add({text(others_session_)}, Place::own, "session.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::own, "session.not_found");
    } else if (has("{mail}")) {
        add({text(mail_)}, Place::own);
        add({missing}, Place::own, "mail.not_found");
        add({"1"}, Place::own, "mail.not_found");  // What happened there asks for no mail.
        for (const auto& no_id : no_ids)
            add({no_id}, Place::own, "mail.not_found");
    } else if (has("{key}")) {
        add({text(key_)}, Place::own);
        add({missing}, Place::own, "api_key.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::own, "api_key.not_found");
    } else if (has("{admin}")) {
        add({text(admin_)}, Place::own);
        add({missing}, Place::own, "admin.not_found");
        for (const auto& no_id : no_ids)
            add({no_id}, Place::own, "admin.not_found");
    } else if (has("/projections/{name}")) {
        add({"users"}, Place::own, route.operation == "StartRebuild" ? "" : "rebuild.not_running");
        add({"nothing"}, Place::own, "projection.not_found");
    } else if (has("/password-resets/{token}")) {
        add({reset_}, Place::own);
        add({link_}, Place::own, "token.not_found");
        add({"mp_AAAA"}, Place::own, "token.not_found");
    } else if (has("{token}")) {
        add({link_}, Place::own);
        add({caller(Who::owner).token()}, Place::own, "invitation.not_found");
        add({"mi_AAAA"}, Place::own, "invitation.not_found");
    } else if (has("{tile*}")) {
        add({"0", "000.p/1"}, Place::own);
        add({"entries", "000.p/1"}, Place::own);
        add({"0", "x001/000"}, Place::own, "tile.not_found");
    } else {
        add({}, Place::own);
    }
    const std::map<std::string_view, Attempt> with_parameters{
        {"FollowEvents", {"?after=999999", Place::own, "request.invalid"}},  // Else without an end.
        {"ProveInclusion", {"?position=1", Place::own, {}}},
        {"ProveConsistency", {"?from=1", Place::own, {}}}};
    if (const auto found = with_parameters.find(route.operation); found != with_parameters.end()) {
        result.front().path += found->second.path;
        result.front().lacks = found->second.lacks;
    }
    return result;
}

Json Authorization::body(const Route& route, Place place) const {
    const Json credentials{{"email", "olga@example.com"}, {"password", good_password}};
    const std::map<std::string_view, Json> bodies{
        {"SetUp",
         {{"token", "mu_AAAA"},
          {"name", "X"},
          {"email", "x@example.com"},
          {"password", good_password}}},
        {"SignInAdmin", {{"email", "root@example.com"}, {"password", good_password}}},
        {"CreateAdmin", {{"name", "X"}, {"email", "x@example.com"}, {"role", "operator"}}},
        {"UpdateAdmin", {{"name", "X"}}},
        {"StartAdminTwoFactor", {{"current_password", good_password}}},
        {"ConfirmAdminTwoFactor", {{"code", "123456"}}},
        {"DisableAdminTwoFactor", {{"current_password", good_password}}},
        {"StartMyTwoFactor", {{"current_password", good_password}}},
        {"ConfirmMyTwoFactor", {{"code", "123456"}}},
        {"DisableMyTwoFactor", {{"current_password", good_password}}},
        {"SetMySecurityQuestion",
         {{"question", "Q?"}, {"answer", "A"}, {"current_password", good_password}}},
        {"ClearMySecurityQuestion", {{"current_password", good_password}}},
        {"RequestPasswordReset", {{"email", "otto@example.com"}}},
        {"ResetPassword", {{"password", "another good password"}}},
        {"VerifyEmail", {{"token", "mv_AAAA"}}},
        {"Impersonate", {{"user_id", place == Place::other ? others_member_ : member_}}},
        {"SetIdentityVerification", {{"status", "approved"}}},
        {"CreateApiKey", {{"name", "X"}, {"role", "operator"}}},
        {"ChangeSettings", {{"client_registration", false}}},
        {"RegisterUser",
         {{"first_name", "X"},
          {"last_name", "Y"},
          {"email", "xy@example.com"},
          {"password", good_password}}},
        {"SignIn", credentials},
        {"ChooseAccount", {{"account_id", account_}}},
        {"UpdateMe", {{"language", "eo"}}},
        {"ChangeMyPassword",
         {{"current_password", good_password}, {"password", "another good password"}}},
        {"OpenMyAccount", {{"company_name", "X Ltd"}}},
        {"OpenAccount", {{"owner_user_id", loner_}}},
        {"UpdateAccount", {{"city", "Ghent"}}},
        {"TransferOwnership", {{"user_id", place == Place::other ? others_member_ : member_}}},
        {"AssociateUser", {{"user_id", loner_}, {"permissions", {"emails"}}}},
        {"SetPermissions", {{"permissions", {"emails"}}}},
        {"InviteUser", {{"email", "xy@example.com"}, {"permissions", "all"}}},
        {"AcceptInvitation", Json::object()},
        {"AddContact", {{"email", "xy@example.com"}}},
        {"OpenTicket", {{"subject", "X"}, {"message", "Y"}}},
        {"ReplyToTicket", {{"message", "Y"}}},
        {"ReceiveMail", {{"from_email", "xy@example.com"}, {"message", "Y"}}},
        {"PlaceOrder",
         {{"items", Json::array({{{"description", "X"}, {"amount", "1"}}})}, {"currency", "EUR"}}},
        {"ChangeContact", {{"city", "Ghent"}}},
        {"UpdateUser", {{"first_name", "X"}}},
        {"ChangeUserPassword", {{"password", "another good password"}}},
    };
    const auto found = bodies.find(route.operation);
    return found == bodies.end() ? Json{} : found->second;
}

// What those who may not are told.
std::string Authorization::refusal(const Route& route, Who who, const Attempt& attempt) const {
    const auto& may = who_may.at(route.operation);
    if (who == Who::foreign_key) return "access.address";
    if (route.operation == "SignOutAdmin" && (who == Who::ended || who == Who::expired))
        return "access.role";
    if (route.operation == "AcceptInvitation" && !attempt.lacks.empty()) return attempt.lacks;
    if (nobody_known.contains(who)) return "session.required";
    const bool for_users = may.contains(Who::owner);
    if (staff.contains(who) || !for_users) return "access.role";

    // Users, at a route that is about an account, perhaps that of a ticket.
    const auto* unknown =
        route.path.contains("{ticket}") ? "ticket.not_found" : "account.not_found";
    if (attempt.place != Place::own) return unknown;  // Rule L8.
    if (who == Who::stranger || who == Who::former) return unknown;
    if (who == Who::elsewhere) return "session.other_account";    // Rules L4, L7.
    if (who == Who::unchosen) return "session.account_required";  // Rule L2.
    return may.contains(Who::permitted) ? "access.denied" : "account.not_owner";
}

// What those who may come to; empty: it succeeds.
std::string Authorization::outcome(const Route& route, Who who, const Attempt& attempt) const {
    if (route.operation == "SetUp") return "setup.done";
    if (route.operation == "VerifyEmail") return "token.not_found";
    if (route.operation == "SendMyEmailVerification") return "email_verification.disabled";
    if (route.operation.starts_with("Confirm")) return "two_factor.not_started";
    const bool belongs = who != Who::stranger && who != Who::former;
    if (route.operation == "ChooseAccount") return belongs ? "" : "account.not_found";  // Rule L8.
    if (route.operation == "LeaveAccount") {
        if (attempt.place != Place::own || who == Who::stranger) return "account.not_found";
        return who == Who::owner ? "account.owner_cannot_leave" : "";  // Rule P14.
    }
    if (route.operation == "AcceptInvitation" && attempt.lacks.empty())
        return belongs ? "account.already_associated" : "";  // Rule I24.
    return attempt.lacks;
}

void Authorization::check(const Route& route, Who who, const Attempt& attempt) {
    const auto before = house_.head();
    // What is open to everyone may also be read with a key that counts for nothing here.
    const bool may =
        who_may.at(route.operation).contains(who) &&
        (who != Who::foreign_key || !route.is_command()) &&
        (attempt.place == Place::own || staff.contains(who) || route.operation == "LeaveAccount");
    const auto code = may ? outcome(route, who, attempt) : refusal(route, who, attempt);
    const std::map<Method, std::string> names{{Method::get, "GET"},
                                              {Method::post, "POST"},
                                              {Method::put, "PUT"},
                                              {Method::patch, "PATCH"},
                                              {Method::del, "DELETE"}};
    // What would be done is shown; what must be refused is asked for in earnest.
    const bool shown = route.is_command() && code.empty();
    const auto sent = body(route, attempt.place);
    const auto reply = caller(who).send(
        names.at(route.method), attempt.path + (shown ? "?dry_run=true" : ""),
        sent.is_null() ? "" : sent.dump(), sent.is_null() ? "" : "application/json");
    const auto what = testing::Message() << route.operation << " " << attempt.path << " by kind "
                                         << static_cast<int>(who) << ": " << reply;
    EXPECT_EQ(house_.head(), before) << what;
    if (code.empty()) {
        EXPECT_EQ(reply.status, 200) << what;
        EXPECT_EQ(reply.body.contains("events"), shown) << what;
        return;
    }
    EXPECT_EQ(reply.code(), code) << what;
    EXPECT_EQ(reply.flaw(), "") << what;
    if (code == "access.denied" || code == "account.not_owner") {  // Rule P9.
        const Json held = who == Who::without ? Json{"invoices", "emails"}
                                              : Json{"profile", "contacts", "tickets", "orders"};
        EXPECT_EQ(reply.body.value("permissions", Json{}), held) << what;
    }
    if (code == "session.other_account") {
        EXPECT_EQ(reply.body.at("account").at("id"), account_) << what;
    }
}

// Rules E3, L2, L4, L8, P7, P8, P9, I1, I2, O1, X1, A8.
TEST_F(Authorization, EveryRouteAnswersEveryKindOfCallerAsWritten) {
    for (const auto& route : routes()) {
        ASSERT_TRUE(who_may.contains(route.operation))
            << route.operation << " has no expectation: write down who may.";
        for (const auto who : everyone) {
            for (const auto& attempt : attempts(route, who))
                check(route, who, attempt);
        }
        if (HasFailure()) return;  // One route's failures are enough to read.
    }
}

TEST_F(Authorization, EveryExpectationHasItsRoute) {
    std::set<std::string_view> operations;
    for (const auto& route : routes())
        EXPECT_TRUE(operations.insert(route.operation).second) << route.operation;
    for (const auto& [operation, who] : who_may)
        EXPECT_TRUE(operations.contains(operation)) << operation;
}

TEST_F(Authorization, AnAuditorReadsAndChangesNothing) {  // Rule A8.
    for (const auto who : {Who::auditor, Who::auditor_key}) {
        for (const auto& route : routes()) {
            if (!route.is_command() || who_may.at(route.operation).contains(who)) continue;
            for (const auto& attempt : attempts(route, who)) {
                if (route.operation == "AcceptInvitation" && !attempt.lacks.empty()) continue;
                const auto before = house_.head();
                const auto sent = body(route, attempt.place);
                const auto reply =
                    route.method == Method::del    ? caller(who).del(attempt.path)
                    : route.method == Method::post ? caller(who).post(attempt.path, sent)
                    : route.method == Method::put  ? caller(who).put(attempt.path, sent)
                                                   : caller(who).patch(attempt.path, sent);
                EXPECT_EQ(reply.code(), "access.role") << route.operation << " " << reply;
                EXPECT_EQ(house_.head(), before) << route.operation;
            }
        }
        EXPECT_EQ(caller(who).get("/v1/activity?limit=200").status, 200);
        EXPECT_EQ(caller(who).get(user_path(loner_)).status, 200);
    }
}

TEST_F(Authorization, AStaffSessionEndsAfterHalfADay) {
    EXPECT_EQ(caller(Who::operator_).get("/v1/users").status, 200);
    house_.pass(12h);
    EXPECT_EQ(caller(Who::operator_).get("/v1/users").code(), "session.required");
    EXPECT_EQ(caller(Who::operator_).post("/v1/accounts", {{"owner_user_id", loner_}}).code(),
              "session.required");
    EXPECT_EQ(caller(Who::operator_key).get("/v1/users").status, 200);
    EXPECT_EQ(caller(Who::owner).get("/v1/session").status, 200);
}

}  // namespace muster::http::authorization_test
