// Passwords that everybody tries first. Of those long enough to be taken at all the common ones are
// a few words, rows of keys and digits, alone, repeated or put together.
#pragma once

#include <string_view>

namespace muster {

// Case does not matter. No composition is asked for (NIST SP 800-63B, section 5.1.1.2).
bool is_common_password(std::string_view password);

}  // namespace muster
