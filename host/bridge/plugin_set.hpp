// The plugins that a compartment loads: their entry is called once each, their kinds are checked against what the host
// will call. [start]
#pragma once

#include "base/result.hpp"
#include "config/plan.hpp"
#include "hawser/abi.h"

#include <string>
#include <vector>

namespace hawser::host {

class PluginSet {
public:
    // Loads the library and calls its entry, each with a crumb of `tag` in `loop`, which does not run yet. Errors name
    // the plugin and say why it was refused.
    Result<void> load(const PluginRef &plugin, const hawser_host *host, hawser_loop &loop, std::uint32_t tag);

    // One that is not loaded takes its number.
    void skip(const PluginRef &plugin) { plugins_.push_back({plugin.name, nullptr}); }

    // The kind of plugin number `plugin` (in the order of load) with this role and name.
    Result<const hawser_kind *> find(std::size_t plugin, const std::string &role, const std::string &kind) const;

private:
    struct Loaded {
        std::string name;
        const hawser_plugin *plugin;
    };
    std::vector<Loaded> plugins_;
};

} // namespace hawser::host
