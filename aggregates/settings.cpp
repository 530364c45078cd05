#include "aggregates/settings.hpp"

namespace muster {

Decision when(const Settings& settings, const ChangeSettings& command) {
    Events events;
    if (const auto wanted = command.client_registration.value_or(settings.client_registration);
        wanted != settings.client_registration) {
        events.emplace_back(RegistrationSwitched{{}, wanted});
    }
    if (const auto wanted =
            command.client_area_user_management.value_or(settings.client_area_user_management);
        wanted != settings.client_area_user_management) {
        events.emplace_back(UserManagementSwitched{{}, wanted});
    }
    return events;
}

void apply(Settings& settings, const RegistrationSwitched& event) {
    settings.client_registration = event.client_registration;
}
void apply(Settings& settings, const UserManagementSwitched& event) {
    settings.client_area_user_management = event.client_area_user_management;
}

}  // namespace muster
