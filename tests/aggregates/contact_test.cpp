// Contacts: mail addresses of an account that never sign in.
#include "aggregates/contact.hpp"

#include <gtest/gtest.h>

#include "tests/aggregates/given.hpp"
#include "tests/aggregates/people.hpp"

namespace muster::contact_test {

using namespace people;
using given::Given, given::and_again_more;

using Topics = std::set<MailTopic>;

constexpr ContactId office{1}, desk{2}, no_contact{99};
const std::string offices_email = "office@acme.example";
constexpr EmailKey offices_address = key_of("office@acme.example");
const Profile offices_profile = profile_of("Acme", offices_email);
const ContactAdded office_added{
    acme, office, {offices_address}, {offices_profile}, {MailTopic::invoice}};
const ContactRemoved office_removed{acme, office};
const Given acme_with_office{ada_registered, acme_opened, office_added};

AddContact adding(ContactId contact, const EmailKey& address = offices_address) {
    return {contact, address, offices_profile, {MailTopic::invoice}};
}
ChangeContact moving(const std::string& email, const EmailKey& address) {
    ChangeContact command{office, {}, address, std::nullopt};
    command.profile.email = email;
    return command;
}
ChangeContact choosing(const Topics& receives) { return {office, {}, std::nullopt, receives}; }

TEST(Contact, IsAddedToAnAccount) {  // Rules E1, E11.
    const auto after = Given{ada_registered, acme_opened}
                           .when(acme, adding(office))
                           .then({office_added}, and_again_more);
    const auto account = after.world().seen(acme);
    EXPECT_EQ(account.contacts.at(office).receives, Topics{MailTopic::invoice});
    EXPECT_EQ(account.contacts.at(office).profile.value, offices_profile);
    EXPECT_EQ(account.users.size(), 1U) << "nobody can sign in by it";
}

TEST(Contact, MayHaveTheAddressOfAnotherContactAndOfAUser) {  // Rule E11.
    const auto after =
        acme_with_office.when(acme, adding(desk))
            .then({ContactAdded{
                      acme, desk, {offices_address}, {offices_profile}, {MailTopic::invoice}}},
                  and_again_more);
    EXPECT_EQ(after.world().seen(acme).contacts.size(), 2U);
    EXPECT_EQ(after.world().seen(offices_address).user, UserId{}) << "nobody holds it by that";
    const RegisterUser register_office{bob, offices_address, bob_builder, "en", 1};
    EXPECT_TRUE(given::decide(after.world(), offices_address, register_office).has_value());
}

TEST(Contact, IsOneOfAThousandAtMost) {
    Given full{ada_registered, acme_opened};
    Account account = full.world().seen(acme);
    for (std::uint64_t n = 1; n <= most_contacts; ++n) {
        ASSERT_TRUE(when(account, adding(ContactId{n}))) << n;
        account.contacts[ContactId{n}] = {};
    }
    EXPECT_EQ(when(account, adding(ContactId{most_contacts + 1})).error().code,
              "account.contacts_full");
    account.contacts.erase(ContactId{1});
    EXPECT_TRUE(when(account, adding(ContactId{most_contacts + 1})));
}

TEST(Contact, IsAddedToNoAccountThatIsNot) {
    Given{}.when(nowhere, adding(office)).then_refused("account.not_found");
    Given{ada_registered, acme_opened, AccountDeleted{acme, {ada}}}
        .when(acme, adding(office))
        .then_refused("account.not_found");
}

TEST(Contact, OfAClosedAccountCanBeEdited) {
    const Given closed{ada_registered, acme_opened, office_added, acme_closed};
    closed.when(acme, choosing({})).then({ContactMailChosen{acme, office, {}}});
    closed.when(acme, RemoveContact{office}).then({office_removed});
}

TEST(Contact, ChangesOnlyWhatDiffers) {
    ChangeContact command{office, {}, std::nullopt, Topics{MailTopic::invoice}};
    command.profile.company_name = "Acme";
    acme_with_office.when(acme, command).then_already_so();
    command.profile.city = "Paris";
    ProfileChange only_city;
    only_city.city = "Paris";
    const auto after = acme_with_office.when(acme, command)
                           .then({ContactChanged{acme, office, {offices_address}, {only_city}}});
    auto expected = offices_profile;
    expected.city = "Paris";
    EXPECT_EQ(after.world().seen(acme).contacts.at(office).profile.value, expected);
}

TEST(Contact, MovesToAnotherAddress) {  // Rule T7.
    ProfileChange only_email;
    only_email.email = "new@example.com";
    const auto after = acme_with_office.when(acme, moving("new@example.com", new_address))
                           .then({ContactChanged{acme, office, {new_address}, {only_email}}});
    EXPECT_TRUE(has_contact(after.world().seen(acme), new_address));
    EXPECT_FALSE(has_contact(after.world().seen(acme), offices_address));
}

TEST(Contact, ChoosesItsMail) {
    const Topics all{MailTopic::general, MailTopic::invoice, MailTopic::support,
                     MailTopic::product, MailTopic::domain,  MailTopic::affiliate};
    acme_with_office.when(acme, choosing(all)).then({ContactMailChosen{acme, office, all}});
    acme_with_office.when(acme, choosing({})).then({ContactMailChosen{acme, office, {}}});
    acme_with_office.when(acme, choosing({MailTopic::invoice})).then_already_so();
}

TEST(Contact, IsRemovedOnce) {
    const auto after = acme_with_office.when(acme, RemoveContact{office}).then({office_removed});
    EXPECT_TRUE(after.world().seen(acme).contacts.empty());
    after.when(acme, choosing({})).then_refused("contact.not_found");
}

TEST(Contact, ThatNeverWasIsNotFound) {
    acme_with_office.when(acme, RemoveContact{no_contact}).then_refused("contact.not_found");
    acme_with_office.when(acme, ChangeContact{no_contact, {}, std::nullopt, Topics{}})
        .then_refused("contact.not_found");
    Given{ada_registered, acme_opened, office_added, eve_registered, globex_opened}
        .when(globex, RemoveContact{office})
        .then_refused("contact.not_found");  // Rule E3.
    Given{}.when(nowhere, RemoveContact{office}).then_refused("account.not_found");
    Given{}.when(nowhere, choosing({})).then_refused("account.not_found");
}

TEST(Contact, GoesWithItsAccount) {  // Rule E1.
    const auto after = acme_with_office.when(acme, DeleteAccount{})
                           .then({office_removed, AccountDeleted{acme, {ada}}});
    EXPECT_TRUE(after.world().seen(acme).contacts.empty());
}

TEST(Contact, StaysWhenTheAccountsProfileChanges) {  // Rules E9, E11.
    ProfileChange change;
    change.email = "else@acme.example";
    const auto after = acme_with_office.when(acme, UpdateAccount{change, std::nullopt})
                           .then({ProfileChanged{acme, {change}}});
    EXPECT_EQ(after.world().seen(acme).contacts.at(office).profile.value, offices_profile);
}

TEST(MailTopic, IsReadByItsName) {
    for (std::uint8_t n = 0; valid(MailTopic{n}); ++n)
        EXPECT_EQ(parse_mail_topic(to_text(MailTopic{n})), MailTopic{n});
    EXPECT_EQ(parse_mail_topic("news"), std::nullopt);
    EXPECT_EQ(parse_mail_topic("Invoice"), std::nullopt);
    EXPECT_EQ(parse_mail_topic(""), std::nullopt);
}

}  // namespace muster::contact_test
