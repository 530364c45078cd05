// An account's contacts.
#include "handlers/contacts.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/contacts.hpp"

namespace muster::http {
namespace {

constexpr Error no_such_contact = not_found("contact.not_found", "There is no such contact.");

ContactId contact_of(const Call& call) { return {parse_id(call.parameter("contact"))}; }

Response contact_answer(int status, AccountId account, ContactId contact, const Answering& with) {
    const auto row = views::find_contact(with.reading, account, contact);
    if (!row) return no_content();  // Gone again before the answer.
    auto response = json_answer(status, [&](JsonWriter& out) { views::write_contact(out, *row); });
    with_etag(response, views::account_version(with.reading, account));
    return response;
}

// The fields of a contact. Its e-mail was looked at with the rest of the profile; it is never
// empty.
ContactChanges contact_fields(Fields& body) {
    ContactChanges changes{.profile = body.profile()};
    if (body.has("notes")) body.refuse("notes", "unknown", "There is no such field here.");
    changes.receives = body.mail_topics("receives");
    if (changes.profile.email) changes.email = EmailAddress::parse(*changes.profile.email);
    if (changes.profile.email == "") body.refuse("email", "empty", "This must not be empty.");
    return changes;
}

}  // namespace

Answer list_contacts(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_contacts(*call.reading, call.account(), page),
                       views::write_contact);
}

Answer get_contact(Call& call) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    auto response = contact_answer(200, call.account(), contact_of(call), with);
    if (response.status != 200) return std::unexpected(problem_of(no_such_contact));
    return response;
}

Asked add_contact(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    if (!body->has("email")) body->refuse("email", "required", "This is required.");
    const auto fields = contact_fields(*body);
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const NewContact contact{*fields.email, to_profile(fields.profile),
                             fields.receives.value_or(std::set<MailTopic>{})};
    return Change{.use_case =
                      [account = call.account(), contact](Work& work, const Secrets&) {
                          return muster::add_contact(work, account, contact);
                      },
                  .answer =
                      [](const Accepted& accepted, const Answering& with) {
                          const auto* added = find_event<ContactAdded>(accepted);
                          return contact_answer(201, added->account, added->contact, with);
                      },
                  .body = std::move(canonical)};
}

Asked change_contact(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    auto changes = contact_fields(*body);
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    const auto account = call.account();
    const auto contact = contact_of(call);
    return Change{.use_case =
                      [account, contact, changes = std::move(changes)](Work& work, const Secrets&) {
                          return muster::change_contact(work, account, contact, changes);
                      },
                  .answer =
                      [account, contact](const Accepted&, const Answering& with) {
                          return contact_answer(200, account, contact, with);
                      },
                  .body = std::move(canonical),
                  .versioned = stream_of(account)};
}

Asked remove_contact(Call& call) {
    return Change{
        .use_case = [account = call.account(), contact = contact_of(call)](
                        Work& work,
                        const Secrets&) { return muster::remove_contact(work, account, contact); },
        .answer = [](const Accepted&, const Answering&) { return no_content(); },
        .versioned = stream_of(call.account())};
}

}  // namespace muster::http
