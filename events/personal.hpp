// Personal data inside an event: stored sealed under the key of whom it is about, gone for ever
// once that key is erased.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "events/id.hpp"

namespace muster {

// Whoever has a key of its own in the vault.
enum class SubjectKind : std::uint8_t {
    user = 1,
    account = 2,
    invitation = 3,
    admin = 4,
    contact = 5,
    ticket = 6
};

constexpr bool valid(SubjectKind kind) {
    return kind >= SubjectKind::user && kind <= SubjectKind::ticket;
}
constexpr std::string_view to_text(SubjectKind kind) {
    constexpr std::string_view names[]{"user",  "account", "invitation",
                                       "admin", "contact", "ticket"};
    return names[static_cast<std::size_t>(kind) - 1];
}

struct Subject {
    SubjectKind kind{};
    std::uint64_t number{};
    auto operator<=>(const Subject&) const = default;
};

inline Subject subject_of(UserId id) { return {SubjectKind::user, id.number}; }
inline Subject subject_of(AccountId id) { return {SubjectKind::account, id.number}; }
inline Subject subject_of(InvitationId id) { return {SubjectKind::invitation, id.number}; }
inline Subject subject_of(AdminId id) { return {SubjectKind::admin, id.number}; }
inline Subject subject_of(ContactId id) { return {SubjectKind::contact, id.number}; }
inline Subject subject_of(TicketId id) { return {SubjectKind::ticket, id.number}; }

// A struct of an event's fields, about the one that the event's field of type Key (or Mention<Key>)
// names. Absent: erased, or read by somebody who had no need to open it.
template <class Key, class Value>
struct Personal {
    std::optional<Value> value;
    bool operator==(const Personal&) const = default;
};

}  // namespace muster
