#include "handlers/invitations.hpp"

namespace muster {
namespace {

AcceptInvitation acceptance(Work& work, const Link& link) {
    return {link.invitation, link.number, work.now()};
}

// Rule I30.
std::optional<std::uint32_t> hourly_limit(Work& work) {
    if (work.limits() == RateLimits::off) return std::nullopt;
    return work.settings().invitations_per_account_hour;
}

Decision joined(Decision first, Decision second) {
    if (!first) return first;
    if (!second) return second;
    first->insert(first->end(), second->begin(), second->end());
    return first;
}

}  // namespace

Decision invite_user(Work& work, AccountId account, const EmailAddress& email,
                     Permissions permissions) {
    const auto address = work.keys().email_key(email.normalised());
    return when(work.read(account), work.read(address),
                InviteUser{work.next<InvitationId>(), address, email.text(), permissions,
                           work.now(), hourly_limit(work)});
}

Decision resend_invitation(Work& work, AccountId account, InvitationId invitation) {
    return when(work.read(account), ResendInvitation{invitation, work.now(), hourly_limit(work)});
}

Decision cancel_invitation(Work& work, AccountId account, InvitationId invitation) {
    return when(work.read(account), CancelInvitation{invitation});
}

Decision forget_invitations(Work& work, AccountId account, const ForgetInvitations& command) {
    return when(work.read(account), command);
}

Decision accept_signed_in(Work& work, const Link& link) {
    const auto& caller = work.caller();
    auto decision = when(work.read(link.account), caller.user, acceptance(work, link));
    if (decision && !decision->empty() && !caller.account) {
        decision->emplace_back(AccountChosen{caller.session, caller.user, {link.account}});
    }
    return decision;
}

Decision accept_signing_in(Work& work, const Link& link, const Verified& who,
                           const std::string& user_agent) {
    const auto& user = work.read(UserId{who.id});
    work.acts_as({ActorKind::user, who.id, {}});
    // Signing in comes first, as it would by itself; what it leaves unchosen, accepting chooses.
    const auto chosen = only_open_account(work, user).value_or(link.account);
    return joined(when(work.read(link.account), user.id, acceptance(work, link)),
                  when(user, sign_in_with(work, who.password, chosen, user_agent, who.code)));
}

Decision accept_registering(Work& work, const Link& link, const NewUser& user,
                            const std::string& user_agent) {
    // The link first: whoever has none learns nothing about addresses.
    const auto command = registration(work, user);
    auto accepted = when(work.read(link.account), command.user, acceptance(work, link));
    if (!accepted) return accepted;
    auto registered = when(work.read(command.address), command);
    if (registered) verify_new_address(work, *registered, command);
    work.acts_as({ActorKind::user, command.user.number, {}});
    const auto session =
        signed_in(command.user, sign_in_with(work, command.password, link.account, user_agent));
    return joined(joined(std::move(registered), std::move(accepted)), Events{session});
}

}  // namespace muster
