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

enum class Need : std::uint8_t { optional, required };

// The e-mail was looked at with the rest of the profile; it is never empty.
template <Need email>
ContactChanges contact_in(Fields& body) {
    ContactChanges changes{.profile = body.profile()};
    changes.email = email == Need::required ? body.required_email("email") : body.email("email");
    changes.receives = body.mail_topics("receives");
    return changes;
}

Answer contacts(Call& call, const views::PageRequest& page) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_contacts(*call.reading, call.account(), page),
                       views::write_contact);
}

Answer one_contact(Call& call) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    const Answering with{call.services, *call.reading, call.now, call.on_loopback()};
    auto response = contact_answer(200, call.account(), contact_of(call), with);
    if (response.status != 200) return std::unexpected(problem_of(no_such_contact));
    return response;
}

Change contact_adding(Call& call, const ContactChanges& form) {
    const NewContact contact{*form.email, to_profile(form.profile),
                             form.receives.value_or(std::set<MailTopic>{})};
    return {.use_case = [account = call.account(), contact](
                            Work& work,
                            const Secrets&) { return muster::add_contact(work, account, contact); },
            .answer =
                [](const Accepted& accepted, const Answering& with) {
                    const auto* added = find_event<ContactAdded>(accepted);
                    return contact_answer(201, added->account, added->contact, with);
                }};
}

Change contact_change(Call& call, const ContactChanges& changes) {
    const auto account = call.account();
    const auto contact = contact_of(call);
    return {.use_case =
                [account, contact, changes](Work& work, const Secrets&) {
                    return muster::change_contact(work, account, contact, changes);
                },
            .answer =
                [account, contact](const Accepted&, const Answering& with) {
                    return contact_answer(200, account, contact, with);
                },
            .versioned = stream_of(account)};
}

Change contact_removal(Call& call) {
    return {.use_case =
                [account = call.account(), contact = contact_of(call)](Work& work, const Secrets&) {
                    return muster::remove_contact(work, account, contact);
                },
            .answer = [](const Accepted&, const Answering&) { return no_content(); },
            .versioned = stream_of(call.account())};
}

}  // namespace

const Query list_contacts = asking<contacts, page_in>;
const Query get_contact = asking<one_contact>;
const Command add_contact = changing<contact_adding, contact_in<Need::required>>;
const Command change_contact = changing<contact_change, contact_in<Need::optional>>;
const Command remove_contact = doing<contact_removal>;

}  // namespace muster::http
