#include "http/call.hpp"

#include <algorithm>

#include "events/ip_address.hpp"
#include "events/text.hpp"

namespace muster::http {
namespace {

constexpr std::size_t longest_user_agent = 256;

}  // namespace

std::string_view Call::parameter(std::string_view name) const {
    const auto found = std::ranges::find(path, name, &PathParameter::name);
    return found == path.end() ? std::string_view{} : std::string_view{found->value};
}

std::string Call::user_agent() const {
    auto text =
        std::string(request.headers.find("user-agent").value_or("").substr(0, longest_user_agent));
    while (!is_utf8(text))
        text.pop_back();  // A cut character, or no UTF-8 at all.
    return text;
}

bool Call::on_loopback() const {
    auto host = request.headers.find("host").value_or("");
    if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
    if (host == "[::1]" || same_name(host, "localhost")) return true;
    const auto address = parse_ip(host);
    return address.size() == 4 && address[0] == 127;
}

}  // namespace muster::http
