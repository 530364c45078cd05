// Proofs over the log's tree (RFC 9162, section 2.1): that a record is in it, and that a longer log
// begins as a shorter one did. Each reads a few nodes for each doubling of the log, no more.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "events/log.hpp"

namespace muster {

// The audit path of the leaf `index`, from 0, in the tree of the first `size` leaves; the lowest
// hash first. index < size <= head.
std::expected<std::vector<Hash>, Fault> inclusion_proof(const Log& log, std::uint64_t index,
                                                        std::uint64_t size);

// That the tree of the first `to` leaves extends that of the first `from`. 0 < from <= to <= head.
std::expected<std::vector<Hash>, Fault> consistency_proof(const Log& log, std::uint64_t from,
                                                          std::uint64_t to);

}  // namespace muster
