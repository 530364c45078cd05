// Mail by SMTP (RFC 5321) through libcurl: STARTTLS or TLS, logging in, one connection for many
// mails.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "handlers/mail_transport.hpp"

namespace muster {

struct SmtpServer {
    // TLS from the start, by STARTTLS, or not at all.
    enum class Security : std::uint8_t { implicit, starttls, none };

    std::string url;  // Scheme, host and port, and nothing else.
    Security security = Security::starttls;
    bool on_loopback{};
    std::string user{}, password{};
    std::string ca_file{};   // Empty: the machine's certificate authorities.
    std::string our_name{};  // For EHLO; empty: the machine's.
};

// "smtp://host:587", "smtps://user@host", "smtp://127.0.0.1:2525?tls=required". smtp:// takes
// STARTTLS or sends nothing, but to a server on this machine, or with tls=off, which need none. The
// error says what is wrong and nothing of the text, which may hold a password.
std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view text);

// Of the default limits a mail takes two minutes at most.
struct SmtpLimits {
    long connect_s = 20, reply_s = 60, whole_s = 120;
};

std::unique_ptr<MailTransport> make_smtp_transport(const SmtpServer& server,
                                                   const SmtpLimits& limits = {});

}  // namespace muster
