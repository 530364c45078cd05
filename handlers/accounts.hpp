// Use cases about accounts and who has access to them.
#pragma once

#include "aggregates/account.hpp"
#include "handlers/users.hpp"
#include "handlers/work.hpp"

namespace muster {

// By a user, who owns it. Rule R3.
Decision open_own_account(Work& work, const Profile& profile);
// By staff, for a user who is there, or with one who is made for it. Rules R5, R6, R7, R8.
enum class Required : std::uint8_t { checked, skipped };  // The fields that an account must have.
Decision open_account_for(Work& work, UserId owner, const Profile& profile,
                          Required required = Required::checked);
Decision open_account_with(Work& work, const NewUser& owner, const Profile& profile,
                           Required required = Required::checked);

Decision update_account(Work& work, AccountId account, const UpdateAccount& command,
                        Required required = Required::checked);
Decision delete_account(Work& work, AccountId account, DeleteAccount::Users users);

// Send Invite = no. Rules I7, I8.
Decision associate_user(Work& work, AccountId account, UserId user, Permissions permissions);
Decision associate_address(Work& work, AccountId account, const NewUser& user,
                           Permissions permissions);

Decision set_permissions(Work& work, AccountId account, UserId user, Permissions permissions);
Decision remove_user(Work& work, AccountId account, UserId user);
Decision leave_account(Work& work, AccountId account);
Decision transfer_ownership(Work& work, AccountId account, UserId to);

}  // namespace muster
