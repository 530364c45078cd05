// The way to a mail server. One implementation speaks SMTP (smtp.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "events/mail.hpp"

namespace muster {

struct OutgoingMail {
    std::string from, to;  // Addresses in their wire form.
    std::string message;   // RFC 5322.
};

struct MailResult {
    enum class Outcome : std::uint8_t {
        accepted,
        refused_for_now,
        refused_for_good,
        interrupted,  // By `abort`: nothing is known about it.
    };
    Outcome outcome{};
    MailTrouble trouble{};  // Of a refusal; with the server's code, 0 where it said none.
    std::uint32_t reply{};
};

// Keeps a connection from one mail to the next, where there is one.
class MailTransport {
public:
    virtual ~MailTransport() = default;

    // Returns in bounded time. One thread at a time.
    virtual MailResult send(const OutgoingMail& mail) = 0;
    // Takes leave of the server. No mail after it.
    virtual void close() = 0;
    // From any thread: whatever is on its way is broken off, and everything after it.
    virtual void abort() = 0;
};
using MakeTransport = std::function<std::unique_ptr<MailTransport>()>;

}  // namespace muster
