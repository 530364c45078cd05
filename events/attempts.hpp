// What happens at the door: attempts that failed, and requests that may not be made without end.
// They are counted for each pair of whom it is about and the network that it comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/time.hpp"

namespace muster {

// What was tried. The order is stored: append, never insert.
enum class AttemptKind : std::uint8_t { password, code, answer };
constexpr std::string_view to_text(AttemptKind kind) {
    constexpr std::string_view names[]{"password", "code", "answer"};
    return names[static_cast<std::size_t>(kind)];
}
constexpr bool valid(AttemptKind kind) { return kind <= AttemptKind::answer; }

struct AttemptFailed {
    static constexpr EventType type{"attempts.failed", 1};

    AttemptsKey attempts;
    AttemptKind kind;
    std::optional<Mention<UserId>> user;  // At most one of the two; neither: nobody is known so.
    std::optional<Mention<AdminId>> admin;
    Time at;

    bool operator==(const AttemptFailed&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("attempts", self.attempts)("kind", self.kind)("user", self.user)(
            "admin", self.admin)("at", self.at);
    }
};

// A link for a new password was asked for with an address that nobody has. It is recorded, as
// PasswordResetRequested is, so that neither the time that it takes nor the log's length tells.
struct ResetAsked {
    static constexpr EventType type{"attempts.reset_asked", 1};

    AttemptsKey of_address;  // How often its network asked about the address,
    AttemptsKey of_network;  // and about any.
    Time at;

    bool operator==(const ResetAsked&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("of_address", self.of_address)("of_network", self.of_network)("at", self.at);
    }
};

// It was right at last: what failed before counts no more.
struct AttemptsCleared {
    static constexpr EventType type{"attempts.cleared", 1};

    AttemptsKey attempts;

    bool operator==(const AttemptsCleared&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("attempts", self.attempts);
    }
};

using AttemptsEvent = std::variant<AttemptFailed, ResetAsked, AttemptsCleared>;

}  // namespace muster
