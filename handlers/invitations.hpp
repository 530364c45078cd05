// Use cases about invitations: sending them, and the three ways of accepting one.
#pragma once

#include <set>
#include <string>

#include "aggregates/account.hpp"
#include "handlers/sessions.hpp"
#include "handlers/users.hpp"
#include "handlers/work.hpp"

namespace muster {

Decision invite_user(Work& work, AccountId account, const EmailAddress& email,
                     Permissions permissions);
Decision resend_invitation(Work& work, AccountId account, InvitationId invitation);
Decision cancel_invitation(Work& work, AccountId account, InvitationId invitation);

// By System, for those whose person or account was deleted. Rule X18.
Decision forget_invitations(Work& work, AccountId account, const ForgetInvitations& command);

// A link that was verified to be one of ours, and the account that the invitation belongs to.
struct Link {
    AccountId account;
    InvitationId invitation;
    std::uint32_t number{};
};

// By somebody signed in: one click. Rule I11.
Decision accept_signed_in(Work& work, const Link& link);
// By signing in with it.
Decision accept_signing_in(Work& work, const Link& link, const Verified& who,
                           const std::string& user_agent);
// By registering with it: a user and the association, no account of the user's own. Rule I14.
Decision accept_registering(Work& work, const Link& link, const NewUser& user,
                            const std::string& user_agent);

}  // namespace muster
