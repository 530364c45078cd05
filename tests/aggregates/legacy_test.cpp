// What importing a legacy system's records decides.
#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::legacy_test {

using namespace given;
using namespace people;

constexpr LegacyClientId client{7};
constexpr LegacyContactId contact{7};  // A number of its own, though the same.
constexpr ContactId office{1};
constexpr Time long_ago = after(-2000 * 24h), last_week = after(-7 * 24h);

const ImportClient import_ada{.legacy = client,
                              .owner = {ada, adas_address, ada_lovelace, "en", 1},
                              .account = acme,
                              .profile = acmes_profile,
                              .question = std::nullopt,
                              .created_at = long_ago,
                              .last_sign_in_at = last_week};
const LegacyClientImported ada_imported{client, acme, ada, long_ago, last_week};
const ImportContact import_bob{.legacy = contact,
                               .user = LegacyUser{bob, bobs_address, bob_builder, "de", 1},
                               .permissions = see_tickets,
                               .contact = std::nullopt,
                               .created_at = std::nullopt};
const Profile offices_profile = profile_of("Acme", "office@acme.example");
const AddContact add_office{
    office, key_of("office@acme.exam"), offices_profile, {MailTopic::invoice}};
const ContactAdded office_added{
    acme, office, {key_of("office@acme.exam")}, {offices_profile}, {MailTopic::invoice}};
const AssociationGranted bob_has_access{acme, bob, see_tickets, std::nullopt};

Person nameless(Person person) {
    person.email.clear();
    return person;
}

TEST(Legacy, AClientBecomesAnAccountAndItsOwner) {  // Rules M1, M2, M9.
    Given{}
        .when(client, adas_address, import_ada)
        .then({ada_registered, acme_opened, ada_imported});
    const Given imported{ada_registered, acme_opened, ada_imported};
    EXPECT_EQ(imported.world().accounts.at(acme).owner, ada);
    EXPECT_EQ(imported.world().accounts.at(acme).created_at, long_ago);
    EXPECT_TRUE(imported.world().users.at(ada).imported);
}

TEST(Legacy, AnInactiveOrClosedClientIsOneHereToo) {  // Rule E15.
    auto command = import_ada;
    command.status = AccountStatus::inactive;
    Given{}
        .when(client, adas_address, command)
        .then({ada_registered, acme_opened, AccountDeactivated{acme}, ada_imported});
    command.status = AccountStatus::closed;
    Given{}
        .when(client, adas_address, command)
        .then({ada_registered, acme_opened, acme_closed, ada_imported});
}

TEST(Legacy, WhoHasAnAddressKeepsIt) {  // Rule M6.
    const UserRegistered without{ada, std::nullopt, {nameless(ada_lovelace)}, "en", 1};
    auto eve_has_it = eve_registered;
    eve_has_it.address = adas_address;
    Given{eve_has_it}
        .when(client, adas_address, import_ada)
        .then({without, acme_opened, ada_imported});
    auto command = import_ada;  // There was none in the first place.
    command.owner.address.reset();
    command.owner.person.email.clear();
    Given{}.when(client, EmailKey{}, command).then({without, acme_opened, ada_imported});
}

TEST(Legacy, ASubAccountBecomesAUserWithItsPermissions) {  // Rules M3, M5.
    const LegacyContactImported imported{contact, acme, bob, std::nullopt, std::nullopt};
    Given{ada_registered, acme_opened}
        .when(contact, acme, bobs_address, import_bob)
        .then({bob_registered, bob_has_access, imported});
}

TEST(Legacy, ASubAccountWithoutPermissionsHasNoAccess) {  // Rules M5, P5, E16.
    auto command = import_bob;
    command.permissions = {};
    const LegacyContactImported imported{contact, acme, bob, std::nullopt, std::nullopt};
    Given{ada_registered, acme_opened}
        .when(contact, acme, bobs_address, command)
        .then({bob_registered, imported});
}

TEST(Legacy, APlainContactStaysAContact) {  // Rule M3.
    const ImportContact command{.legacy = contact,
                                .user = std::nullopt,
                                .permissions = {},
                                .contact = add_office,
                                .created_at = long_ago};
    const LegacyContactImported imported{contact, acme, std::nullopt, office, long_ago};
    Given{ada_registered, acme_opened}
        .when(contact, acme, EmailKey{}, command)
        .then({office_added, imported});
}

TEST(Legacy, WhoGotMailIsAContactBesides) {  // Rule M3.
    auto command = import_bob;
    command.contact = add_office;
    const LegacyContactImported imported{contact, acme, bob, office, std::nullopt};
    Given{ada_registered, acme_opened}
        .when(contact, acme, bobs_address, command)
        .then({bob_registered, bob_has_access, office_added, imported});
}

TEST(Legacy, WhatWasImportedIsNotImportedAgain) {  // Rule M7.
    Given{ada_registered, acme_opened, ada_imported, acme_deleted}
        .when(client, adas_address, import_ada)
        .then_already_so();
    const LegacyContactImported imported{contact, acme, bob, std::nullopt, std::nullopt};
    Given{ada_registered, acme_opened, bob_registered, bob_has_access, imported, acme_deleted}
        .when(contact, acme, bobs_address, import_bob)
        .then_already_so();
}

TEST(Legacy, ADeletedAccountTakesNoContact) {
    Given{ada_registered, acme_opened, ada_imported, acme_deleted}
        .when(contact, acme, bobs_address, import_bob)
        .then_refused("account.not_found");
}

TEST(Legacy, AnImportedQuestionIsKeptAndNotAskedUntilItsAnswerIsSet) {  // Rules M2, L17.
    auto command = import_ada;
    command.question = "Pet?";
    const SecurityQuestionSet unanswered{ada, 0, {Question{"Pet?"}}};
    Given{}
        .when(client, adas_address, command)
        .then({ada_registered, acme_opened, unanswered, ada_imported});
    const PasswordResetRequested mailed{ada, 1, {adas_address}, after(1h), Requester::holder, {}};
    Given{ada_registered, acme_opened, unanswered, ada_imported, mailed}
        .when(ada, ResetPassword{1, 0, monday})
        .then({PasswordReset{ada, 1, 2}}, and_again_refused("token.not_found"));
    Given{ada_registered,
          acme_opened,
          unanswered,
          ada_imported,
          SecurityQuestionSet{ada, 1, {Question{"Pet?"}}},
          mailed}
        .when(ada, ResetPassword{1, 0, monday})
        .then_refused("security_answer.required");
}

TEST(Legacy, AnImportedHashIsReplacedOnce) {  // Rule M8.
    const PasswordRehashed rehashed{ada, 1};
    Given{ada_registered, acme_opened, ada_imported}.when(ada, RehashPassword{1}).then({rehashed});
    const Given signed_in{ada_registered, acme_opened, ada_imported, ada_signed_in, rehashed};
    EXPECT_EQ(signed_in.world().users.at(ada).password, 1U);
    EXPECT_TRUE(signed_in.world().users.at(ada).sessions.contains(laptop));  // None ends for it.
    Given{ada_registered, acme_opened, ada_imported, PasswordChanged{ada, 2}}
        .when(ada, RehashPassword{1})
        .then_already_so();
    Given{ada_registered, acme_opened}.when(ada, RehashPassword{1}).then_already_so();
    Given{}.when(ada, RehashPassword{1}).then_refused("user.not_found");
}

}  // namespace muster::legacy_test
