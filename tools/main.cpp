// The command line. Settings come from flags, then MUSTER_* variables, then a TOML file (--config).
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <toml++/toml.h>

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
                add(found, *inner, {name});
            } else {
                add_item(found, name, node, parents);
            }
        }
    }

    void add_item(std::vector<CLI::ConfigItem>& found, const std::string& name,
                  const toml::node& node, std::vector<std::string> parents) const {
        CLI::ConfigItem item;
        if (parents.empty()) {
            for (const auto* command : app_.get_subcommands())
                parents = {command->get_name()};
        }
        item.parents = std::move(parents);
        item.name = name;
        if (const auto text = node.value_exact<std::string>()) {
            item.inputs = {*text};
        } else if (const auto number = node.value_exact<std::int64_t>()) {
            item.inputs = {std::to_string(*number)};
        } else if (const auto flag = node.value_exact<bool>()) {
            item.inputs = {*flag ? "true" : "false"};
        } else {
            throw CLI::ConversionError(name, "a text, an integer or a boolean");
        }
        found.push_back(std::move(item));
    }

    const CLI::App& app_;
};

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "The data folder")
        ->envname("MUSTER_DATA")
        ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Muster: users and accounts"};
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", "muster 0.1.0");
    app.set_config("--config", "", "A TOML file with settings")->envname("MUSTER_CONFIG");
    app.config_formatter(std::make_shared<TomlFile>(app));

    ServeOptions serving;
    auto* serve_command = app.add_subcommand("serve", "Run the server");
    add_data(*serve_command, serving.data);
    serve_command->add_option("--listen", serving.listen, "Address and port")
        ->envname("MUSTER_LISTEN")
        ->capture_default_str();
    serve_command->add_option("--public-url", serving.public_url, "What links in mails begin with")
        ->envname("MUSTER_PUBLIC_URL");
    serve_command->add_option("--threads", serving.threads, "Threads that read and answer requests")
        ->envname("MUSTER_THREADS")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    serve_command->add_option("--clock-offset", serving.clock_offset_s,
                              "Seconds to shift the clock by, for drills");
    serve_command->add_flag("--accept-loss", serving.accept_loss,
                            "Open a log that is shorter than it was known to be");

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
    audit_command->add_flag("--json", auditing.json, "The findings as JSON");

    LogOptions logging;
    auto* log_command = app.add_subcommand("log", "Print events as JSON lines");
    add_data(*log_command, logging.data);
    log_command->add_option("--from", logging.from, "First position")->capture_default_str();
    log_command->add_option("--account", logging.account, "Only events of this account");
    log_command->add_option("--user", logging.user, "Only events of this user");

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

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*serve_command) return serve(serving);
    if (*create_command) return create_admin(creating);
    if (*audit_command) return audit(auditing);
    if (*log_command) return muster::tools::log(logging);
    if (*rebuild_command) return rebuild(rebuilding);
    return demo(demonstrating);
}
