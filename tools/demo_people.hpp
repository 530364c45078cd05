// Made-up people and companies: any number of them, the same for the same seed and number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/account.hpp"
#include "events/email_address.hpp"

namespace muster::tools {

// Numbers that look random and are the same everywhere (splitmix64).
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    Dice(std::uint64_t seed, std::uint64_t number);

    std::uint64_t next();
    // 0 to count - 1; count is not zero.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    bool chance(double probability);
    // About so many times: the fraction decides by chance.
    std::uint64_t times(double expected);
    template <class List>
    const auto& pick(const List& list) {
        return list[static_cast<std::size_t>(below(std::size(list)))];
    }

private:
    std::uint64_t state_;
};

struct MadeUp {
    std::string first_name, last_name, language;
    EmailAddress email;
    std::string ip;  // 4 or 16 bytes, of a network that is reserved for documentation.
    std::string user_agent;
};
MadeUp make_person(std::uint64_t seed, std::uint64_t number);

// The account of a person who lives where the person does.
Profile make_profile(std::uint64_t seed, std::uint64_t number, const MadeUp& person);

}  // namespace muster::tools
