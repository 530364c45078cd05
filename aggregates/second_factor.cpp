#include "aggregates/second_factor.hpp"

namespace muster {

bool SecondFactor::accepts(const GivenCode& code) const {
    if (code.factor != factor) return false;
    if (code.recovery_code != 0) return !used_recovery_codes.contains(code.recovery_code);
    return code.step > last_step;
}

}  // namespace muster
