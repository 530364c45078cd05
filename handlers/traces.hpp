// What a person left in the log beside what is kept under the person's key: which invitations and
// mails are about somebody (rule X18).
#pragma once

#include <expected>
#include <map>
#include <set>
#include <vector>

#include "events/event.hpp"
#include "events/log.hpp"

namespace muster {

using InvitationsByAccount = std::map<AccountId, std::set<InvitationId>>;

// From when nobody else had an address to when it was let go: of what happened before `until`.
struct Holding {
    Position from, until;
};

struct Traces {
    std::map<EmailKey, std::vector<Holding>> addresses;  // That the person has, or had.
    InvitationsByAccount accepted;                       // By whichever address they came.
    std::set<MailId> mails;                              // Links for the password and the address.

    // Whether a mail to an address went to the person.
    bool received(const EmailKey& address, MailId mail) const;
};

// By the person's own events, however long ago; also of a deleted person.
std::expected<Traces, Fault> traces_of(const Log& log, UserId user);

// The mails with which an account's invitations were sent, and sent again.
std::expected<std::map<MailId, InvitationId>, Fault> mails_of(const Log& log, AccountId account);

}  // namespace muster
