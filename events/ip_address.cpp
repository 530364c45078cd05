#include "events/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>

namespace muster {
namespace {

constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

// Without leading zeros, signs or spaces.
std::optional<unsigned> parse_prefix(std::string_view text, unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return {};
    if (text.size() > 1 && text.front() == '0') return {};
    return value;
}

bool equal_up_to(std::string_view one, std::string_view other, unsigned bits) {
    const auto whole = bits / 8;
    if (one.substr(0, whole) != other.substr(0, whole)) return false;
    if (bits % 8 == 0) return true;
    const auto mask = 0xffU << (8 - bits % 8);
    return ((static_cast<unsigned char>(one[whole]) ^ static_cast<unsigned char>(other[whole])) &
            mask & 0xffU) == 0;
}

}  // namespace

std::string parse_ip(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> name{};
    if (text.size() >= name.size() || text.find('\0') != std::string_view::npos) return {};
    std::ranges::copy(text, name.begin());
    std::string bytes(16, '\0');
    if (inet_pton(AF_INET, name.data(), bytes.data()) == 1) return bytes.substr(0, 4);
    if (inet_pton(AF_INET6, name.data(), bytes.data()) != 1) return {};
    return bytes.starts_with(mapped_prefix) ? bytes.substr(12) : bytes;
}

std::string ip_text(std::string_view bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) return {};
    std::array<char, INET6_ADDRSTRLEN> name{};
    inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), name.data(), name.size());
    return name.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    IpNetwork network;
    network.bytes_ = parse_ip(address);
    const auto bits = static_cast<unsigned>(network.bytes_.size()) * 8;
    if (bits == 0) return std::nullopt;
    network.prefix_ = bits;
    if (slash == std::string_view::npos) return network;

    // An IPv4-mapped network is written with the prefix of its IPv6 form.
    const unsigned ahead = bits == 32 && address.find(':') != std::string_view::npos ? 96 : 0;
    const auto prefix = parse_prefix(text.substr(slash + 1), bits + ahead);
    if (!prefix || *prefix < ahead) return std::nullopt;
    network.prefix_ = *prefix - ahead;
    for (auto bit = network.prefix_; bit < bits; ++bit) {
        if ((static_cast<unsigned char>(network.bytes_[bit / 8]) & (0x80U >> bit % 8)) != 0) {
            return std::nullopt;
        }
    }
    return network;
}

bool IpNetwork::contains(std::string_view ip_bytes) const {
    return ip_bytes.size() == bytes_.size() && equal_up_to(ip_bytes, bytes_, prefix_);
}

}  // namespace muster
