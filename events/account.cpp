#include "events/account.hpp"

#include "events/fields.hpp"

namespace muster {

void merge(Profile& profile, const ProfileChange& change) {
    std::vector<const std::optional<std::string>*> changes;
    for_each_field(change, [&](std::string_view, const auto& value) { changes.push_back(&value); });
    auto next = changes.begin();
    for_each_field(profile, [&](std::string_view, std::string& value) {
        if (const auto& wanted = **next++) value = *wanted;
    });
}

ProfileChange difference(const Profile& present, ProfileChange wanted) {
    std::vector<const std::string*> values;
    for_each_field(present,
                   [&](std::string_view, const std::string& value) { values.push_back(&value); });
    auto value = values.begin();
    for_each_field(wanted, [&](std::string_view, std::optional<std::string>& change) {
        if (change == **value++) change.reset();
    });
    return wanted;
}

}  // namespace muster
