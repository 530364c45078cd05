// `muster import`: from dumps that a test writes, and from those of a real MariaDB.
#include <algorithm>
#include <cstdlib>
#include <fmt/ranges.h>
#include <random>

#include "events/text.hpp"
#include "events/time.hpp"
#include "tests/tools/server.hpp"

namespace muster::tools::import_test {

using nlohmann::json;

// Of "old secret": bcrypt of cost 4, and md5("salt1old secret").
constexpr std::string_view bcrypt = "$2y$04$abcdefghijklmnopqrstuuYBeWYOyKCtRowAxBan3M4MFY8ThdJNy";
constexpr std::string_view md5 = "a473ce58b3eece9848363a15405693d8:salt1";

constexpr std::string_view client_columns =
    "CREATE TABLE `tblclients` (\n  `id` int(10) NOT NULL AUTO_INCREMENT,\n  `uuid` varchar(255),\n"
    "  `firstname` text NOT NULL,\n  `lastname` text NOT NULL,\n  `companyname` text NOT NULL,\n"
    "  `email` text NOT NULL,\n  `password` text NOT NULL,\n  `status` "
    "enum('Active','Inactive','Closed') NOT NULL DEFAULT 'Active',\n  `datecreated` date NOT "
    "NULL,\n"
    "  PRIMARY KEY (`id`)\n);\n";
constexpr std::string_view contact_columns =
    "CREATE TABLE `tblcontacts` (\n  `id` int(10) NOT NULL,\n  `userid` int(10) NOT NULL,\n"
    "  `firstname` text,\n  `lastname` text,\n  `email` text,\n  `subaccount` int(1),\n"
    "  `password` text,\n  `permissions` text,\n  `generalemails` int(1)\n);\n";

std::string client(int id, const std::string& name, const std::string& email) {
    return fmt::format("({},'u-{}','{}','Example','{} Ltd','{}','{}','Active','2012-03-04')", id,
                       id, name, name, email, md5);
}
std::string sub_account(int id, int client, const std::string& name, const std::string& email) {
    return fmt::format("({},{},'{}','Example','{}',1,'{}','tickets,invoices',0)", id, client, name,
                       email, md5);
}
std::string contact(int id, int client, const std::string& email) {
    return fmt::format("({},{},'Office','',\'{}\',0,'','',1)", id, client, email);
}
// A row a line, as --skip-extended-insert writes them.
std::string dump_of(const std::vector<std::string>& clients,
                    const std::vector<std::string>& contacts) {
    std::string text{client_columns};
    for (const auto& row : clients)
        text += "INSERT INTO `tblclients` VALUES " + row + ";\n";
    text += contact_columns;
    for (const auto& row : contacts)
        text += "INSERT INTO `tblcontacts` VALUES " + row + ";\n";
    return text + "-- Dump completed on 2026-11-22\n";
}

const std::vector<std::string> some_clients{client(3, "ada", "ada@example.com"),
                                            client(7, "bob", "bob@example.com"),
                                            client(9, "cy", "ADA@Example.com")};
const std::vector<std::string> some_contacts{
    sub_account(1, 7, "dan", "dan@example.com"), sub_account(2, 3, "eve", "bob@example.com"),
    contact(4, 9, "office@example.com"), contact(5, 3, "office@example.com")};

struct Import : testing::Test {
    fs::path data() const { return folder.path() / "data"; }
    fs::path dump() const { return folder.path() / "dump.sql"; }
    Ran import(const std::string& text, std::string_view options = {}) const {
        write_content(dump(), text);
        return run(options);
    }
    Ran run(std::string_view options = {}) const {
        return muster(fmt::format("import --legacy {} {}", dump().native(), options), data());
    }
    json report(const std::string& text, std::string_view options = {}) const {
        const auto ran = import(text, fmt::format("--json {}", options));
        EXPECT_EQ(ran.status, 0) << ran.err;
        return json::parse(ran.out, nullptr, false);
    }
    std::vector<json> events() const { return lines_of(muster("log", data()).out); }
    std::uint64_t count(std::string_view type) const {
        return static_cast<std::uint64_t>(std::ranges::count(
            events(), type, [](const json& line) { return line.at("type").get<std::string>(); }));
    }
    void expect_sound() const {
        const auto ran = muster("audit", data());
        EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    }

    TemporaryFolder folder;
};

TEST_F(Import, MakesAccountsUsersAndContacts) {  // Rules M1, M3, M9.
    const auto told = report(dump_of(some_clients, some_contacts));
    EXPECT_EQ(told["clients"],
              json({{"read", 3}, {"imported", 3}, {"imported_before", 0}, {"rejected", 0}}));
    EXPECT_EQ(told["contacts"]["imported"], 4);
    EXPECT_EQ(told["made"],
              json({{"users", 5}, {"accounts", 3}, {"associations", 2}, {"contacts", 2}}));
    EXPECT_EQ(count("user.registered"), 5U);
    EXPECT_EQ(count("account.opened"), 3U);
    EXPECT_EQ(count("account.contact_added"), 2U);
    const auto all = events();
    for (const auto& line : all)
        EXPECT_EQ(line["actor"]["kind"], "system");
    const auto first = std::ranges::find(all, "legacy.client_imported",
                                         [](const json& line) { return line.at("type"); });
    ASSERT_NE(first, all.end());
    EXPECT_EQ((*first)["data"]["legacy"], 3);
    EXPECT_EQ((*first)["data"]["created_at"], "2012-03-04T00:00:00.000Z");
    EXPECT_EQ((*first)["streams"].size(), 3U) << (*first)["streams"];
    expect_sound();
}

TEST_F(Import, TheLowerNumberHasTheAddress) {  // Rule M6.
    const auto told = report(dump_of(some_clients, some_contacts));
    const auto& conflicts = told["conflicts"];
    EXPECT_EQ(conflicts["count"], 2);
    EXPECT_EQ(conflicts["lines"][0], json({{"line", 15},
                                           {"record", "client"},
                                           {"id", 9},
                                           {"email", "ADA@Example.com"},
                                           {"holder", "client 3"}}));
    EXPECT_EQ(conflicts["lines"][1]["holder"], "client 7");
    EXPECT_EQ(conflicts["lines"][1]["id"], 2);
    std::map<std::uint64_t, bool> has_address;
    for (const auto& line : events()) {
        if (line["type"] == "user.registered")
            has_address[line["data"]["user"]] = !line["data"]["address"].is_null();
    }
    EXPECT_EQ(has_address, (std::map<std::uint64_t, bool>{
                               {1, true}, {2, true}, {3, false}, {4, true}, {5, false}}));
}

TEST_F(Import, TheOrderInTheDumpChangesNothing) {  // Rule M6.
    const auto story = [&](std::uint64_t seed) {
        auto clients = some_clients, contacts = some_contacts;
        std::mt19937_64 random{seed};
        if (seed != 0) std::ranges::shuffle(clients, random);
        if (seed != 0) std::ranges::shuffle(contacts, random);
        fs::remove_all(data());
        EXPECT_EQ(import(dump_of(clients, contacts)).status, 0);
        std::vector<json> lines;
        for (const auto& line : events()) {
            const auto& about = line["data"];
            const auto of = [&](const char* field) { return about.value(field, json{}); };
            lines.push_back({line["type"], of("legacy"), of("user"), of("account"), of("contact"),
                             of("address").is_null()});
        }
        return lines;
    };
    const auto in_order = story(0);
    EXPECT_EQ(in_order.size(), 19U);
    for (std::uint64_t seed = 1; seed < 4; ++seed)
        EXPECT_EQ(story(seed), in_order) << seed;
}

TEST_F(Import, AgainWritesNothing) {  // Rule M7.
    const auto text = dump_of(some_clients, some_contacts);
    ASSERT_EQ(import(text).status, 0);
    const auto before = events();
    const auto told = report(text);
    EXPECT_EQ(told["clients"]["imported_before"], 3);
    EXPECT_EQ(told["clients"]["imported"], 0);
    EXPECT_EQ(told["contacts"]["imported_before"], 4);
    EXPECT_EQ(told["conflicts"]["count"], 0);
    EXPECT_EQ(events(), before);
}

TEST_F(Import, ALaterDumpAddsWhatIsNew) {  // Rules M6, M7.
    ASSERT_EQ(import(dump_of({some_clients[1]}, {})).status, 0);
    auto contacts = some_contacts;
    contacts.push_back(contact(6, 7, "new@example.com"));
    const auto told = report(dump_of(some_clients, contacts));
    EXPECT_EQ(told["clients"]["imported"], 2);
    EXPECT_EQ(told["clients"]["imported_before"], 1);
    EXPECT_EQ(told["contacts"]["imported"], 5);
    // Whoever is a user here already keeps the address, whatever the number.
    EXPECT_EQ(told["conflicts"]["lines"][1]["holder"], "user 1");
    expect_sound();
}

TEST_F(Import, ADryRunSaysTheSameAndWritesNothing) {  // Rule M9.
    auto rows = some_clients;
    rows.push_back("(11,'broken");
    const auto text = dump_of(rows, some_contacts);
    const auto first_line_off = [](const std::string& told) {
        return told.substr(told.find('\n') + 1);
    };

    const auto on_nothing = import(text, "--dry-run");
    EXPECT_EQ(on_nothing.status, 0) << on_nothing.err;
    EXPECT_TRUE(on_nothing.out.starts_with("dry run: nothing was written\n"));
    EXPECT_FALSE(fs::exists(data()));
    ASSERT_EQ(import(dump_of({some_clients[1]}, {})).status, 0);

    const auto before = contents_of(data());
    const auto dry = import(text, "--dry-run");
    EXPECT_EQ(contents_of(data()), before);
    const auto real = import(text);
    EXPECT_EQ(first_line_off(dry.out), real.out);
    EXPECT_NE(real.out.find("clients: 4 read, 2 imported, 1 imported before, 1 rejected"),
              std::string::npos)
        << real.out;
}

TEST_F(Import, TellsWhatItCannotTakeAndGoesOn) {
    const auto told = report(dump_of(
        {client(1, "ada", "ada@example.com"), "(2,'u','Short')",
         "(x,'u','a','b','c','d','e','f','g')", client(3, "o'brien", "o@example.com"),
         client(1, "again", "again@example.com"), client(4, std::string(300, 'x'), "x@example.com"),
         client(5, "bad\xff", "y@example.com"), client(6, "dan", "dan at home"),
         client(8, "eve", "")},
        {contact(1, 99, "lost@example.com"), contact(2, 3, "of@rejected.example"),
         contact(3, 6, "nowhere"), contact(4, 6, "office@example.com")}));
    std::vector<std::string> lines;
    for (const auto& line : told["rejections"]["lines"])
        lines.push_back(fmt::format("{} {} {}: {}", line["line"].get<int>(),
                                    line["record"].get<std::string>(), line["id"].dump(),
                                    line["why"].get<std::string>()));
    EXPECT_EQ(lines,
              (std::vector<std::string>{
                  "14 client 2: it has 3 values for 9 columns", "15 client null: x is no value",
                  "16 client 3: behind value 3 stands neither a comma nor a bracket",
                  "17 client 1: its number stands twice in the dump; the first row counts",
                  "18 client 4: companyname is longer than 255 bytes",
                  "19 client 5: companyname is not UTF-8",
                  "33 contact 1: its client 99 is not in the dump",
                  "34 contact 2: its client 3 is not in the dump",
                  "35 contact 3: a contact needs an e-mail address"}));
    EXPECT_EQ(told["remarks"]["count"], 1);
    EXPECT_EQ(told["remarks"]["lines"][0]["code"], "email.invalid");
    EXPECT_EQ(told["clients"]["imported"], 3);
    EXPECT_EQ(told["contacts"]["imported"], 1);
    EXPECT_EQ(count("user.registered"), 3U);
    expect_sound();
}

TEST_F(Import, EndsAsItShould) {
    const auto good = dump_of(some_clients, some_contacts);
    EXPECT_EQ(muster("import --legacy /nowhere.sql", data()).status, 2);
    EXPECT_EQ(muster("import", data()).status, 2);
    EXPECT_EQ(import("no dump at all").status, 1);
    const auto lacking = import(
        "CREATE TABLE tblclients (id int, email text);\n"
        "INSERT INTO tblclients VALUES (1,'a@example.com');\n");
    EXPECT_EQ(lacking.status, 1);
    EXPECT_NE(lacking.err.find("firstname, lastname, password, status"), std::string::npos)
        << lacking.err;
    EXPECT_EQ(import("/*!40101 SET NAMES latin1 */;\n" + good).status, 1);
    EXPECT_FALSE(fs::exists(data()));  // Nothing was begun.
    ASSERT_EQ(import(good).status, 0);
    EXPECT_EQ(muster_locked_out("import --legacy " + dump().native(), data()).status, 4);
    write_content(data() / "format", "something");
    EXPECT_EQ(run().status, 3);
}

TEST_F(Import, AnAccountHasNoMoreContactsThanItTakes) {  // Rule M3.
    std::string text{client_columns};
    text += "INSERT INTO `tblclients` VALUES " + client(1, "Ada", "ada@example.com") + ",\n" +
            client(2, "Bob", "bob@example.com") + ";\n";
    text += contact_columns;
    for (int id = 1; id <= 1002; ++id)
        text += "INSERT INTO `tblcontacts` VALUES " +
                contact(id, 1, fmt::format("c{}@example.com", id)) + ";\n";
    text += "INSERT INTO `tblcontacts` VALUES " + contact(1003, 2, "d@example.com") + ";\n";
    const auto told = report(text);
    EXPECT_EQ(told["contacts"]["imported"], 1001);
    EXPECT_EQ(told["contacts"]["rejected"], 2);
    const auto again = report(text);
    EXPECT_EQ(again["contacts"]["imported"], 0);
    EXPECT_EQ(again["contacts"]["rejected"], 2);
    expect_sound();
}

// The long form is the promise; the short one is always run.
TEST_F(Import, TakesAHundredThousandClientsInHalfAMinute) {
    const int clients = std::getenv("MUSTER_LONG_TESTS") != nullptr ? 100'000 : 2'000;
    std::string text{client_columns};
    for (int n = 1; n <= clients; n += 200) {
        text += "INSERT INTO `tblclients` VALUES ";
        for (int id = n; id < n + 200; ++id)
            text += (id == n ? "" : ",") +
                    client(id, fmt::format("person {}", id), fmt::format("p{}@example.com", id));
        text += ";\n";
    }
    text += contact_columns;
    for (int id = 1; id <= clients * 3 / 10; ++id)
        text += "INSERT INTO `tblcontacts` VALUES " +
                (id % 2 == 0 ? contact(id, id, fmt::format("c{}@example.com", id))
                             : sub_account(id, id, "sub", fmt::format("c{}@example.com", id))) +
                ";\n";
    const auto begin = std::chrono::steady_clock::now();
    const auto told = report(text);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    fmt::print("{} clients and {} contacts in {:.1f} s\n", clients, clients * 3 / 10,
               spent.count());
    EXPECT_EQ(told["clients"]["imported"], clients);
    EXPECT_EQ(told["contacts"]["imported"], clients * 3 / 10);
    EXPECT_LT(spent, 30s);
}

// --- From a real MariaDB

// A server of its own on a socket in a folder.
class MariaDb {
public:
    explicit MariaDb(const fs::path& folder) : folder_(folder) {
        fs::create_directory(folder);
        const auto user = ::getuid() == 0 ? std::string{"--user=root"} : std::string{};
        const auto made =
            shell(fmt::format("mariadb-install-db --no-defaults --datadir={} "
                              "--auth-root-authentication-method=normal "
                              "--skip-test-db {}",
                              (folder / "files").native(), user));
        EXPECT_EQ(made.status, 0) << made.out << made.err;
        std::vector<std::string> command{"/usr/sbin/mariadbd",
                                         "--no-defaults",
                                         "--datadir=" + (folder / "files").native(),
                                         "--socket=" + socket(),
                                         "--pid-file=" + (folder / "pid").native(),
                                         "--skip-networking",
                                         "--innodb-buffer-pool-size=16M",
                                         "--character-set-server=utf8mb4",
                                         "--sql-mode="};
        if (!user.empty()) command.push_back(user);
        server_.emplace(command, folder / "output");
        EXPECT_TRUE(
            wait_until([&] { return query("SELECT 1").status == 0 || server_->ended(); }, 60s))
            << server_->output();
    }
    Ran query(const std::string& sql) const {
        return shell(fmt::format("mariadb --no-defaults -uroot -S {} "
                                 "--default-character-set=utf8mb4 --binary-mode mysql",
                                 socket()),
                     sql);
    }
    void dump(const fs::path& to, std::string_view options = {}) const {
        const auto ran = shell(fmt::format("mariadb-dump --no-defaults -uroot -S {} {} legacy > {}",
                                           socket(), options, to.native()));
        EXPECT_EQ(ran.status, 0) << ran.err;
    }

private:
    std::string socket() const { return (folder_ / "s").native(); }

    fs::path folder_;
    std::optional<Child> server_;
};

constexpr std::string_view legacy_tables = R"(
CREATE DATABASE legacy DEFAULT CHARACTER SET utf8mb4; USE legacy;
CREATE TABLE tblactivitylog (id int PRIMARY KEY AUTO_INCREMENT, description text, data longblob);
CREATE TABLE tbladminsecurityquestions (id int(10) NOT NULL AUTO_INCREMENT, question text NOT NULL,
  created_at timestamp NOT NULL DEFAULT '2000-01-01', PRIMARY KEY (id));
CREATE TABLE tblclients (
  id int(10) NOT NULL AUTO_INCREMENT, uuid varchar(255) NOT NULL DEFAULT '', firstname text NOT NULL,
  lastname text NOT NULL, companyname text NOT NULL, email text NOT NULL, address1 text NOT NULL,
  address2 text NOT NULL, city text NOT NULL, state text NOT NULL, postcode text NOT NULL,
  country text NOT NULL, phonenumber text NOT NULL, tax_id varchar(128) NOT NULL DEFAULT '',
  password text NOT NULL, authmodule text NOT NULL, authdata text NOT NULL,
  currency int(10) NOT NULL DEFAULT 1, defaultgateway text NOT NULL,
  credit decimal(16,2) NOT NULL DEFAULT 0.00, taxexempt tinyint(1) NOT NULL DEFAULT 0,
  datecreated date NOT NULL, notes text NOT NULL, billingcid int(10) NOT NULL DEFAULT 0,
  securityqid int(10) NOT NULL DEFAULT 0, securityqans text NOT NULL, groupid int(10) NOT NULL DEFAULT 0,
  cardlastfour text, cardnum blob, lastlogin datetime DEFAULT NULL, ip text, host text,
  status enum('Active','Inactive','Closed') NOT NULL DEFAULT 'Active', language text,
  emailoptout int(1) NOT NULL DEFAULT 0, created_at timestamp NOT NULL DEFAULT '2000-01-01',
  PRIMARY KEY (id), KEY firstname_lastname (firstname(32),lastname(32)), KEY email (email(64)));
CREATE TABLE tblcontacts (
  id int(10) NOT NULL AUTO_INCREMENT, userid int(10) NOT NULL, firstname text NOT NULL,
  lastname text NOT NULL, companyname text NOT NULL, email text NOT NULL, address1 text NOT NULL,
  address2 text NOT NULL, city text NOT NULL, state text NOT NULL, postcode text NOT NULL,
  country text NOT NULL, phonenumber text NOT NULL, tax_id varchar(128) NOT NULL DEFAULT '',
  subaccount int(1) NOT NULL DEFAULT 0, password text NOT NULL, permissions text NOT NULL,
  domainemails tinyint(1) NOT NULL, generalemails tinyint(1) NOT NULL, invoiceemails tinyint(1) NOT NULL,
  productemails tinyint(1) NOT NULL, supportemails tinyint(1) NOT NULL,
  affiliateemails tinyint(1) NOT NULL DEFAULT 0, pwresetkey text,
  PRIMARY KEY (id), KEY userid (userid));
CREATE TRIGGER t BEFORE INSERT ON tblactivitylog FOR EACH ROW BEGIN SET NEW.description = 'it''s;
INSERT INTO tblclients VALUES (99);'; END;
INSERT INTO tblactivitylog (description, data) VALUES ('x', 0x00ff27);
INSERT INTO tbladminsecurityquestions (question) VALUES ('What''s your pet''s name?');
)";

// Names that a dump has to quote, as SQL wants them and as they are.
struct Nasty {
    std::string sql, plain;
};
const std::vector<Nasty> nasty_names{
    {R"('O\'Brien \"the\" ''x''')", "O'Brien \"the\" 'x'"},
    {R"('back\\slash \\\\ \\n')", R"(back\slash \\ \n)"},
    {R"('new\nline\ttab\rend')", "new line tab end"},
    {"'semi; colon),(1,2,3);-- /* x */ # '", "semi; colon),(1,2,3);-- /* x */ #"},
    {"'🦊 日本 Ünïcøde'", "🦊 日本 Ünïcøde"},
    {"'\u200fשלום\u200e'", "\u200fשלום\u200e"},
    {"CONCAT('nul', CHAR(0), 'x', CHAR(26), 'y')", "nul x y"},
    {"'%s \\% \\_ `tick`'", "%s \\% \\_ `tick`"},
    {"''", ""}};

std::string legacy_people() {
    std::string sql = "USE legacy;\n";
    const auto add = [&](int id, std::string_view name, std::string_view email,
                         std::string_view hash, std::string_view more) {
        sql += fmt::format(
            "INSERT INTO tblclients "
            "(id,firstname,lastname,companyname,email,address1,address2,city,"
            "state,postcode,country,phonenumber,password,authmodule,authdata,defaultgateway,"
            "datecreated,notes,securityqans,language,lastlogin,status,securityqid) VALUES "
            "({},{},'L',"
            "'','{}','','','','','','GB','','{}',{});\n",
            id, name, email, hash, more);
    };
    const auto usual = "'','','','2012-03-04','','','english',NULL,'Active',0";
    add(1, "'Ada'", "ada@example.com", bcrypt, usual);
    add(2, "'Bob'", "bob@example.com", md5,
        "'totp','c2VjcmV0','','2011-01-02','two\\nlines','YW5zd2Vy','german','2020-05-06 "
        "07:08:09','Active',1");
    add(3, "'Cy'", "ADA@example.com", "", "'','','','0000-00-00','','','',NULL,'Closed',0");
    int id = 10;
    for (const auto& [name, plain] : nasty_names) {
        add(id, name, fmt::format("n{}@example.com", id), "no hash", usual);
        ++id;
    }
    sql += fmt::format(
        "INSERT INTO tblcontacts "
        "(id,userid,firstname,lastname,companyname,email,address1,address2,city,"
        "state,postcode,country,phonenumber,subaccount,password,permissions,domainemails,"
        "generalemails,"
        "invoiceemails,productemails,supportemails) VALUES\n"
        "(1,1,'Dan','S','','dan@example.com','','','','','','','',1,'{}','tickets,invoices',0,0,0,"
        "0,0),\n"
        "(2,1,'Office','','','office@example.com','','','','','','','',0,'','',0,1,1,0,0),\n"
        "(3,77,'Lost','','','lost@example.com','','','','','','','',0,'','',0,0,0,0,0);\n",
        bcrypt);
    return sql;
}

// The server over the imported folder.
class Served : public Serving {
public:
    explicit Served(const fs::path& data) : Serving(data, {}) {}
    ~Served() { stop(); }

    json call(const std::string& method, const std::string& path, const json& body = {},
              const std::string& token = {}) const {
        httplib::Request request;
        request.method = method;
        request.path = path;
        if (!body.is_null()) {
            request.body = body.dump();
            request.headers.emplace("Content-Type", "application/json");
        }
        if (!token.empty()) request.headers.emplace("Authorization", "Bearer " + token);
        const auto result = client().send(request);
        return result ? json::parse(result->body, nullptr, false) : json{};
    }
    json sign_in(const std::string& email, const std::string& password = "old secret") const {
        return call("POST", "/v1/sessions", {{"email", email}, {"password", password}});
    }
    json get(const std::string& path, const std::string& token) const {
        return call("GET", path, {}, token);
    }
};

struct FromMariaDb : Import {
    static void SetUpTestSuite() {
        server_folder = new TemporaryFolder;
        server = new MariaDb{server_folder->path() / "db"};
        // The trigger has a ; within.
        auto tables = std::string{legacy_tables};
        tables.insert(tables.find("CREATE TRIGGER"), "DELIMITER ;;\n");
        tables.insert(tables.find("END;") + 4, ";\nDELIMITER ;\n");
        const auto filled = server->query(tables + legacy_people());
        EXPECT_EQ(filled.status, 0) << filled.err;
    }
    static void TearDownTestSuite() {
        delete server;
        delete server_folder;
        server = nullptr;
        server_folder = nullptr;
    }
    void make_admin() const {
        const auto made = muster("admin create --email root@x.example --name Root --password-stdin",
                                 data(), "a long pass phrase\n");
        ASSERT_EQ(made.status, 0) << made.err;
    }
    static std::string admin_of(const Served& served) {
        return served
            .call("POST", "/v1/admin/sessions",
                  {{"email", "root@x.example"}, {"password", "a long pass phrase"}})
            .value("token", "");
    }

    static inline TemporaryFolder* server_folder{};
    static inline MariaDb* server{};
};

TEST_F(FromMariaDb, EveryFormOfADumpSaysTheSame) {  // Rule M7.
    std::string first;
    for (const auto* options : {"", "--skip-extended-insert", "--complete-insert", "--hex-blob",
                                "--skip-opt", "--compact --complete-insert", "--order-by-primary",
                                "--no-create-info --complete-insert"}) {
        server->dump(dump(), options);
        const auto ran = run("--dry-run");
        EXPECT_EQ(ran.status, 0) << options << ran.err;
        auto told = ran.out;
        for (auto at = told.find("line "); at != told.npos; at = told.find("line ", at + 1))
            told.erase(at + 5, told.find(':', at) - at - 5);
        told = told.substr(0, told.find("the dump does not say"));
        if (first.empty()) first = told;
        EXPECT_EQ(told, first) << options;
        EXPECT_NE(told.find("clients: 12 read, 12 imported"), std::string::npos) << told;
        EXPECT_NE(told.find("contacts: 3 read, 2 imported, 0 imported before, 1 rejected"),
                  std::string::npos)
            << told;
    }
}

TEST_F(FromMariaDb, PeopleSignInWithTheirOldPasswords) {  // Rules M1, M2, M3, M5, M8, M9.
    server->dump(dump());
    const auto ran = run();
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find("1 security answers, 1 second factors"), std::string::npos) << ran.out;
    make_admin();
    {
        const Served served{data()};
        for (const auto* email : {"ada@example.com", "bob@example.com", "dan@example.com"}) {
            EXPECT_EQ(served.sign_in(email, "wrong").value("code", ""),
                      "session.invalid_credentials");
            EXPECT_TRUE(served.sign_in(email).contains("token")) << email;
            EXPECT_TRUE(served.sign_in(email).contains("token")) << email << ", the second time";
        }
        EXPECT_EQ(served.sign_in("n10@example.com", "no hash").value("code", ""),
                  "session.invalid_credentials");
        const auto dan = served.sign_in("dan@example.com");
        const auto session = served.get("/v1/session", dan.value("token", ""));
        EXPECT_EQ(session["permissions"], json({"invoices", "tickets"})) << session;

        const auto admin = admin_of(served);
        const auto bob = served.get("/v1/users/2", admin);
        EXPECT_EQ(bob["created_at"], "2011-01-02T00:00:00.000Z") << bob;
        EXPECT_EQ(bob["language"], "de");
        EXPECT_EQ(bob["security_question"], true);
        EXPECT_EQ(bob["two_factor"], false);
        const auto cy = served.get("/v1/users/3", admin);
        EXPECT_TRUE(cy["email"].is_null()) << cy;
        EXPECT_EQ(cy["accounts"][0]["status"], "closed");
        EXPECT_EQ(served.get("/v1/accounts/2", admin)["notes"], "two\nlines");
        EXPECT_EQ(served.get("/v1/accounts/1", admin)["created_at"], "2012-03-04T00:00:00.000Z");
        EXPECT_EQ(served.get("/v1/accounts/1/contacts", admin)["items"][0]["receives"],
                  json({"general", "invoice"}));
        int id = 4;
        for (const auto& name : nasty_names)
            EXPECT_EQ(served.get(fmt::format("/v1/users/{}", id++), admin)["first_name"],
                      name.plain);
        const auto activity = served.get("/v1/activity?account_id=1&limit=100", admin);
        EXPECT_NE(activity.dump().find("System imported legacy client #1"), std::string::npos);
    }
    EXPECT_EQ(count("user.password_rehashed"), 3U);
    const auto again = run();
    EXPECT_NE(again.out.find("0 imported, 12 imported before"), std::string::npos) << again.out;
    expect_sound();
}

TEST_F(FromMariaDb, RunAgainItWritesNothing) {  // Rule M7.
    server->dump(dump(), "--skip-extended-insert");
    ASSERT_EQ(run().status, 0);
    const auto before = events();
    server->dump(dump(), "--complete-insert");
    ASSERT_EQ(run().status, 0);
    EXPECT_EQ(events(), before);
    expect_sound();
}

}  // namespace muster::tools::import_test
