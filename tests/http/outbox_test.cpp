// The outbox over HTTP: read by an admin while nothing sends mail, and what became of mail when
// something does.
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "tests/http/house.hpp"

namespace muster::http::outbox_test {

using namespace std::chrono_literals;
using Outcome = MailResult::Outcome;

// A mail server that keeps what it gets, and answers as it is told.
struct PostOffice {
    std::mutex mutex;
    std::vector<OutgoingMail> got;
    MailResult answer{.outcome = Outcome::accepted};

    void answers(const MailResult& result) {
        const std::lock_guard lock{mutex};
        answer = result;
    }
    MailResult take(const OutgoingMail& mail) {
        const std::lock_guard lock{mutex};
        got.push_back(mail);
        return answer;
    }
    // The plain part, its quoted-printable taken out.
    std::string text() {
        const std::lock_guard lock{mutex};
        if (got.empty()) return {};
        const auto& message = got.back().message;
        auto at = message.find("\r\n\r\n", message.find("text/plain")) + 4;
        const auto end = message.find("\r\n--=_", at);
        std::string text;
        for (; at < end; ++at) {
            if (message[at] == '=' && message[at + 1] == '\r') {
                at += 2;
            } else if (message[at] == '=') {
                text.push_back(
                    static_cast<char>(std::stoi(message.substr(at + 1, 2), nullptr, 16)));
                at += 2;
            } else if (message[at] != '\r') {
                text.push_back(message[at]);
            }
        }
        return text;
    }
};

class Line final : public MailTransport {
public:
    explicit Line(PostOffice& office) : office_(office) {}
    MailResult send(const OutgoingMail& mail) override { return office_.take(mail); }
    void close() override {}
    void abort() override {}

private:
    PostOffice& office_;
};

struct Outbox : testing::Test {
    PostOffice office;
    House silent;
    House sending{[this] { return std::make_unique<Line>(office); }};

    static void invite(House& house, const std::string& email) {
        auto ada = house.person("ada", {{"company_name", "Söhne & Co"}});
        EXPECT_EQ(ada.post(account_path(ada.account(), "/invitations"),
                           {{"email", email}, {"permissions", "all"}})
                      .status,
                  201);
    }
    Json newest(House& house) { return house.root().get("/v1/outbox").body.at("items").at(0); }
    Json wait_for(const std::string& state) {
        for (int n = 0; n < 1000; ++n) {
            auto mail = newest(sending);
            if (mail.at("state") == state) return mail;
            std::this_thread::sleep_for(10ms);
        }
        ADD_FAILURE() << "it never was " << state;
        return newest(sending);
    }
    static std::string retry(const Json& mail) {
        return "/v1/outbox/" + std::to_string(mail.at("id").get<std::uint64_t>()) + "/retry";
    }
};

TEST_F(Outbox, WhatIsShownIsWhatWouldBeSent) {
    invite(silent, "bob@example.com");
    const auto shown = newest(silent);
    EXPECT_EQ(shown.at("state"), "pending");
    EXPECT_EQ(shown.at("subject"), "Invitation to Söhne & Co");
    invite(sending, "bob@example.com");
    const auto sent = wait_for("sent");
    EXPECT_EQ(sent.at("subject"), shown.at("subject"));
    EXPECT_EQ(sent.at("tries"), 1);
    EXPECT_EQ(sent.at("last_error"), nullptr);
    // The keys of the two houses differ, and with them the tokens.
    const auto without_token = [](std::string text) {
        const auto at = text.find("/mi_");
        return text.erase(at, text.find('\n', at) - at);
    };
    EXPECT_EQ(without_token(office.text()), without_token(shown.at("text")));
}

TEST_F(Outbox, HasTheLinksForAPasswordAndForAnAddress) {
    auto& root = silent.root();
    ASSERT_EQ(root.patch("/v1/settings", {{"email_verification", true}}).status, 200);
    auto ada = silent.person("ada");
    const auto token_in = [](const Json& mail, const std::string& path) {
        const std::string text = mail.at("text");
        const auto link = "\nhttps://muster.example" + path;
        EXPECT_TRUE(text.contains(link)) << text;
        const auto start = text.find(link) + link.size();
        return text.substr(start, text.find('\n', start) - start);
    };
    const auto verification = newest(silent);
    EXPECT_EQ(verification.at("kind"), "email_verification");
    EXPECT_EQ(verification.at("to"), "ada@example.com");
    EXPECT_EQ(verification.at("subject"), "Confirm your e-mail address");
    const auto verified = ada.post("/v1/email-verifications",
                                   {{"token", token_in(verification, "/email-verifications/")}});
    EXPECT_LT(verified.status, 300) << verified;
    EXPECT_EQ(newest(silent).at("state"), "dropped");

    EXPECT_LT(root.post(user_path(ada.id(), "/password-reset")).status, 300);
    const auto reset = newest(silent);
    EXPECT_EQ(reset.at("kind"), "password_reset");
    EXPECT_EQ(reset.at("state"), "pending");
    EXPECT_EQ(reset.at("subject"), "Choose a new password");
    const auto done =
        silent.visitor().post("/v1/password-resets/" + token_in(reset, "/password-resets/"),
                              {{"password", "another good password"}});
    EXPECT_LT(done.status, 300) << done;
    EXPECT_EQ(newest(silent).at("state"), "dropped");
}

TEST_F(Outbox, ShowsNoLinksOnceMailIsSent) {
    office.answers({Outcome::refused_for_good, MailTrouble::recipient_refused, 550});
    invite(sending, "bob@example.com");
    const auto dead = wait_for("dead");
    EXPECT_FALSE(dead.contains("text"));
    EXPECT_FALSE(sending.root().get("/v1/outbox").text.contains("mi_"));
}

TEST_F(Outbox, TheLanguageIsTheReaders) {
    auto bob = silent.person("bob");
    EXPECT_EQ(bob.patch("/v1/me", {{"language", "de-CH"}}).status, 200);
    invite(silent, "BOB@example.com");
    EXPECT_EQ(newest(silent).at("subject"), "Einladung zu Söhne & Co");
}

TEST_F(Outbox, WhatFailedIsToldInOurWordsAndTriedAgainWhenAskedTo) {
    office.answers({Outcome::refused_for_now, MailTrouble::recipient_refused, 450});
    invite(sending, "bob@example.com");
    const auto failed = wait_for("failed");
    EXPECT_EQ(failed.at("last_error"), "The mail server refuses the recipient (450).");
    EXPECT_EQ(failed.at("tries"), 1);
    auto& root = sending.root();
    EXPECT_EQ(root.get("/v1/outbox?state=failed").body.at("items"), Json::array({failed}));
    EXPECT_EQ(root.get("/v1/outbox?state=sent").body.at("items"), Json::array());
    office.answers({.outcome = Outcome::accepted});
    const auto retried = root.post(retry(failed));
    EXPECT_EQ(retried.status, 200) << retried;
    EXPECT_EQ(retried.body.at("id"), failed.at("id"));
    EXPECT_GT(retried.position(), 0U);
    const auto sent = wait_for("sent");
    EXPECT_EQ(sent.at("tries"), 2);
    EXPECT_EQ(root.post(retry(failed)).code(), "mail.sent");
    const auto activity = root.get("/v1/activity?type=mail.requeued").body.at("items").at(0);
    EXPECT_EQ(activity.at("actor").at("name"), "Root");
}

TEST_F(Outbox, WhatLeadsNowhereIsNotSentAgain) {
    auto ada = silent.person("ada");
    const auto path = account_path(ada.account(), "/invitations");
    const auto sent = ada.post(path, {{"email", "bob@example.com"}, {"permissions", "all"}});
    const auto invitation = sent.body.at("id").get<std::uint64_t>();
    EXPECT_EQ(silent.root().post(retry(newest(silent))).body.at("state"), "pending");
    EXPECT_EQ(ada.del(path + "/" + std::to_string(invitation)).status, 204);
    EXPECT_EQ(newest(silent).at("state"), "dropped");
    EXPECT_EQ(silent.root().post(retry(newest(silent))).code(), "mail.link_dead");
    EXPECT_EQ(silent.root().get("/v1/outbox?state=dropped").body.at("items").size(), 1U);
    EXPECT_EQ(silent.root().get("/v1/outbox?state=pending").body.at("items").size(), 0U);
    EXPECT_EQ(silent.root().get("/v1/outbox?state=lost").code(), "request.invalid");
}

TEST_F(Outbox, ADryRunOfARetryShowsWhatWouldBeWritten) {
    office.answers({Outcome::refused_for_good, MailTrouble::message_refused, 554});
    invite(sending, "bob@example.com");
    const auto dead = wait_for("dead");
    const auto shown = sending.root().post(retry(dead) + "?dry_run=true");
    EXPECT_EQ(shown.body.at("events").at(0).at("type"), "mail.requeued");
    EXPECT_EQ(shown.body.at("events").at(0).at("streams"),
              Json::array({"mail-" + std::to_string(dead.at("id").get<std::uint64_t>())}));
    EXPECT_EQ(newest(sending).at("state"), "dead");
}

}  // namespace muster::http::outbox_test
