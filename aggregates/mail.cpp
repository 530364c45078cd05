#include "aggregates/mail.hpp"

#include <algorithm>

namespace muster {
namespace {

constexpr Error mail_sent = conflict("mail.sent", "This mail has been sent.");
constexpr Error mail_link_dead =
    conflict("mail.link_dead", "The link in this mail does not work any more; send a new one.");

// How long to wait after this many attempts in a row.
std::chrono::milliseconds delay_after(std::uint32_t attempts, std::uint32_t jitter) {
    auto delay = first_mail_delay;
    for (std::uint32_t n = 1; n < attempts && delay < longest_mail_delay; ++n)
        delay *= 2;
    delay = std::min(delay, longest_mail_delay);
    return delay + delay * jitter / 4000;
}

}  // namespace

Decision when(const Mail& mail, const RecordDelivery&) {
    if (mail.status == MailStatus::sent) return already_so;
    return Events{MailSent{mail.id}};
}

Decision when(const Mail& mail, const RecordFailure& command) {
    if (mail.status == MailStatus::sent || mail.status == MailStatus::dead) return already_so;
    if (command.attempt <= mail.tries) return already_so;  // Came twice.
    const auto attempts = command.attempt - mail.before;
    if (command.finality == RecordFailure::Finality::for_good ||
        attempts >= most_attempts_of_a_mail) {
        return Events{MailGivenUp{mail.id, command.trouble, command.reply}};
    }
    return Events{MailAttemptFailed{mail.id, command.trouble, command.reply,
                                    command.at + delay_after(attempts, command.jitter)}};
}

Decision when(const Mail& mail, const RetryMail& command) {
    if (mail.status == MailStatus::sent) return mail_sent;
    if (command.link == LinkState::dead) return mail_link_dead;
    if (mail.status == MailStatus::pending) return already_so;
    return Events{MailRequeued{mail.id}};
}

void apply(Mail& mail, const MailSent&) {
    mail.status = MailStatus::sent;
    ++mail.tries;
}
void apply(Mail& mail, const MailAttemptFailed& event) {
    mail.status = MailStatus::failed;
    ++mail.tries;
    mail.next_try_at = event.next_try_at;
}
void apply(Mail& mail, const MailGivenUp&) {
    mail.status = MailStatus::dead;
    ++mail.tries;
}
void apply(Mail& mail, const MailRequeued&) {
    mail.status = MailStatus::pending;
    mail.before = mail.tries;
    mail.next_try_at = {};
}

}  // namespace muster
