// A record of a legacy system: whether it was imported. And what importing one decides: a client
// becomes an account and its owner, a sub-account a user with access, a plain contact a contact.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "aggregates/account.hpp"
#include "aggregates/email.hpp"
#include "aggregates/error.hpp"

namespace muster {

// A client or a contact, by its number there. It is imported once and never again, whatever becomes
// of it here. Rule M7.
struct LegacyRecord {
    static constexpr auto kind = StreamKind::legacy;
    struct Key {};

    AccountId account;  // Whose it is here. Zero: it was not imported.

    bool imported() const { return account.number != 0; }

    static constexpr auto fields(auto& self, auto&& field) {
        return field("account", self.account);
    }
};

// Somebody who could sign in there. Without an address nobody signs in; the address of somebody
// who is a user here already is left to them. Rules M4, M6.
struct LegacyUser {
    UserId user;
    std::optional<EmailKey> address;
    Person person;
    std::string language;
    std::uint32_t password{};  // 1, or 0 for none.
};

struct ImportClient {
    LegacyClientId legacy;
    LegacyUser owner;
    AccountId account;
    Profile profile;
    AccountStatus status = AccountStatus::active;  // Or inactive, or closed.
    std::optional<std::string> question;           // Its answer is not known.
    std::optional<Time> created_at, last_sign_in_at;
};

// With a user, a contact, or both. Without permissions the user gets no access, since an empty set
// is none (Rule P5).
struct ImportContact {
    LegacyContactId legacy;
    std::optional<LegacyUser> user;
    Permissions permissions;
    std::optional<AddContact> contact;
    std::optional<Time> created_at;
};

// `holder` is who has the user's address; nobody where there is none.
Decision when(const LegacyRecord& record, const EmailHolder& holder, const ImportClient& command);
// `account` is the one that the contact's client became.
Decision when(const LegacyRecord& record, const Account& account, const EmailHolder& holder,
              const ImportContact& command);

void apply(LegacyRecord& record, const LegacyClientImported& event);
void apply(LegacyRecord& record, const LegacyContactImported& event);

}  // namespace muster
