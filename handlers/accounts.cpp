#include "handlers/accounts.hpp"

#include "aggregates/settings.hpp"

namespace muster {
namespace {

std::optional<Error> refuse_incomplete(Work& work, const Profile& profile, Required required) {
    if (required == Required::skipped) return std::nullopt;
    return refuse_missing(work.settings(), profile);
}

}  // namespace

Decision open_own_account(Work& work, const Profile& profile) {
    if (const auto error = refuse_incomplete(work, profile, Required::checked)) return *error;
    const auto& caller = work.caller();
    const auto account = work.next<AccountId>();
    auto decision = when(work.read(caller.user), OpenAccount{account, profile});
    if (decision && !caller.account)
        decision->emplace_back(AccountChosen{caller.session, caller.user, {account}});
    return decision;
}

Decision open_account_for(Work& work, UserId owner, const Profile& profile, Required required) {
    if (const auto error = refuse_incomplete(work, profile, required)) return *error;
    const auto& user = work.read(owner);
    return when(user, OpenAccount{work.next<AccountId>(), profile});
}

Decision open_account_with(Work& work, const NewUser& owner, const Profile& profile,
                           Required required) {
    if (const auto error = refuse_incomplete(work, profile, required)) return *error;
    const auto command = registration(work, owner);
    auto decision = when(work.read(command.address), command);
    if (!decision) return decision;
    decision->emplace_back(AccountOpened{work.next<AccountId>(), command.user, {profile}});
    verify_new_address(work, *decision, command);
    return decision;
}

Decision update_account(Work& work, AccountId account, const UpdateAccount& command,
                        Required required) {
    auto decision = when(work.read(account), command);
    if (!decision) return decision;
    const auto& settings = work.settings();
    if (work.caller().kind == Caller::Kind::user && !work.caller().acting) {  // Rule L13.
        if (const auto error = refuse_locked(settings, *decision)) return *error;
    }
    if (required == Required::checked) {
        if (const auto error = refuse_missing(settings, *decision)) return *error;
    }
    return decision;
}

Decision delete_account(Work& work, AccountId account, DeleteAccount::Users users) {
    const auto& state = work.read(account);
    std::vector<const User*> going;
    if (users == DeleteAccount::Users::go) {
        for (const auto& [user, permissions] : state.users)
            going.push_back(&work.read(user));
    }
    for (const auto ticket : state.tickets)
        work.version(stream_of(ticket));  // Nobody writes in one meanwhile.
    return when(state, going, DeleteAccount{users});
}

Decision associate_user(Work& work, AccountId account, UserId user, Permissions permissions) {
    return when(work.read(account), work.read(user), AssociateUser{permissions});
}

Decision associate_address(Work& work, AccountId account, const NewUser& user,
                           Permissions permissions) {
    const auto& holder = work.read(work.keys().email_key(user.email.normalised()));
    if (holder.user) return associate_user(work, account, holder.user, permissions);
    return when(work.read(account), holder, registration(work, user), AssociateUser{permissions});
}

Decision set_permissions(Work& work, AccountId account, UserId user, Permissions permissions) {
    return when(work.read(account), SetPermissions{user, permissions});
}

Decision remove_user(Work& work, AccountId account, UserId user) {
    return when(work.read(account), RemoveUser{user});
}

Decision leave_account(Work& work, AccountId account) {
    return when(work.read(account), LeaveAccount{work.caller().user});
}

Decision transfer_ownership(Work& work, AccountId account, UserId to) {
    return when(work.read(account), TransferOwnership{to});
}

}  // namespace muster
