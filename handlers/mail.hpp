// Use cases about mail: what is asked before one is sent, what became of it, and sending it again.
#pragma once

#include <optional>
#include <string>

#include "aggregates/mail.hpp"
#include "events/email_address.hpp"
#include "handlers/letter.hpp"
#include "handlers/pending_mail.hpp"
#include "handlers/work.hpp"

namespace muster {

// What the states do not hold of an invitation: who sent it, and to which address. From the log.
struct Origin {
    std::optional<UserId> sender;  // Absent: staff did.
    std::string email;             // Empty where it is erased.
};
std::expected<Origin, Fault> find_origin(const Log& log, Keyring& keyring, const PendingMail& mail);

// Whether, to whom and with which words a mail is to be sent now.
struct Brief {
    enum class Verdict : std::uint8_t {
        send,
        wait,     // Until `due`.
        settled,  // Sent or given up, whoever did it.
        dropped,  // Its link is dead, or the address is gone.
    };
    Verdict verdict = Verdict::dropped;
    Time due;
    std::uint32_t attempt{};  // Which one this is, from 1.
    std::optional<EmailAddress> to;
    LetterFacts facts;  // But for site and link.
};
Brief brief_on(Work& work, const PendingMail& mail, const Origin& origin);

Decision record_delivery(Work& work, MailId mail);
Decision record_failure(Work& work, MailId mail, const RecordFailure& failure);
// By staff. Absent: there is no such mail.
Decision retry_mail(Work& work, const std::optional<PendingMail>& mail);

}  // namespace muster
