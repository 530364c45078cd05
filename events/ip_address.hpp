// IP addresses and networks, as callers have them and API keys allow them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

// Network byte order, 4 or 16 bytes; an IPv4-mapped IPv6 address is its IPv4 address. Empty if the
// text is none.
std::string parse_ip(std::string_view text);

// Of 4 or 16 bytes (RFC 5952 for IPv6); empty text for anything else.
std::string ip_text(std::string_view bytes);

// An address, or a network in CIDR notation without bits set behind the prefix.
class IpNetwork {
public:
    static std::optional<IpNetwork> parse(std::string_view text);
    bool contains(std::string_view ip_bytes) const;

private:
    std::string bytes_;
    unsigned prefix_{};
};

}  // namespace muster
