// A mail: whether it was sent, and when it is tried again. It comes to be with its first attempt.
#pragma once

#include <chrono>
#include <cstdint>

#include "aggregates/error.hpp"
#include "events/event.hpp"

namespace muster {

// The numbers are stored in snapshots.
enum class MailStatus : std::uint8_t { pending, failed, sent, dead };
constexpr bool valid(MailStatus status) { return status <= MailStatus::dead; }

// After so many attempts in a row it is given up.
constexpr std::uint32_t most_attempts_of_a_mail = 10;
// After the first attempt; doubled after each further one, up to the longest; and up to a quarter
// more, so that many that failed together do not come together again.
constexpr std::chrono::milliseconds first_mail_delay = std::chrono::minutes{1};
constexpr std::chrono::milliseconds longest_mail_delay = std::chrono::hours{4};

struct Mail {
    static constexpr auto kind = StreamKind::mail;
    using Key = MailId;

    MailId id;
    MailStatus status{};
    std::uint32_t tries{};   // In all.
    std::uint32_t before{};  // Those of them that were before it was last requeued.
    Time next_try_at;

    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("status", self.status)("tries", self.tries)(
            "before", self.before)("next_try_at", self.next_try_at);
    }
};

// Whether its link still opens something: a matter of an account or a user.
enum class LinkState : std::uint8_t { dead, alive };

struct RecordDelivery {};
struct RecordFailure {
    enum class Finality : std::uint8_t { for_now, for_good };

    std::uint32_t attempt{};  // Which one it was, counted from 1.
    MailTrouble trouble{};
    std::uint32_t reply{};
    Finality finality{};
    Time at;
    std::uint32_t jitter{};  // 0 to 1000, by chance.
};
struct RetryMail {
    LinkState link{};
};

Decision when(const Mail& mail, const RecordDelivery& command);
Decision when(const Mail& mail, const RecordFailure& command);
Decision when(const Mail& mail, const RetryMail& command);

void apply(Mail& mail, const MailSent& event);
void apply(Mail& mail, const MailAttemptFailed& event);
void apply(Mail& mail, const MailGivenUp& event);
void apply(Mail& mail, const MailRequeued& event);

}  // namespace muster
