// What a legacy row means here, and what is left out of it.
#include "tools/import_rows.hpp"

#include <gtest/gtest.h>

namespace muster::tools::import_rows_test {

const std::string bcrypt = "$2y$10$" + std::string(53, 'a');
constexpr Time now{1'700'000'000'000};

// A row by the names of its columns.
using Cells = std::vector<std::pair<std::string, SqlValue>>;
const Cells ada{{"id", "7"},
                {"firstname", " Ada "},
                {"lastname", "Lovelace"},
                {"companyname", "Acme"},
                {"email", "Ada@Example.com"},
                {"address1", "1 Mill Street"},
                {"address2", SqlValue{}},
                {"city", "Leeds"},
                {"state", "Yorkshire"},
                {"postcode", "LS1"},
                {"country", "GB"},
                {"phonenumber", "+44 113"},
                {"tax_id", "GB1"},
                {"password", bcrypt},
                {"authmodule", ""},
                {"securityqid", "0"},
                {"securityqans", ""},
                {"language", "german"},
                {"status", "Active"},
                {"datecreated", "2012-03-04"},
                {"lastlogin", "2020-01-02 03:04:05"},
                {"notes", "pays\nlate"}};
const Cells bob{{"id", "3"},
                {"userid", "7"},
                {"firstname", "Bob"},
                {"lastname", "Stone"},
                {"companyname", ""},
                {"email", "bob@example.com"},
                {"subaccount", "1"},
                {"password", bcrypt},
                {"permissions", "invoices,tickets"},
                {"generalemails", "0"},
                {"invoiceemails", "0"}};

Cells with(Cells cells, const std::string& column, SqlValue value) {
    for (auto& [name, cell] : cells) {
        if (name == column) {
            cell = std::move(value);
            return cells;
        }
    }
    cells.emplace_back(column, std::move(value));
    return cells;
}
SqlLayout layout_of(std::string_view table, const Cells& cells) {
    SqlLayout layout{std::string{table}, {}};
    for (const auto& cell : cells)
        layout.columns.push_back(cell.first);
    return layout;
}
SqlRow row_of(const Cells& cells) {
    SqlRow row;
    for (const auto& cell : cells)
        row.push_back(cell.second);
    return row;
}
std::expected<ClientRow, std::string> client(const Cells& cells, const RowContext& context = {
                                                                     .questions = {}, .now = now}) {
    return parse_client(layout_of(client_table, cells), row_of(cells), context);
}
std::expected<ContactRow, std::string> contact(const Cells& cells) {
    return parse_contact(layout_of(contact_table, cells), row_of(cells),
                         {.questions = {}, .now = now});
}
std::string codes(const std::vector<Remark>& remarks) {
    std::string text;
    for (const auto& remark : remarks)
        text += (text.empty() ? "" : " ") + std::string{remark.code};
    return text;
}

TEST(ClientRow, IsAPersonAndAProfile) {  // Rules M1, M2, M9.
    const auto row = client(ada);
    ASSERT_TRUE(row) << row.error();
    const auto& made = row->client;
    EXPECT_EQ(made.legacy, LegacyClientId{7});
    EXPECT_EQ(made.owner.first_name, "Ada");
    EXPECT_EQ(made.owner.email->text(), "Ada@Example.com");
    EXPECT_EQ(made.owner.language, "de");
    EXPECT_EQ(made.owner.password_hash, bcrypt);
    EXPECT_EQ(made.profile,
              (Profile{"Acme", "Ada", "Lovelace", "Ada@Example.com", "+44 113", "1 Mill Street", "",
                       "Leeds", "Yorkshire", "LS1", "GB", "GB1", "pays\nlate"}));
    EXPECT_EQ(made.status, AccountStatus::active);
    EXPECT_EQ(made.created_at, parse_time("2012-03-04T00:00:00Z"));
    EXPECT_EQ(made.last_sign_in_at, parse_time("2020-01-02T03:04:05Z"));
    EXPECT_FALSE(row->had_answer || row->had_second_factor);
    EXPECT_TRUE(row->remarks.empty()) << codes(row->remarks);
}

TEST(ClientRow, HasADateOrNone) {  // Rule M9.
    EXPECT_FALSE(client(with(ada, "datecreated", "0000-00-00"))->client.created_at);
    EXPECT_FALSE(client(with(ada, "datecreated", SqlValue{}))->client.created_at);
    EXPECT_FALSE(client(with(ada, "lastlogin", "0000-00-00 00:00:00"))->client.last_sign_in_at);
    for (const auto& [date, code] :
         {std::pair{"2999-01-01", "date.in_future"}, std::pair{"soon", "date.unreadable"}}) {
        const auto row = client(with(ada, "datecreated", date));
        EXPECT_FALSE(row->client.created_at) << date;
        EXPECT_EQ(codes(row->remarks), code);
    }
}

TEST(ClientRow, WithoutAGoodAddressIsOneWithoutAnAddress) {
    EXPECT_TRUE(client(with(ada, "email", ""))->remarks.empty());
    EXPECT_FALSE(client(with(ada, "email", SqlValue{}))->client.owner.email);
    const auto row = client(with(ada, "email", "ada at home"));
    EXPECT_FALSE(row->client.owner.email);
    EXPECT_EQ(row->client.profile.email, "");
    EXPECT_EQ(codes(row->remarks), "email.invalid");
}

TEST(ClientRow, WithoutAGoodHashIsOneWithoutAPassword) {  // Rule M8.
    EXPECT_FALSE(client(with(ada, "password", ""))->client.owner.password_hash);
    const auto md5 = std::string(32, 'a') + ":salt1";
    EXPECT_EQ(client(with(ada, "password", md5))->client.owner.password_hash, md5);
    for (const auto& [hash, code] :
         {std::pair<std::string, std::string>{"secret", "password.unknown"},
          {"$argon2id$v=19$m=4194304,t=9,p=1$x$y", "password.unknown"},
          {"$2y$15$" + std::string(53, 'a'), "password.too_dear"}}) {
        const auto row = client(with(ada, "password", hash));
        EXPECT_FALSE(row->client.owner.password_hash) << hash;
        EXPECT_EQ(codes(row->remarks), code);
        EXPECT_EQ(row->remarks.front().text.find(hash), std::string::npos) << "a hash is told";
    }
}

TEST(ClientRow, HasAStatusAndALanguageThatAreKnownHere) {  // Rule E15.
    EXPECT_EQ(client(with(ada, "status", "Inactive"))->client.status, AccountStatus::inactive);
    EXPECT_EQ(client(with(ada, "status", "Closed"))->client.status, AccountStatus::closed);
    EXPECT_EQ(codes(client(with(ada, "status", "Banned"))->remarks), "status.unknown");
    EXPECT_EQ(client(with(ada, "language", ""))->client.owner.language, "en");
    EXPECT_EQ(codes(client(with(ada, "language", "klingon"))->remarks), "language.unknown");
    EXPECT_EQ(language_of("Portuguese-BR"), "pt-BR");
    EXPECT_EQ(language_of("fr"), "fr");
    EXPECT_EQ(language_of("f"), std::nullopt);
}

TEST(ClientRow, KeepsAQuestionThatCanBeRead) {  // Rule M2.
    RowContext context{.questions = {}, .now = now};
    const auto note = [&](const char* id, const char* question) {
        const Cells cells{{"id", id}, {"question", question}};
        note_question(layout_of(question_table, cells), row_of(cells), context);
    };
    note("1", "What was your first pet?");
    note("2", "c2VjcmV0IHF1ZXN0aW9uIHRleHQ=");
    note("0", "Nobody's?");
    EXPECT_EQ(context.questions.size(), 1U);
    auto asked = with(with(ada, "securityqid", "1"), "securityqans", "ZW5jcnlwdGVk");
    EXPECT_EQ(client(asked, context)->client.question, "What was your first pet?");
    EXPECT_TRUE(client(asked, context)->had_answer);
    asked = with(asked, "securityqid", "2");
    EXPECT_FALSE(client(asked, context)->client.question);
    EXPECT_TRUE(client(asked, context)->had_answer);
    EXPECT_TRUE(client(with(ada, "authmodule", "totp"))->had_second_factor);
}

TEST(ClientRow, IsCleanedOrRefused) {
    const auto cleaned = client(with(ada, "city", "Le\neds\x01\xc2\x85"));
    EXPECT_EQ(cleaned->client.profile.city, "Le eds");
    EXPECT_EQ(codes(cleaned->remarks), "text.cleaned");
    EXPECT_EQ(client(with(ada, "city", "\u200fמוסטר 🦊"))->client.profile.city, "\u200fמוסטר 🦊");
    EXPECT_EQ(client(with(ada, "city", "\xff")).error(), "city is not UTF-8");
    EXPECT_EQ(client(with(ada, "email", "a\xff@b.example")).error(), "email is not UTF-8");
    EXPECT_EQ(client(with(ada, "city", std::string(256, 'x'))).error(),
              "city is longer than 255 bytes");
    EXPECT_TRUE(client(with(ada, "notes", std::string(16'384, 'x'))));
    EXPECT_FALSE(client(with(ada, "notes", std::string(16'385, 'x'))));
}

TEST(ContactRow, IsAUserWhereItIsASubAccount) {  // Rules M3, M5.
    const auto row = contact(bob);
    ASSERT_TRUE(row) << row.error();
    EXPECT_EQ(row->contact.client, LegacyClientId{7});
    EXPECT_EQ(row->contact.user->password_hash, bcrypt);
    EXPECT_EQ(row->contact.permissions, (Permissions{Permission::invoices, Permission::tickets}));
    EXPECT_FALSE(row->contact.contact);  // It got no mail.
    const auto mailed = contact(with(bob, "invoiceemails", "1"));
    EXPECT_EQ(mailed->contact.contact->receives, std::set{MailTopic::invoice});
    EXPECT_TRUE(mailed->contact.user);
    const auto nowhere = contact(with(bob, "email", ""));
    EXPECT_TRUE(nowhere->contact.user && !nowhere->contact.user->email);
}

TEST(ContactRow, KeepsEachOfTheElevenPermissions) {  // Rule M5.
    const auto given = [](const char* keys) {
        const auto row = contact(with(bob, "permissions", keys));
        return std::pair{row->contact.permissions, codes(row->remarks)};
    };
    using enum Permission;
    const Permissions eleven{profile,  contacts, products,   manageproducts, domains, managedomains,
                             invoices, tickets,  affiliates, emails,         orders};
    EXPECT_EQ(given("profile,contacts,products,manageproducts,domains,managedomains,invoices,"
                    "tickets,affiliates,emails,orders"),
              (std::pair{eleven, std::string{}}));
    EXPECT_EQ(given(" Quotes, productsso,,"),
              (std::pair{Permissions{quotes, productsso}, std::string{}}));
    EXPECT_EQ(given("tickets,fly"),
              (std::pair{Permissions{tickets}, std::string{"permission.unknown"}}));
    EXPECT_EQ(given("fly").second, "permission.unknown permission.none");
    EXPECT_EQ(given("").second, "permission.none");
}

TEST(ContactRow, StaysAContactWhereItIsNone) {  // Rule M3.
    const auto plain = with(with(bob, "subaccount", "0"), "generalemails", "1");
    const auto row = contact(plain);
    EXPECT_FALSE(row->contact.user);
    EXPECT_EQ(row->contact.contact->email.text(), "bob@example.com");
    EXPECT_EQ(row->contact.contact->receives, std::set{MailTopic::general});
    EXPECT_TRUE(contact(with(plain, "generalemails", "0"))->contact.contact);
    EXPECT_EQ(contact(with(plain, "email", "")).error(), "a contact needs an e-mail address");
}

TEST(Columns, OfATableMayBeMissing) {
    EXPECT_TRUE(missing_columns(layout_of(client_table, ada)).empty());
    EXPECT_TRUE(missing_columns(layout_of(contact_table, bob)).empty());
    EXPECT_EQ(missing_columns(layout_of(client_table, {{"id", "1"}})).size(), 5U);
    EXPECT_EQ(missing_columns(layout_of(contact_table, ada)).size(), 3U);
}

TEST(Columns, TheNumberIsOneOfMySql) {
    const auto id = [](SqlValue value) {
        return id_in({"t", {"x", "id"}}, SqlRow{"x", std::move(value)});
    };
    EXPECT_EQ(id("7"), 7U);
    EXPECT_EQ(id("4294967295"), 4294967295U);
    for (const auto* none : {"0", "-1", "", "7.5", "x", "4294967296", " 7"})
        EXPECT_EQ(id(none), std::nullopt) << none;
    EXPECT_EQ(id(SqlValue{}), std::nullopt);
    EXPECT_EQ(id_in({"t", {"x", "id"}}, SqlRow{"x"}), std::nullopt);
}

}  // namespace muster::tools::import_rows_test
