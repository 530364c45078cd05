#include "handlers/letter.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "events/text.hpp"
#include "events/token.hpp"

namespace muster {
namespace {

constexpr std::size_t longest_name = 80;

// What one kind of mail says in one language. In braces: account, sender, site, until.
struct Words {
    std::string_view subject, opening;
    std::string_view opening_by_nobody;  // Where there is no sender; empty: as the opening.
    std::string_view before_link, button, closing;
};

constexpr Words invitation_english{
    "Invitation to {account}",
    "{sender} invites you to the account {account} on {site}.",
    "You are invited to the account {account} on {site}.",
    "To accept, open this link:",
    "Accept the invitation",
    "It works once, until {until}. If you did not expect an invitation, you need not do anything."};
constexpr Words invitation_german{
    "Einladung zu {account}",
    "{sender} lädt Sie zum Konto {account} auf {site} ein.",
    "Sie sind zum Konto {account} auf {site} eingeladen.",
    "Öffnen Sie diesen Link, um die Einladung anzunehmen:",
    "Einladung annehmen",
    "Er gilt einmal, bis {until}. Wenn Sie keine Einladung erwartet haben, müssen Sie nichts tun."};
constexpr Words password_reset_english{
    "Choose a new password",
    "A new password was asked for, for your sign-in at {site}.",
    "",
    "To choose one, open this link:",
    "Choose a new password",
    "It works once, until {until}. If it was not you who asked, you need not do anything: your "
    "password stays as it is."};
constexpr Words password_reset_german{
    "Neues Passwort wählen",
    "Für Ihre Anmeldung bei {site} wurde ein neues Passwort angefordert.",
    "",
    "Öffnen Sie diesen Link, um eines zu wählen:",
    "Neues Passwort wählen",
    "Er gilt einmal, bis {until}. Wenn nicht Sie es angefordert haben, müssen Sie nichts tun: Ihr "
    "Passwort bleibt, wie es ist."};
constexpr Words email_verification_english{
    "Confirm your e-mail address",
    "This address was entered for your sign-in at {site}.",
    "",
    "To confirm that it is yours, open this link and sign in:",
    "Confirm this address",
    "It works until {until}. If you have no sign-in there, you need not do anything."};
constexpr Words email_verification_german{
    "E-Mail-Adresse bestätigen",
    "Diese Adresse wurde für Ihre Anmeldung bei {site} eingetragen.",
    "",
    "Öffnen Sie diesen Link und melden Sie sich an, um zu bestätigen, dass sie Ihnen gehört:",
    "Adresse bestätigen",
    "Er gilt bis {until}. Wenn Sie sich dort nie angemeldet haben, müssen Sie nichts tun."};

// One line a kind: its words, its token and where its links lead.
struct Kind {
    std::array<const Words*, 2> words;  // English, German.
    TokenPurpose purpose{};
    std::string_view path;
};
constexpr Kind kind_of(MailKind kind) {
    switch (kind) {
        case MailKind::password_reset:
            return {{&password_reset_english, &password_reset_german},
                    TokenPurpose::password_reset,
                    "/password-resets/"};
        case MailKind::email_verification:
            return {{&email_verification_english, &email_verification_german},
                    TokenPurpose::email_verification,
                    "/email-verifications/"};
        case MailKind::invitation:
            break;
    }
    return {{&invitation_english, &invitation_german}, TokenPurpose::invitation, "/invitations/"};
}

// A name in a mail must not lead anywhere: mail readers make links of what looks like one.
std::string harmless(std::string_view name) {
    auto line = one_line(name, longest_name);
    for (auto at = line.find("://"); at != line.npos; at = line.find("://", at))
        line.replace(at, 3, " ");
    return line;
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

// Every name in braces by its value, which there is. Values are not looked into again.
std::string filled(std::string_view words, const Values& values) {
    std::string out;
    while (!words.empty()) {
        const auto open = std::min(words.find('{'), words.size());
        out.append(words.substr(0, open));
        words.remove_prefix(open);
        if (words.empty()) break;
        const auto name = words.substr(1, words.find('}') - 1);
        out.append(std::ranges::find(values, name, &Values::value_type::first)->second);
        words.remove_prefix(name.size() + 2);
    }
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

// 2026-05-08 12:00 UTC: read alike in every language.
std::string shown(Time time) {
    auto text = to_text(time).substr(0, 16);
    text[10] = ' ';
    return text + " UTC";
}

Values values_of(const LetterFacts& facts) {
    return {{"account", harmless(facts.account)},
            {"sender", harmless(facts.sender)},
            {"site", facts.site},
            {"until", shown(facts.expires_at)}};
}

std::string html_of(const LetterFacts& facts, const Words& words, const std::string& opening,
                    const std::string& closing) {
    const auto link = escaped(facts.link);
    std::string html = "<!DOCTYPE html>\n<html lang=\"";
    html.append(tag_of(facts.language)).append("\">\n<head><meta charset=\"utf-8\"></head>\n");
    html.append("<body style=\"font-family: sans-serif; line-height: 1.5\">\n");
    html.append("<p>").append(escaped(opening)).append("</p>\n");
    html.append("<p>").append(escaped(words.before_link)).append("</p>\n");
    html.append("<p><a href=\"").append(link).append("\">");
    html.append(escaped(words.button)).append("</a></p>\n");
    html.append("<p>").append(link).append("</p>\n");
    html.append("<p>").append(escaped(closing)).append("</p>\n</body>\n</html>\n");
    return html;
}

}  // namespace

Language language_of(std::string_view tag) {
    const auto primary = tag.substr(0, tag.find('-'));
    const bool german = primary.size() == 2 && (primary[0] == 'd' || primary[0] == 'D') &&
                        (primary[1] == 'e' || primary[1] == 'E');
    return german ? Language::german : Language::english;
}

std::string_view tag_of(Language language) { return language == Language::german ? "de" : "en"; }

Letter write_letter(const LetterFacts& facts) {
    const auto& words = *kind_of(facts.kind).words[static_cast<std::size_t>(facts.language)];
    const auto values = values_of(facts);
    const bool by_nobody = !words.opening_by_nobody.empty() && harmless(facts.sender).empty();
    const auto opening = filled(by_nobody ? words.opening_by_nobody : words.opening, values);
    const auto closing = filled(words.closing, values);
    std::string text = opening;
    text.append("\n\n").append(words.before_link).append("\n\n");
    text.append(facts.link).append("\n\n").append(closing).append("\n");
    return {filled(words.subject, values), std::move(text),
            html_of(facts, words, opening, closing)};
}

std::string link_of(const MailOrder& order, std::string_view public_url, const Keys& keys) {
    const auto kind = kind_of(order.kind);
    const auto id =
        order.kind == MailKind::invitation ? order.invitation.number : order.user.number;
    return std::string(public_url)
        .append(kind.path)
        .append(to_text(Token{kind.purpose, id, order.link}, keys));
}

std::string site_of(std::string_view public_url) {
    const auto scheme = public_url.find("://");
    return std::string(scheme == public_url.npos ? public_url : public_url.substr(scheme + 3));
}

}  // namespace muster
