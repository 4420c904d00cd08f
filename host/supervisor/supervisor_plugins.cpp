// Tests: tests/system/store_test.cpp
#include "loop/loop.hpp"
#include "supervisor/running_host.hpp"

#include "plugin/catalogue.hpp"

#include <filesystem>

namespace hawser::host {

// One bad file refuses no reload: the plugin that was loaded from it stays.
RunningHost::Staying RunningHost::keep_those_before(std::vector<FoundPlugin> &found) const
{
    Staying staying;
    for (FoundPlugin &each : found) {
        if (each.refused.empty() || each.is_directory) continue;
        for (const CompartmentPlan &compartment : loaded_.plan->compartments) {
            for (const PluginRef &before : compartment.plugins) {
                if (before.path != each.path) continue;
                FoundPlugin kept = inspect_plugin(before.copy);
                if (!kept.refused.empty()) continue;
                staying[each.path] = {{before.copy, before.version_tag},
                                      "plugin \"" + before.name + "\": " + each.path + ": " + each.refused +
                                          "; the one that was loaded before stays"};
                kept.path = each.path;
                each = std::move(kept);
            }
        }
    }
    return staying;
}

// Every plugin that is named is loaded from a copy; what changes by its content only is replaced.
Result<void> RunningHost::store_plugins(HostPlan &plan, const Staying &staying)
{
    if (!store_) {
        state_ = plan.state.empty() ? default_state_directory() : plan.state;
        store_.emplace(state_);
        if (auto opened = store_->open(); !opened) return opened;
    }
    for (CompartmentPlan &compartment : plan.compartments) {
        for (PluginRef &plugin : compartment.plugins) {
            const auto stays = staying.find(plugin.path);
            auto stored = stays != staying.end() ? Result<StoredPlugin>(stays->second.copy)
                                                 : store_->take(plugin.path, plugin.version, plugin.manifest);
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

// What the last attempt to read the configuration looked at; of one that failed, beside what it looked at before, so
// that mending it is noticed too.
void RunningHost::watch(const Loaded &loaded)
{
    const bool wanted = loaded.plan ? loaded.plan->watch : !watched_.empty();
    if (options_.single || options_.load.path.empty() || !wanted) {
        if (!watched_.empty()) watcher_.watch({});
        watched_.clear();
        return;
    }
    if (loaded.plan) watched_.clear();
    for (const std::string &file : loaded.files) {
        const std::filesystem::path path(file);
        watched_[path.parent_path()].names.insert(path.filename());
    }
    for (const std::string &directory : loaded.included) watched_[directory].all = true;
    for (const std::string &directory : loaded.plugin_directories) watched_[directory].libraries = true;
    watcher_.watch(watched_);
}

// Its neighbours serve on; what it served is answered by stand-ins, or closed.
void RunningHost::blame(const std::string &compartment, const PluginRef &plugin)
{
    if (!quarantine_.count(compartment, plugin, monotonic_now())) return;
    for (CompartmentPlan &each : loaded_.plan->compartments) {
        if (each.name != compartment) continue;
        quarantine_.apply(each);
        fleet_->amend(each);
    }
    log_.write(Level::Error, "compartment." + compartment, "quarantined",
               {{"plugin", plugin.name},
                {"file", plugin.path},
                {"reason", std::to_string(Quarantine::kMostCrashes) + " crashes within 60 s"},
                {"lift", "replace the file, then reload"}});
}

void RunningHost::lift_quarantine()
{
    for (const std::string &plugin : quarantine_.lift(*loaded_.plan))
        log_.write(Level::Info, "host", "quarantine_lifted", {{"plugin", plugin}});
}

} // namespace hawser::host
