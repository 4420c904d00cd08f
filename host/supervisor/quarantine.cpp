// Tests: tests/unit/supervisor/quarantine_test.cpp, tests/faults/quarantine_test.cpp
#include "supervisor/quarantine.hpp"

#include <algorithm>
#include <optional>

namespace hawser::host {
namespace {

constexpr const char *kService = "hawser.service/1";

// Who stands in for a node: a kind of the plugin of its owner.
struct StandIn {
    std::string kind;
    std::uint32_t plugin = 0, owner = 0;
};

class TakingOut {
public:
    explicit TakingOut(CompartmentPlan &plan)
        : plan_(plan)
        , affected_(plan.nodes.size(), false)
        , stand_ins_(plan.nodes.size())
    {}

    void run(const std::string &plugin, const std::string &why)
    {
        // What a node's options name stands before it.
        for (std::uint32_t i = 0; i < plan_.nodes.size(); ++i) {
            const NodePlan &node = plan_.nodes[i];
            if (node.absent) continue;
            if (plan_.plugins[node.plugin].name == plugin) affected_[i] = true;
            for (const Value &option : node.options.items) look(i, option, option.key);
        }
        for (std::uint32_t i = 0; i < plan_.nodes.size(); ++i) {
            if (affected_[i]) exchange(i, why);
        }
        for (std::uint32_t p = 0; p < plan_.plugins.size(); ++p) {
            const auto uses = [p](const NodePlan &node) { return node.plugin == p && !node.absent; };
            if (std::none_of(plan_.nodes.begin(), plan_.nodes.end(), uses)) plan_.plugins[p].quarantined = true;
        }
    }

private:
    void look(std::uint32_t owner, const Value &value, const std::string &option)
    {
        if (value.type == Value::Type::Object && affected_[value.node]) {
            const NodePlan &node = plan_.nodes[owner];
            const auto stand_in = node.stand_ins.find(option);
            if (stand_in != node.stand_ins.end() && plan_.nodes[value.node].role != kService)
                stand_ins_[value.node] = StandIn{stand_in->second, node.plugin, owner};
            else
                affected_[owner] = true;
        }
        for (const Value &item : value.items) look(owner, item, option);
    }

    void exchange(std::uint32_t index, const std::string &why)
    {
        NodePlan &node = plan_.nodes[index];
        const std::optional<StandIn> &stand_in = stand_ins_[index];
        node.quarantined = why;
        node.options.items.clear();
        node.stand_ins.clear();
        if (!stand_in || affected_[stand_in->owner]) {
            node.absent = true;
            return;
        }
        node.kind = stand_in->kind;
        node.plugin = stand_in->plugin;
        Value reason;
        reason.key = "reason";
        reason.text = why;
        node.options.items.push_back(std::move(reason));
    }

    CompartmentPlan &plan_;
    std::vector<bool> affected_;
    std::vector<std::optional<StandIn>> stand_ins_;
};

const PluginRef *plugin_of(const CompartmentPlan &plan, const std::string &name)
{
    const auto found = std::find_if(plan.plugins.begin(), plan.plugins.end(),
                                    [&name](const PluginRef &each) { return each.name == name; });
    return found != plan.plugins.end() ? &*found : nullptr;
}

} // namespace

void take_out(CompartmentPlan &plan, const std::string &plugin, const std::string &why)
{
    TakingOut(plan).run(plugin, why);
}

bool Quarantine::count(const std::string &compartment, const PluginRef &plugin, std::uint64_t now)
{
    std::deque<std::uint64_t> &times = crashes_[{compartment, plugin.name}];
    while (!times.empty() && now - times.front() >= kWithin) times.pop_front();
    times.push_back(now);
    if (times.size() < kMostCrashes) return false;
    crashes_.erase({compartment, plugin.name});
    taken_out_[{compartment, plugin.name}] = plugin.version_tag;
    return true;
}

void Quarantine::apply(CompartmentPlan &plan) const
{
    for (const auto &[key, hash] : taken_out_) {
        if (key.first != plan.name) continue;
        const PluginRef *plugin = plugin_of(plan, key.second);
        if (plugin != nullptr && plugin->version_tag == hash)
            take_out(plan, key.second, "plugin " + key.second + " is in quarantine after repeated crashes");
    }
}

void Quarantine::apply(HostPlan &plan) const
{
    for (CompartmentPlan &compartment : plan.compartments) apply(compartment);
}

std::vector<std::string> Quarantine::lift(const HostPlan &plan)
{
    std::vector<std::string> lifted;
    std::erase_if(taken_out_, [&](const auto &each) {
        const auto &[key, hash] = each;
        const auto compartment =
            std::find_if(plan.compartments.begin(), plan.compartments.end(),
                         [&key = key](const CompartmentPlan &one) { return one.name == key.first; });
        const PluginRef *plugin =
            compartment != plan.compartments.end() ? plugin_of(*compartment, key.second) : nullptr;
        if (plugin != nullptr && plugin->version_tag == hash) return false;
        lifted.push_back(key.second);
        return true;
    });
    return lifted;
}

} // namespace hawser::host
