#include <cstdio>
#include <fmt/format.h>
#include <future>
#include <iostream>

#include "events/folder.hpp"
#include "events/rocks_log.hpp"
#include "events/text.hpp"
#include "handlers/committer.hpp"
#include "handlers/passwords.hpp"
#include "handlers/staff.hpp"
#include "tools/commands.hpp"

namespace muster::tools {
namespace {

constexpr std::size_t longest_name = 200;

std::unexpected<std::string> wrong(std::string message) {
    return std::unexpected(std::move(message));
}

std::expected<std::string, std::string> read_password() {
    std::string line;
    std::getline(std::cin, line);
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() < shortest_password || line.size() > longest_password) {
        return wrong(fmt::format("the password (the first line of stdin) must have {} to {} bytes",
                                 shortest_password, longest_password));
    }
    if (!is_utf8(line)) return wrong("the password is not UTF-8");
    return line;
}

std::optional<Role> parse_role(std::string_view text) {
    for (const auto role : {Role::administrator, Role::operator_, Role::auditor}) {
        if (to_text(role) == text) return role;
    }
    return std::nullopt;
}

// Everything about the new admin but the password.
std::expected<NewAdmin, std::string> parse(const CreateAdminOptions& options) {
    const auto email = EmailAddress::parse(options.email);
    if (!email) return wrong(fmt::format("\"{}\" is no e-mail address", options.email));
    const auto role = parse_role(options.role);
    if (!role) return wrong("--role is administrator, operator or auditor");
    const std::string name{trimmed(options.name)};
    if (name.empty() || name.size() > longest_name || !is_utf8(name))
        return wrong(fmt::format("--name takes 1 to {} bytes of UTF-8", longest_name));
    if (!options.password_stdin) return wrong("--password-stdin is needed");
    return NewAdmin{name, *email, *role, std::nullopt};
}

std::string hash_of(std::string password) {
    PasswordPool pool{{.threads = 1}};
    std::promise<std::string> hash;
    pool.hash(std::move(password), [&](std::string done) { hash.set_value(std::move(done)); });
    return hash.get_future().get();
}

// The answer, or the fault that took it.
std::expected<Result, Fault> ask(Log& log, const Keys& keys, const NewAdmin& admin) {
    std::promise<std::expected<Result, Fault>> promise;
    auto answer = promise.get_future();
    Keyring keyring{log, keys};
    Committer committer{log,
                        keyring,
                        keys,
                        system_time,
                        [&](std::vector<Committer::Completion> completions, Position) {
                            for (auto& each : completions)
                                promise.set_value(std::move(each.result));
                        },
                        [&](const Fault& fault) { promise.set_value(std::unexpected(fault)); }};
    Request request;
    request.credential = AsSystem{};
    request.use_case = [&](Work& work) { return create_admin(work, admin); };
    committer.submit(std::move(request));
    return answer.get();
}

int refused(std::string_view why, int status) {
    fmt::print(stderr, "muster: {}\n", why);
    return status;
}

}  // namespace

int create_admin(const CreateAdminOptions& options) {
    auto admin = parse(options);
    if (!admin) return refused(admin.error(), 2);
    auto password = read_password();
    if (!password) return refused(password.error(), 2);

    const auto folder = DataFolder::open(options.data, DataFolder::Open::create);
    if (!folder) return report(folder.error());
    const auto log = open_rocks_log(folder->log(), folder->head());
    if (!log) return report(log.error());
    admin->password_hash = hash_of(std::move(*password));
    const auto answer = ask(**log, folder->keys(), *admin);
    if (!answer) return report(answer.error());
    if (!*answer) return refused((*answer).error().message, 1);
    const auto& created = std::get<AdminCreated>((*answer)->events.front());
    fmt::print("admin {}: {}, {}\n", created.admin.number, admin->email.text(),
               to_text(admin->role));
    return 0;
}

}  // namespace muster::tools
