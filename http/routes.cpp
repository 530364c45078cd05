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

const Route table[]{
    {post, "/v1/setup", "SetUp", anyone, set_up},
    {post, "/v1/admin/sessions", "SignInAdmin", anyone, sign_in_admin},
    {get, "/v1/admin/session", "GetAdminSession", all_staff, get_admin_session},
    {del, "/v1/admin/session", "SignOutAdmin", anyone, sign_out_admin},
    {post, "/v1/admin/two-factor", "StartAdminTwoFactor", all_staff, start_admin_two_factor},
    {del, "/v1/admin/two-factor", "DisableAdminTwoFactor", all_staff, disable_admin_two_factor},
    {post, "/v1/admin/two-factor/confirmation", "ConfirmAdminTwoFactor", all_staff,
     confirm_admin_two_factor},
    {get, "/v1/admins", "ListAdmins", administrators, list_admins},
    {post, "/v1/admins", "CreateAdmin", administrators, create_admin},
    {patch, "/v1/admins/{admin}", "UpdateAdmin", administrators, update_admin},
    {del, "/v1/admins/{admin}", "DeleteAdmin", administrators, delete_admin},
    {get, "/v1/api-keys", "ListApiKeys", administrators, list_api_keys},
    {post, "/v1/api-keys", "CreateApiKey", administrators, create_api_key},
    {del, "/v1/api-keys/{key}", "RevokeApiKey", administrators, revoke_api_key},
    {get, "/v1/settings", "GetSettings", all_staff, get_settings},
    {patch, "/v1/settings", "ChangeSettings", administrators, change_settings},

    {post, "/v1/registrations", "RegisterUser", anyone, register_user},
    {post, "/v1/sessions", "SignIn", anyone, sign_in},
    {get, "/v1/session", "GetSession", signed_in, get_session},
    {del, "/v1/session", "SignOut", anyone, sign_out},
    {put, "/v1/session/account", "ChooseAccount", signed_in, choose_account},
    {post, "/v1/password-resets", "RequestPasswordReset", anyone, request_password_reset},
    {get, "/v1/password-resets/{token}", "GetPasswordReset", anyone, get_password_reset},
    {post, "/v1/password-resets/{token}", "ResetPassword", anyone, reset_password},
    {post, "/v1/email-verifications", "VerifyEmail", signed_in, verify_email},
    {get, "/v1/me", "GetMe", signed_in, get_me},
    {patch, "/v1/me", "UpdateMe", signed_in, update_me},
    {put, "/v1/me/password", "ChangeMyPassword", signed_in, change_my_password},
    {post, "/v1/me/two-factor", "StartMyTwoFactor", signed_in, start_my_two_factor},
    {del, "/v1/me/two-factor", "DisableMyTwoFactor", signed_in, disable_my_two_factor},
    {post, "/v1/me/two-factor/confirmation", "ConfirmMyTwoFactor", signed_in,
     confirm_my_two_factor},
    {put, "/v1/me/security-question", "SetMySecurityQuestion", signed_in, set_my_security_question},
    {del, "/v1/me/security-question", "ClearMySecurityQuestion", signed_in,
     clear_my_security_question},
    {post, "/v1/me/email-verification", "SendMyEmailVerification", signed_in,
     send_my_email_verification},
    {get, "/v1/me/invitations", "ListMyInvitations", signed_in, list_my_invitations},
    {get, "/v1/me/accounts", "ListMyAccounts", signed_in, list_my_accounts},
    {post, "/v1/me/accounts", "OpenMyAccount", signed_in, open_my_account},
    {del, "/v1/me/accounts/{account}", "LeaveAccount", signed_in, leave_account},
    {get, "/v1/me/sessions", "ListMySessions", signed_in, list_my_sessions},
    {del, "/v1/me/sessions", "EndMyOtherSessions", signed_in, end_my_other_sessions},
    {get, "/v1/me/sessions/{session}", "GetMySession", signed_in, get_my_session},
    {del, "/v1/me/sessions/{session}", "EndMySession", signed_in, end_my_session},

    {get, "/v1/accounts", "ListAccounts", all_staff, list_accounts},
    {post, "/v1/accounts", "OpenAccount", operators, open_account},
    {get, "/v1/accounts/{account}", "GetAccount", profile_readers, get_account},
    {patch, "/v1/accounts/{account}", "UpdateAccount", profile_editors, update_account},
    {del, "/v1/accounts/{account}", "DeleteAccount", administrators, delete_account},
    {post, "/v1/accounts/{account}/close", "CloseAccount", operators, close_account},
    {post, "/v1/accounts/{account}/reopen", "ReopenAccount", operators, reopen_account},
    {put, "/v1/accounts/{account}/owner", "TransferOwnership", operators, transfer_ownership},
    {get, "/v1/accounts/{account}/users", "ListAccountUsers", staff_or_owner, list_account_users},
    {post, "/v1/accounts/{account}/users", "AssociateUser", operators, associate_user},
    {put, "/v1/accounts/{account}/users/{user}/permissions", "SetPermissions", user_managers,
     set_permissions},
    {del, "/v1/accounts/{account}/users/{user}", "RemoveUser", user_managers, remove_user},
    {get, "/v1/accounts/{account}/invitations", "ListInvitations", staff_or_owner,
     list_invitations},
    {post, "/v1/accounts/{account}/invitations", "InviteUser", user_managers, invite_user},
    {post, "/v1/accounts/{account}/invitations/{invitation}/resend", "ResendInvitation",
     user_managers, resend_invitation},
    {del, "/v1/accounts/{account}/invitations/{invitation}", "CancelInvitation", user_managers,
     cancel_invitation},
    {post, "/v1/accounts/{account}/impersonation", "Impersonate", operators, impersonate},
    {get, "/v1/accounts/{account}/contacts", "ListContacts", contact_readers, list_contacts},
    {post, "/v1/accounts/{account}/contacts", "AddContact", contact_editors, add_contact},
    {get, "/v1/accounts/{account}/contacts/{contact}", "GetContact", contact_readers, get_contact},
    {patch, "/v1/accounts/{account}/contacts/{contact}", "ChangeContact", contact_editors,
     change_contact},
    {del, "/v1/accounts/{account}/contacts/{contact}", "RemoveContact", contact_editors,
     remove_contact},
    {get, "/v1/accounts/{account}/orders", "ListOrders", order_readers, list_orders},
    {post, "/v1/accounts/{account}/orders", "PlaceOrder", order_placers, place_order},
    {get, "/v1/accounts/{account}/tickets", "ListAccountTickets", ticket_readers,
     list_account_tickets},
    {post, "/v1/accounts/{account}/tickets", "OpenTicket", ticket_writers, open_ticket},
    {get, "/v1/accounts/{account}/activity", "ListAccountActivity", staff_or_owner,
     list_account_activity},

    {get, "/v1/invitations/{token}", "GetInvitation", anyone, get_invitation},
    {post, "/v1/invitations/{token}/acceptance", "AcceptInvitation", anyone, accept_invitation},

    // What is about a ticket is about the account that it belongs to.
    {get, "/v1/tickets", "ListTickets", all_staff, list_tickets},
    {post, "/v1/tickets/inbound", "ReceiveMail", operators, receive_mail},
    {get, "/v1/tickets/{ticket}", "GetTicket", ticket_readers, get_ticket},
    {post, "/v1/tickets/{ticket}/replies", "ReplyToTicket", ticket_writers, reply_to_ticket},
    {post, "/v1/tickets/{ticket}/close", "CloseTicket", ticket_writers, close_ticket},

    {get, "/v1/users", "ListUsers", all_staff, list_users},
    {get, "/v1/users/{user}", "GetUser", all_staff, get_user},
    {patch, "/v1/users/{user}", "UpdateUser", operators, update_user},
    {del, "/v1/users/{user}", "DeleteUser", administrators, delete_user},
    {put, "/v1/users/{user}/password", "ChangeUserPassword", operators, change_user_password},
    {post, "/v1/users/{user}/password-reset", "SendPasswordReset", operators, send_password_reset},
    {del, "/v1/users/{user}/two-factor", "DisableUserTwoFactor", operators,
     disable_user_two_factor},
    {del, "/v1/users/{user}/security-question", "ClearUserSecurityQuestion", operators,
     clear_user_security_question},
    {put, "/v1/users/{user}/identity-verification", "SetIdentityVerification", operators,
     set_identity_verification},
    {del, "/v1/users/{user}/sessions", "EndUserSessions", operators, end_user_sessions},
    {get, "/v1/users/{user}/activity", "ListUserActivity", all_staff, list_user_activity},

    {post, "/v1/retention/runs", "RunRetention", administrators, run_retention},
    {get, "/v1/activity", "ListActivity", all_staff, list_activity},
    {get, "/v1/projections", "ListProjections", all_staff, list_projections},
    {get, "/v1/outbox", "ListOutbox", all_staff, list_outbox},
    {post, "/v1/outbox/{mail}/retry", "RetryMail", operators, retry_mail},
    {get, "/livez", "GetLive", anyone, get_live},
    {get, "/readyz", "GetReady", anyone, get_ready},
    {get, "/metrics", "GetMetrics", anyone, get_metrics},
};

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
    for (const auto& segment : segments) {
        if (pattern.empty()) return false;
        const auto expected = next_segment(pattern);
        if (expected.starts_with('{')) {
            parameters.push_back({expected.substr(1, expected.size() - 2), segment});
        } else if (expected != segment) {
            return false;
        }
    }
    return pattern.empty();
}

}  // namespace

std::span<const Route> routes() { return table; }

Match find_route(Method method, const std::vector<std::string>& segments) {
    if (method == head) method = get;
    Match match;
    for (const auto& route : table) {
        std::vector<PathParameter> parameters;
        if (!matches(route.path, segments, parameters)) continue;
        if (route.method == method) return {&route, {}, std::move(parameters)};
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += text_of(route.method);
        if (route.method == get) match.allowed += ", HEAD";
    }
    return match;
}

}  // namespace muster::http
