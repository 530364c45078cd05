// What a person left in the log beside what is kept under the person's key: which invitations and
// mails are about somebody (rule X18).
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>

#include "events/event.hpp"
#include "events/log.hpp"

namespace muster {

using InvitationsByAccount = std::map<AccountId, std::set<InvitationId>>;

struct Traces {
    // That the person has, or had until then.
    std::map<EmailKey, std::optional<Time>> addresses;
    InvitationsByAccount accepted;  // By whichever address they came.
    std::set<MailId> mails;         // Links for the password and the address.
};

// By the person's own events, however long ago; also of a deleted person.
std::expected<Traces, Fault> traces_of(const Log& log, UserId user);

// The mails with which the invitations of an account were sent, and sent again.
std::expected<std::set<MailId>, Fault> mails_of(const Log& log, AccountId account,
                                                const std::set<InvitationId>& invitations);

}  // namespace muster
