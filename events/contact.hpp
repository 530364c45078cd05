// What happens to an account's contacts: mail addresses that belong to the account and never sign
// in. Each has a key of its own, which goes when the contact or the account is deleted.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <variant>

#include "events/account.hpp"
#include "events/event_type.hpp"
#include "events/id.hpp"
#include "events/personal.hpp"

namespace muster {

// What a contact gets mail about. The numbers are stored: append, never renumber.
enum class MailTopic : std::uint8_t { general, invoice, support, product, domain, affiliate };
constexpr bool valid(MailTopic topic) { return topic <= MailTopic::affiliate; }
constexpr std::string_view to_text(MailTopic topic) {
    constexpr std::string_view names[]{"general", "invoice", "support",
                                       "product", "domain",  "affiliate"};
    return names[static_cast<std::size_t>(topic)];
}
// Absent if the text names no topic.
constexpr std::optional<MailTopic> parse_mail_topic(std::string_view text) {
    for (std::uint8_t n = 0; valid(MailTopic{n}); ++n) {
        if (to_text(MailTopic{n}) == text) return MailTopic{n};
    }
    return std::nullopt;
}

// The profile is an account's without its notes: those stay empty.
struct ContactAdded {
    static constexpr EventType type{"account.contact_added", 1};

    AccountId account;
    ContactId contact;
    Mention<EmailKey> address;  // Any number of contacts, and a user, may have the same.
    Personal<ContactId, Profile> profile;
    std::set<MailTopic> receives;

    bool operator==(const ContactAdded&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("contact", self.contact)("address", self.address)(
            "profile", self.profile)("receives", self.receives);
    }
};

struct ContactChanged {
    static constexpr EventType type{"account.contact_changed", 1};

    AccountId account;
    ContactId contact;
    Mention<EmailKey> address;  // From here on, changed or not.
    Personal<ContactId, ProfileChange> profile;

    bool operator==(const ContactChanged&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("contact", self.contact)("address", self.address)(
            "profile", self.profile);
    }
};

// The whole set: what is not in it the contact gets no more.
struct ContactMailChosen {
    static constexpr EventType type{"account.contact_mail_chosen", 1};

    AccountId account;
    ContactId contact;
    std::set<MailTopic> receives;

    bool operator==(const ContactMailChosen&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("contact", self.contact)("receives", self.receives);
    }
};

struct ContactRemoved {
    static constexpr EventType type{"account.contact_removed", 1};

    AccountId account;
    ContactId contact;

    bool operator==(const ContactRemoved&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account)("contact", self.contact);
    }
};

using ContactEvent = std::variant<ContactAdded, ContactChanged, ContactMailChosen, ContactRemoved>;

}  // namespace muster
