// What happens to the one-time links that are mailed to a user: for a new password, and to verify
// an address. Each has a number; tokens are derived from it and stored nowhere.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/time.hpp"

namespace muster {

// Who had a link for a new password mailed. The order is stored: append, never insert.
enum class Requester : std::uint8_t { holder, staff };
constexpr std::string_view to_text(Requester requester) {
    return requester == Requester::holder ? "holder" : "staff";
}
constexpr bool valid(Requester requester) { return requester <= Requester::staff; }

// Link number `link` is the one that works from here on, while the address is the user's.
struct PasswordResetRequested {
    static constexpr EventType type{"user.password_reset_requested", 1};

    UserId user;
    std::uint32_t link;
    Mention<EmailKey> address;
    Time expires_at;
    Requester by;
    std::vector<AttemptsKey> counted_in;  // As in ResetAsked; empty where staff sent it.

    bool operator==(const PasswordResetRequested&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("link", self.link)("address", self.address)(
            "expires_at", self.expires_at)("by", self.by)("counted_in", self.counted_in);
    }
};

// By whoever held the link, which is used up.
struct PasswordReset {
    static constexpr EventType type{"user.password_reset", 1};

    UserId user;
    std::uint32_t link;
    std::uint32_t password;  // Number of the new one.

    bool operator==(const PasswordReset&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("link", self.link)("password", self.password);
    }
};

struct EmailVerificationRequested {
    static constexpr EventType type{"user.email_verification_requested", 1};

    UserId user;
    std::uint32_t link;
    Mention<EmailKey> address;
    Time expires_at;

    bool operator==(const EmailVerificationRequested&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("link", self.link)("address", self.address)(
            "expires_at", self.expires_at);
    }
};

struct EmailVerified {
    static constexpr EventType type{"user.email_verified", 1};

    UserId user;
    Mention<EmailKey> address;

    bool operator==(const EmailVerified&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("user", self.user)("address", self.address);
    }
};

}  // namespace muster
