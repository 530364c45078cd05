#include "tools/import_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "events/text.hpp"
#include "handlers/legacy_hash.hpp"

namespace muster::tools {
namespace {

constexpr std::size_t longest_text = 255, longest_notes = 16'384, longest_shown = 60;
constexpr std::size_t most_questions = 1000;

struct LanguageName {
    std::string_view name, tag;
};
constexpr std::array language_names{
    LanguageName{"arabic", "ar"},
    LanguageName{"azerbaijani", "az"},
    LanguageName{"bulgarian", "bg"},
    LanguageName{"catalan", "ca"},
    LanguageName{"chinese", "zh"},
    LanguageName{"chinese-cn", "zh-CN"},
    LanguageName{"chinese-tw", "zh-TW"},
    LanguageName{"croatian", "hr"},
    LanguageName{"czech", "cs"},
    LanguageName{"danish", "da"},
    LanguageName{"dutch", "nl"},
    LanguageName{"english", "en"},
    LanguageName{"estonian", "et"},
    LanguageName{"farsi", "fa"},
    LanguageName{"finnish", "fi"},
    LanguageName{"french", "fr"},
    LanguageName{"german", "de"},
    LanguageName{"greek", "el"},
    LanguageName{"hebrew", "he"},
    LanguageName{"hungarian", "hu"},
    LanguageName{"indonesian", "id"},
    LanguageName{"italian", "it"},
    LanguageName{"japanese", "ja"},
    LanguageName{"macedonian", "mk"},
    LanguageName{"norwegian", "nb"},
    LanguageName{"persian", "fa"},
    LanguageName{"polish", "pl"},
    LanguageName{"portuguese", "pt"},
    LanguageName{"portuguese-br", "pt-BR"},
    LanguageName{"portuguese-pt", "pt-PT"},
    LanguageName{"romanian", "ro"},
    LanguageName{"russian", "ru"},
    LanguageName{"slovak", "sk"},
    LanguageName{"slovenian", "sl"},
    LanguageName{"spanish", "es"},
    LanguageName{"swedish", "sv"},
    LanguageName{"thai", "th"},
    LanguageName{"turkish", "tr"},
    LanguageName{"ukrainian", "uk"},
    LanguageName{"ukranian", "uk"},
    LanguageName{"vietnamese", "vi"},
};

struct TopicColumn {
    std::string_view column;
    MailTopic topic;
};
constexpr std::array topic_columns{TopicColumn{"generalemails", MailTopic::general},
                                   TopicColumn{"invoiceemails", MailTopic::invoice},
                                   TopicColumn{"supportemails", MailTopic::support},
                                   TopicColumn{"productemails", MailTopic::product},
                                   TopicColumn{"domainemails", MailTopic::domain},
                                   TopicColumn{"affiliateemails", MailTopic::affiliate}};

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

// How many bytes the control character has that stands here; zero: none does.
std::size_t control_at(std::string_view text, bool lines) {
    const auto c = static_cast<unsigned char>(text.front());
    if (lines && (c == '\n' || c == '\r' || c == '\t')) return 0;
    if (c < 0x20 || c == 0x7f) return 1;
    if (c == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0) return 2;
    const bool separates = text.starts_with("\u2028") || text.starts_with("\u2029");
    return separates && !lines ? 3 : 0;
}

std::string without_controls(std::string_view text, bool lines) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const auto control = control_at(text, lines);
        clean.push_back(control == 0 ? text.front() : ' ');
        text.remove_prefix(std::max<std::size_t>(1, control));
    }
    return clean;
}

// Of a value in a message.
std::string shown(std::string_view value) {
    return is_utf8(value) ? one_line(value, longest_shown) : "(not UTF-8)";
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_on(std::string_view flag) {
    const auto lower = lower_case(flag);
    return lower == "1" || lower == "on" || lower == "yes" || lower == "true";
}

// What WHMCS encrypts is base64 without a space; a question that people can read is none.
bool is_readable(std::string_view question) {
    return question.contains(' ') || question.contains('?') ||
           std::ranges::any_of(question, [](char c) { return static_cast<signed char>(c) < 0; });
}

// A row that is being read: its values by name, and what is wrong with it.
class RowReader {
public:
    RowReader(const SqlLayout& layout, const SqlRow& row) : layout_(layout), row_(row) {}

    bool has(std::string_view column) const { return layout_.find(column).has_value(); }

    // As it stands; empty where it is NULL, or there is no such column.
    std::string_view raw(std::string_view column) {
        const auto index = layout_.find(column);
        if (!index || !row_[*index]) return {};
        return *row_[*index];
    }
    // UTF-8, bounded.
    std::string text(std::string_view column, std::size_t longest = longest_text) {
        const auto value = raw(column);
        if (!is_utf8(value)) {
            refuse(fmt::format("{} is not UTF-8", column));
            return {};
        }
        const auto clean = without_controls(value, longest > longest_text);
        if (clean != value)
            remark("text.cleaned", fmt::format("control characters in {} became spaces", column));
        std::string trim{trimmed(clean)};
        if (trim.size() > longest)
            refuse(fmt::format("{} is longer than {} bytes", column, longest));
        return trim;
    }
    // The first of the columns that is there.
    std::optional<Time> date(std::initializer_list<std::string_view> columns, Time now) {
        const auto column = std::ranges::find_if(columns, [&](auto each) { return has(each); });
        if (column == columns.end()) return std::nullopt;
        auto value = std::string{trimmed(raw(*column))};
        if (value.empty() || value.starts_with("0000-00-00")) return std::nullopt;
        if (value.size() > 10 && value[10] == ' ') value[10] = 'T';
        if (value.size() > 10) value += 'Z';
        const auto time = parse_time(value);
        if (!time) {
            remark("date.unreadable",
                   fmt::format("{} is no date: {}", *column, shown(raw(*column))));
        } else if (*time > now) {
            remark("date.in_future",
                   fmt::format("{} is in the future: {}", *column, shown(raw(*column))));
            return std::nullopt;
        }
        return time;
    }
    std::optional<EmailAddress> address() {
        const auto text = trimmed(raw("email"));
        if (text.empty()) return std::nullopt;
        auto address = EmailAddress::parse(text);
        if (!address && is_utf8(text))
            remark("email.invalid", fmt::format("\"{}\" is no e-mail address", shown(text)));
        if (!is_utf8(text)) refuse("email is not UTF-8");
        return address;
    }
    // The hash, where it is one that can let somebody in.
    std::optional<std::string> password() {
        const auto hash = trimmed(raw("password"));
        if (hash.empty()) return std::nullopt;
        const auto kind = kind_of_hash(hash);
        if (lets_in(kind)) return std::string{hash};
        if (kind == HashKind::too_dear)
            remark("password.too_dear",
                   fmt::format("the password's bcrypt cost is above {}; it has "
                               "to be reset",
                               dearest_bcrypt));
        else
            remark("password.unknown",
                   "the password's hash is of no known kind; it has to be reset");
        return std::nullopt;
    }
    Profile profile() {
        Profile profile{.company_name = text("companyname"),
                        .first_name = text("firstname"),
                        .last_name = text("lastname"),
                        .email = {},
                        .phone = text("phonenumber"),
                        .address1 = text("address1"),
                        .address2 = text("address2"),
                        .city = text("city"),
                        .state = text("state"),
                        .postcode = text("postcode"),
                        .country = text("country"),
                        .tax_id = text("tax_id"),
                        .notes = {}};
        return profile;
    }
    std::string language() {
        const auto name = trimmed(raw("language"));
        if (name.empty()) return "en";
        if (auto tag = language_of(name)) return std::move(*tag);
        remark("language.unknown",
               fmt::format("the language {} is not known; it became en", shown(name)));
        return "en";
    }

    void remark(std::string_view code, std::string text) {
        remarks_.push_back({code, std::move(text)});
    }
    void refuse(std::string why) {
        if (refusal_.empty()) refusal_ = std::move(why);
    }
    const std::string& refusal() const { return refusal_; }
    std::vector<Remark> remarks() { return std::move(remarks_); }

private:
    const SqlLayout& layout_;
    const SqlRow& row_;
    std::string refusal_;
    std::vector<Remark> remarks_;
};

AccountStatus status_in(RowReader& row) {
    const auto status = lower_case(trimmed(row.raw("status")));
    if (status == "inactive") return AccountStatus::inactive;
    if (status == "closed") return AccountStatus::closed;
    if (status != "active")
        row.remark("status.unknown", fmt::format("the status {} is not known; it became active",
                                                 shown(row.raw("status"))));
    return AccountStatus::active;
}

// Rule M5: the eleven old keys, and the two younger ones, have kept their names.
Permissions permissions_in(RowReader& row) {
    Permissions permissions;
    std::string_view rest = row.raw("permissions");
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto key = lower_case(trimmed(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (key.empty()) continue;
        if (const auto permission = parse_permission(key))
            permissions.insert(*permission);
        else
            row.remark("permission.unknown",
                       fmt::format("the permission {} is not known", shown(key)));
    }
    return permissions;
}

std::optional<std::string> question_of(RowReader& row, const RowContext& context) {
    const auto id = number_of(trimmed(row.raw("securityqid")));
    const auto found = id ? context.questions.find(*id) : context.questions.end();
    if (found == context.questions.end()) return std::nullopt;
    return found->second;
}

std::set<MailTopic> topics_in(RowReader& row) {
    std::set<MailTopic> topics;
    for (const auto& [column, topic] : topic_columns) {
        if (is_on(trimmed(row.raw(column)))) topics.insert(topic);
    }
    return topics;
}

LegacyPerson person_in(RowReader& row, const Profile& profile,
                       const std::optional<EmailAddress>& email) {
    return {.first_name = profile.first_name,
            .last_name = profile.last_name,
            .email = email,
            .language = row.language(),
            .password_hash = row.password()};
}

}  // namespace

std::vector<std::string> missing_columns(const SqlLayout& layout) {
    static const std::map<std::string_view, std::vector<std::string>> needed{
        {client_table, {"id", "firstname", "lastname", "email", "password", "status"}},
        {contact_table,
         {"id", "userid", "firstname", "lastname", "email", "subaccount", "password",
          "permissions"}},
        {question_table, {"id", "question"}}};
    std::vector<std::string> missing;
    const auto found = needed.find(layout.table);
    if (found == needed.end()) return missing;
    for (const auto& column : found->second) {
        if (!layout.find(column)) missing.push_back(column);
    }
    return missing;
}

std::optional<std::uint64_t> id_in(const SqlLayout& layout, const SqlRow& row,
                                   std::string_view column) {
    const auto index = layout.find(column);
    if (!index || *index >= row.size() || !row[*index]) return std::nullopt;
    const auto number = number_of(*row[*index]);
    if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
    return number;
}

std::expected<ClientRow, std::string> parse_client(const SqlLayout& layout, const SqlRow& row,
                                                   const RowContext& context) {
    RowReader reader{layout, row};
    ClientRow result;
    auto& client = result.client;
    client.legacy = LegacyClientId{id_in(layout, row).value_or(0)};
    client.profile = reader.profile();
    client.profile.notes = reader.text("notes", longest_notes);
    const auto email = reader.address();
    if (email) client.profile.email = email->text();
    client.owner = person_in(reader, client.profile, email);
    client.status = status_in(reader);
    client.created_at = reader.date({"datecreated", "created_at"}, context.now);
    client.last_sign_in_at = reader.date({"lastlogin"}, context.now);
    result.had_answer = !trimmed(reader.raw("securityqans")).empty();
    result.had_second_factor = !trimmed(reader.raw("authmodule")).empty();
    if (result.had_answer) client.question = question_of(reader, context);
    if (!reader.refusal().empty()) return std::unexpected(reader.refusal());
    result.remarks = reader.remarks();
    return result;
}

// Whoever got mail goes on getting it: a sub-account with mail topics is a contact, too.
std::expected<ContactRow, std::string> parse_contact(const SqlLayout& layout, const SqlRow& row,
                                                     const RowContext& context) {
    RowReader reader{layout, row};
    ContactRow result;
    auto& contact = result.contact;
    contact.legacy = LegacyContactId{id_in(layout, row).value_or(0)};
    contact.client = LegacyClientId{id_in(layout, row, "userid").value_or(0)};
    const bool is_user = is_on(trimmed(reader.raw("subaccount")));
    const auto profile = reader.profile();
    const auto email = reader.address();
    const auto receives = topics_in(reader);
    if (email && (!is_user || !receives.empty()))
        contact.contact = NewContact{*email, profile, receives};
    if (is_user) {
        contact.user = person_in(reader, profile, email);
        contact.permissions = permissions_in(reader);
        if (contact.permissions.empty())
            reader.remark("permission.none",
                          "it has no permission left, so its user has no access to the account");
    }
    contact.created_at = reader.date({"datecreated", "created_at"}, context.now);
    if (!is_user && !email) reader.refuse("a contact needs an e-mail address");
    if (!reader.refusal().empty()) return std::unexpected(reader.refusal());
    result.remarks = reader.remarks();
    return result;
}

void note_question(const SqlLayout& layout, const SqlRow& row, RowContext& context) {
    const auto id = id_in(layout, row);
    if (!id || row.size() != layout.columns.size() || context.questions.size() >= most_questions)
        return;
    RowReader reader{layout, row};
    auto question = reader.text("question");
    if (reader.refusal().empty() && is_readable(question))
        context.questions[*id] = std::move(question);
}

std::optional<std::string> language_of(std::string_view name) {
    const auto lower = lower_case(name);
    const auto found = std::ranges::find(language_names, lower, &LanguageName::name);
    if (found != language_names.end()) return std::string{found->tag};
    const bool is_tag = lower.size() == 2 &&
                        std::ranges::all_of(lower, [](char c) { return c >= 'a' && c <= 'z'; });
    return is_tag ? std::optional{lower} : std::nullopt;
}

}  // namespace muster::tools
