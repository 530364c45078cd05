#include "handlers/message.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "events/text.hpp"

namespace muster {
namespace {

constexpr std::size_t longest_line = 76;
// "=_" never stands in quoted-printable text, so this is no line of a part (RFC 2045, 6.7).
constexpr std::string_view boundary = "=_muster";

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

// The most bytes of the text that are whole characters and not more than so many.
std::size_t whole_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    while (most > 1 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
        --most;
    return most;
}

// Unstructured text or a display name (RFC 2047): as it is where that is plain and short, else as
// encoded words of at most 75 bytes, each on a line of its own.
std::string encoded_words(std::string_view text, std::size_t used) {
    if (std::ranges::all_of(text, is_plain) && !text.contains("=?") &&
        used + text.size() <= longest_line) {
        return std::string(text);
    }
    constexpr std::size_t bytes_a_word = 36;  // 48 of base64, and what is around them.
    std::string words;
    while (!text.empty()) {
        const auto size = whole_characters(text, bytes_a_word);
        if (!words.empty()) words.append("\r\n ");
        words.append("=?utf-8?B?").append(to_base64(text.substr(0, size))).append("?=");
        text.remove_prefix(size);
    }
    return words;
}

// A display name that is plain is quoted, for it may hold anything but quotes and backslashes.
std::string display_name(std::string_view name) {
    std::string quoted{"\""};
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted.push_back('\\');
        quoted.push_back(c);
    }
    quoted.push_back('"');
    const bool fits = std::ranges::all_of(name, is_plain) && quoted.size() + 6 <= longest_line;
    return fits ? quoted : encoded_words(name, longest_line);
}

std::string mailbox(const Sender& sender) {
    if (sender.name.empty()) return wire_form(sender.address);
    return fmt::format("{}\r\n <{}>", display_name(sender.name), wire_form(sender.address));
}

// RFC 5322, section 3.3.
std::string date_text(Time time) {
    constexpr std::string_view days[]{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::string_view months[]{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{time.ms}};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at - day).count();
    return fmt::format(
        "{}, {} {} {} {:02}:{:02}:{:02} +0000", days[std::chrono::weekday{day}.c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// RFC 2045, section 6.7. A full stop at the beginning of a line is written out, so that nobody on
// the way takes it for the end of the message.
std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const char c = text[n];
        if (c == '\n') {
            out.append("\r\n");
            column = 0;
            continue;
        }
        const bool ends_line = n + 1 == text.size() || text[n + 1] == '\n';
        const bool as_it_is =
            is_plain(c) && c != '=' && !(c == ' ' && ends_line) && !(c == '.' && column == 0);
        const std::size_t size = as_it_is ? 1 : 3;
        if (column + size + (ends_line ? 0 : 1) > longest_line) {
            out.append("=\r\n");
            column = 0;
            --n;  // Looked at once more, at the beginning of a line.
            continue;
        }
        if (as_it_is) {
            out.push_back(c);
        } else {
            fmt::format_to(std::back_inserter(out), "={:02X}", static_cast<unsigned char>(c));
        }
        column += size;
    }
    return out;
}

void append_part(std::string& out, std::string_view type, std::string_view text) {
    out.append("--").append(boundary).append("\r\n");
    out.append("Content-Type: ").append(type).append("; charset=utf-8\r\n");
    out.append("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    out.append(quoted_printable(text)).append("\r\n");
}

}  // namespace

std::optional<Sender> parse_sender(std::string_view text) {
    text = trimmed(text);
    std::string_view name, address = text;
    if (text.ends_with('>')) {
        const auto open = text.rfind('<');
        if (open == text.npos) return std::nullopt;
        name = trimmed(text.substr(0, open));
        address = text.substr(open + 1, text.size() - open - 2);
        if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
            name = name.substr(1, name.size() - 2);
    }
    const auto parsed = EmailAddress::parse(address);
    if (!parsed || !is_utf8(name)) return std::nullopt;
    return Sender{one_line(name, 80), *parsed};
}

std::string wire_form(const EmailAddress& address) {
    const std::string_view typed = address.text(), normalised = address.normalised();
    return std::string(typed.substr(0, typed.rfind('@')))
        .append(normalised.substr(normalised.rfind('@')));
}

std::string message_id(MailId mail, Time asked_at, std::string_view site) {
    auto host = site.substr(0, site.find('/'));
    if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
    return fmt::format("<{}.{}@{}>", mail.number, asked_at.ms, host);
}

std::string to_message(const MessageHead& heading, const Letter& letter) {
    std::string out;
    const auto header = [&](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    header("Date", date_text(heading.date));
    header("From", mailbox(heading.from));
    header("To", wire_form(heading.to));
    header("Subject", encoded_words(letter.subject, std::string_view{"Subject: "}.size()));
    header("Message-ID", heading.message_id);
    header("Auto-Submitted", "auto-generated");
    header("Content-Language", tag_of(heading.language));
    header("MIME-Version", "1.0");
    header("Content-Type", fmt::format("multipart/alternative; boundary=\"{}\"", boundary));
    out.append("\r\n");
    append_part(out, "text/plain", letter.text);
    append_part(out, "text/html", letter.html);
    out.append("--").append(boundary).append("--\r\n");
    return out;
}

}  // namespace muster
