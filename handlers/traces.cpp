#include "handlers/traces.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "aggregates/email.hpp"
#include "aggregates/evolve.hpp"
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

std::expected<std::vector<Holding>, Fault> holdings_of(const Log& log, UserId user,
                                                       const EmailKey& address) {
    std::vector<Holding> holdings;
    EmailHolder holder{.id = address, .user = {}};
    Position free_since;
    const auto read = visit_records(log, stream_of(address), [&](const Record& record) {
        const auto before = holder.user;
        evolve(holder, record.event);
        if (before && before != holder.user) {
            free_since = record.position;
            if (before == user) holdings.back().until = record.position;
        }
        if (holder.user == user && before != user)
            holdings.push_back({free_since, Position{UINT64_MAX}});
    });
    if (!read) return std::unexpected(read.error());
    return holdings;
}

}  // namespace

std::expected<Traces, Fault> traces_of(const Log& log, UserId user) {
    Traces traces;
    const auto read = visit_records(log, stream_of(user), [&](const Record& record) {
        for (const auto& each : record.streams) {
            if (each.stream.kind == StreamKind::email) traces.addresses[email_key_of(each.stream)];
        }
        const auto* granted = std::get_if<AssociationGranted>(&record.event);
        if (granted != nullptr && granted->invitation)
            traces.accepted[granted->account].insert(*granted->invitation);
        if (const auto mail = mail_asked_by(record)) traces.mails.insert(mail->id);
    });
    if (!read) return std::unexpected(read.error());
    for (auto& [address, holdings] : traces.addresses) {
        auto found = holdings_of(log, user, address);
        if (!found) return std::unexpected(found.error());
        holdings = std::move(*found);
    }
    return traces;
}

bool Traces::received(const EmailKey& address, MailId mail) const {
    const auto found = addresses.find(address);
    return found != addresses.end() &&
           std::ranges::any_of(found->second, [&](const Holding& holding) {
               return holding.from.number <= mail.number && mail.number < holding.until.number;
           });
}

std::expected<std::map<MailId, InvitationId>, Fault> mails_of(const Log& log, AccountId account) {
    std::map<MailId, InvitationId> mails;
    const auto read = visit_records(log, stream_of(account), [&](const Record& record) {
        if (const auto mail = mail_asked_by(record))
            mails.emplace(mail->id, mail->order.invitation);
    });
    if (!read) return std::unexpected(read.error());
    return mails;
}

}  // namespace muster
