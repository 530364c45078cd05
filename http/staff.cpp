// Set-up, admins, API keys, settings.
#include "handlers/staff.hpp"

#include "events/ip_address.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/settings.hpp"
#include "projections/staff.hpp"

namespace muster::http {
namespace {

const Error invalid_setup_token =
    forbidden("setup.invalid_token", "This set-up link is not valid.");

// A list of the names of fields. Absent where it is not given.
std::optional<std::set<std::string>> names_in(Fields& body, std::string_view member,
                                              bool (*is_field)(std::string_view)) {
    auto given = body.texts(member);
    if (!given) return std::nullopt;
    for (const auto& each : *given) {
        if (!is_field(each)) body.refuse(member, "field", "There is no such field: " + each + ".");
    }
    return std::set<std::string>{given->begin(), given->end()};
}

void write_admin_or_null(JsonWriter& out, const views::Reading& reading, AdminId admin) {
    const auto row = views::find_admin(reading, admin);
    if (!row) {
        out.null();
        return;
    }
    views::write_admin(out, *row);
}

Response admin_signed_in(const Accepted& accepted, const Answering& with) {
    const auto* session = find_event<AdminSessionStarted>(accepted);
    std::string token;
    if (session != nullptr && !accepted.repeated) {
        token =
            to_text(Token{TokenPurpose::session, session->session.number, 1}, with.services.keys);
    }
    auto response = json_answer(201, [&](JsonWriter& out) {
        out.begin_object();
        if (!token.empty()) out.key("token").text(token);
        out.key("admin");
        write_admin_or_null(out, with.reading, AdminId{accepted.actor.number});
        out.end_object();
    });
    if (!token.empty()) {
        response.headers.emplace_back("Set-Cookie",
                                      session_cookie(admin_cookie, token, with.on_loopback));
    }
    return response;
}

Response settings_answer(const views::Reading& reading) {
    const auto row = views::settings(reading);
    auto response = json_answer(200, [&](JsonWriter& out) { views::write_settings(out, row); });
    with_etag(response, row.version);
    return response;
}

struct FirstAdmin {
    std::string token;
    NewAdmin admin;
    std::string password;
};

FirstAdmin first_admin_in(Fields& body) {
    return {body.secret("token"),
            {body.required_text("name"), body.required_email("email"), Role::administrator, {}},
            body.new_password("password")};
}

Change setting_up(Call& call, const FirstAdmin& first) {
    const bool known =
        parse_token(TokenPurpose::setup, first.token, call.services.keys).has_value();
    return {.use_case =
                [admin = first.admin, known, agent = call.user_agent()](
                    Work& work, const Secrets& secrets) mutable {
                    if (!known && work.staff().admins.empty()) return Decision{invalid_setup_token};
                    admin.password_hash = secrets.hash;
                    return muster::set_up(work, admin, agent);
                },
            .answer = admin_signed_in,
            // A wrong token must not cost a hash.
            .new_password = known ? std::optional{first.password} : std::nullopt};
}

Change admin_sign_in(Call& call, Check check) {
    check.whose = Check::Whose::admin_by_email;
    return {.use_case =
                [agent = call.user_agent()](Work& work, const Secrets& secrets) {
                    return muster::sign_in_admin(work, secrets.verified, agent);
                },
            .answer = admin_signed_in,
            .check = std::move(check)};
}

Answer admin_session(Call& call) {
    if (call.caller.kind != Caller::Kind::admin) return std::unexpected(problem_of(wrong_role));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("admin");
        write_admin_or_null(out, *call.reading, call.caller.admin);
        out.end_object();
    });
}

Asked admin_sign_out(Call& call) {
    const auto* session = std::get_if<SessionId>(&call.credential);
    if (session == nullptr)
        return std::unexpected(problem_of(call.caller.staff() ? wrong_role : session_required));
    return Change{.use_case =
                      [session = *session](Work& work, const Secrets&) {
                          const auto& state = work.read(session);
                          if (!state.admin)
                              return Decision{state.user ? wrong_role : session_required};
                          work.acts_as({ActorKind::admin, state.admin.number, {}});
                          return when(state, SignOut{});
                      },
                  .answer =
                      [](const Accepted&, const Answering& with) {
                          auto response = no_content();
                          response.headers.emplace_back(
                              "Set-Cookie", ended_cookie(admin_cookie, with.on_loopback));
                          return response;
                      }};
}

Answer admins(Call& call, const views::PageRequest& page) {
    return page_answer(call, views::list_admins(*call.reading, page), views::write_admin);
}

struct AdminForm {
    NewAdmin admin;
    std::optional<std::string> password;
};

AdminForm new_admin_in(Fields& body) {
    return {
        {body.required_text("name"), body.required_email("email"), body.required_role("role"), {}},
        body.optional_new_password("password")};
}

Change admin_creation(Call&, const AdminForm& form) {
    return {.use_case =
                [admin = form.admin](Work& work, const Secrets& secrets) mutable {
                    if (!secrets.hash.empty()) admin.password_hash = secrets.hash;
                    return muster::create_admin(work, admin);
                },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    const auto* created = find_event<AdminCreated>(accepted);
                    return json_answer(201, [&](JsonWriter& out) {
                        write_admin_or_null(out, with.reading, created->admin);
                    });
                },
            .new_password = form.password};
}

struct AdminChangesForm {
    AdminChanges changes;
    std::optional<std::string> password;
};

AdminChangesForm admin_changes_in(Fields& body) {
    AdminChangesForm form{{.name = body.text("name"),
                           .email = body.email("email"),
                           .role = body.role("role"),
                           .password_hash = {}},
                          body.optional_new_password("password")};
    if (form.changes.name == "") body.refuse("name", "empty", "This must not be empty.");
    return form;
}

Change admin_update(Call& call, const AdminChangesForm& form) {
    const AdminId admin{parse_id(call.parameter("admin"))};
    return {.use_case =
                [admin, changes = form.changes](Work& work, const Secrets& secrets) mutable {
                    if (!secrets.hash.empty()) changes.password_hash = secrets.hash;
                    return muster::update_admin(work, admin, changes);
                },
            .answer =
                [admin](const Accepted&, const Answering& with) {
                    return json_answer(200, [&](JsonWriter& out) {
                        write_admin_or_null(out, with.reading, admin);
                    });
                },
            .new_password = form.password};
}

Change admin_deletion(Call& call) {
    const AdminId admin{parse_id(call.parameter("admin"))};
    return {.use_case = [admin](Work& work,
                                const Secrets&) { return muster::delete_admin(work, admin); },
            .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Answer api_keys(Call& call, const views::PageRequest& page) {
    return page_answer(call, views::list_api_keys(*call.reading, page), views::write_api_key);
}

struct NewApiKey {
    std::string name;
    Role role{};
    std::vector<std::string> ips;
};

NewApiKey api_key_in(Fields& body) {
    NewApiKey form{body.required_text("name"), body.required_role("role"),
                   body.texts("allowed_ips").value_or(std::vector<std::string>{})};
    for (const auto& each : form.ips) {
        if (!IpNetwork::parse(each))
            body.refuse("allowed_ips", "address", "This is no address or network: " + each + ".");
    }
    return form;
}

Response api_key_answer(const Accepted& accepted, const Answering& with) {
    const auto* created = find_event<ApiKeyCreated>(accepted);
    return json_answer(201, [&](JsonWriter& out) {
        out.begin_object().key("id").number(created->api_key.number);
        out.key("name").text(created->name).key("role").text(to_text(created->role));
        if (!accepted.repeated) {
            const Token token{TokenPurpose::api_key, created->api_key.number, 1};
            out.key("key").text(to_text(token, with.services.keys));
        }
        out.end_object();
    });
}

Change api_key_creation(Call&, const NewApiKey& form) {
    return {.use_case =
                [form](Work& work, const Secrets&) {
                    return muster::create_api_key(work, form.name, form.role, form.ips);
                },
            .answer = api_key_answer};
}

Change api_key_revocation(Call& call) {
    const ApiKeyId key{parse_id(call.parameter("key"))};
    return {
        .use_case = [key](Work& work, const Secrets&) { return muster::revoke_api_key(work, key); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Answer present_settings(Call& call) { return settings_answer(*call.reading); }

ChangeSettings settings_in(Fields& body) {
    ChangeSettings changes;
    changes.client_registration = body.on_off("client_registration");
    changes.client_area_user_management = body.on_off("client_area_user_management");
    changes.email_verification = body.on_off("email_verification");
    changes.locked_profile_fields = names_in(body, "locked_profile_fields", is_lockable_field);
    changes.required_account_fields = names_in(body, "required_account_fields", is_profile_field);
    if (auto limits = body.object("limits"))
        changes.invitations_per_account_hour =
            limits->number_or_off("invitations_per_account_hour", 1'000'000);
    if (auto retention = body.object("retention")) {
        changes.prune_after_months =
            retention->number_or_off("prune_after_months", most_retention_months);
        changes.delete_users = retention->on_off("delete_users");
        changes.deactivate_after_months =
            retention->number_or_off("deactivate_after_months", most_retention_months);
    }
    return changes;
}

Change settings_change(Call&, const ChangeSettings& changes) {
    return {
        .use_case = [changes](Work& work,
                              const Secrets&) { return muster::change_settings(work, changes); },
        .answer = [](const Accepted&,
                     const Answering& with) { return settings_answer(with.reading); },
        .versioned = stream_of(SettingsKey{})};
}

}  // namespace

const Command set_up = changing<setting_up, first_admin_in>;
const Command sign_in_admin = changing<admin_sign_in, credentials_in>;
const Query get_admin_session = asking<admin_session>;
const Command sign_out_admin = doing<admin_sign_out>;
const Query list_admins = asking<admins, page_in>;
const Command create_admin = changing<admin_creation, new_admin_in>;
const Command update_admin = changing<admin_update, admin_changes_in>;
const Command delete_admin = doing<admin_deletion>;
const Query list_api_keys = asking<api_keys, page_in>;
const Command create_api_key = changing<api_key_creation, api_key_in>;
const Command revoke_api_key = doing<api_key_revocation>;
const Query get_settings = asking<present_settings>;
const Command change_settings = changing<settings_change, settings_in>;

}  // namespace muster::http
