// Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s, one step either way) and recovery
// codes: making their secrets, and finding out what a code that was given is.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/second_factor.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "handlers/work.hpp"

namespace muster {

using FactorSecret = std::array<std::uint8_t, 20>;  // As long as SHA-1's output (RFC 4226, 4).

// The time step of a moment: Unix time over 30 s.
std::uint64_t time_step(Time at);
// Six digits.
std::string one_time_password(const FactorSecret& secret, std::uint64_t step);
// RFC 4648, section 6, without padding.
std::string to_base32(std::string_view bytes);
// What an authenticator reads: otpauth://totp/ISSUER:NAME?secret=...
std::string provisioning_uri(const FactorSecret& secret, std::string_view issuer,
                             std::string_view name);

// Ten of "ABCD-EFGH-IJKL-MNOP", 80 random bits each.
std::vector<std::string> draw_recovery_codes();

// Where a holder's secrets lie in the vault.
struct FactorPlace {
    SecretKind secret{}, recovery_codes{};
    std::uint64_t number{};
};
constexpr FactorPlace factor_place(UserId id) {
    return {SecretKind::user_second_factor, SecretKind::user_recovery_codes, id.number};
}
constexpr FactorPlace factor_place(AdminId id) {
    return {SecretKind::admin_second_factor, SecretKind::admin_recovery_codes, id.number};
}

void keep_factor(Work& work, const FactorPlace& place, std::uint32_t factor,
                 const FactorSecret& secret);
void keep_recovery_codes(Work& work, const FactorPlace& place, std::uint32_t factor,
                         const std::vector<std::string>& codes);
void erase_factor(Work& work, const FactorPlace& place);

// Spaces, hyphens and case do not matter. Whether the code still counts is decided later.
std::expected<GivenCode, Fault> judge_code(const Log& log, const Keys& keys,
                                           const FactorPlace& place, std::string_view code,
                                           Time now);

}  // namespace muster
