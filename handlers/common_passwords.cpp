#include "handlers/common_passwords.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace muster {
namespace {

// In order of their length, so that the longest that fits is taken off first.
constexpr std::array<std::string_view, 96> parts{"1q2w3e4r5t6y7u8i9o0p",
                                                 "qwertyuiopasdfghjkl",
                                                 "administrator",
                                                 "abcdefghijklm",
                                                 "nopqrstuvwxyz",
                                                 "letmeinplease",
                                                 "1qaz2wsx3edc",
                                                 "trustnoone",
                                                 "basketball",
                                                 "1234567890",
                                                 "0987654321",
                                                 "qwertyuiop",
                                                 "qwertzuiop",
                                                 "q1w2e3r4t5",
                                                 "1q2w3e4r5t",
                                                 "motdepasse",
                                                 "contrasena",
                                                 "contraseña",
                                                 "wachtwoord",
                                                 "changeme",
                                                 "superman",
                                                 "baseball",
                                                 "football",
                                                 "sunshine",
                                                 "princess",
                                                 "password",
                                                 "passw0rd",
                                                 "p@ssw0rd",
                                                 "p@ssword",
                                                 "passwort",
                                                 "kennwort",
                                                 "iloveyou",
                                                 "whatever",
                                                 "trustno1",
                                                 "computer",
                                                 "internet",
                                                 "starwars",
                                                 "michelle",
                                                 "jennifer",
                                                 "asdfghjkl",
                                                 "azertyuiop",
                                                 "1qaz2wsx",
                                                 "zaq12wsx",
                                                 "q1w2e3r4",
                                                 "1q2w3e4r",
                                                 "qazwsxedc",
                                                 "12345678",
                                                 "87654321",
                                                 "11111111",
                                                 "00000000",
                                                 "zxcvbnm",
                                                 "welcome",
                                                 "letmein",
                                                 "dragon",
                                                 "monkey",
                                                 "master",
                                                 "shadow",
                                                 "secret",
                                                 "qwerty",
                                                 "qwertz",
                                                 "azerty",
                                                 "abc123",
                                                 "123456",
                                                 "654321",
                                                 "123123",
                                                 "112233",
                                                 "111111",
                                                 "000000",
                                                 "666666",
                                                 "qazwsx",
                                                 "asdfgh",
                                                 "zxcvbn",
                                                 "freedom",
                                                 "michael",
                                                 "charlie",
                                                 "hunter",
                                                 "summer",
                                                 "winter",
                                                 "spring",
                                                 "autumn",
                                                 "hello",
                                                 "admin",
                                                 "login",
                                                 "guest",
                                                 "super",
                                                 "love",
                                                 "pass",
                                                 "test",
                                                 "user",
                                                 "root",
                                                 "2023",
                                                 "2024",
                                                 "2025",
                                                 "2026",
                                                 "1234",
                                                 "4321"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_joint(char c) {
    return (c >= '0' && c <= '9') || std::string_view{"!.,-_@#$?* "}.contains(c);
}

// Whether nothing but common parts, digits and marks between them is there.
bool is_put_together(std::string_view rest) {
    bool any = false;
    while (!rest.empty()) {
        const auto* part = std::ranges::find_if(
            parts, [&](std::string_view each) { return rest.starts_with(each); });
        if (part == parts.end() && !is_joint(rest.front())) return false;
        any = any || part != parts.end();
        rest.remove_prefix(part == parts.end() ? 1 : part->size());
    }
    return any;
}

// "aaaaaaaaaaaa", "abcabcabcabc", "lovelovelove".
bool is_repeated(std::string_view text) {
    for (std::size_t unit = 1; unit <= 4; ++unit) {
        const bool all =
            std::equal(text.begin() + static_cast<std::ptrdiff_t>(unit), text.end(), text.begin());
        if (all) return true;
    }
    return false;
}

// "abcdefghijkl", "987654321098": each character the neighbour of the one before it.
bool is_run(std::string_view text) {
    const auto steps = [&](int step) {
        for (std::size_t n = 1; n < text.size(); ++n) {
            const int distance = text[n] - text[n - 1];
            const bool around = (step > 0 && text[n - 1] == '9' && text[n] == '0') ||
                                (step < 0 && text[n - 1] == '0' && text[n] == '9');
            if (distance != step && !around) return false;
        }
        return true;
    };
    return steps(1) || steps(-1);
}

}  // namespace

bool is_common_password(std::string_view password) {
    std::string text{password};
    std::ranges::transform(text, text.begin(), lower);
    if (text.empty()) return false;
    return is_repeated(text) || is_run(text) || is_put_together(text);
}

}  // namespace muster
