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

Decision create_api_key(Work& work, const std::string& name, Role role,
                        const std::vector<std::string>& allowed_ips) {
    return when(work.staff(), CreateApiKey{work.next<ApiKeyId>(), name, role, allowed_ips});
}

Decision revoke_api_key(Work& work, ApiKeyId key) { return when(work.staff(), RevokeApiKey{key}); }

Decision change_settings(Work& work, const ChangeSettings& changes) {
    return when(work.settings(), changes);
}

}  // namespace muster
