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
Status tree_command(const Arguments &arguments, const Surroundings &around);
Status status_command(const Arguments &arguments, const Surroundings &around);
Status reload_command(const Arguments &arguments, const Surroundings &around);
Status stop_command(const Arguments &arguments, const Surroundings &around);
Status version_command(const Arguments &arguments, const Surroundings &around);
Status help_command(const Arguments &arguments, const Surroundings &around);

// CONFIG of the arguments, or the first of the default places that exists, or "".
std::string config_path(const Arguments &arguments);
// A request to load `path` with this program's defaults.
LoadRequest load_request(const std::string &path, const Arguments &arguments, const Surroundings &around);
// plugins/ beside this program, else <prefix>/lib/hawser/plugins.
std::string default_plugin_directory();
inline constexpr std::string_view kNoConfig =
    "no configuration: expected hawser.toml, conf/hawser.toml or /etc/hawser/hawser.toml; name a file";
// "hawser run: no configuration …"; the status to end with.
Status no_config(std::string_view command, const Surroundings &around);

} // namespace hawser::host
