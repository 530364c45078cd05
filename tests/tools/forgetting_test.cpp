// Rule X18, on files: what was known of a deleted person is in none of them any more, and what was
// signed before still holds.
#include "events/forgotten.hpp"
#include "tests/tools/server.hpp"

namespace muster::tools::forgetting_test {

using nlohmann::json;

constexpr auto a_minute = 60s;

// Words that stand nowhere but where somebody gave them.
const std::vector<std::string> canaries{
    "Zaphira",        "Quillfeather",       "Oldquill",       "zaphira@quill.example",
    "before.quill@",  "+49 30 5550199",     "Quillworks",     "Featherstreet 7",
    "Otto Inkwell",   "otto@inkwell.test",  "My dear canary", "Nibs and parchment",
    "Vellum account", "old.quill@inks.test"};

// Where any of the words stands in a file, plainly.
std::vector<std::string> places_of(const std::vector<std::string>& words, const fs::path& folder) {
    std::vector<std::string> places;
    std::error_code gone;  // Files come and go while a server runs.
    for (fs::recursive_directory_iterator at{folder, gone}, end; !gone && at != end;
         at.increment(gone)) {
        if (!at->is_regular_file(gone)) continue;
        const auto content = content_of(at->path());
        for (const auto& word : words) {
            if (content.contains(word)) places.push_back(at->path().native() + ": " + word);
        }
    }
    return places;
}

class Forgetting : public testing::Test {
protected:
    Forgetting() {
        EXPECT_EQ(muster("admin create --email keeper@example.net --name Kay --password-stdin",
                         data(), std::string{Server::password} + "\n")
                      .status,
                  0);
        start();
    }
    void start(std::string_view keeper = "keeper@example.net") {
        server_.emplace(data());
        client_.emplace(server_->client());
        if (!token_.empty()) keeper_ = token_;
        token_ = server_->sign_in(keeper);
    }
    // The token of the one who kept it before the last start.
    const std::string& keeper() const { return keeper_; }
    std::string sign_in_as(const std::string& email) {
        const auto set =
            client_->Put(fmt::format("/v1/users/{}/password", zaphira_), as(token_),
                         json{{"password", Server::password}}.dump(), "application/json");
        EXPECT_TRUE(set && set->status == 204) << (set ? set->body : "");
        return post("/v1/sessions", {{"email", email}, {"password", Server::password}})["token"];
    }
    void stop() {
        ASSERT_TRUE(WIFEXITED(server_->stop()));
        output_ += server_->output();
        client_.reset();
        server_.reset();
    }
    void kill() {
        server_->kill();
        output_ += server_->output();
        client_.reset();
        server_.reset();
    }
    std::string output() const { return output_ + (server_ ? server_->output() : ""); }

    json post(const std::string& path, const json& body) {
        const auto answer = client_->Post(path, as(token_), body.dump(), "application/json");
        EXPECT_TRUE(answer && answer->status < 300) << path << (answer ? answer->body : "");
        return answer ? json::parse(answer->body) : json{};
    }
    void patch(const std::string& path, const json& body) {
        const auto answer = client_->Patch(path, as(token_), body.dump(), "application/json");
        EXPECT_TRUE(answer && answer->status == 200) << path << (answer ? answer->body : "");
    }
    std::string text(const std::string& path) {
        const auto answer = client_->Get(path, as(token_));
        EXPECT_TRUE(answer && answer->status == 200) << path << (answer ? answer->body : "");
        return answer ? answer->body : "";
    }
    int status(const std::string& path) { return status(path, token_); }
    int status(const std::string& path, const std::string& token) {
        const auto answer = client_->Get(path, as(token));
        return answer ? answer->status : 0;
    }
    // Its code.
    std::string refusal_of(const std::string& path, const json& body) {
        const auto answer = client_->Patch(path, as(token_), body.dump(), "application/json");
        return answer ? json::parse(answer->body).value("code", "") : "";
    }
    void remove(const std::string& path) {
        const auto answer = client_->Delete(path, as(token_));
        EXPECT_TRUE(answer && answer->status == 204) << path << (answer ? answer->body : "");
    }

    // Zaphira with an account, a former name and a former address, a contact and a ticket; asked
    // into Bob's account, by both addresses, and by Bob's account once more, as nobody yet.
    void tell_of_zaphira() {
        const auto opened = post("/v1/accounts", {{"first_name", "Zaphira"},
                                                  {"last_name", "Oldquill"},
                                                  {"email", "before.quill@example.com"},
                                                  {"company_name", "Quillworks"},
                                                  {"phone", "+49 30 5550199"},
                                                  {"address1", "Featherstreet 7"},
                                                  {"notes", "Vellum account"}});
        zaphira_ = opened["owner"]["id"];
        account_ = opened["account"]["id"];
        const auto user = fmt::format("/v1/users/{}", zaphira_);
        patch(user, {{"last_name", "Quillfeather"}, {"email", "zaphira@quill.example"}});
        const auto account = fmt::format("/v1/accounts/{}", account_);
        post(account + "/contacts",
             {{"first_name", "Otto Inkwell"}, {"email", "otto@inkwell.test"}});
        post(account + "/tickets",
             {{"subject", "Nibs and parchment"}, {"message", "My dear canary"}});
        post(account + "/invitations",
             {{"email", "old.quill@inks.test"}, {"permissions", {"tickets"}}});

        const auto bobs = post("/v1/accounts", {{"first_name", "Bob"},
                                                {"last_name", "Bystander"},
                                                {"email", "bob.bystander@example.com"},
                                                {"company_name", "Bystanders"}});
        bob_ = bobs["owner"]["id"];
        bobs_ = fmt::format("/v1/accounts/{}", std::uint64_t{bobs["account"]["id"]});
        for (const auto* email : {"zaphira@quill.example", "before.quill@example.com"})
            post(bobs_ + "/invitations", {{"email", email}, {"permissions", {"tickets"}}});
        post(bobs_ + "/invitations",
             {{"email", "carol.stays@example.com"}, {"permissions", {"tickets"}}});
        checkpoint_ = text("/v1/log/checkpoint");
        write_content(folder_.path() / "key", text("/v1/log/key"));
        write_content(folder_.path() / "checkpoint", checkpoint_);
    }
    // Its path. In Bob's account, which stays.
    std::string add_another_contact() {
        const auto contacts = bobs_ + "/contacts";
        const auto added = post(contacts, {{"first_name", "Nib"}, {"email", "nib@ink.test"}});
        return fmt::format("{}/{}", contacts, std::uint64_t{added["id"]});
    }
    // There, too.
    std::uint64_t open_another_ticket() {
        return post(bobs_ + "/tickets", {{"subject", "Hm"}, {"message", "Aha"}})["id"];
    }
    void delete_zaphira() {
        remove(fmt::format("/v1/accounts/{}", account_));
        remove(fmt::format("/v1/users/{}", zaphira_));
    }
    void expect_forgotten(std::ptrdiff_t others = 0) {
        // Zaphira, her account, contact and ticket, and three invitations: behind the heading.
        const auto lines = 8 + others;
        EXPECT_TRUE(wait_until(
            [&] { return std::ranges::count(content_of(data() / "forgotten"), '\n') >= lines; },
            a_minute));
        std::vector<std::string> places;
        EXPECT_TRUE(
            wait_until([&] { return (places = places_of(canaries, data())).empty(); }, a_minute))
            << testing::PrintToString(places);
        EXPECT_TRUE(places_of(canaries, folder_.path() / "backups").empty());
        for (const auto& word : canaries)
            EXPECT_FALSE(output().contains(word)) << word;
    }
    // What others are told, and what they know of themselves.
    void expect_told() {
        EXPECT_TRUE(
            text("/v1/activity?limit=100").contains(fmt::format("deleted user #{}", zaphira_)));
        EXPECT_TRUE(text(fmt::format("/v1/users/{}", bob_)).contains("Bystander"));
        json invitations;
        EXPECT_TRUE(wait_until(
            [&] {
                invitations = json::parse(text(bobs_ + "/invitations?status=all"))["items"];
                return invitations.size() == 1;
            },
            a_minute))
            << invitations;
        EXPECT_EQ(invitations[0]["email"], "carol.stays@example.com");
        EXPECT_EQ(invitations[0]["status"], "pending");
    }
    void expect_proven() const {
        const auto audited = muster(
            fmt::format("audit --checkpoint {} --key {}", (folder_.path() / "checkpoint").native(),
                        (folder_.path() / "key").native()),
            data());
        EXPECT_EQ(audited.status, 0) << audited.out << audited.err;
    }
    // The seeds of their keys, as the vault has them.
    std::vector<std::string> seeds() const {
        const auto folder = DataFolder::open(data(), DataFolder::Open::existing);
        const auto log = open_rocks_log(folder->log(), folder->head());
        std::vector<std::string> all;
        for (const auto& subject :
             {Subject{SubjectKind::user, zaphira_}, Subject{SubjectKind::account, account_}})
            all.push_back((*log)->vault(vault_key(subject)).value().value());
        return all;
    }

    // Of a folder that nobody serves.
    std::string check_value() const {
        return DataFolder::open(data(), DataFolder::Open::reading)->keys().check_value();
    }
    std::expected<std::vector<Forgotten>, Fault> read_ledger(const std::string& check) const {
        return read_forgotten(data() / "forgotten", check);
    }
    std::uint64_t zaphira() const { return zaphira_; }
    fs::path data() const { return folder_.path() / "served" / "data"; }
    fs::path path(const std::string& name) const { return folder_.path() / name; }

    TemporaryFolder folder_;
    std::uint64_t account_{};

private:
    std::optional<Server> server_;
    std::optional<httplib::Client> client_;
    std::string token_, keeper_, output_, checkpoint_, bobs_;
    std::uint64_t zaphira_{}, bob_{};
};

TEST_F(Forgetting, NothingOfADeletedPersonIsInAnyFile) {  // Rule X18.
    tell_of_zaphira();
    stop();  // So that it is in tables, too.
    start();
    EXPECT_FALSE(places_of(canaries, data()).empty());  // The views lie in plain text.
    stop();
    const auto keys = seeds();
    EXPECT_FALSE(places_of({keys[0]}, data()).empty());
    start();

    delete_zaphira();
    expect_forgotten();
    EXPECT_TRUE(wait_until([&] { return places_of(keys, data()).empty(); }, a_minute));
    expect_told();
    stop();
    EXPECT_TRUE(places_of(canaries, data()).empty());
    EXPECT_TRUE(places_of(keys, data()).empty());
    expect_proven();
    // Zaphira, her account, contact and ticket, and the three invitations, once or more.
    const auto ledger = read_ledger(check_value());
    ASSERT_TRUE(ledger);
    EXPECT_EQ(ledger->size(), 7U);
}

TEST_F(Forgetting, AKillPutsItOffToTheNextStart) {  // Rule X18.
    tell_of_zaphira();
    stop();
    start();
    delete_zaphira();
    kill();
    start();
    expect_forgotten();
    expect_told();
    stop();
    expect_proven();
}

// The rows of a view that is being built have what they were built from until it comes to the
// deletion.
TEST_F(Forgetting, AViewThatIsBeingBuiltForgetsWhenItHasCaughtUp) {  // Rule X18.
    tell_of_zaphira();
    for (int n = 0; n < 400; ++n) {
        post("/v1/accounts", {{"first_name", "Some"},
                              {"last_name", "Body"},
                              {"email", fmt::format("somebody.{}@example.com", n)}});
    }
    const auto rebuild = std::string{"/v1/projections/contacts/rebuild"};
    post(rebuild, {{"events_per_second", 200}});
    const auto position = [&] { return json::parse(text(rebuild)).value("position", 0); };
    EXPECT_TRUE(wait_until([&] { return position() >= 256; }));
    remove(fmt::format("/v1/accounts/{}/contacts/1", account_));
    EXPECT_LT(position(), 800);
    EXPECT_TRUE(wait_until([&] { return status(rebuild) == 404; }));  // It is built.
    EXPECT_TRUE(
        wait_until([&] { return places_of({"Otto Inkwell", "otto@inkwell.test"}, data()).empty(); },
                   a_minute));
}

// Twice in a row: the second deletion comes while the files of the first are written anew.
TEST_F(Forgetting, WhoeverIsDeletedMeanwhileIsForgottenToo) {  // Rule X18.
    tell_of_zaphira();
    const auto next = post(
        "/v1/accounts",
        {{"first_name", "Ysolde"}, {"last_name", "Otherquill"}, {"email", "ysolde@quill.example"}});
    delete_zaphira();
    const auto nothing =
        post("/v1/accounts",
             {{"first_name", "Later"}, {"last_name", "Somebody"}, {"email", "later@example.com"}});
    remove(fmt::format("/v1/accounts/{}", std::uint64_t{next["account"]["id"]}));
    remove(fmt::format("/v1/users/{}", std::uint64_t{next["owner"]["id"]}));
    expect_forgotten();
    EXPECT_TRUE(wait_until(
        [&] { return places_of({"Ysolde", "Otherquill", "ysolde@"}, data()).empty(); }, a_minute));
    EXPECT_TRUE(text(fmt::format("/v1/users/{}", std::uint64_t{nothing["owner"]["id"]}))
                    .contains("Somebody"));
}

TEST_F(Forgetting, WhatABackupStillKnewIsForgottenAgain) {  // Rule X18.
    tell_of_zaphira();
    const auto ticket = fmt::format("/v1/tickets/{}", open_another_ticket());
    const auto contact = add_another_contact();
    const auto backup = path("saved");
    ASSERT_EQ(muster(fmt::format("backup --to {}", backup.native()), data()).status, 0);
    remove(ticket);
    remove(contact);
    delete_zaphira();
    expect_forgotten(2);
    stop();
    EXPECT_FALSE(places_of(canaries, backup).empty());  // Until somebody deletes it.

    const auto ledger = path("ledger");
    fs::copy_file(data() / "forgotten", ledger);
    fs::remove_all(data());
    const auto without =
        shell(fmt::format("{} restore --from {} --data {} --forgotten {}", MUSTER_PROGRAM,
                          backup.native(), data().native(), path("none").native()));
    EXPECT_EQ(without.status, 2) << without.err;
    EXPECT_FALSE(fs::exists(data()));
    const auto restored =
        shell(fmt::format("{} restore --json --from {} --data {} --forgotten {}", MUSTER_PROGRAM,
                          backup.native(), data().native(), ledger.native()));
    ASSERT_EQ(restored.status, 0) << restored.err;
    EXPECT_EQ(json::parse(restored.out)["forgotten"], 9);
    EXPECT_TRUE(places_of(canaries, data()).empty());
    expect_proven();

    start();
    EXPECT_TRUE(places_of(canaries, data()).empty());
    EXPECT_TRUE(text("/v1/users").contains("Bystander"));
    expect_told();  // She is deleted again.
    EXPECT_EQ(status(fmt::format("/v1/users/{}", zaphira())), 404);
    EXPECT_EQ(status(fmt::format("/v1/accounts/{}", account_)), 404);
    EXPECT_EQ(status(ticket), 404);
    EXPECT_EQ(status(contact), 404);
    stop();
    EXPECT_TRUE(places_of(canaries, data()).empty());
    expect_proven();
}

// Rule X18. What followed the backup let her go, and is lost with it: she owns an account still.
TEST_F(Forgetting, WhoCannotBeDeletedAgainIsSignedOutAndNameless) {
    tell_of_zaphira();
    const auto token = sign_in_as("zaphira@quill.example");
    const auto backup = path("saved");
    ASSERT_EQ(muster(fmt::format("backup --to {}", backup.native()), data()).status, 0);
    stop();
    fs::remove_all(data());
    // Her key, but nothing of her account.
    write_content(path("ledger"), fmt::format("999999 user {}\n1000000 admin 1\n", zaphira()));
    const auto restored =
        shell(fmt::format("{} restore --from {} --data {} --forgotten {}", MUSTER_PROGRAM,
                          backup.native(), data().native(), path("ledger").native()));
    ASSERT_EQ(restored.status, 0) << restored.err;
    EXPECT_TRUE(restored.out.contains("forgotten again: 2")) << restored.out;
    expect_proven();
    EXPECT_EQ(muster("admin create --email other@example.net --name Kim --password-stdin", data(),
                     std::string{Server::password} + "\n")
                  .status,
              0);
    start("other@example.net");
    EXPECT_EQ(status("/v1/me", token), 401);
    EXPECT_EQ(status("/v1/admins", keeper()), 401);
    const auto user = fmt::format("/v1/users/{}", zaphira());
    EXPECT_EQ(json::parse(text(user))["first_name"], "");
    EXPECT_EQ(refusal_of(user, {{"last_name", "Again"}}), "subject.forgotten");
    EXPECT_EQ(status("/v1/users"), 200);  // It goes on.
    delete_zaphira();
    EXPECT_EQ(status(user), 404);
    stop();
    expect_proven();
}

TEST_F(Forgetting, ALostLedgerIsWrittenAnew) {  // Rule X18.
    stop();
    const auto check = check_value();
    start();
    tell_of_zaphira();
    delete_zaphira();
    EXPECT_TRUE(wait_until([&] { return read_ledger(check)->size() == 7; }, a_minute));
    stop();
    const auto before = read_ledger(check).value();
    fs::remove(data() / "forgotten");
    start();
    EXPECT_TRUE(wait_until([&] { return read_ledger(check) == before; }, a_minute))
        << content_of(data() / "forgotten");
    stop();
    expect_proven();
    // One that lost a line is found.
    auto lines = content_of(data() / "forgotten");
    write_content(data() / "forgotten", lines.substr(0, lines.rfind('\n', lines.size() - 2) + 1));
    const auto audited = muster("audit --log-only", data());
    EXPECT_EQ(audited.status, 3);
    EXPECT_TRUE(audited.out.contains("does not stand in it")) << audited.out;
}

TEST_F(Forgetting, ALedgerThatIsNoneIsRefused) {
    const auto backup = path("saved");
    ASSERT_EQ(muster(fmt::format("backup --to {}", backup.native()), data()).status, 0);
    stop();
    write_content(path("ledger"), "12 user 3\n13 nobody 4\n");
    const auto refused =
        shell(fmt::format("{} restore --from {} --data {} --forgotten {}", MUSTER_PROGRAM,
                          backup.native(), path("new").native(), path("ledger").native()));
    EXPECT_EQ(refused.status, 3);
    EXPECT_TRUE(refused.err.contains("line 2")) << refused.err;
    EXPECT_FALSE(fs::exists(path("new")));
}

}  // namespace muster::tools::forgetting_test
