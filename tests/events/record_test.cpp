#include "events/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "events/text.hpp"
#include "tests/events/samples.hpp"

namespace muster {
namespace {

constexpr Position seven{7};

TEST(Record, EveryEventComesBackAsItWasStored) {
    Vault vault;
    for (std::uint64_t seed = 0; seed < short_or_long(50, 5'000); ++seed) {
        for (const auto& event : one_of_each(seed)) {
            const auto about = circumstances(seed);
            const auto record = decode(stored_bytes(event, about, seven, vault), &vault.keyring);
            ASSERT_TRUE(record) << record.error().message;
            EXPECT_EQ(record->event, event) << type_of(event).name << " of seed " << seed;
            EXPECT_EQ(record->position, seven);
            EXPECT_EQ(record->time, about.time);
            EXPECT_EQ(record->actor, about.actor);
            EXPECT_EQ(record->caller, about.caller);
            EXPECT_EQ(record->trace, about.trace);
            const auto streams = streams_of(event);
            ASSERT_EQ(record->streams.size(), streams.size());
            for (std::size_t n = 0; n < streams.size(); ++n)
                EXPECT_EQ(record->streams[n], (StreamVersion{streams[n], 1}));
        }
    }
}

TEST(Record, ATruncatedOneIsAnError) {
    Vault vault;
    for (const auto& event : one_of_each(1)) {
        const auto bytes = stored_bytes(event, circumstances(6), seven, vault);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(decode(std::string_view{bytes}.substr(0, size), &vault.keyring))
                << type_of(event).name << " cut to " << size;
        }
        EXPECT_FALSE(decode(bytes + '\0', &vault.keyring)) << "a byte too many";
    }
}

TEST(Record, AChangedByteIsAnErrorOrAnotherValue) {
    Vault vault;
    const auto changes = short_or_long(8, 255);
    for (std::uint64_t seed = 1; seed < short_or_long(3, 40); ++seed) {
        for (const auto& event : one_of_each(seed)) {
            const auto bytes = stored_bytes(event, circumstances(seed + 5), seven, vault);
            const auto original = decode(bytes, &vault.keyring).value();
            for (std::size_t at = 0; at < bytes.size(); ++at) {
                for (std::size_t n = 0; n < changes; ++n) {
                    auto changed = bytes;
                    const auto mask = changes == 8 ? 1U << n : static_cast<unsigned>(n + 1);
                    changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
                    const auto read = decode(changed, &vault.keyring);
                    EXPECT_FALSE(read && same(*read, original))
                        << type_of(event).name << ", byte " << at << ", mask " << mask;
                }
            }
        }
    }
}

RC_GTEST_PROP(Record, AnyBytesAreReadOrRefusedAndNeverMore, (const std::string& bytes)) {
    Vault vault;
    static_cast<void>(parse_envelope(bytes));
    static_cast<void>(decode(bytes, &vault.keyring));
    static_cast<void>(decode('\1' + bytes, nullptr));
}

RC_GTEST_PROP(Record, AnySplicedRecordIsReadOrRefused,
              (std::uint64_t seed, const std::string& in)) {
    Vault vault;
    const auto events = one_of_each(seed);
    auto bytes = stored_bytes(events[seed % events.size()], circumstances(seed), seven, vault);
    bytes.insert(seed % bytes.size(), in);
    static_cast<void>(decode(bytes, &vault.keyring));
}

const AccountOpened acme_opened = [] {
    Profile profile;
    profile.company_name = "Acme";
    return AccountOpened{acme, ada, {profile}};
}();
const Circumstances by_ada{{1'790'000'000'000}, {ActorKind::user, 1, {}}, "\x7f\1\1\1", {}};

TEST(Record, PersonalDataOfTheErasedIsAbsent) {
    Vault vault;
    const auto bytes = stored_bytes(acme_opened, by_ada, seven, vault);
    vault.keyring.forget(subject_of(acme_opened.account));
    vault.keyring.forget(subject_of(UserId{1}));

    const auto record = decode(bytes, &vault.keyring).value();
    const auto& opened = std::get<AccountOpened>(record.event);
    EXPECT_EQ(opened.owner, acme_opened.owner);
    EXPECT_FALSE(opened.profile.value);
    EXPECT_EQ(record.caller, "");
}

TEST(Record, WithoutAKeyringNothingIsOpened) {
    Vault vault;
    const auto record = decode(stored_bytes(acme_opened, by_ada, seven, vault), nullptr).value();
    EXPECT_FALSE(std::get<AccountOpened>(record.event).profile.value);
    EXPECT_EQ(record.caller, "");
}

TEST(Record, NothingPersonalCanBeReadInTheStoredBytes) {
    Vault vault;
    const auto bytes = stored_bytes(acme_opened, by_ada, seven, vault);
    EXPECT_EQ(bytes.find("Acme"), std::string::npos);
    EXPECT_EQ(bytes.find(by_ada.caller), std::string::npos);
}

// Rule X18. Of an attempt that failed nobody has shown who made it, but it is known whom it was
// about.
TEST(Record, TheCallerOfWhatSystemRecordsIsSealedForWhomItIsAbout) {
    Vault vault;
    const Circumstances about{noon, {}, "\x0a\x14\x1e\x28", {}};
    const AttemptFailed failed{{{1, 2, 3}}, AttemptKind::code, Mention<UserId>{ada}, {}, noon};
    const auto bytes = stored_bytes(failed, about, seven, vault);
    EXPECT_FALSE(bytes.contains(about.caller));
    EXPECT_EQ(decode(bytes, &vault.keyring)->caller, about.caller);
    EXPECT_EQ(decode(bytes, nullptr)->caller, "");
    EXPECT_EQ(to_hex(bytes),  // For ever.
              "010780d8c1a28c34010901020300000000000000000000000000010f617474656d7074732e6661696c65"
              "640119000908070605040302010000001413e96ffb8b25ca64ef7da1ec79b230659483870f1a01020300"
              "0000000000000000000000000101010080d8c1a28c34");

    vault.keyring.forget(subject_of(ada));
    EXPECT_EQ(decode(bytes, &vault.keyring)->caller, "");
    const auto later = stored_bytes(failed, about, seven, vault);
    EXPECT_FALSE(later.contains(about.caller));
    EXPECT_EQ(decode(later, &vault.keyring)->event, Event{failed});

    const ResetAsked asked{{{1}}, {{2}}, noon};  // About nobody who is known.
    EXPECT_EQ(decode(stored_bytes(asked, about, seven, vault), nullptr)->caller, about.caller);
}

TEST(Record, AnotherSaltOrAnotherKeyDoesNotOpen) {
    Vault vault;
    const Key key{1};
    const Key other{2};
    const auto sealed = seal(key, sample_salt, 1, "ada");
    EXPECT_EQ(open(key, sample_salt, 1, sealed), "ada");
    EXPECT_FALSE(open(key, sample_salt, 2, sealed));
    EXPECT_FALSE(open(key, Salt{1}, 1, sealed));
    EXPECT_FALSE(open(other, sample_salt, 1, sealed));
    EXPECT_FALSE(open(key, sample_salt, 1, sealed.substr(1)));
    EXPECT_FALSE(open(key, sample_salt, 1, ""));
}

TEST(Record, TwoDraftsOfOneEventAreSealedDifferently) {
    Vault vault;
    const auto one = draft(acme_opened, by_ada, vault.keyring).value();
    EXPECT_NE(one.body, draft(acme_opened, by_ada, vault.keyring).value().body);
}

TEST(Record, SealingForSomebodyWithoutAKeyIsAFault) {
    Vault vault;
    vault.keyring.forget(subject_of(acme_opened.account));
    EXPECT_FALSE(draft(acme_opened, by_ada, vault.keyring));
}

TEST(Record, APersonalFieldWithoutAValueIsNotStored) {
    Vault vault;
    EXPECT_FALSE(draft(AccountOpened{acme, ada, {}}, by_ada, vault.keyring));
}

TEST(Record, AnUnknownEventIsOfANewerVersion) {
    Vault vault;
    auto bytes = stored_bytes(acme_opened, by_ada, seven, vault);
    bytes.replace(bytes.find("account.opened"), 14, "account.opaque");
    const auto record = decode(bytes, &vault.keyring);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().kind, Fault::Kind::newer_version);
    EXPECT_NE(record.error().message.find("position 7"), std::string::npos);
}

TEST(Record, ANewerFormatIsOfANewerVersion) {
    Vault vault;
    auto bytes = stored_bytes(acme_opened, by_ada, seven, vault);
    bytes[0] = 2;
    EXPECT_EQ(parse_envelope(bytes).error().kind, Fault::Kind::newer_version);
}

TEST(Secret, OpensOnlyInItsPlace) {
    const Keys keys{sample_root};
    const auto place = vault_key(SecretKind::user_password, 1);
    const auto sealed = keys.seal_secret(place, "hash");
    EXPECT_EQ(keys.open_secret(place, sealed), "hash");
    EXPECT_FALSE(keys.open_secret(vault_key(SecretKind::user_password, 2), sealed));
    EXPECT_FALSE(Keys{Key{7}}.open_secret(place, sealed));
    EXPECT_NE(sealed, keys.seal_secret(place, "hash"));
}

}  // namespace
}  // namespace muster
