#include <cstdio>
#include <fmt/format.h>
#include <future>

#include "events/folder.hpp"
#include "events/rocks_log.hpp"
#include "handlers/passwords.hpp"
#include "tools/commands.hpp"
#include "tools/demo_story.hpp"
#include "tools/progress.hpp"

namespace muster::tools {
namespace {

constexpr std::string_view password = "correct horse battery";

std::string hash_of_password() {
    PasswordPool pool{{.threads = 1}};
    std::promise<std::string> hash;
    pool.hash(std::string{password}, [&](std::string done) { hash.set_value(std::move(done)); });
    return hash.get_future().get();
}

int wrong(std::string_view why, int status) {
    fmt::print(stderr, "muster: {}\n", why);
    return status;
}

int fill(Log& log, const Keys& keys, const DemoOptions& options) {
    DemoDesk desk{log, keys};
    DemoStory story{desk, {options.users, options.accounts, options.seed}, hash_of_password()};
    Progress progress{"demo"};
    const auto told = story.run([&](unsigned round) {
        progress.at(story.events(), story.events() * DemoStory::rounds / round);
    });
    if (!told) return report(told.error());
    fmt::print(
        "{} events\n"
        "admin: {}  {}\n"
        "user:  {}  {}\n",
        grouped(log.head().number), DemoStory::admin_email, password, story.first_email(),
        password);
    return 0;
}

}  // namespace

int demo(const DemoOptions& options) {
    // Users come with accounts, and accounts with users.
    if (options.users == 0 || options.accounts == 0)
        return wrong("--users and --accounts are at least 1", 2);
    const auto folder = DataFolder::open(options.data, DataFolder::Open::create);
    if (!folder) return report(folder.error());
    const auto log = open_rocks_log(folder->log(), folder->head());
    if (!log) return report(log.error());
    if ((*log)->head().number != 0)
        return wrong(
            fmt::format("{} has events; a demo takes a folder without any", options.data.native()),
            1);
    return fill(**log, folder->keys(), options);
}

}  // namespace muster::tools
