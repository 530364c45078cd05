// Mail by a real SMTP server (smtp_server.py): what arrives, how it got there, and what becomes of
// it when the server refuses, is down, or Muster is killed in between.
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <signal.h>

#include "tests/tools/server.hpp"

namespace muster::tools::mail_test {

using namespace std::chrono_literals;
using nlohmann::json;

// The mail server.
class Server {
public:
    Server(const fs::path& folder, const std::string& options = {}, int port = 0)
        : folder_(folder),
          child_({"/usr/bin/env", "sh", "-c",
                  fmt::format("exec /usr/bin/python3 {}/tests/tools/smtp_server.py {} --port {} {}",
                              MUSTER_SOURCE_DIR, folder.native(), port, options)},
                 folder / "server") {
        wait_until([&] { return child_.output().contains('\n') || child_.ended(); });
        port_ = std::atoi(child_.output().c_str());
        EXPECT_GT(port_, 0) << child_.output();
    }
    int port() const { return port_; }
    std::vector<json> taken() const { return lines_of(content_of(folder_ / "taken")); }
    json taken_for(const std::string& recipient) const {
        for (const auto& mail : taken()) {
            if (mail.at("rcpt_to").at(0) == recipient) return mail;
        }
        return nullptr;
    }
    void stop() { child_.end(SIGKILL); }

private:
    fs::path folder_;
    Child child_;
    int port_{};
};

// Muster, with Ada, who owns Acme.
class Muster : public Serving {
public:
    Muster(const fs::path& folder, std::vector<std::string> options,
           const std::map<std::string, std::string>& variables = {})
        : Serving(folder / "data", with_url(std::move(options)), variables) {}

    json post(const std::string& path, const json& body, const std::string& token = {}) const {
        return call("POST", path, body.dump(), token);
    }
    json get(const std::string& path, const std::string& token = {}) const {
        return call("GET", path, "", token);
    }
    // The first admin and Ada; later the same again.
    void set_up() {
        const auto setup = setup_token();
        const std::string password = "a long pass phrase";
        if (setup.empty()) {
            admin = post("/v1/admin/sessions", {{"email", "r@x.example"}, {"password", password}})
                        .at("token");
            ada = post("/v1/sessions", {{"email", "ada@x.example"}, {"password", password}})
                      .at("token");
            return;
        }
        admin = post("/v1/setup", {{"token", setup},
                                   {"name", "Root"},
                                   {"email", "r@x.example"},
                                   {"password", password}})
                    .at("token");
        ada = post("/v1/registrations", {{"first_name", "Ada"},
                                         {"last_name", "Löwe"},
                                         {"email", "ada@x.example"},
                                         {"password", password},
                                         {"account", {{"company_name", "Söhne & <b>Co</b>"}}}})
                  .at("token");
    }
    void invite(const std::string& email) const {
        const auto sent =
            post("/v1/accounts/1/invitations", {{"email", email}, {"permissions", "all"}}, ada);
        EXPECT_TRUE(sent.contains("id")) << sent;
    }
    json mail_to(const std::string& email) const {
        const auto outbox = get("/v1/outbox?limit=200", admin);
        for (const auto& mail : outbox.at("items")) {
            if (mail.at("to") == email) return mail;
        }
        return nullptr;
    }
    // Waits until the mail has this state.
    json wait_for(const std::string& email, const std::string& state) const {
        const auto has = [&] { return mail_to(email).value("state", "") == state; };
        EXPECT_TRUE(wait_until(has)) << email << " is not " << state << ": " << mail_to(email);
        return mail_to(email);
    }

    std::string admin, ada;

private:
    static std::vector<std::string> with_url(std::vector<std::string> options) {
        options.insert(options.end(), {"--public-url", "https://accounts.example.com"});
        return options;
    }
    json call(const std::string& method, const std::string& path, const std::string& body,
              const std::string& token) const {
        httplib::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        if (!body.empty()) request.headers.emplace("Content-Type", "application/json");
        if (!token.empty()) request.headers.emplace("Authorization", "Bearer " + token);
        const auto result = client().send(request);
        return result ? json::parse(result->body, nullptr, false) : json{};
    }
};

struct Mailing : testing::Test {
    TemporaryFolder folder;

    std::string url(const Server& server, const std::string& user = {}, bool tls = false) const {
        return fmt::format("smtp://{}127.0.0.1:{}{}", user.empty() ? "" : user + "@", server.port(),
                           tls ? "?tls=required" : "");
    }
    // A certificate for 127.0.0.1 and its key, in one file.
    fs::path certificate() const {
        const auto file = folder.path() / "certificate.pem";
        const auto made = shell(fmt::format(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
            "-subj /CN=mail.example -addext subjectAltName=IP:127.0.0.1 -keyout {0} -out {0}.crt "
            "&& cat {0}.crt >>{0}",
            file.native()));
        EXPECT_EQ(made.status, 0) << made.err;
        return file;
    }
    static std::string retry(const json& mail) {
        return fmt::format("/v1/outbox/{}/retry", mail.at("id").get<std::uint64_t>());
    }
};

TEST_F(Mailing, AnInvitationArrivesAsWritten) {
    const Server server{folder.path()};
    Muster muster{folder.path(),
                  {"--smtp", url(server), "--mail-from", "Müller & Co <no-reply@müller.example>"}};
    muster.set_up();
    muster.invite("Bob@Example.com");
    const auto shown = muster.wait_for("Bob@Example.com", "sent");
    EXPECT_EQ(shown.at("tries"), 1);
    EXPECT_FALSE(shown.contains("text"));
    const auto mail = server.taken_for("Bob@example.com");
    ASSERT_TRUE(mail.is_object());
    EXPECT_EQ(mail.at("mail_from"), "no-reply@xn--mller-kva.example");
    EXPECT_EQ(mail.at("from"), "Müller & Co <no-reply@xn--mller-kva.example>");
    EXPECT_EQ(mail.at("to"), "Bob@example.com");
    EXPECT_EQ(mail.at("subject"), "Invitation to Söhne & <b>Co</b>");
    EXPECT_EQ(mail.at("subject"), shown.at("subject"));
    EXPECT_EQ(mail.at("auto_submitted"), "auto-generated");
    EXPECT_EQ(mail.at("language"), "en");
    EXPECT_EQ(mail.at("type"), "multipart/alternative");
    EXPECT_EQ(mail.at("headers"), 9);
    EXPECT_EQ(mail.at("defects"), json::array());
    EXPECT_EQ(mail.at("bare_line_ends"), false);
    EXPECT_LE(mail.at("longest_line"), 78);
    EXPECT_EQ(mail.at("name"), "accounts.example.com");
    EXPECT_TRUE(mail.at("message_id").get<std::string>().ends_with("@accounts.example.com>"));
    const std::string text = mail.at("text"), html = mail.at("html");
    EXPECT_TRUE(text.starts_with(
        "Ada Löwe invites you to the account Söhne & <b>Co</b> on accounts.example.com.\n"))
        << text;
    EXPECT_TRUE(html.contains("Söhne &amp; &lt;b&gt;Co&lt;/b&gt;")) << html;
    const std::string before = "\nhttps://accounts.example.com/invitations/";
    const auto at = text.find(before) + before.size();
    const auto token = text.substr(at, text.find('\n', at) - at);
    EXPECT_TRUE(html.contains("<a href=\"" + before.substr(1) + token + "\">")) << html;
    EXPECT_EQ(muster.get("/v1/invitations/" + token).at("account_name"), "Söhne & <b>Co</b>");
    EXPECT_EQ(muster.end(SIGTERM), 0) << muster.output();
}

TEST_F(Mailing, RefusalsAreToldAsCodesAndHoldUpNobody) {
    const Server server{folder.path()};
    Muster muster{folder.path(), {"--smtp", url(server)}};
    muster.set_up();
    for (const auto* name : {"busy", "nobody", "spam", "bob", "eve"})
        muster.invite(std::string(name) + "@example.com");
    muster.invite("Jürgen@müller.example");
    const auto busy = muster.wait_for("busy@example.com", "failed");
    EXPECT_EQ(busy.at("last_error"), "The mail server refuses the recipient (450).");
    const auto nobody = muster.wait_for("nobody@example.com", "dead");
    EXPECT_EQ(nobody.at("last_error"), "The mail server refuses the recipient (550).");
    const auto spam = muster.wait_for("spam@example.com", "dead");
    EXPECT_EQ(spam.at("last_error"), "The mail server refuses the message (554).");
    muster.wait_for("bob@example.com", "sent");
    muster.wait_for("eve@example.com", "sent");
    muster.wait_for("Jürgen@müller.example", "sent");
    // RFC 6531.
    EXPECT_EQ(server.taken_for("Jürgen@xn--mller-kva.example").at("smtputf8"), true);
    EXPECT_EQ(server.taken_for("bob@example.com").at("smtputf8"), false);
    EXPECT_EQ(muster.post(retry(nobody), json::object(), muster.admin).at("state"), "pending");
    EXPECT_TRUE(wait_until(
        [&] { return muster.mail_to("nobody@example.com").at("tries").get<int>() == 2; }));
    const auto bob = muster.mail_to("bob@example.com");
    EXPECT_EQ(muster.post(retry(bob), json::object(), muster.admin).at("code"), "mail.sent");
    EXPECT_EQ(muster.end(SIGTERM), 0);
    EXPECT_EQ(tools::muster("audit", folder.path() / "data").status, 0);
    // No event quotes what the server said.
    EXPECT_FALSE(tools::muster("log", folder.path() / "data").out.contains("no such mailbox"));
}

TEST_F(Mailing, ManyMailsShareFewConnections) {
    const Server server{folder.path()};
    Muster muster{folder.path(), {"--smtp", url(server), "--smtp-connections", "1"}};
    muster.set_up();
    for (int n = 0; n < 8; ++n)
        muster.invite(fmt::format("user{}@example.com", n));
    for (int n = 0; n < 8; ++n)
        muster.wait_for(fmt::format("user{}@example.com", n), "sent");
    std::set<int> peers;
    for (const auto& mail : server.taken())
        peers.insert(mail.at("peer").get<int>());
    EXPECT_EQ(server.taken().size(), 8U);
    EXPECT_EQ(peers.size(), 1U);
}

TEST_F(Mailing, StartTlsAndAPasswordThatIsShownNowhere) {
    const auto pem = certificate();
    const Server server{folder.path(),
                        "--certificate " + pem.native() + " --login muster:s3cr3t-of-ours"};
    const std::vector<std::string> options{"--smtp", url(server, "muster", true), "--smtp-ca",
                                           pem.native() + ".crt"};
    {
        Muster muster{folder.path(), options, {{"MUSTER_SMTP_PASSWORD", "not-the-s3cr3t"}}};
        muster.set_up();
        muster.invite("bob@example.com");
        const auto failed = muster.wait_for("bob@example.com", "failed");
        EXPECT_EQ(failed.at("last_error"),
                  "The mail server does not take our user name and password (535).");
        EXPECT_FALSE(muster.output().contains("s3cr3t"));
    }
    Muster muster{folder.path(), options, {{"MUSTER_SMTP_PASSWORD", "s3cr3t-of-ours"}}};
    muster.set_up();
    const auto failed = muster.mail_to("bob@example.com");
    EXPECT_FALSE(muster.post(retry(failed), json::object(), muster.admin).contains("code"));
    muster.wait_for("bob@example.com", "sent");
    const auto mail = server.taken_for("bob@example.com");
    EXPECT_EQ(mail.at("tls"), true);
    EXPECT_EQ(mail.at("login"), "muster");
    EXPECT_FALSE(muster.get("/v1/outbox", muster.admin).dump().contains("s3cr3t"));
    EXPECT_EQ(muster.end(SIGTERM), 0);
    EXPECT_FALSE(muster.output().contains("s3cr3t")) << muster.output();
    EXPECT_FALSE(tools::muster("log", folder.path() / "data").out.contains("s3cr3t"));
}

TEST_F(Mailing, TlsFromTheStart) {
    const auto pem = certificate();
    const Server server{folder.path(), "--smtps --certificate " + pem.native()};
    Muster muster{folder.path(),
                  {"--smtp", fmt::format("smtps://127.0.0.1:{}", server.port()), "--smtp-ca",
                   pem.native() + ".crt"}};
    muster.set_up();
    muster.invite("bob@example.com");
    muster.wait_for("bob@example.com", "sent");
    EXPECT_EQ(server.taken_for("bob@example.com").at("tls"), true);
}

TEST_F(Mailing, WithoutATrustedConnectionNothingIsSent) {
    const auto pem = certificate();
    const Server trusted_by_nobody{folder.path(), "--certificate " + pem.native()};
    fs::create_directory(folder.path() / "plain");
    const Server plain{folder.path() / "plain"};
    int n = 0;
    for (const auto* server : {&trusted_by_nobody, &plain}) {
        fs::create_directory(folder.path() / std::to_string(++n));
        Muster muster{folder.path() / std::to_string(n), {"--smtp", url(*server, {}, true)}};
        muster.set_up();
        muster.invite("bob@example.com");
        const auto failed = muster.wait_for("bob@example.com", "failed");
        EXPECT_EQ(failed.at("last_error"), "There is no secure connection to the mail server.");
        EXPECT_EQ(server->taken().size(), 0U);
    }
}

TEST_F(Mailing, AServerThatIsDownIsTriedAgain) {
    auto server = std::make_unique<Server>(folder.path());
    const auto port = server->port();
    const auto smtp = url(*server);
    server.reset();
    {
        Muster muster{folder.path(), {"--smtp", smtp}};
        muster.set_up();
        muster.invite("bob@example.com");
        const auto failed = muster.wait_for("bob@example.com", "failed");
        EXPECT_EQ(failed.at("last_error"), "The mail server cannot be reached.");
        EXPECT_EQ(muster.end(SIGTERM), 0);
    }
    const Server back{folder.path(), {}, port};
    Muster muster{folder.path(), {"--smtp", smtp, "--clock-offset", "90"}};
    muster.set_up();
    EXPECT_EQ(muster.wait_for("bob@example.com", "sent").at("tries"), 2);
    EXPECT_EQ(back.taken().size(), 1U);
}

TEST_F(Mailing, AKillAfterTheServerTookItRepeatsItWithTheSameMessageId) {
    const Server server{folder.path()};
    {
        Muster muster{folder.path(), {"--smtp", url(server)}};
        muster.set_up();
        write_content(folder.path() / "victim", std::to_string(muster.pid()));
        muster.invite("kill@example.com");
        ASSERT_TRUE(wait_until([&] { return muster.ended(); }));
        EXPECT_TRUE(WIFSIGNALED(muster.end(SIGKILL)));
    }
    ASSERT_EQ(server.taken().size(), 1U);
    Muster muster{folder.path(), {"--smtp", url(server)}};
    muster.set_up();
    EXPECT_EQ(muster.wait_for("kill@example.com", "sent").at("tries"), 1);
    const auto taken = server.taken();
    ASSERT_EQ(taken.size(), 2U);
    for (const auto* same : {"message_id", "text", "html", "date"})
        EXPECT_EQ(taken[0].at(same), taken[1].at(same));
    // And no third time.
    EXPECT_EQ(muster.end(SIGTERM), 0);
    Muster again{folder.path(), {"--smtp", url(server)}};
    again.set_up();
    again.invite("bob@example.com");
    again.wait_for("bob@example.com", "sent");
    EXPECT_EQ(server.taken().size(), 3U);
}

TEST_F(Mailing, WhatWaitedForAServerIsSentWhereItsLinkIsAlive) {
    const Server server{folder.path()};
    {
        Muster muster{folder.path(), {}};
        muster.set_up();
        muster.invite("gone@example.com");
        muster.invite("bob@example.com");
        EXPECT_TRUE(muster.mail_to("bob@example.com").contains("text"));
        httplib::Client client{"127.0.0.1", muster.port()};
        client.set_bearer_token_auth(muster.ada);
        EXPECT_EQ(client.Delete("/v1/accounts/1/invitations/1")->status, 204);
        EXPECT_EQ(muster.end(SIGTERM), 0);
    }
    Muster muster{folder.path(), {"--smtp", url(server)}};
    muster.set_up();
    muster.wait_for("bob@example.com", "sent");
    EXPECT_EQ(muster.mail_to("gone@example.com").at("state"), "dropped");
    EXPECT_EQ(server.taken().size(), 1U);
}

TEST_F(Mailing, AServerThatHangsDoesNotHoldUpTheEnd) {
    const Server server{folder.path()};
    Muster muster{folder.path(), {"--smtp", url(server)}};
    muster.set_up();
    muster.invite("slow@example.com");
    std::this_thread::sleep_for(500ms);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(muster.end(SIGTERM), 0) << muster.output();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 12s);
}

TEST_F(Mailing, WrongSettingsAreRefusedAndNotRepeated) {
    const auto data = folder.path() / "data";
    const auto refused = [&](const std::string& options, const std::string& variables = {}) {
        const auto ran = shell(fmt::format("{} timeout 20 {} serve --data {} {}", variables,
                                           MUSTER_PROGRAM, data.native(), options));
        EXPECT_EQ(ran.status, 2) << options << ran.err;
        EXPECT_FALSE((ran.out + ran.err).contains("s3cr3t")) << ran.err;
        EXPECT_FALSE(fs::exists(data));
    };
    for (const auto* url :
         {"mail.example.com", "http://user:s3cr3t@mail.example.com", "smtp://", "smtp://x:s3cr3t@",
          "smtp://mail.example.com/s3cr3t", "smtp://mail.example.com#s3cr3t",
          "smtp://mail.example.com?s3cr3t", "smtp://mail.example.com:99999",
          "smtps://mail.example.com?tls=off", "smtp://user@mail.example.com",
          "smtp://:s3cr3t@mail.example.com", "smtp://user:s3cr3t@mail.example.com?tls=off"})
        refused(fmt::format("--smtp '{}'", url));
    refused("--smtp smtp://user@mail.example.com --smtp-password s3cr3t");
    refused("--smtp smtp://user@mail.example.com --smtp-password=s3cr3t");
    refused("--smtp smtp://mail.example.com", "MUSTER_SMTP_PASSWORD=s3cr3t");
    refused("--smtp smtp://mail.example.com --smtp-ca /nowhere");
    refused("--smtp smtp://mail.example.com --smtp-connections 5");
    refused("--smtp smtp://mail.example.com --smtp-connections 0");
    refused("--smtp smtp://mail.example.com --mail-from nobody");
}

TEST_F(Mailing, ThePasswordMayStandInTheFile) {
    const auto pem = certificate();
    const Server server{folder.path(),
                        "--certificate " + pem.native() + " --login muster:s3cr3t-of-ours"};
    const auto file = folder.path() / "muster.toml";
    write_content(file, fmt::format("[serve]\nsmtp = \"{}\"\nsmtp-password = \"s3cr3t-of-ours\"\n"
                                    "smtp-ca = \"{}.crt\"\nmail-from = \"a@b.example\"\n",
                                    url(server, "muster", true), pem.native()));
    Muster muster{folder.path(), {"--config", file.native()}};
    muster.set_up();
    muster.invite("bob@example.com");
    muster.wait_for("bob@example.com", "sent");
    EXPECT_EQ(server.taken_for("bob@example.com").at("mail_from"), "a@b.example");
}

}  // namespace muster::tools::mail_test
