#include "projections/contacts.hpp"

#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'c' account contact -> ContactRow      'e' account address contact
using ContactTable =
    Table<Contacts, 'c', Counted::yes, Walked::no, ContactRow, AccountId, ContactId>;
using ContactsByAddress =
    Table<Contacts, 'e', Counted::no, Walked::no, Nothing, AccountId, EmailKey, ContactId>;

}  // namespace

void Contacts::on(const ContactAdded& event, const At&, Rows& rows) {
    const ContactRow row{event.contact, event.account, event.address.key,
                         event.profile.value.value_or(Profile{}), event.receives};
    rows.insert<ContactTable>(row, row.account, row.id);
    rows.insert<ContactsByAddress>({}, row.account, row.address, row.id);
}

void Contacts::on(const ContactChanged& event, const At&, Rows& rows) {
    rows.change<ContactTable>(
        [&](ContactRow& row) {
            rows.erase<ContactsByAddress>(row.account, row.address, row.id);
            row.address = event.address.key;
            rows.insert<ContactsByAddress>({}, row.account, row.address, row.id);
            if (event.profile.value) merge(row.profile, *event.profile.value);
        },
        event.account, event.contact);
}

void Contacts::on(const ContactMailChosen& event, const At&, Rows& rows) {
    rows.change<ContactTable>([&](ContactRow& row) { row.receives = event.receives; },
                              event.account, event.contact);
}

void Contacts::on(const ContactRemoved& event, const At&, Rows& rows) {
    const auto row = rows.find<ContactTable>(event.account, event.contact);
    if (!row) return;
    rows.erase<ContactsByAddress>(row->account, row->address, row->id);
    rows.erase<ContactTable>(row->account, row->id);
}

std::optional<ContactRow> find_contact(const Reading& reading, AccountId account,
                                       ContactId contact) {
    return find<ContactTable>(reading, account, contact);
}

bool has_contact(const Reading& reading, AccountId account, const EmailKey& address) {
    return walk<ContactsByAddress>(reading, account, address).first();
}

Paged<ContactRow> list_contacts(const Reading& reading, AccountId account,
                                const PageRequest& page) {
    Listing<ContactRow> list{.reading = reading,
                             .cursor = 'C',
                             .index = index_of<ContactTable>(reading, account),
                             .row_of = [&reading](std::string_view, std::string_view value) {
                                 return decoded<ContactTable>(reading, value);
                             }};
    return answer(std::move(list), page);
}

void write_contact(JsonWriter& out, const ContactRow& contact) {
    out.begin_object();
    out.key("id").number(contact.id.number);
    for_each_field(contact.profile, [&](std::string_view name, const std::string& value) {
        if (name != "notes") out.key(name).text(value);
    });
    out.key("receives").begin_array();
    for (const auto topic : contact.receives)
        out.text(to_text(topic));
    out.end_array().end_object();
}

}  // namespace muster::views
