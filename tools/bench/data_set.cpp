#include "tools/bench/data_set.hpp"

#include <atomic>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fstream>
#include <future>
#include <random>
#include <semaphore>
#include <sys/stat.h>

#include "events/folder.hpp"
#include "events/forgotten.hpp"
#include "events/rocks_log.hpp"
#include "events/token.hpp"
#include "handlers/committer.hpp"
#include "handlers/forgetter.hpp"
#include "handlers/invitations.hpp"
#include "handlers/passwords.hpp"
#include "handlers/second_factor.hpp"
#include "handlers/sessions.hpp"
#include "handlers/staff.hpp"
#include "handlers/users.hpp"
#include "projections/rebuild.hpp"
#include "tools/bench/failure.hpp"

namespace muster::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t under_way = 8192;
constexpr std::size_t keys_of_those = 1 << 18;  // Several subjects a command.
constexpr unsigned seasons = 10;
constexpr std::chrono::hours span{5 * 24};
constexpr AccessRule anybody{.anonymous = AccessRule::Anonymous::yes};
constexpr std::string_view agent =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

constexpr std::array<std::string_view, 12> first_names{
    "Ada", "Bob", "Chen", "Dilek", "Eve", "Farid", "Grace", "Hugo", "Ines", "Jan", "Kofi", "Lena"};
constexpr std::array<std::string_view, 10> last_names{
    "Lovelace", "Okafor", "Novak", "Sato", "Moreau", "Silva", "Weber", "Rossi", "Kaya", "Hansen"};

// Asks the committing thread, many at a time. The events are spread over the span, up to now.
class Desk {
public:
    Desk(Log& log, Keyring& keyring, const Keys& keys, std::uint64_t events,
         std::chrono::hours over)
        : step_us_(std::chrono::microseconds{over}.count() / static_cast<std::int64_t>(events)),
          now_us_((std::chrono::system_clock::now().time_since_epoch() - over) /
                  std::chrono::microseconds{1}),
          committer_(
              log, keyring, keys, [this] { return Time{now_us_ / 1000}; },
              [this](std::vector<Committer::Completion> completions, Position) {
                  for (auto& each : completions)
                      each.done(std::move(each.result));
                  slots_.release(static_cast<std::ptrdiff_t>(completions.size()));
              },
              [](const Fault& fault) {
                  fmt::print(stderr, "the log failed: {}\n", fault.message);
                  std::abort();
              },
              {.queue = under_way, .batch = 2048, .cache_bytes = 256 << 20}) {}

    void ask(std::variant<Credential, AsSystem> who, std::function<Decision(Work&)> use_case,
             std::function<void(const Events&)> done) {
        slots_.acquire();
        Request request;
        request.credential = std::move(who);
        request.ip = std::string{"\x0a\x01\x02\x03", 4};
        request.rule = anybody;
        request.use_case = [this, use_case = std::move(use_case)](Work& work) {
            auto decision = use_case(work);
            if (decision) now_us_ += step_us_ * static_cast<std::int64_t>(decision->size());
            return decision;
        };
        request.done = [this, done = std::move(done)](Result result) {
            if (!result) return;  // E.g. invited to an account that one has access to.
            events_ += result->events.size();
            done(result->events);
        };
        committer_.submit(std::move(request));
    }
    // All is durable that was asked for.
    void wait() {
        for (std::ptrdiff_t n = 0; n < under_way; ++n)
            slots_.acquire();
        slots_.release(under_way);
    }
    std::uint64_t events() const { return events_; }

private:
    const std::int64_t step_us_;
    std::atomic<std::int64_t> now_us_;
    std::atomic<std::uint64_t> events_ = 0;
    std::counting_semaphore<under_way> slots_{under_way};
    Committer committer_;
};

template <class E>
const E* find_event(const Events& events) {
    for (const auto& event : events) {
        if (const auto* found = std::get_if<E>(&event)) return found;
    }
    return nullptr;
}

FactorSecret secret_of(std::size_t person) {
    FactorSecret secret{};
    std::memcpy(secret.data(), &person, sizeof person);
    return secret;
}

std::string hash_of(std::string password) {
    PasswordPool pool{{.threads = 1}};
    std::promise<std::string> hash;
    pool.hash(std::move(password), [&](std::string done) { hash.set_value(std::move(done)); });
    return hash.get_future().get();
}

// What people do, in one season after the other.
class Story {
public:
    Story(Desk& desk, std::vector<Person>& people, std::uint64_t seed)
        : desk_(desk),
          people_(people),
          random_(seed),
          hash_(hash_of(std::string{DataSet::password})) {}

    void season(std::size_t newcomers, std::uint64_t until) {
        for (std::size_t n = 0; n < newcomers; ++n)
            register_one();
        desk_.wait();
        for (std::size_t n = 0; n < 4 * newcomers; ++n)
            invite();
        desk_.wait();
        for (const auto& invitation : invitations_)
            accept(invitation);
        invitations_.clear();
        desk_.wait();
        while (desk_.events() < until) {
            for (auto left = until - desk_.events(); left > 0; --left)
                sign_in_one();
            desk_.wait();
        }
    }

    // Each in two steps, as a user would do it.
    void switch_second_factors_on(std::size_t number) {
        for (std::size_t n = 0; n < number; ++n) {
            desk_.ask(
                Credential{people_[n].session},
                [n](Work& work) {
                    const auto user = work.caller().user;
                    keep_factor(work, factor_place(user), 1, secret_of(n));
                    return when(work.read(user), StartSecondFactor{{Proof::Kind::password, 1}});
                },
                [](const Events&) {});
        }
        desk_.wait();
        for (std::size_t n = 0; n < number; ++n) {
            desk_.ask(
                Credential{people_[n].session},
                [](Work& work) {
                    keep_recovery_codes(work, factor_place(work.caller().user), 1,
                                        draw_recovery_codes());
                    const GivenCode first{GivenCode::Given::yes, 1, 1, 0};
                    return when(work.read(work.caller().user), ConfirmSecondFactor{first});
                },
                [](const Events&) {});
        }
        desk_.wait();
    }

private:
    std::size_t anybody_of_them() {
        return std::uniform_int_distribution<std::size_t>{0, people_.size() - 1}(random_);
    }
    Permissions some_permissions() {
        const auto bits = std::uniform_int_distribution<std::uint64_t>{1, 0x1fff}(random_);
        return *Permissions::from_bits(bits);
    }

    void register_one() {
        const auto n = people_.size();
        people_.emplace_back();
        const std::string first{first_names[n % first_names.size()]};
        const std::string last{last_names[random_() % last_names.size()]};
        const auto email = DataSet::email_of(n);
        Profile profile;
        profile.first_name = first;
        profile.last_name = last;
        profile.email = email.text();
        if (n % 2 == 0) {
            profile.company_name = last + " & Partners";
            profile.address1 = fmt::format("{} Market Street", n % 400);
            profile.city = "Rotterdam";
            profile.postcode = "3011 AA";
            profile.country = "NL";
        }
        desk_.ask(
            Credential{},
            [=, this](Work& work) {
                return register_visitor(work, {first, last, email, "en", hash_}, profile,
                                        std::string{agent});
            },
            [this, n](const Events& events) {
                people_[n].user = find_event<UserRegistered>(events)->user;
                people_[n].account = find_event<AccountOpened>(events)->account;
                people_[n].session = find_event<SessionStarted>(events)->session;
            });
    }

    void invite() {
        const auto& owner = people_[anybody_of_them()];
        const auto guest = ++guests_;
        const auto email =
            *EmailAddress::parse(fmt::format("guest{}@mail{}.example", guest, guest % 97));
        const bool will_come = guest % 10 == 0;
        desk_.ask(
            Credential{owner.session},
            [account = owner.account, email, permissions = some_permissions()](Work& work) {
                return invite_user(work, account, email, permissions);
            },
            [this, account = owner.account, will_come](const Events& events) {
                const auto* invited = find_event<UserInvited>(events);
                if (will_come && invited) invitations_.push_back({account, invited->invitation, 1});
            });
    }

    void accept(const Link& link) {
        desk_.ask(
            Credential{people_[anybody_of_them()].session},
            [link](Work& work) { return accept_signed_in(work, link); }, [](const Events&) {});
    }

    void sign_in_one() {
        const auto n = anybody_of_them();
        desk_.ask(
            Credential{},
            [user = people_[n].user.number](Work& work) {
                return sign_in(work, {user, 1}, std::string{agent});
            },
            [this, n](const Events& events) {
                // Whoever reaches several accounts would have to choose first.
                const auto* started = find_event<SessionStarted>(events);
                if (started->account) people_[n].session = started->session;
            });
    }

    Desk& desk_;
    std::vector<Person>& people_;
    std::mt19937_64 random_;
    const std::string hash_;
    std::uint64_t guests_ = 0;
    std::vector<Link> invitations_;  // Of this season, to be accepted.
};

std::uint64_t bytes_below(const fs::path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& file : fs::recursive_directory_iterator{folder}) {
        struct stat status{};
        if (!file.is_directory() && stat(file.path().c_str(), &status) == 0)
            bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
    return bytes;
}

}  // namespace

TemporaryFolder::TemporaryFolder(const fs::path& beside, const std::string& name)
    : path_(beside / name) {
    fs::remove_all(path_);
    fs::create_directories(path_);
}
TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

DataSet::DataSet(const fs::path& folder, std::uint64_t events, std::uint64_t seed)
    : folder_(folder), events_(events) {
    if (!find_sessions()) {
        fill(seed);
        project();
        keep_sessions();
    }
    sign_in_admin();
    make_tokens();
}

// Who is signed in stands beside the data folder: head, then a line a person.
void DataSet::keep_sessions() const {
    std::ofstream file{folder_.string() + ".sessions"};
    fmt::print(file, "{}\n", events_);
    for (const auto& person : people_) {
        fmt::print(file, "{} {} {}\n", person.user.number, person.account.number,
                   person.session.number);
    }
}

bool DataSet::find_sessions() {
    std::ifstream file{folder_.string() + ".sessions"};
    if (!(file >> events_)) return false;
    for (Person person;
         file >> person.user.number >> person.account.number >> person.session.number;)
        people_.push_back(person);
    return true;
}

void DataSet::make_tokens() {
    const auto folder = or_fail(DataFolder::open(folder_, DataFolder::Open::existing));
    const auto token_of = [&](SessionId session) {
        return to_text(Token{TokenPurpose::session, session.number, 1}, folder.keys());
    };
    for (auto& person : people_)
        person.token = token_of(person.session);
    admin_token_ = token_of(admin_);
}

EmailAddress DataSet::email_of(std::size_t person) {
    return *EmailAddress::parse(fmt::format(
        "{}.{}@customer{}.example", first_names[person % first_names.size()], person, person % 89));
}

std::string DataSet::code_of(std::size_t person) {
    return one_time_password(secret_of(person), time_step(system_time()));
}

void DataSet::fill(std::uint64_t seed) {
    const auto folder = or_fail(DataFolder::open(folder_, DataFolder::Open::create));
    const auto log = or_fail(open_rocks_log(folder.log(), folder.head()));
    Keyring keyring{*log, folder.keys(), keys_of_those};
    {
        Desk desk{*log, keyring, folder.keys(), events_, span};
        people_.reserve(events_ / events_a_user);
        Story story{desk, people_, seed};
        const NewAdmin staff{"Grace Hopper", *EmailAddress::parse("grace@hosting.example"),
                             Role::administrator, hash_of(std::string{password})};
        desk.ask(
            AsSystem{}, [&](Work& work) { return create_admin(work, staff); },
            [](const Events&) {});
        desk.wait();
        for (unsigned n = 1; n <= seasons; ++n)
            story.season(events_ / events_a_user / seasons, events_ * n / seasons - 1);
        story.switch_second_factors_on(with_second_factor());
    }
    events_ = log->head().number;
}

// Of a data set that was kept the admin's session may have ended.
void DataSet::sign_in_admin() {
    const auto folder = or_fail(DataFolder::open(folder_, DataFolder::Open::existing));
    const auto log = or_fail(open_rocks_log(folder.log(), folder.head()));
    const auto store = or_fail(views::ViewStore::open(folder.views(), {}));
    Keyring keyring{*log, folder.keys(), keys_of_those};
    Desk desk{*log, keyring, folder.keys(), 1, {}};
    desk.ask(
        Credential{},
        [](Work& work) { return muster::sign_in_admin(work, {1, 1}, std::string{agent}); },
        [&](const Events& events) { admin_ = find_event<AdminSessionStarted>(events)->session; });
    desk.wait();
    or_fail(views::catch_up(*log, keyring, *store, {}));
}

void DataSet::project() const {
    const auto folder = or_fail(DataFolder::open(folder_, DataFolder::Open::existing));
    const auto log = or_fail(open_rocks_log(folder.log(), folder.head()));
    const auto store = or_fail(views::ViewStore::open(folder.views(), {}));
    Keyring keyring{*log, folder.keys(), keys_of_those};
    or_fail(views::rebuild(*log, keyring, *store, {}));
    or_fail(store->merge());
    // As a server that has run leaves it: nobody was forgotten.
    or_fail(append_forgotten(folder.forgotten(), folder.keys().check_value(), {}));
    or_fail(log->keep_checkpoint(Forgetter::name, {log->head(), {}}));
}

void DataSet::copy_to(const fs::path& folder) const {
    for (const auto& file : fs::recursive_directory_iterator{folder_}) {
        const auto to = folder / fs::relative(file.path(), folder_);
        if (file.is_directory()) {
            fs::create_directories(to);
        } else if (file.path().extension() == ".sst") {
            fs::create_hard_link(file.path(), to);
        } else {
            fs::copy_file(file.path(), to);
        }
    }
}

std::uint64_t DataSet::bytes_of(std::string_view folder) const {
    return bytes_below(folder_ / folder);
}

}  // namespace muster::bench
