#include "http/schemas.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "events/contact.hpp"
#include "events/mail.hpp"
#include "events/permissions.hpp"
#include "events/staff.hpp"
#include "events/ticket.hpp"
#include "events/user.hpp"
#include "projections/access.hpp"
#include "projections/accounts.hpp"
#include "projections/invitations.hpp"
#include "projections/outbox.hpp"
#include "projections/runner.hpp"
#include "projections/tickets.hpp"

namespace muster::http {
namespace {

using namespace schema;

Schema time() { return formatted("date-time"); }
Schema permissions() { return list(ref("Permission")); }

std::vector<std::string_view> permission_keys() {
    std::vector<std::string_view> keys;
    Permissions::all().for_each([&](Permission each) { keys.push_back(to_text(each)); });
    return keys;
}

// The fields of an account's profile but for its notes.
std::vector<Member> profile_members() {
    std::vector<Member> members;
    const Profile profile;
    for_each_field(profile, [&](std::string_view name, const std::string&) {
        if (name != "notes") members.push_back({name, any_text()});
    });
    return members;
}

std::vector<Member> joined(std::vector<Member> members, const std::vector<Member>& more) {
    members.insert(members.end(), more.begin(), more.end());
    return members;
}

std::vector<Member> user_members() {
    return {{"id", id()},
            {"first_name", any_text()},
            {"last_name", any_text()},
            {"email", or_null(any_text())},
            {"language", any_text()},
            {"two_factor", boolean()},
            {"security_question", described(boolean(), "Whether there is one.")},
            {"email_verified", boolean()},
            {"identity_verification", choice(texts_of<IdentityStatus>())},
            {"last_sign_in_at", or_null(time())},
            {"account_count", count()},
            {"created_at", time()}};
}

std::vector<Member> ticket_members() {
    return {{"id", id()},
            {"account_id", or_null(id())},
            {"subject", any_text()},
            {"status", choice(texts_of<views::TicketStatus>())},
            {"opened_at", time()},
            {"last_reply_at", time()},
            {"reply_count", count()}};
}

void add_basic(Schema& all) {
    all["Permission"] = choice(permission_keys());
    all["PermissionsOrAll"] = {
        {"oneOf", Schema::array({permissions(), Schema{{"type", "string"}, {"const", "all"}}})},
        {"description", "A list of permissions, or \"all\"."}};
    all["Role"] = choice(texts_of<Role>());
    all["MailTopic"] = choice(texts_of<MailTopic>());
    all["AccountStatus"] = choice(texts_of<views::AccountStatus>());
    all["Badge"] = described(choice(texts_of<Badge>()), "What a writer was to the account.");
    all["Amount"] = matching("^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,4})?$", "Decimal text: \"9.95\".");
    all["Currency"] = matching("^[A-Z]{3}$", "A currency's code (ISO 4217).");
}

void add_users(Schema& all) {
    all["User"] = object(user_members());
    all["UserWithAccounts"] =
        object(joined(user_members(), {{"accounts", list(ref("AccountSummary"))}}));
    all["Account"] = object(joined(joined({{"id", id()}, {"name", any_text()}}, profile_members()),
                                   {{"notes?", described(any_text(), "Shown to staff alone.")},
                                    {"status", ref("AccountStatus")},
                                    {"owner_user_id", id()},
                                    {"created_at", time()}}));
    all["OpenedAccount"] =
        object({{"account", or_null(ref("Account"))}, {"owner", or_null(ref("User"))}});
    all["AccountSummary"] = described(object({{"id", id()},
                                              {"name", any_text()},
                                              {"company_name", any_text()},
                                              {"status", ref("AccountStatus")},
                                              {"is_owner", boolean()},
                                              {"permissions", permissions()},
                                              {"last_sign_in_at", or_null(time())}}),
                                      "An account as one of its users has it.");
    all["AccountUser"] = object({{"user_id", id()},
                                 {"first_name", any_text()},
                                 {"last_name", any_text()},
                                 {"email", or_null(any_text())},
                                 {"is_owner", boolean()},
                                 {"permissions", permissions()},
                                 {"two_factor", boolean()},
                                 {"last_sign_in_at", or_null(time())},
                                 {"associated_at", time()}});
}

void add_sessions(Schema& all) {
    const Member token{"token?", described(any_text(), "Shown once: a repetition has none.")};
    const auto named = object({{"id", id()}, {"name", any_text()}});
    const Member accounts{"accounts", list(ref("AccountSummary"))};
    const Member account{"account", or_null(ref("AccountSummary"))};
    const Member user{"user", or_null(ref("User"))};
    all["SignedIn"] = object({token, user, account, accounts});
    all["Session"] = object({user,
                             account,
                             {"permissions", permissions()},
                             {"is_owner", boolean()},
                             accounts,
                             {"impersonated_by?", named}});
    all["Accepted"] = object({user, account, token});
    all["Impersonation"] = object({token, user, account});
    all["SessionRow"] = object({{"id", id()},
                                {"created_at", time()},
                                {"last_used_at", time()},
                                {"ip", or_null(any_text())},
                                {"user_agent", any_text()},
                                {"current", boolean()},
                                {"account_id", or_null(id())},
                                {"impersonated_by?", named}});
    all["AdminSignedIn"] = object({token, {"admin", or_null(ref("Admin"))}});
    all["AdminSession"] = object({{"admin", or_null(ref("Admin"))}});
    all["StartedTwoFactor"] =
        described(object({{"secret?", any_text()}, {"uri?", any_text()}, {"qr_svg?", any_text()}}),
                  "Shown once: a repetition is empty.");
    all["RecoveryCodes"] = object({{"recovery_codes", list(any_text())}});
    all["PasswordReset"] = object({{"security_question?", any_text()}});
}

void add_staff(Schema& all) {
    const auto months = [] { return or_null(integer(1, 1200)); };
    all["Admin"] =
        object({{"id", id()}, {"name", any_text()}, {"email", any_text()}, {"role", ref("Role")}});
    all["ApiKey"] = object({{"id", id()},
                            {"name", any_text()},
                            {"role", ref("Role")},
                            {"allowed_ips", list(any_text())},
                            {"created_at", time()}});
    all["CreatedApiKey"] =
        object({{"id", id()},
                {"name", any_text()},
                {"role", ref("Role")},
                {"key?", described(any_text(), "Shown once: a repetition has none.")}});
    all["Settings"] = object(
        {{"client_registration", boolean()},
         {"client_area_user_management", boolean()},
         {"email_verification", boolean()},
         {"locked_profile_fields", list(any_text())},
         {"required_account_fields", list(any_text())},
         {"limits", object({{"invitations_per_account_hour", or_null(integer(1, 1'000'000))}})},
         {"retention", object({{"prune_after_months", months()},
                               {"delete_users", boolean()},
                               {"deactivate_after_months", months()}})}});
}

std::vector<Member> invitation_members() {
    return {{"id", id()},
            {"email", any_text()},
            {"permissions", permissions()},
            {"sent_at", time()},
            {"expires_at", time()},
            {"status", choice(texts_of<views::InvitationStatus>())}};
}

void add_account_things(Schema& all) {
    all["Invitation"] = object(invitation_members());
    all["OwnInvitation"] = object({{"id", id()},
                                   {"account_name", any_text()},
                                   {"sender_name", any_text()},
                                   {"permissions", permissions()},
                                   {"sent_at", time()},
                                   {"expires_at", time()}});
    all["LinkedInvitation"] = object({{"account_name", any_text()},
                                      {"sender_name", any_text()},
                                      {"permissions", permissions()},
                                      {"expires_at", time()}});
    all["Contact"] = object(
        joined(joined({{"id", id()}}, profile_members()), {{"receives", list(ref("MailTopic"))}}));
    all["Order"] =
        object({{"id", id()},
                {"number", any_text()},
                {"account_id", id()},
                {"user_id", id()},
                {"admin_id?", id()},
                {"api_key_id?", id()},
                {"items", list(object({{"description", any_text()}, {"amount", ref("Amount")}}))},
                {"currency", ref("Currency")},
                {"total", described(any_text(), "Decimal text.")},
                {"placed_at", time()}});
    all["Ticket"] = object(ticket_members());
    all["TicketWithReplies"] = object(joined(ticket_members(), {{"replies", list(ref("Reply"))}}));
    all["Reply"] = object({{"id", id()},
                           {"at", time()},
                           {"message", any_text()},
                           {"badge", ref("Badge")},
                           {"badge_now", ref("Badge")},
                           {"from", ref("Writer")}});
    all["Writer"] = object({{"kind", choice({"system", "admin", "user", "api_key", "email"})},
                            {"id?", id()},
                            {"name?", any_text()},
                            {"email?", any_text()}});
}

void add_machine(Schema& all) {
    const auto states =
        std::vector<std::string_view>{"running", "catching_up", "rebuilding", "stopped"};
    all["ActivityLine"] = object({{"position", count()},
                                  {"at", time()},
                                  {"type", any_text()},
                                  {"actor", ref("Actor")},
                                  {"account_id", or_null(id())},
                                  {"user_id", or_null(id())},
                                  {"ip", or_null(any_text())},
                                  {"text", any_text()}});
    all["Actor"] = object({{"kind", choice({"system", "admin", "user", "api_key"})},
                           {"id", or_null(id())},
                           {"name", any_text()},
                           {"on_behalf_of?", id()}});
    const std::vector<Member> moment{{"at", time()}, {"position", count()}};
    const std::vector<Member> granted{{"is_owner", boolean()},
                                      {"permissions", permissions()},
                                      {"granted_at", time()},
                                      {"granted_by", ref("Doer")},
                                      {"invitation_id?", id()}};
    const std::vector<Member> changed{{"position", count()},
                                      {"at", time()},
                                      {"change", choice(texts_of<views::AccessChange::Kind>())},
                                      {"permissions", permissions()},
                                      {"by", ref("Doer")},
                                      {"invitation_id?", id()}};
    const Member user{"user_id", id()}, account{"account_id", id()};
    all["AccountAccess"] =
        object(joined(moment, {{"owner_user_id", or_null(id())},
                               {"users", list(object(joined({user}, granted)))},
                               {"changes?", list(object(joined({user}, changed)))}}));
    all["UserAccess"] =
        object(joined(moment, {{"accounts", list(object(joined({account}, granted)))},
                               {"changes?", list(object(joined({account}, changed)))}}));
    all["PersonExport"] =
        object({{"user", ref("UserWithAccounts")},
                {"sessions", list(ref("SessionRow"))},
                {"access", list(object(joined({account}, changed)))},
                {"invitations",
                 described(list(object(joined({account}, invitation_members()))),
                           "To an address while it was nobody else's, and those accepted.")},
                {"mails", list(ref("Mail"))},
                {"history", list(object({{"line", ref("ActivityLine")},
                                         {"data", or_null(Schema{{"type", "object"}})}}))},
                {"done", list(ref("ActivityLine"))}});
    all["Doer"] = object({{"kind", choice({"system", "admin", "user", "api_key"})},
                          {"id", or_null(id())},
                          {"on_behalf_of?", id()}});
    all["Event"] =
        object({{"position", count()},
                {"at", time()},
                {"type", any_text()},
                {"version", count()},
                {"streams", list(object({{"stream", any_text()}, {"version", count()}}))},
                {"actor", ref("Doer")},
                {"data", Schema{{"type", "object"}}},
                {"trace_id", or_null(any_text())},
                {"leaf_hash", described(any_text(), "Base64.")},
                {"record", described(any_text(), "What the hash covers, in base64.")}});
    const auto hashes = described(list(any_text()), "Base64.");
    all["InclusionProof"] = object({{"position", count()},
                                    {"size", count()},
                                    {"leaf_hash", any_text()},
                                    {"hashes", hashes},
                                    {"root", any_text()}});
    all["ConsistencyProof"] = object({{"from", count()},
                                      {"to", count()},
                                      {"hashes", hashes},
                                      {"from_root", any_text()},
                                      {"to_root", any_text()}});
    all["LogKey"] = object({{"number", count()}, {"key", any_text()}});
    const auto progress = std::vector<Member>{{"position", count()},
                                              {"target", count()},
                                              {"events_per_second", count()},
                                              {"eta_s", or_null(count())}};
    all["Projection"] = object({{"name", any_text()},
                                {"version", count()},
                                {"position", count()},
                                {"head", count()},
                                {"lag", count()},
                                {"rows", count()},
                                {"state", choice(states)},
                                {"error?", any_text()},
                                {"rebuild?", object(progress)}});
    all["Rebuild"] =
        object(joined(joined({{"state", choice({"building", "built", "compared"})}}, progress),
                      {{"limit", described(or_null(count()), "Events per second at most.")},
                       {"comparison?", ref("Comparison")}}));
    all["Comparison"] = described(
        object({{"position", count()},
                {"total", described(count(), "Of rows that differ.")},
                {"differences",
                 described(list(object({{"key", any_text()},
                                        {"what", choice({"only_old", "only_new", "differs"})}})),
                           "The first hundred; keys in hexadecimal digits.")}}),
        "The old rows and the new ones at one position.");
    all["Mail"] = object({{"id", id()},
                          {"kind", choice(texts_of<MailKind>())},
                          {"to", any_text()},
                          {"subject", any_text()},
                          {"state", choice({"pending", "sent", "failed", "dead", "dropped"})},
                          {"tries", count()},
                          {"last_error", or_null(any_text())},
                          {"created_at", time()},
                          {"text?", any_text()}});
    const auto counted = or_null(count());
    all["RetentionReport"] = described(object({{"accounts_deleted", counted},
                                               {"users_deleted", counted},
                                               {"accounts_deactivated", counted}}),
                                       "null where the run was broken off.");
    all["Live"] = object({{"status", choice({"live"})}});
    all["Readiness"] = object({{"status", choice({"ready", "waiting"})},
                               {"waiting_for", list(ref("Projection"))},
                               {"epoch", described(count(),
                                                   "How often the data was restored from "
                                                   "a backup, and one.")},
                               {"clock_offset?", Schema{{"type", "integer"}}}});
    all["Description"] = {{"type", "object"}, {"description", "An OpenAPI 3.1 document."}};
}

void add_conventions(Schema& all) {
    all["PlannedEvents"] =
        described(object({{"events", list(object({{"type", any_text()},
                                                  {"version", count()},
                                                  {"streams", list(any_text())},
                                                  {"data", Schema{{"type", "object"}}}}))}}),
                  "What a dry run would have written.");
    all["Problem"] = described(
        object({{"type", described(formatted("uri-reference"), "/problems/<code>")},
                {"title", any_text()},
                {"status", integer(400, 599)},
                {"detail", any_text()},
                {"code", described(any_text(), "Stable.")},
                {"trace_id", matching("^[0-9a-f]{32}$", "Of the request, as the log has it.")},
                {"errors?", list(ref("FieldError"))},
                {"permissions?", described(permissions(), "Those that are held.")},
                {"invitation_id?", described(id(), "The one that is pending.")},
                {"account?", ref("AccountSummary")}}),
        "RFC 9457.");
    all["FieldError"] =
        object({{"pointer", described(any_text(), "Into the body (RFC 6901); ?name: a parameter.")},
                {"code", any_text()},
                {"detail", any_text()}});
}

}  // namespace

Schema component_schemas() {
    auto all = Schema::object();
    add_basic(all);
    add_users(all);
    add_sessions(all);
    add_staff(all);
    add_account_things(all);
    add_machine(all);
    add_conventions(all);
    return all;
}

Schema page_of(std::string_view component) {
    return object({{"items", list(ref(component))},
                   {"next", described(or_null(any_text()), "The cursor of the next page.")},
                   {"total?", count()}});
}

}  // namespace muster::http
