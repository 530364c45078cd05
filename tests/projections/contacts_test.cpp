// What the views say of an account's contacts.
#include "tests/projections/world.hpp"

namespace muster::views::test {
namespace {

constexpr ContactId office{31}, desk{32};

EmailKey address_of(const World& world, const std::string& email) {
    return world.keys.email_key(email);
}
ContactAdded added(const World& world, ContactId contact, AccountId account,
                   const std::string& email) {
    Profile profile;
    profile.first_name = "Otto";
    profile.email = email;
    return {account, contact, {address_of(world, email)}, {profile}, {MailTopic::invoice}};
}
std::string shown(const ContactRow& contact) {
    std::string text;
    JsonWriter out{text};
    write_contact(out, contact);
    return text;
}

TEST(ContactsView, ShowsAContactWithoutNotes) {  // Rule E11.
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {added(world, office, acme, "office@acme.example")});
    EXPECT_EQ(shown(find_contact(world.now(), acme, office).value()),
              R"({"id":31,"company_name":"","first_name":"Otto","last_name":"",)"
              R"("email":"office@acme.example","phone":"","address1":"","address2":"","city":"",)"
              R"("state":"","postcode":"","country":"","tax_id":"","receives":["invoice"]})");
    EXPECT_FALSE(find_contact(world.now(), initech, office));  // Rule E3.
}

TEST(ContactsView, FollowsChanges) {
    World world;
    story(world);
    world.happens(by(ada), noon + 5min, {added(world, office, acme, "office@acme.example")});
    ProfileChange change;
    change.email = "desk@acme.example";
    world.happens(by(ada), noon + 6min,
                  {ContactChanged{acme, office, {address_of(world, "desk@acme.example")}, {change}},
                   ContactMailChosen{acme, office, {MailTopic::affiliate, MailTopic::general}}});
    const auto contact = find_contact(world.now(), acme, office).value();
    EXPECT_EQ(contact.profile.email, "desk@acme.example");
    EXPECT_EQ(contact.profile.first_name, "Otto");
    EXPECT_EQ(contact.receives, (std::set{MailTopic::general, MailTopic::affiliate}));
    EXPECT_TRUE(has_contact(world.now(), acme, address_of(world, "desk@acme.example")));
    EXPECT_FALSE(has_contact(world.now(), acme, address_of(world, "office@acme.example")));
    EXPECT_TRUE(world.differences().empty());
}

TEST(ContactsView, AnAddressIsThereAsLongAsOneContactHasIt) {  // Rule T7.
    World world;
    story(world);
    const auto key = address_of(world, "office@acme.example");
    world.happens(by(ada), noon + 5min,
                  {added(world, office, acme, "office@acme.example"),
                   added(world, desk, acme, "office@acme.example")});
    world.happens(by(ada), noon + 6min, {ContactRemoved{acme, office}});
    EXPECT_TRUE(has_contact(world.now(), acme, key));
    EXPECT_FALSE(has_contact(world.now(), initech, key));
    world.happens(by(ada), noon + 7min, {ContactRemoved{acme, desk}});
    EXPECT_FALSE(has_contact(world.now(), acme, key));
    EXPECT_FALSE(find_contact(world.now(), acme, desk));
    EXPECT_TRUE(world.differences().empty());
}

TEST(ContactsView, ListsInTheOrderOfIdsByPages) {
    World world;
    story(world);
    Events events;
    for (std::uint64_t n = 1; n <= 5; ++n)
        events.push_back(added(world, ContactId{n}, acme, "office@acme.example"));
    events.push_back(added(world, ContactId{6}, initech, "office@acme.example"));
    world.happens(by(ada), noon + 5min, events);
    PageRequest page{.limit = 2, .total = true};
    std::vector<std::uint64_t> seen;
    for (bool more = true; more;) {
        const auto got = list_contacts(world.now(), acme, page).value();
        EXPECT_EQ(got.total, 5U);
        for (const auto& contact : got.items)
            seen.push_back(contact.id.number);
        more = got.next.has_value();
        page.cursor = got.next.value_or("");
    }
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    EXPECT_FALSE(list_contacts(world.now(), acme, {.cursor = "?"}));
}

TEST(ContactsView, EveryEventHasItsLine) {  // Rules A2, A3, A6.
    World world;
    story(world);
    ProfileChange change;
    change.city = "Paris";
    world.happens(
        by(ada), noon + 5min,
        {added(world, office, acme, "office@acme.example"),
         ContactChanged{acme, office, {address_of(world, "office@acme.example")}, {change}},
         ContactMailChosen{acme, office, {}}});
    const auto texts = [&] {
        std::vector<std::string> list;
        const ActivityFilter filter{.from = noon + 5min, .account = acme};
        const auto lines = list_activity(world.now(), world.log, world.keyring, filter, {});
        for (const auto& line : lines->items)
            list.push_back(line.text);
        return list;
    };
    const std::string name = "contact #31 (office@acme.example)";
    EXPECT_EQ(texts(), (std::vector<std::string>{
                           "Ada Lovelace chose what mail " + name + " of account #7 (Acme) gets",
                           "Ada Lovelace changed " + name + " of account #7 (Acme)",
                           "Ada Lovelace added " + name + " to account #7 (Acme)"}));
    world.happens(by(root), noon + 6min, {ContactRemoved{acme, office}});
    EXPECT_EQ(texts().front(), "Root removed contact #31 from account #7 (Acme)");
    EXPECT_EQ(texts().back(), "Ada Lovelace added contact #31 to account #7 (Acme)");
}

}  // namespace
}  // namespace muster::views::test
