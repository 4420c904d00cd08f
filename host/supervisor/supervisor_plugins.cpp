// Tests: tests/system/store_test.cpp
#include "supervisor/running_host.hpp"

namespace hawser::host {

// Every plugin that is named is loaded from a copy; what changes by its content only is replaced.
Result<void> RunningHost::store_plugins(HostPlan &plan)
{
    if (!store_) {
        state_ = plan.state.empty() ? default_state_directory() : plan.state;
        store_.emplace(state_);
        if (auto opened = store_->open(); !opened) return opened;
    }
    for (CompartmentPlan &compartment : plan.compartments) {
        for (PluginRef &plugin : compartment.plugins) {
            auto stored = store_->take(plugin.path, plugin.version, plugin.manifest);
            if (!stored) return Error{stored.error().status, "plugin \"" + plugin.name + "\": " + stored.error().text};
            plugin.copy = stored->path;
            plugin.version_tag = stored->hash;
        }
    }
    return {};
}

// Copies of this generation and of the one before it stay; all others go.
void RunningHost::keep_plugins(const HostPlan &plan)
{
    const auto hashes = [](const HostPlan &of) {
        std::set<std::string> all;
        for (const CompartmentPlan &compartment : of.compartments) {
            for (const PluginRef &plugin : compartment.plugins) all.insert(plugin.version_tag);
        }
        return all;
    };
    std::set<std::string> kept = hashes(plan), before = hashes(*loaded_.plan);
    if (kept != before) plugins_before_ = std::move(before);
    kept.insert(plugins_before_.begin(), plugins_before_.end());
    store_->keep_only(kept);
}

} // namespace hawser::host
