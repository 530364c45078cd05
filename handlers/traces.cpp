#include "handlers/traces.hpp"

#include <functional>
#include <optional>

#include "events/record.hpp"
#include "handlers/pending_mail.hpp"

namespace muster {
namespace {

// Each record of a stream, with nothing opened.
std::expected<void, Fault> visit_records(const Log& log, const StreamId& stream,
                                         const std::function<void(const Record&)>& visit) {
    std::optional<Fault> fault;
    const auto read = log.read_stream(stream, 0, SIZE_MAX, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (!record) {
            fault = record.error();
            return false;
        }
        visit(*record);
        return true;
    });
    if (!read) return std::unexpected(read.error());
    if (fault) return std::unexpected(*fault);
    return {};
}

}  // namespace

std::expected<Traces, Fault> traces_of(const Log& log, UserId user) {
    Traces traces;
    const auto read = visit_records(log, stream_of(user), [&](const Record& record) {
        for (const auto& each : record.streams) {
            if (each.stream.kind == StreamKind::email)
                traces.addresses[email_key_of(each.stream)].reset();
        }
        const auto* moved = std::get_if<EmailChanged>(&record.event);
        if (moved != nullptr && moved->released) traces.addresses[*moved->released] = record.time;
        const auto* granted = std::get_if<AssociationGranted>(&record.event);
        if (granted != nullptr && granted->invitation)
            traces.accepted[granted->account].insert(*granted->invitation);
        if (const auto mail = mail_asked_by(record)) traces.mails.insert(mail->id);
    });
    if (!read) return std::unexpected(read.error());
    return traces;
}

std::expected<std::set<MailId>, Fault> mails_of(const Log& log, AccountId account,
                                                const std::set<InvitationId>& invitations) {
    std::set<MailId> mails;
    const auto read = visit_records(log, stream_of(account), [&](const Record& record) {
        const auto mail = mail_asked_by(record);
        if (mail && invitations.contains(mail->order.invitation)) mails.insert(mail->id);
    });
    if (!read) return std::unexpected(read.error());
    return mails;
}

}  // namespace muster
