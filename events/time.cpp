#include "events/time.hpp"

#include <algorithm>
namespace muster {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t last_ms = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

// Takes a text apart from the front; what is wrong once stays wrong.
class TimeScanner {
public:
    explicit TimeScanner(std::string_view text) : rest_(text) {}

    // Exactly `count` digits, of a number between `low` and `high`.
    int number(std::size_t count, int low, int high) {
        int value = 0;
        for (; count > 0; --count)
            value = value * 10 + digit();
        if (value < low || value > high) ok_ = false;
        return value;
    }
    // One of these characters; '\0' where it is none of them.
    char any_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return '\0';
        const auto found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    void expect(std::string_view characters) {
        if (any_of(characters) == '\0') ok_ = false;
    }
    // Any number of decimals, at least one; cut to thousandths.
    int thousandths() {
        int value = 0;
        int count = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); ++count) {
            const int next = digit();
            if (count < 3) value = value * 10 + next;
        }
        if (count == 0) ok_ = false;
        for (; count < 3; ++count)
            value *= 10;
        return value;
    }
    bool empty() const { return rest_.empty(); }
    bool ok() const { return ok_; }
    bool done() const { return ok_ && rest_.empty(); }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    int digit() {
        if (rest_.empty() || !is_digit(rest_.front())) {
            ok_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool ok_ = true;
};

// Milliseconds at the beginning of a day; absent where the calendar has no such day.
std::optional<std::int64_t> scan_day(TimeScanner& scanner) {
    const int year = scanner.number(4, 0, 9999);
    scanner.expect("-");
    const auto month = static_cast<unsigned>(scanner.number(2, 1, 12));
    scanner.expect("-");
    const auto day = static_cast<unsigned>(scanner.number(2, 1, 31));
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!scanner.ok() || !date.ok()) return std::nullopt;
    return std::chrono::sys_days{date}.time_since_epoch().count() * day_ms;
}

// Milliseconds that the offset is ahead of UTC.
std::int64_t scan_offset(TimeScanner& scanner) {
    if (scanner.any_of("Zz") != '\0') return 0;
    const auto sign = scanner.any_of("+-");
    const std::int64_t hours = scanner.number(2, 0, 23);
    scanner.expect(":");
    const std::int64_t minutes = scanner.number(2, 0, 59);
    if (sign == '\0') scanner.expect("+-");  // Fails: there was none.
    const auto span = (hours * 60 + minutes) * 60'000;
    return sign == '-' ? -span : span;
}

}  // namespace

TimeText rfc3339(Time time) {
    const std::chrono::sys_time<std::chrono::milliseconds> point{
        std::chrono::milliseconds{time.ms}};
    const auto day = std::chrono::floor<std::chrono::days>(point);
    const std::chrono::year_month_day date{day};
    const auto in_day = static_cast<unsigned>((point - day).count());
    // Every answer holds several times: digits are put in place, not formatted.
    auto text = std::to_array("0000-00-00T00:00:00.000Z");
    const auto put = [&](std::size_t at, std::size_t digits, unsigned number) {
        for (; digits > 0; number /= 10)
            text[at + --digits] = static_cast<char>('0' + number % 10);
    };
    put(0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
    put(5, 2, static_cast<unsigned>(date.month()));
    put(8, 2, static_cast<unsigned>(date.day()));
    put(11, 2, in_day / 3'600'000);
    put(14, 2, in_day / 60'000 % 60);
    put(17, 2, in_day / 1'000 % 60);
    put(20, 3, in_day % 1'000);
    TimeText result;
    std::copy_n(text.begin(), result.size(), result.begin());
    return result;
}

std::string to_text(Time time) {
    const auto text = rfc3339(time);
    return {text.data(), text.size()};
}

std::optional<Time> parse_time(std::string_view text) {
    TimeScanner scanner{text};
    const auto day = scan_day(scanner);
    if (!day) return std::nullopt;
    auto ms = *day;
    if (!scanner.empty()) {
        scanner.expect("Tt");
        ms += scanner.number(2, 0, 23) * 3'600'000;
        scanner.expect(":");
        ms += scanner.number(2, 0, 59) * 60'000;
        scanner.expect(":");
        const int second = scanner.number(2, 0, 60);
        ms += second * 1'000;
        if (scanner.any_of(".") != '\0') ms += scanner.thousandths();
        ms -= scan_offset(scanner);
        // A leap second, which only ends a day in UTC, is the first second of the next day here.
        if (second == 60 && ms % day_ms >= 1'000) return std::nullopt;
    }
    if (!scanner.done() || ms < 0 || ms > last_ms) return std::nullopt;
    return Time{ms};
}

Time system_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

}  // namespace muster
