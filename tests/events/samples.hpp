// Made-up events and what is needed to seal, store and compare them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "events/bytes.hpp"
#include "events/event.hpp"
#include "events/memory_log.hpp"
#include "events/record.hpp"
#include "events/sealing.hpp"

namespace muster {

// Removed with everything in it.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "muster-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Long loops are short unless MUSTER_LONG_TESTS is set.
inline std::size_t short_or_long(std::size_t few, std::size_t many) {
    return std::getenv("MUSTER_LONG_TESTS") != nullptr ? many : few;
}

inline constexpr Key sample_root{1, 2, 3, 4, 5, 6, 7, 8};
inline constexpr Salt sample_salt{9, 8, 7, 6, 5, 4, 3, 2, 1};
inline constexpr std::uint64_t sample_ids = 40;  // Every id that a Maker makes is below.

// Keys for everybody whom a Maker can make.
struct Vault {
    Vault() {
        for (std::uint8_t kind = 1; kind <= 6; ++kind) {
            for (std::uint64_t n = 1; n < sample_ids; ++n) {
                keyring.remember({SubjectKind{kind}, n}, Seed{kind, static_cast<std::uint8_t>(n)});
            }
        }
    }
    MemoryLog log;
    Keys keys{sample_root};
    Keyring keyring{log, keys};
};

// --- Commits of events without personal data

inline constexpr AccountId acme{1}, bolt{2}, coda{3};
inline constexpr UserId ada{1}, bob{2};
inline constexpr Time noon{1'790'000'000'000};

inline Draft drafted(const Event& event) {
    Vault vault;
    return draft(event, {noon, {}, {}, {}}, vault.keyring).value();
}
inline Draft activated(AccountId account) { return drafted(AccountActivated{account}); }

inline Commit commit_of(std::vector<Draft> events, std::vector<StreamVersion> read = {}) {
    Commit commit;
    commit.read = std::move(read);
    commit.time = noon;
    commit.events = std::move(events);
    return commit;
}

// --- Any event

// Fills the fields of anything that lists them.
class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    template <class E>
    E make() {
        E event{};
        fill(event);
        return event;
    }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

private:
    void fill(std::uint32_t& value) { value = static_cast<std::uint32_t>(random_() >> below(32)); }
    void fill(Time& time) { time.ms = static_cast<std::int64_t>(random_() >> (1 + below(62))); }
    void fill(Amount& value) {
        // In a line before: compilers evaluate arguments in orders of their own.
        const auto digits = below(5);
        value = *Amount::from_parts(below(1'000'000) * Amount::unit, digits);
    }
    void fill(Permissions& value) { value = *Permissions::from_bits(below(1U << 13)); }
    void fill(Role& value) { value = static_cast<Role>(below(3)); }
    void fill(Switch& value) { value = static_cast<Switch>(below(2)); }
    void fill(MailTrouble& value) { value = static_cast<MailTrouble>(1 + below(9)); }
    void fill(Badge& value) { value = static_cast<Badge>(below(6)); }
    void fill(MailTopic& value) { value = static_cast<MailTopic>(below(6)); }
    void fill(SettingsKey&) {}
    void fill(IdentityStatus& value) { value = static_cast<IdentityStatus>(below(5)); }
    void fill(Requester& value) { value = static_cast<Requester>(below(2)); }
    void fill(AttemptKind& value) { value = static_cast<AttemptKind>(below(3)); }
    void fill(SubjectKind& value) { value = static_cast<SubjectKind>(1 + below(6)); }
    void fill(std::uint64_t& value) { value = random_() >> below(64); }
    template <class Thing>
    void fill(Digest<Thing>& key) {
        for (auto& byte : key.bytes)
            byte = static_cast<std::uint8_t>(random_());
    }
    void fill(std::string& text) {
        static const std::vector<std::string> words{"",       "Ada",  "Löwe",     "en",
                                                    "\"\\\n", "日本", "a@b.test", "🦊"};
        text.clear();
        for (auto count = below(4); count > 0; --count)
            text += words[below(words.size())];
    }
    template <class Thing>
    void fill(Id<Thing>& id) {
        id.number = 1 + below(sample_ids - 1);
    }
    template <class K>
    void fill(Mention<K>& mention) {
        fill(mention.key);
    }
    template <class T>
    void fill(std::optional<T>& value) {
        if (below(2) == 1) fill(value.emplace());
    }
    template <class K, class V>
    void fill(Personal<K, V>& personal) {
        fill(personal.value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& list) {
        list.resize(below(4));
        for (auto& value : list)
            fill(value);
    }
    template <class T>
    void fill(std::set<T>& set) {
        for (auto count = below(4); count > 0; --count) {
            T value{};
            fill(value);
            set.insert(value);
        }
    }
    template <Listed Struct>
    void fill(Struct& value) {
        for_each_field(value, [&](std::string_view, auto& field) { fill(field); });
    }

    std::mt19937_64 random_;  // The standard says which numbers follow from a seed.
};

// One of every alternative of Event.
inline Events one_of_each(std::uint64_t seed) {
    Events events;
    [&]<std::size_t... n>(std::index_sequence<n...>) {
        (events.emplace_back(Maker{seed + n}.make<std::variant_alternative_t<n, Event>>()), ...);
    }(std::make_index_sequence<std::variant_size_v<Event>>{});
    return events;
}

// By a user, by an admin, by System, with an API key; with and without the rest.
inline Circumstances circumstances(std::uint64_t seed) {
    Maker maker{seed};
    Circumstances about;
    about.time = Time{1'790'000'000'000 + static_cast<std::int64_t>(maker.below(1'000'000))};
    about.actor.kind = static_cast<ActorKind>(seed % 4);
    if (about.actor.kind != ActorKind::system) about.actor.number = 1 + maker.below(9);
    if (seed % 3 == 0) about.actor.on_behalf_of = UserId{1 + maker.below(9)};
    if (seed % 5 != 0) about.caller = std::string(seed % 2 == 0 ? 4 : 16, static_cast<char>(seed));
    if (seed % 7 != 0) about.trace = {1, 2, 3, static_cast<std::uint8_t>(seed)};
    return about;
}

// The stored bytes of an event that is the first one in each of its streams.
inline std::string stored_bytes(const Event& event, const Circumstances& about, Position position,
                                Vault& vault) {
    const auto ready = draft(event, about, vault.keyring, sample_salt).value();
    std::vector<StreamVersion> streams;
    for (const auto& stream : ready.streams)
        streams.push_back({stream, 1});
    return encode(ready, position, about.time, streams);
}

inline bool same(const Record& one, const Record& other) {
    return one.position == other.position && one.time == other.time &&
           one.streams == other.streams && one.actor == other.actor && one.caller == other.caller &&
           one.trace == other.trace && one.event == other.event;
}

}  // namespace muster
