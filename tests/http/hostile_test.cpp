// What nobody well-meaning sends. Every answer is a refusal that the interface promises, nothing
// is changed by it, and the server goes on.

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "events/token.hpp"
#include "handlers/second_factor.hpp"
#include "http/route.hpp"
#include "tests/http/house.hpp"
#include "tests/http/raw_client.hpp"

namespace muster::http::hostile_test {

// A body that an operation takes, and how it is sent.
struct Sample {
    std::string operation, method, path;
    Json body;
    Visitor* who;
};

class Hostile : public testing::Test {
protected:
    Hostile();
    ~Hostile() override {
        EXPECT_EQ(house_.head(), before_) << "something was changed";
        EXPECT_EQ(root_.get("/v1/users").status, 200) << "the server does not serve any more";
        EXPECT_EQ(ada_.get("/v1/session").status, 200);
    }

    Reply send(const Sample& sample, const std::string& text,
               const std::string& type = "application/json") {
        return sample.who->send(sample.method, sample.path, text, type);
    }
    // Sent as these bytes on a connection of its own.
    Reply raw(const std::string& bytes) const;
    // Nothing is changed; a wrong password or code is counted.
    void expect_refused(const Reply& reply, const std::set<int>& statuses, const std::string& what);
    std::string code_of(Visitor& who, const std::string& path) const;

    House house_{RateLimits::off};
    Visitor& root_ = house_.root();
    Visitor nobody_ = house_.visitor();
    Visitor ada_ = house_.person("ada");
    Visitor bob_ = house_.person("bob");
    Visitor cleo_ = house_.person("cleo");
    Visitor key_ = house_.key("operator");
    std::vector<Sample> samples_;
    Position before_;
};

// Starts two-factor and gives the code of the moment that confirms it.
std::string Hostile::code_of(Visitor& who, const std::string& path) const {
    const auto started = who.post(path, {{"current_password", good_password}});
    return one_time_password(from_base32(started.body.at("secret")), time_step(house_.now()));
}

Hostile::Hostile() {
    house_.associate(ada_, bob_, {"tickets"});
    const auto acme = account_path(ada_.account());
    const auto member = acme + "/users/" + std::to_string(bob_.id());
    ada_.post(acme + "/invitations", {{"email", "carol@example.com"}, {"permissions", "all"}});
    const auto acceptance =
        "/v1/invitations/" + house_.link_to("carol@example.com") + "/acceptance";
    const Json carol{{"first_name", "Carol"},
                     {"last_name", "Jones"},
                     {"email", "carol@example.com"},
                     {"password", good_password},
                     {"language", "en"}};
    const Json profile{{"company_name", "Acme"},   {"first_name", "A"}, {"last_name", "B"},
                       {"email", "a@example.com"}, {"phone", "+1"},     {"address1", "x"},
                       {"address2", "y"},          {"city", "Bath"},    {"state", "z"},
                       {"postcode", "1"},          {"country", "GB"},   {"tax_id", "T"}};
    auto registration = carol;
    registration["account"] = profile;
    auto contact = profile;
    contact["receives"] = {"general", "affiliate"};
    ada_.post(acme + "/contacts", {{"email", "office@example.com"}});
    ada_.post(acme + "/tickets", {{"subject", "Help"}, {"message", "It is broken."}});
    bob_.put("/v1/session/account", {{"account_id", ada_.account()}});
    auto staff_profile = profile;
    staff_profile["notes"] = "n";
    auto patched = staff_profile;
    patched["status"] = "inactive";
    auto opened = staff_profile;
    opened["password"] = good_password;
    opened["language"] = "en";
    opened["skip_validation"] = false;
    root_.patch("/v1/settings", {{"email_verification", true}});
    ada_.post("/v1/me/email-verification");
    const auto adas_link =
        to_text(Token{TokenPurpose::email_verification, ada_.id(), 1}, house_.keys());
    root_.post(user_path(bob_.id(), "/password-reset"));
    const auto bobs_reset =
        to_text(Token{TokenPurpose::password_reset, bob_.id(), 1}, house_.keys());
    const auto adas_code = code_of(ada_, "/v1/me/two-factor");
    const auto roots_code = code_of(root_, "/v1/admin/two-factor");
    samples_ = {
        {"SetUp",
         "POST",
         "/v1/setup",
         {{"token", "mu_x"},
          {"name", "R"},
          {"email", "r@example.com"},
          {"password", good_password}},
         &nobody_},
        {"SignInAdmin",
         "POST",
         "/v1/admin/sessions",
         {{"email", "root@example.com"}, {"password", good_password}},
         &nobody_},
        {"CreateAdmin",
         "POST",
         "/v1/admins",
         {{"name", "N"},
          {"email", "n@example.com"},
          {"role", "auditor"},
          {"password", good_password}},
         &root_},
        {"CreateApiKey",
         "POST",
         "/v1/api-keys",
         {{"name", "N"}, {"role", "auditor"}, {"allowed_ips", {"10.0.0.1"}}},
         &root_},
        {"RunRetention", "POST", "/v1/retention/runs", nullptr, &root_},
        {"RotateLogKey", "POST", "/v1/log/key/rotation", nullptr, &root_},
        {"StartRebuild",
         "POST",
         "/v1/projections/users/rebuild",
         {{"events_per_second", 5000}},
         &root_},
        {"CancelRebuild", "DELETE", "/v1/projections/users/rebuild", nullptr, &root_},
        {"SwapRebuild", "POST", "/v1/projections/users/rebuild/swap", nullptr, &root_},
        {"ChangeSettings",
         "PATCH",
         "/v1/settings",
         {{"client_registration", false},
          {"client_area_user_management", false},
          {"email_verification", false},
          {"locked_profile_fields", {"tax_id"}},
          {"required_account_fields", {"city"}},
          {"limits", {{"invitations_per_account_hour", 7}}},
          {"retention",
           {{"prune_after_months", 24}, {"delete_users", true}, {"deactivate_after_months", 12}}}},
         &root_},
        {"UpdateAdmin",
         "PATCH",
         "/v1/admins/1",
         {{"name", "N"},
          {"email", "n@example.com"},
          {"role", "administrator"},
          {"password", good_password}},
         &root_},
        {"StartAdminTwoFactor",
         "POST",
         "/v1/admin/two-factor",
         {{"current_password", good_password}},
         &root_},
        {"ConfirmAdminTwoFactor",
         "POST",
         "/v1/admin/two-factor/confirmation",
         {{"code", roots_code}},
         &root_},
        {"DisableAdminTwoFactor",
         "DELETE",
         "/v1/admin/two-factor",
         {{"current_password", good_password}},
         &root_},
        {"StartMyTwoFactor",
         "POST",
         "/v1/me/two-factor",
         {{"current_password", good_password}},
         &ada_},
        {"ConfirmMyTwoFactor",
         "POST",
         "/v1/me/two-factor/confirmation",
         {{"code", adas_code}},
         &ada_},
        {"DisableMyTwoFactor",
         "DELETE",
         "/v1/me/two-factor",
         {{"current_password", good_password}},
         &ada_},
        {"SetMySecurityQuestion",
         "PUT",
         "/v1/me/security-question",
         {{"question", "Q?"}, {"answer", "A"}, {"current_password", good_password}},
         &ada_},
        {"ClearMySecurityQuestion",
         "DELETE",
         "/v1/me/security-question",
         {{"current_password", good_password}},
         &ada_},
        {"RequestPasswordReset",
         "POST",
         "/v1/password-resets",
         {{"email", "ada@example.com"}},
         &nobody_},
        {"ResetPassword",
         "POST",
         "/v1/password-resets/" + bobs_reset,
         {{"password", "another good one"}, {"security_answer", "A"}},
         &nobody_},
        {"VerifyEmail", "POST", "/v1/email-verifications", {{"token", adas_link}}, &ada_},
        {"SetIdentityVerification",
         "PUT",
         user_path(ada_.id(), "/identity-verification"),
         {{"status", "approved"}},
         &root_},
        {"Impersonate", "POST", acme + "/impersonation", {{"user_id", bob_.id()}}, &root_},
        {"RegisterUser", "POST", "/v1/registrations", registration, &nobody_},
        {"SignIn",
         "POST",
         "/v1/sessions",
         {{"email", "ada@example.com"}, {"password", good_password}},
         &nobody_},
        {"ChooseAccount", "PUT", "/v1/session/account", {{"account_id", ada_.account()}}, &ada_},
        {"UpdateMe",
         "PATCH",
         "/v1/me",
         {{"first_name", "A"},
          {"last_name", "B"},
          {"language", "eo"},
          {"email", "new@example.com"},
          {"current_password", good_password}},
         &ada_},
        {"ChangeMyPassword",
         "PUT",
         "/v1/me/password",
         {{"current_password", good_password}, {"password", "another good one"}},
         &ada_},
        {"OpenMyAccount", "POST", "/v1/me/accounts", profile, &ada_},
        {"OpenAccount", "POST", "/v1/accounts", opened, &root_},
        {"OpenAccount",
         "POST",
         "/v1/accounts",
         {{"owner_user_id", ada_.id()}, {"company_name", "X"}},
         &root_},
        {"UpdateAccount", "PATCH", acme, patched, &root_},
        {"TransferOwnership", "PUT", acme + "/owner", {{"user_id", bob_.id()}}, &root_},
        {"AssociateUser",
         "POST",
         account_path(bob_.account(), "/users"),
         {{"user_id", ada_.id()}, {"permissions", {"emails"}}},
         &root_},
        {"AssociateUser",
         "POST",
         acme + "/users",
         {{"email", "new@example.com"},
          {"first_name", "N"},
          {"last_name", "O"},
          {"language", "en"},
          {"permissions", {"emails"}}},
         &root_},
        {"SetPermissions", "PUT", member + "/permissions", {{"permissions", {"emails"}}}, &ada_},
        {"InviteUser",
         "POST",
         acme + "/invitations",
         {{"email", "new@example.com"}, {"permissions", {"emails"}}},
         &ada_},
        {"AcceptInvitation", "POST", acceptance, {{"register", carol}}, &nobody_},
        {"AcceptInvitation",
         "POST",
         acceptance,
         {{"sign_in", {{"email", "cleo@example.com"}, {"password", good_password}}}},
         &nobody_},
        {"UpdateUser",
         "PATCH",
         user_path(ada_.id()),
         {{"first_name", "A"}, {"last_name", "B"}, {"language", "eo"}, {"email", "n@example.com"}},
         &root_},
        {"ChangeUserPassword",
         "PUT",
         user_path(ada_.id(), "/password"),
         {{"password", "another good one"}},
         &root_},
        {"AddContact", "POST", acme + "/contacts", contact, &ada_},
        {"ChangeContact", "PATCH", acme + "/contacts/1", contact, &ada_},
        {"PlaceOrder",
         "POST",
         acme + "/orders",
         {{"items", Json::array({{{"description", "Web space"}, {"amount", "9.90"}}})},
          {"currency", "EUR"}},
         &ada_},
        {"OpenTicket",
         "POST",
         acme + "/tickets",
         {{"subject", "Help"}, {"message", "It is broken."}},
         &bob_},
        {"ReplyToTicket", "POST", "/v1/tickets/1/replies", {{"message", "Still."}}, &ada_},
        {"CloseTicket", "POST", "/v1/tickets/1/close", nullptr, &ada_},
        {"ReceiveMail",
         "POST",
         "/v1/tickets/inbound",
         {{"from_email", "gus@example.com"},
          {"from_name", "Gus"},
          {"account_id", ada_.account()},
          {"ticket_id", 1},
          {"subject", "Re: Help"},
          {"message", "Me, too."}},
         &key_},
        {"DeleteTicket", "DELETE", "/v1/tickets/1", nullptr, &root_},
        {"RemoveContact", "DELETE", acme + "/contacts/1", nullptr, &ada_},
        {"SignOut", "DELETE", "/v1/session", nullptr, &ada_},
        {"SignOutAdmin", "DELETE", "/v1/admin/session", nullptr, &root_},
        {"DeleteAdmin", "DELETE", "/v1/admins/2", nullptr, &root_},
        {"SendMyEmailVerification", "POST", "/v1/me/email-verification", nullptr, &bob_},
        {"SendPasswordReset", "POST", user_path(ada_.id(), "/password-reset"), nullptr, &root_},
        {"DisableUserTwoFactor", "DELETE", user_path(ada_.id(), "/two-factor"), nullptr, &root_},
        {"ClearUserSecurityQuestion", "DELETE", user_path(ada_.id(), "/security-question"), nullptr,
         &root_},
        {"RevokeApiKey", "DELETE", "/v1/api-keys/1", nullptr, &root_},
        {"LeaveAccount", "DELETE", "/v1/me/accounts/1", nullptr, &bob_},
        {"EndMySession", "DELETE", "/v1/me/sessions/1", nullptr, &bob_},
        {"EndMyOtherSessions", "DELETE", "/v1/me/sessions", nullptr, &bob_},
        {"EndUserSessions", "DELETE", user_path(ada_.id(), "/sessions"), nullptr, &root_},
        {"DeleteAccount", "DELETE", acme, nullptr, &root_},
        {"CloseAccount", "POST", acme + "/close", nullptr, &root_},
        {"ReopenAccount", "POST", acme + "/reopen", nullptr, &root_},
        {"RemoveUser", "DELETE", member, nullptr, &ada_},
        {"ResendInvitation", "POST", acme + "/invitations/1/resend", nullptr, &ada_},
        {"CancelInvitation", "DELETE", acme + "/invitations/1", nullptr, &ada_},
        {"RetryMail", "POST", "/v1/outbox/1/retry", nullptr, &root_},
        {"DeleteUser", "DELETE", user_path(bob_.id()), nullptr, &root_},
    };
    before_ = house_.head();
}

Reply Hostile::raw(const std::string& bytes) const {
    RawClient client{house_.port()};
    client.send(bytes);
    const auto answer = client.receive();
    Reply reply{.status = answer.status, .text = answer.body};
    std::string_view head = answer.head;
    while (const auto end = head.find("\r\n")) {
        if (end == head.npos) break;
        const auto line = head.substr(0, end);
        if (const auto colon = line.find(": "); colon != line.npos)
            reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        head.remove_prefix(end + 2);
    }
    reply.body = Json::parse(reply.text, nullptr, false);
    return reply;
}

void Hostile::expect_refused(const Reply& reply, const std::set<int>& statuses,
                             const std::string& what) {
    EXPECT_TRUE(statuses.contains(reply.status)) << what << ": " << reply;
    EXPECT_EQ(reply.flaw(), "") << what << ": " << reply;
    const std::set<std::string> counted{"session.invalid_credentials", "password.wrong",
                                        "code.wrong", "security_answer.wrong"};
    if (counted.contains(reply.code())) ++before_.number;
    EXPECT_EQ(house_.head(), before_) << what;
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t n = 0; n < depth; ++n)
        text += open;
    for (std::size_t n = 0; n < depth; ++n)
        text += close;
    return text;
}

TEST_F(Hostile, EveryCommandHasItsSample) {
    std::set<std::string> operations;
    for (const auto& sample : samples_)
        operations.insert(sample.operation);
    for (const auto& route : routes()) {
        if (!route.is_command()) continue;
        EXPECT_TRUE(operations.contains(std::string{route.operation})) << route.operation;
    }
    for (const auto& sample : samples_) {  // And each would be taken.
        if (sample.body.is_null() || sample.operation == "SetUp") continue;
        const auto reply = sample.who->send(sample.method, sample.path + "?dry_run=true",
                                            sample.body.dump(), "application/json");
        EXPECT_EQ(reply.status, 200) << sample.operation << reply;
    }
}

TEST_F(Hostile, WhatIsNoJsonObjectIsMalformed) {
    using namespace std::string_literals;
    const std::vector<std::string> texts{
        "{",
        "}",
        "[]",
        "[{}]",
        "7",
        "\"x\"",
        "null",
        "true",
        " ",
        "\n",
        "{}{}",
        "{} x",
        "{}\0"s,
        "\0{}"s,
        "{\"a\":}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":1e999}",
        "{\"a\":-1e999999999999999999}",
        "{\"a\":tru}",
        "{\"a\":\"x}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":\"line\nbreak\"}",
        "{\"a\":\"\0\"}"s,
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"a\":\"\xe2\x82\"}",
        "{\"\xff\":1}",
        "\xff\xfe{\0}\0"s,
        "/* */{}",
        "{}// x",
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{\"a\":[{\"b\":1,\"b\":2}]}",
        "{\"a\":1,\"\\u0061\":1}",
        "a=1&b=2",
        "<xml/>",
        nested(17, "{\"a\":", "}"),
        "{\"a\":" + nested(100'000, "[", "]") + "}",
        nested(100'000, "[", ""),
        nested(100'000, "{\"a\":", ""),
        "{\"a\":" + std::string(200'000, '9') + "e" + std::string(200'000, '9') + "}",
    };
    for (const auto& sample : samples_) {
        for (const auto& text : texts) {
            const auto reply = send(sample, text);
            expect_refused(reply, {400}, sample.operation + " " + text.substr(0, 60));
            EXPECT_EQ(reply.code(), "request.malformed");
        }
    }
}

TEST_F(Hostile, AFieldThatNobodyKnowsIsNamed) {
    for (const auto& sample : samples_) {
        auto body = sample.body.is_null() ? Json::object() : sample.body;
        for (const auto* name : {"emial", "Email", "email ", "__proto__", "", "a/b~c", "\u202e"}) {
            auto more = body;
            more[name] = "x";
            const auto reply = send(sample, more.dump());
            expect_refused(reply, {422}, sample.operation + " " + name);
            EXPECT_EQ(reply.code(), "request.invalid");
        }
        for (const auto& [name, inner] : body.items()) {
            if (!inner.is_object()) continue;
            auto more = body;
            more[name]["emial"] = "x";
            const auto reply = send(sample, more.dump());
            expect_refused(reply, {422}, sample.operation + " inner");
            EXPECT_EQ(reply.body.at("errors")[0].at("pointer"), "/" + name + "/emial");
        }
    }
    // As RFC 6901 writes them.
    const auto pointer = send(samples_.front(), R"({"a/b~c": 1})").text;
    EXPECT_TRUE(pointer.contains("\"/a~1b~0c\"")) << pointer;
}

// Values that are none of the type of the one that is taken; as text, for what JSON values cannot
// be in memory.
std::vector<std::string> wrong_values(const Json& right) {
    if (right.is_string())
        return {"null", "true", "7", "-1.5", "1e3", "[]", "{}", "[\"x\"]", "{\"a\":\"x\"}"};
    if (right.is_boolean()) return {"null", "0", "1", "\"true\"", "\"\"", "[]", "{}", "[true]"};
    if (right.is_number())
        return {"null",
                "true",
                "\"1\"",
                "0",
                "-1",
                "-0",
                "1.5",
                "1.0",
                "1e0",
                "1e300",
                "1e-300",
                "9223372036854775808",
                "18446744073709551615",
                "18446744073709551616",
                "99999999999999999999999999999999999999",
                "-9223372036854775809",
                "[]",
                "[1]",
                "{}"};
    if (right.is_array())
        return {"null",
                "true",
                "7",
                "\"x\"",
                "{}",
                "[null]",
                "[7]",
                "[true]",
                "[{}]",
                "[[]]",
                "[\"x\", 7]",
                "[\"\"]",
                "{\"0\":\"emails\"}"};
    return {"null", "true", "7", "\"x\"", "[]", "[{}]"};
}

// The body with one value replaced by a text.
std::string with(const Json& body, const Json::json_pointer& place, const std::string& text) {
    auto changed = body;
    changed[place] = "<here>";
    auto result = changed.dump();
    return result.replace(result.find("\"<here>\""), 8, text);
}

// Every value in a body, also within its objects.
std::vector<Json::json_pointer> places(const Json& body) {
    std::vector<Json::json_pointer> result;
    for (const auto& [name, value] : body.items()) {
        result.push_back(Json::json_pointer{} / name);
        if (!value.is_object()) continue;
        for (const auto& [inner, ignored] : value.items())
            result.push_back(Json::json_pointer{} / name / inner);
    }
    return result;
}

TEST_F(Hostile, AValueOfAnotherTypeIsNamedForEveryFieldOfEveryBody) {
    for (const auto& sample : samples_) {
        for (const auto& place : places(sample.body)) {
            // A number of the settings may be null, off, and so may a rebuild's limit.
            const bool may_be_null =
                (sample.operation == "ChangeSettings" || sample.operation == "StartRebuild") &&
                sample.body.at(place).is_number();
            for (const auto& value : wrong_values(sample.body.at(place))) {
                if (may_be_null && value == "null") continue;
                const auto reply = send(sample, with(sample.body, place, value));
                const auto what = sample.operation + " " + place.to_string() + " = " + value;
                expect_refused(reply, {422}, what);
                bool named = false;
                for (const auto& error : reply.body.value("errors", Json::array()))
                    named |= (error.at("pointer").get<std::string>() + "/")
                                 .starts_with(place.to_string() + "/");
                EXPECT_TRUE(named) << what << reply;
            }
        }
    }
}

TEST_F(Hostile, AMissingFieldIsNamedOrNotNeeded) {
    const std::set<std::string> optional{
        "/language",  "/account",           "/allowed_ips",     "/first_name",
        "/last_name", "/register/language", "/skip_validation", "/security_answer",
        "/from_name", "/account_id",        "/ticket_id",       "/subject"};
    for (const auto& sample : samples_) {
        if (sample.method == "PATCH" || sample.operation == "OpenMyAccount" ||
            sample.operation == "AcceptInvitation" || sample.operation == "OpenAccount" ||
            sample.operation == "AddContact" || sample.operation == "StartRebuild")
            continue;
        for (const auto& [name, value] : sample.body.items()) {
            auto less = sample.body;
            less.erase(name);
            const bool may_miss =
                optional.contains("/" + name) &&
                !(sample.operation == "RegisterUser" && name.ends_with("_name")) &&
                !(sample.operation == "OpenTicket" && name == "subject");
            if (may_miss || (sample.operation == "CreateAdmin" && name == "password")) continue;
            const auto reply = send(sample, less.dump());
            expect_refused(reply, {422}, sample.operation + " without " + name);
            EXPECT_EQ(reply.body.at("errors")[0].at("code"), "required");
        }
        if (!sample.body.is_null()) {
            expect_refused(send(sample, ""), {422}, sample.operation + " without a body");
            expect_refused(send(sample, "{}"), {422}, sample.operation + " with an empty body");
        }
    }
}

TEST_F(Hostile, LongValuesAndControlCharactersAreRefused) {
    using namespace std::string_literals;
    for (const auto& sample : samples_) {
        for (const auto& place : places(sample.body)) {
            if (!sample.body.at(place).is_string()) continue;
            const auto name = place.back();
            const bool secret = name.contains("password") || name.contains("answer") ||
                                name == "token" || name == "code";
            const bool lines = name == "notes" || name == "message";
            for (const auto& value : {std::string(70'000, 'x'), "a\\u0000b"s, "a\\u001b[31mb"s,
                                      "a\\u007fb"s, "a\\u0008b"s}) {
                if (secret && value.size() < 100) continue;  // A password is any text.
                const auto reply = send(sample, with(sample.body, place, "\"" + value + "\""));
                const std::set<int> statuses =
                    secret ? std::set{401, 403, 404, 409, 422} : std::set{422};
                expect_refused(
                    reply, statuses,
                    sample.operation + " " + place.to_string() + " " + value.substr(0, 20));
            }
            if (secret || lines) continue;
            expect_refused(send(sample, with(sample.body, place, R"("a\nb\tc")")), {422},
                           sample.operation + " " + place.to_string() + " of two lines");
        }
    }
}

TEST_F(Hostile, AddressesThatAreNoneAreRefused) {
    const std::vector<std::string> bad{"",
                                       "a",
                                       "@",
                                       "a@",
                                       "@b.example",
                                       "a@b@c.example",
                                       "a b@c.example",
                                       "a@b c.example",
                                       "a@-b.example",
                                       "a@b..example",
                                       "a..b@c.example",
                                       ".a@c.example",
                                       "\"a b\"@c.example",
                                       "a@[127.0.0.1]",
                                       "a@b.example\r\nBcc: x@y.example",
                                       "a\u202eb@c.example",
                                       "a@\u202ec.example",
                                       "a\u0085b@c.example",
                                       std::string(250, 'a') + "@b.example",
                                       "a@" + std::string(250, 'b') + ".example"};
    for (const auto& sample : samples_) {
        const auto* field = sample.operation == "ReceiveMail" ? "from_email" : "email";
        if (!sample.body.contains(field)) continue;
        const bool profile = sample.operation == "OpenMyAccount" ||
                             sample.operation == "UpdateAccount" ||
                             sample.body.contains("company_name");
        for (const auto& address : bad) {
            if (profile && address.empty()) continue;  // None is fine there.
            auto body = sample.body;
            body[field] = address;
            expect_refused(send(sample, body.dump()), {422}, sample.operation + " " + address);
        }
    }
}

TEST_F(Hostile, BodiesInOtherTypesAndCodingsAreRefused) {
    for (const auto& sample : samples_) {
        const auto text = sample.body.is_null() ? "{}" : sample.body.dump();
        for (const auto* type :
             {"text/plain", "application/xml", "application/x-www-form-urlencoded",
              "multipart/form-data; boundary=x", "application/json; charset=latin1",
              "application/json; charset=utf-16", "application/problem+json", "application/jsonx",
              "json", "application/json; charset=utf-8; x=y", "application/json, text/plain"}) {
            const auto reply = send(sample, text, type);
            expect_refused(reply, {415}, sample.operation + " " + type);
        }
        for (const auto* coding : {"gzip", "deflate", "br", "identity", ""}) {
            const auto reply = sample.who->send(sample.method, sample.path, text,
                                                "application/json", {{"Content-Encoding", coding}});
            expect_refused(reply, {415}, sample.operation + " " + coding);
        }
    }
    for (const auto* type :
         {"application/json;charset=UTF-8", "Application/JSON ; Charset=\"utf-8\""}) {
        const auto reply = nobody_.send(
            "POST", "/v1/sessions?dry_run=true",
            R"({"email":"ada@example.com","password":")" + good_password + "\"}", type);
        EXPECT_EQ(reply.status, 200) << type << reply;
    }
    const auto untyped =
        raw("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    expect_refused(untyped, {415}, "no type");
}

TEST_F(Hostile, ABodyMayBeAMebibyteAndNoMore) {
    const auto padded = [](std::size_t size) {
        std::string text = R"({"email":"ada@example.com","password":")" + good_password + "\"}";
        return std::string(size - text.size(), ' ') + text;
    };
    const auto largest =
        nobody_.send("POST", "/v1/sessions?dry_run=true", padded(1 << 20), "application/json");
    EXPECT_EQ(largest.status, 200) << largest;
    const std::string head =
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: "
        "application/json\r\nContent-Length: ";
    for (const std::string length : {"1048577", "99999999999", "18446744073709551616"}) {
        const auto reply = raw(head + length + "\r\n\r\n{");
        expect_refused(reply, {400, 413}, length);
    }
    expect_refused(raw(head + "1048577\r\n\r\n" + padded((1 << 20) + 1)), {413}, "one too many");
}

TEST_F(Hostile, StrangeTargetsLeadNowhere) {
    const auto get = [&](const std::string& target) {
        return raw("GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                   root_.token() + "\r\n\r\n");
    };
    for (const std::string target : {"/",
                                     "//",
                                     "//v1/users",
                                     "/v1//users",
                                     "/v1/users/",
                                     "/v1/users//",
                                     "/v1/users/1/",
                                     "/v1/./users",
                                     "/v1/../v1/users",
                                     "/v1/%2e/users",
                                     "/v1/%2e%2e/v1/users",
                                     "/v1/users%2f1",
                                     "/v1%2fusers",
                                     "/v1/users;x=1",
                                     "/V1/users",
                                     "/v1/Users",
                                     "/v1/users.json",
                                     "/v1/user",
                                     "/v1/users/%00",
                                     "/v1/users/%",
                                     "/v1/users/%1",
                                     "/v1/users/%zz",
                                     "/v1/users/%ff",
                                     "/v1/users/%c0%af",
                                     "/v1/users/%ed%a0%80",
                                     "/%c0%ae%c0%ae/v1/users",
                                     "/v1/users/\\..",
                                     "/v1/users/1/2/3/4/5/6/7/8",
                                     "/v1/users/-1",
                                     "/v1/users/+1",
                                     "/v1/users/1%20",
                                     "/v1/users/%201",
                                     "/v1/users/0x1",
                                     "/v1/users/1e0",
                                     "/v1/users/%D9%A1",
                                     "/v1/users/%EF%BC%91",
                                     "/v1/users/00000000001",
                                     "/v1/users/9223372036854775808",
                                     "/v1/users/18446744073709551617",
                                     "/v1/invitations/",
                                     "/v1/invitations/%2e%2e",
                                     "/openapi",
                                     "/.git/config",
                                     "/etc/passwd",
                                     "/v1"}) {
        expect_refused(get(target), {404}, target);
    }
    for (const std::string query : {"?%", "?%1", "?a=%", "?a=%zz", "?a=%ff", "?a=%00", "?%00=a"})
        expect_refused(get("/v1/users" + query), {422}, query);
    for (const std::string target : {"*", "v1/users", "", "?", "x:80"})
        expect_refused(get(target), {400, 404}, target);
    for (const std::string target : {"/v1/users\x01",
                                     "/v1/us\xff"
                                     "ers",
                                     "/v1/users#x", "/v1 /users"})
        expect_refused(get(target), {400}, target);
    // These are other spellings of what is there.
    for (const std::string target : {"/v1/%75sers", "/v1/users?", "/%76%31/users/%31"})
        EXPECT_EQ(get(target).status, 200) << target;
    expect_refused(get("/v1/users?" + std::string(20'000, 'a')), {431}, "a long query");
    expect_refused(get("/" + std::string(20'000, 'a')), {431}, "a long path");
    const auto cursors = {"", "%00", "AAAA", "////", "====", "-", "\xc3\xa9", "AQ", "null"};
    for (const std::string cursor : cursors) {
        for (const auto* list : {"/v1/users", "/v1/accounts", "/v1/activity", "/v1/outbox"}) {
            const auto reply = root_.get(std::string(list) + "?cursor=" + cursor);
            if (reply.status == 200 && cursor.empty()) continue;
            expect_refused(reply, {400, 404, 422}, list + cursor);
        }
    }
}

TEST_F(Hostile, ManyParametersAndOddOnesAreAnswered) {
    std::string many = "/v1/users?";
    for (int n = 0; n < 1500; ++n)
        many += "a=1&";
    expect_refused(root_.get(many), {422}, "many parameters");
    for (const auto* query :
         {"=", "=x", "&", "a", "limit", "limit=1;total=true", "search", "LIMIT=1",
          "limit=%31%31%31%31", "sort=id,name", "order=", "total="}) {
        const auto reply = root_.get(std::string("/v1/users?") + query);
        if (reply.status == 200) continue;  // An empty search finds everyone.
        expect_refused(reply, {422}, query);
    }
    for (const auto* search :
         {"%25", "_", "*", "%27%3B--", "%F0%9F%94%91", "%5C", "18446744073709551616", "-1"}) {
        const auto reply = root_.get(std::string("/v1/users?search=") + search);
        EXPECT_EQ(reply.status, 200) << search << reply;
        EXPECT_EQ(reply.body.at("items"), Json::array()) << search;
    }
    EXPECT_EQ(root_.get("/v1/users?search=" + std::string(8000, 'x')).status, 200);
}

TEST_F(Hostile, GiantAndOddHeadersAreAnswered) {
    const auto get = [&](const std::string& lines) {
        return raw("GET /v1/users HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
    };
    expect_refused(get("X: " + std::string(17'000, 'x') + "\r\n"), {431}, "one long field");
    expect_refused(get("Authorization: Bearer " + std::string(15'000, 'x') + "\r\n"), {401},
                   "a long token");
    expect_refused(get("Cookie: " + std::string(15'000, ';') + "\r\n"), {401}, "empty cookies");
    expect_refused(get("Cookie: muster_session=" + std::string(10'000, 'A') + "\r\n"), {401},
                   "a long cookie");
    std::string many;
    for (int n = 0; n < 200; ++n)
        many += "X-" + std::to_string(n) + ": y\r\n";
    expect_refused(get(many), {400, 431}, "many fields");
    expect_refused(get("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), {400}, "two");
    for (const std::string line :
         {"If-Match: ", "If-Match: \"", "If-Match: \"1", "If-Match: ,,,", "If-Match: 1"}) {
        const auto reply =
            raw("PATCH /v1/settings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + root_.token() +
                "\r\n" + line + "\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n" +
                R"({"client_registration":false})");
        expect_refused(reply, {400, 412}, line);
    }
    for (const auto& agent :
         std::vector<std::string>{"", "\xff\xfe", "<script>", std::string(9000, '\xf0')}) {
        const auto reply =
            nobody_.send("POST", "/v1/sessions?dry_run=true",
                         R"({"email":"ada@example.com","password":")" + good_password + "\"}",
                         "application/json", {{"User-Agent", agent}});
        EXPECT_EQ(reply.status, 200) << reply;
        EXPECT_TRUE(reply.body.is_object());
    }
}

TEST_F(Hostile, BodiesThatWereDamagedOnTheirWayAreAnswered) {
    constexpr unsigned seed = 20260501;
    std::mt19937 random{seed};
    const auto before = before_;
    const auto below = [&](std::size_t end) {
        return std::uniform_int_distribution<std::size_t>{0, end - 1}(random);
    };
    for (int round = 0; round < 2000; ++round) {
        const auto& sample = samples_[below(samples_.size())];
        auto text = sample.body.is_null() ? std::string{"{}"} : sample.body.dump();
        for (auto changes = below(3) + 1; changes > 0; --changes) {
            const auto place = below(text.size());
            switch (below(4)) {
                case 0:
                    text[place] = static_cast<char>(below(256));
                    break;
                case 1:
                    text.erase(place, below(8) + 1);
                    break;
                case 2:
                    text.insert(place, text.substr(below(text.size()), below(20)));
                    break;
                default:
                    text.insert(place, 1, "{}[]\",:\\0-e"[below(11)]);
            }
            if (text.empty()) text = "{";
        }
        const auto reply = sample.who->send(sample.method, sample.path + "?dry_run=true", text,
                                            "application/json");
        ASSERT_TRUE(reply.status == 200 || reply.flaw().empty())
            << "seed " << seed << " round " << round << " " << sample.operation << " " << text
            << reply;
        ASSERT_LT(reply.status, 500) << text;
        ASSERT_GE(reply.status, 200) << text;
    }
    before_ = house_.head();  // Nothing but attempts that failed, and were counted.
    const auto lines = root_.get("/v1/activity?limit=200").body.at("items");
    for (const auto& line : lines) {
        if (line.at("position") <= before.number) break;
        EXPECT_EQ(line.at("type"), "attempts.failed");
    }
}

TEST(Names, AnyTextComesOutAsItWentIn) {
    House house;
    auto ada = house.person("ada");
    auto& root = house.root();
    for (const std::string name :
         {"<script>alert(1)</script>", "\"; DROP TABLE users; --", "&lt;b&gt;", "${7*7}", "{{7*7}}",
          "%s%n", "..\\..\\etc", "O'Brien \\ \"Bob\"", "\u202Egnp.exe",
          "\u0627\u0644\u0639\u0631\u0628", "\U0001F469\u200D\U0001F680", "e\u0301", "x\uFEFFy",
          "=1+1", "null", "0", "\uFFFD", "\U0010FFFF", "\u00C5ngstr\u00F6m"}) {
        const auto changed = ada.patch("/v1/me", {{"first_name", name}});
        ASSERT_EQ(changed.status, 200) << name << changed;
        EXPECT_EQ(changed.body.at("first_name"), name);
        EXPECT_EQ(root.get(user_path(ada.id())).body.at("first_name"), name);
        const auto company = root.patch(account_path(ada.account()), {{"company_name", name}});
        EXPECT_EQ(company.body.at("company_name"), name);
        EXPECT_EQ(company.body.at("name"), name);
        EXPECT_EQ(ada.get("/v1/session").body.at("account").at("name"), name);
        const auto line = root.get("/v1/activity?limit=1");
        EXPECT_TRUE(line.body.at("items")[0].at("text").get<std::string>().contains(name));
        for (const auto* list : {"/v1/users?sort=name", "/v1/accounts?sort=name&limit=1"})
            EXPECT_EQ(root.get(list).status, 200);
    }
    // JSON is JSON to its end: no control character stands in it bare.
    const auto text = root.get("/v1/activity?limit=200").text;
    EXPECT_TRUE(std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; }));
}

}  // namespace muster::http::hostile_test
