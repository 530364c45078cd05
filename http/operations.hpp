// Every operation of the interface, by the file that holds it. What each takes and answers is the
// interface's contract; who may call it stands in routes.cpp. A query answers at once; a command
// says what is to be decided and how to answer.
#pragma once

#include "http/route.hpp"

namespace muster::http {

// staff.cpp
Asked set_up(Call& call);
Asked sign_in_admin(Call& call);
Answer get_admin_session(Call& call);
Asked sign_out_admin(Call& call);
Answer list_admins(Call& call);
Asked create_admin(Call& call);
Asked update_admin(Call& call);
Asked delete_admin(Call& call);
Answer list_api_keys(Call& call);
Asked create_api_key(Call& call);
Asked revoke_api_key(Call& call);
Answer get_settings(Call& call);
Asked change_settings(Call& call);

// sessions.cpp
Asked register_user(Call& call);
Asked sign_in(Call& call);
Answer get_session(Call& call);
Asked sign_out(Call& call);
Asked choose_account(Call& call);
Asked impersonate(Call& call);

// second_factor.cpp
Asked start_my_two_factor(Call& call);
Asked confirm_my_two_factor(Call& call);
Asked disable_my_two_factor(Call& call);
Asked start_admin_two_factor(Call& call);
Asked confirm_admin_two_factor(Call& call);
Asked disable_admin_two_factor(Call& call);

// links.cpp
Asked request_password_reset(Call& call);
Answer get_password_reset(Call& call);
Asked reset_password(Call& call);
Asked send_password_reset(Call& call);
Asked send_my_email_verification(Call& call);
Asked verify_email(Call& call);

// me.cpp
Answer get_me(Call& call);
Asked update_me(Call& call);
Asked change_my_password(Call& call);
Answer list_my_accounts(Call& call);
Asked open_my_account(Call& call);
Asked leave_account(Call& call);
Answer list_my_sessions(Call& call);
Answer get_my_session(Call& call);
Asked end_my_session(Call& call);
Asked end_my_other_sessions(Call& call);
Asked set_my_security_question(Call& call);
Asked clear_my_security_question(Call& call);
Answer list_my_invitations(Call& call);

// accounts.cpp
Answer list_accounts(Call& call);
Asked open_account(Call& call);
Answer get_account(Call& call);
Asked update_account(Call& call);
Asked close_account(Call& call);
Asked reopen_account(Call& call);
Asked delete_account(Call& call);
Asked run_retention(Call& call);
Answer list_account_users(Call& call);
Asked associate_user(Call& call);
Asked set_permissions(Call& call);
Asked remove_user(Call& call);
Asked transfer_ownership(Call& call);

// invitations.cpp
Answer list_invitations(Call& call);
Asked invite_user(Call& call);
Asked resend_invitation(Call& call);
Asked cancel_invitation(Call& call);
Answer get_invitation(Call& call);
Asked accept_invitation(Call& call);

// contacts.cpp
Answer list_contacts(Call& call);
Asked add_contact(Call& call);
Answer get_contact(Call& call);
Asked change_contact(Call& call);
Asked remove_contact(Call& call);

// orders.cpp
Answer list_orders(Call& call);
Asked place_order(Call& call);

// tickets.cpp
Answer list_tickets(Call& call);
Answer list_account_tickets(Call& call);
Asked open_ticket(Call& call);
Answer get_ticket(Call& call);
Asked reply_to_ticket(Call& call);
Asked close_ticket(Call& call);
Asked receive_mail(Call& call);

// users.cpp
Answer list_users(Call& call);
Answer get_user(Call& call);
Asked update_user(Call& call);
Asked delete_user(Call& call);
Asked change_user_password(Call& call);
Asked end_user_sessions(Call& call);
Asked disable_user_two_factor(Call& call);
Asked clear_user_security_question(Call& call);
Asked set_identity_verification(Call& call);

// activity.cpp
Answer list_activity(Call& call);
Answer list_account_activity(Call& call);
Answer list_user_activity(Call& call);

// machine.cpp
Answer list_projections(Call& call);
Answer list_outbox(Call& call);
Asked retry_mail(Call& call);
Answer get_live(Call& call);
Answer get_ready(Call& call);
Answer get_metrics(Call& call);

}  // namespace muster::http
