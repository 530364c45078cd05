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
    if (!body.has(member)) return std::nullopt;
    std::set<std::string> names;
    for (auto& each : body.texts(member)) {
        if (!is_field(each)) body.refuse(member, "field", "There is no such field: " + each + ".");
        names.insert(std::move(each));
    }
    return names;
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

}  // namespace

Asked set_up(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto token = body->secret("token");
    NewAdmin admin{
        body->required_text("name"), body->required_email("email"), Role::administrator, {}};
    const auto password = body->new_password("password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const bool known = parse_token(TokenPurpose::setup, token, call.services.keys).has_value();
    return Change{
        .use_case =
            [admin, known, agent = call.user_agent()](Work& work, const Secrets& secrets) mutable {
                if (!known && work.staff().admins.empty()) return Decision{invalid_setup_token};
                admin.password_hash = secrets.hash;
                return muster::set_up(work, admin, agent);
            },
        .answer = admin_signed_in,
        .body = canonical,
        // A wrong token must not cost a hash.
        .new_password = known ? std::optional{password} : std::nullopt};
}

Asked sign_in_admin(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    Check check{.whose = Check::Whose::admin_by_email, .email = body->required_email("email")};
    check.password = body->secret("password");
    check.code = body->optional_secret("code");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [agent = call.user_agent()](Work& work, const Secrets& secrets) {
                          return muster::sign_in_admin(work, secrets.verified, agent);
                      },
                  .answer = admin_signed_in,
                  .body = canonical,
                  .check = check};
}

Answer get_admin_session(Call& call) {
    if (call.caller.kind != Caller::Kind::admin) return std::unexpected(problem_of(wrong_role));
    return json_answer(200, [&](JsonWriter& out) {
        out.begin_object().key("admin");
        write_admin_or_null(out, *call.reading, call.caller.admin);
        out.end_object();
    });
}

Asked sign_out_admin(Call& call) {
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

Answer list_admins(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_admins(*call.reading, page), views::write_admin);
}

Asked create_admin(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    NewAdmin admin{body->required_text("name"),
                   body->required_email("email"),
                   body->required_role("role"),
                   {}};
    const auto password = body->optional_new_password("password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{.use_case =
                      [admin](Work& work, const Secrets& secrets) mutable {
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
                  .body = canonical,
                  .new_password = password};
}

Asked update_admin(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    AdminChanges changes{
        .name = body->text("name"), .email = body->email("email"), .role = {}, .password_hash = {}};
    if (changes.name == "") body->refuse("name", "empty", "This must not be empty.");
    if (body->has("role")) changes.role = body->required_role("role");
    const auto password = body->optional_new_password("password");
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const AdminId admin{parse_id(call.parameter("admin"))};
    return Change{.use_case =
                      [admin, changes](Work& work, const Secrets& secrets) mutable {
                          if (!secrets.hash.empty()) changes.password_hash = secrets.hash;
                          return muster::update_admin(work, admin, changes);
                      },
                  .answer =
                      [admin](const Accepted&, const Answering& with) {
                          return json_answer(200, [&](JsonWriter& out) {
                              write_admin_or_null(out, with.reading, admin);
                          });
                      },
                  .body = canonical,
                  .new_password = password};
}

Asked delete_admin(Call& call) {
    const AdminId admin{parse_id(call.parameter("admin"))};
    return Change{.use_case = [admin](Work& work,
                                      const Secrets&) { return muster::delete_admin(work, admin); },
                  .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Answer list_api_keys(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    return page_answer(call, views::list_api_keys(*call.reading, page), views::write_api_key);
}

Asked create_api_key(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    const auto name = body->required_text("name");
    const auto role = body->required_role("role");
    const auto ips = body->texts("allowed_ips");
    for (const auto& each : ips) {
        if (!IpNetwork::parse(each))
            body->refuse("allowed_ips", "address", "This is no address or network: " + each + ".");
    }
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [name, role, ips](
                        Work& work,
                        const Secrets&) { return muster::create_api_key(work, name, role, ips); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* created = find_event<ApiKeyCreated>(accepted);
                return json_answer(201, [&](JsonWriter& out) {
                    out.begin_object().key("id").number(created->api_key.number);
                    out.key("name").text(created->name).key("role").text(to_text(created->role));
                    if (!accepted.repeated) {
                        out.key("key").text(
                            to_text(Token{TokenPurpose::api_key, created->api_key.number, 1},
                                    with.services.keys));
                    }
                    out.end_object();
                });
            },
        .body = canonical};
}

Asked revoke_api_key(Call& call) {
    const ApiKeyId key{parse_id(call.parameter("key"))};
    return Change{
        .use_case = [key](Work& work, const Secrets&) { return muster::revoke_api_key(work, key); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); }};
}

Answer get_settings(Call& call) { return settings_answer(*call.reading); }

Asked change_settings(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    ChangeSettings changes;
    changes.client_registration = body->on_off("client_registration");
    changes.client_area_user_management = body->on_off("client_area_user_management");
    changes.email_verification = body->on_off("email_verification");
    changes.locked_profile_fields = names_in(*body, "locked_profile_fields", is_lockable_field);
    changes.required_account_fields = names_in(*body, "required_account_fields", is_profile_field);
    if (auto limits = body->object("limits"))
        changes.invitations_per_account_hour =
            limits->number_or_off("invitations_per_account_hour", 1'000'000);
    if (auto retention = body->object("retention")) {
        changes.prune_after_months =
            retention->number_or_off("prune_after_months", most_retention_months);
        changes.delete_users = retention->on_off("delete_users");
        changes.deactivate_after_months =
            retention->number_or_off("deactivate_after_months", most_retention_months);
    }
    const auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [changes](Work& work,
                              const Secrets&) { return muster::change_settings(work, changes); },
        .answer = [](const Accepted&,
                     const Answering& with) { return settings_answer(with.reading); },
        .body = canonical,
        .versioned = stream_of(SettingsKey{})};
}

}  // namespace muster::http
