// log, rebuild and admin create: what they do and how they end.
#include <algorithm>
#include <future>
#include <openssl/evp.h>

#include "events/text.hpp"
#include "handlers/passwords.hpp"
#include "tests/tools/folders.hpp"

namespace muster::tools {
namespace {

std::string from_base64(const std::string& text) {
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return {};
    bytes.resize(bytes.size() - static_cast<std::size_t>(std::ranges::count(text, '=')));
    return bytes;
}

bool stands_in(const nlohmann::json& line, std::string_view stream) {
    return line["streams"].dump().find(fmt::format("\"{}\"", stream)) != std::string::npos;
}

// --- Settings

class Configured : public testing::Test {
protected:
    // `muster log` with a configuration file; it prints what the folder in force holds.
    Ran log_with(const std::string& toml, const std::string& before = "",
                 const std::string& behind = "") const {
        write_content(file(), toml);
        return shell(fmt::format(
            "{} {} {} log {}", before, MUSTER_PROGRAM,
            before.contains("MUSTER_CONFIG") ? "" : fmt::format("--config {}", file().native()),
            behind));
    }
    fs::path file() const { return folder_.path() / "muster.toml"; }
    static std::string data(const fs::path& folder) {
        return fmt::format("data = \"{}\"\n", folder.native());
    }

    TemporaryFolder folder_;
    const std::string none_ = "/nowhere/at/all";
};

TEST_F(Configured, AreFlagsThenVariablesThenAFile) {
    const auto& good = demo_folder();
    EXPECT_EQ(log_with(data(good)).status, 0);
    EXPECT_EQ(log_with("[log]\n" + data(good)).status, 0);
    EXPECT_EQ(log_with(data(none_)).status, 1);
    const auto variable = [](const fs::path& folder) {
        return fmt::format("MUSTER_DATA={}", folder.native());
    };
    EXPECT_EQ(log_with(data(none_), variable(good)).status, 0);
    EXPECT_EQ(log_with(data(good), variable(none_)).status, 1);
    EXPECT_EQ(log_with(data(none_), variable(none_), "--data " + good.native()).status, 0);
}

TEST_F(Configured, TheFileMayBeNamedByAVariable) {
    const auto named = fmt::format("MUSTER_CONFIG={}", file().native());
    EXPECT_EQ(log_with(data(demo_folder()), named).status, 0);
    EXPECT_EQ(log_with(data(none_), named).status, 1);
    EXPECT_EQ(log_with("", "MUSTER_CONFIG=/nowhere.toml").status, 2);
}

TEST_F(Configured, AFileWithAMistakeIsRefused) {
    const auto good = data(demo_folder());
    for (const auto* mistake : {"lisen = \"x\"\n", "[nosuch]\nx = 1\n", "[log]\nlisten = \"x\"\n",
                                "data = 1.5\n", "data = \n", "[admin.create]\nx = 1\n"})
        EXPECT_EQ(log_with(mistake + (std::string_view{mistake}.contains('[') ? "" : good)).status,
                  2)
            << mistake;
    // Another command's is no mistake.
    EXPECT_EQ(log_with("listen = \"127.0.0.1:80\"\n" + good + "[serve]\nthreads = 2\n").status, 0);
}

TEST_F(Configured, APublicUrlIsAnAddressOfTheWeb) {
    for (const auto* url : {"not-a-url", "ftp://x", "http://", "https:///x", "'http://a b'",
                            "http://a?b", "'http://a#b'"}) {
        const auto ran = muster(fmt::format("serve --public-url {}", url), folder_.path() / "new");
        EXPECT_EQ(ran.status, 2) << url;
        EXPECT_FALSE(fs::exists(folder_.path() / "new")) << url;
    }
}

TEST(Output, ThatIsLostIsAFailure) {
    const auto ran = shell(muster_command("audit", demo_folder()) + " >/dev/full");
    EXPECT_EQ(ran.status, 1);
    EXPECT_NE(ran.err, "");
}

// --- log

TEST(LogCommand, PrintsEveryEventWithTheBytesThatItsHashCovers) {
    const auto ran = muster("log", demo_folder());
    ASSERT_EQ(ran.status, 0) << ran.err;
    std::uint64_t position = 0;
    for (const auto& line : lines_of(ran.out)) {
        EXPECT_EQ(line["position"], ++position);
        const auto record = from_base64(line["record"]);
        EXPECT_EQ(line["leaf_hash"], to_base64(as_text(leaf_hash(record))));
    }
    EXPECT_GT(position, 200U);
}

TEST(LogCommand, BeginsWhereItIsTold) {
    const auto all = lines_of(muster("log", demo_folder()).out);
    const auto some = lines_of(muster("log --from 100", demo_folder()).out);
    ASSERT_EQ(some.size(), all.size() - 99);
    EXPECT_EQ(some.front(), all[99]);
    EXPECT_TRUE(muster("log --from 1000000", demo_folder()).out.empty());
}

TEST(LogCommand, KeepsToAnAccountAndAUser) {
    const auto all = lines_of(muster("log", demo_folder()).out);
    const auto expect = [&](const std::string& options, auto&& wanted) {
        std::vector<nlohmann::json> expected;
        std::ranges::copy_if(all, std::back_inserter(expected), wanted);
        EXPECT_FALSE(expected.empty());
        EXPECT_EQ(lines_of(muster("log " + options, demo_folder()).out), expected) << options;
    };
    expect("--account 1", [](const auto& line) { return stands_in(line, "account-1"); });
    expect("--user 1", [](const auto& line) { return stands_in(line, "user-1"); });
    expect("--user 1 --account 1", [](const auto& line) {
        return stands_in(line, "user-1") && stands_in(line, "account-1");
    });
    expect("--user 1 --from 20",
           [](const auto& line) { return stands_in(line, "user-1") && line["position"] >= 20; });
    EXPECT_TRUE(muster("log --user 12345", demo_folder()).out.empty());
}

TEST(LogCommand, EndsQuietlyWhenNobodyReadsOn) {
    const auto ran =
        shell(fmt::format("bash -c '{} | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}'",
                          muster_command("log", demo_folder())));
    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.err, "");
}

TEST(LogCommand, SaysWhyItCannotRead) {
    const DemoCopy copy;
    EXPECT_EQ(muster_locked_out("log", copy.data()).status, 4);
    EXPECT_EQ(muster("log --from x", copy.data()).status, 2);
    EXPECT_EQ(muster("log", copy.data() / "none").status, 1);
    copy.edit([](RocksStore& store) {
        EXPECT_TRUE(
            store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(60)).ok());
    });
    const auto ran = muster("log", copy.data());
    EXPECT_EQ(ran.status, 3);
    EXPECT_NE(ran.err.find("position 60"), std::string::npos) << ran.err;
}

// --- rebuild

TEST(Rebuild, MakesViewsThatAreGone) {
    const DemoCopy copy;
    fs::remove_all(copy.data() / "views");
    EXPECT_NE(muster("audit", copy.data()).err.find("there are no views"), std::string::npos);
    EXPECT_EQ(muster("rebuild", copy.data()).status, 0);
    const auto audited = muster("audit --json", copy.data());
    EXPECT_EQ(audited.status, 0) << audited.out;
    EXPECT_TRUE(nlohmann::json::parse(audited.out)["notes"].empty());
}

TEST(Rebuild, MakesOneView) {
    const DemoCopy copy;
    EXPECT_EQ(muster("rebuild --view users", copy.data()).status, 0);
    EXPECT_EQ(muster("audit", copy.data()).status, 0);
    const auto unknown = muster("rebuild --view nonsense", copy.data());
    EXPECT_EQ(unknown.status, 2);
    EXPECT_NE(unknown.err.find(" users"), std::string::npos) << unknown.err;
}

TEST(Rebuild, LeavesTheLogAsItIs) {
    const DemoCopy copy;
    const auto before = contents_of(copy.data() / "log");
    EXPECT_EQ(muster("rebuild", copy.data()).status, 0);
    EXPECT_EQ(contents_of(copy.data() / "log"), before);
}

TEST(Rebuild, SaysWhyItCannotBuild) {
    const DemoCopy copy;
    EXPECT_EQ(muster_locked_out("rebuild", copy.data()).status, 4);
    EXPECT_EQ(muster("rebuild", copy.data() / "none").status, 1);
    write_content(copy.data() / "format", "muster 2\n");
    EXPECT_EQ(muster("rebuild", copy.data()).status, 1);
    write_content(copy.data() / "format", "muster 1\n");
    copy.edit([](RocksStore& store) {
        EXPECT_TRUE(
            store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(60)).ok());
    });
    EXPECT_EQ(muster("rebuild", copy.data()).status, 3);
}

// --- admin create

const std::string create = "admin create --email grace@example.com --name Grace --password-stdin";
const std::string password = "a long enough password\n";

TEST(CreateAdmin, LeavesAPasswordThatSignsIn) {
    const TemporaryFolder folder;
    const auto data = folder.path() / "data";
    const auto ran = muster(create, data, password);
    ASSERT_EQ(ran.status, 0) << ran.err;

    const auto opened = DataFolder::open(data, DataFolder::Open::existing);
    const auto log = open_rocks_log(opened->log(), opened->head());
    const auto holder =
        find_admin(**log, opened->keys(), *EmailAddress::parse("Grace@example.com"));
    ASSERT_TRUE(holder && *holder);
    EXPECT_EQ((*holder)->id, 1U);
    PasswordPool pool{{.threads = 1}};
    std::promise<bool> right;
    pool.verify("a long enough password", (*holder)->password.hash,
                [&](bool done) { right.set_value(done); });
    EXPECT_TRUE(right.get_future().get());
}

TEST(CreateAdmin, LeavesAFolderThatIsClean) {
    const TemporaryFolder folder;
    ASSERT_EQ(muster(create, folder.path() / "data", password).status, 0);
    EXPECT_EQ(muster("audit", folder.path() / "data").status, 0);
}

TEST(CreateAdmin, RefusesWhatIsWrong) {
    const TemporaryFolder folder;
    const auto data = folder.path() / "data";
    EXPECT_EQ(muster(create, data, "short\n").status, 2);
    EXPECT_EQ(muster(create, data, std::string(257, 'x')).status, 2);
    EXPECT_EQ(muster(create, data, "").status, 2);
    EXPECT_EQ(
        muster("admin create --email nobody --name N --password-stdin", data, password).status, 2);
    EXPECT_EQ(muster("admin create --email a@example.com --name N --role king --password-stdin",
                     data, password)
                  .status,
              2);
    EXPECT_EQ(muster("admin create --email a@example.com --name N", data, password).status, 2);
    EXPECT_FALSE(fs::exists(data));

    ASSERT_EQ(muster(create, data, password).status, 0);
    const auto taken = muster(create, data, password);
    EXPECT_EQ(taken.status, 1);
    EXPECT_NE(taken.err.find("has this e-mail address already"), std::string::npos) << taken.err;
    EXPECT_EQ(muster_locked_out(create, data, password).status, 4);
}

TEST(CreateAdmin, SaysWhyItCannotWrite) {
    const TemporaryFolder folder;
    write_content(folder.path() / "file", "");
    const auto ran = muster(create, folder.path() / "file" / "data", password);
    EXPECT_EQ(ran.status, 1);
    EXPECT_FALSE(ran.err.empty());
    const DemoCopy copy;
    auto head = copy.data() / "head";
    fs::resize_file(head, 10);
    EXPECT_EQ(muster(create, copy.data(), password).status, 3);
}

}  // namespace
}  // namespace muster::tools
