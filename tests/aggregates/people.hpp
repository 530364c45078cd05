// The people of these tests: Ada opened Acme and owns it, Bob may see its tickets, Eve is somebody
// else, who owns Globex. And the ways in which they came to it.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "events/event.hpp"

namespace muster::people {

using namespace std::chrono_literals;

inline constexpr UserId ada{1}, bob{2}, eve{3}, zoe{4}, nobody{99};
inline constexpr AccountId acme{1}, globex{2}, initech{3}, nowhere{99};
inline constexpr InvitationId letter{1}, second_letter{2}, lost_letter{99};
inline constexpr SessionId laptop{1}, phone{2}, tablet{3}, no_session{99};
inline constexpr AdminId root{1}, olga{2}, stranger{99};
inline constexpr ApiKeyId robot{1}, second_robot{2}, no_robot{99};

inline constexpr Time monday{1'700'000'000'000};
inline constexpr Time after(std::chrono::milliseconds span) { return {monday.ms + span.count()}; }

// Different enough for these tests: the first sixteen letters.
constexpr EmailKey key_of(std::string_view email) {
    EmailKey key;
    for (std::size_t n = 0; n < std::min(email.size(), key.bytes.size()); ++n)
        key.bytes[n] = static_cast<std::uint8_t>(email[n]);
    return key;
}
inline const std::string adas_email = "Ada@example.com", bobs_email = "bob@example.com",
                         eves_email = "eve@example.com", new_email = "new@example.com";
inline constexpr EmailKey adas_address = key_of("ada@example.com"),
                          bobs_address = key_of("bob@example.com"),
                          eves_address = key_of("eve@example.com"),
                          new_address = key_of("new@example.com");

inline constexpr Permissions everything = Permissions::all();
inline constexpr Permissions see_tickets{Permission::tickets};
inline constexpr Permissions pay_invoices{Permission::invoices, Permission::quotes};

inline Profile profile_of(std::string company, std::string email = {}) {
    Profile profile;
    profile.company_name = std::move(company);
    profile.email = std::move(email);
    return profile;
}
inline const Person ada_lovelace{"Ada", "Lovelace", adas_email};
inline const Person bob_builder{"Bob", "Builder", bobs_email};
inline const Person eve_adams{"Eve", "Adams", eves_email};
inline const Profile acmes_profile = profile_of("Acme", "office@acme.example");
inline const Profile globexs_profile = profile_of("Globex");

inline const UserRegistered ada_registered{ada, adas_address, {ada_lovelace}, "en", 1};
inline const UserRegistered bob_registered{bob, bobs_address, {bob_builder}, "de", 1};
inline const UserRegistered eve_registered{eve, eves_address, {eve_adams}, "fr", 1};
inline const AccountOpened acme_opened{acme, ada, {acmes_profile}};
inline const AccountOpened globex_opened{globex, eve, {globexs_profile}};
inline const AssociationGranted bob_joined{acme, bob, see_tickets, std::nullopt};
inline const AssociationEnded bob_went{acme, bob};
inline const AccountClosed acme_closed{acme};
inline const AccountDeleted acme_deleted{acme, {ada, bob}};

inline const UserInvited eve_invited{
    acme, letter, {eves_address}, {Address{eves_email}}, pay_invoices, after(7 * 24h)};
inline const InvitationCancelled letter_cancelled{acme, letter};
inline const AssociationGranted eve_accepted{acme, eve, pay_invoices, letter};
inline const InvitationResent letter_resent{acme, letter, 2, after(14 * 24h)};

inline const SessionStarted ada_signed_in{
    laptop, ada, std::nullopt, {Client{"Browser"}}, after(30 * 24h)};
inline const SessionStarted bob_signed_in{
    phone, bob, std::nullopt, {Client{"Phone"}}, after(30 * 24h)};

inline const AdminCreated root_created{root,
                                       {key_of("root@example.com")},
                                       {StaffMember{"Root", "root@example.com"}},
                                       Role::administrator,
                                       1};

}  // namespace muster::people
