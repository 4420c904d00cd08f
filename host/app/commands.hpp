// The functions behind the commands, and what several of them need.
#pragma once

#include "app/command.hpp"
#include "config/load.hpp"

namespace hawser::host {

Status run_command(const Arguments &arguments, const Surroundings &around);
Status serve_command(const Arguments &arguments, const Surroundings &around);
Status worker_command(const Arguments &arguments, const Surroundings &around);
Status check_command(const Arguments &arguments, const Surroundings &around);
Status plugins_command(const Arguments &arguments, const Surroundings &around);
Status plugins_why(const Arguments &arguments, const Surroundings &around); // words: "why", FILE
Status tree_command(const Arguments &arguments, const Surroundings &around);
Status status_command(const Arguments &arguments, const Surroundings &around);
Status reload_command(const Arguments &arguments, const Surroundings &around);
Status upgrade_command(const Arguments &, const Surroundings &);
Status events_command(const Arguments &, const Surroundings &);
Status new_command(const Arguments &arguments, const Surroundings &around);
Status try_command(const Arguments &arguments, const Surroundings &around);
Status dev_command(const Arguments &arguments, const Surroundings &around);
Status stop_command(const Arguments &arguments, const Surroundings &around);
Status logs_command(const Arguments &arguments, const Surroundings &around);
Status version_command(const Arguments &arguments, const Surroundings &around);
Status schema_command(const Arguments &arguments, const Surroundings &around);
Status completion_command(const Arguments &arguments, const Surroundings &around);
Status man_command(const Arguments &arguments, const Surroundings &around);
Status help_command(const Arguments &arguments, const Surroundings &around);

// CONFIG of the arguments, or the first of the default places that exists, or "".
std::string config_path(const Arguments &arguments);
// Says on standard error, and with --json as {"status":…,"problems":[…]}, why a command did not do its work; returns
// `status`.
Status refuse(std::string_view command, const std::string &why, Status status, const Arguments &arguments,
              const Surroundings &around);
// The problems of a configuration, there may be none, as {"status":…,"problems":[…]}.
void print_problems(const Loaded &loaded, std::ostream &out);
// Where to look for plugins: --directory, else what the configuration `config` says, or the default one. A status other
// than Ok: the reason was printed.
std::vector<std::string> searched_directories(std::string_view command, const std::string &config,
                                              const Arguments &arguments, const Surroundings &around, Status &status);
// A request to load `path` with this program's defaults.
LoadRequest load_request(const std::string &path, const Arguments &arguments, const Surroundings &around);
// Runs the host with the configuration `text`, called `name` in messages, and `sets` as of --set.
Status run_text(const std::string &name, const std::string &text, const Arguments &arguments,
                const std::vector<std::string> &sets, const Surroundings &around);
// plugins/ beside this program, else <prefix>/lib/hawser/plugins.
std::string default_plugin_directory();
inline constexpr std::string_view kNoConfig =
    "no configuration: expected hawser.toml, conf/hawser.toml or /etc/hawser/hawser.toml; name a file";
// "hawser run: no configuration …"; the status to end with.
Status no_config(std::string_view command, const Surroundings &around);

} // namespace hawser::host
