// From a TOML file to a HostPlan: parse with positions, merge fragments and --set values, substitute ${NAME}, validate
// everything against the host's own keys and the manifests. No plugin code runs. All problems are collected.
#pragma once

#include "config/manifest.hpp"
#include "config/plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hawser::host {

// A plugin file that was found: usable with its manifest, or refused with a reason.
struct FoundPlugin {
    std::string path;                 // absolute
    std::string version_tag;          // see PluginRef
    std::optional<Manifest> manifest; // set if usable; may be set when refused
    std::string manifest_text;        // as it stands in the file
    std::string refused;              // the reason; empty: usable
    bool is_directory = false;        // refused: a directory that could not be searched
};

struct LoadRequest {
    std::string path; // the file; empty with `text`
    std::string text; // instead of a file (`hawser serve`), shown as `name`
    std::string name;
    std::vector<std::string> sets;        // "listeners.web.address=127.0.0.1:0"
    std::string default_plugin_directory; // when [host].plugins is absent
    unsigned cores = 1;                   // what loops = "auto" means
    // ${NAME}: null when not set.
    std::function<std::optional<std::string>(const std::string &)> environment;
    // Scans the directories (host/plugin's catalogue; an empty list in tests).
    std::function<std::vector<FoundPlugin>(const std::vector<std::string> &directories)> find_plugins;
};

struct Loaded {
    Sources sources;
    Problems problems;
    std::vector<FoundPlugin> plugins;
    std::optional<HostPlan> plan; // set if there is no problem
    // Ok; NoFile: the file does not exist; NotPermitted: it may not be read; BadConfig: see problems
    Status status = Status::Ok;
    bool unreadable = false;           // the file is no TOML: all that follows from it is the default's
    std::vector<std::string> files;    // every file read, absolute
    std::vector<std::string> included; // directories of patterns in `include`, absolute
    // [host].control and the plugin directories are known even when something else is wrong, for commands that only
    // need those; empty when they could not be read.
    std::string control;
    std::vector<std::string> plugin_directories;
};

Loaded load_config(const LoadRequest &request);

} // namespace hawser::host
