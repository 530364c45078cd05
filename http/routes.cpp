#include <algorithm>

#include "http/operations.hpp"
#include "http/route.hpp"

namespace muster::http {
namespace {

using enum Method;
using Staff = AccessRule::Staff;
using Users = AccessRule::Users;

// Who may. Each rule with those above it in rank.
constexpr AccessRule anyone{.anonymous = AccessRule::Anonymous::yes};
constexpr AccessRule signed_in{.users = Users::signed_in};
constexpr AccessRule all_staff{.staff = Staff::everyone};
constexpr AccessRule operators{.staff = Staff::operators};
constexpr AccessRule administrators{.staff = Staff::administrators};
constexpr AccessRule staff_or_owner{.staff = Staff::everyone, .users = Users::owner};
constexpr AccessRule user_managers{
    .staff = Staff::operators, .users = Users::owner, .manages_users = true};
constexpr AccessRule profile_readers{
    .staff = Staff::everyone, .users = Users::permitted, .permission = Permission::profile};
constexpr AccessRule profile_editors{
    .staff = Staff::operators, .users = Users::permitted, .permission = Permission::profile};
constexpr AccessRule contact_readers{
    .staff = Staff::everyone, .users = Users::permitted, .permission = Permission::contacts};
constexpr AccessRule contact_editors{
    .staff = Staff::operators, .users = Users::permitted, .permission = Permission::contacts};
constexpr AccessRule order_readers{
    .staff = Staff::everyone, .users = Users::permitted, .permission = Permission::orders};
constexpr AccessRule order_placers{
    .staff = Staff::operators, .users = Users::permitted, .permission = Permission::orders};
constexpr AccessRule ticket_readers{
    .staff = Staff::everyone, .users = Users::permitted, .permission = Permission::tickets};
constexpr AccessRule ticket_writers{
    .staff = Staff::operators, .users = Users::permitted, .permission = Permission::tickets};

// What each is about stands in description.cpp.
namespace tag {
constexpr std::string_view staff = "Staff", settings = "Settings", sessions = "Sessions",
                           links = "Mailed links", me = "Own user", accounts = "Accounts",
                           account_users = "Account users", invitations = "Invitations",
                           contacts = "Contacts", orders = "Orders", tickets = "Tickets",
                           users = "Users", activity = "Activity", log = "Log", machine = "Machine";
}  // namespace tag

constexpr Words one(std::string_view about, std::string_view does, int status,
                    std::string_view schema, std::string_view refusals = {}) {
    return {about, does, status, Words::Answers::one, schema, refusals};
}
constexpr Words file(std::string_view about, std::string_view does, std::string_view schema,
                     std::string_view refusals) {
    return {about, does, 200, Words::Answers::file, schema, refusals};
}
constexpr Words text(std::string_view about, std::string_view does, std::string_view refusals) {
    return {about, does, 200, Words::Answers::text, {}, refusals};
}
constexpr Words bytes(std::string_view about, std::string_view does, std::string_view refusals) {
    return {about, does, 200, Words::Answers::bytes, {}, refusals};
}
constexpr Words feed(std::string_view about, std::string_view does, std::string_view refusals) {
    return {about, does, 200, Words::Answers::feed, {}, refusals};
}
constexpr Words page(std::string_view about, std::string_view does, std::string_view schema) {
    return {about, does, 200, Words::Answers::page, schema};
}
constexpr Words page_or_export(std::string_view about, std::string_view does,
                               std::string_view schema) {
    return {about, does, 200, Words::Answers::page_or_export, schema};
}
constexpr Words nothing(std::string_view about, std::string_view does,
                        std::string_view refusals = {}, int status = 204) {
    return {about, does, status, Words::Answers::nothing, {}, refusals};
}

const Route table[]{
    {post, "/v1/setup", "SetUp", anyone, set_up,
     one(tag::staff, "Makes the first admin with the one-time link, and signs in.", 201,
         "AdminSignedIn", "setup.invalid_token setup.done password.too_short password.common")},
    {post, "/v1/admin/sessions", "SignInAdmin", anyone, sign_in_admin,
     one(tag::staff, "Signs an admin in.", 201, "AdminSignedIn",
         "session.invalid_credentials session.second_factor_required rate.limited")},
    {get, "/v1/admin/session", "GetAdminSession", all_staff, get_admin_session,
     one(tag::staff, "The admin who is signed in.", 200, "AdminSession")},
    {del, "/v1/admin/session", "SignOutAdmin", anyone, sign_out_admin,
     nothing(tag::staff, "Ends the admin's session.", "session.required access.role")},
    {post, "/v1/admin/two-factor", "StartAdminTwoFactor", all_staff, start_admin_two_factor,
     one(tag::staff, "Draws a secret for an authenticator; it counts once it is confirmed.", 200,
         "StartedTwoFactor", "password.wrong two_factor.on rate.limited")},
    {del, "/v1/admin/two-factor", "DisableAdminTwoFactor", all_staff, disable_admin_two_factor,
     nothing(tag::staff, "Switches the own two-factor off.", "password.wrong rate.limited")},
    {post, "/v1/admin/two-factor/confirmation", "ConfirmAdminTwoFactor", all_staff,
     confirm_admin_two_factor,
     one(tag::staff, "Switches two-factor on with a first code.", 200, "RecoveryCodes",
         "code.wrong two_factor.not_started two_factor.on rate.limited")},
    {get, "/v1/admins", "ListAdmins", administrators, list_admins,
     page(tag::staff, "All admins.", "Admin")},
    {post, "/v1/admins", "CreateAdmin", administrators, create_admin,
     one(tag::staff, "Makes an admin.", 201, "Admin",
         "admin.email_taken password.too_short password.common")},
    {patch, "/v1/admins/{admin}", "UpdateAdmin", administrators, update_admin,
     one(tag::staff, "Changes an admin.", 200, "Admin",
         "admin.email_taken admin.last_administrator password.too_short password.common")},
    {del, "/v1/admins/{admin}", "DeleteAdmin", administrators, delete_admin,
     nothing(tag::staff, "Deletes an admin.", "admin.last_administrator")},
    {get, "/v1/api-keys", "ListApiKeys", administrators, list_api_keys,
     page(tag::staff, "The API keys that work.", "ApiKey")},
    {post, "/v1/api-keys", "CreateApiKey", administrators, create_api_key,
     one(tag::staff, "Makes an API key; it is shown once.", 201, "CreatedApiKey")},
    {del, "/v1/api-keys/{key}", "RevokeApiKey", administrators, revoke_api_key,
     nothing(tag::staff, "Revokes an API key.")},
    {get, "/v1/settings", "GetSettings", all_staff, get_settings,
     one(tag::settings, "All settings.", 200, "Settings")},
    {patch, "/v1/settings", "ChangeSettings", administrators, change_settings,
     one(tag::settings, "Changes settings by a JSON merge patch (RFC 7396).", 200, "Settings")},

    {post, "/v1/registrations", "RegisterUser", anyone, register_user,
     one(tag::sessions, "Registers a user with an account, and signs in.", 201, "SignedIn",
         "registration.disabled user.email_taken rate.limited password.too_short password.common")},
    {post, "/v1/sessions", "SignIn", anyone, sign_in,
     one(tag::sessions, "Signs a user in; the only open account is chosen.", 201, "SignedIn",
         "session.invalid_credentials session.second_factor_required rate.limited")},
    {get, "/v1/session", "GetSession", signed_in, get_session,
     one(tag::sessions, "Who is signed in, with which account.", 200, "Session")},
    {del, "/v1/session", "SignOut", anyone, sign_out,
     nothing(tag::sessions, "Ends the user's session.", "session.required access.role")},
    {put, "/v1/session/account", "ChooseAccount", signed_in, choose_account,
     one(tag::sessions, "Chooses one of the own accounts, or switches to it.", 200, "Session",
         "account.closed account.not_found")},
    {post, "/v1/password-resets", "RequestPasswordReset", anyone, request_password_reset,
     nothing(tag::links,
             "Mails a link for a new password; the answer is the same for every address.",
             "rate.limited", 202)},
    {get, "/v1/password-resets/{token}", "GetPasswordReset", anyone, get_password_reset,
     one(tag::links, "What a link for a new password asks for.", 200, "PasswordReset",
         "token.not_found")},
    {post, "/v1/password-resets/{token}", "ResetPassword", anyone, reset_password,
     nothing(tag::links, "Sets a new password with a mailed link.",
             "token.not_found security_answer.required security_answer.wrong "
             "rate.limited password.too_short password.common")},
    {post, "/v1/email-verifications", "VerifyEmail", signed_in, verify_email,
     one(tag::links, "Verifies the own address with a mailed link.", 200, "UserWithAccounts",
         "token.not_found token.expired")},
    {get, "/v1/me", "GetMe", signed_in, get_me,
     one(tag::me, "The own user.", 200, "UserWithAccounts")},
    {patch, "/v1/me", "UpdateMe", signed_in, update_me,
     one(tag::me, "Changes the own user; a new address needs the present password.", 200,
         "UserWithAccounts", "password.wrong user.email_taken profile.locked rate.limited")},
    {put, "/v1/me/password", "ChangeMyPassword", signed_in, change_my_password,
     nothing(tag::me, "Sets a new password; the own other sessions end.",
             "password.wrong rate.limited password.too_short password.common")},
    {post, "/v1/me/two-factor", "StartMyTwoFactor", signed_in, start_my_two_factor,
     one(tag::me, "Draws a secret for an authenticator; it counts once it is confirmed.", 200,
         "StartedTwoFactor", "password.wrong two_factor.on rate.limited")},
    {del, "/v1/me/two-factor", "DisableMyTwoFactor", signed_in, disable_my_two_factor,
     nothing(tag::me, "Switches the own two-factor off.", "password.wrong rate.limited")},
    {post, "/v1/me/two-factor/confirmation", "ConfirmMyTwoFactor", signed_in, confirm_my_two_factor,
     one(tag::me, "Switches two-factor on with a first code.", 200, "RecoveryCodes",
         "code.wrong two_factor.not_started two_factor.on rate.limited")},
    {put, "/v1/me/security-question", "SetMySecurityQuestion", signed_in, set_my_security_question,
     nothing(tag::me, "Sets the question that is asked before a password is reset.",
             "password.wrong rate.limited")},
    {del, "/v1/me/security-question", "ClearMySecurityQuestion", signed_in,
     clear_my_security_question,
     nothing(tag::me, "Takes the security question away.", "password.wrong rate.limited")},
    {post, "/v1/me/email-verification", "SendMyEmailVerification", signed_in,
     send_my_email_verification,
     nothing(tag::me, "Mails a link that verifies the own address.",
             "email_verification.disabled user.no_email rate.limited", 202)},
    {get, "/v1/me/invitations", "ListMyInvitations", signed_in, list_my_invitations,
     page(tag::me, "Pending invitations that were sent to the own verified address.",
          "OwnInvitation")},
    {get, "/v1/me/accounts", "ListMyAccounts", signed_in, list_my_accounts,
     page(tag::me, "The own accounts.", "AccountSummary")},
    {post, "/v1/me/accounts", "OpenMyAccount", signed_in, open_my_account,
     one(tag::me, "Opens a further account, which the caller owns.", 201, "AccountSummary")},
    {del, "/v1/me/accounts/{account}", "LeaveAccount", signed_in, leave_account,
     nothing(tag::me, "Leaves an account of somebody else.", "account.owner_cannot_leave")},
    {get, "/v1/me/sessions", "ListMySessions", signed_in, list_my_sessions,
     page(tag::me, "The own sessions.", "SessionRow")},
    {del, "/v1/me/sessions", "EndMyOtherSessions", signed_in, end_my_other_sessions,
     nothing(tag::me, "Ends all own sessions but this one.")},
    {get, "/v1/me/sessions/{session}", "GetMySession", signed_in, get_my_session,
     one(tag::me, "One of the own sessions.", 200, "SessionRow")},
    {del, "/v1/me/sessions/{session}", "EndMySession", signed_in, end_my_session,
     nothing(tag::me, "Ends one of the own sessions.")},

    {get, "/v1/accounts", "ListAccounts", all_staff, list_accounts,
     page(tag::accounts, "Accounts, by search and status.", "Account")},
    {post, "/v1/accounts", "OpenAccount", operators, open_account,
     one(tag::accounts,
         "Opens an account for a user, or with a new one who is made from its name, e-mail and "
         "language. The names may be left out where skip_validation is true.",
         201, "OpenedAccount",
         "user.not_found user.email_taken password.too_short password.common")},
    {get, "/v1/accounts/{account}", "GetAccount", profile_readers, get_account,
     one(tag::accounts, "One account.", 200, "Account")},
    {patch, "/v1/accounts/{account}", "UpdateAccount", profile_editors, update_account,
     one(tag::accounts,
         "Changes an account's profile; status, notes and skip_validation are the staff's.", 200,
         "Account", "access.role profile.locked")},
    {del, "/v1/accounts/{account}", "DeleteAccount", administrators, delete_account,
     nothing(tag::accounts,
             "Deletes an account, and with delete_users its users who have no other.")},
    {post, "/v1/accounts/{account}/close", "CloseAccount", operators, close_account,
     one(tag::accounts, "Closes an account and cancels its invitations.", 200, "Account",
         "request.stale")},
    {post, "/v1/accounts/{account}/reopen", "ReopenAccount", operators, reopen_account,
     one(tag::accounts, "Makes a closed account active.", 200, "Account", "request.stale")},
    {put, "/v1/accounts/{account}/owner", "TransferOwnership", operators, transfer_ownership,
     one(tag::account_users, "Makes another user of the account its owner.", 200, "Account",
         "409:account.not_associated")},
    {get, "/v1/accounts/{account}/users", "ListAccountUsers", staff_or_owner, list_account_users,
     page(tag::account_users, "Who has access to the account.", "AccountUser")},
    {post, "/v1/accounts/{account}/users", "AssociateUser", operators, associate_user,
     one(tag::account_users,
         "Gives a user access without an invitation; an address that nobody has makes a user.", 201,
         "AccountUser",
         "permissions.empty permissions.unknown user.not_found account.already_associated")},
    {put, "/v1/accounts/{account}/users/{user}/permissions", "SetPermissions", user_managers,
     set_permissions,
     one(tag::account_users, "Replaces a user's permissions.", 200, "AccountUser",
         "permissions.empty permissions.unknown account.owner_permissions")},
    {del, "/v1/accounts/{account}/users/{user}", "RemoveUser", user_managers, remove_user,
     nothing(tag::account_users, "Takes a user's access away.", "account.owner_cannot_be_removed")},
    {get, "/v1/accounts/{account}/invitations", "ListInvitations", staff_or_owner, list_invitations,
     page(tag::invitations, "Pending and expired invitations, or all.", "Invitation")},
    {post, "/v1/accounts/{account}/invitations", "InviteUser", user_managers, invite_user,
     one(tag::invitations, "Mails an invitation, which is valid for seven days.", 201, "Invitation",
         "permissions.empty permissions.unknown account.closed account.already_associated "
         "invitation.pending rate.limited")},
    {post, "/v1/accounts/{account}/invitations/{invitation}/resend", "ResendInvitation",
     user_managers, resend_invitation,
     one(tag::invitations, "Mails a new link; the old one dies.", 200, "Invitation",
         "account.closed invitation.accepted rate.limited")},
    {del, "/v1/accounts/{account}/invitations/{invitation}", "CancelInvitation", user_managers,
     cancel_invitation, nothing(tag::invitations, "Cancels an invitation.", "invitation.accepted")},
    {post, "/v1/accounts/{account}/impersonation", "Impersonate", operators, impersonate,
     one(tag::account_users, "Starts a session that acts as a user of the account.", 201,
         "Impersonation", "account.closed account.not_associated")},
    {get, "/v1/accounts/{account}/contacts", "ListContacts", contact_readers, list_contacts,
     page(tag::contacts, "The account's contacts.", "Contact")},
    {post, "/v1/accounts/{account}/contacts", "AddContact", contact_editors, add_contact,
     one(tag::contacts, "Adds a contact.", 201, "Contact", "account.contacts_full")},
    {get, "/v1/accounts/{account}/contacts/{contact}", "GetContact", contact_readers, get_contact,
     one(tag::contacts, "One contact.", 200, "Contact")},
    {patch, "/v1/accounts/{account}/contacts/{contact}", "ChangeContact", contact_editors,
     change_contact, one(tag::contacts, "Changes a contact.", 200, "Contact")},
    {del, "/v1/accounts/{account}/contacts/{contact}", "RemoveContact", contact_editors,
     remove_contact, nothing(tag::contacts, "Removes a contact.")},
    {get, "/v1/accounts/{account}/orders", "ListOrders", order_readers, list_orders,
     page(tag::orders, "The account's orders, newest first.", "Order")},
    {post, "/v1/accounts/{account}/orders", "PlaceOrder", order_placers, place_order,
     one(tag::orders, "Places an order.", 201, "Order", "account.closed")},
    {get, "/v1/accounts/{account}/tickets", "ListAccountTickets", ticket_readers,
     list_account_tickets, page(tag::tickets, "The account's tickets.", "Ticket")},
    {post, "/v1/accounts/{account}/tickets", "OpenTicket", ticket_writers, open_ticket,
     one(tag::tickets, "Opens a ticket; the message is its first reply.", 201, "TicketWithReplies",
         "account.closed")},
    {get, "/v1/accounts/{account}/activity", "ListAccountActivity", staff_or_owner,
     list_account_activity,
     page_or_export(tag::activity, "The activity log of one account, newest first.",
                    "ActivityLine")},

    {get, "/v1/accounts/{account}/access", "GetAccountAccess", staff_or_owner, get_account_access,
     one(tag::account_users,
         "Who had access to the account at a moment, and with until what changed up to another. A "
         "moment to come is taken for now.",
         200, "AccountAccess")},

    {get, "/v1/invitations/{token}", "GetInvitation", anyone, get_invitation,
     one(tag::invitations, "What a mailed invitation offers.", 200, "LinkedInvitation",
         "invitation.not_found")},
    {post, "/v1/invitations/{token}/acceptance", "AcceptInvitation", anyone, accept_invitation,
     one(tag::invitations,
         "Accepts an invitation: by registering, by signing in, or as who is signed in.", 200,
         "Accepted",
         "invitation.not_found account.already_associated user.email_taken session.required "
         "session.invalid_credentials session.second_factor_required access.role rate.limited "
         "password.too_short password.common")},

    // What is about a ticket is about the account that it belongs to.
    {get, "/v1/tickets", "ListTickets", all_staff, list_tickets,
     page(tag::tickets, "All tickets.", "Ticket")},
    {post, "/v1/tickets/inbound", "ReceiveMail", operators, receive_mail,
     one(tag::tickets, "Takes in mail as a reply to a ticket, or as a new one. For API keys.", 201,
         "TicketWithReplies", "account.not_found account.closed ticket.not_found ticket.full")},
    {get, "/v1/tickets/{ticket}", "GetTicket", ticket_readers, get_ticket,
     one(tag::tickets, "One ticket with its replies.", 200, "TicketWithReplies")},
    {del, "/v1/tickets/{ticket}", "DeleteTicket", administrators, delete_ticket,
     nothing(tag::tickets, "Deletes a ticket with all that was written in it.")},
    {post, "/v1/tickets/{ticket}/replies", "ReplyToTicket", ticket_writers, reply_to_ticket,
     one(tag::tickets, "Replies to a ticket.", 201, "Reply", "account.closed ticket.full")},
    {post, "/v1/tickets/{ticket}/close", "CloseTicket", ticket_writers, close_ticket,
     one(tag::tickets, "Closes a ticket; a reply opens it again.", 200, "TicketWithReplies",
         "request.stale")},

    {get, "/v1/users", "ListUsers", all_staff, list_users,
     page(tag::users, "Users, by search and filters.", "User")},
    {get, "/v1/users/{user}", "GetUser", all_staff, get_user,
     one(tag::users, "One user with the accounts.", 200, "UserWithAccounts")},
    {patch, "/v1/users/{user}", "UpdateUser", operators, update_user,
     one(tag::users, "Changes a user.", 200, "UserWithAccounts", "user.email_taken")},
    {del, "/v1/users/{user}", "DeleteUser", administrators, delete_user,
     nothing(tag::users, "Deletes a user for good.", "user.several_accounts user.is_owner")},
    {put, "/v1/users/{user}/password", "ChangeUserPassword", operators, change_user_password,
     nothing(tag::users, "Sets a user's password; the user's sessions end.",
             "password.too_short password.common")},
    {post, "/v1/users/{user}/password-reset", "SendPasswordReset", operators, send_password_reset,
     nothing(tag::users, "Mails a user a link for a new password.", "user.no_email", 202)},
    {del, "/v1/users/{user}/two-factor", "DisableUserTwoFactor", operators, disable_user_two_factor,
     nothing(tag::users, "Switches a user's two-factor off.")},
    {del, "/v1/users/{user}/security-question", "ClearUserSecurityQuestion", operators,
     clear_user_security_question, nothing(tag::users, "Takes a user's security question away.")},
    {put, "/v1/users/{user}/identity-verification", "SetIdentityVerification", operators,
     set_identity_verification,
     one(tag::users, "Sets how far a user's identity was looked at.", 200, "UserWithAccounts")},
    {del, "/v1/users/{user}/sessions", "EndUserSessions", operators, end_user_sessions,
     nothing(tag::users, "Ends all sessions of a user.")},
    {get, "/v1/users/{user}/activity", "ListUserActivity", all_staff, list_user_activity,
     page_or_export(tag::activity, "The activity log of one user, newest first.", "ActivityLine")},

    {get, "/v1/users/{user}/export", "ExportUser", administrators, export_user,
     file(tag::users,
          "Everything that is kept about a person: what is so, every event that concerns the "
          "person with what it holds, and what the person did.",
          "PersonExport", "server.busy")},
    {get, "/v1/users/{user}/access", "GetUserAccess", all_staff, get_user_access,
     one(tag::users,
         "Which accounts a user had access to at a moment, and with until what changed up to "
         "another. A moment to come is taken for now.",
         200, "UserAccess")},

    {post, "/v1/retention/runs", "RunRetention", administrators, run_retention,
     one(tag::accounts,
         "Has System retire the accounts that nobody uses, as it does once a day. With dry_run, "
         "what "
         "that would be; a dry run also takes what is not set.",
         200, "RetentionReport")},
    {get, "/v1/activity", "ListActivity", all_staff, list_activity,
     page_or_export(tag::activity, "The activity log, newest first.", "ActivityLine")},
    {get, "/v1/events", "ListEvents", all_staff, list_events,
     page(tag::log, "The log itself, in its order.", "Event")},
    {get, "/v1/events/stream", "FollowEvents", all_staff, follow_events,
     feed(
         tag::log,
         "The log as Server-Sent Events: what there is after a position, then what happens. The id "
         "is the position; a reader that is more than 4 MiB behind is disconnected, and resumes "
         "with Last-Event-ID.",
         "server.busy")},
    {get, "/v1/log/checkpoint", "GetCheckpoint", all_staff, get_checkpoint,
     text(tag::log, "The log's signed head, as a C2SP checkpoint.", {})},
    {get, "/v1/log/key", "GetLogKeys", all_staff, get_log_keys,
     text(tag::log, "The keys that signed heads, the present one first, as C2SP verifier keys.",
          {})},
    {post, "/v1/log/key/rotation", "RotateLogKey", administrators, rotate_log_key,
     one(tag::log, "Has another key sign the log's heads from here on.", 201, "LogKey")},
    {get, "/v1/log/tile/{level}/{tile*}", "GetLogTile", all_staff, get_log_tile,
     bytes(tag::log,
           "A tile of the log's tree, or of its records where the level is entries, as C2SP "
           "tlog-tiles has them: x001/234, and x001/234.p/7 for a part of one.",
           "tile.not_found log.record_too_long")},
    {get, "/v1/log/proofs/inclusion", "ProveInclusion", all_staff, prove_inclusion,
     one(tag::log, "That a record is in the log of a size (RFC 9162).", 200, "InclusionProof")},
    {get, "/v1/log/proofs/consistency", "ProveConsistency", all_staff, prove_consistency,
     one(tag::log, "That the log of a size begins with that of a smaller one (RFC 9162).", 200,
         "ConsistencyProof")},
    {get, "/v1/projections", "ListProjections", all_staff, list_projections,
     page(tag::machine, "The views, and how far each is.", "Projection")},
    {post, "/v1/projections/{name}/rebuild", "StartRebuild", administrators, start_rebuild,
     one(tag::machine,
         "Builds a view anew beside the one that answers, which it replaces at the end. With diff, "
         "both are compared and the old one goes on answering until the swap is asked for.",
         202, "Rebuild", "rebuild.running")},
    {get, "/v1/projections/{name}/rebuild", "GetRebuild", administrators, get_rebuild,
     one(tag::machine, "How far a view that is built anew is, and how it differs.", 200, "Rebuild",
         "rebuild.not_running")},
    {del, "/v1/projections/{name}/rebuild", "CancelRebuild", administrators, cancel_rebuild,
     nothing(tag::machine, "Drops what was built so far; the old view goes on answering.",
             "rebuild.not_running rebuild.needed")},
    {post, "/v1/projections/{name}/rebuild/swap", "SwapRebuild", administrators, swap_rebuild,
     nothing(tag::machine, "Lets what was built and compared take the old view's place.",
             "rebuild.not_running rebuild.not_built")},
    {get, "/v1/outbox", "ListOutbox", all_staff, list_outbox,
     page(tag::machine, "Mail, newest first.", "Mail")},
    {post, "/v1/outbox/{mail}/retry", "RetryMail", operators, retry_mail,
     one(tag::machine, "Sends a mail again that was given up.", 200, "Mail",
         "mail.sent mail.link_dead")},
    {get, "/livez", "GetLive", anyone, get_live,
     one(tag::machine, "Whether the server runs.", 200, "Live")},
    {get, "/readyz", "GetReady", anyone, get_ready,
     one(tag::machine, "Whether every view answers; 503 until then.", 200, "Readiness")},
    {get, "/metrics", "GetMetrics", anyone, get_metrics,
     text(tag::machine, "What is counted and measured, as Prometheus reads it.",
          "route.not_found")},
    {get, "/openapi.json", "GetDescription", anyone, get_description,
     one(tag::machine, "This document.", 200, "Description")},
};

// The next segment of a pattern, taken off its front.
std::string_view next_segment(std::string_view& pattern) {
    pattern.remove_prefix(1);
    const auto end = pattern.find('/');
    const auto segment = pattern.substr(0, end);
    pattern = end == std::string_view::npos ? std::string_view{} : pattern.substr(end);
    return segment;
}

bool matches(std::string_view pattern, const std::vector<std::string>& segments,
             std::vector<PathParameter>& parameters) {
    parameters.clear();
    std::string* rest = nullptr;  // What a parameter takes that takes all that is left.
    for (const auto& segment : segments) {
        if (rest != nullptr) {
            rest->append("/").append(segment);
            continue;
        }
        if (pattern.empty()) return false;
        const auto expected = next_segment(pattern);
        if (expected.ends_with("*}")) {
            parameters.push_back({expected.substr(1, expected.size() - 3), segment});
            rest = &parameters.back().value;
        } else if (expected.starts_with('{')) {
            parameters.push_back({expected.substr(1, expected.size() - 2), segment});
        } else if (expected != segment) {
            return false;
        }
    }
    return pattern.empty();
}

constexpr std::size_t most_segments = 8;

// By how many segments a path has, at most the most: what may match it. A pattern whose last
// parameter takes all that is left matches longer paths, too.
using RoutesBySegments = std::array<std::vector<const Route*>, most_segments + 1>;

RoutesBySegments routes_by_segments() {
    RoutesBySegments result;
    for (const auto& route : table) {
        const auto own =
            std::min(static_cast<std::size_t>(std::ranges::count(route.path, '/')), most_segments);
        const auto last = route.path.ends_with("*}") ? most_segments : own;
        for (auto count = own; count <= last; ++count)
            result.at(count).push_back(&route);
    }
    return result;
}

}  // namespace

std::span<const Route> routes() { return table; }

std::string_view text_of(Method method) {
    switch (method) {
        case get:
            return "GET";
        case head:
            return "HEAD";
        case post:
            return "POST";
        case put:
            return "PUT";
        case patch:
            return "PATCH";
        case del:
            return "DELETE";
        case options:
            return "OPTIONS";
        case other:
            break;
    }
    return "";
}

Match find_route(Method method, const std::vector<std::string>& segments) {
    if (method == head) method = get;
    static const auto candidates = routes_by_segments();
    Match match;
    for (const auto* route : candidates.at(std::min(segments.size(), most_segments))) {
        std::vector<PathParameter> parameters;
        if (!matches(route->path, segments, parameters)) continue;
        if (route->method == method) return {route, {}, std::move(parameters)};
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += text_of(route->method);
        if (route->method == get) match.allowed += ", HEAD";
    }
    return match;
}

}  // namespace muster::http
