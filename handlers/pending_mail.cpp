#include "handlers/pending_mail.hpp"

#include "events/codec.hpp"

namespace muster {
namespace {

constexpr std::uint8_t state_version = 1;

template <class... E>
bool is_any(std::string_view type, const std::variant<E...>*) {
    return ((E::type.name == type && (AsksForMail<E> || type.starts_with("mail."))) || ...);
}

}  // namespace

std::optional<PendingMail> mail_asked_by(const Record& record) {
    return std::visit(
        [&]<class E>(const E& event) -> std::optional<PendingMail> {
            if constexpr (AsksForMail<E>) {
                return PendingMail{
                    {record.position.number}, mail_asked_by(event), record.time, Time{}};
            } else {
                return std::nullopt;
            }
        },
        record.event);
}

std::expected<std::optional<PendingMail>, Fault> find_mail_order(const Log& log, MailId mail) {
    std::expected<std::optional<PendingMail>, Fault> found;
    if (mail.number == 0 || mail.number > log.head().number) return found;
    const auto read = log.read({mail.number - 1}, 1, [&](const Stored& stored) {
        const auto record = decode(stored.bytes, nullptr);
        if (record) {
            found = mail_asked_by(*record);
        } else {
            found = std::unexpected(record.error());
        }
        return false;
    });
    if (!read) return std::unexpected(read.error());
    return found;
}

bool PendingMails::concerns(std::string_view type) {
    return is_any(type, static_cast<const Event*>(nullptr));
}

void PendingMails::insert(PendingMail mail) {
    drop(mail.id);
    waiting_.emplace(mail.due, mail.id);
    mails_.emplace(mail.id, std::move(mail));
}

void PendingMails::drop(MailId mail) {
    const auto found = mails_.find(mail);
    if (found == mails_.end()) return;
    waiting_.erase({found->second.due, mail});
    mails_.erase(found);
}

void PendingMails::put_back(MailId mail, Time due) {
    const auto found = mails_.find(mail);
    if (found == mails_.end()) return;
    waiting_.erase({found->second.due, mail});
    found->second.due = due;
    waiting_.emplace(due, mail);
}

void PendingMails::fold(const Record& record, Time now, const Find& find) {
    const auto add = [&](std::optional<PendingMail> mail) {
        if (mail && now < mail->order.expires_at) insert(std::move(*mail));
    };
    add(mail_asked_by(record));
    if (const auto* e = std::get_if<MailSent>(&record.event)) drop(e->mail);
    if (const auto* e = std::get_if<MailGivenUp>(&record.event)) drop(e->mail);
    if (const auto* e = std::get_if<MailAttemptFailed>(&record.event))
        put_back(e->mail, e->next_try_at);
    if (const auto* e = std::get_if<MailRequeued>(&record.event)) {
        const auto known = mails_.find(e->mail);
        if (known == mails_.end()) return add(find(e->mail));
        // Where it is on its way already, that attempt is as good.
        if (waiting_.contains({known->second.due, e->mail})) put_back(e->mail, Time{});
    }
}

std::optional<PendingMail> PendingMails::take(Time now) {
    if (waiting_.empty() || now < waiting_.begin()->first) return std::nullopt;
    const auto mail = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    return mails_.at(mail);
}

std::string PendingMails::state() const {
    std::string bytes;
    Writer out{bytes};
    out.byte(state_version);
    put(out, mails_);
    return bytes;
}

std::optional<PendingMails> PendingMails::from_state(std::string_view bytes) {
    Reader in{bytes};
    if (in.byte() != state_version) return std::nullopt;
    std::map<MailId, PendingMail> mails;
    get(in, mails);
    if (!in.done()) return std::nullopt;
    PendingMails pending;
    for (auto& [id, mail] : mails)
        pending.insert(std::move(mail));
    return pending;
}

}  // namespace muster
