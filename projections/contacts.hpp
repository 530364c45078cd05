// The contacts of accounts: GET /v1/accounts/{id}/contacts.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

struct ContactRow {
    ContactId id;
    AccountId account;
    EmailKey address;
    Profile profile;
    std::set<MailTopic> receives;

    bool operator==(const ContactRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("account", self.account)("address", self.address)(
            "profile", self.profile)("receives", self.receives);
    }
};

struct Contacts {
    static constexpr std::string_view name = "contacts";
    static constexpr int version = 1;
    static constexpr std::uint8_t number = 10;

    static void on(const ContactAdded& event, const At& at, Rows& rows);
    static void on(const ContactChanged& event, const At& at, Rows& rows);
    static void on(const ContactMailChosen& event, const At& at, Rows& rows);
    static void on(const ContactRemoved& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

std::optional<ContactRow> find_contact(const Reading& reading, AccountId account,
                                       ContactId contact);
// Whether a contact of the account has this address. Rule T7.
bool has_contact(const Reading& reading, AccountId account, const EmailKey& address);

// In the order of their ids.
Paged<ContactRow> list_contacts(const Reading& reading, AccountId account, const PageRequest& page);

// {id, the profile without notes, receives}.
void write_contact(JsonWriter& out, const ContactRow& contact);

}  // namespace muster::views
