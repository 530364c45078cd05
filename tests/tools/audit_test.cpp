// What an audit finds, and that it leaves everything as it was.
#include <algorithm>
#include <csignal>
#include <spawn.h>
#include <unistd.h>

#include "events/sealing.hpp"
#include "handlers/accounts.hpp"
#include "handlers/contacts.hpp"
#include "handlers/orders.hpp"
#include "handlers/staff.hpp"
#include "handlers/tickets.hpp"
#include "tests/tools/folders.hpp"
#include "tools/demo_desk.hpp"
#include "tools/demo_story.hpp"

extern char** environ;  // NOLINT: what a process that is started gets.

namespace muster::tools {
namespace {

using testing::Test;

// Whether a finding says this, of this place.
bool found(const nlohmann::json& verdict, std::string_view place, std::string_view what) {
    return std::ranges::any_of(verdict["findings"], [&](const auto& finding) {
        return finding["place"].template get<std::string>().starts_with(place) &&
               finding["what"].template get<std::string>().find(what) != std::string::npos;
    });
}

// The verdict on a damaged folder.
nlohmann::json audit_damaged(const fs::path& data) {
    const auto ran = muster("audit --json", data);
    EXPECT_EQ(ran.status, 3) << ran.out << ran.err;
    const auto verdict = nlohmann::json::parse(ran.out);
    EXPECT_FALSE(verdict["ok"]);
    EXPECT_FALSE(verdict["findings"].empty());
    return verdict;
}

// Flips one bit in the largest file with this ending.
void flip_a_bit(const fs::path& folder, std::string_view ending, double where) {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator{folder}) {
        const bool fits = entry.path().native().ends_with(ending);
        if (fits && (largest.empty() || entry.file_size() > fs::file_size(largest)))
            largest = entry.path();
    }
    ASSERT_FALSE(largest.empty());
    auto content = content_of(largest);
    ASSERT_FALSE(content.empty());
    auto& byte = content[static_cast<std::size_t>(static_cast<double>(content.size()) * where)];
    byte = static_cast<char>(byte ^ 4);
    write_content(largest, content);
}

// Appends an event as no use case would.
void append(const fs::path& data, const Event& event) {
    const auto folder = DataFolder::open(data, DataFolder::Open::existing);
    ASSERT_TRUE(folder);
    const auto log = open_rocks_log(folder->log(), folder->head());
    ASSERT_TRUE(log) << log.error().message;
    Keyring keyring{**log, folder->keys()};
    Commit commit;
    commit.time = {1'700'000'000'000};
    for (const auto subject :
         {Subject{SubjectKind::user, 900}, Subject{SubjectKind::account, 900},
          Subject{SubjectKind::contact, 900}, Subject{SubjectKind::ticket, 900}}) {
        const Seed seed{};
        keyring.remember(subject, seed);
        commit.vault.push_back({vault_key(subject), std::string(as_text(seed))});
    }
    auto drafted = draft(event, {commit.time, {}, {}, {}}, keyring);
    ASSERT_TRUE(drafted) << drafted.error().message;
    commit.events.push_back(std::move(*drafted));
    ASSERT_TRUE((*log)->append({&commit, 1}));
}

TEST(Audit, FindsADemoClean) {
    const auto ran = muster("audit --json", demo_folder());
    EXPECT_EQ(ran.status, 0) << ran.out;
    const auto verdict = nlohmann::json::parse(ran.out);
    EXPECT_TRUE(verdict["ok"]);
    EXPECT_TRUE(verdict["findings"].empty());
    EXPECT_TRUE(verdict["notes"].empty());  // All views are there.
    EXPECT_GT(verdict["records"], 200);
    EXPECT_GT(verdict["users"], 20);
    EXPECT_GT(verdict["accounts"], 10);
    const auto text = muster("audit", demo_folder());
    EXPECT_EQ(text.status, 0);
    EXPECT_TRUE(text.out.starts_with("clean: ")) << text.out;
}

TEST(Audit, ChangesNothing) {
    const DemoCopy copy;
    const auto before = contents_of(copy.data());
    EXPECT_EQ(muster("audit", copy.data()).status, 0);
    EXPECT_EQ(contents_of(copy.data()), before);
}

TEST(Audit, ChangesNothingAfterAServerWasKilled) {
    const DemoCopy copy;
    const auto command = muster_command("serve --listen 127.0.0.1:0", copy.data());
    const auto script = fmt::format("exec {} >{} 2>&1", command, (copy.data() / "../out").native());
    std::string shell_name = "sh", flag = "-c", text = script;
    char* arguments[]{shell_name.data(), flag.data(), text.data(), nullptr};
    pid_t server = 0;
    ASSERT_EQ(::posix_spawn(&server, "/bin/sh", nullptr, nullptr, arguments, environ), 0);
    for (int tries = 0; tries < 600; ++tries) {
        if (content_of(copy.data() / "../out").find("listens") != std::string::npos) break;
        ::usleep(50'000);
    }
    EXPECT_EQ(muster("audit", copy.data()).status, 4);  // While it serves.
    ASSERT_EQ(::kill(server, SIGKILL), 0);
    ::waitpid(server, nullptr, 0);

    const auto before = contents_of(copy.data());
    const auto ran = muster("audit", copy.data());
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_EQ(contents_of(copy.data()), before);
}

// A folder as a kill leaves it: everything is in the write-ahead log.
class Unflushed : public Test {
protected:
    Unflushed() {
        const auto live = folder_.path() / "live";
        auto folder = DataFolder::open(live, DataFolder::Open::create);
        auto log = open_rocks_log(folder->log(), folder->head());
        DemoDesk desk{**log, folder->keys()};
        DemoStory story{desk, {10, 5, 1}, "hash"};
        EXPECT_TRUE(story.run([](unsigned) {}));
        std::error_code error;
        do {  // The head file is replaced every second: one that was listed may be gone.
            fs::remove_all(data());
            fs::copy(live, data(), fs::copy_options::recursive, error);
        } while (error == std::errc::no_such_file_or_directory);
        EXPECT_FALSE(error) << error.message();
    }
    fs::path data() const { return folder_.path() / "data"; }

private:
    TemporaryFolder folder_;
};

TEST_F(Unflushed, IsCleanAndStaysAsItIs) {
    const auto before = contents_of(data());
    const auto ran = muster("audit", data());
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    EXPECT_NE(ran.err.find("there are no views"), std::string::npos) << ran.err;
    EXPECT_EQ(contents_of(data()), before);
}

TEST_F(Unflushed, AFlippedBitIsFound) {
    flip_a_bit(data() / "log", ".log", 0.4);
    audit_damaged(data());
}

TEST(Audit, FindsAFlippedBitInATable) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        EXPECT_TRUE(store.db().Flush({}, store.family(Family::records)).ok());
    });
    flip_a_bit(copy.data() / "log", ".sst", 0.3);
    audit_damaged(copy.data());
}

TEST(Audit, FindsARecordThatWasChangedWithItsHash) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        auto value = DemoCopy::record(store, 40);
        value.resize(value.size() - sizeof(Hash));
        value.back() = static_cast<char>(value.back() ^ 1);
        value.append(as_text(leaf_hash(value)));
        DemoCopy::put_record(store, 40, value);
    });
    EXPECT_TRUE(found(audit_damaged(copy.data()), "position 40", "the proof's tree"));
}

TEST(Audit, FindsASwappedPair) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        const auto one = DemoCopy::record(store, 50), other = DemoCopy::record(store, 51);
        DemoCopy::put_record(store, 50, other);
        DemoCopy::put_record(store, 51, one);
    });
    const auto verdict = audit_damaged(copy.data());
    EXPECT_TRUE(found(verdict, "position 50", "is of position 51"));
    EXPECT_TRUE(found(verdict, "position 56", "the proof's tree"));
}

TEST(Audit, FindsAMissingRecord) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        EXPECT_TRUE(
            store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(60)).ok());
    });
    EXPECT_TRUE(found(audit_damaged(copy.data()), "the records", "position 60"));
}

TEST(Audit, FindsALostEnd) {
    const DemoCopy copy;
    const auto records = nlohmann::json::parse(muster("audit --json", copy.data()).out)["records"];
    copy.edit([&](RocksStore& store) {
        EXPECT_TRUE(
            store.db().Delete({}, store.family(Family::records), DemoCopy::key_of(records)).ok());
    });
    EXPECT_TRUE(found(audit_damaged(copy.data()), "", "the head file has"));
}

TEST(Audit, FindsALostVaultRow) {  // Rule X18: the key is what makes personal data readable.
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        auto* vault = store.family(Family::vault);
        EXPECT_TRUE(store.db().Delete({}, vault, vault_key(subject_of(UserId{1}))).ok());
        EXPECT_TRUE(store.db().Delete({}, vault, vault_key(SecretKind::admin_password, 1)).ok());
        EXPECT_TRUE(store.db().Put({}, vault, vault_key(subject_of(UserId{999})), "seed").ok());
    });
    const auto verdict = audit_damaged(copy.data());
    EXPECT_TRUE(found(verdict, "user-1", "its key is missing"));
    EXPECT_TRUE(found(verdict, "admin-1", "the password is missing"));
    EXPECT_TRUE(found(verdict, "the vault", "has no owner"));
}

TEST(Audit, FindsALedgerThatTheKeysContradict) {  // Rule X18.
    const DemoCopy copy;
    write_content(copy.data() / "forgotten", "1 user 1\n");
    const auto kept = muster("audit --log-only", copy.data());
    EXPECT_EQ(kept.status, 3);
    EXPECT_NE(kept.out.find("user #1 stands in it, and has a key"), std::string::npos) << kept.out;
    write_content(copy.data() / "forgotten", "1 user 9999\n2 us");
    const auto cut = muster("audit --log-only", copy.data());
    EXPECT_EQ(cut.status, 3);
    EXPECT_NE(cut.out.find("line 2 is cut off"), std::string::npos) << cut.out;
    write_content(copy.data() / "forgotten", "1 user 9999\n");
    EXPECT_EQ(muster("audit --log-only", copy.data()).status, 0);
    fs::remove(copy.data() / "forgotten");
    fs::create_directory(copy.data() / "forgotten");
    EXPECT_EQ(muster("audit --log-only", copy.data()).status, 3);
}

TEST(Audit, FindsAnIndexThatMisleads) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        auto* index = store.family(Family::index);
        const std::unique_ptr<rocksdb::Iterator> at{store.db().NewIterator({}, index)};
        at->SeekToFirst();  // The first event of user 1.
        EXPECT_TRUE(store.db().Put({}, index, at->key(), "\x07").ok());
    });
    EXPECT_TRUE(found(audit_damaged(copy.data()), "user-1", "the index"));
}

TEST(Audit, FindsAnIndexThatHasTooMuchOrTooLittle) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        auto* index = store.family(Family::index);
        const std::unique_ptr<rocksdb::Iterator> at{store.db().NewIterator({}, index)};
        at->SeekToFirst();
        auto key = at->key().ToString();  // kind(1) high(8) low(8) version(8)
        EXPECT_TRUE(store.db().Delete({}, index, key).ok());
        key[1] = '\x7f';  // Behind all users that there are.
        EXPECT_TRUE(store.db().Put({}, index, key, at->value()).ok());
        key[1] = '\0';
        key[0] = static_cast<char>(StreamKind::account);
        std::ranges::fill(key.end() - 8, key.end(), '\x01');
        EXPECT_TRUE(store.db().Put({}, index, key, at->value()).ok());
    });
    const auto verdict = audit_damaged(copy.data());
    EXPECT_TRUE(found(verdict, "user-1", "does not have the stream's events"));
    EXPECT_TRUE(found(verdict, "user-1", "events that are not in the records"));
    EXPECT_TRUE(found(verdict, "account-1", "does not have the stream's events"));
}

TEST(Audit, FindsAnIndexThatCannotBeRead) {
    const DemoCopy copy;
    copy.edit([](RocksStore& store) {
        EXPECT_TRUE(store.db().Put({}, store.family(Family::index), "\x01short", "\x01").ok());
    });
    EXPECT_TRUE(found(audit_damaged(copy.data()), "the index", "is damaged"));
}

TEST(Audit, FindsAChangedRowOfAView) {
    const DemoCopy copy;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, (copy.data() / "views").native(), &opened).ok());
    {
        const std::unique_ptr<rocksdb::DB> views{opened};
        const std::unique_ptr<rocksdb::Iterator> at{views->NewIterator({})};
        at->Seek("\x01");
        ASSERT_TRUE(at->Valid());
        ASSERT_TRUE(views->Delete({}, at->key()).ok());
    }
    EXPECT_TRUE(found(audit_damaged(copy.data()), "view ", "only fresh"));
    EXPECT_EQ(muster("audit --log-only", copy.data()).status, 0);
}

// A folder with contacts, orders and tickets in it, some of them of those who are gone.
class Belongings : public Test {
protected:
    Belongings() {
        auto folder = DataFolder::open(data(), DataFolder::Open::create);
        auto log = open_rocks_log(folder->log(), folder->head());
        DemoDesk desk{**log, folder->keys()};
        std::vector<DemoCommand> wave;
        const auto add = [&](std::variant<Credential, AsSystem> who,
                             std::function<Decision(Work&)> use_case) {
            wave.push_back({who, {}, {.staff = AccessRule::Staff::operators}, {}, use_case});
        };
        const auto person = [](const std::string& name) {
            return NewUser{.first_name = name,
                           .last_name = "Example",
                           .email = *EmailAddress::parse(name + "@example.com"),
                           .language = "en"};
        };
        const auto mail = [&](const std::string& from, std::optional<TicketId> ticket) {
            add(Credential{ApiKeyId{1}}, [=](Work& work) {
                return receive_mail(work, {.from = *EmailAddress::parse(from),
                                           .from_name = "Gus",
                                           .ticket = ticket,
                                           .message = "Hello?"});
            });
        };
        add(AsSystem{},
            [](Work& work) { return create_api_key(work, "mail", Role::operator_, {}); });
        for (const auto* name : {"ada", "zoe"}) {
            add(AsSystem{}, [=](Work& work) { return open_account_with(work, person(name), {}); });
        }
        add(AsSystem{}, [=](Work& work) {
            return associate_address(work, {1}, person("bob"), {Permission::tickets});
        });
        for (const AccountId account : {AccountId{1}, AccountId{2}}) {
            for (const auto* email : {"office@acme.example", "desk@acme.example"}) {
                add(AsSystem{}, [=](Work& work) {
                    return add_contact(work, account, {.email = *EmailAddress::parse(email)});
                });
            }
            add(AsSystem{},
                [=](Work& work) { return open_ticket(work, account, {"Help", "It is broken."}); });
            add(AsSystem{}, [=](Work& work) {
                return place_order(work, account, {{{"Web space", Amount{}}}, "EUR"});
            });
        }
        for (const auto* from :
             {"ada@example.com", "bob@example.com", "zoe@example.com", "office@acme.example"})
            mail(from, TicketId{1});
        mail("gus@example.com", TicketId{1});
        mail("gus@example.com", {});
        add(AsSystem{}, [=](Work& work) {
            ContactChanges changes;
            changes.email = EmailAddress::parse("else@acme.example");
            return change_contact(work, {1}, {1}, changes);
        });
        add(AsSystem{}, [](Work& work) { return remove_contact(work, {1}, {2}); });
        add(AsSystem{}, [](Work& work) { return close_ticket(work, {1}); });
        mail("office@acme.example", TicketId{1});
        add(AsSystem{}, [](Work& work) { return delete_user(work, {3}); });
        add(AsSystem{},
            [](Work& work) { return delete_account(work, {2}, DeleteAccount::Users::go); });
        EXPECT_TRUE(desk.settle(std::move(wave), {1'700'000'000'000}, {1'700'000'100'000},
                                [](const auto&) {}));
        EXPECT_EQ(desk.refused(), 0U);
    }
    fs::path data() const { return folder_.path() / "data"; }

private:
    TemporaryFolder folder_;
};

TEST_F(Belongings, AreFoundClean) {  // Rules E1, T1, T6, T8, X9.
    const auto ran = muster("audit --json", data());
    EXPECT_EQ(ran.status, 0) << ran.out;
    EXPECT_GT(nlohmann::json::parse(ran.out)["records"], 25);
}

TEST_F(Belongings, ThatLostTheirKeysAreFound) {
    {
        const auto store = RocksStore::open(data() / "log", {});
        ASSERT_TRUE(store) << store.error().message;
        auto* vault = (*store)->family(Family::vault);
        auto& db = (*store)->db();
        EXPECT_TRUE(db.Delete({}, vault, vault_key(subject_of(ContactId{1}))).ok());
        EXPECT_TRUE(db.Delete({}, vault, vault_key(subject_of(TicketId{1}))).ok());
        const std::string seed(sizeof(Seed), 's');
        EXPECT_TRUE(db.Put({}, vault, vault_key(subject_of(ContactId{2})), seed).ok());
        EXPECT_TRUE(db.Put({}, vault, vault_key(subject_of(TicketId{2})), seed).ok());
    }
    const auto verdict = audit_damaged(data());
    EXPECT_TRUE(found(verdict, "contact-1", "its key is missing"));
    EXPECT_TRUE(found(verdict, "ticket-1", "its key is missing"));
    EXPECT_TRUE(found(verdict, "the vault", "6b050000000000000002 has no owner"));
    EXPECT_TRUE(found(verdict, "the vault", "6b060000000000000002 has no owner"));
}

struct Breach {
    Event event;
    std::string_view rule;
};
class BrokenRules : public testing::TestWithParam<Breach> {};

TEST_P(BrokenRules, AreFound) {
    const DemoCopy copy;
    append(copy.data(), GetParam().event);
    const auto verdict = audit_damaged(copy.data());
    EXPECT_TRUE(found(verdict, "", GetParam().rule)) << verdict.dump(2);
}

INSTANTIATE_TEST_SUITE_P(
    Audit, BrokenRules,
    testing::Values(
        Breach{AssociationEnded{{1}, {1}}, "(E4, E17)"},
        Breach{AssociationEnded{{1}, {1}}, "(P3, P4, P12)"},
        Breach{AssociationGranted{{1}, {800}, Permissions::all(), {}}, "no such user (X5)"},
        Breach{AssociationGranted{{800}, {1}, Permissions::all(), {}}, "no such account (X6)"},
        Breach{AssociationGranted{{1}, {1}, Permissions::all(), {}}, "(I24)"},
        Breach{PermissionsSet{{1}, {1}, {}}, "(P3, P4, P12)"},
        Breach{UserDeleted{{1}, {}}, "(X2, X3, X5)"},
        Breach{AccountOpened{{900}, {800}, {Profile{}}}, "no such user (X5)"},
        Breach{AccountOpened{{900}, {1}, {Profile{}}}, "would be handed out again"},
        Breach{UserRegistered{{900}, EmailKey{}, {Person{"A", "B", "a@example.com"}}, "en", 0},
               "(E14)"},
        Breach{UserRegistered{{900}, {}, {Person{}}, "en", 1}, "the password is missing"},
        Breach{PasswordChanged{{1}, 77}, "number is not the next"},
        Breach{InvitationCancelled{{1}, {700}}, "not pending (I19)"},
        Breach{SessionEnded{{70'000}, {1}}, "no such session"},
        Breach{MailSent{{1}}, "nothing asked for this mail"},
        Breach{MailAttemptFailed{{70'000}, MailTrouble::timeout, 0, {}}, "nothing asked for"},
        Breach{MailRequeued{{1}}, "the mail had not failed"},
        Breach{ContactAdded{{800}, {900}, {}, {Profile{}}, {}}, "no such account (X6)"},
        Breach{ContactAdded{{1}, {900}, {}, {Profile{}}, {}}, "would be handed out again"},
        Breach{ContactAdded{{1}, {900}, {}, {Profile{}}, {}}, "(E14)"},
        Breach{ContactRemoved{{1}, {700}}, "no such contact"},
        Breach{TicketOpened{{900}, {{800}}, {}, {}, Badge::operator_, {Heading{}}, {Message{}}},
               "no such account (X6)"},
        Breach{TicketOpened{{900}, {{1}}, {}, {}, Badge::guest, {Heading{}}, {Message{}}},
               "not the writer's (T6, T8)"},
        Breach{TicketOpened{{900}, {}, {}, {}, Badge::operator_, {Heading{}}, {Message{}}},
               "would be handed out again"},
        Breach{TicketOpened{{900},
                            {},
                            {},
                            {{EmailKey{}}},
                            Badge::guest,
                            {Heading{}},
                            {Message{"", "", "a@example.com"}}},
               "(E14)"},
        Breach{TicketOpened{{900},
                            {},
                            {{{1}}},
                            {},
                            Badge::external_user,
                            {Heading{}},
                            {Message{"", "", "a@example.com"}}},
               "(X18)"},
        Breach{TicketClosed{{700}, {}}, "no such ticket"},
        Breach{TicketDeleted{{700}, AccountId{1}}, "no such ticket"},
        Breach{OrderPlaced{{900}, {900}, {{1}}, {}, {}, {OrderLines{}}, "EUR", {}},
               "no such account (X6)"},
        Breach{OrderPlaced{{1}, {900}, {{800}}, {}, {}, {OrderLines{}}, "EUR", {}},
               "nobody's of the account (T1)"},
        Breach{OrderPlaced{{1}, {900}, {{800}}, {{1}}, {}, {OrderLines{}}, "EUR", {}},
               "not the owner's (T1)"},
        Breach{OrderPlaced{{1}, {900}, {{1}}, {{800}}, {}, {OrderLines{}}, "EUR", {}},
               "no such admin (T2)"}));

TEST(Audit, SaysWhyItCannotLook) {
    const TemporaryFolder folder;
    EXPECT_EQ(muster("audit", folder.path() / "none").status, 1);
    const DemoCopy copy;
    EXPECT_EQ(muster_locked_out("audit", copy.data()).status, 4);
    EXPECT_EQ(shell(std::string{MUSTER_PROGRAM} + " audit --bogus").status, 2);
    write_content(copy.data() / "format", "muster 2\n");
    const auto newer = muster("audit", copy.data());
    EXPECT_EQ(newer.status, 1);
    EXPECT_NE(newer.err.find("newer version"), std::string::npos) << newer.err;
}

}  // namespace
}  // namespace muster::tools
