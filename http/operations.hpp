// Every operation of the interface, by the file that holds it. Who may call it, and what it answers
// with, stands in routes.cpp.
#pragma once

#include "http/route.hpp"

namespace muster::http {

// staff.cpp
extern const Command set_up;
extern const Command sign_in_admin;
extern const Query get_admin_session;
extern const Command sign_out_admin;
extern const Query list_admins;
extern const Command create_admin;
extern const Command update_admin;
extern const Command delete_admin;
extern const Query list_api_keys;
extern const Command create_api_key;
extern const Command revoke_api_key;
extern const Query get_settings;
extern const Command change_settings;

// sessions.cpp
extern const Command register_user;
extern const Command sign_in;
extern const Query get_session;
extern const Command sign_out;
extern const Command choose_account;
extern const Command impersonate;

// second_factor.cpp
extern const Command start_my_two_factor;
extern const Command confirm_my_two_factor;
extern const Command disable_my_two_factor;
extern const Command start_admin_two_factor;
extern const Command confirm_admin_two_factor;
extern const Command disable_admin_two_factor;

// links.cpp
extern const Command request_password_reset;
extern const Query get_password_reset;
extern const Command reset_password;
extern const Command send_password_reset;
extern const Command send_my_email_verification;
extern const Command verify_email;

// me.cpp
extern const Query get_me;
extern const Command update_me;
extern const Command change_my_password;
extern const Query list_my_accounts;
extern const Command open_my_account;
extern const Command leave_account;
extern const Query list_my_sessions;
extern const Query get_my_session;
extern const Command end_my_session;
extern const Command end_my_other_sessions;
extern const Command set_my_security_question;
extern const Command clear_my_security_question;
extern const Query list_my_invitations;

// accounts.cpp
extern const Query list_accounts;
extern const Command open_account;
extern const Query get_account;
extern const Command update_account;
extern const Command close_account;
extern const Command reopen_account;
extern const Command delete_account;
extern const Command run_retention;
extern const Query list_account_users;
extern const Command associate_user;
extern const Command set_permissions;
extern const Command remove_user;
extern const Command transfer_ownership;

// invitations.cpp
extern const Query list_invitations;
extern const Command invite_user;
extern const Command resend_invitation;
extern const Command cancel_invitation;
extern const Query get_invitation;
extern const Command accept_invitation;

// contacts.cpp
extern const Query list_contacts;
extern const Command add_contact;
extern const Query get_contact;
extern const Command change_contact;
extern const Command remove_contact;

// orders.cpp
extern const Query list_orders;
extern const Command place_order;

// tickets.cpp
extern const Query list_tickets;
extern const Query list_account_tickets;
extern const Command open_ticket;
extern const Query get_ticket;
extern const Command reply_to_ticket;
extern const Command close_ticket;
extern const Command delete_ticket;
extern const Command receive_mail;

// users.cpp
extern const Query list_users;
extern const Query get_user;
extern const Command update_user;
extern const Command delete_user;
extern const Command change_user_password;
extern const Command end_user_sessions;
extern const Command disable_user_two_factor;
extern const Command clear_user_security_question;
extern const Command set_identity_verification;

// activity.cpp
extern const Query list_activity;
extern const Query list_account_activity;
extern const Query list_user_activity;

// machine.cpp
extern const Query list_projections;
extern const Query list_outbox;
extern const Command retry_mail;
extern const Query get_live;
extern const Query get_ready;
extern const Query get_description;
extern const Query get_account_access;
extern const Query get_user_access;
extern const Query export_user;
extern const Query list_events;
extern const Query follow_events;
extern const Query get_checkpoint;
extern const Query get_log_keys;
extern const Command rotate_log_key;
extern const Query get_log_tile;
extern const Query prove_inclusion;
extern const Query prove_consistency;
extern const Query get_metrics;

// rebuilds.cpp
extern const Command start_rebuild;
extern const Query get_rebuild;
extern const Command cancel_rebuild;
extern const Command swap_rebuild;

}  // namespace muster::http
