#include "aggregates/staff.hpp"

#include <algorithm>

namespace muster {
namespace {

constexpr Error set_up_done = conflict("setup.done", "The server is set up already.");
constexpr Error admin_email_taken =
    conflict("admin.email_taken", "An admin has this e-mail address already.");
constexpr Error no_such_admin = not_found("admin.not_found", "There is no such admin.");
constexpr Error last_administrator =
    conflict("admin.last_administrator", "The last administrator cannot be taken away.");
constexpr Error no_such_key = not_found("api_key.not_found", "There is no such API key.");

bool proven(const Staff::Admin& admin, const Proof& proof) {
    return proof.kind == Proof::Kind::password && admin.password != 0 &&
           proof.password == admin.password;
}

}  // namespace

const Staff::Admin* Staff::find(AdminId admin) const {
    const auto found = admins.find(admin);
    return found == admins.end() ? nullptr : &found->second;
}

bool Staff::is_last_administrator(AdminId admin) const {
    const auto* asked = find(admin);
    return asked != nullptr && asked->role == Role::administrator &&
           std::ranges::count(admins, Role::administrator,
                              [](const auto& each) { return each.second.role; }) == 1;
}

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

Decision when(const Staff& staff, const UpdateAdmin& command) {
    const auto* admin = staff.find(command.admin);
    if (admin == nullptr) return no_such_admin;
    const auto member = admin->member.value.value_or(StaffMember{});
    Events events;
    if (command.name && *command.name != member.name)
        events.emplace_back(AdminRenamed{command.admin, {StaffName{*command.name}}});
    if (command.email && *command.email != member.email) {
        const auto holder = staff.holder_of(command.address);
        if (holder && holder != command.admin) return admin_email_taken;
        events.emplace_back(
            AdminEmailChanged{command.admin, {command.address}, {Address{*command.email}}});
    }
    if (command.role && *command.role != admin->role) {
        if (staff.is_last_administrator(command.admin)) return last_administrator;
        events.emplace_back(RoleAssigned{command.admin, *command.role});
    }
    if (command.new_password) {
        const auto keeps =
            command.keep.transform([](SessionId id) { return Mention<SessionId>{id}; });
        events.emplace_back(AdminPasswordChanged{
            command.admin, admin->password + 1, {command.next_session}, keeps});
    }
    return events;
}

Decision when(const Staff& staff, const DeleteAdmin& command) {
    if (staff.deleted.contains(command.admin)) return already_so;
    if (staff.find(command.admin) == nullptr) return no_such_admin;
    if (staff.is_last_administrator(command.admin)) return last_administrator;
    return Events{AdminDeleted{command.admin}};
}

Decision when(const Staff& staff, const StartAdminSecondFactor& command) {
    const auto* admin = staff.find(command.admin);
    if (admin == nullptr) return no_such_admin;
    if (!proven(*admin, command.proof)) return wrong_password;
    return start_second_factor(admin->second_factor, command.admin);
}

Decision when(const Staff& staff, const ConfirmAdminSecondFactor& command) {
    const auto* admin = staff.find(command.admin);
    if (admin == nullptr) return no_such_admin;
    return confirm_second_factor(admin->second_factor, command.admin, command.code);
}

Decision when(const Staff& staff, const DisableAdminSecondFactor& command) {
    const auto* admin = staff.find(command.admin);
    if (admin == nullptr) return no_such_admin;
    if (!proven(*admin, command.proof)) return wrong_password;
    if (admin->second_factor.state == SecondFactor::State::off) return already_so;
    return Events{SecondFactorDisabled<AdminId>{command.admin}};
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
    auto& admin = staff.admins[event.admin];
    admin.address = event.address.key;
    admin.role = event.role;
    admin.password = event.password;
    admin.member = event.member;
}
void apply(Staff& staff, const AdminRenamed& event) {
    auto& member = staff.admins[event.admin].member.value;
    if (member && event.name.value) member->name = event.name.value->name;
}
void apply(Staff& staff, const AdminEmailChanged& event) {
    auto& admin = staff.admins[event.admin];
    admin.address = event.taken.key;
    if (admin.member.value && event.address.value)
        admin.member.value->email = event.address.value->email;
}
void apply(Staff& staff, const RoleAssigned& event) { staff.admins[event.admin].role = event.role; }
void apply(Staff& staff, const AdminPasswordChanged& event) {
    auto& admin = staff.admins[event.admin];
    admin.password = event.password;
    admin.ends_below = event.ends_below.key;
    admin.kept = event.keeps ? event.keeps->key : SessionId{};
}
void apply(Staff& staff, const SecondFactorStarted<AdminId>& event) {
    apply(staff.admins[event.holder].second_factor, event);
}
void apply(Staff& staff, const SecondFactorEnabled<AdminId>& event) {
    apply(staff.admins[event.holder].second_factor, event);
}
void apply(Staff& staff, const SecondFactorDisabled<AdminId>& event) {
    apply(staff.admins[event.holder].second_factor, event);
}
void apply(Staff& staff, const SecondFactorUsed<AdminId>& event) {
    apply(staff.admins[event.holder].second_factor, event);
}
void apply(Staff& staff, const RecoveryCodeUsed<AdminId>& event) {
    apply(staff.admins[event.holder].second_factor, event);
}
void apply(Staff& staff, const AdminDeleted& event) {
    staff.admins.erase(event.admin);
    staff.deleted.insert(event.admin);
}
void apply(Staff& staff, const ApiKeyCreated& event) {
    staff.api_keys[event.api_key] = {event.role, event.allowed_ips, false};
}
void apply(Staff& staff, const ApiKeyRevoked& event) {
    staff.api_keys[event.api_key].revoked = true;
}

}  // namespace muster
