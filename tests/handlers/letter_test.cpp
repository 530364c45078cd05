// What mails say, in each language, whatever people call themselves; and how that is put on the
// wire.
#include "handlers/letter.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <regex>
#include <set>

#include "events/text.hpp"
#include "events/token.hpp"
#include "handlers/message.hpp"

namespace muster::letter_test {

constexpr MailKind kinds[]{MailKind::invitation, MailKind::password_reset,
                           MailKind::email_verification};
constexpr Language languages[]{Language::english, Language::german};
constexpr Time noon{1'777'636'800'000};  // 2026-05-01T12:00:00Z.

LetterFacts facts(MailKind kind, Language language) {
    return {.kind = kind,
            .language = language,
            .account = "Acme",
            .sender = "Ada Lovelace",
            .site = "accounts.example.com",
            .link = "https://accounts.example.com/invitations/mi_AQEBx-_y",
            .expires_at = noon};
}
Letter invitation(const std::string& account, const std::string& sender) {
    auto about = facts(MailKind::invitation, Language::english);
    about.account = account;
    about.sender = sender;
    return write_letter(about);
}

TEST(Letter, EveryKindIsWrittenInEveryLanguage) {
    std::set<std::string> subjects, texts;
    for (const auto kind : kinds) {
        for (const auto language : languages) {
            const auto letter = write_letter(facts(kind, language));
            EXPECT_TRUE(subjects.insert(letter.subject).second) << letter.subject;
            EXPECT_TRUE(texts.insert(letter.text).second) << letter.text;
            const auto link = facts(kind, language).link;
            EXPECT_TRUE(letter.text.contains("\n" + link + "\n")) << letter.text;
            EXPECT_TRUE(letter.html.contains("<a href=\"" + link + "\">")) << letter.html;
            const auto lang = language == Language::german ? "lang=\"de\"" : "lang=\"en\"";
            EXPECT_TRUE(letter.html.contains(lang));
            for (const auto& part : {letter.text, letter.html}) {
                EXPECT_TRUE(part.contains("accounts.example.com"));
                EXPECT_TRUE(part.contains("2026-05-01 12:00 UTC")) << part;
                EXPECT_FALSE(part.contains('{') || part.contains('}')) << part;
                EXPECT_TRUE(is_utf8(part));
            }
        }
    }
}

TEST(Letter, AnInvitationNamesTheAccountAndWhoInvites) {
    const auto letter = write_letter(facts(MailKind::invitation, Language::english));
    EXPECT_EQ(letter.subject, "Invitation to Acme");
    EXPECT_TRUE(letter.text.starts_with(
        "Ada Lovelace invites you to the account Acme on accounts.example.com.\n"));
    EXPECT_TRUE(invitation("Acme", "").text.starts_with("You are invited to the account Acme on "));
    const auto german = write_letter(facts(MailKind::invitation, Language::german));
    EXPECT_EQ(german.subject, "Einladung zu Acme");
    EXPECT_TRUE(german.text.starts_with("Ada Lovelace lädt Sie zum Konto Acme auf "));
}

TEST(Letter, NamesAreNeverMoreThanNames) {
    const auto letter = invitation("<b>Acme</b> & \"Söhne\" {site}\r\nBcc: eve@example.com",
                                   "\u202eada\u2066 https://evil.example/x {link}");
    EXPECT_EQ(letter.subject, "Invitation to <b>Acme</b> & \"Söhne\" {site} Bcc: eve@example.com");
    EXPECT_FALSE(letter.html.contains("<b>"));
    EXPECT_TRUE(letter.html.contains("&lt;b&gt;Acme&lt;/b&gt; &amp; &quot;Söhne&quot; {site}"));
    EXPECT_TRUE(letter.text.starts_with("ada https evil.example/x {link} invites you"));
    EXPECT_FALSE(letter.text.contains("https://evil"));
    const auto longest = invitation(std::string(5000, 'x'), "y");
    EXPECT_LT(longest.subject.size(), 120U);
}

TEST(Letter, LanguagesAreThoseOfTheTag) {
    for (const auto* tag : {"de", "de-AT", "DE", "De-Latn-CH"})
        EXPECT_EQ(language_of(tag), Language::german) << tag;
    for (const auto* tag : {"", "en", "en-DE", "den", "d", "nl", "pt-BR"})
        EXPECT_EQ(language_of(tag), Language::english) << tag;
}

TEST(Letter, LinksLeadWhereTheirTokenIsTaken) {
    const Keys keys{Key{7}};
    const auto link = [&](MailKind kind) {
        return link_of({.kind = kind,
                        .account = {1},
                        .invitation = {5},
                        .user = {9},
                        .link = 3,
                        .expires_at = {}},
                       "https://x.example/muster", keys);
    };
    const std::map<MailKind, std::pair<std::string, Token>> expected{
        {MailKind::invitation, {"/invitations/", {TokenPurpose::invitation, 5, 3}}},
        {MailKind::password_reset, {"/password-resets/", {TokenPurpose::password_reset, 9, 3}}},
        {MailKind::email_verification,
         {"/email-verifications/", {TokenPurpose::email_verification, 9, 3}}}};
    for (const auto& [kind, path_and_token] : expected) {
        EXPECT_EQ(link(kind), "https://x.example/muster" + path_and_token.first +
                                  to_text(path_and_token.second, keys));
    }
    EXPECT_EQ(site_of("https://x.example/muster"), "x.example/muster");
    EXPECT_EQ(site_of("http://[::1]:8080"), "[::1]:8080");
}

// --- Messages

const auto from = *parse_sender("Muster <no-reply@hosting.example>");
EmailAddress address(std::string_view text) { return EmailAddress::parse(text).value(); }

std::string message(const Letter& letter, const Sender& sender = from,
                    const EmailAddress& to = address("bob@example.com")) {
    return to_message(
        {sender, to, message_id({42}, noon, "accounts.example.com:8080"), noon, Language::english},
        letter);
}

// Header fields by name, unfolded.
std::multimap<std::string, std::string> headers_of(const std::string& message) {
    std::multimap<std::string, std::string> headers;
    auto head = message.substr(0, message.find("\r\n\r\n") + 2);
    head = std::regex_replace(head, std::regex{"\r\n[ \t]"}, " ");
    for (std::size_t at = 0; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto line = head.substr(at, end - at);
        const auto colon = line.find(": ");
        EXPECT_NE(colon, line.npos) << line;
        headers.emplace(line.substr(0, colon), line.substr(colon + 2));
        at = end + 2;
    }
    return headers;
}
std::string header(const std::string& message, const std::string& name) {
    const auto headers = headers_of(message);
    EXPECT_EQ(headers.count(name), 1U) << name;
    return headers.contains(name) ? headers.find(name)->second : "";
}

// RFC 2047, as its reader does it.
std::string decoded_words(const std::string& value) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    const std::regex word{R"(=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?= ?)"};
    auto rest = value;
    for (std::smatch match; std::regex_search(rest, match, word);) {
        EXPECT_LE(match.str().size(), 76U);
        out += match.prefix();
        std::string bytes;
        unsigned bits = 0, count = 0;
        for (const char c : match[1].str()) {
            if (c == '=') break;
            bits = bits << 6 | static_cast<unsigned>(digits.find(c));
            count += 6;
            if (count >= 8) bytes.push_back(static_cast<char>(bits >> (count -= 8)));
        }
        EXPECT_TRUE(is_utf8(bytes)) << "a character is torn";
        out += bytes;
        rest = match.suffix();
    }
    return out + rest;
}

// RFC 2045, as its reader does it.
std::string decoded_part(const std::string& message, const std::string& type) {
    auto at = message.find("Content-Type: " + type);
    at = message.find("\r\n\r\n", at) + 4;
    auto body = message.substr(at, message.find("\r\n--=_", at) - at);
    std::string out;
    for (std::size_t n = 0; n < body.size(); ++n) {
        if (body.substr(n, 3) == "=\r\n") {
            n += 2;
        } else if (body[n] == '=') {
            out.push_back(static_cast<char>(std::stoi(body.substr(n + 1, 2), nullptr, 16)));
            n += 2;
        } else if (body[n] != '\r') {
            out.push_back(body[n]);
        }
    }
    return out;
}

void expect_well_formed(const std::string& message) {
    for (std::size_t at = 0; at < message.size();) {
        const auto end = message.find("\r\n", at);
        ASSERT_NE(end, message.npos) << "the last line has no end";
        const auto line = message.substr(at, end - at);
        EXPECT_LE(line.size(), 78U) << line;
        EXPECT_FALSE(line.starts_with('.')) << line;
        for (const char c : line)
            EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c) << " in " << line;
        at = end + 2;
    }
}

TEST(Message, HasTheHeadersOfAnAutomaticMail) {
    const auto text = message(invitation("Acme", "Ada"));
    expect_well_formed(text);
    EXPECT_EQ(header(text, "From"), "\"Muster\" <no-reply@hosting.example>");
    EXPECT_EQ(header(text, "To"), "bob@example.com");
    EXPECT_EQ(header(text, "Subject"), "Invitation to Acme");
    EXPECT_EQ(header(text, "Date"), "Fri, 1 May 2026 12:00:00 +0000");
    EXPECT_EQ(header(text, "Message-ID"), "<42.1777636800000@accounts.example.com>");
    EXPECT_EQ(header(text, "Auto-Submitted"), "auto-generated");
    EXPECT_EQ(header(text, "Content-Language"), "en");
    EXPECT_EQ(header(text, "MIME-Version"), "1.0");
    EXPECT_TRUE(header(text, "Content-Type").starts_with("multipart/alternative; boundary="));
    EXPECT_EQ(message_id({1}, Time{5}, "[::1]:8080/x"), "<1.5@[::1]>");
}

TEST(Message, CarriesTextAndHtmlUnchanged) {
    for (const auto kind : kinds) {
        for (const auto language : languages) {
            const auto letter = write_letter(facts(kind, language));
            const auto text = message(letter);
            expect_well_formed(text);
            EXPECT_EQ(decoded_words(header(text, "Subject")), letter.subject);
            EXPECT_EQ(decoded_part(text, "text/plain"), letter.text);
            EXPECT_EQ(decoded_part(text, "text/html"), letter.html);
        }
    }
}

TEST(Message, CarriesAnyLinesUnchanged) {
    const Letter odd{"x",
                     ".\n..\n.leading\nends with space \n\ttab\n=_muster\n--=_muster--\nFrom x\n" +
                         std::string(200, '.') + "\n" + std::string(300, '=') + "\nä" +
                         std::string(77, 'a') + "ü\n\n\n",
                     "<p>\r</p>\n"};
    const auto text = message(odd);
    expect_well_formed(text);
    EXPECT_EQ(decoded_part(text, "text/plain"), odd.text);
    std::mt19937_64 random{7};
    for (int round = 0; round < 200; ++round) {
        Letter letter{"x", "", "y"};
        for (auto count = random() % 400; count > 0; --count)
            letter.text += std::string_view{".= \n-_aäb"}.substr(random() % 9, 1);
        const auto sent = message(letter);
        expect_well_formed(sent);
        EXPECT_EQ(decoded_part(sent, "text/plain"), letter.text);
    }
}

TEST(Message, NothingInANameBecomesAHeader) {
    const auto letter =
        invitation("Acme\r\nBcc: eve@example.com\r\n\r\nHello", "Ada\nX-Evil: 1\u2028Y: 2");
    const auto text = message(letter);
    expect_well_formed(text);
    EXPECT_EQ(headers_of(text).size(), 9U);
    EXPECT_EQ(decoded_words(header(text, "Subject")), letter.subject);
}

TEST(Message, SubjectsOfAnyLengthAndLanguageAreFolded) {
    for (const auto& name :
         {std::string(80, 'x'), std::string("Söhne & Töchter, größte Bäckerei Österreichs"),
          std::string("=?utf-8?B?QWJj?="),
          std::string("日本語の会社日本語の会社日本語の会社日本語"),
          std::string("🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊")}) {
        const auto letter = invitation(name, "");
        const auto text = message(letter);
        expect_well_formed(text);
        EXPECT_EQ(decoded_words(header(text, "Subject")), letter.subject);
    }
}

TEST(Message, SendersHaveNames) {
    const auto shown = [](std::string_view text) {
        return decoded_words(
            header(message(invitation("Acme", ""), parse_sender(text).value()), "From"));
    };
    EXPECT_EQ(shown("a@b.example"), "a@b.example");
    EXPECT_EQ(shown(" Acme, Inc. <a@b.example> "), "\"Acme, Inc.\" <a@b.example>");
    EXPECT_EQ(shown("\"The \\ \"best\"\" <a@b.example>"), R"("The \\ \"best\"" <a@b.example>)");
    EXPECT_EQ(shown("Müller <a@müller.example>"), "Müller<a@xn--mller-kva.example>");
    EXPECT_EQ(shown("A\r\nBcc: x <a@b.example>"), "\"A Bcc: x\" <a@b.example>");
    for (const auto* bad : {"", "Acme", "Acme <>", "Acme <a>", "a@b.example, c@d.example",
                            "Acme a@b.example>", "A <a@b.example> x"})
        EXPECT_FALSE(parse_sender(bad)) << bad;
}

TEST(Message, AddressesHaveTheirWireForm) {
    EXPECT_EQ(wire_form(address("Bob.Smith+x@EXAMPLE.com")), "Bob.Smith+x@example.com");
    EXPECT_EQ(wire_form(address("bob@Müller.example")), "bob@xn--mller-kva.example");
    EXPECT_EQ(wire_form(address("Jürgen@müller.example")), "Jürgen@xn--mller-kva.example");
    const auto text = message(invitation("Acme", ""), from, address("Jürgen@müller.example"));
    EXPECT_EQ(header(text, "To"), "Jürgen@xn--mller-kva.example");  // RFC 6532.
}

}  // namespace muster::letter_test
