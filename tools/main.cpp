// The command line. Settings come from flags, then MUSTER_* variables, then a TOML file (--config).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sys/resource.h>
#include <toml++/toml.h>

#include "events/ip_address.hpp"
#include "events/time.hpp"
#include "tools/commands.hpp"

namespace {

using namespace muster::tools;

// Reads the file as TOML; a key at its top, or in a table named like the subcommand, is that
// subcommand's option.
class TomlFile : public CLI::Config {
public:
    explicit TomlFile(const CLI::App& app) : app_(app) {}

    std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

    std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
        std::vector<CLI::ConfigItem> found;
        try {
            add(found, toml::parse(in), {});
        } catch (const toml::parse_error& error) {
            throw CLI::FileError(std::string(error.description()));
        }
        return found;
    }

private:
    void add(std::vector<CLI::ConfigItem>& found, const toml::table& table,
             const std::vector<std::string>& parents) const {
        for (const auto& [key, node] : table) {
            const std::string name{key.str()};
            if (const auto* inner = node.as_table()) {
                auto way = parents;
                way.push_back(name);
                add(found, *inner, way);
            } else {
                add_item(found, name, node, parents);
            }
        }
    }

    // A key at the top may be another command's, too; one that is nobody's is a mistake.
    void add_item(std::vector<CLI::ConfigItem>& found, const std::string& name,
                  const toml::node& node, std::vector<std::string> parents) const {
        const bool at_top = parents.empty();
        const auto* command = at_top ? called(parents) : named(parents);
        const auto* option = option_of(command, name);
        if (option == nullptr) {
            if (at_top && is_any_commands(app_, name)) return;
            throw CLI::ConfigError("There is no setting " + name + " here.");
        }
        const auto variable = option->get_envname();
        if (!variable.empty() && std::getenv(variable.c_str()) != nullptr) return;
        CLI::ConfigItem item;
        item.parents = std::move(parents);
        item.name = name;
        if (const auto text = node.value_exact<std::string>()) {
            item.inputs = {*text};
        } else if (const auto number = node.value_exact<std::int64_t>()) {
            item.inputs = {std::to_string(*number)};
        } else if (const auto flag = node.value_exact<bool>()) {
            item.inputs = {*flag ? "true" : "false"};
        } else if (const auto* list = node.as_array()) {
            for (const auto& each : *list) {
                const auto part = each.value_exact<std::string>();
                if (!part) throw CLI::ConversionError(name, "a list of texts");
                item.inputs.push_back(*part);
            }
        } else {
            throw CLI::ConversionError(name, "a text, an integer, a boolean or a list of texts");
        }
        found.push_back(std::move(item));
    }

    static const CLI::Option* option_of(const CLI::App* command, const std::string& name) {
        return command == nullptr ? nullptr : command->get_option_no_throw("--" + name);
    }
    static bool is_any_commands(const CLI::App& app, const std::string& name) {
        return option_of(&app, name) != nullptr ||
               std::ranges::any_of(app.get_subcommands({}), [&](const CLI::App* each) {
                   return is_any_commands(*each, name);
               });
    }
    // The command that was given, and the way to it.
    const CLI::App* called(std::vector<std::string>& way) const {
        const auto* command = &app_;
        for (auto below = command->get_subcommands(); !below.empty();
             below = command->get_subcommands()) {
            command = below.front();
            way.push_back(command->get_name());
        }
        return command;
    }
    const CLI::App* named(const std::vector<std::string>& way) const {
        const auto* command = &app_;
        for (const auto& name : way) {
            const auto below = command->get_subcommands({});
            const auto found = std::ranges::find(below, name, &CLI::App::get_name);
            if (found == below.end()) throw CLI::ConfigError("There is no command " + name + ".");
            command = *found;
        }
        return command;
    }

    const CLI::App& app_;
};

constexpr std::int64_t century_s = 100LL * 366 * 24 * 60 * 60;

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "The data folder")
        ->envname("MUSTER_DATA")
        ->capture_default_str();
}

// A command whose output was lost has failed.
int written(int status) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    std::fputs("muster: the output could not be written\n", stderr);
    return status == 0 ? 1 : status;
}

bool has_password(int argc, char** argv) {
    return std::any_of(argv, argv + argc, [](std::string_view argument) {
        return argument == "--smtp-password" || argument.starts_with("--smtp-password=");
    });
}

// Every connection is a file, and every table of the stores: as many as the machine allows.
void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    raise_file_limit();
    CLI::App app{"Muster: users and accounts"};
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", "muster 0.1.0");
    const char* config = std::getenv("MUSTER_CONFIG");
    app.set_config("--config", config == nullptr ? "" : config,
                   "A TOML file with settings (Env:MUSTER_CONFIG)", config != nullptr);
    app.config_formatter(std::make_shared<TomlFile>(app));

    ServeOptions serving;
    auto* serve_command = app.add_subcommand("serve", "Run the server");
    add_data(*serve_command, serving.data);
    serve_command->add_option("--listen", serving.listen, "Address and port")
        ->envname("MUSTER_LISTEN")
        ->capture_default_str();
    serve_command->add_option("--public-url", serving.public_url, "What links in mails begin with")
        ->envname("MUSTER_PUBLIC_URL");
    serve_command
        ->add_option("--log-origin", serving.log_origin,
                     "Whom the log's signed heads are of; a host and a path as a rule")
        ->envname("MUSTER_LOG_ORIGIN");
    serve_command->add_option("--threads", serving.threads, "Threads that read and answer requests")
        ->envname("MUSTER_THREADS")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    serve_command
        ->add_option("--clock-offset", serving.clock_offset_s,
                     "Seconds to shift the clock by, for drills")
        ->envname("MUSTER_CLOCK_OFFSET")
        ->check(CLI::Range(-century_s, century_s));
    serve_command
        ->add_option("--trusted-proxies", serving.trusted_proxies,
                     "Addresses or networks of proxies whose X-Forwarded-For counts")
        ->envname("MUSTER_TRUSTED_PROXIES")
        ->delimiter(',')
        ->check(CLI::Validator(
            [](const std::string& text) {
                return muster::IpNetwork::parse(text) ? "" : "no address or network: " + text;
            },
            "ADDRESS[/PREFIX]"));
    serve_command
        ->add_option("--metrics", serving.metrics,
                     "ADDRESS:PORT of GET /metrics, where it shall not be with the rest")
        ->envname("MUSTER_METRICS");
    serve_command
        ->add_option("--rate-limits", serving.rate_limits,
                     "Whether attempts and invitations without end are refused; off for load tests")
        ->envname("MUSTER_RATE_LIMITS")
        ->check(CLI::IsMember({"on", "off"}))
        ->capture_default_str();
    serve_command->add_flag("--accept-loss", serving.accept_loss,
                            "Open a log that is shorter than it was known to be, for once");

    serve_command
        ->add_option("--smtp", serving.smtp, "Mail server, e.g. smtp://user@mail.example.com:587")
        ->envname("MUSTER_SMTP");
    serve_command
        ->add_option("--smtp-password", serving.smtp_password,
                     "Its password: from the variable or the file only")
        ->envname("MUSTER_SMTP_PASSWORD");
    serve_command
        ->add_option("--smtp-ca", serving.smtp_ca,
                     "Certificates that the mail server is trusted by")
        ->envname("MUSTER_SMTP_CA");
    serve_command
        ->add_option("--smtp-connections", serving.smtp_connections,
                     "Mails on their way at the same time")
        ->envname("MUSTER_SMTP_CONNECTIONS")
        ->check(CLI::Range(1, 4))
        ->capture_default_str();
    serve_command
        ->add_option("--mail-from", serving.mail_from,
                     "Sender of mails, e.g. \"Example <no-reply@example.com>\"")
        ->envname("MUSTER_MAIL_FROM");

    CreateAdminOptions creating;
    auto* admin_command = app.add_subcommand("admin", "Admins")->require_subcommand(1);
    auto* create_command =
        admin_command->add_subcommand("create", "Make an admin without the browser");
    add_data(*create_command, creating.data);
    create_command->add_option("--email", creating.email)->required();
    create_command->add_option("--name", creating.name)->required();
    create_command->add_option("--role", creating.role)
        ->check(CLI::IsMember({"administrator", "operator", "auditor"}))
        ->capture_default_str();
    create_command
        ->add_flag("--password-stdin", creating.password_stdin, "Read the password from stdin")
        ->required();

    AuditOptions auditing;
    auto* audit_command =
        app.add_subcommand("audit", "Replay the log and prove that everything holds");
    add_data(*audit_command, auditing.data);
    auto* checkpoint_option =
        audit_command
            ->add_option("--checkpoint", auditing.checkpoints,
                         "Files with heads that were signed earlier: whether the log extends them")
            ->check(CLI::ExistingFile);
    auto* key_option = audit_command->add_option(
        "--key", auditing.keys, "The verifier keys of their signatures, or a file that has them");
    checkpoint_option->needs(key_option);
    key_option->needs(checkpoint_option);
    audit_command->add_flag("--log-only", auditing.log_only,
                            "Leave the views out: they can be built anew from the log");
    audit_command->add_flag("--json", auditing.json, "The findings as JSON");

    LogOptions logging;
    auto* log_command = app.add_subcommand("log", "Print events as JSON lines");
    add_data(*log_command, logging.data);
    const CLI::Range is_number{std::uint64_t{1}, std::uint64_t{INT64_MAX}, "NUMBER"};
    log_command->add_option("--from", logging.from, "First position")
        ->check(is_number)
        ->capture_default_str();
    log_command->add_option("--account", logging.account, "Only events of this account")
        ->check(is_number);
    log_command->add_option("--user", logging.user, "Only events of this user")->check(is_number);
    const CLI::Validator is_time{
        [](const std::string& text) {
            return muster::parse_time(text) ? "" : "no time as RFC 3339 has it: " + text;
        },
        "TIME"};
    log_command->add_option("--type", logging.type,
                            "Only events of this name, e.g. user.registered or \"account.*\"");
    log_command->add_option("--since", logging.since, "Only events from this time on")
        ->check(is_time);
    log_command->add_option("--until", logging.until, "Only events up to this time")
        ->check(is_time);

    RebuildOptions rebuilding;
    auto* rebuild_command = app.add_subcommand("rebuild", "Build views anew while nobody serves");
    add_data(*rebuild_command, rebuilding.data);
    rebuild_command->add_option("--view", rebuilding.view, "Only this one");

    DemoOptions demonstrating;
    auto* demo_command = app.add_subcommand("demo", "Fill a new data folder with made-up people");
    add_data(*demo_command, demonstrating.data);
    demo_command->add_option("--users", demonstrating.users)->capture_default_str();
    demo_command->add_option("--accounts", demonstrating.accounts)->capture_default_str();
    demo_command->add_option("--seed", demonstrating.seed)->capture_default_str();

    ImportOptions importing;
    auto* import_command =
        app.add_subcommand("import", "Take over the clients and contacts of a legacy system");
    add_data(*import_command, importing.data);
    import_command
        ->add_option("--legacy", importing.legacy,
                     "A dump of its database, as mysqldump or mariadb-dump writes it")
        ->required();
    import_command->add_flag("--dry-run", importing.dry_run,
                             "Say what would be imported, and write nothing");
    import_command->add_flag("--json", importing.json, "The report as JSON");

    BackupOptions backing_up;
    auto* backup_command =
        app.add_subcommand("backup", "Back up a data folder, also while it is served");
    add_data(*backup_command, backing_up.data);
    backup_command
        ->add_option("--to", backing_up.to,
                     "The backup: a new folder, or one that is brought up to date")
        ->required();
    backup_command->add_flag("--json", backing_up.json, "What was backed up as JSON");

    VerifyBackupOptions verifying;
    auto* verify_command =
        app.add_subcommand("verify-backup", "Read all of a backup and prove that it is whole");
    verify_command->add_option("--from", verifying.from, "The backup")->required();
    verify_command->add_flag("--json", verifying.json, "The findings as JSON");

    RestoreOptions restoring;
    auto* restore_command =
        app.add_subcommand("restore", "Make a new data folder from a backup, verified before");
    add_data(*restore_command, restoring.data);
    restore_command->add_option("--from", restoring.from, "The backup")->required();
    restore_command
        ->add_option(
            "--forgotten", restoring.forgotten,
            "The file of this name from the folder that was lost: what was forgotten after "
            "the backup is forgotten again")
        ->check(CLI::ExistingFile);
    restore_command->add_flag("--json", restoring.json, "What was restored as JSON");

    if (has_password(argc, argv)) {
        std::fputs(
            "muster: --smtp-password is not taken here, where everybody on this machine sees it; "
            "give it as MUSTER_SMTP_PASSWORD or as smtp-password in the file\n",
            stderr);
        return 2;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*log_command) return muster::tools::log(logging);  // Looks after its output itself.
    if (*serve_command) return written(serve(serving));
    if (*create_command) return written(create_admin(creating));
    if (*audit_command) return written(audit(auditing));
    if (*rebuild_command) return written(rebuild(rebuilding));
    if (*import_command) return written(import_legacy(importing));
    if (*backup_command) return written(backup(backing_up));
    if (*verify_command) return written(verify_backup(verifying));
    if (*restore_command) return written(restore(restoring));
    return written(demo(demonstrating));
}
