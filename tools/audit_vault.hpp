// The audit of the vault: a key for everybody who is there, a password where there is one, and
// nothing else.
#pragma once

#include <expected>

#include "events/log.hpp"
#include "tools/audit_domain.hpp"

namespace muster::tools {

// A fault that is no damage is given back.
std::expected<void, Fault> audit_vault(const Log& log, const Keys& keys, const World& world,
                                       Findings& findings);

}  // namespace muster::tools
