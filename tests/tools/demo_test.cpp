// The made-up people, and that the same options make the same ones.
#include <set>

#include "handlers/passwords.hpp"
#include "tests/tools/folders.hpp"
#include "tools/demo_people.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

// What happened, without what each folder makes by chance: salts, and with them hashes and sealed
// bytes, and keys of addresses.
std::vector<nlohmann::json> story_of(const fs::path& data) {
    auto lines = lines_of(muster("log", data).out);
    for (auto& line : lines) {
        line.erase("leaf_hash");
        line.erase("record");
        line.erase("streams");
        for (const auto* key : {"address", "released", "taken"}) {
            if (line["data"].contains(key) && line["data"][key].is_string())
                line["data"].erase(key);
        }
    }
    return lines;
}

TEST(Demo, IsTheSameForTheSameSeed) {
    const TemporaryFolder folder;
    const auto one = folder.path() / "one", two = folder.path() / "two",
               other = folder.path() / "other";
    EXPECT_EQ(muster("demo --users 25 --accounts 15 --seed 3", one).status, 0);
    EXPECT_EQ(muster("demo --users 25 --accounts 15 --seed 3", two).status, 0);
    EXPECT_EQ(muster("demo --users 25 --accounts 15 --seed 4", other).status, 0);
    const auto story = story_of(one);
    EXPECT_GT(story.size(), 150U);
    EXPECT_EQ(story, story_of(two));
    EXPECT_NE(story, story_of(other));
}

TEST(Demo, HasAllKindsOfThings) {
    std::set<std::string> types;
    for (const auto& line : lines_of(muster("log", demo_folder()).out))
        types.insert(line["type"]);
    for (const auto* type : {"user.registered",
                             "user.renamed",
                             "user.language_chosen",
                             "user.deleted",
                             "account.opened",
                             "account.profile_changed",
                             "account.closed",
                             "account.user_invited",
                             "account.invitation_resent",
                             "account.invitation_cancelled",
                             "account.association_granted",
                             "account.permissions_set",
                             "account.ownership_transferred",
                             "session.started",
                             "session.account_chosen",
                             "session.ended",
                             "session.admin_started",
                             "staff.admin_created",
                             "staff.api_key_revoked",
                             "settings.registration_switched"}) {
        EXPECT_TRUE(types.contains(type)) << type;
    }
}

TEST(Demo, TellsHowToSignIn) {
    const TemporaryFolder folder;
    const auto data = folder.path() / "data";
    const auto ran = muster("demo --users 5 --accounts 3", data);
    ASSERT_EQ(ran.status, 0) << ran.err;
    const auto user = ran.out.substr(ran.out.find("user: ") + 6);
    const auto from = user.find_first_not_of(' ');
    const auto email = EmailAddress::parse(user.substr(from, user.find(' ', from) - from));
    ASSERT_TRUE(email) << ran.out;

    const auto opened = DataFolder::open(data, DataFolder::Open::existing);
    const auto log = open_rocks_log(opened->log(), opened->head());
    const auto holder = find_user(**log, opened->keys(), *email);
    ASSERT_TRUE(holder && *holder);
    EXPECT_EQ((*holder)->id, 1U);
    EXPECT_NE(ran.out.find("admin@example.com"), std::string::npos);
}

TEST(Demo, TakesOnlyAFolderWithoutEvents) {
    const DemoCopy copy;
    EXPECT_EQ(muster("demo", copy.data()).status, 1);
    EXPECT_EQ(muster_locked_out("demo", copy.data()).status, 4);
    const TemporaryFolder folder;
    EXPECT_EQ(muster("demo --users 0", folder.path() / "none").status, 2);
    EXPECT_FALSE(fs::exists(folder.path() / "none"));
    write_content(folder.path() / "file", "");
    EXPECT_EQ(muster("demo", folder.path() / "file" / "data").status, 1);  // Cannot be made.
}

TEST(People, HaveAddressesOfTheirOwn) {  // Rule E13.
    std::set<std::string> addresses;
    bool any_outside_ascii = false;
    for (std::uint64_t number = 1; number <= 2000; ++number) {
        const auto person = make_person(1, number);
        EXPECT_TRUE(addresses.insert(person.email.normalised()).second) << person.email.text();
        EXPECT_FALSE(person.ip.empty());
        for (const char letter : person.first_name)
            any_outside_ascii = any_outside_ascii || static_cast<unsigned char>(letter) > 127;
    }
    EXPECT_TRUE(any_outside_ascii);
    EXPECT_EQ(make_person(1, 17).email.text(), make_person(1, 17).email.text());
}

TEST(Progress, IsABarWithARateAndARest) {
    EXPECT_EQ(progress_line("rebuild", {0.25, 30'000, 10}),
              "rebuild [#####...............]  25%  3,000 events/s  0:30 left");
    EXPECT_EQ(progress_line("demo", {}), "demo [....................]   0%");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(7), "7");
}

}  // namespace
}  // namespace muster::tools
