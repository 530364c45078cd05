#include "handlers/caller.hpp"

namespace muster {
namespace {

// Rules P10, P13: what was chosen counts while the account is open and the user still has access.
std::optional<AccountId> usable_account(Work& work, const Session& session) {
    if (!session.account) return std::nullopt;
    const auto& account = work.read(*session.account);
    return account.open() && account.users.contains(session.user) ? session.account : std::nullopt;
}

// Whoever acts as a user must still be staff who may.
bool may_act(const Staff& staff, AdminId id, SessionId session) {
    const auto* admin = staff.find(id);
    return admin != nullptr && admin->role != Role::auditor && admin->counts(session);
}

std::expected<Caller, Error> caller_of(Work& work, SessionId id) {
    const auto& session = work.read(id);
    if (!session.live(work.now())) return std::unexpected(session_required);
    if (session.admin) {
        const auto* admin = work.staff().find(session.admin);
        if (admin == nullptr || !admin->counts(id)) return std::unexpected(session_required);
        return Caller{.kind = Caller::Kind::admin,
                      .session = id,
                      .admin = session.admin,
                      .role = admin->role};
    }
    if (!work.read(session.user).present()) return std::unexpected(session_required);
    if (session.acting && !may_act(work.staff(), session.acting, id))
        return std::unexpected(session_required);
    return Caller{.kind = Caller::Kind::user,
                  .session = id,
                  .user = session.user,
                  .account = usable_account(work, session),
                  .acting = session.acting};
}

std::expected<Caller, Error> caller_of(Work& work, ApiKeyId id) {
    const auto& keys = work.staff().api_keys;
    const auto found = keys.find(id);
    if (found == keys.end() || found->second.revoked) return std::unexpected(session_required);
    return Caller{.kind = Caller::Kind::api_key, .api_key = id, .role = found->second.role};
}

Membership membership_of(Work& work, UserId user, AccountId id) {
    const auto& account = work.read(id);
    const auto found = account.users.find(user);
    if (found == account.users.end()) return {.account = id};
    return {id, true, account.owner == user, found->second};
}

}  // namespace

std::expected<Caller, Error> find_caller(Work& work,
                                         const std::variant<Credential, AsSystem>& credential) {
    if (std::holds_alternative<AsSystem>(credential)) return Caller{.kind = Caller::Kind::system};
    const auto& known = std::get<Credential>(credential);
    if (const auto* session = std::get_if<SessionId>(&known)) return caller_of(work, *session);
    if (const auto* key = std::get_if<ApiKeyId>(&known)) return caller_of(work, *key);
    return Caller{};
}

std::optional<Error> refuse_caller(Work& work, const AccessRule& rule,
                                   const std::optional<AccountId>& account) {
    Membership membership;
    if (account && rule.about_an_account() && work.caller().kind == Caller::Kind::user) {
        membership = membership_of(work, work.caller().user, *account);
    }
    const auto management =
        rule.manages_users ? work.settings().client_area_user_management : Switch::on;
    return refuse(rule, work.caller(), membership, management);
}

std::optional<Error> refuse_caller(Work& work, const AccessRule& rule, TicketId ticket) {
    return refuse_caller(work, rule, work.read(ticket).account).transform(told_of_ticket);
}

}  // namespace muster
