// The mails that are still to be sent, as a fold of the log: what the mailer goes by, and keeps as
// its checkpoint.
//
//   state := 1 map        from a mail's number to its fields, as codec.hpp writes them
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "events/log.hpp"

namespace muster {

struct PendingMail {
    MailId id;
    MailOrder order;
    Time asked_at;
    Time due;  // Not before; zero is at once.

    bool operator==(const PendingMail&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("order", self.order)("asked_at", self.asked_at)("due",
                                                                                    self.due);
    }
};

// What the event at the mail's position asks for, as it asked; absent if it asks for no mail.
std::expected<std::optional<PendingMail>, Fault> find_mail_order(const Log& log, MailId mail);
std::optional<PendingMail> mail_asked_by(const Record& record);

class PendingMails {
public:
    // Whether events of this type mean anything here.
    static bool concerns(std::string_view type);

    // In the log's order. `find` answers for a mail that is requeued and was forgotten here. A mail
    // whose link has expired by `now` is not taken up.
    using Find = std::function<std::optional<PendingMail>(MailId)>;
    void fold(const Record& record, Time now, const Find& find);

    // The one that waits longest among those that are due. It is the taker's until an event says
    // what became of it, or it is put back or dropped.
    std::optional<PendingMail> take(Time now);
    void put_back(MailId mail, Time due);
    void drop(MailId mail);

    std::size_t size() const { return mails_.size(); }

    std::string state() const;
    // Absent where the bytes are of another version, or damaged.
    static std::optional<PendingMails> from_state(std::string_view bytes);

private:
    void insert(PendingMail mail);

    std::map<MailId, PendingMail> mails_;
    std::set<std::pair<Time, MailId>> waiting_;  // By when they are due; not those taken.
};

}  // namespace muster
