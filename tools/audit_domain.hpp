// The audit's judgement of what the log says: every event against the state before it, and the
// whole of the states at the end. The states are folded by the aggregates themselves; what must
// hold of them is written down here once more, so that neither is trusted alone.
#pragma once

#include <bitset>
#include <cstdint>
#include <set>
#include <unordered_map>

#include "aggregates/account.hpp"
#include "aggregates/mail.hpp"
#include "aggregates/session.hpp"
#include "aggregates/settings.hpp"
#include "aggregates/staff.hpp"
#include "aggregates/ticket.hpp"
#include "aggregates/user.hpp"
#include "events/log.hpp"
#include "events/sealing.hpp"
#include "tools/audit_findings.hpp"

namespace muster::tools {

// Numbers that were handed out, a bit each.
class NumbersSeen {
public:
    bool insert(std::uint64_t number);  // False: seen before, or zero.
    bool contains(std::uint64_t number) const;
    std::uint64_t highest() const { return highest_; }

private:
    static constexpr std::size_t page = 4096;
    std::unordered_map<std::uint64_t, std::bitset<page>> pages_;
    std::uint64_t highest_{};
};

// Only what is there: the deleted, the ended and the released are dropped, their numbers kept.
// Personal data is dropped, too, once it was compared.
struct World {
    std::unordered_map<UserId, User> users;
    std::unordered_map<AccountId, Account> accounts;
    std::unordered_map<EmailKey, EmailHolder> holders;
    std::unordered_map<SessionId, Session> sessions;
    std::unordered_map<MailId, Mail> mails;  // Those that were tried, and are not sent.
    Staff staff;
    Settings settings;

    std::unordered_map<ContactId, AccountId> contacts;
    std::unordered_map<TicketId, Ticket> tickets;

    NumbersSeen seen_users, seen_accounts, seen_invitations, seen_sessions, seen_admins,
        seen_api_keys, seen_contacts, seen_orders, seen_tickets, seen_legacy_clients,
        seen_legacy_contacts;
    std::set<Subject> forgotten;  // Without having been deleted, and every such invitation.
    NumbersSeen mails_asked_for, mails_sent;  // By the position of what asked for them.

    // Absent: none.
    const User* user(UserId id) const;
    const Account* account(AccountId id) const;
    const Session* session(SessionId id) const;
    const Mail* mail(MailId id) const;
    const Invitation* invitation(AccountId account, InvitationId id) const;
    const Contact* contact(AccountId account, ContactId id) const;
    const Ticket* ticket(TicketId id) const;
    UserId holder(const EmailKey& key) const;
    bool associated(AccountId account, UserId user) const;
};

class DomainAudit {
public:
    DomainAudit(const Keys& keys, Findings& findings) : keys_(keys), findings_(findings) {}

    void judge(const Record& record);
    // What must hold at the end of the log. `log` says which numbers it would hand out next.
    void finish(Log& log);

    const World& world() const { return world_; }

private:
    void note_mail(const Record& record);
    void fold(const Record& record);
    void fold_stream(const StreamId& stream, const Event& event);
    void check_actor(const Record& record);
    void check_account(AccountId id, const Account& account);
    void check_invitations(AccountId id, const Account& account);
    void check_belongings(AccountId id, const Account& account);
    void check_user(UserId id, const User& user);
    void check_others();
    void check_numbers(Log& log);

    const Keys& keys_;
    Findings& findings_;
    World world_;
};

// What is wrong with an event that happens now; empty if nothing. The numbers of what it makes are
// marked as seen. The rules that it goes by are named in the source.
std::string_view judge_event(const Event& event, World& world);
// Whether an event's addresses, where they can be read, are those that its keys were made of. Rule
// E14.
bool addresses_fit(const Event& event, const Keys& keys);

}  // namespace muster::tools
