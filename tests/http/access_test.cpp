// Who had access at any moment, told by the account and by the user.
#include <gtest/gtest.h>

#include "tests/http/house.hpp"

namespace muster::http::access_test {

using namespace std::chrono_literals;

struct Access : testing::Test {
    // An hour for itself, so that every step has a moment of its own; its time as text.
    std::string step(const std::function<void()>& happens) {
        house.pass(1h);
        happens();
        return to_text(house.now());
    }
    Json of_account(const std::string& query) {
        const auto reply = house.root().get(account_path(account, "/access" + query));
        EXPECT_EQ(reply.status, 200) << reply;
        return reply.body;
    }
    Json of_user(const Visitor& who, const std::string& query) {
        const auto reply = house.root().get(user_path(who.id(), "/access" + query));
        EXPECT_EQ(reply.status, 200) << reply;
        return reply.body;
    }
    static std::vector<std::uint64_t> numbers(const Json& list, const char* member) {
        std::vector<std::uint64_t> all;
        for (const auto& each : list)
            all.push_back(each.at(member));
        return all;
    }
    static std::vector<std::string> words(const Json& list) {
        std::vector<std::string> all;
        for (const auto& each : list)
            all.push_back(each.at("change"));
        return all;
    }
    using Numbers = std::vector<std::uint64_t>;

    House house;
    Visitor ada = house.person("ada");
    Visitor bob = house.person("bob");
    std::uint64_t account = ada.account();
};

TEST_F(Access, IsToldForEveryMoment) {
    const auto alone = to_text(house.now());
    const auto joined = step([&] { house.associate(ada, bob, {"tickets"}); });
    const auto changed = step([&] {
        house.root().put(
            account_path(account, "/users/") + std::to_string(bob.id()) + "/permissions",
            {{"permissions", {"invoices", "orders"}}});
    });
    const auto handed =
        step([&] { house.root().put(account_path(account, "/owner"), {{"user_id", bob.id()}}); });
    const auto left = step(
        [&] { house.root().del(account_path(account, "/users/") + std::to_string(ada.id())); });

    const auto users = [&](const std::string& at) { return of_account("?at=" + at).at("users"); };
    EXPECT_EQ(numbers(users(alone), "user_id"), (Numbers{ada.id()}));
    EXPECT_EQ(of_account("?at=" + alone).at("owner_user_id"), ada.id());
    EXPECT_EQ(users(alone)[0].at("permissions").size(), 13U);  // Rule E5.
    EXPECT_EQ(numbers(users(joined), "user_id"), (Numbers{ada.id(), bob.id()}));
    EXPECT_EQ(users(joined)[1].at("permissions"), Json({"tickets"}));
    EXPECT_EQ(users(joined)[1].at("granted_at"), joined);
    EXPECT_EQ(users(joined)[1].at("granted_by").at("kind"), "admin");
    EXPECT_EQ(users(changed)[1].at("permissions"), Json({"invoices", "orders"}));
    EXPECT_EQ(users(changed)[1].at("granted_at"), joined);
    EXPECT_EQ(of_account("?at=" + handed).at("owner_user_id"), bob.id());
    EXPECT_EQ(users(handed)[0].at("is_owner"), false);
    EXPECT_EQ(users(handed)[1].at("permissions").size(), 13U);
    EXPECT_EQ(numbers(users(left), "user_id"), (Numbers{bob.id()}));
    EXPECT_EQ(of_account(""), of_account("?at=" + to_text(house.now())));
    EXPECT_TRUE(of_account("?at=2001-01-01T00:00:00Z").at("users").empty());
    EXPECT_TRUE(of_account("?at=2001-01-01T00:00:00Z").at("owner_user_id").is_null());
    EXPECT_EQ(of_account("?at=2001-01-01T00:00:00Z").at("position"), 0);

    // Nobody can say what will be.
    EXPECT_EQ(of_account("?at=2200-01-01T00:00:00Z"), of_account(""));
    EXPECT_EQ(of_account("?at=" + alone + "&until=2200-01-01T00:00:00Z"),
              of_account("?at=" + alone + "&until=" + to_text(house.now())));

    // The same from the user's side.
    EXPECT_EQ(numbers(of_user(bob, "?at=" + alone).at("accounts"), "account_id"),
              (Numbers{bob.account()}));
    EXPECT_EQ(numbers(of_user(bob, "?at=" + joined).at("accounts"), "account_id"),
              (Numbers{account, bob.account()}));
    EXPECT_EQ(of_user(bob, "?at=" + handed).at("accounts")[0].at("is_owner"), true);
    EXPECT_TRUE(of_user(ada, "?at=" + left).at("accounts").empty());
}

TEST_F(Access, TellsWhatChangedBetweenTwoMoments) {
    const auto alone = to_text(house.now());
    const auto joined = step([&] { house.associate(ada, bob, {"tickets"}); });
    const auto handed =
        step([&] { house.root().put(account_path(account, "/owner"), {{"user_id", bob.id()}}); });
    const auto between = [&](const std::string& at, const std::string& until) {
        return of_account("?at=" + at + "&until=" + until).at("changes");
    };
    EXPECT_EQ(words(between(alone, handed)),
              (std::vector<std::string>{"granted", "ownership_given", "ownership_taken"}));
    EXPECT_EQ(words(between(joined, handed)),
              (std::vector<std::string>{"ownership_given", "ownership_taken"}));
    EXPECT_TRUE(between(handed, handed).empty());
    EXPECT_EQ(between(alone, joined)[0].at("user_id"), bob.id());
    EXPECT_EQ(between(alone, joined)[0].at("at"), joined);
    EXPECT_EQ(words(of_user(bob, "?at=" + alone + "&until=" + joined).at("changes")),
              (std::vector<std::string>{"granted"}));
    EXPECT_FALSE(of_account("?at=" + alone).contains("changes"));
    const auto wrong =
        house.root().get(account_path(account, "/access?at=" + handed + "&until=" + joined));
    EXPECT_EQ(wrong.code(), "request.invalid");
    EXPECT_EQ(house.root().get(account_path(account, "/access?at=yesterday")).code(),
              "request.invalid");
}

TEST_F(Access, NamesTheInvitationThatGaveIt) {
    const auto sent = ada.post(account_path(account, "/invitations"),
                               {{"email", "bob@example.com"}, {"permissions", {"orders"}}});
    ASSERT_EQ(sent.status, 201) << sent;
    const auto link = house.link_to("bob@example.com");
    ASSERT_EQ(bob.post("/v1/invitations/" + link + "/acceptance", Json::object()).status, 200);
    const auto row = of_account("").at("users")[1];
    EXPECT_EQ(row.at("invitation_id"), sent.body.at("id"));
    EXPECT_EQ(row.at("granted_by"), (Json{{"kind", "user"}, {"id", bob.id()}}));
    EXPECT_EQ(of_user(bob, "").at("accounts")[0].at("invitation_id"), sent.body.at("id"));
}

TEST_F(Access, TheDeletedKeepTheirHistory) {  // Rule X9.
    house.associate(ada, bob, {"tickets"});
    const auto before = to_text(house.now());
    house.pass(1h);
    ASSERT_EQ(house.root().del(account_path(account) + "?delete_users=true").status, 204);
    EXPECT_EQ(numbers(of_account("?at=" + before).at("users"), "user_id"),
              (Numbers{ada.id(), bob.id()}));
    EXPECT_TRUE(of_account("").at("users").empty());
    EXPECT_EQ(numbers(of_user(ada, "?at=" + before).at("accounts"), "account_id"),
              (Numbers{account}));
    EXPECT_EQ(words(of_user(ada, "?at=" + before + "&until=" + to_text(house.now())).at("changes")),
              (std::vector<std::string>{"ended"}));
    const auto half = house.root().get(account_path(account, "/access?until=" + before));
    EXPECT_EQ(half.code(), "request.invalid");
    EXPECT_TRUE(half.text.contains("?at")) << half.text;
    EXPECT_EQ(house.root().get(account_path(999, "/access")).code(), "account.not_found");
    EXPECT_EQ(house.root().get(user_path(999, "/access")).code(), "user.not_found");
}

}  // namespace muster::http::access_test
