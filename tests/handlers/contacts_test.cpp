// Contacts as the committing thread handles them: their keys, and their part of a snapshot.
#include "tests/handlers/desk.hpp"

namespace muster::contacts_test {

using namespace desk;

NewContact contact_at(const std::string& address) {
    NewContact contact{.email = email(address)};
    contact.profile.first_name = "Canary";
    contact.receives = {MailTopic::support};
    return contact;
}
auto adding(AccountId account, const std::string& address) {
    return [=](Work& work) { return add_contact(work, account, contact_at(address)); };
}

struct Contacts : testing::Test {
    Desk desk;
    SignedIn ada = desk.register_with_account("ada");
    SignedIn bob = desk.join(ada.account, "bob", {Permission::contacts});
    AccountId acme = ada.account;

    ContactId added(const std::string& address) {
        return the<ContactAdded>(desk.as_system().ask(adding(acme, address))).contact;
    }
    bool has_key(auto id) { return desk.log.vault(vault_key(subject_of(id)))->has_value(); }
};

TEST_F(Contacts, AreAddedByWhoMay) {  // Rules E11, P7.
    const auto rule = permitted(Permission::contacts);
    const auto result =
        desk.as(bob.session).may(rule, acme).ask(adding(acme, "Office@Acme.example"));
    const auto contact = the<ContactAdded>(result);
    EXPECT_EQ(contact.contact, ContactId{1});
    EXPECT_EQ(contact.address.key, desk.key_of("office@acme.example"));
    EXPECT_EQ(contact.profile.value->email, "Office@Acme.example");
    EXPECT_EQ(result->actor, (Actor{ActorKind::user, bob.user.number, {}}));
    const auto zoe = desk.join(acme, "zoe", see_tickets);
    EXPECT_EQ(code_of(desk.as(zoe.session).may(rule, acme).ask(adding(acme, "x@acme.example"))),
              "access.denied");
    EXPECT_EQ(the<ContactAdded>(desk.as_system().ask(adding(acme, "bob@example.com"))).contact,
              ContactId{2})
        << "a user has this address";
}

TEST_F(Contacts, HaveKeysThatGoWithThem) {
    const auto office = added("office@acme.example"), kept = added("kept@acme.example");
    EXPECT_TRUE(has_key(office) && has_key(kept));
    ASSERT_TRUE(
        desk.as_system().ask([&](Work& work) { return remove_contact(work, acme, office); }));
    EXPECT_FALSE(has_key(office));
    EXPECT_TRUE(has_key(kept));
    EXPECT_EQ(desk.keyring.find(subject_of(office)).value(), std::nullopt);
    for (const auto& record : desk.fold().records) {
        if (const auto* e = std::get_if<ContactAdded>(&record.event)) {
            EXPECT_EQ(e->profile.value.has_value(), e->contact == kept);
        }
    }
}

TEST_F(Contacts, GoWithTheAccount) {  // Rule E1.
    const auto office = added("office@acme.example");
    const auto deleted = desk.as_system().ask(
        [&](Work& work) { return delete_account(work, acme, DeleteAccount::Users::stay); });
    EXPECT_EQ(types_of(deleted), (Types{"account.contact_removed", "account.deleted"}));
    EXPECT_FALSE(has_key(office) || has_key(acme));
    EXPECT_TRUE(has_key(ada.user));
}

TEST_F(Contacts, AreNotChangedByTheSameAgain) {
    const auto office = added("office@acme.example");
    const auto moving = [&](const std::string& address) {
        return [&, address](Work& work) {
            ContactChanges changes;
            changes.email = email(address);
            return change_contact(work, acme, office, changes);
        };
    };
    const auto head = desk.log.head();
    ASSERT_TRUE(desk.as_system().ask(moving("office@acme.example")));
    EXPECT_EQ(desk.log.head(), head);
    const auto spelled = the<ContactChanged>(desk.as_system().ask(moving("OFFICE@acme.example")));
    EXPECT_EQ(spelled.address.key, desk.key_of("office@acme.example"));
    EXPECT_EQ(spelled.profile.value->email, "OFFICE@acme.example");
    const auto moved = the<ContactChanged>(desk.as_system().ask(moving("desk@acme.example")));
    EXPECT_EQ(moved.address.key, desk.key_of("desk@acme.example"));
}

TEST_F(Contacts, AreSealedInASnapshotEachUnderItsKey) {
    const auto office = added("office@acme.example"), other = added("other@acme.example");
    const auto state = desk.fold().accounts.at(acme);
    const auto kept = to_snapshot(state, desk.keyring).value();
    EXPECT_EQ(kept.find("Canary"), std::string::npos);
    EXPECT_EQ(kept.find("acme.example"), std::string::npos);
    EXPECT_EQ(bytes_of(from_snapshot<Account>(kept, desk.keyring).value()), bytes_of(state));

    ASSERT_TRUE(
        desk.as_system().ask([&](Work& work) { return remove_contact(work, acme, office); }));
    const auto older = from_snapshot<Account>(kept, desk.keyring).value();
    EXPECT_EQ(older.contacts.at(office).profile.value, std::nullopt);
    EXPECT_EQ(older.contacts.at(other).profile.value->first_name, "Canary");
    EXPECT_TRUE(older.profile.value.has_value());

    for (const auto length : {kept.size() - 1, kept.size() - 30, kept.size() / 2})
        EXPECT_FALSE(from_snapshot<Account>(kept.substr(0, length), desk.keyring).has_value());
}

}  // namespace muster::contacts_test
