// What a restore does with those who were forgotten after the backup. Rule X18.
#pragma once

#include <expected>
#include <set>
#include <span>

#include "events/forgotten.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"

namespace muster::tools {

// Whose keys the log still has.
std::expected<std::set<Subject>, Fault> still_readable(const Log& log,
                                                       std::span<const Forgotten> forgotten);

// Deletes them again, as far as the rules let them go: a deletion may rest on what is lost with the
// backup, such as a transfer. Of the others the keys are erased, and their sessions end: they stay
// as entries without a name. Nobody else uses the log meanwhile.
std::expected<void, Fault> forget_again(Log& log, const Keys& keys,
                                        const std::set<Subject>& subjects);

}  // namespace muster::tools
