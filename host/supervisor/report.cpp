// Tests: tests/system/supervision_test.cpp
#include "supervisor/report.hpp"

#include "loop/loop.hpp"
#include "supervisor/supervisor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace json = boost::json;

namespace hawser::host {
namespace {

std::string time_text(std::uint64_t wall_ns)
{
    const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    char text[32];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return {text, n};
}

json::object node_object(const NodeStatus &node)
{
    json::object out;
    out["name"] = node.name;
    out["kind"] = node.kind;
    out["plugin"] = node.plugin;
    out["state"] = node.state;
    if (!node.detail.empty()) out["detail"] = node.detail;
    out["since"] = time_text(node.since_wall_ns);
    return out;
}

// What a worker says of its nodes, or what its plan says when it does not answer.
std::vector<NodeStatus> nodes_of(const WorkerHandle &worker, const Fleet::Reports &reports)
{
    if (const auto found = reports.find(&worker); found != reports.end()) return found->second.nodes;
    std::vector<NodeStatus> nodes;
    for (const NodePlan &node : worker.plan()->nodes)
        nodes.push_back({node.name, node.kind, worker.plan()->plugins[node.plugin].name, "unknown", "", 0});
    return nodes;
}

json::object worker_object(WorkerHandle &worker)
{
    json::object out;
    out["name"] = worker.plan()->name;
    out["pid"] = worker.pid();
    out["state"] = std::string(worker.state_name());
    out["generation"] = worker.generation();
    out["loops"] = worker.plan()->loops;
    out["connections"] = worker.open_connections();
    return out;
}

// The holder of "listener.web/hello" or "listener.web.inner" is the longest other name that it begins with.
const NodeStatus *holder_of(const NodeStatus &node, const std::vector<NodeStatus> &nodes)
{
    const NodeStatus *best = nullptr;
    for (const NodeStatus &each : nodes) {
        const bool begins = node.name.size() > each.name.size() && node.name.starts_with(each.name) &&
                            std::string_view("/.[").find(node.name[each.name.size()]) != std::string_view::npos;
        if (begins && (best == nullptr || each.name.size() > best->name.size())) best = &each;
    }
    return best;
}

json::array children_of(const NodeStatus *holder, const std::vector<NodeStatus> &nodes)
{
    json::array children;
    for (const NodeStatus &node : nodes) {
        if (holder_of(node, nodes) != holder) continue;
        json::object child = node_object(node);
        json::array inner = children_of(&node, nodes);
        if (!inner.empty()) child["children"] = std::move(inner);
        children.push_back(std::move(child));
    }
    return children;
}

} // namespace

std::string status_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports)
{
    json::object out;
    out["version"] = kHostVersion;
    out["pid"] = ::getpid();
    out["generation"] = facts.generation;
    out["config"] = facts.plan->path;
    out["uptime_ms"] = (monotonic_now() - facts.started_at) / 1'000'000;
    json::array compartments, listeners;
    fleet.for_each([&](WorkerHandle &worker) {
        json::object compartment = worker_object(worker);
        json::array nodes;
        for (const NodeStatus &node : nodes_of(worker, reports)) nodes.push_back(node_object(node));
        compartment["nodes"] = std::move(nodes);
        compartments.push_back(std::move(compartment));
    });
    for (const SocketStore::Bound &bound : facts.bound)
        listeners.push_back(
            json::object{{"name", bound.listener}, {"address", bound.address}, {"protocol", bound.protocol}});
    out["compartments"] = std::move(compartments);
    out["listeners"] = std::move(listeners);
    return json::serialize(out);
}

std::string tree_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports)
{
    json::object root;
    root["name"] = "host";
    root["kind"] = "host";
    root["state"] = "running";
    root["generation"] = facts.generation;
    json::array compartments;
    fleet.for_each([&](WorkerHandle &worker) {
        json::object compartment = worker_object(worker);
        compartment["name"] = "compartment." + worker.plan()->name;
        compartment["kind"] = "compartment";
        json::array children = children_of(nullptr, nodes_of(worker, reports));
        if (!children.empty()) compartment["children"] = std::move(children);
        compartments.push_back(std::move(compartment));
    });
    root["children"] = std::move(compartments);
    return json::serialize(root);
}

std::string change_json(std::uint64_t generation, const Change &change)
{
    const auto names = [](const std::vector<std::string> &from) {
        json::array out;
        for (const std::string &name : from) out.emplace_back(name);
        return out;
    };
    json::object out;
    out["generation"] = generation;
    out["changed"] = names(change.changed);
    out["unchanged"] = names(change.unchanged);
    out["removed"] = names(change.removed);
    return json::serialize(out);
}

std::string version_json() { return json::serialize(json::object{{"version", kHostVersion}, {"pid", ::getpid()}}); }

} // namespace hawser::host
