#include "handlers/staff.hpp"

#include "aggregates/session.hpp"
#include "handlers/passwords.hpp"

namespace muster {
namespace {

CreateAdmin creation(Work& work, const NewAdmin& admin) {
    const auto id = work.next<AdminId>();
    if (admin.password_hash) {
        work.keep_secret(SecretKind::admin_password, id.number,
                         to_secret({1, *admin.password_hash}));
    }
    return {id, work.keys().email_key(admin.email.normalised()),
            StaffMember{admin.name, admin.email.text()}, admin.role, admin.password_hash ? 1U : 0U};
}

}  // namespace

Decision set_up(Work& work, const NewAdmin& admin, const std::string& user_agent) {
    const auto command = creation(work, admin);
    auto decision = when(work.staff(), SetUp{command});
    if (!decision) return decision;
    work.acts_as({ActorKind::admin, command.admin.number, {}});
    decision->emplace_back(AdminSessionStarted{work.next<SessionId>(),
                                               {command.admin},
                                               {Client{user_agent}},
                                               work.now() + admin_session_lifetime});
    return decision;
}

Decision create_admin(Work& work, const NewAdmin& admin) {
    return when(work.staff(), creation(work, admin));
}

Decision update_admin(Work& work, AdminId admin, const AdminChanges& changes) {
    const auto& staff = work.staff();
    UpdateAdmin command{.admin = admin,
                        .name = changes.name,
                        .email = {},
                        .address = {},
                        .role = changes.role,
                        .new_password = changes.password_hash.has_value()};
    if (changes.email) {
        command.email = changes.email->text();
        command.address = work.keys().email_key(changes.email->normalised());
    }
    const auto* state = staff.find(admin);
    if (command.new_password && state != nullptr) {
        command.next_session = work.next<SessionId>();
        if (work.caller().admin == admin) command.keep = work.caller().session;
    }
    auto decision = when(staff, command);
    if (decision && command.new_password) {
        work.keep_secret(SecretKind::admin_password, admin.number,
                         to_secret({state->password + 1, *changes.password_hash}));
    }
    return decision;
}

Decision delete_admin(Work& work, AdminId admin) { return when(work.staff(), DeleteAdmin{admin}); }

Decision start_second_factor(Work& work, AdminId admin, const FactorSecret& secret,
                             const Proof& proof) {
    const auto& staff = work.staff();
    auto decision = when(staff, StartAdminSecondFactor{admin, proof});
    if (decision) {
        const auto factor = staff.find(admin)->second_factor.factor + 1;
        keep_factor(work, factor_place(admin), factor, secret);
        work.erase_secret(SecretKind::admin_recovery_codes, admin.number);
    }
    return decision;
}

Decision confirm_second_factor(Work& work, AdminId admin, const GivenCode& code,
                               const std::vector<std::string>& recovery_codes) {
    const auto& staff = work.staff();
    auto decision = when(staff, ConfirmAdminSecondFactor{admin, code});
    if (decision) {
        const auto factor = staff.find(admin)->second_factor.factor;
        keep_recovery_codes(work, factor_place(admin), factor, recovery_codes);
    }
    return decision;
}

Decision disable_second_factor(Work& work, AdminId admin, const Proof& proof) {
    auto decision = when(work.staff(), DisableAdminSecondFactor{admin, proof});
    if (decision && !decision->empty()) erase_factor(work, factor_place(admin));
    return decision;
}

Decision create_api_key(Work& work, const std::string& name, Role role,
                        const std::vector<std::string>& allowed_ips) {
    return when(work.staff(), CreateApiKey{work.next<ApiKeyId>(), name, role, allowed_ips});
}

Decision revoke_api_key(Work& work, ApiKeyId key) { return when(work.staff(), RevokeApiKey{key}); }

Decision change_settings(Work& work, const ChangeSettings& changes) {
    return when(work.settings(), changes);
}

Decision rotate_log_key(Work& work) { return when(work.settings(), RotateLogKey{}); }

}  // namespace muster
