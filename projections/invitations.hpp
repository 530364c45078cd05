// Invitations, by account: GET /v1/accounts/{id}/invitations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "projections/page.hpp"
#include "projections/rows.hpp"

namespace muster::views {

// The numbers are stored: append, never renumber. Expired is pending, seen after its time.
enum class InvitationStatus : std::uint8_t { pending, accepted, cancelled, expired };
constexpr bool valid(InvitationStatus status) { return status <= InvitationStatus::expired; }
constexpr std::string_view to_text(InvitationStatus status) {
    constexpr std::string_view names[]{"pending", "accepted", "cancelled", "expired"};
    return names[static_cast<std::size_t>(status)];
}

struct InvitationRow {
    InvitationId id;
    AccountId account;
    std::string email;
    Permissions permissions;
    std::uint32_t sender_kind{};  // An ActorKind.
    std::uint64_t sender_number{};
    Time sent_at, expires_at;  // Of the valid link.
    std::uint32_t link{};      // The number of the valid link; earlier ones are dead.
    InvitationStatus status{};
    EmailKey address;  // That it was sent to.

    bool operator==(const InvitationRow&) const = default;
    static constexpr auto fields(auto& self, auto&& field) {
        return field("id", self.id)("account", self.account)("email", self.email)(
            "permissions", self.permissions)("sender_kind", self.sender_kind)(
            "sender_number", self.sender_number)("sent_at", self.sent_at)(
            "expires_at", self.expires_at)("link", self.link)("status", self.status)("address",
                                                                                     self.address);
    }
};

struct Invitations {
    static constexpr std::string_view name = "invitations";
    static constexpr int version = 2;
    static constexpr std::uint8_t number = 4;

    static void on(const UserInvited& event, const At& at, Rows& rows);
    static void on(const InvitationResent& event, const At& at, Rows& rows);
    static void on(const InvitationCancelled& event, const At& at, Rows& rows);
    static void on(const InvitationForgotten& event, const At& at, Rows& rows);
    static void on(const AssociationGranted& event, const At& at, Rows& rows);
    static void on(const AccountClosed& event, const At& at, Rows& rows);
    static void on(const AccountDeleted& event, const At& at, Rows& rows);
    static void on(const auto&, const auto&, Rows&) {}  // Nothing else moves this view.
};

// The status as it is at `now`.
InvitationStatus status_at(const InvitationRow& invitation, Time now);

std::optional<InvitationRow> find_invitation(const Reading& reading, InvitationId invitation);

enum class InvitationSelection : std::uint8_t { open, all };  // Open: pending and expired.
// Newest first.
Paged<InvitationRow> list_invitations(const Reading& reading, AccountId account,
                                      InvitationSelection selection, const PageRequest& page);

// Pending ones that were sent to an address, newest first.
Paged<InvitationRow> list_invitations_to(const Reading& reading, const EmailKey& address, Time now,
                                         const PageRequest& page);

// All that were sent to an address up to a moment, whatever came of them.
std::vector<InvitationRow> invitations_to(const Reading& reading, const EmailKey& address,
                                          Time until);

// The name of whom the invitation is from: an admin's, a user's or an API key's.
std::string sender_name(const Reading& reading, const InvitationRow& invitation);

// {account_id?, id, email, permissions, sent_at, expires_at, status}.
void write_invitation(JsonWriter& out, const InvitationRow& invitation, Time now);
void write_invitation_with_account(JsonWriter& out, const InvitationRow& invitation, Time now);
// As its invitee sees it: {id, account_name, sender_name, permissions, sent_at, expires_at}.
void write_own_invitation(JsonWriter& out, const Reading& reading, const InvitationRow& invitation);

}  // namespace muster::views
