// tools/auditing.md, step by step: what it tells an auditor to paste is pasted, into a shell,
// beside a server.
#include <sstream>

#include "tests/tools/server.hpp"

namespace muster::tools::auditing_test {

// Every block that is to be pasted.
std::string commands() {
    std::istringstream text{content_of(fs::path{MUSTER_SOURCE_DIR} / "tools" / "auditing.md")};
    std::string all;
    bool inside = false;
    for (std::string line; std::getline(text, line);) {
        if (line == "```sh") {
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            all += line + "\n";
        }
    }
    return all;
}

class Auditing : public testing::Test {
protected:
    Auditing() {
        for (const auto* role : {"auditor", "administrator"}) {
            const auto made = muster(
                fmt::format(
                    "admin create --email {0}@x.example --name Eve --role {0} --password-stdin",
                    role),
                copy_.data(), password + "\n");
            EXPECT_EQ(made.status, 0) << made.err;
        }
        server_.emplace(copy_.data(), std::vector<std::string>{});
    }
    std::string token_of(const std::string& role) const {
        const auto signed_in = server_->client().Post(
            "/v1/admin/sessions",
            nlohmann::json{{"email", role + "@x.example"}, {"password", password}}.dump(),
            "application/json");
        EXPECT_TRUE(signed_in);
        return nlohmann::json::parse(signed_in->body).at("token");
    }
    Ran paste(const std::string& script) const {
        write_content(folder_.path() / "script", script);
        return shell(fmt::format("cd {} && muster=http://127.0.0.1:{}/v1 token={} bash script",
                                 folder_.path().native(), server_->port(), token_of("auditor")));
    }

    const std::string password = "a long pass phrase";

    DemoCopy copy_;
    std::optional<Serving> server_;

private:
    TemporaryFolder folder_;
};

TEST_F(Auditing, IsAsTheGuideSays) {
    const auto ran = paste(commands());
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_NE(ran.out.find("Signature Verified Successfully"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("Record 3 is in the log of"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("extends that of"), std::string::npos) << ran.out;
}

// Each step must be able to fail.
TEST_F(Auditing, FindsWhatIsWrong) {
    const auto changed = [&](std::string_view what, std::string_view into) {
        auto script = commands();
        const auto found = script.find(what);
        EXPECT_NE(found, script.npos) << what;
        return script.replace(found, what.size(), into);
    };
    for (const auto& script :
         {changed("-in text -sigfile", "-in key -sigfile"), changed("cat record; }", "cat key; }"),
          changed("includes $((position - 1))", "includes $position"),
          changed("hashes <proof | extends", "hashes <proof | tail -n +2 | extends")}) {
        const auto ran = paste(script);
        EXPECT_NE(ran.status, 0) << ran.out << ran.err;
        EXPECT_EQ(ran.out.find("extends that of"), std::string::npos) << ran.out;
    }
}

// The views that a kill leaves trail the log, and have somebody whom no view made anew can read.
TEST_F(Auditing, IsCleanAfterAKillWhereSomebodyWasDeleted) {
    auto client = server_->client();
    const auto headers = as(token_of("administrator"));
    for (const auto* path : {"/v1/accounts/1?delete_users=true", "/v1/accounts/2"}) {
        const auto deleted = client.Delete(path, headers);
        ASSERT_TRUE(deleted && deleted->status == 204) << path;
    }
    server_->kill();
    const auto before = contents_of(copy_.data());
    const auto ran = muster("audit", copy_.data());
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_EQ(contents_of(copy_.data()), before);
}

TEST_F(Auditing, ALogIsFiltered) {
    const auto& data = demo_folder();
    const auto all = lines_of(muster("log", data).out);
    const auto some = lines_of(muster("log --type user.registered", data).out);
    EXPECT_FALSE(some.empty());
    EXPECT_EQ(some.size(), std::ranges::count(all, "user.registered", [](const auto& each) {
                  return each.at("type").template get<std::string>();
              }));
    EXPECT_GT(lines_of(muster("log --type 'user.*'", data).out).size(), some.size());
    EXPECT_TRUE(muster("log --type user", data).out.empty());
    const auto middle = all[all.size() / 2].at("at").get<std::string>();
    const auto until = lines_of(muster("log --until " + middle, data).out);
    const auto since = lines_of(muster("log --since " + middle, data).out);
    const auto at = lines_of(muster("log --since " + middle + " --until " + middle, data).out);
    EXPECT_FALSE(at.empty());
    EXPECT_EQ(until.size() + since.size(), all.size() + at.size());
    EXPECT_EQ(muster("log --since yesterday", data).status, 2);
}

}  // namespace muster::tools::auditing_test
