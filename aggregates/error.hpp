// Refusals: every way in which the domain says no. The codes are public and permanent.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "events/event.hpp"

namespace muster {

// What kind of no; http/problem.cpp maps each to its status.
enum class ErrorKind : std::uint8_t {
    malformed,
    unauthenticated,
    forbidden,
    not_found,
    conflict,
    gone,
    stale,
    invalid,
    limited,
    busy,
};

struct Error {
    ErrorKind kind{};
    std::string_view code;     // "account.not_owner"
    std::string_view message;  // One sentence for the person who asked.
    // Of what is wrong in a body (RFC 6901), where it is one field.
    std::string_view pointer{};
    // What helps to go on, where a code promises it.
    std::optional<Permissions> held{};         // access.denied, account.not_owner
    std::optional<InvitationId> invitation{};  // invitation.pending
    std::optional<AccountId> other_account{};  // session.other_account
    std::uint32_t retry_after_s{};             // rate.limited
};

constexpr Error forbidden(std::string_view code, std::string_view message) {
    return {ErrorKind::forbidden, code, message};
}
constexpr Error not_found(std::string_view code, std::string_view message) {
    return {ErrorKind::not_found, code, message};
}
constexpr Error conflict(std::string_view code, std::string_view message) {
    return {ErrorKind::conflict, code, message};
}
constexpr Error invalid(std::string_view code, std::string_view message, std::string_view pointer) {
    return {ErrorKind::invalid, code, message, pointer};
}

// What a command comes to. No events: it is so already.
class Decision : public std::expected<Events, Error> {
public:
    using std::expected<Events, Error>::expected;
    Decision(Error error) : std::expected<Events, Error>(std::unexpect, error) {}
};
inline const Events already_so{};

}  // namespace muster
