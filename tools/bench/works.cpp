#include "tools/bench/works.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <random>
#include <unistd.h>

#include "events/folder.hpp"
#include "events/rocks_log.hpp"
#include "projections/rebuild.hpp"
#include "tools/bench/ceilings.hpp"
#include "tools/bench/child.hpp"
#include "tools/bench/failure.hpp"
#include "tools/bench/load.hpp"
#include "tools/log_reading.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t list_pages = 400;

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

// What was written before must not be written out on the time of what is measured now.
void settle(const std::filesystem::path& folder) {
    const auto directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || syncfs(directory) != 0) fail_by_errno("syncfs");
    close(directory);
}

// The program that was built, on a copy of the data set.
class Server {
public:
    explicit Server(const Bench& bench) : folder_(bench.folder, "served") {
        bench.data.copy_to(folder_.path());
        settle(bench.folder);
        began_ = Clock::now();
        child_.emplace(std::vector<std::string>{bench.muster.native(), "serve", "--rate-limits",
                                                "off", "--data", folder_.path().native(),
                                                "--listen", "127.0.0.1:0"});
    }
    ~Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    const Child& child() const { return *child_; }
    Clock::time_point began() const { return began_; }
    void stop() { child_->stop(); }

private:
    TemporaryFolder folder_;
    Clock::time_point began_;
    std::optional<Child> child_;  // Ends before its folder goes.
};

LoadResult run_on(const Child& child, const Bench& bench,
                  std::function<void(unsigned, std::string&)> write, double warm_up_s = 0.5) {
    return run_load({.port = child.port(),
                     .warm_up_s = warm_up_s,
                     .seconds = bench.seconds,
                     .write = std::move(write),
                     .server_cpu_s = [&child] { return child.cpu_s(); }});
}

CpuTime cpu_of(const LoadResult& result) { return {result.server_cpu_us, result.own_cpu_us}; }

// --- Requests

// Invitations by an owner, each to an address of its own.
class Inviting {
public:
    void write(const Person& owner, std::string& out) {
        ++count_;
        const auto body = fmt::format(
            R"({{"email":"invited{}@new{}.example","permissions":["products","domains","tickets"]}})",
            count_, count_ % 31);
        out += to_request("POST", fmt::format("/v1/accounts/{}/invitations", owner.account.number),
                          owner.token, body);
    }

private:
    std::uint64_t count_ = 0;
};

class Looking {
public:
    explicit Looking(const DataSet& data) : data_(data) {}
    void write(std::string& out) {
        const auto id =
            std::uniform_int_distribution<std::uint64_t>{1, data_.people().size()}(random_);
        out += to_request("GET", fmt::format("/v1/users/{}", id), data_.admin_token());
    }

private:
    const DataSet& data_;
    std::mt19937_64 random_{1};
};

// Pages that lie all along the list's beginning.
class Listing {
public:
    Listing(const DataSet& data, std::uint16_t port) {
        std::string target = "/v1/users?limit=25";
        while (requests_.size() < list_pages) {
            requests_.push_back(to_request("GET", target, data.admin_token()));
            const auto page = nlohmann::json::parse(ask(port, requests_.back()).body);
            const auto& cursor = page.at("next");
            if (cursor.is_null()) break;
            target = "/v1/users?limit=25&cursor=" + cursor.get<std::string>();
        }
    }
    void write(std::string& out) { out += requests_[next_++ % requests_.size()]; }

private:
    std::vector<std::string> requests_;
    std::size_t next_ = 0;
};

// That some record is in the log.
class Proving {
public:
    explicit Proving(const DataSet& data) : data_(data) {}
    void write(std::string& out) {
        const auto position =
            std::uniform_int_distribution<std::uint64_t>{1, data_.events()}(random_);
        out += to_request(
            "GET",
            fmt::format("/v1/log/proofs/inclusion?position={}&size={}", position, data_.events()),
            data_.admin_token());
    }

private:
    const DataSet& data_;
    std::mt19937_64 random_{3};
};

class SigningIn {
public:
    explicit SigningIn(const DataSet& data)
        : first_(data.with_second_factor()), people_(data.people().size() - first_) {}
    void write(std::string& out) {
        // A prime number of steps, so that nobody comes again soon.
        next_ = (next_ + 7919) % people_;
        const auto body = fmt::format(R"({{"email":"{}","password":"{}"}})",
                                      DataSet::email_of(first_ + next_).text(), DataSet::password);
        out += to_request("POST", "/v1/sessions", "", body);
    }

private:
    std::size_t first_, people_, next_ = 0;
};

// Those with a second factor. A code counts once, so nobody may come again within half a minute.
class SigningInWithCode {
public:
    explicit SigningInWithCode(const DataSet& data) : people_(data.with_second_factor()) {}
    void write(std::string& out) {
        next_ = (next_ + 1) % people_;
        const auto body = fmt::format(R"({{"email":"{}","password":"{}","code":"{}"}})",
                                      DataSet::email_of(next_).text(), DataSet::password,
                                      DataSet::code_of(next_));
        out += to_request("POST", "/v1/sessions", "", body);
    }

private:
    std::size_t people_, next_ = 0;
};

// --- Works

void rebuild_all_views(const Child& child, const DataSet& data) {
    for (const auto& view : views::all_views()) {
        const auto target = fmt::format("/v1/projections/{}/rebuild", view.name);
        const auto request = to_request("POST", target, data.admin_token());
        if (ask(child.port(), request).status != 202) throw Failure("no rebuild was started");
    }
}

void measure_commands(const Bench& bench) {
    const auto& people = bench.data.people();
    settle(bench.folder);
    const auto synced = fdatasync_loop(bench.folder, bench.seconds);
    const auto queue = bare_queue(bench.folder, bench.seconds);
    Inviting inviting;
    const auto measure = [&](std::size_t accounts, auto&& before) {
        Server server{bench};
        before(server.child());
        const auto result = run_on(server.child(), bench, [&](unsigned n, std::string& out) {
            inviting.write(people[n % accounts], out);
        });
        server.stop();
        return result;
    };
    const auto nothing = [](const Child&) {};
    const auto everywhere = std::min<std::size_t>(64, people.size());
    const auto many = measure(everywhere, nothing);
    const auto one = measure(1, nothing);
    const auto beside =
        measure(everywhere, [&](const Child& child) { rebuild_all_views(child, bench.data); });
    bench.report.add("commands", many.per_second, queue.per_second, cpu_of(many));
    bench.report.add("commands, synced", many.per_second, synced.per_second);
    bench.report.add("commands, CPU", many.server_cpu_us);
    bench.report.add("commands, p99", many.p99_us, queue.p99_us);
    bench.report.add("proof keeping", proof_keeping(bench.folder), many.server_cpu_us);
    bench.report.add("one account", one.per_second, many.per_second, cpu_of(one));
    bench.report.add("commands, rebuilding", beside.p99_us, many.p99_us);
}

LoadResult constant_answers(const Bench& bench, const std::string& kind) {
    Child child{{bench.self.native(), "constant", kind}};
    const auto request = to_request("GET", "/v1/users/12345", bench.data.admin_token());
    const auto result = run_on(child, bench, [&](unsigned, std::string& out) { out += request; });
    child.stop();
    return result;
}

void measure_queries(const Bench& bench) {
    const auto beast = constant_answers(bench, "beast");
    const auto edge = constant_answers(bench, "edge");
    Server server{bench};
    Looking looking{bench.data};
    const auto cold =
        run_on(server.child(), bench, [&](unsigned, std::string& out) { looking.write(out); });
    const auto point = run_on(
        server.child(), bench, [&](unsigned, std::string& out) { looking.write(out); },
        2 * bench.seconds);
    Listing listing{bench.data, server.child().port()};
    const auto list =
        run_on(server.child(), bench, [&](unsigned, std::string& out) { listing.write(out); });
    server.stop();
    bench.report.add("point", point.per_second, beast.per_second, cpu_of(point));
    bench.report.add("point, CPU", point.server_cpu_us);
    bench.report.add("cold point", cold.per_second, beast.per_second, cpu_of(cold));
    bench.report.add("list", list.per_second, beast.per_second, cpu_of(list));
    bench.report.add("edge", edge.per_second, beast.per_second, cpu_of(edge));
}

void measure_sign_ins(const Bench& bench) {
    const auto ceiling = hashes(bench.seconds);
    Server server{bench};
    SigningIn signing_in{bench.data};
    const auto ours =
        run_on(server.child(), bench, [&](unsigned, std::string& out) { signing_in.write(out); });
    SigningInWithCode with_code{bench.data};
    const auto both =
        run_on(server.child(), bench, [&](unsigned, std::string& out) { with_code.write(out); });
    server.stop();
    bench.report.add("sign-ins", ours.per_second, ceiling.per_second, cpu_of(ours));
    bench.report.add("sign-ins, two-factor", both.per_second, ours.per_second, cpu_of(both));
}

void measure_proofs(const Bench& bench) {
    Server server{bench};
    Proving proving{bench.data};
    const auto result =
        run_on(server.child(), bench, [&](unsigned, std::string& out) { proving.write(out); });
    server.stop();
    bench.report.add("proofs", result.per_second, 0, cpu_of(result));
    bench.report.add("proofs, CPU", result.server_cpu_us);
}

// The whole log to one reader, who does nothing with it.
void measure_feed(const Bench& bench) {
    Server server{bench};
    const auto cpu = server.child().cpu_s(), own_cpu = own_cpu_s();
    const auto began = Clock::now();
    read_until(server.child().port(),
               to_request("GET", "/v1/events/stream", bench.data.admin_token()),
               fmt::format("id: {}\n", bench.data.events()));
    const auto events = static_cast<double>(bench.data.events());
    bench.report.add(
        "feed", events / seconds_since(began), 0,
        {(server.child().cpu_s() - cpu) / events * 1e6, (own_cpu_s() - own_cpu) / events * 1e6});
    server.stop();
}

void measure_rebuild(const Bench& bench) {
    settle(bench.folder);
    const auto ceiling = raw_scan(bench.data.folder() / "log");
    const TemporaryFolder place{bench.folder, "rebuilt"};
    const auto folder = or_fail(DataFolder::open(bench.data.folder(), DataFolder::Open::reading));
    const auto log = or_fail(open_rocks_log(folder.log(), folder.head(),
                                            {.mode = RocksLogOptions::Mode::read, .verify = 1000}));
    const auto store = or_fail(views::ViewStore::open(place.path(), {}));
    Keyring keyring{*log, folder.keys(), tools::keys_remembered};
    const auto began = Clock::now();
    const auto cpu = own_cpu_s();
    or_fail(views::rebuild(*log, keyring, *store, {}));
    or_fail(store->flush());
    const auto events = static_cast<double>(bench.data.events());
    const auto rate = events / seconds_since(began);
    bench.report.add("rebuild", rate, ceiling.per_second, {(own_cpu_s() - cpu) / events * 1e6, 0});
}

void measure_audit(const Bench& bench) {
    settle(bench.folder);
    const std::vector<std::string> whole{bench.muster.native(), "audit", "--data",
                                         bench.data.folder().native()};
    auto log_only = whole;
    log_only.emplace_back("--log-only");
    const auto events = static_cast<double>(bench.data.events());
    bench.report.add("audit", events / run_to_end(log_only));
    bench.report.add("audit, views", events / run_to_end(whole));
}

void measure_size(const Bench& bench) {
    const auto events = static_cast<double>(bench.data.events());
    bench.report.add("log", static_cast<double>(bench.data.bytes_of("log")) / events);
    bench.report.add("views", static_cast<double>(bench.data.bytes_of("views")) / events);
}

void measure_start(const Bench& bench) {
    Server server{bench};
    const auto port = server.child().port();
    if (ask(port, to_request("GET", "/livez", "")).status != 200) throw Failure("it is not alive");
    bench.report.add("alive", seconds_since(server.began()));
    if (ask(port, to_request("GET", "/v1/users/1", bench.data.admin_token())).status != 200)
        throw Failure("the first user was not found");
    bench.report.add("first user", seconds_since(server.began()));
    server.stop();
}

void measure_memory(const Bench& bench) {
    Server server{bench};
    const auto& people = bench.data.people();
    Inviting inviting;
    Looking looking{bench.data};
    Listing listing{bench.data, server.child().port()};
    SigningIn signing_in{bench.data};
    std::mt19937_64 random{2};
    run_on(server.child(), bench, [&](unsigned, std::string& out) {
        const auto dice = random() % 1000;
        if (dice < 5) return signing_in.write(out);
        if (dice < 300) return inviting.write(people[random() % people.size()], out);
        if (dice < 400) return listing.write(out);
        looking.write(out);
    });
    bench.report.add("memory", server.child().rss_mib());
    bench.report.add("peak memory", server.child().peak_rss_mib());
    server.stop();
}

}  // namespace

const std::vector<Work> works{
    {"commands", measure_commands, true}, {"queries", measure_queries, true},
    {"sign-ins", measure_sign_ins, true}, {"proofs", measure_proofs, true},
    {"feed", measure_feed, true},         {"rebuild", measure_rebuild, true},
    {"audit", measure_audit, true},       {"size", measure_size, false},
    {"start", measure_start, true},       {"memory", measure_memory, true},
};

}  // namespace muster::bench
