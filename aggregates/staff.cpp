#include "aggregates/staff.hpp"

namespace muster {
namespace {

constexpr Error set_up_done = conflict("setup.done", "The server is set up already.");
constexpr Error admin_email_taken =
    conflict("admin.email_taken", "An admin has this e-mail address already.");
constexpr Error no_such_key = not_found("api_key.not_found", "There is no such API key.");

}  // namespace

AdminId Staff::holder_of(const EmailKey& address) const {
    for (const auto& [id, admin] : admins) {
        if (admin.address == address) return id;
    }
    return {};
}

Decision when(const Staff& staff, const SetUp& command) {
    if (!staff.admins.empty()) return set_up_done;
    auto first = command.admin;
    first.role = Role::administrator;
    return when(staff, first);
}

Decision when(const Staff& staff, const CreateAdmin& command) {
    if (staff.holder_of(command.address)) return admin_email_taken;
    return Events{AdminCreated{
        command.admin, {command.address}, {command.member}, command.role, command.password}};
}

Decision when(const Staff&, const CreateApiKey& command) {
    return Events{ApiKeyCreated{command.api_key, command.name, command.role, command.allowed_ips}};
}

Decision when(const Staff& staff, const RevokeApiKey& command) {
    const auto found = staff.api_keys.find(command.api_key);
    if (found == staff.api_keys.end()) return no_such_key;
    if (found->second.revoked) return already_so;
    return Events{ApiKeyRevoked{command.api_key}};
}

void apply(Staff& staff, const AdminCreated& event) {
    staff.admins[event.admin] = {event.address.key, event.role, event.password};
}
void apply(Staff& staff, const ApiKeyCreated& event) {
    staff.api_keys[event.api_key] = {event.role, event.allowed_ips, false};
}
void apply(Staff& staff, const ApiKeyRevoked& event) {
    staff.api_keys[event.api_key].revoked = true;
}

}  // namespace muster
