#include "handlers/mail.hpp"

namespace muster {
namespace {

constexpr Error no_such_mail = not_found("mail.not_found", "There is no such mail.");

std::string name_of(const std::string& first, const std::string& last, const std::string& email) {
    if (first.empty() && last.empty()) return email;
    return first.empty() || last.empty() ? first + last : first + ' ' + last;
}
std::string name_of(const User& user) {
    const auto person = user.person.value.value_or(Person{});
    return name_of(person.first_name, person.last_name, person.email);
}
std::string name_of(Work& work, const Account& account) {
    const auto profile = account.profile.value.value_or(Profile{});
    if (!profile.company_name.empty()) return profile.company_name;
    auto name = name_of(profile.first_name, profile.last_name, profile.email);
    return name.empty() ? name_of(work.read(account.owner)) : name;
}

bool is_alive(const Account& account, const MailOrder& order, Time now) {
    const auto found = account.invitations.find(order.invitation);
    return found != account.invitations.end() && found->second.may_be_accepted(order.link, now);
}
// A link that was mailed to an address that the user has no more is dead.
bool is_alive(const User& user, const MailOrder& order, Time now) {
    const bool is_reset = order.kind == MailKind::password_reset;
    const auto& link = is_reset ? user.reset : user.verification;
    const bool of_use = is_reset ? link.open : !user.email_verified;
    return user.present() && of_use && link.number == order.link && link.address == user.address &&
           now < link.expires_at;
}
LinkState link_state(Work& work, const MailOrder& order) {
    const bool alive = order.kind == MailKind::invitation
                           ? is_alive(work.read(order.account), order, work.now())
                           : is_alive(work.read(order.user), order, work.now());
    return alive ? LinkState::alive : LinkState::dead;
}

// Absent where it is erased.
std::optional<EmailAddress> address_of(Work& work, const MailOrder& order, const Origin& origin) {
    if (order.kind == MailKind::invitation) return EmailAddress::parse(origin.email);
    return EmailAddress::parse(work.read(order.user).person.value.value_or(Person{}).email);
}

// The reader's own language, if the reader is a user; else the sender's.
Language language_for(Work& work, const EmailAddress& to, const std::optional<UserId>& sender) {
    const auto& holder = work.read(work.keys().email_key(to.normalised()));
    if (holder.user) return language_of(work.read(holder.user).language);
    return sender ? language_of(work.read(*sender).language) : Language::english;
}

}  // namespace

std::expected<Origin, Fault> find_origin(const Log& log, Keyring& keyring,
                                         const PendingMail& mail) {
    Origin origin;
    if (mail.order.kind != MailKind::invitation) return origin;
    std::optional<Fault> fault;
    // From the newest backwards: a link that was sent again is told of by its first event.
    const auto visit = [&](const Stored& stored) {
        const auto envelope = parse_envelope(stored.bytes);
        if (!envelope) fault = envelope.error();
        if (!envelope || envelope->type != UserInvited::type.name) return envelope.has_value();
        const auto record = decode(stored.bytes, &keyring);
        if (!record) fault = record.error();
        if (!record) return false;
        const auto* event = std::get_if<UserInvited>(&record->event);
        if (event == nullptr || event->invitation != mail.order.invitation) return true;
        if (record->actor.kind == ActorKind::user) origin.sender = UserId{record->actor.number};
        if (event->invitee.value) origin.email = event->invitee.value->email;
        return false;
    };
    const auto read = log.read_stream_backwards(stream_of(mail.order.account), 0, SIZE_MAX, visit);
    if (!read) return std::unexpected(read.error());
    if (fault) return std::unexpected(*fault);
    return origin;
}

Brief brief_on(Work& work, const PendingMail& mail, const Origin& origin) {
    using enum Brief::Verdict;
    Brief brief;
    const auto& state = work.read(mail.id);
    brief.attempt = state.tries + 1;
    if (state.status == MailStatus::sent || state.status == MailStatus::dead) {
        brief.verdict = settled;
        return brief;
    }
    if (work.now() < state.next_try_at) {
        brief.verdict = wait;
        brief.due = state.next_try_at;
        return brief;
    }
    brief.to = address_of(work, mail.order, origin);
    if (!brief.to || link_state(work, mail.order) == LinkState::dead) return brief;
    brief.facts = {.kind = mail.order.kind,
                   .language = language_for(work, *brief.to, origin.sender),
                   .account = {},
                   .sender = origin.sender ? name_of(work.read(*origin.sender)) : "",
                   .site = {},
                   .link = {},
                   .expires_at = mail.order.expires_at};
    if (mail.order.account) brief.facts.account = name_of(work, work.read(mail.order.account));
    brief.verdict = send;
    return brief;
}

Decision record_delivery(Work& work, MailId mail) {
    return when(work.read(mail), RecordDelivery{});
}

Decision record_failure(Work& work, MailId mail, const RecordFailure& failure) {
    auto command = failure;
    command.at = work.now();
    return when(work.read(mail), command);
}

Decision retry_mail(Work& work, const std::optional<PendingMail>& mail) {
    if (!mail) return no_such_mail;
    return when(work.read(mail->id), RetryMail{link_state(work, mail->order)});
}

}  // namespace muster
