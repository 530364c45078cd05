// Any text is a token, a cursor, an address or a time, or none; what is one prints to a text that
// is the same one.
#include "events/bytes.hpp"
#include "events/email_address.hpp"
#include "events/ip_address.hpp"
#include "events/time.hpp"
#include "events/token.hpp"
#include "projections/page.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace muster {
namespace {

void check_token(std::string_view text) {
    static const Keys keys{Key{1, 2, 3}};
    const auto purpose = purpose_of(text).value_or(TokenPurpose::session);
    if (const auto token = parse_token(purpose, text, keys)) expect(to_text(*token, keys) == text);

    Reader in{text};
    const auto id = in.varint();
    const Token made{purpose, id, in.varint()};
    auto made_text = to_text(made, keys);
    expect(parse_token(purpose, made_text, keys) == made);
    made_text[text.size() % made_text.size()] ^= 1;
    expect(!parse_token(purpose, made_text, keys));
}

void check_cursor(std::string_view text) {
    if (const auto key = views::read_cursor('u', text))
        expect(views::make_cursor('u', *key) == text);
    expect(views::read_cursor('u', views::make_cursor('u', text)) == text);
    expect(!views::read_cursor('a', views::make_cursor('u', text)));
}

void check_email(std::string_view text) {
    const auto address = EmailAddress::parse(text);
    if (!address) return;
    const auto again = EmailAddress::parse(address->text());
    expect(again && again->normalised() == address->normalised());
    const auto folded = EmailAddress::parse(address->normalised());
    expect(!folded || folded->normalised() == address->normalised());
}

void check_ip(std::string_view text) {
    const auto bytes = parse_ip(text);
    const auto network = IpNetwork::parse(text);
    expect(!bytes.empty() ? network && network->contains(bytes) : !network || text.contains('/'));
    expect(bytes.empty() || parse_ip(ip_text(bytes)) == bytes);
}

void check_time(std::string_view text) {
    const auto time = parse_time(text);
    if (time) expect(parse_time(to_text(*time)) == time);
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = muster::as_text({data, size});
    muster::check_token(text);
    muster::check_cursor(text);
    muster::check_email(text);
    muster::check_ip(text);
    muster::check_time(text);
    return 0;
}
